public import EVM

/// Reads the blocks of a world's folder with their receipts, also while a server writes: only blocks that are durable are
/// asked for, and whatever of their receipts is not in the file yet is left for later.
public final class BlockArchive: @unchecked Sendable {
    // Sendable: used by one thread at a time.
    private let disk: any Disk
    private let clock: any LedgerClock
    private let folder: WorldFolder
    private let storage: DiskStorage
    private let genesisDigest: Hash256
    /// Where the receipts of the next block begin; nil where that has to be looked for.
    public private(set) var receiptsOffset: Int?

    /// The archive of a folder.
    public convenience init(folder path: String, genesisDigest: Hash256) throws(LedgerError) {
        try self.init(folder: path, genesisDigest: genesisDigest, world: .real)
    }

    /// The same in a world of the caller's choice.
    init(folder path: String, genesisDigest: Hash256, world: LedgerWorld) throws(LedgerError) {
        disk = world.disk
        clock = world.clock
        folder = try WorldFolder(disk: world.disk, reading: path, genesisDigest: genesisDigest)
        storage = DiskStorage(disk: world.disk, folder: folder.logPath, isReadOnly: true)
        self.genesisDigest = genesisDigest
    }

    private func onDisk<Value>(_ body: () throws(LogError) -> Value) throws(LedgerError) -> Value {
        do throws(LogError) {
            return try body()
        } catch {
            throw .disk(error)
        }
    }

    /// The first block that the log still holds; nil where it holds none.
    public func firstBlock() throws(LedgerError) -> UInt64? {
        try onDisk { () throws(LogError) in
            guard let segment = try storage.segments().first else { return nil }
            return try LogScanner.firstNumber(storage, segment, folder.logKey)
        }
    }

    /// The anchors that are stored, in order.
    public func anchors() throws(LedgerError) -> [Anchor] {
        try onDisk { () throws(LogError) in
            try AnchorFile(disk: disk, path: folder.anchorsPath, isReadOnly: true).load().map {
                Anchor(block: $0.block, stateRoot: $0.stateRoot)
            }
        }
    }

    /// Visits the blocks from `first` to `last`, which are durable, in order, until the body says false or a receipt is not in
    /// its file yet. `offset` says where the receipts of `first` begin, where that is known; `doubt` is what the look before this
    /// one has left, and becomes what this one leaves.
    public func visit(
        from first: UInt64, to last: UInt64, receiptsOffset offset: Int?, doubt: inout ReceiptDoubt?,
        _ body: (DurableBlock) -> Bool
    ) throws(LedgerError) {
        let before = doubt
        let receipts = try onDisk { () throws(LogError) in try ReceiptFileReader(folder, clock, before) }
        defer { doubt = receipts.doubt }
        receiptsOffset = if let offset { offset } else { try onDisk { () throws(LogError) in try receipts.find(first) } }
        guard var place = receiptsOffset else { return }
        var scanner = try LogScanner(
            storage: storage, genesisDigest: genesisDigest, logKey: folder.logKey, after: first - 1, digest: nil)
        var results = ByteBuffer()
        while scanner.lastNumber < last, let record = try scanner.next() {
            results.truncate(to: 0)
            let isThere = try onDisk { () throws(LogError) in
                try receipts.results(of: record.number, count: Int(record.header.operationCount), &place, &results)
            }
            guard isThere else { return }
            receiptsOffset = place
            let block = DurableBlock(
                header: record.header, digest: record.digest, operations: record.operations, results: results.bytes,
                writes: UnsafeRawBufferPointer(start: nil, count: 0))
            if !body(block) { return }
        }
    }
}
