public import EVM

/// What executing a whole log again has shown.
public struct VerificationReport: Sendable, Equatable {
    /// Blocks that are right.
    public var blocks: UInt64 = 0
    /// The first block that was executed again: 1, or the one behind the oldest checkpoint where the log before it is gone.
    public var firstBlock: UInt64 = 1
    /// Operations in them.
    public var transactions: UInt64 = 0
    /// The digest of the last of them.
    public var head = Hash256.zero
    /// The state root after it.
    public var stateRoot = Hash256.zero
    /// SHA-256 over id, outcome, gas, return data and logs of all operations, in order.
    public var operationsDigest = Hash256.zero
    /// State roots that were compared with anchors.
    public var anchorsCompared = 0
    /// Whether an unfinished record lies behind the last block; it was never answered.
    public var hasTornTail = false
    /// What is wrong, at the block after the last right one; nil where nothing is.
    public var failure: LedgerError?

    /// Whether every block is right.
    public var ok: Bool { failure == nil }
    /// The first block that is not right.
    public var firstBadBlock: UInt64? { failure == nil ? nil : blocks + 1 }
}

extension Ledger {
    /// Executes the log of a folder again, without changing anything, and compares every digest and the last anchor.
    /// `progress` hears the number of each block. Throws where the folder cannot be read or is another world's.
    public static func verify(
        folder path: String, genesis: LedgerGenesis, progress: @escaping (UInt64) -> Void = { _ in }
    ) throws(LedgerError) -> VerificationReport {
        let machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        return try verify(
            folder: path, genesis: genesis, executor: SequentialExecutor(machine: machine, rules: genesis.rules),
            progress: progress)
    }

    /// As above, with an executor of the caller's choice.
    public static func verify(
        folder path: String, genesis: LedgerGenesis, executor: any BlockExecutor, disk: any Disk = SystemDisk.shared,
        progress: @escaping (UInt64) -> Void
    ) throws(LedgerError) -> VerificationReport {
        let folder = try WorldFolder(disk: disk, reading: path, genesisDigest: genesis.digest)
        let anchors: [AnchorFile.Entry]
        do throws(LogError) {
            anchors = try AnchorFile(disk: folder.disk, path: folder.anchorsPath, isReadOnly: true).load()
        } catch {
            throw .disk(error)
        }
        let storage = DiskStorage(disk: folder.disk, folder: folder.logPath, isReadOnly: true)
        let start: CheckpointStart?
        do throws(LogError) {
            start =
                try storage.segments().first ?? 0 == 0
                ? nil
                : CheckpointStart.reading(folder, genesis: genesis, executor: executor, upTo: .max, oldest: true)
        } catch {
            throw .disk(error)
        }
        return try verify(
            storage: storage, genesis: genesis, executor: executor, anchors: anchors, start: start, logKey: folder.logKey,
            progress: progress)
    }

    /// As above, on any storage.
    static func verify(
        storage: DiskStorage, genesis: LedgerGenesis, executor: any BlockExecutor, anchors: [AnchorFile.Entry],
        start: CheckpointStart? = nil, logKey: UInt64? = nil, progress: @escaping (UInt64) -> Void
    ) throws(LedgerError) -> VerificationReport {
        let core = if let start { start.core } else { try LedgerCore(genesis: genesis, executor: executor) }
        if let logKey { core.logKey = logKey }
        let roots = try RootCheck(genesis: genesis, anchors: anchors, load: start?.load)
        var report = VerificationReport()
        report.firstBlock = core.headNumber + 1
        do throws(LedgerError) {
            let end = try Replay(core: core, storage: storage, from: start?.checkpoint.position).run {
                block throws(LedgerError) in
                try roots.take(block)
                progress(block.header.number)
            }
            report.hasTornTail = end.hasTornTail
            if let last = anchors.last, last.block > core.headNumber {
                throw .blocksMissing(head: core.headNumber, anchored: last.block)
            }
            report.blocks = core.headNumber
        } catch {
            if case .disk = error { throw error }
            report.failure = error
            report.blocks = core.headNumber
            if case .badBlock(let number, _, _, _) = error { report.blocks = number - 1 }
            if case .badAnchor(let number, _, _) = error { report.blocks = number - 1 }
        }
        report.transactions = core.operationCount
        report.head = core.headDigest
        report.operationsDigest = core.resultsDigest
        report.stateRoot = roots.root()
        report.anchorsCompared = roots.comparedCount
        return report
    }
}

/// Follows the state root of a log that is being read and compares it with the last anchor.
private final class RootCheck {
    private let tracker: any StateRootTracker = MerkleStateRoot()
    private let expected: AnchorFile.Entry?
    private var pending = MergedChanges()
    private(set) var comparedCount = 0

    init(genesis: LedgerGenesis, anchors: [AnchorFile.Entry], load: StateLoad?) throws(LedgerError) {
        expected = anchors.last { $0.block > 0 }
        guard let load else {
            pending.merge(genesis.diff)
            return
        }
        do throws(LogError) {
            try load.run(into: tracker.trie)
        } catch {
            throw .disk(error)
        }
    }

    func take(_ block: ReplayBlock) throws(LedgerError) {
        let number = block.header.number
        let digest = block.digest
        pending.merge(encoded: block.writes.bytes)
        guard let expected, expected.block == number else { return }
        comparedCount += 1
        let computed = root()
        guard computed == expected.stateRoot else {
            throw .badAnchor(block: number, have: computed, need: expected.stateRoot)
        }
        guard digest == expected.digest else {
            throw .badBlock(number: number, field: "digest", have: digest.hex, need: expected.digest.hex)
        }
    }

    func root() -> Hash256 {
        tracker.apply(pending)
        pending = MergedChanges()
        return tracker.root()
    }
}
