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
    /// Which of the slots that it read, or followed (from -1 down), it found to be hot.
    var heated: [Int] = []

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
    private static let reach = 64 * LedgerLimits.unitsPerClaimMax * LedgerLimits.claimsPerWorker
    /// What reading the clock twice takes, which is in every time that is taken.
    private let clockNanoseconds: UInt64

    /// A probe with a machine of its own.
    public init(machine: any TransitionMachine, rules: [AssetRule], deltas: Bool) {
        sequential = SequentialExecutor(machine: machine, rules: rules)
        runner = UnitRunner(machine: machine, rules: rules, shared: shared, record: record)
        self.deltas = deltas
        clockNanoseconds =
            (0..<1_000).map { _ in
                let start = SystemClock.monotonicNanoseconds()
                return SystemClock.monotonicNanoseconds() - start
            }.min() ?? 0
    }

    deinit { UnitRecord.release(record) }

    /// Executes a block of units of one operation each. Where the costs of the same units from another run are given, who waits
    /// for whom is taken from there, and nothing is done between the units that would drive them out of the caches.
    public func measure(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        known: [UnitCost]? = nil
    ) -> [UnitCost] {
        let start = SystemClock.monotonicNanoseconds()
        begin(world, operations.count)
        blockNanoseconds = SystemClock.monotonicNanoseconds() - start
        if known == nil { forgetWriters() }
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
                var cost = known?[unit] ?? UnitCost(execution: 0, commit: 0, dependencies: [])
                if known == nil { (cost.dependencies, cost.heated) = dependencies(of: unit) }
                for index in cost.heated {
                    let followed = record.pointee.followedSlots.elements
                    shared.heat(index < 0 ? followed[-1 - index].place : record.pointee.slotReads.elements[index].place)
                }
                let third = SystemClock.monotonicNanoseconds()
                let isConfirmed = record.pointee.isConfirmed(over: shared, nil)
                precondition(isConfirmed, "nothing has changed since it was read")
                record.pointee.followChanges(shared, nil)
                let fourth = SystemClock.monotonicNanoseconds()
                let changes = known == nil ? changes() : []
                let fifth = SystemClock.monotonicNanoseconds()
                record.pointee.commit(to: shared)
                let sixth = SystemClock.monotonicNanoseconds()
                if known == nil { remember(changes, unit) }
                cost.execution = less(second - first)
                cost.commit = less(fourth - third) + less(sixth - fifth)
                cost.gas = gas()
                costs.append(cost)
            }
        }
        let end = SystemClock.monotonicNanoseconds()
        shared.finish()
        blockNanoseconds += SystemClock.monotonicNanoseconds() - end
        return costs
    }

    /// Nanoseconds of the same operations one after the other by the sequential executor: what simulated cores are held
    /// against, taken by the same clock in the same way.
    public func measureInSequence(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState
    ) -> [UInt64] {
        var results: [OperationResult] = []
        results.reserveCapacity(operations.count)
        return operations.indices.map { unit in
            let start = SystemClock.monotonicNanoseconds()
            sequential.execute(operations[unit..<unit + 1], in: environment, world: world, into: &results)
            return less(SystemClock.monotonicNanoseconds() - start)
        }
    }

    private func begin(_ world: WorldState, _ count: Int) {
        shared.begin(world, expectedNew: count * LedgerLimits.newSlotsPerUnit)
        runner.beginRun()
    }

    private func forgetWriters() {
        history.removeAll(keepingCapacity: true)
        accountWriters.removeAll(keepingCapacity: true)
    }

    private func less(_ nanoseconds: UInt64) -> UInt64 { nanoseconds - min(nanoseconds, clockNanoseconds) }

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
        forgetWriters()
        var gas: UInt64 = 0
        if case .accepted(let receipt, _)? = results.first { gas = receipt.gasUsed }
        return UnitCost(
            execution: 0, commit: SystemClock.monotonicNanoseconds() - start, dependencies: [], gas: gas,
            runsAlone: true)
    }

    // MARK: Who waits for whom

    private func dependencies(of unit: Int) -> (units: [Int], heated: [Int]) {
        var found: Set<Int> = []
        var heated: [Int] = []
        for (index, read) in record.pointee.slotReads.elements.enumerated() {
            guard let writer = history[read.place]?.last?.unit else { continue }
            found.insert(writer)
            // Two at once would have met there.
            if deltas, unit - writer <= Self.reach { heated.append(index) }
        }
        for (index, followed) in record.pointee.followedSlots.elements.enumerated() {
            let read = record.pointee.noted.pointee.reads[index]
            let entries = history[followed.place] ?? []
            if let entry = entries.last(where: { !read.holds($0.before) }) {
                found.insert(entry.unit)
                if read.isExact, unit - entry.unit <= Self.reach { heated.append(-1 - index) }
            }
        }
        for (index, read) in record.pointee.accountReads.elements.enumerated() 
        where index != record.pointee.feeRead && index != record.pointee.senderRead {
            if let writer = accountWriters[read.address] { found.insert(writer) }
        }
        return (found.sorted(), heated)
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
