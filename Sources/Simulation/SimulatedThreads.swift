package import Ledger

/// Threads of a simulated machine: the simulation decides whose piece of work comes next, and how long it takes.
package final class SimulatedThreads: ThreadHost, @unchecked Sendable {
    // Sendable: a simulation has one thread.
    /// The work of one simulated thread.
    package final class Work: RunningWork, @unchecked Sendable {
        // Sendable: a simulation has one thread.
        enum State {
            /// A step is planned.
            case planned
            /// It waits for a signal, or for a time too.
            case parked
            case finished
        }

        let steps: any StepWork
        let name: String
        let number: Int
        fileprivate(set) var state = State.planned
        /// When it looks again by itself, where it waits for a time.
        fileprivate var wakesAt: UInt64?
        fileprivate var isStepping = false
        /// Whether others may do its work.
        fileprivate var hasLeft = false
        /// The planned step that counts; earlier ones have been overtaken.
        fileprivate var ticket: UInt64 = 0
        private let host: SimulatedThreads

        fileprivate init(_ steps: any StepWork, _ name: String, _ number: Int, _ host: SimulatedThreads) {
            self.steps = steps
            self.name = name
            self.number = number
            self.host = host
        }

        var isFinished: Bool {
            if case .finished = state { return true }
            return false
        }

        /// Runs other work until this one is finished.
        package func join() { host.join(self) }
    }

    private unowned let simulation: Simulation
    private var works: [Work] = []
    private var chance: SeededChance
    /// Whether the machine has died: nothing runs any more.
    private(set) var isDead = false

    init(_ simulation: Simulation, chance: SeededChance) {
        self.simulation = simulation
        self.chance = chance
    }

    /// Starts work; its first step comes a little later.
    package func start(
        _ work: any StepWork, name: String, stackBytes: Int, niceLevel: Int32
    ) -> any RunningWork {
        let running = Work(work, name, works.count, self)
        works.append(running)
        if !isDead { plan(running, after: UInt64(chance.within(1_000...50_000))) }
        return running
    }

    /// Ends everything at once, as a crash does.
    func die() {
        isDead = true
        works = []
    }

    private func plan(_ work: Work, after nanoseconds: UInt64) {
        work.ticket += 1
        simulation.plan(.step(work, ticket: work.ticket), after: nanoseconds)
    }

    /// Lets a thread do its planned step and plans the next one.
    func step(_ work: Work, ticket planned: UInt64) {
        guard !isDead, !work.isFinished, !work.isStepping, work.ticket == planned else { return }
        work.state = .planned
        switch stepNow(work) {
        case .worked: plan(work, after: stepNanoseconds() + simulation.takeDiskNanoseconds())
        case .waitsUntil(let time): plan(work, after: time > simulation.now ? time - simulation.now : 0)
        case .waits, .finished: break
        }
    }

    private func stepNow(_ work: Work) -> StepOutcome {
        let waitPoint = work.steps.waitPoint
        if work.hasLeft, waitPoint.comeBack() == .finished {
            work.state = .finished
            return .finished
        }
        work.hasLeft = false
        let ticket = waitPoint.ticket()
        work.isStepping = true
        let outcome = work.steps.step()
        work.isStepping = false
        work.wakesAt = nil
        if case .waitsUntil(let time) = outcome { work.wakesAt = time }
        switch outcome {
        case .worked: work.state = .planned
        case .waits, .waitsUntil:
            work.state = .parked
            work.hasLeft = true
            waitPoint.leave(ticket, outcome)
        case .finished: work.state = .finished
        }
        return outcome
    }

    /// Plans a step for every thread that has been signalled.
    func wakeSignalled() {
        for work in works where !work.isStepping {
            guard case .parked = work.state else { continue }
            switch work.steps.waitPoint.due {
            case .worked, .finished:
                work.state = .planned
                plan(work, after: UInt64(chance.within(200...30_000)))
            case .waitsUntil(let time) where work.wakesAt != time:
                // Whoever has borrowed its place has come to something that waits.
                work.wakesAt = time
                plan(work, after: time > simulation.now ? time - simulation.now : 0)
            case .waits, .waitsUntil: break
            }
        }
    }

    /// Mostly some microseconds; now and then the system lets a thread wait for long.
    private func stepNanoseconds() -> UInt64 {
        if chance.happens(permille: simulation.faults.stallPermille) {
            return UInt64(chance.within(1_000_000...15_000_000))
        }
        if chance.happens(permille: 100) { return UInt64(chance.within(50_000...900_000)) }
        return UInt64(chance.within(500...20_000))
    }

    /// Time passes where everybody waits for a time; a disk that refuses for long is seen to.
    private func join(_ awaited: Work) {
        var pauses = 0
        while !awaited.isFinished, !isDead {
            var hasWorked = false
            for work in works where !work.isFinished && !work.isStepping {
                if case .parked = work.state {
                    let due = work.steps.waitPoint.due
                    if case .waitsUntil(let time) = due { work.wakesAt = time }
                    if due != .worked, due != .finished { continue }
                }
                _ = stepNow(work)
                hasWorked = true
            }
            if hasWorked { continue }
            let sleeping = works.filter { !$0.isFinished && !$0.isStepping && $0.wakesAt != nil }
            if let next = sleeping.min(by: { ($0.wakesAt ?? 0) < ($1.wakesAt ?? 0) }) {
                simulation.pass(until: next.wakesAt ?? 0)
                pauses += 1
                if pauses > 20 { simulation.calm() }
                _ = stepNow(next)
                continue
            }
            return simulation.find("thread \(awaited.name) is awaited, and nobody can do anything")
        }
        if isDead { return }
        for work in works where !work.isStepping {
            if case .planned = work.state { plan(work, after: stepNanoseconds()) }
        }
    }
}

/// The clocks of a simulated machine.
final class SimulatedClock: LedgerClock, @unchecked Sendable {
    // Sendable: a simulation has one thread.
    private unowned let simulation: Simulation
    private let startMilliseconds: UInt64
    /// By how much the wall clock has been set forward; it may be set back too.
    var shiftMilliseconds: Int64 = 0

    init(_ simulation: Simulation, startMilliseconds: UInt64) {
        self.simulation = simulation
        self.startMilliseconds = startMilliseconds
    }

    func monotonicNanoseconds() -> UInt64 { simulation.now }

    func wallMilliseconds() -> UInt64 {
        UInt64(Int64(startMilliseconds + simulation.now / 1_000_000) + shiftMilliseconds)
    }
}
