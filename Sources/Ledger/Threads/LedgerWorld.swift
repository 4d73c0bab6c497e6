/// What surrounds a ledger and could be another one: its clock, its threads and its disk. Production has `real`, the simulator its own.
package struct LedgerWorld: Sendable {
    /// Where the time comes from.
    package var clock: any LedgerClock
    /// Who runs the ledger's work.
    package var threads: any ThreadHost
    /// Where its files are.
    package var disk: any Disk
    /// A bug that the simulator has to find; nothing in production, whose world is `real`.
    package var plantedBug: PlantedBug?

    /// A world of these parts.
    package init(clock: any LedgerClock, threads: any ThreadHost, disk: any Disk) {
        self.clock = clock
        self.threads = threads
        self.disk = disk
    }

    /// The system's clock, threads and disk.
    package static let real = LedgerWorld(clock: RealClock(), threads: RealThreads(), disk: SystemDisk.shared)
}

/// A bug within the ledger that tests plant to see it found.
package enum PlantedBug: Sendable {
    /// Operation ids that are known are executed again.
    case skippedDedupe
    /// Answers leave when their block is written, before it is synced.
    case replyBeforeSync
}

/// Where the time comes from; asked a few times a block or less.
package protocol LedgerClock: Sendable {
    /// Nanoseconds since some point in the past; never goes backwards.
    func monotonicNanoseconds() -> UInt64
    /// Milliseconds since 1970.
    func wallMilliseconds() -> UInt64
}

/// What one step of some work has come to.
package enum StepOutcome: Equatable, Sendable {
    /// Something was done, and there may be more to do.
    case worked
    /// There is nothing to do until the wait point is signalled.
    case waits
    /// There is nothing to do before this time, unless the wait point is signalled.
    case waitsUntil(monotonicNanoseconds: UInt64)
    /// There will never be anything to do again.
    case finished
}

/// The work of one thread in bounded pieces, so that a simulator can choose whose piece comes next.
package protocol StepWork: AnyObject, Sendable {
    /// Where news for this work is signalled.
    var waitPoint: WaitPoint { get }
    /// Does one bounded piece; never waits for other work.
    func step() -> StepOutcome
}

/// Work that has been started.
package protocol RunningWork: Sendable {
    /// Returns when the work is finished.
    func join()
}

/// Who runs work: threads of the system, or a simulator's one thread.
package protocol ThreadHost: Sendable {
    /// Starts work under a name of at most 15 bytes.
    func start(_ work: any StepWork, name: String, stackBytes: Int, niceLevel: Int32) -> any RunningWork
}

extension ThreadHost {
    /// Starts work that needs neither a large stack nor another priority.
    package func start(_ work: any StepWork, name: String) -> any RunningWork {
        start(work, name: name, stackBytes: 1 << 20, niceLevel: 0)
    }
}

/// The system's clocks.
struct RealClock: LedgerClock {
    func monotonicNanoseconds() -> UInt64 { SystemClock.monotonicNanoseconds() }
    func wallMilliseconds() -> UInt64 { SystemClock.wallMilliseconds() }
}

/// A thread of the system for each work.
struct RealThreads: ThreadHost {
    func start(_ work: any StepWork, name: String, stackBytes: Int, niceLevel: Int32) -> any RunningWork {
        SystemThread(name: name, stackBytes: stackBytes) {
            if niceLevel != 0 { SystemThread.setNiceLevel(niceLevel) }
            work.runToEnd()
        }
    }
}

extension SystemThread: RunningWork {}

extension StepWork {
    /// Steps until the work is finished, and sleeps where it has to wait; meanwhile others may do the work at its place.
    func runToEnd() {
        while true {
            // Taken before the step looks around, so that no signal in between is lost.
            let ticket = waitPoint.ticket()
            switch step() {
            case .worked: continue
            case .finished: return
            case let outcome: guard waitPoint.wait(ticket, outcome) else { return }
            }
        }
    }
}
