internal import Glibc

/// How much of the processors the indexer takes.
enum IndexerThread {
    /// The system's number for threads that run when no other wants to (SCHED_IDLE).
    private static let idlePolicy: Int32 = 5

    /// Lets the calling thread run only when a processor has nothing else to do.
    static func takeOnlyIdleTime() {
        var parameters = sched_param()
        parameters.sched_priority = 0
        if sched_setscheduler(0, idlePolicy, &parameters) != 0 {
            setpriority(.init(PRIO_PROCESS.rawValue), 0, 19)
        }
    }
}
