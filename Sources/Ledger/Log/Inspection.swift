public import EVM

/// An operation that is in the ledger, with all that is known of it.
public struct LedgerEntry: Sendable {
    /// The block that it is in.
    public var block: UInt64
    /// Its place there.
    public var index: UInt32
    /// The client's name for it.
    public var id: OperationID
    /// What the EVM ran.
    public var transaction: Transaction
    /// What came of it.
    public var receipt: Receipt
}

/// A world read from its folder, to be looked at: blocks, receipts, accounts, storage. Changes nothing.
public final class LedgerInspection {
    private let core: LedgerCore
    private let storage: DiskStorage
    /// The anchors that are stored.
    public let anchors: [Anchor]

    /// Executes the log of a folder, up to a block where one is named.
    public convenience init(
        folder path: String, genesis: LedgerGenesis, upTo block: UInt64 = .max
    ) throws(LedgerError) {
        let machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        try self.init(
            folder: path, genesis: genesis, executor: SequentialExecutor(machine: machine, rules: genesis.rules),
            upTo: block)
    }

    /// As above, with an executor of the caller's choice.
    public init(
        folder path: String, genesis: LedgerGenesis, executor: any BlockExecutor, upTo block: UInt64 = .max
    ) throws(LedgerError) {
        let folder = try WorldFolder(disk: SystemDisk.shared, reading: path, genesisDigest: genesis.digest)
        storage = DiskStorage(disk: folder.disk, folder: folder.logPath, isReadOnly: true)
        do throws(LogError) {
            anchors = try AnchorFile(disk: folder.disk, path: folder.anchorsPath, isReadOnly: true).load().map {
                Anchor(block: $0.block, stateRoot: $0.stateRoot)
            }
        } catch {
            throw .disk(error)
        }
        let start: CheckpointStart?
        do throws(LogError) {
            start = try CheckpointStart.reading(folder, genesis: genesis, executor: executor, upTo: block)
        } catch {
            throw .disk(error)
        }
        core = if let start { start.core } else { try LedgerCore(genesis: genesis, executor: executor) }
        core.logKey = folder.logKey
        _ = try Replay(core: core, storage: storage, from: start?.checkpoint.position, upTo: block).run {
            _ throws(LedgerError) in
        }
    }

    /// The number of the last block read.
    public var headNumber: UInt64 { core.headNumber }
    /// Its digest.
    public var head: Hash256 { core.headDigest }
    /// Operations in all blocks.
    public var operationCount: UInt64 { core.operationCount }
    /// SHA-256 over id, outcome, gas, return data and logs of all operations, in order.
    public var operationsDigest: Hash256 { core.resultsDigest }
    /// The state after the last block read.
    public var world: WorldState { core.world }

    /// A block with its operations and their receipts; nil where there is none of this number.
    public func block(_ number: UInt64) throws(LedgerError) -> SealedBlock? {
        guard number > 0, number <= core.headNumber else { return nil }
        var scanner = try LogScanner(
            storage: storage, genesisDigest: core.genesisDigest, logKey: core.logKey, after: number - 1, digest: nil)
        while let record = try scanner.next() {
            guard record.number == number else { return nil }
            guard let block = try? MicroBlock(record) else { return nil }
            var receipts: [Receipt] = []
            for operation in block.operations {
                guard let entry = try entry(operation.id) else { return nil }
                receipts.append(entry.receipt)
            }
            return SealedBlock(block: block, receipts: receipts)
        }
        return nil
    }

    /// The first block that the log still holds, 1 unless what checkpoints cover was cut off; one more than the head where it holds none.
    public func firstBlock() throws(LedgerError) -> UInt64 {
        do throws(LogError) {
            for segment in try storage.segments() {
                if let number = try LogScanner.firstNumber(storage, segment, core.logKey) { return number }
            }
        } catch {
            throw .disk(error)
        }
        return core.headNumber + 1
    }

    /// Hands over every operation that the log still holds, in order, with what became of it.
    public func entries(_ body: (LedgerEntry) throws -> Void) throws {
        let first = try firstBlock()
        guard first <= core.headNumber else { return }
        var scanner = try LogScanner(
            storage: storage, genesisDigest: core.genesisDigest, logKey: core.logKey, after: first - 1, digest: nil)
        while let record = try scanner.next(), record.number <= core.headNumber, let block = try? MicroBlock(record) {
            for operation in block.operations {
                if let entry = try entry(operation.id) { try body(entry) }
            }
        }
    }

    /// Visits the blocks of the log behind a number, in order, also those behind the last block read; without executing
    /// them. Ends early where `body` returns false.
    public func forEachBlock(
        after number: UInt64, _ body: (MicroBlock) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        var scanner = try LogScanner(
            storage: storage, genesisDigest: core.genesisDigest, logKey: core.logKey, after: number, digest: nil)
        while let record = try scanner.next() {
            guard record.number > number else { continue }
            let block: MicroBlock
            do { block = try MicroBlock(record) } catch {
                throw .disk(LogError(call: "read", file: "log", reason: "block \(record.number) cannot be decoded"))
            }
            guard try body(block) else { return }
        }
    }

    /// What is known of an operation; nil where no operation of this id is in the ledger.
    public func entry(_ id: OperationID) throws(LedgerError) -> LedgerEntry? {
        let found: StoredOperation?
        do throws(LogError) {
            found = try core.stored(id)
        } catch {
            throw .disk(error)
        }
        guard let stored = found else { return nil }
        let transaction = stored.transaction.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return try? reader.transaction()
        }
        guard let transaction else { preconditionFailure("a stored transaction cannot be read back") }
        return LedgerEntry(
            block: stored.block, index: stored.index, id: id, transaction: transaction, receipt: stored.receipt)
    }

    /// The account, or nil where there is none.
    public func account(_ address: Address) -> AccountState? { core.world.account(address) }

    /// The value of a storage slot.
    public func storage(_ address: Address, _ slot: U256) -> U256 { core.world.storage(address, slot) }
}
