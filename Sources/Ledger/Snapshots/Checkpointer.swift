internal import EVM
internal import Synchronization

/// The work that makes checkpoints in the background: the ids and the state that have changed go into runs of their own,
/// runs are merged where there are too many, and a small file that names all of them makes the checkpoint valid.
///
///     idle -> receipts durable -> ids written -> ids merged -> state written -> state merged -> published -> cleaned -> idle
///
/// Whatever fails before `published` is begun again from the start; nothing else depends on it.
final class Checkpointer: StepWork, @unchecked Sendable {
    // Sendable: `stage` and what belongs to it are the work's alone; the rest is guarded by `shared` boxes.
    private enum Stage {
        case idle
        case receipts
        case ids(IdRunFromTable)
        case mergingIds(IdRunMerge)
        case state(StateRunFromChanges)
        case mergingState(StateRunMerge)
        case publishing
        case cleaning
    }

    /// What a checkpoint in the making consists of.
    private struct Draft {
        var seed: CheckpointSeed
        var changes: MergedChanges
        var checkpoint: Checkpoint
        var runs: [IdRun]
    }

    /// Where cuts, written receipts and the end are signalled.
    let waitPoint = WaitPoint(spinMicroseconds: 0)
    private let folder: CheckpointFolder
    private let storage: DiskStorage
    private let genesisDigest: Hash256
    private let logKey: UInt64
    private let keepsLog: Bool
    private let clock: any LedgerClock
    private let shared: LedgerShared
    private let anchors: AnchorService
    private let spiller: ReceiptSpiller
    private let hash: IdHash
    private var stage = Stage.idle
    private var job: (seed: CheckpointSeed, changes: MergedChanges)?
    private var draft: Draft?
    /// The last two checkpoints, the newest first.
    private var kept: [Checkpoint]
    private var runs: [IdRun]
    private var retry = DiskRetry()
    private let isStopping = Atomic<Bool>(false)
    private let ready = Mutex<[IdRun]?>(nil)
    private let discarded = Mutex<IdTable?>(nil)

    /// A checkpointer that goes on behind the checkpoints that were found.
    init(
        folder: CheckpointFolder, storage: DiskStorage, genesisDigest: Hash256, logKey: UInt64, keepsLog: Bool,
        world: LedgerWorld, shared: LedgerShared, anchors: AnchorService, spiller: ReceiptSpiller, kept: [Checkpoint], index: OperationIndex
    ) {
        self.folder = folder
        self.storage = storage
        self.genesisDigest = genesisDigest
        self.logKey = logKey
        self.keepsLog = keepsLog
        clock = world.clock
        self.shared = shared
        self.anchors = anchors
        self.spiller = spiller
        self.kept = kept
        hash = index.hash
        runs = index.runs
        spiller.tell(waitPoint)
        anchors.tell(waitPoint)
    }

    /// Ends the work; a checkpoint that is not published is dropped.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        waitPoint.signal()
    }

    /// The runs of a checkpoint that was published since the last call: ids frozen for it need no memory any more.
    func takeReady() -> [IdRun]? {
        ready.withLock { runs in
            defer { runs = nil }
            return runs
        }
    }

    /// Frees a table on this work's thread.
    func discard(_ table: IdTable?) {
        discarded.withLock { $0 = table }
        waitPoint.signal()
    }

    /// Does the next piece.
    func step() -> StepOutcome {
        if isStopping.load(ordering: .acquiring) || shared.hasFailed { return .finished }
        discarded.withLock { $0 = nil }
        do throws(LogError) {
            return try proceed()
        } catch {
            draft = nil
            if case .cleaning = stage {} else if job != nil {
                stage = .receipts
                // What was begun must not take space from the log.
                try? folder.clean(keeping: kept)
            }
            shared.status.withLock {
                $0.checkpointFailure = "\(error.call) \(error.file): \(error.reason)"
            }
            return .waitsUntil(monotonicNanoseconds: clock.monotonicNanoseconds() + retry.failed())
        }
    }

    private func proceed() throws(LogError) -> StepOutcome {
        switch stage {
        case .idle:
            guard let cut = anchors.collectCut() else { return .waits }
            job = cut
            stage = .receipts
        case .receipts:
            guard let job else { preconditionFailure("a checkpoint begins with a cut") }
            guard spiller.end >= job.seed.position.receiptsEnd else { return .waits }
            try syncReceipts()
            try begin(job)
        case .ids(let work):
            guard let run = try work.advance() else { return pause() }
            draft?.runs.append(run)
            try mergeIdsOrGoOn()
        case .mergingIds(let work):
            guard let run = try work.advance() else { return pause() }
            replaceIds(with: run)
            try mergeIdsOrGoOn()
        case .state(let work):
            guard let run = try work.advance() else { return pause() }
            draft?.checkpoint.state.append(run)
            try mergeStateOrGoOn()
        case .mergingState(let work):
            guard let run = try work.advance() else { return pause() }
            replaceState(with: run)
            try mergeStateOrGoOn()
        case .publishing: try publish()
        case .cleaning:
            try clean()
            stage = .idle
        }
        return .worked
    }

    /// A breath between two pieces, so that the log has the disk to itself most of the time.
    private func pause() -> StepOutcome {
        .waitsUntil(monotonicNanoseconds: clock.monotonicNanoseconds() + LedgerLimits.backgroundPauseNanoseconds)
    }

    /// A failed sync of receipts cannot be tried again: what the system has dropped it does not report twice.
    private func syncReceipts() throws(LogError) {
        do throws(LogError) {
            try spiller.sync()
        } catch {
            shared.fail("\(error.call) \(error.file): \(error.reason)")
            throw error
        }
    }

    private func begin(_ job: (seed: CheckpointSeed, changes: MergedChanges)) throws(LogError) {
        let last = kept.first
        let checkpoint = Checkpoint(
            genesisDigest: genesisDigest, position: job.seed.position, idSeed: hash.seed,
            nextSequence: last?.nextSequence ?? 0, state: last?.state ?? [], ids: [])
        draft = Draft(seed: job.seed, changes: job.changes, checkpoint: checkpoint, runs: runs)
        if job.seed.ids.count > 0 {
            stage = .ids(
                try IdRunFromTable(
                    job.seed.ids, disk: folder.disk, folder: folder.path, sequence: takeSequence(), hash: hash))
        } else {
            try beginState()
        }
    }

    private func takeSequence() -> UInt64 {
        guard let number = draft?.checkpoint.nextSequence else { preconditionFailure("only a draft takes numbers") }
        draft?.checkpoint.nextSequence += 1
        return number
    }

    /// The first of the last runs that together weigh as much as it does; so every run outweighs all after it, and their
    /// number grows with the logarithm of what they hold.
    static func firstToMerge(_ weights: [Int]) -> Int? {
        var behind = 0
        var first: Int?
        for index in weights.indices.reversed() {
            if index < weights.count - 1, weights[index] <= behind { first = index }
            behind += weights[index]
        }
        return first
    }

    private func mergeIdsOrGoOn() throws(LogError) {
        guard let runs = draft?.runs else { preconditionFailure("ids belong to a draft") }
        guard let first = Self.firstToMerge(runs.map(\.info.count)) else { return try beginState() }
        stage = .mergingIds(
            try IdRunMerge(
                Array(runs[first...]), disk: folder.disk, folder: folder.path, sequence: takeSequence(), hash: hash))
    }

    private func replaceIds(with run: IdRun) {
        guard let runs = draft?.runs, let first = Self.firstToMerge(runs.map(\.info.count)) else { return }
        draft?.runs = runs[..<first] + [run]
    }

    private func beginState() throws(LogError) {
        guard let changes = draft?.changes else { preconditionFailure("state belongs to a draft") }
        stage = .state(
            try StateRunFromChanges(changes, disk: folder.disk, folder: folder.path, sequence: takeSequence()))
    }

    private func mergeStateOrGoOn() throws(LogError) {
        guard let state = draft?.checkpoint.state else { preconditionFailure("state belongs to a draft") }
        guard let first = Self.firstToMerge(state.map(\.byteCount)) else {
            stage = .publishing
            return
        }
        stage = .mergingState(
            try StateRunMerge(
                Array(state[first...]), isBase: first == 0, disk: folder.disk, folder: folder.path,
                sequence: takeSequence()))
    }

    private func replaceState(with run: StateRunInfo) {
        guard let state = draft?.checkpoint.state, let first = Self.firstToMerge(state.map(\.byteCount)) else { return }
        draft?.checkpoint.state = state[..<first] + [run]
    }

    private func publish() throws(LogError) {
        guard var checkpoint = draft?.checkpoint, let made = draft?.runs else { preconditionFailure("a draft is published") }
        checkpoint.ids = made.map(\.info)
        try folder.publish(checkpoint)
        runs = made
        kept.insert(checkpoint, at: 0)
        if kept.count > 2 { kept.removeLast() }
        draft = nil
        job = nil
        retry.succeeded()
        ready.withLock { $0 = made }
        shared.status.withLock {
            $0.checkpoints += 1
            $0.checkpointBlock = checkpoint.position.block
            $0.checkpointFailure = nil
        }
        shared.sequencerWait.signal()
        stage = .cleaning
    }

    /// Removes what no kept checkpoint needs, and the log behind the older one.
    private func clean() throws(LogError) {
        try folder.clean(keeping: kept)
        guard !keepsLog, kept.count == 2 else { return }
        try LogScanner.truncate(storage, before: kept[1].position.block + 1, logKey: logKey)
    }
}
