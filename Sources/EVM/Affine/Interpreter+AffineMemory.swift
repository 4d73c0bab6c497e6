// Tagged words of stack and memory: where they are, and what ends them.
extension Interpreter {
    /// The tags of the words at a stack pointer.
    @inline(__always)
    mutating func tags(_ sp: WordPointer) -> UnsafeMutablePointer<UInt8> {
        journal.affine.stackTags + (sp.address - stackRegion.base) &>> 5
    }

    /// Makes the slots behind the topmost words plain reads; the words lose their tags.
    @inline(__always)
    mutating func giveUp(_ sp: WordPointer, _ count: Int) {
        let tags = tags(sp)
        for index in 1...count where tags[-index] != 0 { giveUp(tags - index) }
    }

    /// Makes the slot behind one word a plain read.
    @inline(never)
    mutating func giveUp(_ tag: UnsafeMutablePointer<UInt8>) {
        journal.affine.makeExact(tag.pointee)
        tag.pointee = 0
        journal.affine.live -= 1
    }

    /// Takes the tag of a word that goes.
    @inline(__always)
    mutating func take(_ tag: UnsafeMutablePointer<UInt8>) -> UInt8 {
        let taken = tag.pointee
        if taken != 0 {
            tag.pointee = 0
            journal.affine.live -= 1
        }
        return taken
    }

    /// Tags a word that has none.
    @inline(__always)
    mutating func put(_ number: UInt8, _ tag: UnsafeMutablePointer<UInt8>) {
        if number != 0 {
            tag.pointee = number
            journal.affine.live += 1
        }
    }

    /// The tags of the two topmost words, which both go.
    @inline(__always)
    mutating func takeTwo(_ sp: WordPointer) -> (UInt8, UInt8) {
        let tags = tags(sp)
        if tags[-1] | tags[-2] == 0 { return (0, 0) }
        return (take(tags - 1), take(tags - 2))
    }

    /// Gives up every tag of the running frame.
    mutating func giveUpFrame(_ sp: WordPointer) {
        let height = sp.bytes(above: frame.pointee.stackBase) / 32
        if height > 0, journal.affine.live > 0 { giveUp(sp, height) }
        let start = Int(journal.affine.memoryStart[depth])
        for index in start..<journal.affine.memoryTags.count {
            journal.affine.makeExact(journal.affine.memoryTags[index].read)
        }
        journal.affine.memoryTags.truncate(to: start)
    }

    // MARK: Memory

    /// A range of the running frame's memory, from the start of the region; nil where it is empty or beyond what any gas pays
    /// for.
    @inline(__always)
    mutating func range(_ offset: U256, _ size: U256) -> Range<Int>? {
        if size.isZero || !offset.fitsUInt64 || !size.fitsUInt64 { return nil }
        if offset.l0 | size.l0 > MachineLimits.memoryOffsetMax { return nil }
        let start = frame.pointee.memoryBase - memoryRegion.base + Int(offset.l0)
        return start..<start + Int(size.l0)
    }

    /// Whether the running frame has tagged words in memory.
    @inline(__always)
    var hasMemoryTags: Bool {
        journal.affine.memoryTags.count > Int(journal.affine.memoryStart[depth])
    }

    /// Calls `body` with every tagged word of the running frame that meets a range; what it returns false for loses its tag.
    private mutating func filterTags(_ range: Range<Int>, _ keeps: (MemoryTag, AffineState) -> Bool) {
        var index = journal.affine.memoryTags.count - 1
        while index >= Int(journal.affine.memoryStart[depth]) {
            let tag = journal.affine.memoryTags[index]
            if tag.address < range.upperBound, tag.address + 32 > range.lowerBound, !keeps(tag, journal.affine) {
                journal.affine.memoryTags[index] = journal.affine.memoryTags[journal.affine.memoryTags.count - 1]
                _ = journal.affine.memoryTags.removeLast()
            }
            index -= 1
        }
    }

    /// A range of memory is read as plain bytes.
    mutating func giveUpMemory(_ offset: U256, _ size: U256) {
        guard hasMemoryTags, let range = range(offset, size) else { return }
        filterTags(range) { tag, affine in
            if affine.plantedDefect != .plainMemory { affine.makeExact(tag.read) }
            return false
        }
    }

    /// A range of memory is written: words within it lose their tags, of words on its edge a part stays.
    mutating func overwriteMemory(_ offset: U256, _ size: U256) {
        guard hasMemoryTags, let range = range(offset, size) else { return }
        filterTags(range) { tag, affine in
            let isPartial = tag.address < range.lowerBound || tag.address + 32 > range.upperBound
            if isPartial, affine.plantedDefect != .partialOverwrite { affine.makeExact(tag.read) }
            return false
        }
    }

    /// The tagged words that lie within a range, from its start; words on its edge are given up.
    mutating func tagsWithin(_ range: Range<Int>, _ body: (Int, UInt8) -> Void) {
        filterTags(range) { tag, affine in
            if tag.address >= range.lowerBound && tag.address + 32 <= range.upperBound {
                body(tag.address - range.lowerBound, tag.read)
                return true
            }
            affine.makeExact(tag.read)
            return false
        }
    }

    /// MSTORE of a word with a tag, or without; the memory has been reached.
    mutating func storeTag(_ number: UInt8, at offset: U256) {
        overwriteMemory(offset, 32)
        if number == 0 { return }
        guard let range = range(offset, 32), journal.affine.memoryTags.count < AffineState.memoryTagsMax else {
            return journal.affine.makeExact(number)
        }
        journal.affine.memoryTags.append(MemoryTag(address: range.lowerBound, read: number))
    }

    /// The tag of the word at an offset that MLOAD reads.
    mutating func loadTag(_ offset: U256) -> UInt8 {
        guard hasMemoryTags, let range = range(offset, 32) else { return 0 }
        var found: UInt8 = 0
        tagsWithin(range) { found = $1 }
        return found
    }

    /// MCOPY: tags go with the words that are copied whole.
    mutating func copyTags(from source: U256, to target: U256, _ size: U256) {
        guard hasMemoryTags, let from = range(source, size), let to = range(target, size) else { return }
        var copied: [MemoryTag] = []
        tagsWithin(from) { copied.append(MemoryTag(address: to.lowerBound + $0, read: $1)) }
        overwriteMemory(target, size)
        for tag in copied {
            if journal.affine.memoryTags.count < AffineState.memoryTagsMax {
                journal.affine.memoryTags.append(tag)
            } else {
                journal.affine.makeExact(tag.read)
            }
        }
    }

    /// LOG: tagged words among data and topics are changed with their slots when the receipt is.
    mutating func noteLog(_ sp: WordPointer, topics: Int) {
        let log = journal.logs.count
        if journal.affine.live > 0 {
            giveUp(sp, 2)
            for topic in 0..<topics {
                let number = take(tags(sp) - (3 + topic))
                if number == 0 { continue }
                journal.affine.note(WordPatch(place: .logTopic, log: log, offset: topic, read: Int(number) - 1))
            }
        }
        guard hasMemoryTags, let range = range(sp[-1], sp[-2]) else { return }
        let affine = journal.affine
        tagsWithin(range) {
            affine.note(WordPatch(place: .logData, log: log, offset: $0, read: Int($1) - 1))
        }
    }
}
