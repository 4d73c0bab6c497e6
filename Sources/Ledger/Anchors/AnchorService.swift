internal import EVM

/// Computes state roots in the background over everything that is durable, about once a second.
///
/// Where a root takes long the next one waits as much longer, so that anchors never take more than a fifth of a core.
final class AnchorService: @unchecked Sendable {
    // Sendable: the queue is guarded by `mutex`, everything else by `work`.
    private let mutex = SystemMutex()
    private let condition = SystemCondition()
    /// Encoded write sets, one after the other.
    private var waiting = ByteBuffer()
    private var waitingBlock: UInt64
    private var waitingDigest: Hash256
    private var isStopping = false
    private let waitingBytesMax: Int

    private let work = SystemMutex()
    private let tracker: any StateRootTracker
    private var file: AnchorFile?
    private var pending: MergedChanges
    private var taken = ByteBuffer()
    private var anchor: Anchor?
    private let report: @Sendable (Anchor) -> Void

    /// A service whose tracker lacks the changes in `pending`, which lead to block `block`; `report` gets each anchor.
    init(
        tracker: any StateRootTracker, file: AnchorFile?, pending: MergedChanges, block: UInt64, digest: Hash256,
        waitingBytesMax: Int = LedgerLimits.anchorBytesMax, report: @escaping @Sendable (Anchor) -> Void
    ) {
        self.waitingBytesMax = waitingBytesMax
        self.tracker = tracker
        self.file = file
        self.pending = pending
        waitingBlock = block
        waitingDigest = digest
        self.report = report
    }

    /// Takes the changes of a durable block; waits where far too much waits already.
    func put(block: UInt64, digest: Hash256, writes: UnsafeRawBufferPointer) {
        mutex.lock()
        while waiting.count > waitingBytesMax, !isStopping {
            condition.wait(mutex, nanoseconds: 10_000_000)
        }
        waiting.append(raw: writes)
        waitingBlock = block
        waitingDigest = digest
        mutex.unlock()
    }

    /// The root over everything taken so far; computed now unless it is known.
    func anchorNow() -> Anchor {
        work.lock()
        defer { work.unlock() }
        mutex.lock()
        swap(&waiting, &taken)
        let block = waitingBlock
        let digest = waitingDigest
        mutex.unlock()
        pending.merge(encoded: taken.bytes)
        if taken.capacity > LedgerLimits.anchorBytesKept { taken = ByteBuffer() } else { taken.truncate(to: 0) }
        if let anchor, anchor.block == block { return anchor }
        if !pending.isEmpty {
            tracker.apply(pending)
            pending = MergedChanges()
        }
        let computed = Anchor(block: block, stateRoot: tracker.root())
        // An anchor that cannot be stored is computed again by recovery.
        try? file?.append(AnchorFile.Entry(block: block, digest: digest, stateRoot: computed.stateRoot))
        anchor = computed
        report(computed)
        return computed
    }

    /// The body of the anchor thread.
    func run(intervalMilliseconds: Int) {
        SystemThread.setNiceLevel(10)
        var pause = UInt64(intervalMilliseconds) * 1_000_000
        while true {
            mutex.lock()
            let deadline = SystemClock.monotonicNanoseconds() + pause
            while !isStopping {
                let now = SystemClock.monotonicNanoseconds()
                if now >= deadline { break }
                condition.wait(mutex, nanoseconds: deadline - now)
            }
            let stops = isStopping
            mutex.unlock()
            if stops { return }
            let start = SystemClock.monotonicNanoseconds()
            _ = anchorNow()
            let duration = SystemClock.monotonicNanoseconds() - start
            pause = max(UInt64(intervalMilliseconds) * 1_000_000, duration * 4)
        }
    }

    /// Stores no more anchors; they can still be computed.
    func close() { work.withLock { file = nil } }

    /// Ends the anchor thread.
    func stop() {
        mutex.lock()
        isStopping = true
        condition.broadcast()
        mutex.unlock()
    }
}
