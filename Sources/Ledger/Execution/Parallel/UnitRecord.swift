internal import EVM

/// A fault that tests build into the confirmation, to see that they would notice it.
enum PlantedDefect: CaseIterable, Sendable {
    case skipsSlotReads, skipsAbsentSlots, skipsAccountReads, skipsBalanceReads
    /// What a unit wrote is committed although it read something else.
    case skipsEverything
}

/// What one unit read, what it writes and how its operations ended, as executed once. It is used again for other units.
final class UnitRecord: @unchecked Sendable {
    // Sendable: it belongs to the worker that executes its unit and then to the one that commits it.
    struct SlotRead: BitwiseCopyable {
        var place: UnsafeMutablePointer<SlotEntry>
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
    }
    struct SlotWrite: BitwiseCopyable {
        /// Where the value stands; nil for a slot that was not there.
        var place: UnsafeMutablePointer<SlotEntry>?
        var address: Address
        var slot: U256
        var value: U256
    }
    struct AccountWrite: BitwiseCopyable {
        var address: Address
        var fields: AccountFields
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
    let absentSlots = RawList<AbsentSlot>()
    let accountReads = RawList<AccountRead>()
    let balanceReads = RawList<BalanceMark>(capacity: 4)
    let slotWrites = RawList<SlotWrite>()
    let accountWrites = RawList<AccountWrite>()
    let marks = RawList<BalanceMark>()
    let lateMarks = RawList<LateMark>(capacity: 4)
    var results: [OperationResult] = []
    /// How much had come into being when the unit began.
    var version = 0
    /// Whether the unit asks or does what cannot be done beside others: it runs alone, over the finished world.
    var needsWorldAlone = false

    /// Forgets everything.
    func removeAll() {
        slotReads.removeAll()
        absentSlots.removeAll()
        accountReads.removeAll()
        balanceReads.removeAll()
        removeWrites()
        results.removeAll(keepingCapacity: true)
        needsWorldAlone = false
    }

    /// Forgets what the unit would change.
    func removeWrites() {
        slotWrites.removeAll()
        accountWrites.removeAll()
        marks.removeAll()
        lateMarks.removeAll()
    }

    /// Whether everything that was read is what units before it have committed. Only the worker that commits may ask.
    func isConfirmed(over shared: SharedWorld, _ defect: PlantedDefect?) -> Bool {
        if defect == .skipsEverything { return true }
        return (defect == .skipsSlotReads || areSlotReadsConfirmed())
            && (defect == .skipsAbsentSlots || areAbsentSlotsConfirmed(shared))
            && (defect == .skipsAccountReads || areAccountReadsConfirmed(shared))
            && (defect == .skipsBalanceReads || areBalanceReadsConfirmed())
    }

    private func areSlotReadsConfirmed() -> Bool {
        for read in slotReads.elements where read.place.pointee.value != read.value { return false }
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

    private func areAccountReadsConfirmed(_ shared: SharedWorld) -> Bool {
        for read in accountReads.elements where shared.account(read.address) != read.fields { return false }
        return true
    }

    private func areBalanceReadsConfirmed() -> Bool {
        for read in balanceReads.elements where read.place.pointee.isBalance != read.isBalance { return false }
        return true
    }
}
