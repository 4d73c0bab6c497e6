internal import EVM

/// Brings a ledger from its newest good checkpoint, or from its genesis, to the end of its log and makes the log ready to
/// be continued.
struct Recovery {
    let core: LedgerCore
    let log: any BlockLog
    private(set) var status = LedgerStatus()
    /// The checkpoints that are kept, the newest first.
    let checkpoints: [Checkpoint]
    private let anchorFile: AnchorFile?
    /// Changes of the blocks read so far, or of the genesis where there is no checkpoint.
    private let tail: MergedChanges
    private let load: StateLoad?
    private let makesCheckpoints: Bool

    /// Loads the checkpoint and executes the log behind it.
    init(
        genesis: LedgerGenesis, storage: DiskStorage, folder: WorldFolder?, configuration: LedgerConfiguration,
        executor: any BlockExecutor, world: LedgerWorld = .real
    ) throws(LedgerError) {
        var start: CheckpointStart?
        do throws(LogError) {
            if let folder {
                start = try CheckpointStart.find(
                    folder, genesis: genesis, executor: executor, configuration: configuration, threads: world.threads,
                    notes: &status.recoveryNotes)
            }
            anchorFile =
                if let folder { try AnchorFile(disk: folder.disk, path: folder.anchorsPath, isReadOnly: false) } else { nil }
            if let start {
                core = start.core
            } else {
                let store = try ReceiptStore(
                    disk: folder?.disk, path: folder?.receiptsPath ?? "receipts",
                    chunksInMemory: configuration.receiptChunksInMemory)
                let seed = configuration.idSeed ?? UInt64.random(in: 0...UInt64.max)
                core = LedgerCore(
                    genesis: genesis, executor: executor, store: store, index: OperationIndex(hash: IdHash(seed: seed)),
                    expectedAccounts: configuration.expectedAccounts, expectedSlots: configuration.expectedSlots)
            }
        } catch {
            throw .disk(error)
        }
        if let folder { core.logKey = folder.logKey }
        load = start?.load
        checkpoints = start?.kept ?? []
        makesCheckpoints = folder != nil && configuration.checkpointOperations > 0
        let tail = MergedChanges()
        self.tail = tail
        if start == nil { tail.merge(genesis.diff) }
        let progress = configuration.onRecovery
        let replay = Replay(core: core, storage: storage, from: start?.checkpoint.position, threads: world.threads)
        let end = try replay.run { [core] block throws(LedgerError) in
            tail.merge(encoded: block.writes.bytes)
            tail.mark(encoded: block.marks.bytes)
            progress?(core.operationCount)
        }
        for stray in end.strays {
            status.recoveryNotes.append(
                "segment \(stray.segment): bytes behind offset \(stray.offset) belong to no record; nothing is missing, since "
                    + "block \(stray.next) of the next segment goes on there")
        }
        log = try Self.openLog(storage, end, core, anchorFile, configuration, world)
        status.blocks = core.headNumber
        status.head = core.headDigest
        status.timestampMilliseconds = core.headTimestampMilliseconds
        status.operations = core.operationCount
        status.operationsDigest = core.resultsDigest
        status.gas = core.gasUsed
        status.checkpointBlock = checkpoints.first?.position.block ?? 0
    }

    /// Cuts off what is torn and opens the log for more.
    private static func openLog(
        _ storage: DiskStorage, _ end: LogEnd, _ core: LedgerCore, _ anchorFile: AnchorFile?,
        _ configuration: LedgerConfiguration, _ world: LedgerWorld
    ) throws(LedgerError) -> any BlockLog {
        let anchored: UInt64
        do throws(LogError) {
            anchored = try anchorFile?.load().last?.block ?? 0
        } catch {
            throw .disk(error)
        }
        if anchored > core.headNumber { throw .blocksMissing(head: core.headNumber, anchored: anchored) }
        do throws(LogError) {
            try LogScanner.cut(storage, at: end)
            return try SegmentedBlockLog(
                storage: storage, segmentBytes: configuration.segmentBytes, segment: end.segment, offset: end.offset,
                lastNumber: core.headNumber, threads: world.threads)
        } catch {
            throw .disk(error)
        }
    }

    /// The anchor service, which has taken everything up to the head.
    func makeAnchorService(
        clock: any LedgerClock, intervalMilliseconds: Int, report: @escaping @Sendable (Anchor) -> Void
    ) -> AnchorService {
        AnchorService(
            tracker: MerkleStateRoot(), file: anchorFile, pending: tail, block: core.headNumber,
            digest: core.headDigest, sinceCut: makesCheckpoints ? tail : nil, load: load, clock: clock,
            intervalMilliseconds: intervalMilliseconds, report: report)
    }
}
