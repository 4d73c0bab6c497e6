internal import CShims
internal import Synchronization

/// A fixed set of threads that help with one job at a time: they spin a little after a job, and then sleep.
///
/// The caller works too. A thread that wakes up late finds the job closed and does nothing; the caller never waits for
/// one that has not begun.
final class WorkerPool: @unchecked Sendable {
    // Sendable: `job` is written by the caller while the pool is closed and nobody is inside; the rest is atomic.
    private let wakeUps: [WaitPoint]
    private let isOpen = Atomic<Bool>(false)
    private let insideCount = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)
    private var job: (Int) -> Void = { _ in }
    private var threads: [SystemThread] = []
    /// Threads that help.
    let helperCount: Int

    /// A pool of so many threads, which sleep until there is a job.
    init(helpers: Int, spinMicroseconds: Int) {
        helperCount = helpers
        wakeUps = (0..<helpers).map { _ in WaitPoint(spinMicroseconds: spinMicroseconds) }
        for helper in 0..<helpers {
            threads.append(
                SystemThread(name: "hoard-worker-\(helper + 1)", stackBytes: 64 << 20) { [unowned self] in
                    run(helper + 1)
                })
        }
    }

    /// Ends the threads; no job may be under way.
    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        callBack()
        for thread in threads { thread.join() }
        threads = []
    }

    /// Runs a job on the caller's thread, as worker 0, and on as many helpers as come before the caller is done with it.
    func run(_ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { escaping in
            job = escaping
            isOpen.store(true, ordering: .sequentiallyConsistent)
            callBack()
            escaping(0)
            isOpen.store(false, ordering: .sequentiallyConsistent)
            var waits = 0
            while insideCount.load(ordering: .sequentiallyConsistent) != 0 {
                waits += 1
                if waits % 1_024 == 0 { SystemThread.yield() } else { hoard_spin_pause() }
            }
            job = { _ in }
        }
    }

    /// Nanoseconds until the first of the sleeping helpers is at work: the median of five times, at most two milliseconds.
    func measureWakeUp(restMicroseconds: Int) -> UInt64 {
        guard helperCount > 0 else { return 0 }
        let latest: UInt64 = 2_000_000
        var times: [UInt64] = []
        for _ in 0..<5 {
            let rest = SystemClock.monotonicNanoseconds() + UInt64(restMicroseconds) * 1_000
            while SystemClock.monotonicNanoseconds() < rest { SystemThread.yield() }
            let hasCome = Atomic<Bool>(false)
            let start = SystemClock.monotonicNanoseconds()
            run { worker in
                if worker > 0 { return hasCome.store(true, ordering: .releasing) }
                while !hasCome.load(ordering: .acquiring), SystemClock.monotonicNanoseconds() - start < latest {
                    hoard_spin_pause()
                }
            }
            times.append(SystemClock.monotonicNanoseconds() - start)
        }
        return times.sorted()[2]
    }

    /// Calls helpers that have left the present job.
    func callBack() {
        for wakeUp in wakeUps { wakeUp.signal() }
    }

    private func run(_ worker: Int) {
        let wakeUp = wakeUps[worker - 1]
        while true {
            let ticket = wakeUp.ticket()
            if isStopping.load(ordering: .sequentiallyConsistent) { return }
            guard isOpen.load(ordering: .sequentiallyConsistent) else {
                wakeUp.wait(ticket)
                continue
            }
            // Announced before the look at the gate: the caller closes it first and then waits for all inside.
            insideCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
            if isOpen.load(ordering: .sequentiallyConsistent) { job(worker) }
            insideCount.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            wakeUp.wait(ticket)
        }
    }
}
