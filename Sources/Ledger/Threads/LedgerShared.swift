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
    private let stalled = Atomic<Int>(0)

    /// What waits for the disk to take writes again.
    enum Stall: Int {
        case log = 1
        case receipts = 2
    }

    init(configuration: LedgerConfiguration, status: LedgerStatus) {
        submissions = SubmissionQueue(
            countMax: configuration.queueOperationsMax, bytesMax: configuration.queueBytesMax)
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

    /// Whether the disk refuses writes for now.
    var isStalled: Bool { stalled.load(ordering: .acquiring) != 0 }

    /// Notes that the disk refuses writes for now, and why, or that it takes them again.
    func setStall(_ stall: Stall, _ reason: String?) {
        let before = stalled.load(ordering: .acquiring)
        if (before & stall.rawValue != 0) == (reason != nil) { return }
        if let reason {
            status.withLock {
                $0.stall = reason
                $0.stalls += 1
            }
            stalled.bitwiseOr(stall.rawValue, ordering: .sequentiallyConsistent)
        } else {
            let after = stalled.bitwiseXor(stall.rawValue, ordering: .sequentiallyConsistent).newValue
            if after == 0 { status.withLock { $0.stall = nil } }
        }
        sequencerWait.signal()
    }

    /// Why it failed.
    var failureReason: String { status.withLock { $0.failure } ?? "" }
}
