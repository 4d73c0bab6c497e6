public import EVM

/// What one unit of a block costs and on which units before it it waits, as measured by doing it.
public struct UnitCost: Sendable {
    /// Nanoseconds of its execution, its check included.
    public var execution: UInt64
    /// Nanoseconds of confirming and committing it.
    public var commit: UInt64
    /// Units that wrote last what it reads exactly: executed before the last of them is committed, it goes wrong.
    public var dependencies: [Int]
    /// Gas that it used.
    public var gas: UInt64
    /// Whether nothing else may go on beside it.
    public var runsAlone: Bool

    /// A unit's cost.
    public init(execution: UInt64, commit: UInt64, dependencies: [Int], gas: UInt64 = 0, runsAlone: Bool = false) {
        self.execution = execution
        self.commit = commit
        self.dependencies = dependencies
        self.gas = gas
        self.runsAlone = runsAlone
    }
}

/// Executes blocks unit by unit on one thread, by the parallel executor's own steps, and takes their times.
public final class UnitProbe {
    private let sequential: SequentialExecutor
    private let shared = SharedWorld()
    private let record = UnitRecord.make()
    private let runner: UnitRunner
    private let deltas: Bool
    /// Nanoseconds that beginning and ending the last block took.
    public private(set) var blockNanoseconds: UInt64 = 0
    /// Values of places that were written lately, each with the unit that replaced it.
    private var history: [UnsafeMutablePointer<SlotEntry>: [(unit: Int, before: U256)]] = [:]
    private var accountWriters: [Address: Int] = [:]

    /// Units back to which a conflict may reach: as many as 64 workers are ahead.
    private static let reach = 64 * LedgerLimits.unitsAheadPerWorker

    /// A probe with a machine of its own.
    public init(machine: any TransitionMachine, rules: [AssetRule], deltas: Bool) {
        sequential = SequentialExecutor(machine: machine, rules: rules)
        runner = UnitRunner(machine: machine, rules: rules, shared: shared, record: record)
        self.deltas = deltas
    }

    deinit { UnitRecord.release(record) }

    /// Executes a block of units of one operation each.
    public func measure(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState
    ) -> [UnitCost] {
        let start = SystemClock.monotonicNanoseconds()
        begin(world, operations.count)
        blockNanoseconds = SystemClock.monotonicNanoseconds() - start
        var costs: [UnitCost] = []
        operations.withUnsafeBufferPointer { buffer in
            for unit in 0..<buffer.count {
                let one = UnsafeBufferPointer(rebasing: buffer[unit..<unit + 1])
                let first = SystemClock.monotonicNanoseconds()
                runner.execute(one, into: record, environment, follows: deltas)
                let second = SystemClock.monotonicNanoseconds()
                if record.pointee.needsWorldAlone
                    || !shared.hasRoom(accounts: record.pointee.accountWrites.count, slots: record.pointee.slotWrites.count)
                {
                    costs.append(alone(operations[operations.startIndex + unit], environment, world, unit))
                    continue
                }
                let dependencies = dependencies(of: unit)
                let third = SystemClock.monotonicNanoseconds()
                let isConfirmed = record.pointee.isConfirmed(over: shared, nil)
                precondition(isConfirmed, "nothing has changed since it was read")
                record.pointee.followChanges(shared, nil)
                let fourth = SystemClock.monotonicNanoseconds()
                let changes = changes()
                let fifth = SystemClock.monotonicNanoseconds()
                record.pointee.commit(to: shared)
                let sixth = SystemClock.monotonicNanoseconds()
                remember(changes, unit)
                costs.append(
                    UnitCost(
                        execution: second - first, commit: fourth - third + (sixth - fifth),
                        dependencies: dependencies, gas: gas()))
            }
        }
        let end = SystemClock.monotonicNanoseconds()
        shared.finish()
        blockNanoseconds += SystemClock.monotonicNanoseconds() - end
        return costs
    }

    private func begin(_ world: WorldState, _ count: Int) {
        shared.begin(world, expectedNew: count * LedgerLimits.newSlotsPerUnit)
        runner.beginRun()
        history.removeAll(keepingCapacity: true)
        accountWriters.removeAll(keepingCapacity: true)
    }

    private func gas() -> UInt64 {
        record.pointee.receipt?.gasUsed ?? 0
    }

    /// A unit that has the world for itself: the run ends before it, and another begins.
    private func alone(
        _ operation: Operation, _ environment: BlockEnvironment, _ world: WorldState, _ unit: Int
    ) -> UnitCost {
        let start = SystemClock.monotonicNanoseconds()
        shared.finish()
        var results: [OperationResult] = []
        sequential.execute([operation], in: environment, world: world, into: &results)
        begin(world, 64)
        var gas: UInt64 = 0
        if case .accepted(let receipt, _)? = results.first { gas = receipt.gasUsed }
        return UnitCost(
            execution: 0, commit: SystemClock.monotonicNanoseconds() - start, dependencies: [], gas: gas,
            runsAlone: true)
    }

    // MARK: Who waits for whom

    private func dependencies(of unit: Int) -> [Int] {
        var found: Set<Int> = []
        for read in record.pointee.slotReads.elements {
            guard let writer = history[read.place]?.last?.unit else { continue }
            found.insert(writer)
            // Two at once would have met there.
            if deltas, unit - writer <= Self.reach { shared.heat(read.place) }
        }
        for (index, followed) in record.pointee.followedSlots.elements.enumerated() {
            let read = record.pointee.noted.pointee.reads[index]
            let entries = history[followed.place] ?? []
            if let entry = entries.last(where: { !read.holds($0.before) }) {
                found.insert(entry.unit)
                if read.isExact, unit - entry.unit <= Self.reach { shared.heat(followed.place) }
            }
        }
        for (index, read) in record.pointee.accountReads.elements.enumerated() 
        where index != record.pointee.feeRead && index != record.pointee.senderRead {
            if let writer = accountWriters[read.address] { found.insert(writer) }
        }
        return found.sorted()
    }

    private func changes() -> [U256] {
        record.pointee.slotWrites.elements.map { write in
            shared.place(write.address, owner: shared.owner(write.address), write.slot)?.pointee.value ?? .zero
        }
    }

    private func remember(_ before: [U256], _ unit: Int) {
        for (write, value) in zip(record.pointee.slotWrites.elements, before) {
            guard let place = shared.place(write.address, owner: shared.owner(write.address), write.slot) else { continue }
            if history[place, default: []].count >= 2 * Self.reach { history[place]?.removeFirst(Self.reach) }
            history[place, default: []].append((unit, value))
        }
        for write in record.pointee.accountWrites.elements { accountWriters[write.address] = unit }
    }
}
