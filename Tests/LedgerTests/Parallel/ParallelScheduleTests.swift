import Testing

@testable import Ledger

/// The schedule alone, without threads: every interleaving of few units, and random ones of many.
@Suite struct ParallelScheduleTests {
    /// A world of a few numbers; unit n reads some and writes one with a sum of what it read.
    struct Unit: Sendable {
        var reads: [Int]
        var write: Int
    }

    /// What a worker is in the middle of.
    enum Work: Hashable {
        case idle
        case executing(unit: Int, read: [Int])
        case committing(unit: Int)
        case gone
    }

    struct Model {
        let units: [Unit]
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

        init(units: [Unit], workers: Int, window: Int) {
            self.units = units
            schedule = ParallelSchedule(window: window)
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

        func result(_ unit: Int, _ read: [Int]) -> Int { read.reduce(unit + 1) { $0 &* 31 &+ $1 } }

        /// Lets a worker do one step; false where it could do nothing.
        mutating func step(_ worker: Int) -> Bool {
            switch workers[worker] {
            case .gone: return false
            case .idle:
                switch schedule.take(by: worker) {
                case .execute(let unit):
                    executors[unit] = worker
                    workers[worker] = .executing(unit: unit, read: [])
                case .commit(let unit): workers[worker] = .committing(unit: unit)
                case .wait: return false
                case .leave: return false
                case .done: workers[worker] = .gone
                }
            case .executing(let unit, var read):
                if read.count < units[unit].reads.count {
                    read.append(seen(units[unit].reads[read.count], by: unit))
                    workers[worker] = .executing(unit: unit, read: read)
                } else {
                    executions[unit] += 1
                    reads[unit] = read
                    pending[unit] = result(unit, read)
                    schedule.executed(unit)
                    workers[worker] = .idle
                }
            case .committing(let unit):
                let wasAhead = schedule.wasExecutedAhead(unit)
                let now = units[unit].reads.map { committed[$0] }
                let isRight = wasAhead && reads[unit] == now
                if !isRight { executions[unit] += 1 }
                committed[units[unit].write] = result(unit, now)
                pending[unit] = nil
                order.append(unit)
                if let executor = executors[unit], executor != worker { strangers += 1 }
                let next = schedule.committed(
                    unit, isRight ? .confirmed : wasAhead ? .repeated : .inTurn, by: worker)
                workers[worker] = next.map { .committing(unit: $0) } ?? .idle
            }
            return true
        }

        var isOver: Bool { workers.allSatisfy { $0 == .gone } }
    }

    private static let cases: [[Unit]] = [
        [Unit(reads: [0], write: 0), Unit(reads: [0], write: 0), Unit(reads: [0], write: 0)],
        [Unit(reads: [0], write: 1), Unit(reads: [1], write: 2), Unit(reads: [2], write: 0)],
        [Unit(reads: [0], write: 0), Unit(reads: [1], write: 1), Unit(reads: [2], write: 2)],
        [Unit(reads: [1], write: 0), Unit(reads: [], write: 1), Unit(reads: [0, 1], write: 2)],
    ]

    private static func expected(_ units: [Unit]) -> [Int] {
        var values = [0, 0, 0]
        for (index, unit) in units.enumerated() {
            values[unit.write] = unit.reads.map { values[$0] }.reduce(index + 1) { $0 &* 31 &+ $1 }
        }
        return values
    }

    @Test(arguments: 0..<4, [2, 3]) func `every interleaving of three units ends as in sequence`(
        _ which: Int, _ workers: Int
    ) {
        let units = Self.cases[which]
        let expected = Self.expected(units)
        var ends = 0
        var stuck = 0
        func explore(_ model: Model, _ depth: Int) {
            if model.isOver {
                ends += 1
                if model.committed != expected || model.order != [0, 1, 2]
                    || model.executions.contains(where: { $0 > 2 })
                {
                    Issue.record("\(model.committed) in order \(model.order) instead of \(expected)")
                }
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
        explore(Model(units: units, workers: workers, window: 2), 0)
        #expect(stuck == 0, "no worker can go on")
        #expect(ends > 100)
    }

    @Test func `random schedules of many units end as in sequence`() {
        for seed in 0..<UInt64(2_000) {
            var random = SeededGenerator(state: seed)
            let units = (0..<Int.random(in: 2...60, using: &random)).map { _ in
                Unit(
                    reads: (0..<Int.random(in: 0...2, using: &random)).map { _ in Int.random(in: 0..<3, using: &random)
                    },
                    write: Int.random(in: 0..<3, using: &random))
            }
            let workers = Int.random(in: 1...6, using: &random)
            var model = Model(units: units, workers: workers, window: Int.random(in: 1...20, using: &random))
            var idleSteps = 0
            while !model.isOver, idleSteps < 10_000 {
                idleSteps = model.step(Int.random(in: 0..<workers, using: &random)) ? 0 : idleSteps + 1
            }
            #expect(model.isOver, "seed \(seed): no worker can go on")
            #expect(model.committed == Self.expected(units), "seed \(seed)")
            #expect(model.order == Array(units.indices), "seed \(seed)")
            #expect(model.executions.allSatisfy { 1...2 ~= $0 }, "seed \(seed): \(model.executions)")
        }
    }

    @Test func `units are committed by the workers that executed them as long as these keep pace`() {
        // Executed in ten steps, committed in two.
        let units = (0..<300).map { _ in Unit(reads: Array(repeating: 2, count: 8), write: 0) }
        var model = Model(units: units, workers: 3, window: 13)
        var turn = 0
        while !model.isOver {
            _ = model.step(turn % 3)
            turn += 1
        }
        #expect(model.order == Array(units.indices))
        #expect(model.strangers < 30, "\(model.strangers) of 300 were committed by others")
    }

    @Test func `a unit whose worker is behind is committed by another`() {
        var schedule = ParallelSchedule(window: 3)
        schedule.begin(units: 8)
        #expect(schedule.take(by: 1) == .commit(0))
        #expect(schedule.committed(0, .inTurn, by: 1) == nil)
        #expect(schedule.take(by: 0) == .commit(1))
        // Worker 1 executes unit 2 and is then kept busy by unit 3.
        #expect(schedule.take(by: 1) == .execute(2))
        schedule.executed(2)
        #expect(schedule.take(by: 1) == .execute(3))
        #expect(schedule.committed(1, .inTurn, by: 0) == nil, "unit 2 is worker 1's")
        #expect(schedule.take(by: 0) == .execute(4))
        schedule.executed(4)
        #expect(schedule.take(by: 0) == .commit(2), "there is nothing else to do")
    }

    @Test func `a run of failures makes the schedule calm, and it tries again later`() {
        var schedule = ParallelSchedule(window: 16)
        schedule.begin(units: 4_000)
        var wasCalm = false
        var aheadAfterCalm = 0
        for _ in 0..<100_000 where !schedule.isFinished {
            let step = schedule.take(by: 0)
            if case .execute(let ahead) = step { schedule.executed(ahead) }
            guard case .commit(let first) = step else { continue }
            var next: Int? = first
            while let unit = next {
                if case .execute(let ahead) = schedule.take(by: 1) {
                    schedule.executed(ahead)
                    if wasCalm { aheadAfterCalm += 1 }
                }
                wasCalm = wasCalm || schedule.isCalm
                next = schedule.committed(
                    unit, schedule.wasExecutedAhead(unit) ? .repeated : .inTurn, by: 0)
            }
        }
        #expect(schedule.isFinished && wasCalm && aheadAfterCalm > 0)
        #expect(schedule.repeatedCount < 400, "\(schedule.repeatedCount) of 4000 were executed twice")
    }
}
