public import EVM
internal import Synchronization

/// A world with its log: takes submissions, executes them in micro-blocks, makes those durable, and answers.
///
///     submit -> queue -> sequencer (execute, seal) -> log thread (write, sync) -> answers
///                                                            \-> anchor thread (state root)
///
/// Executing block N+1 overlaps the sync of block N; the answers of N leave when N is durable.
public final class Ledger: @unchecked Sendable {
    // Sendable: what changes after `start` is in `shared` and `anchors`; start and stop are guarded by `lifecycle`.
    private let configuration: LedgerConfiguration
    private let folder: WorldFolder?
    let core: LedgerCore
    private let log: any BlockLog
    private let shared: LedgerShared
    private let anchors: AnchorService
    private let world: LedgerWorld
    private let lifecycle = SystemMutex()
    private var threads: [any RunningWork] = []
    /// Threads that end after the others.
    private var background: [any RunningWork] = []
    private var checkpointer: Checkpointer?
    /// Set by `start`, before anybody submits.
    private var shortcut: Shortcut?
    private let storage: DiskStorage
    private let checkpoints: [Checkpoint]
    private var hasStopped = false
    private var observer: (any BlockObserver)?
    private var closer: (any BlockCloser)?

    /// Opens the world in a folder, made where there is none, and executes what its log holds.
    public convenience init(
        genesis: LedgerGenesis, folder path: String, configuration: LedgerConfiguration = LedgerConfiguration()
    ) throws(LedgerError) {
        let machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        try self.init(
            genesis: genesis, folder: path, configuration: configuration,
            executor: SequentialExecutor(machine: machine, rules: genesis.rules))
    }

    /// Opens the world in a folder with an executor of the caller's choice.
    public convenience init(
        genesis: LedgerGenesis, folder path: String, configuration: LedgerConfiguration, executor: any BlockExecutor
    ) throws(LedgerError) {
        try self.init(genesis: genesis, folder: path, configuration: configuration, executor: executor, world: .real)
    }

    /// As above, in a world of the caller's choice.
    package convenience init(
        genesis: LedgerGenesis, folder path: String, configuration: LedgerConfiguration, executor: any BlockExecutor,
        world: LedgerWorld
    ) throws(LedgerError) {
        try configuration.validate()
        let disk = world.disk
        let folder = try WorldFolder(
            disk: disk, creating: path, genesisDigest: genesis.digest,
            logKey: configuration.idSeed.map { HashSeed.fold($0 | 1, 0x9e37_79b9_7f4a_7c15) } ?? .random(in: 1 ... .max))
        let storage = DiskStorage(disk: disk, folder: folder.logPath, usesDirectWrites: configuration.usesDirectWrites)
        try self.init(
            genesis: genesis, storage: storage, folder: folder, configuration: configuration, executor: executor,
            world: world)
    }

    /// Opens the world on any storage; without a folder receipts stay in memory and anchors are not stored.
    init(
        genesis: LedgerGenesis, storage: DiskStorage, folder: WorldFolder?, configuration: LedgerConfiguration,
        executor: any BlockExecutor, world: LedgerWorld = .real
    ) throws(LedgerError) {
        try configuration.validate()
        self.world = world
        self.configuration = configuration
        self.folder = folder
        let recovery = try Recovery(
            genesis: genesis, storage: storage, folder: folder, configuration: configuration, executor: executor,
            world: world)
        core = recovery.core
        core.plantedBug = world.plantedBug
        log = recovery.log
        self.storage = storage
        checkpoints = recovery.checkpoints
        let shared = LedgerShared(configuration: configuration, status: recovery.status)
        self.shared = shared
        anchors = recovery.makeAnchorService(
            clock: world.clock, intervalMilliseconds: configuration.anchorMilliseconds
        ) { anchor in shared.status.withLock { $0.anchor = anchor } }
    }

    deinit { drainAndStop() }

    /// Starts the threads. `answers` is called on them, with the answers of one block at a time, and must be quick.
    public func start(answers: @escaping @Sendable ([Answer]) -> Void) {
        lifecycle.lock()
        defer { lifecycle.unlock() }
        precondition(threads.isEmpty && !hasStopped, "a ledger starts once")
        let sequencer = Sequencer(
            core: core, shared: shared, configuration: configuration, clock: world.clock, answers: answers)
        sequencer.durableState = anchors
        sequencer.calls = closer.map {
            BlockCalls(
                $0, blockOperationsMax: configuration.blockOperationsMax, blockBytesMax: configuration.blockBytesMax)
        }
        if configuration.checkpointOperations > 0, let folder, let spiller = core.store.spiller {
            let work = Checkpointer(
                folder: folder.checkpoints, storage: storage, genesisDigest: core.genesisDigest, logKey: core.logKey,
                keepsLog: configuration.keepsLog, world: world, shared: shared, anchors: anchors, spiller: spiller,
                kept: checkpoints, index: core.index)
            checkpointer = work
            sequencer.checkpointer = work
            sequencer.checkpointedOperations = checkpoints.first?.position.operationCount ?? 0
            background.append(
                world.threads.start(work, name: "hoard-snapshot", stackBytes: 1 << 20, niceLevel: 10))
        }
        let writer = LogWriter(
            shared: shared, clock: world.clock, log: log, anchors: anchors, durable: core.headNumber, answers: answers)
        if let work = core.store.startSpilling(world, shared: shared) { background.append(work) }
        writer.syncsLate = world.plantedBug == .replyBeforeSync
        writer.observer = observer
        shortcut = Shortcut(sequencer, writer, shared)
        threads.append(world.threads.start(writer, name: "hoard-log", stackBytes: 1 << 20, niceLevel: -10))
        threads.append(world.threads.start(sequencer, name: "hoard-sequencer", stackBytes: 64 << 20, niceLevel: 0))
        if configuration.anchorMilliseconds > 0 {
            threads.append(world.threads.start(anchors, name: "hoard-anchor", stackBytes: 1 << 20, niceLevel: 10))
        }
    }

    /// Puts submissions into the queue and returns how many, from the front, were taken; the queue had no room for the
    /// rest. Linked operations must come in one call and are taken together or not at all.
    public func submit(_ submissions: [Submission]) -> Int {
        var submissions = submissions
        return submit(taking: &submissions)
    }

    /// The same, but moves what it takes out of the array, in which the rest stays.
    public func submit(taking submissions: inout [Submission]) -> Int {
        let taken = shared.submissions.put(&submissions)
        if taken > 0 { shared.sequencerWait.signal() }
        return taken
    }

    /// The same for a few submissions of somebody who believes to be alone: where the ledger's threads have nothing to do, their
    /// work is done on the calling thread, and the nanoseconds that it took are returned. Then their answers have been given, but
    /// for what a full queue or a stalled disk left over, which comes the usual way or stays in `submissions`. Nil: all are on
    /// their usual way.
    public func finish(taking submissions: inout [Submission]) -> UInt64? {
        let start = world.clock.monotonicNanoseconds()
        if let shortcut, shortcut.finish(&submissions) { return world.clock.monotonicNanoseconds() - start }
        _ = submit(taking: &submissions)
        return nil
    }

    /// Takes nothing in any more, finishes and answers everything taken, ends the threads, and leaves the folder to
    /// others. Status and state root can still be asked for.
    public func drainAndStop() {
        lifecycle.lock()
        defer { lifecycle.unlock() }
        guard !hasStopped else { return }
        hasStopped = true
        shared.submissions.close()
        shared.sequencerWait.signal()
        anchors.stop()
        for thread in threads { thread.join() }
        if configuration.anchorMilliseconds > 0, !threads.isEmpty, !shared.hasFailed { _ = anchors.anchorNow() }
        threads = []
        checkpointer?.stop()
        core.store.spiller?.stop()
        for work in background { work.join() }
        background = []
        anchors.close()
        folder?.unlock()
    }

    /// Ends the threads as a crash would: what is not durable is lost, and nobody gets an answer any more.
    package func abandon() {
        shared.fail("abandoned")
        drainAndStop()
    }

    /// What is in the ledger under an id; for audits before `start`, when nobody else uses the core.
    package func stored(
        _ id: OperationID
    ) throws(LogError) -> (block: UInt64, index: UInt32, receipt: Receipt)? {
        precondition(threads.isEmpty, "an audit of a ledger that runs")
        guard let stored = try core.stored(id) else { return nil }
        return (stored.block, stored.index, stored.receipt)
    }

    /// Reads and changes nothing; for audits before `start`.
    package func view(_ call: ViewCall) -> Receipt {
        precondition(threads.isEmpty, "an audit of a ledger that runs")
        let environment = core.nextEnvironment(
            timestampMilliseconds: core.headTimestampMilliseconds, clockMode: configuration.clockMode)
        return core.executor.view(call, in: environment, world: core.world)
    }

    /// What accounts, slots, ids and receipts take in memory; before `start`, when nobody else uses the core.
    package var memoryUse: LedgerMemoryUse {
        precondition(threads.isEmpty, "an audit of a ledger that runs")
        return core.memoryUse
    }

    /// Has somebody hear of every block that becomes durable; before `start`. What recovery has stored of receipts is written
    /// to their file first, so that whoever was away can read everything up to now.
    public func observe(_ observer: any BlockObserver) throws(LedgerError) {
        precondition(threads.isEmpty, "observed from the start or not at all")
        self.observer = observer
        do throws(LogError) {
            try core.store.handOver()
        } catch {
            throw .disk(error)
        }
    }

    /// Has somebody end every block that is made from now on; before `start`.
    public func endBlocks(with closer: any BlockCloser) {
        precondition(threads.isEmpty, "blocks are ended from the start or not at all")
        self.closer = closer
    }

    /// Reads the state after the last durable block, which the anchors' trie holds, without touching what executes. With
    /// `anchored` that block becomes an anchor first. Whoever reads waits while an anchor is computed.
    public func readDurable<Value>(anchored: Bool = false, _ body: (DurableState) -> Value) -> Value {
        anchors.readState(anchored: anchored) { trie, codes, block, anchor in
            body(DurableState(block: block, anchor: anchor, trie: trie, codes: codes))
        }
    }

    /// Where the ledger stands.
    public var status: LedgerStatus { shared.status.withLock { $0 } }

    /// Submissions that wait in front of the sequencer.
    public var queuedCount: Int { shared.submissions.count }

    /// The name of the world: the digest of its genesis.
    public var worldID: Hash256 { core.genesisDigest }

    /// The state root after the last durable block, computed now unless it is known.
    public func stateRoot() -> Anchor { anchors.anchorNow() }
}
