// Instructions on storage. The path of SLOAD and SSTORE is here alone.
extension Interpreter {
    /// SLOAD: replaces the key at `slot` by its value.
    @inline(never)
    mutating func sload(_ key: U256, _ gas: Int64, into target: WordPointer) -> Int64 {
        let index = journal.slotIndex(key, frame.pointee.account)
        var left = gas
        if rules.hasAccessLists && journal.warmSlot(index) {
            left &-= rules.coldSlotGas
            if left < 0 { return left }
        }
        journal.loadSlot(index)
        target[0] = journal.slots[index].current
        if journal.slots[index].follow != 0 { return loadFollowed(index, into: target, left) }
        return left
    }

    /// SSTORE key value; `beyond` is what the block has paid in advance.
    @inline(never)
    mutating func sstore(_ sp: WordPointer, _ gas: Int64, beyond: Int64) -> Int64 {
        if frame.pointee.isStatic {
            halt = .writeInStaticCall
            return -1
        }
        if rules.storageSentryGas > 0 && gas &+ beyond <= rules.storageSentryGas { return -1 }
        let index = journal.slotIndex(sp[-1], frame.pointee.account)
        var left = gas
        // A cold slot costs the whole SLOAD price beyond the write's own.
        if rules.hasAccessLists && journal.warmSlot(index) { left &-= rules.coldSlotGas &+ rules.storageDirtyGas }
        journal.loadSlot(index)
        if journal.slots[index].follow != 0 { return storeFollowed(index, sp, left) }
        let value = sp[-2]
        let current = journal.slots[index].current
        let original = journal.slots[index].original
        if rules.storagePricing == .simple {
            left &-= current.isZero && !value.isZero ? rules.storageSetGas : rules.storageResetGas
            if !current.isZero && value.isZero { journal.refund &+= rules.storageClearRefund }
        } else {
            left &-= priceNetWrite(original: original, current: current, value: value)
        }
        if left < 0 { return left }
        if value != current { journal.setSlot(value, index) }
        return left
    }

    /// The price of a write against the original value; books the refund (EIP-2200, EIP-3529).
    @inline(__always)
    private mutating func priceNetWrite(original: U256, current: U256, value: U256) -> Int64 {
        if value == current { return rules.storageDirtyGas }
        if original == current {
            if original.isZero { return rules.storageSetGas }
            if value.isZero { journal.refund &+= rules.storageClearRefund }
            return rules.storageResetGas
        }
        if !original.isZero {
            if current.isZero { journal.refund &-= rules.storageClearRefund }
            if value.isZero { journal.refund &+= rules.storageClearRefund }
        }
        if original == value {
            let paid = original.isZero ? rules.storageSetGas : rules.storageResetGas
            journal.refund &+= paid &- rules.storageDirtyGas
        }
        return rules.storageDirtyGas
    }

    /// TLOAD (EIP-1153).
    @inline(never)
    mutating func tload(_ key: U256) -> U256 { journal.transient(key, frame.pointee.account) }

    /// TSTORE key value (EIP-1153).
    @inline(never)
    mutating func tstore(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        if frame.pointee.isStatic {
            halt = .writeInStaticCall
            return -1
        }
        journal.setTransient(sp[-2], sp[-1], frame.pointee.account)
        return gas
    }

    /// SELFDESTRUCT beneficiary.
    @inline(never)
    mutating func selfDestruct(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let account = frame.pointee.account
        if frame.pointee.isStatic {
            halt = .writeInStaticCall
            return -1
        }
        let beneficiary = journal.accountIndex(Address(word: sp[-1]))
        var left = gas
        if rules.hasAccessLists && journal.warmAccount(beneficiary) && precompile(sp[-1]) == nil {
            left &-= rules.coldAccountGas &+ 100
            if left < 0 { return left }
        }
        journal.load(beneficiary)
        journal.load(account)
        let balance = journal.accounts[account].balance
        let makesAccount =
            rules.hasEmptyAccountRule
            ? journal.accounts[beneficiary].isDead && !balance.isZero
            : !journal.accounts[beneficiary].flags.contains(.exists)
        if makesAccount { left &-= rules.selfDestructNewAccountGas }
        if left < 0 { return left }

        let destroys = !rules.selfDestructOnlyCreated || journal.accounts[account].flags.contains(.created)
        if destroys && !journal.accounts[account].flags.contains(.destroyed) {
            journal.refund &+= rules.selfDestructRefund
        }
        journal.addFlags([.exists, .touched], beneficiary)
        if beneficiary != account {
            journal.transfer(balance, from: account, to: beneficiary)
        } else if destroys {
            journal.setBalance(.zero, account)
        }
        if destroys { journal.addFlags(.destroyed, account) }
        return left
    }
}
