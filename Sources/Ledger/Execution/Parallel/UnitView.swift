internal import EVM

/// The state as one worker's machine sees it while it executes a unit: every answer is noted in the unit's record.
final class UnitView: StateView {
    private let shared: SharedWorld
    // The executor keeps its records as long as its views.
    private var record: RecordPointer
    /// What earlier members of a linked group have done; nil for a unit of one operation.
    private var group: GroupChanges?
    /// The storage space that was asked for last: mostly it is the next one as well.
    private var lastAddress = Address.zero
    private var lastOwner: UInt32 = 0
    /// Whether slots may be followed in this unit.
    private(set) var follows = false
    private let spacing = OwnLines.Spacing()

    init(shared: SharedWorld, record: RecordPointer) {
        self.shared = shared
        self.record = record
    }

    /// Begins a run of units: storage spaces may be others.
    func beginRun() {
        lastAddress = .zero
        lastOwner = shared.owner(.zero)
    }

    /// Begins a unit; in its turn nothing need be followed.
    func begin(into record: RecordPointer, isGroup: Bool, follows: Bool) {
        self.record = record
        self.follows = follows && !isGroup
        record.pointee.version = shared.version
        group = isGroup ? GroupChanges() : nil
    }

    // MARK: StateView

    func account(_ address: Address) -> AccountState? {
        if let written = group?.accounts[address] { return written.state }
        let (fields, place) = shared.account(address)
        record.pointee.accountReads.append(.init(address: address, fields: fields, place: place))
        return fields.state
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        if let written = group?.slots[StorageKey(address: address, slot: slot)] { return written }
        let owner = owner(address)
        guard let place = shared.place(address, owner: owner, slot) else {
            record.pointee.absentSlots.append(.init(address: address, owner: owner, slot: slot))
            return .zero
        }
        let value = place.value
        if follows, place.heat.isHot, record.pointee.noted.pointee.followLast() {
            record.pointee.followedSlots.append(.init(place: place, key: slot.l0))
        } else {
            record.pointee.slotReads.append(.init(place: place, key: slot.l0, value: value))
        }
        return value
    }

    func code(_ hash: Hash256) -> [UInt8] { shared.code(hash) }

    func hasStorage(_ address: Address) -> Bool {
        // Slots that are new or gone are counted when the run is finished.
        record.pointee.needsWorldAlone = true
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
            if change.storageCleared || change.account == nil { record.pointee.needsWorldAlone = true }
            if let code = change.codeWritten, let hash = change.account?.codeHash { shared.keep(code, hash: hash) }
            let fields = AccountFields(change.account)
            if group == nil {
                record.pointee.accountWrites.append(
                    .init(address: change.address, fields: fields, place: place(change.address)))
            } else {
                group?.accounts[change.address] = fields
            }
        }
        for change in diff.storage {
            if group == nil {
                enter(change)
            } else {
                group?.enter(change)
            }
        }
    }

    private func enter(_ change: StorageChange) {
        let owner = owner(change.address)
        let known = known(owner, change.slot)
        var place = known?.place
        if place == nil, !wasAbsent(change.address, change.slot) {
            place = shared.place(change.address, owner: owner, change.slot)
        }
        let number = known?.followed ?? place.flatMap { followedNumber($0) } ?? -1
        if number >= 0 { record.pointee.followedSlots.place(number).pointee.write = record.pointee.slotWrites.count }
        record.pointee.slotWrites.append(
            .init(
                place: place, address: change.address, slot: change.slot, value: change.value, owner: owner,
                hash: place == nil ? shared.hash(owner, change.slot) : 0))
    }

    /// Whether the unit has asked for the slot and found none.
    @inline(__always)
    private func wasAbsent(_ address: Address, _ slot: U256) -> Bool {
        for absent in record.pointee.absentSlots.elements
        where absent.slot.l0 == slot.l0 && absent.slot == slot && absent.address == address { return true }
        return false
    }

    /// A slot that this unit has read.
    private struct KnownSlot {
        var place: UnsafeMutablePointer<SlotEntry>
        /// What it saw there.
        var value: U256
        /// The number among the followed slots; -1 for one that was read.
        var followed: Int
    }

    /// The slot of the world's table that this unit has read under this key: there are few, so none is looked up again.
    @inline(__always)
    private func known(_ owner: UInt32, _ slot: U256) -> KnownSlot? {
        for read in record.pointee.slotReads.elements
        where read.key == slot.l0 && read.place.pointee.slot == slot && read.place.pointee.owner == owner {
            return KnownSlot(place: read.place, value: read.value, followed: -1)
        }
        for (index, followed) in record.pointee.followedSlots.elements.enumerated()
        where followed.key == slot.l0 && followed.place.pointee.slot == slot && followed.place.pointee.owner == owner {
            return KnownSlot(place: followed.place, value: record.pointee.noted.pointee.reads[index].base, followed: index)
        }
        return nil
    }

    /// The number of a followed slot by its place, which one that came into being in this run is found by.
    private func followedNumber(_ place: UnsafeMutablePointer<SlotEntry>) -> Int? {
        record.pointee.followedSlots.elements.firstIndex { $0.place == place }
    }

    /// Where an account was read.
    private func place(_ address: Address) -> UnsafeMutablePointer<AccountEntry>? {
        for read in record.pointee.accountReads.elements where read.address == address { return read.place }
        return nil
    }

    /// Makes what the members of a group changed the writes of the unit.
    func closeGroup() {
        guard let group else { return }
        for (address, fields) in group.accounts {
            record.pointee.accountWrites.append(.init(address: address, fields: fields))
        }
        for (key, value) in group.slots {
            let owner = owner(key.address)
            let place = shared.place(key.address, owner: owner, key.slot)
            record.pointee.slotWrites.append(
                .init(
                    place: place, address: key.address, slot: key.slot, value: value, owner: owner,
                    hash: shared.hash(owner, key.slot)))
        }
        for (key, isBalance) in group.marks {
            record.pointee.lateMarks.append(.init(address: key.address, slot: key.slot, isBalance: isBalance))
        }
    }
}

extension UnitView {
    /// The number of the read of an account; -1 where it was not read.
    func indexOfLastRead(_ address: Address) -> Int {
        record.pointee.accountReads.elements.lastIndex { $0.address == address } ?? -1
    }

    /// Takes note of what a check of conservation rests on: that no balance leaves the range of signed numbers; and all
    /// there was, where it found a violation or a slot was set to something else.
    func noteCheck(foundViolation: Bool) {
        let noted = record.pointee.noted
        for index in 0..<noted.pointee.readCount {
            let read = noted.pointee.reads + index
            let change = read.pointee.change
            if foundViolation || !read.pointee.isDelta && !change.isZero {
                read.pointee.narrow(down: .zero, up: .zero)
            } else if read.pointee.isDelta {
                read.pointee.keepInSignedRange()
            }
        }
    }
}

extension UnitView: BalanceBook {
    func balance(_ address: Address, _ slot: U256) -> FormerBalance {
        guard group == nil else { return groupBalance(StorageKey(address: address, slot: slot)) }
        let owner = owner(address)
        if let known = known(owner, slot) {
            if known.value.isZero { return .zero }
            return FormerBalance(
                value: known.value, isBalance: known.place.isBalance, place: UnsafeMutableRawPointer(known.place))
        }
        if wasAbsent(address, slot) { return .zero }
        guard let place = shared.place(address, owner: owner, slot) else { return .zero }
        let value = former(place)
        // A slot that is zero has no place in the world and no mark.
        if value.isZero { return .zero }
        return FormerBalance(
            value: value, isBalance: place.isBalance, place: UnsafeMutableRawPointer(place))
    }

    /// The value that the operation saw, which it has read before it could write it.
    private func former(_ place: UnsafeMutablePointer<SlotEntry>) -> U256 {
        for read in record.pointee.slotReads.elements where read.place == place { return read.value }
        for (index, followed) in record.pointee.followedSlots.elements.enumerated() where followed.place == place {
            return record.pointee.noted.pointee.reads[index].base
        }
        // It was absent when it was read, or was not read at all.
        let value = place.value
        record.pointee.slotReads.append(.init(place: place, key: place.pointee.slot.l0, value: value))
        return value
    }

    private func groupBalance(_ key: StorageKey) -> FormerBalance {
        let place = shared.place(key.address, owner: owner(key.address), key.slot)
        let value = group?.slots[key] ?? place.map { former($0) } ?? .zero
        if value.isZero { return .zero }
        let isBalance = group?.marks[key] ?? place?.isBalance ?? false
        return FormerBalance(value: value, isBalance: isBalance, place: group?.token(for: key))
    }

    /// Notes that a check rested on whether the slot is known as a balance.
    func noteBalanceRead(_ change: UnexplainedChange) {
        guard group == nil else {
            guard let key = group?.key(of: change.place), group?.marks[key] == nil,
                let place = shared.place(key.address, owner: owner(key.address), key.slot)
            else { return }
            record.pointee.balanceReads.append(
                .init(address: key.address, place: place, isBalance: change.isBalance))
            return
        }
        record.pointee.balanceReads.append(
            .init(
                address: .zero, place: change.place.assumingMemoryBound(to: SlotEntry.self),
                isBalance: change.isBalance))
    }

    /// Takes note that an event of an accepted operation explained a change of a slot that was not zero before. To be
    /// called before `enter`.
    func mark(_ balance: ExplainedBalance) {
        if group == nil {
            let place = balance.place.assumingMemoryBound(to: SlotEntry.self)
            record.pointee.marks.append(.init(address: balance.address, place: place, isBalance: true))
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
