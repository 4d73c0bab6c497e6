/// How units got into the order, over all blocks.
public struct ParallelStatistics: Sendable {
    /// Units whose execution ahead of their turn was right.
    public var confirmedUnits: UInt64 = 0
    /// Units that were executed ahead of their turn and again in it.
    public var repeatedUnits: UInt64 = 0
    /// Units that were executed in their turn alone.
    public var inTurnUnits: UInt64 = 0
    /// Confirmed units that had read another value of a slot than the one that was right, and took it over.
    public var shiftedUnits: UInt64 = 0
    /// Units that had the world for themselves: they emptied a storage, asked for one, or found no room.
    public var sequentialUnits: UInt64 = 0

    /// How often a unit was executed; 1 at best, nil where there was none.
    public var executionsPerUnit: Double? {
        let units = confirmedUnits + repeatedUnits + inTurnUnits + sequentialUnits
        return units == 0 ? nil : Double(units + repeatedUnits) / Double(units)
    }

    mutating func add(_ schedule: ParallelSchedule) {
        confirmedUnits += UInt64(schedule.confirmedCount)
        repeatedUnits += UInt64(schedule.repeatedCount)
        inTurnUnits += UInt64(schedule.inTurnCount)
    }
}
