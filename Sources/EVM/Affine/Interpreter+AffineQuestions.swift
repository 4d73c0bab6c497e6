// What is asked of tagged words, and what each answer demands of the slot. A tagged word is the slot's value b at the start
// of the transaction plus a constant; a question about it holds for an arc of the circle of all b.
extension Interpreter {
    /// Comparisons; greater-than is less-than with the operands exchanged.
    enum Comparison { case less, signedLess, equal }

    private static var half: U256 { U256(0, 0, 0, 1 << 63) }

    /// Answers a comparison of two words with their tags.
    mutating func compare(_ kind: Comparison, _ a: U256, _ tagA: UInt8, _ b: U256, _ tagB: UInt8) -> Bool {
        if tagA | tagB == 0 || forgets(kind, tagA == tagB) { return plainly(kind, a, b) }
        if tagA == tagB { return compareSameSlot(kind, a, b, tagA) }
        if tagA != 0 && tagB != 0 {
            // One becomes exact: rather the one that the transaction does not change.
            let keepsFirst = b == base(tagB) || a != base(tagA)
            journal.affine.makeExact(keepsFirst ? tagB : tagA)
            return compare(kind, a, keepsFirst ? tagA : 0, b, keepsFirst ? 0 : tagB)
        }
        let number = tagA | tagB
        if journal.affine.read(number).pointee.isExact { return plainly(kind, a, b) }
        let base = base(number)
        let half = kind == .signedLess ? Self.half : .zero
        switch (kind, tagA != 0) {
        case (.equal, let isFirst):
            let only = isFirst ? b &- a &+ base : a &- b &+ base
            return journal.affine.read(number).pointee.ask(only, only)
        case (_, true):
            let limit = b &+ half
            if limit.isZero { return false }
            let low = base &- a &- half
            return journal.affine.read(number).pointee.ask(low, low &+ limit &- 1)
        case (_, false):
            if a &+ half == .max { return false }
            return journal.affine.read(number).pointee.ask(base &- b &+ a &+ 1, base &- b &- 1 &- half)
        }
    }

    /// Whether a planted defect makes the comparison demand nothing.
    @inline(__always)
    private mutating func forgets(_ kind: Comparison, _ isSameSlot: Bool) -> Bool {
        guard let defect = journal.affine.plantedDefect else { return false }
        if defect == .sameSlot { return isSameSlot }
        switch kind {
        case .less: return defect == .lessThan && !isSameSlot
        case .signedLess: return defect == .signedLessThan && !isSameSlot
        case .equal: return defect == .equality && !isSameSlot
        }
    }

    private mutating func plainly(_ kind: Comparison, _ a: U256, _ b: U256) -> Bool {
        switch kind {
        case .less: a < b
        case .signedLess: a.signedLess(than: b)
        case .equal: a == b
        }
    }

    /// Both words move with the same slot: they are equal always or never, and one is less on an arc.
    private mutating func compareSameSlot(_ kind: Comparison, _ a: U256, _ b: U256, _ number: UInt8) -> Bool {
        if a == b { return kind == .equal }
        if kind == .equal { return false }
        let half = kind == .signedLess ? Self.half : .zero
        let base = base(number)
        return journal.affine.read(number).pointee.ask(base &- a &- half, base &- b &- half &- 1)
    }

    /// Whether a word is zero.
    mutating func isZero(_ word: U256, _ tag: UInt8) -> Bool {
        tag == 0 ? word.isZero : compare(.equal, word, tag, .zero, 0)
    }

    /// What the transaction saw in a followed slot.
    @inline(__always)
    mutating func base(_ number: UInt8) -> U256 { journal.affine.read(number).pointee.base }

    /// Demands that a tagged word lies between two values, as it does.
    mutating func demand(_ word: U256, _ number: UInt8, from low: U256, to high: U256, _ rule: AffineDefect) {
        if rule == journal.affine.plantedDefect { return }
        let offset = base(number) &- word
        let holds = journal.affine.read(number).pointee.ask(low &+ offset, high &+ offset)
        assert(holds)
    }

    // MARK: Operations whose result keeps a tag, or whose answer is a range

    /// ADD; the tag of the sum.
    mutating func tagOfSum(_ a: U256, _ tagA: UInt8, _ b: U256, _ tagB: UInt8) -> UInt8 {
        if tagA == 0 || tagB == 0 { return tagA | tagB }
        if tagA == tagB || b == base(tagB) || a != base(tagA) {
            journal.affine.makeExact(tagB)
            return tagA == tagB ? 0 : tagA
        }
        journal.affine.makeExact(tagA)
        return tagB
    }

    /// SUB of a and b; the tag of the difference.
    mutating func tagOfDifference(_ tagA: UInt8, _ tagB: UInt8) -> UInt8 {
        if tagB == 0 { return tagA }
        // What moves with both is a constant; what moves against one is not followed.
        if tagA == tagB { return 0 }
        journal.affine.makeExact(tagB)
        return tagA
    }

    /// AND with a plain mask; the tag of the result.
    mutating func tagOfMasked(_ word: U256, _ tag: UInt8, mask: U256) -> UInt8 {
        if tag == 0 || mask.isZero { return 0 }
        if mask == .max { return tag }
        if (mask & (mask &+ 1)).isZero && word <= mask {
            demand(word, tag, from: .zero, to: mask, .mask)
            return tag
        }
        journal.affine.makeExact(tag)
        return 0
    }

    /// SHR by a plain number of bits: the result is one number for a whole range.
    mutating func askShifted(_ word: U256, _ tag: UInt8, by bits: U256) -> UInt8 {
        if tag == 0 || bits >= U256(256) { return 0 }
        if bits.isZero { return tag }
        let low = word.shiftedRight(by: bits).shiftedLeft(by: bits)
        demand(word, tag, from: low, to: low &+ (U256(1).shiftedLeft(by: bits) &- 1), .shift)
        return 0
    }

    /// DIV by a plain number: as with SHR.
    mutating func tagOfQuotient(_ word: U256, _ tag: UInt8, by divisor: U256) -> UInt8 {
        if tag == 0 || divisor.isZero { return 0 }
        if divisor == 1 { return tag }
        let low = (word / divisor) &* divisor
        let high = low &+ (divisor &- 1)
        demand(word, tag, from: low, to: high < low ? .max : high, .quotient)
        return 0
    }

    /// MOD by a plain number, where that changes nothing; the tag of the result.
    mutating func tagOfRemainder(_ word: U256, _ tag: UInt8, by divisor: U256) -> UInt8 {
        if tag == 0 || divisor.isZero { return 0 }
        if word < divisor {
            demand(word, tag, from: .zero, to: divisor &- 1, .remainder)
            return tag
        }
        journal.affine.makeExact(tag)
        return 0
    }

    /// SIGNEXTEND from a plain byte, where that changes nothing; the tag of the result.
    mutating func tagOfExtended(_ word: U256, _ tag: UInt8, from byte: U256) -> UInt8 {
        if tag == 0 || byte >= U256(31) { return tag }
        if word.signextend(from: byte) == word {
            let bound = U256(1).shiftedLeft(by: byte &* 8 &+ 7)
            demand(word, tag, from: .zero &- bound, to: bound &- 1, .signExtension)
            return tag
        }
        journal.affine.makeExact(tag)
        return 0
    }
}
