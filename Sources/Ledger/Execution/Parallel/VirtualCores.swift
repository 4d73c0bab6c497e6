/// Drives the schedule on so many virtual cores through units whose costs are known: what the machine at hand cannot show.
///
/// Time is counted in nanoseconds of the measured costs. Steps of the schedule itself are done one at a time, as under its
/// lock. What is not modelled: memory that cores send each other, their clock falling when all of them work.
public struct VirtualCores {
    /// How a block went.
    public struct Outcome: Sendable, Equatable {
        /// From the beginning to the last commit.
        public var nanoseconds: UInt64
        /// Executions of all units.
        public var executions: Int
    }

    /// Cores, each with one worker.
    public let count: Int
    /// Nanoseconds that a step of the schedule takes.
    public let stepNanoseconds: UInt64
    private var schedule: ParallelSchedule
    private var works: [Work]
    private var clocks: [UInt64]
    private var lockFree: UInt64 = 0
    private var executions = 0
    /// Up to which unit all was committed when a unit began to be executed ahead.
    private var seen: [Int] = []

    private enum Work {
        case idle
        case executing(Execution)
        case committing(UnitClaim, next: Int, repeated: UInt64, amid: Execution?)
    }

    /// Cores with the schedule of an executor of so many workers.
    public init(count: Int, stepNanoseconds: UInt64 = 60) {
        self.count = count
        self.stepNanoseconds = stepNanoseconds
        schedule = ParallelSchedule(workers: count)
        works = Array(repeating: .idle, count: count)
        clocks = Array(repeating: 0, count: count)
    }

    /// Runs a block; what was learnt in former ones stays known.
    public mutating func run(_ units: [UnitCost]) -> Outcome {
        var total: UInt64 = 0
        executions = 0
        // Before and behind a unit that runs alone there is a run of its own.
        var first = 0
        while first < units.count {
            let end = units[first...].firstIndex { $0.runsAlone } ?? units.count
            if end > first { total += runTogether(Array(units[first..<end]), from: first) }
            if end < units.count {
                total += units[end].commit
                executions += 1
            }
            first = end + 1
        }
        return Outcome(nanoseconds: total, executions: executions)
    }

    private mutating func runTogether(_ units: [UnitCost], from first: Int) -> UInt64 {
        schedule.begin(units: units.count)
        for core in 0..<count {
            works[core] = .idle
            clocks[core] = 0
        }
        lockFree = 0
        seen = Array(repeating: 0, count: units.count)
        while !schedule.isFinished {
            // Those who wait do so until something has happened, so the one that is furthest behind goes on.
            var order = Array(0..<count)
            order.sort { clocks[$0] < clocks[$1] }
            var hasMoved = false
            for (place, core) in order.enumerated() where !hasMoved {
                hasMoved = step(core, units, first)
                if !hasMoved, place + 1 < order.count { clocks[core] = max(clocks[core], clocks[order[place + 1]]) }
            }
            precondition(hasMoved || schedule.isFinished, "some core can go on")
        }
        return clocks.max() ?? 0
    }

    private mutating func lock(_ core: Int) {
        clocks[core] = max(clocks[core], lockFree) + stepNanoseconds
        lockFree = clocks[core]
    }

    /// Lets a core do what is next: a unit of what it is in the middle of, or something else; false where it can only wait.
    private mutating func step(_ core: Int, _ units: [UnitCost], _ first: Int) -> Bool {
        switch works[core] {
        case .executing(let execution) where execution.isDone:
            // One step of the lock tells what is done and takes what is next.
            schedule.executed(execution.claim)
            works[core] = .idle
            if !step(core, units, first) { lock(core) }
        case .executing(var execution):
            if let claim = schedule.takeTurn(by: core, amid: execution) {
                lock(core)
                start(claim, on: core, amid: execution)
                return true
            }
            seen[execution.next] = schedule.frontier
            clocks[core] += units[execution.next].execution
            executions += 1
            execution.next += 1
            works[core] = .executing(execution)
        case .committing(let claim, let next, var repeated, let execution) where next < claim.units.upperBound:
            let isRight = commit(next, claim, on: core, units, first)
            if !isRight { repeated |= 1 << UInt64(next - claim.units.lowerBound) }
            works[core] = .committing(claim, next: next + 1, repeated: repeated, amid: execution)
        case .committing(let claim, _, let repeated, let execution):
            lock(core)
            let following = schedule.committed(claim, repeated: repeated, by: core, amid: execution)
            if let following {
                start(following, on: core, amid: execution)
            } else {
                works[core] = execution.map { .executing($0) } ?? .idle
            }
        case .idle:
            switch schedule.take(by: core) {
            case .execute(let claim):
                lock(core)
                works[core] = .executing(Execution(claim: claim, next: claim.units.lowerBound))
            case .commit(let claim):
                lock(core)
                start(claim, on: core, amid: nil)
            case .wait, .leave, .done: return false
            }
        }
        return true
    }

    private mutating func start(_ claim: UnitClaim, on core: Int, amid execution: Execution?) {
        let rest = execution?.claim.number == claim.number ? nil : execution
        works[core] = .committing(claim, next: claim.units.lowerBound, repeated: 0, amid: rest)
    }

    /// Commits a unit; whether what was executed ahead, if it was, was right.
    private mutating func commit(
        _ unit: Int, _ claim: UnitClaim, on core: Int, _ units: [UnitCost], _ first: Int
    ) -> Bool {
        let isRight = claim.isAhead(unit) && (units[unit].dependencies.last.map { $0 - first < seen[unit] } ?? true)
        clocks[core] += units[unit].commit
        if !isRight {
            clocks[core] += units[unit].execution
            executions += 1
        }
        return isRight
    }

    /// How many times faster than one core unlimited cores could be at best: all gas over that of the longest chain of units
    /// that wait for each other.
    public static func idealSpeedup(_ blocks: [[UnitCost]]) -> Double {
        var total: UInt64 = 0
        var longest: UInt64 = 0
        for units in blocks {
            var ends: [UInt64] = []
            for unit in units {
                ends.append((unit.dependencies.map { ends[$0] }.max() ?? 0) + unit.gas)
                total += unit.gas
            }
            longest += ends.max() ?? 0
        }
        return longest == 0 ? 1 : Double(total) / Double(longest)
    }
}
