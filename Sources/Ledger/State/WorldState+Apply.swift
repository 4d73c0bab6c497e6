public import EVM

/// What it takes to bring the world back to where it was before some diffs.
struct UndoLog {
    enum Step {
        case account(Address, AccountState?)
        case slot(Address, U256, value: U256, isBalance: Bool)
        case storageSpace(Address, number: UInt32, slotCount: Int)
    }

    var steps: [Step] = []
    /// `WorldState.markBytes` before them.
    var markBytes = 0
}

extension WorldState {
    /// Takes over what a transition changed.
    public func apply(_ diff: StateDiff) {
        for change in diff.accounts { apply(change) }
        for change in diff.storage { write(change.address, change.slot, change.value) }
    }

    /// Notes how to take back what a transition is about to change.
    func note(_ diff: StateDiff, in undo: inout UndoLog) {
        // Slots first and accounts last: taking back goes the other way, and gives an emptied account its space back
        // before slots are written into it.
        for change in diff.storage {
            let place = place(change.address, change.slot)
            undo.steps.append(
                .slot(
                    change.address, change.slot, value: place?.pointee.value ?? .zero,
                    isBalance: place?.pointee.isBalance ?? false))
        }
        for change in diff.accounts {
            if change.storageCleared || change.account == nil, let owner = owners.find(change.address) {
                undo.steps.append(
                    .storageSpace(change.address, number: owner.pointee.number, slotCount: owner.pointee.slotCount))
            }
            undo.steps.append(.account(change.address, account(change.address)))
        }
    }

    /// Takes everything back that the undo log knows of.
    func rollBack(_ undo: inout UndoLog) {
        for step in undo.steps.reversed() {
            switch step {
            case .account(let address, let state): set(address, state, code: nil)
            case .slot(let address, let slot, let value, let isBalance):
                write(address, slot, value)
                place(address, slot)?.pointee.isBalance = isBalance
            case .storageSpace(let address, let number, let slotCount):
                owners.findOrClaim(address).pointee = StorageOwnerEntry(
                    address: address, number: number, slotCount: slotCount)
            }
        }
        undo.steps.removeAll(keepingCapacity: true)
        markBytes = undo.markBytes
    }

    /// Takes over what a snapshot says of an account; how many slots it has is counted when all are loaded.
    func load(_ address: Address, _ change: AccountState??, isCleared: Bool) {
        if isCleared, let owner = owners.find(address) { owner.pointee.number = takeOwnerNumber() }
        if let change { set(address, change, code: nil) }
    }

    /// The number of an account's storage space, made where it has none.
    func storageSpace(of address: Address) -> UInt32 {
        let owner = owners.findOrClaim(address)
        if owner.pointee.isVacant {
            owner.pointee = StorageOwnerEntry(address: address, number: takeOwnerNumber(), slotCount: 0)
        }
        return owner.pointee.number
    }

    /// Takes over a slot of a snapshot, whose hash is known; returns by how much the slots of its space become more.
    @inline(__always)
    func load(_ key: SlotKey, _ hash: UInt64, _ value: U256, _ mark: SlotMark) -> Int {
        if value.isZero {
            let count = slots.count
            slots.remove(key)
            return slots.count - count
        }
        let place = slots.findOrClaim(key, hash)
        let isNew = place.pointee.isVacant
        if isNew {
            place.pointee = SlotEntry(slot: key.slot, value: value, owner: key.owner)
        } else {
            place.pointee.value = value
        }
        if mark != .unchanged { place.pointee.isBalance = mark == .balance }
        return isNew ? 1 : 0
    }

    private func apply(_ change: AccountChange) {
        set(change.address, change.account, code: change.codeWritten)
        if change.storageCleared || change.account == nil { clearStorage(change.address) }
    }

    /// Writes an account, or removes it; its storage stays.
    func set(_ address: Address, _ state: AccountState?, code: [UInt8]?) {
        guard let state else {
            accounts.remove(address)
            return
        }
        let number = codeNumber(state.codeHash, code: code)
        accounts.findOrClaim(address).pointee = AccountEntry(
            address: address, code: number + 1, nonce: state.nonce, balance: state.balance)
    }

    /// Gives the account a storage space of its own that is empty; what is left in the former one is never read again.
    func clearStorage(_ address: Address) {
        guard let owner = owners.find(address), owner.pointee.slotCount > 0 else { return }
        owner.pointee = StorageOwnerEntry(address: address, number: takeOwnerNumber(), slotCount: 0)
    }

    private func takeOwnerNumber() -> UInt32 {
        precondition(nextOwnerNumber < .max, "storage spaces are used up")
        defer { nextOwnerNumber += 1 }
        return nextOwnerNumber
    }

    /// Writes a slot; zero removes it.
    func write(_ address: Address, _ slot: U256, _ value: U256) {
        let owner = owners.findOrClaim(address)
        if owner.pointee.isVacant {
            owner.pointee = StorageOwnerEntry(address: address, number: takeOwnerNumber(), slotCount: 0)
        }
        let key = SlotKey(owner: owner.pointee.number, slot: slot)
        if value.isZero {
            if slots.find(key) != nil {
                slots.remove(key)
                owner.pointee.slotCount -= 1
            }
            return
        }
        let place = slots.findOrClaim(key)
        if place.pointee.isVacant {
            owner.pointee.slotCount += 1
            place.pointee = SlotEntry(slot: slot, value: value, owner: key.owner)
        } else {
            place.pointee.value = value
        }
    }
}
