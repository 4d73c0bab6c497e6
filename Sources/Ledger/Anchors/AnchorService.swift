internal import EVM

/// Computes state roots in the background over everything that is durable, about once a second.
///
/// Where a root takes long the next one waits as much longer, so that anchors never take more than a fifth of a core.
final class AnchorService: StepWork, @unchecked Sendable {
    // Sendable: the queue is guarded by `mutex`, what `step` notes belongs to its thread, everything else to `work`.
    /// Where the end is signalled.
    let waitPoint = WaitPoint(spinMicroseconds: 0)
    private let clock: any LedgerClock
    private let intervalNanoseconds: UInt64
    private var nextDue: UInt64?
    private let mutex = SystemMutex()
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
        clock: any LedgerClock = RealClock(), intervalMilliseconds: Int = 0,
        waitingBytesMax: Int = LedgerLimits.anchorBytesMax, report: @escaping @Sendable (Anchor) -> Void
    ) {
        self.clock = clock
        intervalNanoseconds = UInt64(max(0, intervalMilliseconds)) * 1_000_000
        self.waitingBytesMax = waitingBytesMax
        self.tracker = tracker
        self.file = file
        self.pending = pending
        waitingBlock = block
        waitingDigest = digest
        self.report = report
    }

    /// Takes the changes of a durable block; the caller asks `hasRoom` before.
    func put(block: UInt64, digest: Hash256, writes: UnsafeRawBufferPointer) {
        mutex.lock()
        waiting.append(raw: writes)
        waitingBlock = block
        waitingDigest = digest
        mutex.unlock()
    }

    /// The root over everything taken so far; computed now unless it is known.
    func anchorNow() -> Anchor {
        work.lock()
        defer { work.unlock() }
        let (block, digest) = takeOver()
        if let anchor, anchor.block == block { return anchor }
        applyPending()
        let computed = Anchor(block: block, stateRoot: tracker.root())
        // An anchor that cannot be stored is computed again by recovery.
        try? file?.append(AnchorFile.Entry(block: block, digest: digest, stateRoot: computed.stateRoot))
        anchor = computed
        report(computed)
        return computed
    }

    /// Reads the state after the last durable block.
    func read<Value>(_ body: (StateTrie) -> Value) -> Value {
        work.lock()
        defer { work.unlock() }
        _ = takeOver()
        applyPending()
        return body(tracker.trie)
    }

    private func applyPending() {
        guard !pending.isEmpty else { return }
        tracker.apply(pending)
        pending = MergedChanges()
    }

    /// Merges what waits; returns the block that it leads to.
    private func takeOver() -> (block: UInt64, digest: Hash256) {
        mutex.lock()
        swap(&waiting, &taken)
        let block = waitingBlock
        let digest = waitingDigest
        mutex.unlock()
        pending.merge(encoded: taken.bytes)
        if taken.capacity > LedgerLimits.anchorBytesKept { taken = ByteBuffer() } else { taken.truncate(to: 0) }
        return (block, digest)
    }

    /// Whether it is not too far behind to take more changes.
    var hasRoom: Bool { mutex.withLock { waiting.count <= waitingBytesMax || isStopping } }

    /// Computes an anchor when it is time for one; until it is stopped.
    func step() -> StepOutcome {
        if mutex.withLock({ isStopping }) { return .finished }
        let start = clock.monotonicNanoseconds()
        let due = nextDue ?? start + intervalNanoseconds
        nextDue = due
        if start < due { return .waitsUntil(monotonicNanoseconds: due) }
        _ = anchorNow()
        let end = clock.monotonicNanoseconds()
        nextDue = end + max(intervalNanoseconds, (end - start) * 4)
        return .worked
    }

    /// Stores no more anchors; they can still be computed.
    func close() { work.withLock { file = nil } }

    /// Ends its work.
    func stop() {
        mutex.withLock { isStopping = true }
        waitPoint.signal()
    }
}
