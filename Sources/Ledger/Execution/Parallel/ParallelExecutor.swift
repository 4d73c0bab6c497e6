internal import CShims
public import EVM
internal import Synchronization

/// Runs the operations of a block on several workers; results, receipts and state are those of `SequentialExecutor`.
///
/// Units (single operations and linked groups) are executed ahead of their turn over what is known then; in their turn
/// every value they read is compared with what is committed, and a unit that read another value is executed again, now
/// over exactly the committed state. A value that was changed and changed back is no conflict. What is committed is
/// seen by all at once.
///
///     take -> execute ahead -> (turn) confirm or execute again -> commit -> ... -> finish
public final class ParallelExecutor: BlockExecutor, @unchecked Sendable {
    // Sendable: the schedule is used under its lock, outputs and records by whoever the schedule gives them to.
    private let sequential: SequentialExecutor
    private let shared = SharedWorld()
    private let runners: [UnitRunner]
    private let pool: WorkerPool
    private let schedule: UnsafeMutablePointer<ParallelSchedule>
    /// `ParallelStatistics.shiftedUnits`, counted by the worker that commits.
    private let shiftedCount = OwnLines.allocate(UInt64(0))
    private let scheduleLock = SpinLock()
    /// The schedule's `workerInTurn` plus one, 0 for none, for workers to look at without its lock.
    private let inTurn = OwnLines.allocate(Atomic<Int>(0))
    private let records: UnsafeMutableBufferPointer<RecordPointer>
    private let pace: Pace
    /// Enough that workers which wake up find most of a run to be done.
    public var runOperationsMax: Int { LedgerLimits.parallelRunOperationsMax }
    /// Yes: they are what it executes side by side.
    public var gainsFromRuns: Bool { true }
    /// Nil outside of tests.
    var plantedDefect: PlantedDefect? { didSet { shared.plantedDefect = plantedDefect } }
    /// Whether new accounts and slots stand beside the world's tables until a run ends; tests have it so.
    var keepsNewBeside: Bool {
        get { shared.keepsNewBeside }
        set { shared.keepsNewBeside = newValue }
    }
    /// Whether slots that many units change are followed as numbers instead of read.
    private let deltas: Bool
    /// Slots to be followed in whatever world comes first.
    private var hints: [(Address, U256)]
    /// Workers, the calling thread among them.
    public let workerCount: Int
    /// What became of the units of all blocks so far.
    public private(set) var statistics = ParallelStatistics()
    /// See `statistics`.
    public var parallelStatistics: ParallelStatistics? { statistics }

    // Of the present block.
    private var operations = UnsafeBufferPointer<Operation>(start: nil, count: 0)
    /// The first unit of the present run; units of the schedule count from there.
    private var firstUnit = 0
    private var units: [Range<Int>] = []
    private var environment: BlockEnvironment?
    private var outputs: [OperationResult] = []

    /// An executor with one machine for each worker; all of them must follow the same rules. With `deltas`, slots that many
    /// units change are followed as numbers instead of read: those named here from the first block on, others from their
    /// first conflict on. What is named wrongly costs time and changes no result.
    public convenience init(
        machines: [any TransitionMachine], rules: [AssetRule], deltas: Bool = true, hotSlots: [(Address, U256)] = [],
        spinMicroseconds: Int = 50
    ) {
        self.init(
            machines: machines, rules: rules, deltas: deltas, hotSlots: hotSlots, helpers: machines.count - 1,
            spinMicroseconds: spinMicroseconds)
    }

    /// The same with another number of threads besides the caller's; none are needed where all workers take turns on that.
    package init(
        machines: [any TransitionMachine], rules: [AssetRule], deltas: Bool = true, hotSlots: [(Address, U256)] = [],
        helpers: Int, spinMicroseconds: Int = 50
    ) {
        precondition(!machines.isEmpty, "an executor needs a machine")
        workerCount = machines.count
        self.deltas = deltas
        hints = deltas ? hotSlots : []
        sequential = SequentialExecutor(machine: machines[0], rules: rules)
        let shared = shared
        let schedule = ParallelSchedule(workers: machines.count)
        // A record is in use from the execution of its unit to its commit, and always by units of the same worker.
        let records = UnsafeMutableBufferPointer<RecordPointer>.allocate(capacity: schedule.recordCount)
        for index in records.indices { records.initializeElement(at: index, to: UnitRecord.make()) }
        self.records = records
        runners = machines.map { UnitRunner(machine: $0, rules: rules, shared: shared, record: records[0]) }
        self.schedule = OwnLines.allocate(schedule)
        pool = WorkerPool(helpers: helpers, spinMicroseconds: spinMicroseconds)
        pace = Pace(wakeUpNanoseconds: pool.measureWakeUp(restMicroseconds: 2 * spinMicroseconds))
    }

    deinit {
        pool.stop()
        OwnLines.release(schedule)
        OwnLines.release(inTurn)
        OwnLines.release(shiftedCount)
        for record in records { UnitRecord.release(record) }
        records.deallocate()
    }

    /// Runs operations in order and appends one result each.
    public func execute(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult]
    ) {
        var rest = operations
        if workerCount > 1, pace.wantsTrial(operations.count) {
            let end = Self.unitEnd(operations, behind: Pace.trialOperations)
            let isParallel = !pace.paysInParallel(operations.count)
            execute(operations[..<end], isParallel: isParallel, in: environment, world: world, into: &results)
            rest = operations[end...]
        }
        let isParallel = workerCount > 1 && pace.paysInParallel(rest.count)
        execute(rest, isParallel: isParallel, in: environment, world: world, into: &results)
    }

    private func execute(
        _ operations: ArraySlice<Operation>, isParallel: Bool, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult]
    ) {
        let start = SystemClock.monotonicNanoseconds()
        if isParallel {
            executeInParallel(operations, in: environment, world: world, into: &results)
            pace.ranTogether(operations.count, nanoseconds: SystemClock.monotonicNanoseconds() - start)
        } else {
            sequential.execute(operations, in: environment, world: world, into: &results)
            pace.ranAlone(operations.count, nanoseconds: SystemClock.monotonicNanoseconds() - start)
        }
    }

    /// The first place behind so many operations that is not within a linked group.
    private static func unitEnd(_ operations: ArraySlice<Operation>, behind count: Int) -> Int {
        var end = operations.startIndex + count
        while end < operations.endIndex, operations[end - 1].linkedWithNext { end += 1 }
        return min(end, operations.endIndex)
    }

    /// Calls `part` once for each number below the count, on all workers at once.
    public func spread(_ count: Int, _ part: (Int) -> Void) {
        let next = Atomic<Int>(0)
        pool.run { _ in
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if number >= count { return }
                part(number)
            }
        }
    }

    /// Runs a call and forgets what it changed.
    public func view(_ call: ViewCall, in environment: BlockEnvironment, world: any StateView) -> Receipt {
        sequential.view(call, in: environment, world: world)
    }

    /// The same as `execute`, on all workers however few the operations are.
    func executeInParallel(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult]
    ) {
        execute(operations, in: environment, world: world, into: &results) { pool.run { work($0) } }
    }

    /// The same as `execute`, with all workers on the calling thread, which takes a step of the one that `choose` names:
    /// any meeting of workers can be made, and made again.
    package func executeInterleaved(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult], choose: () -> Int
    ) {
        execute(operations, in: environment, world: world, into: &results) {
            var works = [Work](repeating: .idle, count: workerCount)
            while true {
                let worker = choose()
                if step(worker, &works[worker]) == .left, worker == 0, works.allSatisfy({ $0 == .idle }) { break }
            }
        }
    }

    private func execute(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult], work: () -> Void
    ) {
        cut(operations)
        self.environment = environment
        swap(&outputs, &results)
        operations.withUnsafeBufferPointer { buffer in
            self.operations = buffer
            let base = operations.startIndex
            firstUnit = 0
            var runs = 0
            while firstUnit < units.count {
                if runs < LedgerLimits.parallelRunsPerBlockMax {
                    run(world, work)
                    runs += 1
                }
                guard firstUnit < units.count else { break }
                // This unit needs the world for itself, or more room than there was left.
                let unit = units[firstUnit]
                sequential.execute(
                    operations[base + unit.lowerBound..<base + unit.upperBound], in: environment, world: world,
                    into: &outputs)
                statistics.sequentialUnits += 1
                firstUnit += 1
            }
        }
        self.operations = UnsafeBufferPointer(start: nil, count: 0)
        swap(&outputs, &results)
    }

    /// Runs units from `firstUnit` on until all are committed or one needs the world for itself.
    private func run(_ world: WorldState, _ work: () -> Void) {
        let count = units.count - firstUnit
        shared.begin(world, expectedNew: count * LedgerLimits.newSlotsPerUnit)
        if !hints.isEmpty {
            for (address, slot) in hints { shared.expectHeat(address, slot) }
            hints = []
        }
        for runner in runners { runner.beginRun() }
        withSchedule { $0.begin(units: count) }
        work()
        shared.finish()
        statistics.add(schedule.pointee)
        statistics.shiftedUnits = shiftedCount.pointee
        firstUnit += schedule.pointee.frontier
    }

    /// Cuts the operations into units: ranges from the first operation on.
    private func cut(_ operations: ArraySlice<Operation>) {
        units.removeAll(keepingCapacity: true)
        var start = 0
        for (offset, operation) in operations.enumerated()
        where !operation.linkedWithNext || offset + 1 == operations.count {
            units.append(start..<offset + 1)
            start = offset + 1
        }
    }

    // MARK: Workers

    /// What a worker is in the middle of.
    enum Work: Equatable {
        /// It is free.
        case idle
        /// It executes units ahead of their turn, and tells the others when all are done.
        case executing(Execution)
        /// It is the turn of these units, from `next` on, and of nobody else; bits say which have been repeated. Then it goes
        /// on with others, where it was in the middle of them.
        case committing(UnitClaim, next: Int, repeated: UInt64, amid: Execution?)
    }

    /// How a step went.
    enum StepOutcome { case progressed, waiting, left }

    private func work(_ worker: Int) {
        var work = Work.idle
        var waits = 0
        while true {
            switch step(worker, &work) {
            case .progressed: waits = 0
            case .waiting:
                waits += 1
                // On a machine with fewer free cores than workers the one that is waited for needs this one's. To look is to
                // take the lock, which the others need, so it is done ever more seldom.
                if waits % 256 == 0 { SystemThread.yield() }
                for _ in 0..<min(waits, 16) { hoard_spin_pause() }
            case .left: return
            }
        }
    }

    /// Lets a worker do one piece of work.
    private func step(_ worker: Int, _ work: inout Work) -> StepOutcome {
        switch work {
        case .executing(let execution) where execution.isDone: return take(worker, &work, done: execution.claim)
        case .executing(let execution):
            if inTurn.pointee.load(ordering: .relaxed) == worker + 1, takeTurn(worker, &work, amid: execution) { break }
            executeAhead(execution, on: worker, &work)
        case .idle: return take(worker, &work, done: nil)
        case .committing(let claim, let next, _, _) where next < claim.units.upperBound: commitNext(on: worker, &work)
        case .committing(let claim, _, let repeated, let execution):
            finish(claim, repeated, on: worker, amid: execution, &work)
        }
        return .progressed
    }

    private func executeAhead(_ execution: Execution, on worker: Int, _ work: inout Work) {
        let record = records[execution.claim.record(of: execution.next)]
        run(execution.next, on: worker, into: record, follows: deltas)
        if plantedDefect == .publishesEarly { for write in record.pointee.slotWrites.elements { shared.write(write) } }
        work = .executing(Execution(claim: execution.claim, next: execution.next + 1))
    }

    /// Changes the schedule, or takes something from it, while nobody else does.
    @inline(__always)
    private func withSchedule<Value>(_ body: (inout ParallelSchedule) -> Value) -> Value {
        scheduleLock.with {
            let value = body(&schedule.pointee)
            let now = (schedule.pointee.workerInTurn ?? -1) + 1
            if inTurn.pointee.load(ordering: .relaxed) != now { inTurn.pointee.store(now, ordering: .relaxed) }
            return value
        }
    }

    /// Tells what the worker has executed, and takes what is next.
    private func take(_ worker: Int, _ work: inout Work, done: UnitClaim?) -> StepOutcome {
        let next = withSchedule { schedule in
            if let done { schedule.executed(done) }
            return schedule.take(by: worker)
        }
        work = .idle
        switch next {
        case .execute(let claim): work = .executing(Execution(claim: claim, next: claim.units.lowerBound))
        case .commit(let claim): start(claim, amid: nil, &work)
        case .wait: return .waiting
        case .leave, .done: return .left
        }
        return .progressed
    }

    /// Begins to commit what it is the turn of, if that is the worker's; whether it is.
    private func takeTurn(_ worker: Int, _ work: inout Work, amid execution: Execution) -> Bool {
        guard let claim = withSchedule({ $0.takeTurn(by: worker, amid: execution) }) else { return false }
        start(claim, amid: execution, &work)
        return true
    }

    private func start(_ claim: UnitClaim, amid execution: Execution?, _ work: inout Work) {
        let rest = execution?.claim.number == claim.number ? nil : execution
        work = .committing(claim, next: claim.units.lowerBound, repeated: 0, amid: rest)
    }

    private func run(_ unit: Int, on worker: Int, into record: RecordPointer, follows: Bool) {
        guard let environment else { preconditionFailure("a block has an environment") }
        let range = units[firstUnit + unit]
        runners[worker].execute(UnsafeBufferPointer(rebasing: operations[range]), into: record, environment, follows: follows)
    }

    /// Commits a unit whose turn it is, or ends the run before it.
    private func commitNext(on worker: Int, _ work: inout Work) {
        guard case .committing(let claim, let unit, let repeated, let execution) = work else { return }
        let record = records[claim.record(of: unit)]
        guard let confirmation = settle(unit, wasExecuted: claim.isAhead(unit), record, on: worker) else {
            withSchedule { $0.halt(before: unit, of: claim, repeated: repeated) }
            work = .idle
            return
        }
        let bit: UInt64 = confirmation == .repeated ? 1 << UInt64(unit - claim.units.lowerBound) : 0
        work = .committing(claim, next: unit + 1, repeated: repeated | bit, amid: execution)
    }

    /// Tells that units are committed, and goes on with those after them if they are this worker's.
    private func finish(
        _ claim: UnitClaim, _ repeated: UInt64, on worker: Int, amid execution: Execution?, _ work: inout Work
    ) {
        let (following, calmEnded) = withSchedule { schedule in
            let wasCalm = schedule.isCalm
            let following = schedule.committed(claim, repeated: repeated, by: worker, amid: execution)
            return (following, wasCalm && !schedule.isCalm)
        }
        if calmEnded { pool.callBack() }
        if let following {
            start(following, amid: execution, &work)
        } else {
            work = execution.map { .executing($0) } ?? .idle
        }
    }

    /// Brings a unit whose turn it is into the order; nil where it needs the world for itself, or more room than there is.
    private func settle(
        _ unit: Int, wasExecuted: Bool, _ record: RecordPointer, on worker: Int
    ) -> Confirmation? {
        var confirmation = Confirmation.confirmed
        if wasExecuted, !record.pointee.needsWorldAlone, record.pointee.isConfirmed(over: shared, plantedDefect) {
            if record.pointee.followChanges(shared, plantedDefect) { shiftedCount.pointee += 1 }
        } else {
            if wasExecuted, deltas { record.pointee.heatConflicts(shared) }
            run(unit, on: worker, into: record, follows: false)
            confirmation = wasExecuted ? .repeated : .inTurn
        }
        if record.pointee.needsWorldAlone
            || !shared.hasRoom(accounts: record.pointee.accountWrites.count, slots: record.pointee.slotWrites.count)
        {
            return nil
        }
        record.pointee.commit(to: shared)
        record.pointee.takeResults(into: &outputs)
        return confirmation
    }
}
