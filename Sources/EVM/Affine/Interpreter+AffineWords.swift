// Instructions on words alone, in the loop for tagged words: results are those of the ordinary loop, and beside each stands
// its tag. The stack pointer comes in before the instruction and goes out behind it.
extension Interpreter {
    /// Pushes, DUP, SWAP, POP and their combinations: a tag goes wherever its word goes.
    mutating func moveOnStack(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer) -> WordPointer {
        var sp = sp
        let small = Int(pc.pointee.small)
        switch pc.pointee.operation {
        case .pushSmall: sp = push(U256(pc.pointee.immediate), 0, sp)
        case .pushWide:
            sp = push(frame.pointee.code.pointee.constants![Int(truncatingIfNeeded: pc.pointee.immediate)], 0, sp)
        case .dup: sp = duplicate(small, sp)
        case .dupDup: sp = duplicate(Int(pc.pointee.half), duplicate(small, sp))
        case .dupPush: sp = push(U256(pc.pointee.immediate), 0, duplicate(small, sp))
        case .pushDup: sp = duplicate(small, push(U256(pc.pointee.immediate), 0, sp))
        case .swap: exchangeTagged(sp, small)
        case .swapSwap:
            exchangeTagged(sp, small)
            exchangeTagged(sp, Int(pc.pointee.half))
        case .swapPop:
            let tag = take(tags(sp) - 1)
            sp -= 1
            replace(sp - small, by: sp[0], tag)
        case .pop:
            _ = take(tags(sp) - 1)
            sp -= 1
        default:
            _ = takeTwo(sp)
            sp -= 2
        }
        return sp
    }

    private mutating func push(_ word: U256, _ tag: UInt8, _ sp: WordPointer) -> WordPointer {
        sp[0] = word
        put(tag, tags(sp))
        return sp + 1
    }

    private mutating func duplicate(_ depth: Int, _ sp: WordPointer) -> WordPointer {
        push((sp - depth)[0], tags(sp)[-depth], sp)
    }

    private mutating func exchangeTagged(_ sp: WordPointer, _ depth: Int) {
        exchange(sp, depth)
        let tags = tags(sp)
        let other = tags[-1 - depth]
        tags[-1 - depth] = tags[-1]
        tags[-1] = other
    }

    private mutating func replace(_ place: WordPointer, by word: U256, _ tag: UInt8) {
        _ = take(tags(place))
        place[0] = word
        put(tag, tags(place))
    }

    // MARK: Comparison

    /// The comparisons that leave a word.
    mutating func compareOnStack(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer) -> WordPointer {
        let constant = U256(pc.pointee.immediate)
        let (tag, second) = takeOperands(pc.pointee.operation, sp)
        switch pc.pointee.operation {
        case .lt: return result(compare(.less, sp[-1], tag, sp[-2], second), sp - 1)
        case .gt: return result(compare(.less, sp[-2], second, sp[-1], tag), sp - 1)
        case .slt: return result(compare(.signedLess, sp[-1], tag, sp[-2], second), sp - 1)
        case .sgt: return result(compare(.signedLess, sp[-2], second, sp[-1], tag), sp - 1)
        case .eq: return result(compare(.equal, sp[-1], tag, sp[-2], second), sp - 1)
        case .ltSmall: return result(compare(.less, constant, 0, sp[-1], tag), sp)
        case .gtSmall: return result(compare(.less, sp[-1], tag, constant, 0), sp)
        case .eqSmall: return result(compare(.equal, sp[-1], tag, constant, 0), sp)
        case .iszero: return result(isZero(sp[-1], tag), sp)
        default: return result(!isZero(sp[-1], tag), sp)
        }
    }

    /// The tags of the operands, the second one only where the operation takes two from the stack.
    @inline(__always)
    private mutating func takeOperands(_ operation: Operation, _ sp: WordPointer) -> (UInt8, UInt8) {
        switch operation {
        case .ltSmall, .gtSmall, .eqSmall, .iszero, .iszeroTwice: (take(tags(sp) - 1), 0)
        default: takeTwo(sp)
        }
    }

    private mutating func result(_ holds: Bool, _ sp: WordPointer) -> WordPointer {
        sp[-1] = U256(holds)
        return sp
    }

    /// Whether a conditional jump with a constant target is taken.
    mutating func decide(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer) -> Bool {
        switch pc.pointee.operation {
        case .jumpIfTo: return !isZero(sp[-1], take(tags(sp) - 1))
        case .jumpIfZeroTo: return isZero(sp[-1], take(tags(sp) - 1))
        default: break
        }
        let (first, second) = takeTwo(sp)
        let holds: Bool
        switch pc.pointee.operation {
        case .ltJumpTo: holds = compare(.less, sp[-1], first, sp[-2], second)
        case .gtJumpTo: holds = compare(.less, sp[-2], second, sp[-1], first)
        case .eqJumpTo: holds = compare(.equal, sp[-1], first, sp[-2], second)
        case .sltJumpTo: holds = compare(.signedLess, sp[-1], first, sp[-2], second)
        default: holds = compare(.signedLess, sp[-2], second, sp[-1], first)
        }
        return holds != (pc.pointee.small != 0)
    }

    // MARK: Arithmetic and bits

    /// What leaves a number; `isTested` when the next instruction takes it and asks only whether it is zero.
    mutating func calculate(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer, _ isTested: Bool) -> WordPointer {
        let constant = U256(pc.pointee.immediate)
        let small = Int(pc.pointee.small)
        switch pc.pointee.operation {
        case .dupAdd: return binary(.add, tags(sp)[-small], (sp - small)[0], sp, isTested)
        case .dupAnd: return binary(.and, tags(sp)[-small], (sp - small)[0], sp, isTested)
        case .addSmall: return binary(.add, 0, constant, sp, isTested)
        case .mulSmall: return binary(.mul, 0, constant, sp, isTested)
        case .subFromSmall: return binary(.sub, 0, constant, sp, isTested)
        case .andSmall: return binary(.and, 0, constant, sp, isTested)
        case .andWide:
            let mask = frame.pointee.code.pointee.constants![Int(truncatingIfNeeded: pc.pointee.immediate)]
            return binary(.and, 0, mask, sp, isTested)
        case .shlSmall: return binary(.shl, 0, constant, sp, isTested)
        case .shrSmall: return binary(.shr, 0, constant, sp, isTested)
        case .dupShrSmall: return binary(.shr, 0, constant, duplicate(small, sp), isTested)
        case .addSwapPop:
            let after = binary(.add, take(tags(sp) - 1), sp[-1], sp - 1, false)
            let tag = take(tags(after) - 1)
            replace(after - 1 - small, by: after[-1], tag)
            return after - 1
        case .not:
            giveUp(sp, 1)
            sp[-1] = ~sp[-1]
            return sp
        case .clz:
            giveUp(sp, 1)
            sp[-1] = U256(UInt64(truncatingIfNeeded: sp[-1].leadingZeroBitCount))
            return sp
        case .addmod:
            giveUp(sp, 3)
            sp[-3] = sp[-1].addmod(sp[-2], sp[-3])
            return sp - 2
        case .mulmod:
            giveUp(sp, 3)
            sp[-3] = sp[-1].mulmod(sp[-2], sp[-3])
            return sp - 2
        default: return binary(pc.pointee.operation, take(tags(sp) - 1), sp[-1], sp - 1, isTested)
        }
    }

    /// An operation on `a`, which is no more on the stack, and the topmost word, which the result replaces.
    private mutating func binary(
        _ operation: Operation, _ tagA: UInt8, _ a: U256, _ sp: WordPointer, _ isTested: Bool
    ) -> WordPointer {
        let b = sp[-1]
        let tagB = take(tags(sp) - 1)
        if tagA | tagB == 0 {
            sp[-1] = Self.plain(operation, a, b)
            return sp
        }
        if isTested, operation == .xor || operation == .sub {
            // It is asked whether the two are equal, and nothing else.
            sp[-1] = compare(.equal, a, tagA, b, tagB) ? .zero : U256(1)
            return sp
        }
        let tag = tagOfResult(operation, a, tagA, b, tagB)
        sp[-1] = Self.plain(operation, a, b)
        put(tag, tags(sp) - 1)
        return sp
    }

    /// The tag of a result; where there is none, what the result then depends on has been demanded.
    private mutating func tagOfResult(
        _ operation: Operation, _ a: U256, _ tagA: UInt8, _ b: U256, _ tagB: UInt8
    ) -> UInt8 {
        switch operation {
        case .add: return tagOfSum(a, tagA, b, tagB)
        case .sub: return tagOfDifference(tagA, tagB)
        case .and where tagA == 0: return tagOfMasked(b, tagB, mask: a)
        case .and where tagB == 0: return tagOfMasked(a, tagA, mask: b)
        case .or where tagA == 0 && a.isZero: return tagB
        case .or where tagB == 0 && b.isZero: return tagA
        case .xor where tagA == 0 && a.isZero: return tagB
        case .xor where tagB == 0 && b.isZero: return tagA
        case .xor where tagA == tagB && a == b: return 0
        case .mul where tagA == 0 && a <= U256(1): return a.isZero ? 0 : tagB
        case .mul where tagB == 0 && b <= U256(1): return b.isZero ? 0 : tagA
        case .shr where tagA == 0: return askShifted(b, tagB, by: a)
        case .div where tagB == 0: return tagOfQuotient(a, tagA, by: b)
        case .mod where tagB == 0: return tagOfRemainder(a, tagA, by: b)
        case .signextend where tagA == 0: return tagOfExtended(b, tagB, from: a)
        default:
            if tagA != 0 { journal.affine.makeExact(tagA) }
            if tagB != 0 { journal.affine.makeExact(tagB) }
            return 0
        }
    }

    private static func plain(_ operation: Operation, _ a: U256, _ b: U256) -> U256 {
        switch operation {
        case .add: a &+ b
        case .mul: a &* b
        case .sub: a &- b
        case .div: a / b
        case .sdiv: a.signedDivided(by: b)
        case .mod: a % b
        case .smod: a.signedRemainder(by: b)
        case .signextend: b.signextend(from: a)
        case .and: a & b
        case .or: a | b
        case .xor: a ^ b
        case .byte: b.byte(at: a)
        case .shl: b.shiftedLeft(by: a)
        case .shr: b.shiftedRight(by: a)
        case .sar: b.sar(by: a)
        default: preconditionFailure("an operation on two words")
        }
    }
}
