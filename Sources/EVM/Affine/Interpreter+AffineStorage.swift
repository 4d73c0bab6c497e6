// SLOAD and SSTORE of followed slots.
extension Interpreter {
    /// Ends SLOAD of a followed slot, whose value is at `target`: the word gets the slot's tag. Where that is so, the gas left
    /// comes back as its complement, which is negative, and the loop for tagged words goes on.
    @inline(never)
    mutating func loadFollowed(_ index: Int, into target: WordPointer, _ gas: Int64) -> Int64 {
        let number = journal.slots[index].follow
        if !journal.slots[index].isAffine || journal.affine.read(number).pointee.isExact { return gas }
        tags(target)[0] = number
        journal.affine.live += 1
        journal.affine.hasMetFollowedSlot = true
        return ~gas
    }

    /// Leaves the ordinary loop after an SLOAD that returned less than zero: the gas did not suffice, or the slot is followed.
    @inline(never)
    mutating func leaveAfterLoad(_ next: UnsafePointer<Instruction>, _ sp: WordPointer, _ gas: Int64) -> FrameExit {
        if !journal.affine.hasMetFollowedSlot { return leave(.halted, gas) }
        journal.affine.hasMetFollowedSlot = false
        return leave(switching: next, sp, ~gas)
    }

    /// Leaves a loop so that the other one goes on.
    mutating func leave(
        switching next: UnsafePointer<Instruction>, _ sp: WordPointer, _ gas: Int64
    ) -> FrameExit {
        frame.pointee.programCounter = next
        frame.pointee.stackPointer = sp
        frame.pointee.gas = gas
        return .switched
    }

    /// SSTORE to a followed slot, whose access is paid: what it costs depends on answers about the slot's value, and each of
    /// them is demanded.
    @inline(never)
    mutating func storeFollowed(_ index: Int, _ sp: WordPointer, _ gas: Int64) -> Int64 {
        let number = journal.slots[index].follow
        let value = sp[-2]
        var tag = tags(sp)[-2]
        if tag != 0 && tag != number {
            journal.affine.makeExact(tag)
            tag = 0
        }
        let current = journal.slots[index].current
        let currentTag = journal.slots[index].isAffine ? number : 0
        if journal.affine.plantedDefect == nil, tag == number, currentTag == number,
            current == journal.slots[index].original, value != current, !value.isZero, !current.isZero
        {
            return changeFirst(index, to: value, gas)
        }
        let isForgotten = journal.affine.plantedDefect == .gasClass
        let left =
            gas &- priceFollowedWrite(number, current, isForgotten ? 0 : currentTag, value, isForgotten ? 0 : tag)
        if left < 0 { return left }
        if value != current { journal.setSlot(value, index) }
        if tag != currentTag { journal.setAffine(tag != 0, index) }
        return left
    }

    /// What most stores are: the slot's first change, from a number that is not zero to another one, by a constant. Neither
    /// of the two may become zero.
    @inline(__always)
    private mutating func changeFirst(_ index: Int, to value: U256, _ gas: Int64) -> Int64 {
        let former = journal.slots[index].original
        let isMore = former < value
        journal.affine.read(journal.slots[index].follow).pointee.narrow(
            down: (isMore ? former : value) &- 1, up: ~(isMore ? value : former))
        let left = gas &- rules.storageResetGas
        if left >= 0 { journal.setSlot(value, index) }
        return left
    }

    /// The price of a write against the original value, as in `priceNetWrite`, of words that may move with the slot.
    private mutating func priceFollowedWrite(
        _ number: UInt8, _ current: U256, _ currentTag: UInt8, _ value: U256, _ tag: UInt8
    ) -> Int64 {
        let original = base(number)
        let number = journal.affine.plantedDefect == .gasClass ? 0 : number
        if compare(.equal, value, tag, current, currentTag) { return rules.storageDirtyGas }
        if compare(.equal, original, number, current, currentTag) {
            if isZero(original, number) { return rules.storageSetGas }
            if isZero(value, tag) { journal.refund &+= rules.storageClearRefund }
            return rules.storageResetGas
        }
        let wasZero = isZero(original, number)
        if !wasZero {
            if isZero(current, currentTag) { journal.refund &-= rules.storageClearRefund }
            if isZero(value, tag) { journal.refund &+= rules.storageClearRefund }
        }
        if compare(.equal, original, number, value, tag) {
            journal.refund &+= (wasZero ? rules.storageSetGas : rules.storageResetGas) &- rules.storageDirtyGas
        }
        return rules.storageDirtyGas
    }

    /// Writes down what became of the followed slots.
    mutating func finishNotes() {
        guard let notes = journal.affine.notes else { return }
        for index in 0..<notes.pointee.readCount {
            let slot = journal.slots.base + Int(journal.affine.slotOfRead[index])
            let read = notes.pointee.reads + index
            let change = slot.pointee.current &- slot.pointee.original
            read.pointee.isDelta = slot.pointee.isAffine && !change.isZero
            read.pointee.change = change
        }
    }
}

extension Journal {
    /// Follows a slot that was just loaded, as the view wants it.
    @inline(never)
    mutating func follow(_ slot: UnsafeMutablePointer<SlotRecord>, _ index: Int) {
        slot.pointee.follow = affine.follow(slot.pointee.original, slot: index)
        slot.pointee.isAffine = true
    }

    /// Makes a followed slot a plain read.
    mutating func unfollow(_ index: Int) {
        affine.makeExact(slots[index].follow)
        slots[index].follow = 0
        slots[index].isAffine = false
    }

    /// Keeps whether a slot's present value moves with the one that it had at first.
    mutating func setAffine(_ isAffine: Bool, _ index: Int) {
        entries.append(
            JournalEntry(
                kind: .slotTag, index: UInt32(truncatingIfNeeded: index), word: U256(slots[index].isAffine)))
        slots[index].isAffine = isAffine
    }
}
