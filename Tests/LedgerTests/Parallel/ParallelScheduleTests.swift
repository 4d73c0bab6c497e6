import Testing

@testable import Ledger

/// The schedule alone, without threads: every interleaving of few units, and random ones of many.
@Suite struct ParallelScheduleTests {
    /// A world of a few numbers; unit n reads some and writes one with a sum of what it read.
    struct Unit: Sendable {
        var reads: [Int]
        var write: Int
        /// Whether it needs the world for itself, which ends the run before it.
        var halts = false
    }

    /// What a worker is in the middle of.
    enum Work {
        case idle
        case executing(Execution, read: [Int])
        case committing(UnitClaim, unit: Int, repeated: UInt64, amid: Execution?)
        case gone
    }

    struct Model {
        let units: [Unit]
        /// Units before the one that halts, if one does, and what they leave.
        let end: Int
        let expected: [Int]
        var schedule: ParallelSchedule
        var workers: [Work]
        var committed = [0, 0, 0]
        var pending: [Int: Int] = [:]
        var reads: [Int: [Int]] = [:]
        var executions: [Int]
        var order: [Int] = []
        /// Who executed a unit ahead of its turn, and how many units somebody else committed.
        var executors: [Int: Int] = [:]
        var strangers = 0
        /// How often a worker's turn came amid its units.
        var turnsTaken = 0
        /// Records in use, and whether two units had one at the same time.
        var records: Set<Int> = []
        var isRecordShared = false
        /// Units that were executed ahead and again in their turn, and units of the longest claim.
        var repeats = 0
        var longestClaim = 0

        init(units: [Unit], workers: Int, claimLength: Int, claimsPerWorker: Int) {
            self.units = units
            end = units.firstIndex { $0.halts } ?? units.count
            expected = ParallelScheduleTests.expected(units[..<end])
            schedule = ParallelSchedule(
                workers: workers, claimLengthMax: claimLength, claimsPerWorker: claimsPerWorker)
            schedule.begin(units: units.count)
            self.workers = Array(repeating: .idle, count: workers)
            executions = Array(repeating: 0, count: units.count)
        }

        func seen(_ location: Int, by unit: Int) -> Int {
            for other in (0..<unit).reversed() where units[other].write == location {
                if let value = pending[other] { return value }
            }
            return committed[location]
        }

        /// What there has to be in the end: everything before the unit that halts, if one does.
        var isRight: Bool {
            isOver && committed == expected && order.elementsEqual(0..<end) && schedule.frontier == end
                && schedule.repeatedCount == repeats && schedule.confirmedCount + repeats + schedule.inTurnCount == end
                && executions.allSatisfy { $0 <= 2 } && !isRecordShared
        }

        func result(_ unit: Int, _ read: [Int]) -> Int { read.reduce(unit + 1) { $0 &* 31 &+ $1 } }

        /// Lets a worker do one step; false where it could do nothing.
        mutating func step(_ worker: Int) -> Bool {
            switch workers[worker] {
            case .gone: return false
            case .idle:
                switch schedule.take(by: worker) {
                case .execute(let claim):
                    for unit in claim.units { executors[unit] = worker }
                    use(claim)
                    workers[worker] = .executing(Execution(claim: claim, next: claim.units.lowerBound), read: [])
                case .commit(let claim):
                    if claim.aheadEnd == claim.units.lowerBound { use(claim) }
                    start(claim, worker, amid: nil)
                case .wait: return false
                case .leave: return false
                case .done: workers[worker] = .gone
                }
            case .executing(let execution, _) where execution.isDone:
                schedule.executed(execution.claim)
                workers[worker] = .idle
            case .executing(var execution, var read):
                let unit = execution.next
                if read.isEmpty, let claim = schedule.takeTurn(by: worker, amid: execution) {
                    turnsTaken += 1
                    start(claim, worker, amid: execution)
                } else if read.count < units[unit].reads.count {
                    read.append(seen(units[unit].reads[read.count], by: unit))
                    workers[worker] = .executing(execution, read: read)
                } else {
                    executions[unit] += 1
                    reads[unit] = read
                    pending[unit] = result(unit, read)
                    execution.next += 1
                    workers[worker] = .executing(execution, read: [])
                }
            case .committing(let claim, let unit, let repeated, let execution) where unit == claim.units.upperBound:
                records.subtract(claim.units.map { claim.record(of: $0) })
                if let next = schedule.committed(claim, repeated: repeated, by: worker, amid: execution) {
                    start(next, worker, amid: execution)
                } else {
                    workers[worker] = execution.map { .executing($0, read: []) } ?? .idle
                }
            case .committing(let claim, let unit, var repeated, let execution):
                if units[unit].halts {
                    schedule.halt(before: unit, of: claim, repeated: repeated)
                    workers[worker] = .idle
                    break
                }
                let now = units[unit].reads.map { committed[$0] }
                let isRight = claim.isAhead(unit) && reads[unit] == now
                if !isRight {
                    executions[unit] += 1
                    if claim.isAhead(unit) {
                        repeated |= 1 << UInt64(unit - claim.units.lowerBound)
                        repeats += 1
                    }
                }
                committed[units[unit].write] = result(unit, now)
                pending[unit] = nil
                order.append(unit)
                if let executor = executors[unit], executor != worker { strangers += 1 }
                workers[worker] = .committing(claim, unit: unit + 1, repeated: repeated, amid: execution)
            }
            return true
        }

        private mutating func start(_ claim: UnitClaim, _ worker: Int, amid execution: Execution?) {
            let rest = execution?.claim.number == claim.number ? nil : execution
            workers[worker] = .committing(claim, unit: claim.units.lowerBound, repeated: 0, amid: rest)
        }

        /// Nobody else may be using the records of a claim.
        private mutating func use(_ claim: UnitClaim) {
            longestClaim = max(longestClaim, claim.units.count)
            for unit in claim.units {
                isRecordShared = isRecordShared || !records.insert(claim.record(of: unit)).inserted
                    || claim.record(of: unit) >= schedule.recordCount
            }
        }

        var isOver: Bool {
            workers.allSatisfy { if case .gone = $0 { true } else { false } }
        }
    }

    private static let cases: [[Unit]] = [
        [Unit(reads: [0], write: 0), Unit(reads: [0], write: 0), Unit(reads: [0], write: 0)],
        [Unit(reads: [0], write: 1), Unit(reads: [1], write: 2), Unit(reads: [2], write: 0)],
        [Unit(reads: [0], write: 0), Unit(reads: [1], write: 1), Unit(reads: [2], write: 2)],
        [Unit(reads: [1], write: 0), Unit(reads: [], write: 1), Unit(reads: [0, 1], write: 2)],
    ]

    private static func expected(_ units: ArraySlice<Unit>) -> [Int] {
        var values = [0, 0, 0]
        for (index, unit) in units.enumerated() {
            values[unit.write] = unit.reads.map { values[$0] }.reduce(index + 1) { $0 &* 31 &+ $1 }
        }
        return values
    }

    @Test(arguments: 0..<4, [(2, 1), (2, 2), (3, 1)]) func `every interleaving of three units ends as in sequence`(
        _ which: Int, _ of: (workers: Int, claimLength: Int)
    ) {
        let units = Self.cases[which]
        var ends = 0
        var stuck = 0
        func explore(_ model: Model, _ depth: Int) {
            if model.isOver {
                ends += 1
                if !model.isRight { Issue.record("\(model.committed) in order \(model.order)") }
                return
            }
            var moved = false
            // Workers that have not begun are alike, the leader apart.
            for worker in model.workers.indices {
                var next = model
                if next.step(worker) {
                    moved = true
                    explore(next, depth + 1)
                }
            }
            if !moved { stuck += 1 }
        }
        explore(Model(units: units, workers: of.workers, claimLength: of.claimLength, claimsPerWorker: 1), 0)
        #expect(stuck == 0, "no worker can go on")
        #expect(ends > 100)
    }

    /// Sixteen units, so that two workers begin with claims of four: a chain, three chains side by side, pairs, and one that needs
    /// the world for itself in the middle of a claim.
    private static let longCases: [[Unit]] = [
        (0..<16).map { _ in Unit(reads: [0], write: 0) },
        (0..<16).map { Unit(reads: [$0 % 3], write: $0 % 3) },
        (0..<16).map { Unit(reads: [$0 / 2 % 3], write: $0 % 3) },
        (0..<16).map { Unit(reads: [$0 % 3], write: $0 % 3, halts: $0 == 5) },
    ]

    @Test(arguments: 0..<4, [(3, 1), (4, 1), (4, 2)])
    func `claims of several units end as in sequence wherever two workers take turns twice`(
        _ which: Int, _ of: (claimLength: Int, claimsPerWorker: Int)
    ) {
        var ends = 0
        var wrong = 0
        var stuck = 0
        var longestClaim = 0
        // Whoever cannot go on makes way; besides, the other worker may take over at any step, so many times.
        func explore(_ former: Model, from worker: Int, _ changes: Int) {
            var model = former
            var worker = worker
            while !model.isOver {
                if changes > 0 { explore(model, from: 1 - worker, changes - 1) }
                if model.step(worker) { continue }
                worker = 1 - worker
                guard model.step(worker) else {
                    stuck += 1
                    return
                }
            }
            ends += 1
            wrong += model.isRight ? 0 : 1
            longestClaim = max(longestClaim, model.longestClaim)
        }
        let model = Model(
            units: Self.longCases[which], workers: 2, claimLength: of.claimLength, claimsPerWorker: of.claimsPerWorker)
        for worker in 0..<2 { explore(model, from: worker, 2) }
        #expect(stuck == 0 && wrong == 0, "of \(ends)")
        #expect(ends > 100 && longestClaim == of.claimLength)
    }

    @Test func `random schedules of many units end as in sequence`() {
        for seed in 0..<UInt64(2_000) {
            var random = SeededGenerator(state: seed)
            let units = (0..<Int.random(in: 2...60, using: &random)).map { _ in
                Unit(
                    reads: (0..<Int.random(in: 0...2, using: &random)).map { _ in Int.random(in: 0..<3, using: &random)
                    },
                    write: Int.random(in: 0..<3, using: &random), halts: Int.random(in: 0..<80, using: &random) == 0)
            }
            let workers = Int.random(in: 1...6, using: &random)
            var model = Model(
                units: units, workers: workers, claimLength: Int.random(in: 1...9, using: &random),
                claimsPerWorker: Int.random(in: 1...4, using: &random))
            var idleSteps = 0
            while !model.isOver, idleSteps < 10_000 {
                idleSteps = model.step(Int.random(in: 0..<workers, using: &random)) ? 0 : idleSteps + 1
            }
            #expect(model.isOver, "seed \(seed): no worker can go on")
            #expect(model.isRight, "seed \(seed): \(model.order), \(model.executions)")
        }
    }

    @Test func `units are committed by the workers that executed them as long as these keep pace`() {
        // Executed in ten steps, committed in two.
        let units = (0..<300).map { _ in Unit(reads: Array(repeating: 2, count: 8), write: 0) }
        var model = Model(units: units, workers: 3, claimLength: 4, claimsPerWorker: 2)
        var turn = 0
        while !model.isOver {
            _ = model.step(turn % 3)
            turn += 1
        }
        #expect(model.order == Array(units.indices))
        #expect(model.strangers < 30, "\(model.strangers) of 300 were committed by others")
        #expect(model.turnsTaken > 10, "a turn came amid a worker's units \(model.turnsTaken) times")
    }

    @Test func `a worker whose turn comes amid its units executes the rest in it`() throws {
        var schedule = ParallelSchedule(workers: 2, claimLengthMax: 4, claimsPerWorker: 2)
        schedule.begin(units: 80)
        let first = try #require(schedule.take(by: 0).committing)
        let second = try #require(schedule.take(by: 1).executing)
        let amid = Execution(claim: second, next: second.units.lowerBound + 3)
        #expect(schedule.workerInTurn == nil && schedule.takeTurn(by: 1, amid: amid) == nil, "worker 0 commits")
        #expect(schedule.committed(first, repeated: 0, by: 0) == nil && schedule.workerInTurn == 1)
        let third = try #require(schedule.take(by: 0).executing)
        let early = Execution(claim: third, next: third.units.lowerBound)
        #expect(schedule.takeTurn(by: 0, amid: early) == nil, "it is worker 1's turn")
        let taken = schedule.takeTurn(by: 1, amid: amid)
        let turn = try #require(taken)
        #expect(turn.units == second.units && turn.units.map(turn.isAhead) == [true, true, true, false])
        #expect(schedule.workerInTurn == nil)
        #expect(schedule.committed(turn, repeated: 1, by: 1) == nil && schedule.workerInTurn == 0)
        #expect((schedule.confirmedCount, schedule.repeatedCount, schedule.inTurnCount) == (2, 1, 5))
    }

    @Test func `an earlier claim is committed amid a later one, and then that one`() throws {
        var schedule = ParallelSchedule(workers: 2, claimLengthMax: 2, claimsPerWorker: 2)
        schedule.begin(units: 40)
        let first = try #require(schedule.take(by: 0).committing)
        let second = try #require(schedule.take(by: 1).executing)
        schedule.executed(second)
        let third = try #require(schedule.take(by: 1).executing)
        #expect(schedule.committed(first, repeated: 0, by: 0) == nil, "units 2 and 3 are worker 1's")
        let amid = Execution(claim: third, next: third.units.lowerBound + 1)
        #expect(schedule.takeTurn(by: 1, amid: amid) == second)
        let following = schedule.committed(second, repeated: 0, by: 1, amid: amid)
        let rest = try #require(following)
        #expect(rest.units == third.units && rest.units.map(rest.isAhead) == [true, false])
        #expect(schedule.committed(rest, repeated: 0, by: 1) == nil && schedule.frontier == 6)
    }

    @Test func `units whose worker is behind are committed by another`() throws {
        var schedule = ParallelSchedule(workers: 2, claimLengthMax: 2, claimsPerWorker: 2)
        schedule.begin(units: 40)
        let first = try #require(schedule.take(by: 1).committing, "nobody has anything")
        #expect(first.units == 0..<2 && !first.isAhead(0))
        // Worker 0 executes units 2 and 3, and is then kept busy by units 4 and 5.
        let second = try #require(schedule.take(by: 0).executing)
        schedule.executed(second)
        let third = try #require(schedule.take(by: 0).executing)
        #expect(second.units == 2..<4 && third.units == 4..<6)
        #expect(schedule.committed(first, repeated: 0, by: 1) == nil, "units 2 and 3 are worker 0's")
        for units in [6..<8, 8..<10] {
            let claim = try #require(schedule.take(by: 1).executing)
            #expect(claim.units == units)
            schedule.executed(claim)
        }
        #expect(schedule.take(by: 1) == .commit(second), "there is nothing else to do")
    }

    @Test func `claims get short where units are repeated and towards the end, and long again`() {
        var schedule = ParallelSchedule(workers: 2, claimLengthMax: 8, claimsPerWorker: 2)
        schedule.begin(units: 400)
        var lengths: [Int] = []
        while !schedule.isFinished {
            // What is executed first is committed in its turn.
            let steps = [schedule.take(by: 0), schedule.take(by: 1)]
            for step in steps { if let claim = step.executing { schedule.executed(claim) } }
            var next = steps.lazy.compactMap(\.committing).first ?? schedule.take(by: 1).committing
            while let claim = next {
                lengths.append(claim.units.count)
                next = schedule.committed(claim, repeated: claim.aheadEnd > claim.units.lowerBound && lengths.count == 6 ? 1 : 0, by: 1)
            }
        }
        #expect(lengths.first == 8 && lengths.last == 1, "\(lengths)")
        #expect(lengths[6..<12].contains(4) && lengths[8..<20].contains(8), "\(lengths)")
    }

    @Test func `a run of failures makes the schedule calm, and it tries again later`() {
        var schedule = ParallelSchedule(workers: 2, claimLengthMax: 4, claimsPerWorker: 2)
        schedule.begin(units: 4_000)
        var wasCalm = false
        var aheadAfterCalm = 0
        for _ in 0..<100_000 where !schedule.isFinished {
            let step = schedule.take(by: 0)
            if let ahead = step.executing { schedule.executed(ahead) }
            var next = step.committing
            while let claim = next {
                if let ahead = schedule.take(by: 1).executing {
                    schedule.executed(ahead)
                    if wasCalm { aheadAfterCalm += ahead.units.count }
                }
                wasCalm = wasCalm || schedule.isCalm
                next = schedule.committed(claim, repeated: claim.aheadEnd > claim.units.lowerBound ? .max : 0, by: 0)
            }
        }
        #expect(schedule.isFinished && wasCalm && aheadAfterCalm > 0)
        #expect(schedule.repeatedCount < 400, "\(schedule.repeatedCount) of 4000 were executed twice")
    }
}

extension ScheduleStep {
    /// What is to be executed ahead of its turn, if anything.
    var executing: UnitClaim? { if case .execute(let claim) = self { claim } else { nil } }
    /// What is to be committed, if anything.
    var committing: UnitClaim? { if case .commit(let claim) = self { claim } else { nil } }
}
