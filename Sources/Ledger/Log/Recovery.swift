internal import EVM

/// Brings a ledger from its genesis to the end of its log and makes the log ready to be continued.
struct Recovery {
    let core: LedgerCore
    let log: any BlockLog
    private(set) var status = LedgerStatus()
    private let anchorFile: AnchorFile?
    private let tracker: any StateRootTracker
    private let bufferedAnchors: AnchorBuffer

    /// Executes the log from the genesis on.
    init(
        genesis: LedgerGenesis, storage: any LogStorage, folder: WorldFolder?, configuration: LedgerConfiguration,
        executor: any BlockExecutor, world: LedgerWorld = .real
    ) throws(LedgerError) {
        do throws(LogError) {
            let store = try ReceiptStore(
                disk: folder?.disk, path: folder?.receiptsPath ?? "receipts", chunksInMemory: configuration.receiptChunksInMemory)
            core = LedgerCore(
                genesis: genesis, executor: executor, store: store, expectedAccounts: configuration.expectedAccounts,
                expectedSlots: configuration.expectedSlots)
            anchorFile =
                if let folder { try AnchorFile(disk: folder.disk, path: folder.anchorsPath, isReadOnly: false) } else { nil }
        } catch {
            throw .disk(error)
        }
        tracker = MerkleStateRoot()
        let buffer = AnchorBuffer()
        bufferedAnchors = buffer
        buffer.merged.merge(genesis.diff)
        let end = try Self.replay(core, storage) { _, writes throws(LedgerError) in
            buffer.merged.merge(encoded: writes)
        }
        do throws(LogError) {
            let anchored = try anchorFile?.load().last?.block ?? 0
            if anchored > core.headNumber { throw LogError(call: "anchors", file: "", code: -1, reason: "\(anchored)") }
            try LogScanner.cut(storage, at: end)
            log = try SegmentedBlockLog(
                storage: storage, segmentBytes: configuration.segmentBytes, segment: end.segment, offset: end.offset,
                lastNumber: core.headNumber, threads: world.threads)
        } catch {
            if error.call == "anchors", let anchored = UInt64(error.reason) {
                throw .blocksMissing(head: core.headNumber, anchored: anchored)
            }
            throw .disk(error)
        }
        status.blocks = core.headNumber
        status.head = core.headDigest
        status.timestampMilliseconds = core.headTimestampMilliseconds
        status.operations = core.operationCount
        status.operationsDigest = core.resultsDigest
        status.gas = core.gasUsed
    }

    /// Executes every block of a log; returns where the log ends.
    static func replay(
        _ core: LedgerCore, _ storage: any LogStorage,
        changes: (_ block: UInt64, _ writes: UnsafeRawBufferPointer) throws(LedgerError) -> Void
    ) throws(LedgerError) -> LogEnd {
        var scanner = try LogScanner(storage: storage, genesisDigest: core.genesisDigest)
        let replayer = Replayer(core: core)
        while let record = try scanner.next() { try replayer.replay(record, changes: changes) }
        guard let end = scanner.end else { preconditionFailure("a scanner that returns nil knows the end") }
        return end
    }

    /// The anchor service, which has taken everything up to the head.
    func makeAnchorService(
        clock: any LedgerClock, intervalMilliseconds: Int, report: @escaping @Sendable (Anchor) -> Void
    ) -> AnchorService {
        AnchorService(
            tracker: tracker, file: anchorFile, pending: bufferedAnchors.merged, block: core.headNumber,
            digest: core.headDigest, clock: clock, intervalMilliseconds: intervalMilliseconds, report: report)
    }
}

/// Changes of the blocks read so far.
private final class AnchorBuffer {
    var merged = MergedChanges()
}
