internal import EVM
internal import Synchronization

/// What the threads of one ledger have in common.
final class LedgerShared: Sendable {
    let submissions: SubmissionQueue
    let sealed = SealedQueue()
    let sequencerWait: WaitPoint
    let logWait: WaitPoint
    let status: Mutex<LedgerStatus>
    private let failed = Atomic<Bool>(false)

    init(configuration: LedgerConfiguration, status: LedgerStatus) {
        submissions = SubmissionQueue(countMax: configuration.queueOperationsMax)
        sequencerWait = WaitPoint(spinMicroseconds: configuration.spinMicroseconds)
        logWait = WaitPoint(spinMicroseconds: configuration.spinMicroseconds)
        self.status = Mutex(status)
    }

    /// Whether a disk has failed.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// Marks the ledger failed, for the first reason given, and wakes everyone.
    func fail(_ reason: String) {
        status.withLock { if $0.failure == nil { $0.failure = reason } }
        failed.store(true, ordering: .sequentiallyConsistent)
        sequencerWait.signal()
        logWait.signal()
    }

    /// Why it failed.
    var failureReason: String { status.withLock { $0.failure } ?? "" }
}
