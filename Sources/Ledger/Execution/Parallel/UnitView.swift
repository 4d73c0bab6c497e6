internal import EVM

/// The state as one worker's machine sees it while it executes a unit: every answer is noted in the unit's record.
final class UnitView: StateView {
    private let shared: SharedWorld
    // The executor keeps its records alive as long as its views.
    private unowned(unsafe) var record: UnitRecord
    /// What earlier members of a linked group have done; nil for a unit of one operation.
    private var group: GroupChanges?
    /// The storage space that was asked for last: mostly it is the next one as well.
    private var lastAddress = Address.zero
    private var lastOwner: UInt32 = 0

    init(shared: SharedWorld, record: UnitRecord) {
        self.shared = shared
        self.record = record
    }

    /// Begins a run of units: storage spaces may be others.
    func beginRun() {
        lastAddress = .zero
        lastOwner = shared.owner(.zero)
    }

    /// Begins a unit.
    func begin(into record: UnitRecord, isGroup: Bool) {
        self.record = record
        record.version = shared.version
        group = isGroup ? GroupChanges() : nil
    }

    // MARK: StateView

    func account(_ address: Address) -> AccountState? {
        if let written = group?.accounts[address] { return written.state }
        let fields = shared.account(address)
        record.accountReads.append(.init(address: address, fields: fields))
        return fields.state
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        if let written = group?.slots[StorageKey(address: address, slot: slot)] { return written }
        let owner = owner(address)
        guard let place = shared.place(address, owner: owner, slot) else {
            record.absentSlots.append(.init(address: address, owner: owner, slot: slot))
            return .zero
        }
        let value = place.value
        record.slotReads.append(.init(place: place, value: value))
        return value
    }

    func code(_ hash: Hash256) -> [UInt8] { shared.code(hash) }

    func hasStorage(_ address: Address) -> Bool {
        // Slots that are new or gone are counted when the run is finished.
        record.needsWorldAlone = true
        return false
    }

    func blockHash(_ number: UInt64) -> Hash256 { shared.world.blockHash(number) }

    @inline(__always)
    private func owner(_ address: Address) -> UInt32 {
        if address != lastAddress {
            lastAddress = address
            lastOwner = shared.owner(address)
        }
        return lastOwner
    }

    // MARK: What a member of a unit changed

    /// Enters what an accepted operation changed.
    func enter(_ diff: StateDiff) {
        for change in diff.accounts {
            if change.storageCleared || change.account == nil { record.needsWorldAlone = true }
            if let code = change.codeWritten, let hash = change.account?.codeHash { shared.keep(code, hash: hash) }
            let fields = AccountFields(change.account)
            if group == nil {
                record.accountWrites.append(.init(address: change.address, fields: fields))
            } else {
                group?.accounts[change.address] = fields
            }
        }
        for change in diff.storage {
            if group == nil {
                let place = shared.place(change.address, owner: owner(change.address), change.slot)
                record.slotWrites.append(
                    .init(place: place, address: change.address, slot: change.slot, value: change.value))
            } else {
                group?.enter(change)
            }
        }
    }

    /// Makes what the members of a group changed the writes of the unit.
    func closeGroup() {
        guard let group else { return }
        for (address, fields) in group.accounts {
            record.accountWrites.append(.init(address: address, fields: fields))
        }
        for (key, value) in group.slots {
            let place = shared.place(key.address, owner: owner(key.address), key.slot)
            record.slotWrites.append(.init(place: place, address: key.address, slot: key.slot, value: value))
        }
        for (key, isBalance) in group.marks {
            record.lateMarks.append(.init(address: key.address, slot: key.slot, isBalance: isBalance))
        }
    }
}

extension UnitView: BalanceBook {
    func balance(_ address: Address, _ slot: U256) -> FormerBalance {
        guard group == nil else { return groupBalance(StorageKey(address: address, slot: slot)) }
        guard let place = shared.place(address, owner: owner(address), slot) else { return .zero }
        let value = former(place)
        // A slot that is zero has no place in the world and no mark.
        if value.isZero { return .zero }
        return FormerBalance(
            value: value, isBalance: place.pointee.isBalance, place: UnsafeMutableRawPointer(place))
    }

    /// The value that the operation saw, which it has read before it could write it.
    private func former(_ place: UnsafeMutablePointer<SlotEntry>) -> U256 {
        for read in record.slotReads.elements where read.place == place { return read.value }
        // It was absent when it was read, or was not read at all.
        let value = place.value
        record.slotReads.append(.init(place: place, value: value))
        return value
    }

    private func groupBalance(_ key: StorageKey) -> FormerBalance {
        let place = shared.place(key.address, owner: owner(key.address), key.slot)
        let value = group?.slots[key] ?? place.map { former($0) } ?? .zero
        if value.isZero { return .zero }
        let isBalance = group?.marks[key] ?? place?.pointee.isBalance ?? false
        return FormerBalance(value: value, isBalance: isBalance, place: group?.token(for: key))
    }

    /// Notes that a check rested on whether the slot is known as a balance.
    func noteBalanceRead(_ change: UnexplainedChange) {
        guard group == nil else {
            guard let key = group?.key(of: change.place), group?.marks[key] == nil,
                let place = shared.place(key.address, owner: owner(key.address), key.slot)
            else { return }
            record.balanceReads.append(
                .init(address: key.address, place: place, isBalance: change.isBalance))
            return
        }
        record.balanceReads.append(
            .init(
                address: .zero, place: change.place.assumingMemoryBound(to: SlotEntry.self),
                isBalance: change.isBalance))
    }

    /// Takes note that an event of an accepted operation explained a change of a slot that was not zero before. To be
    /// called before `enter`.
    func mark(_ balance: ExplainedBalance) {
        if group == nil {
            let place = balance.place.assumingMemoryBound(to: SlotEntry.self)
            record.marks.append(.init(address: balance.address, place: place, isBalance: true))
        } else if let key = group?.key(of: balance.place) {
            group?.marks[key] = true
        }
    }
}

extension FormerBalance {
    /// A slot that is not there.
    static var zero: FormerBalance { FormerBalance(value: .zero, isBalance: false, place: nil) }
}

/// A storage slot of an account.
struct StorageKey: Hashable {
    var address: Address
    var slot: U256
}

/// What the members of a linked group have changed so far.
struct GroupChanges {
    var accounts: [Address: AccountFields] = [:]
    var slots: [StorageKey: U256] = [:]
    /// Whether slots are known as balances after it; those of which it says nothing are known as before.
    var marks: [StorageKey: Bool] = [:]

    private var keys: [StorageKey] = []

    /// What stands for a key among the places that a check knows.
    mutating func token(for key: StorageKey) -> UnsafeMutableRawPointer? {
        keys.append(key)
        return UnsafeMutableRawPointer(bitPattern: keys.count)
    }

    /// The key that a token stands for.
    func key(of token: UnsafeMutableRawPointer) -> StorageKey { keys[Int(bitPattern: token) - 1] }

    /// Enters a member's change of a slot.
    mutating func enter(_ change: StorageChange) {
        let key = StorageKey(address: change.address, slot: change.slot)
        slots[key] = change.value
        // What is removed is forgotten.
        if change.value.isZero { marks[key] = false }
    }
}
