internal import EVM

/// A fault that tests build into the confirmation, to see that they would notice it.
enum PlantedDefect: CaseIterable, Sendable {
    case skipsSlotReads, skipsAbsentSlots, skipsAccountReads, skipsBalanceReads
    /// A followed slot may have any value.
    case skipsIntervals
    /// What moves with a followed slot is left as it was seen.
    case skipsChanges
    /// A unit's writes are seen before its turn.
    case publishesEarly
    /// New slots are told apart by three bits alone.
    case usesHashAsKey
    /// What a unit wrote is committed although it read something else.
    case skipsEverything
}

/// Where a record is: it belongs to the worker that executes its unit and then to the one that commits it.
typealias RecordPointer = UnsafeMutablePointer<UnitRecord>

/// What one unit read, what it writes and how its operations ended, as executed once. It is used again for other units.
///
/// It is plain memory behind a pointer: an object would be counted at every use of it.
struct UnitRecord: ~Copyable {
    struct SlotRead: BitwiseCopyable {
        var place: UnsafeMutablePointer<SlotEntry>
        /// The lowest part of the slot's key, by which it is found again.
        var key: UInt64
        var value: U256
    }
    /// A slot that was not there.
    struct AbsentSlot: BitwiseCopyable {
        var address: Address
        var owner: UInt32
        var slot: U256
    }
    struct AccountRead: BitwiseCopyable {
        var address: Address
        var fields: AccountFields
        /// Where it stands in the world's table; nil where it does not, or may soon not.
        var place: UnsafeMutablePointer<AccountEntry>?
    }
    /// A slot that is followed; what is demanded of it stands under the same number in the notes.
    struct FollowedSlot: BitwiseCopyable {
        var place: UnsafeMutablePointer<SlotEntry>
        var key: UInt64
        /// The number of the slot's write, and of its change in the diff; -1 for none.
        var write = -1
    }
    struct SlotWrite: BitwiseCopyable {
        /// Where the value stands; nil for a slot that was not there.
        var place: UnsafeMutablePointer<SlotEntry>?
        var address: Address
        var slot: U256
        var value: U256
        /// Of a slot that was not there: its storage space, and the hash of its key in the world's table.
        var owner: UInt32 = 0
        var hash: UInt64 = 0
    }
    struct AccountWrite: BitwiseCopyable {
        var address: Address
        var fields: AccountFields
        /// Where the account was read.
        var place: UnsafeMutablePointer<AccountEntry>?
    }
    /// Whether a slot was known as a balance, or is from here on.
    struct BalanceMark: BitwiseCopyable {
        var address: Address
        var place: UnsafeMutablePointer<SlotEntry>
        var isBalance: Bool
    }
    /// The same for a slot that may not have a place yet.
    struct LateMark: BitwiseCopyable {
        var address: Address
        var slot: U256
        var isBalance: Bool
    }

    let slotReads = RawList<SlotRead>()
    let followedSlots = RawList<FollowedSlot>()
    let notes: DeltaNotes
    /// What the notes hold.
    let noted: UnsafeMutablePointer<NotedDeltas>
    /// The read of the fee recipient, where its balance is followed; -1 else.
    var feeRead = -1
    let absentSlots = RawList<AbsentSlot>()
    let accountReads = RawList<AccountRead>()
    let balanceReads = RawList<BalanceMark>(capacity: 4)
    let slotWrites = RawList<SlotWrite>()
    let accountWrites = RawList<AccountWrite>()
    let marks = RawList<BalanceMark>()
    let lateMarks = RawList<LateMark>(capacity: 4)
    /// How the operations of a group ended, or a single one that was refused.
    var results: [OperationResult] = []
    /// How a single operation ended that was accepted; nil for others.
    var receipt: Receipt?
    /// What that operation changed.
    var diff = StateDiff()
    /// The read of the sender, where only its nonce may be another; -1 else.
    var senderRead = -1
    /// Whether it was found to be another.
    private var hasSenderMoved = false
    /// How much had come into being when the unit began.
    var version = 0
    /// Whether the unit asks or does what cannot be done beside others: it runs alone, over the finished world.
    var needsWorldAlone = false

    /// A record of nothing.
    init() {
        notes = DeltaNotes()
        noted = notes.noted
    }

    /// An empty record in memory of its own; `release` ends it.
    static func make() -> RecordPointer {
        OwnLines.allocate(UnitRecord())
    }

    /// Gives the memory of a record back.
    static func release(_ record: RecordPointer) {
        OwnLines.release(record)
    }

    /// Forgets everything.
    mutating func removeAll() {
        slotReads.removeAll()
        followedSlots.removeAll()
        noted.pointee.removeAll()
        feeRead = -1
        senderRead = -1
        hasSenderMoved = false
        receipt = nil
        absentSlots.removeAll()
        accountReads.removeAll()
        balanceReads.removeAll()
        removeWrites()
        results.removeAll(keepingCapacity: true)
        needsWorldAlone = false
    }

    /// Forgets what the unit would change.
    mutating func removeWrites() {
        slotWrites.removeAll()
        accountWrites.removeAll()
        marks.removeAll()
        lateMarks.removeAll()
    }

    /// Whether everything that was read is what units before it have committed, or near enough. Only the worker that commits
    /// may ask.
    mutating func isConfirmed(over shared: SharedWorld, _ defect: PlantedDefect?) -> Bool {
        if defect == .skipsEverything { return true }
        if defect != .skipsSlotReads, !areSlotReadsConfirmed() { return false }
        if defect != .skipsIntervals, !areIntervalsConfirmed() { return false }
        if defect != .skipsAbsentSlots, !areAbsentSlotsConfirmed(shared) { return false }
        if defect != .skipsAccountReads, !areAccountReadsConfirmed(shared) { return false }
        return defect == .skipsBalanceReads || areBalanceReadsConfirmed()
    }

    private func areSlotReadsConfirmed() -> Bool {
        for read in slotReads.elements where read.place.pointee.value != read.value { return false }
        return true
    }

    private func areIntervalsConfirmed() -> Bool {
        let intervals = noted.pointee.elements
        for (index, followed) in followedSlots.elements.enumerated()
        where !intervals[index].holds(followed.place.pointee.value) { return false }
        return true
    }

    private func areAbsentSlotsConfirmed(_ shared: SharedWorld) -> Bool {
        if shared.version == version { return true }
        for absent in absentSlots.elements {
            guard let place = shared.place(absent.address, owner: absent.owner, absent.slot) else { continue }
            if !place.pointee.value.isZero { return false }
        }
        return true
    }

    private mutating func areAccountReadsConfirmed(_ shared: SharedWorld) -> Bool {
        for (index, read) in accountReads.elements.enumerated() where !shared.isUnchanged(read) {
            if index == feeRead, isFeeConfirmed(read, shared) { continue }
            if index == senderRead, isSenderConfirmed(read, shared) {
                hasSenderMoved = true
                continue
            }
            return false
        }
        return true
    }

    /// The fee recipient may have another balance, as long as paying it neither makes nor ends the account.
    private func isFeeConfirmed(_ read: AccountRead, _ shared: SharedWorld) -> Bool {
        let now = shared.account(read.address).fields
        guard let fee = fee(read) else { return false }
        return now.exists && read.fields.exists && now.nonce == read.fields.nonce
            && now.codeHash == read.fields.codeHash && !(now.balance &+ fee).isZero
    }

    /// The sender may have sent more since: a session's operation takes whatever nonce is next.
    private func isSenderConfirmed(_ read: AccountRead, _ shared: SharedWorld) -> Bool {
        let now = shared.account(read.address).fields
        return now.exists && read.fields.exists && now.balance == read.fields.balance
            && now.codeHash == read.fields.codeHash && now.nonce < .max - 1
    }

    private func fee(_ read: AccountRead) -> U256? {
        for write in accountWrites.elements where write.address == read.address {
            return write.fields.balance &- read.fields.balance
        }
        return nil
    }

    private func areBalanceReadsConfirmed() -> Bool {
        for read in balanceReads.elements where read.place.pointee.isBalance != read.isBalance { return false }
        return true
    }

    // MARK: Slots that move

    /// Flags the slots that have sent this unit back.
    func heatConflicts(_ shared: SharedWorld) {
        for read in slotReads.elements where read.place.pointee.value != read.value { shared.heat(read.place) }
        let intervals = noted.pointee.elements
        for (index, followed) in followedSlots.elements.enumerated()
        where !intervals[index].holds(followed.place.pointee.value) { shared.heat(followed.place) }
    }

    /// Brings writes and answers to what they are for the values that followed slots have now; whether any has moved.
    @discardableResult
    mutating func followChanges(_ shared: SharedWorld, _ defect: PlantedDefect?) -> Bool {
        if defect == .skipsChanges { return false }
        let hasSent = hasSenderMoved && followNonce(shared)
        if followedSlots.count == 0 && feeRead < 0 { return hasSent }
        var hasMoved = false
        for (index, followed) in followedSlots.elements.enumerated() {
            let read = noted.pointee.reads + index
            let shift = followed.place.pointee.value &- read.pointee.base
            read.pointee.shift = shift
            if shift.isZero { continue }
            let heat = followed.place.heat
            if heat.afterSuccess != heat { followed.place.setHeat(heat.afterSuccess) }
            if read.pointee.isDelta, followed.write >= 0 {
                hasMoved = true
                let write = slotWrites.place(followed.write)
                write.pointee.value = write.pointee.value &+ shift
            }
        }
        var feeShift = U256.zero
        if feeRead >= 0 {
            let read = accountReads.elements[feeRead]
            feeShift = shared.account(read.address).fields.balance &- read.fields.balance
            for index in 0..<accountWrites.count where accountWrites.elements[index].address == read.address {
                let balance = accountWrites.elements[index].fields.balance
                accountWrites.place(index).pointee.fields.balance = balance &+ feeShift
            }
        }
        if hasMoved || !feeShift.isZero || noted.pointee.hasPatches { changeAnswer(feeShift) }
        return hasMoved || hasSent || !feeShift.isZero
    }

    /// Brings the sender's nonce up to what it is now; whether it was another.
    private mutating func followNonce(_ shared: SharedWorld) -> Bool {
        let read = accountReads.elements[senderRead]
        let shift = shared.account(read.address).fields.nonce &- read.fields.nonce
        if shift == 0 { return false }
        for index in 0..<accountWrites.count where accountWrites.elements[index].address == read.address {
            accountWrites.place(index).pointee.fields.nonce &+= shift
        }
        for index in diff.accounts.indices where diff.accounts[index].address == read.address {
            diff.accounts[index].account?.nonce &+= shift
        }
        return true
    }

    /// Puts everything that the unit changed into the world.
    func commit(to shared: SharedWorld) {
        for write in accountWrites.elements { shared.write(write) }
        for write in slotWrites.elements { shared.write(write) }
        for mark in marks.elements { shared.mark(mark, isOfGroup: false) }
        for mark in lateMarks.elements {
            let owner = shared.owner(mark.address)
            guard let place = shared.place(mark.address, owner: owner, mark.slot) else { continue }
            shared.mark(.init(address: mark.address, place: place, isBalance: mark.isBalance), isOfGroup: true)
        }
    }

    private mutating func changeAnswer(_ feeShift: U256) {
        if receipt != nil, noted.pointee.hasPatches { notes.change(&receipt!) }
        for (index, followed) in followedSlots.elements.enumerated()
        where followed.write >= 0 && noted.pointee.reads[index].isDelta {
            diff.storage[followed.write].value = slotWrites.elements[followed.write].value
        }
        if !feeShift.isZero {
            let recipient = accountReads.elements[feeRead].address
            for index in diff.accounts.indices where diff.accounts[index].address == recipient {
                diff.accounts[index].account?.balance = accountWrites.elements[index].fields.balance
            }
        }
    }

    /// Hands the results over; the record keeps none.
    mutating func takeResults(into outputs: inout [OperationResult]) {
        var accepted: Receipt?
        swap(&accepted, &receipt)
        guard let accepted else { return outputs.append(contentsOf: results) }
        var changed = StateDiff()
        swap(&changed, &diff)
        outputs.append(.accepted(accepted, changed))
    }
}
