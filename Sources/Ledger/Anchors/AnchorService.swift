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
    private var waitingMarks = ByteBuffer()
    /// Where what waits is to be taken apart: marks belong behind the writes of their block, and a checkpoint cuts.
    private var joints: [Joint] = []
    private var waitingBlock: UInt64
    private var waitingDigest: Hash256
    private var isStopping = false
    private let waitingBytesMax: Int

    /// A place in what waits: bytes of write sets and of marks before it.
    private struct Joint {
        var writes: Int
        var marks: Int
        /// The checkpoint that lies here, if one does.
        var seed: CheckpointSeed?
    }

    private let work = SystemMutex()
    private let tracker: any StateRootTracker
    private var file: AnchorFile?
    private var pending = MergedChanges()
    /// What recovery has gathered and the trie lacks: the same object as `sinceCut` until the next cut. It may hold more
    /// than that by the time it is applied, but nothing that `pending` does not say again.
    private var unapplied: MergedChanges?
    private var taken = ByteBuffer()
    private var takenMarks = ByteBuffer()
    /// What has changed since the last cut, where checkpoints are made; nil where not.
    private var sinceCut: MergedChanges?
    private var readyCut: (seed: CheckpointSeed, changes: MergedChanges)?
    /// The state below `pending`, until somebody needs it.
    private var load: StateLoad?
    private var cutListener: WaitPoint?
    private var anchor: Anchor?
    /// The codes of the state, which the trie does not hold.
    private var codes: [Hash256: [UInt8]] = [:]
    private let report: @Sendable (Anchor) -> Void

    /// A service whose tracker lacks the changes in `pending`, which lead to block `block`; `report` gets each anchor.
    /// `sinceCut` gathers what a checkpoint needs, and may be the same object.
    init(
        tracker: any StateRootTracker, file: AnchorFile?, pending: MergedChanges, block: UInt64, digest: Hash256,
        sinceCut: MergedChanges? = nil, load: StateLoad? = nil,
        clock: any LedgerClock = RealClock(), intervalMilliseconds: Int = 0,
        waitingBytesMax: Int = LedgerLimits.anchorBytesMax, report: @escaping @Sendable (Anchor) -> Void
    ) {
        self.clock = clock
        intervalNanoseconds = UInt64(max(0, intervalMilliseconds)) * 1_000_000
        self.waitingBytesMax = waitingBytesMax
        self.tracker = tracker
        self.file = file
        unapplied = pending
        self.sinceCut = sinceCut
        self.load = load
        waitingBlock = block
        waitingDigest = digest
        self.report = report
    }

    /// Takes the changes of a durable block; the caller asks `hasRoom` before.
    func put(
        block: UInt64, digest: Hash256, writes: UnsafeRawBufferPointer,
        marks: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        mutex.lock()
        waiting.append(raw: writes)
        if marks.count > 0 {
            waitingMarks.append(raw: marks)
            joints.append(Joint(writes: waiting.count, marks: waitingMarks.count))
        }
        waitingBlock = block
        waitingDigest = digest
        mutex.unlock()
    }

    /// The root over everything taken so far; computed now unless it is known.
    func anchorNow() -> Anchor {
        work.lock()
        defer { work.unlock() }
        return computeAnchor()
    }

    /// Reads the state after the last durable block, and says which that is; makes it an anchor first where that is asked for.
    func readState<Value>(
        anchored: Bool, _ body: (_ trie: StateTrie, _ codes: [Hash256: [UInt8]], _ block: UInt64, _ anchor: Anchor?) -> Value
    ) -> Value {
        work.lock()
        defer { work.unlock() }
        if anchored {
            let anchor = computeAnchor()
            return body(tracker.trie, codes, anchor.block, anchor)
        }
        let (block, _) = takeOver()
        applyPending()
        return body(tracker.trie, codes, block, nil)
    }

    private func computeAnchor() -> Anchor {
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

    /// Signals this wait point when a checkpoint's changes can be collected.
    func tell(_ waitPoint: WaitPoint) { work.withLock { cutListener = waitPoint } }

    /// Takes note that a checkpoint lies between the last block put and the next one.
    func cut(_ seed: CheckpointSeed) {
        mutex.lock()
        joints.append(Joint(writes: waiting.count, marks: waitingMarks.count, seed: seed))
        mutex.unlock()
        cutListener?.signal()
    }

    /// The changes between the last two cuts, once there is a new one.
    func collectCut() -> (seed: CheckpointSeed, changes: MergedChanges)? {
        work.lock()
        defer { work.unlock() }
        if readyCut == nil { _ = takeOver() }
        defer { readyCut = nil }
        return readyCut
    }

    private func applyPending() {
        if let load {
            self.load = nil
            do throws(LogError) {
                try load.run(into: tracker.trie) { codes[$0] = $1 }
            } catch {
                preconditionFailure("a snapshot that recovery has read cannot be read again: \(error.file): \(error.reason)")
            }
        }
        if let unapplied {
            self.unapplied = nil
            takeOver(unapplied)
        }
        guard !pending.isEmpty else { return }
        takeOver(pending)
        pending = MergedChanges()
    }

    private func takeOver(_ changes: MergedChanges) {
        if !changes.codes.isEmpty { codes.merge(changes.codes) { $1 } }
        tracker.apply(changes)
    }

    /// Merges what waits; returns the block that it leads to.
    private func takeOver() -> (block: UInt64, digest: Hash256) {
        mutex.lock()
        swap(&waiting, &taken)
        swap(&waitingMarks, &takenMarks)
        let joints = self.joints
        self.joints = []
        let block = waitingBlock
        let digest = waitingDigest
        mutex.unlock()
        merge(joints)
        takenMarks.truncate(to: 0)
        if taken.capacity > LedgerLimits.anchorBytesKept { taken = ByteBuffer() } else { taken.truncate(to: 0) }
        return (block, digest)
    }

    /// Merges what was taken, and closes the changes since the last cut at a new one.
    private func merge(_ joints: [Joint]) {
        var start = Joint(writes: 0, marks: 0)
        for joint in joints {
            merge(start, joint)
            start = joint
            guard let seed = joint.seed, let changes = sinceCut else { continue }
            precondition(readyCut == nil, "a checkpoint begins when the last one is done")
            readyCut = (seed, changes)
            sinceCut = MergedChanges()
        }
        merge(start, Joint(writes: taken.count, marks: takenMarks.count))
    }

    private func merge(_ start: Joint, _ end: Joint) {
        pending.merge(encoded: UnsafeRawBufferPointer(rebasing: taken.bytes[start.writes..<end.writes]), also: sinceCut)
        sinceCut?.mark(encoded: UnsafeRawBufferPointer(rebasing: takenMarks.bytes[start.marks..<end.marks]))
    }

    /// Makes room where too much waits: then the caller merges it, whatever the interval of anchors, so that the log never
    /// waits for one. What is kept is bounded by the accounts and slots that there are.
    var hasRoom: Bool {
        if !hasRoomAtOnce { work.withLock { _ = takeOver() } }
        return true
    }

    /// Whether there is room without making it.
    var hasRoomAtOnce: Bool {
        let (count, isStopping) = mutex.withLock { (waiting.count, self.isStopping) }
        return isStopping || count <= (computesAnchors ? waitingBytesMax : min(waitingBytesMax, LedgerLimits.anchorBytesKept))
    }

    /// Bytes of write sets that wait.
    var waitingByteCount: Int { mutex.withLock { waiting.count } }

    private var computesAnchors: Bool { intervalNanoseconds > 0 }

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
