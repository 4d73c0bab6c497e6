public import EVM

/// Reads the blocks of a world's folder with their receipts, also while a server writes: only blocks that are durable are
/// asked for, and whatever of their receipts is not in the file yet is left for later.
public final class BlockArchive: @unchecked Sendable {
    // Sendable: used by one thread at a time.
    private let disk: any Disk
    private let storage: DiskStorage
    private let receiptsPath: String
    private let anchorsPath: String
    private let genesisDigest: Hash256
    private let logKey: UInt64
    /// Where the receipts of the next block begin; nil where that has to be looked for.
    public private(set) var receiptsOffset: Int?

    /// The archive of a folder.
    public init(folder path: String, genesisDigest: Hash256) throws(LedgerError) {
        let folder = try WorldFolder(disk: SystemDisk.shared, reading: path, genesisDigest: genesisDigest)
        disk = folder.disk
        storage = DiskStorage(disk: folder.disk, folder: folder.logPath, isReadOnly: true)
        receiptsPath = folder.receiptsPath
        anchorsPath = folder.anchorsPath
        logKey = folder.logKey
        self.genesisDigest = genesisDigest
    }

    /// The first block that the log still holds; nil where it holds none.
    public func firstBlock() throws(LedgerError) -> UInt64? {
        do throws(LogError) {
            guard let segment = try storage.segments().first else { return nil }
            return try LogScanner.firstNumber(storage, segment, logKey)
        } catch {
            throw .disk(error)
        }
    }

    /// The anchors that are stored, in order.
    public func anchors() throws(LedgerError) -> [Anchor] {
        do throws(LogError) {
            return try AnchorFile(disk: disk, path: anchorsPath, isReadOnly: true).load().map {
                Anchor(block: $0.block, stateRoot: $0.stateRoot)
            }
        } catch {
            throw .disk(error)
        }
    }

    /// Visits the blocks from `first` to `last`, which are durable, in order, until the body says false or a receipt is not in
    /// its file yet. `offset` says where the receipts of `first` begin, where that is known.
    public func visit(
        from first: UInt64, to last: UInt64, receiptsOffset offset: Int?, _ body: (DurableBlock) -> Bool
    ) throws(LedgerError) {
        do throws(LogError) {
            let receipts = ReceiptFileReader(try disk.open(receiptsPath, .read))
            receiptsOffset = if let offset { offset } else { try receipts.find(first) }
            guard var place = receiptsOffset else { return }
            try visit(first, last, receipts, &place, body)
        } catch {
            throw .disk(error)
        }
    }

    private func visit(
        _ first: UInt64, _ last: UInt64, _ receipts: ReceiptFileReader, _ place: inout Int, _ body: (DurableBlock) -> Bool
    ) throws(LogError) {
        var results = ByteBuffer()
        do throws(LedgerError) {
            var scanner = try LogScanner(
                storage: storage, genesisDigest: genesisDigest, logKey: logKey, after: first - 1, digest: nil)
            while scanner.lastNumber < last, let record = try scanner.next() {
                results.truncate(to: 0)
                guard try receipts.results(of: record.number, count: Int(record.header.operationCount), &place, &results)
                else { return }
                receiptsOffset = place
                let block = DurableBlock(
                    header: record.header, digest: record.digest, operations: record.operations, results: results.bytes,
                    writes: UnsafeRawBufferPointer(start: nil, count: 0))
                if !body(block) { return }
            }
        } catch {
            if case .disk(let reason) = error { throw reason }
            throw LogError(call: "read", file: "log", reason: error.description)
        }
    }
}

/// The file of receipts, read from front to back.
private final class ReceiptFileReader {
    private static let windowBytes = 1 << 20
    private let file: any DiskFile
    private var window = UnsafeMutableRawBufferPointer.allocate(byteCount: windowBytes, alignment: 64)
    private var start = 0
    private var count = 0
    /// Where the file's last page began before the window was read. The writer writes that page again with what comes
    /// behind it, and makes the file longer only then: from here on a reader may get a mixture.
    private var unsettled = 0

    init(_ file: any DiskFile) { self.file = file }

    deinit { window.deallocate() }

    /// So many bytes at a place; nil where the file does not have them.
    private func bytes(_ place: Int, _ length: Int) throws(LogError) -> UnsafeRawBufferPointer? {
        if place < start || place + length > start + count {
            if length > window.count {
                window.deallocate()
                window = .allocate(byteCount: length * 2, alignment: 64)
            }
            start = place
            let page = LedgerLimits.pageBytes
            unsettled = max(0, try file.byteCount() - 1) / page * page
            count = try file.read(at: place, into: window)
            if count < length { return nil }
        }
        return UnsafeRawBufferPointer(rebasing: window[place - start..<place - start + length])
    }

    /// The whole record at a place; nil where the file does not have it yet.
    private func record(_ place: Int) throws(LogError) -> UnsafeRawBufferPointer? {
        guard let head = try bytes(place, ReceiptRecord.headBytes), let length = ReceiptRecord.length(head),
            length > ReceiptRecord.headBytes, length <= LedgerLimits.receiptBytesMax
        else { return nil }
        return try bytes(place, length)
    }

    /// Where the receipts of a block begin.
    func find(_ block: UInt64) throws(LogError) -> Int? {
        var place = ReceiptRecord.fileHeadBytes
        if block <= 1 { return place }
        while let record = try record(place) {
            if record.loadUnaligned(fromByteOffset: 8, as: UInt64.self) >= block { return place }
            place += ReceiptRecord.paddedBytes(record.count)
        }
        return nil
    }

    /// Appends ids and receipts of a block; false where some are not there yet.
    func results(
        of block: UInt64, count: Int, _ place: inout Int, _ results: inout ByteBuffer
    ) throws(LedgerError) -> Bool {
        do throws(LogError) {
            var next = place
            for index in 0..<count {
                guard let record = try record(next) else { return false }
                guard ReceiptRecord.decode(record) != nil,
                    record.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == block,
                    record.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == UInt32(index)
                else {
                    if next + record.count > unsettled { return false }
                    throw LogError(
                        call: "read", file: "receipts", reason: "byte \(next) does not hold receipt \(index) of block \(block)")
                }
                results.append(
                    OperationID(
                        high: record.loadUnaligned(fromByteOffset: 24, as: UInt64.self),
                        low: record.loadUnaligned(fromByteOffset: 32, as: UInt64.self)))
                let body = ReceiptRecord.headBytes + Int(record.loadUnaligned(as: UInt32.self))
                results.append(raw: UnsafeRawBufferPointer(rebasing: record[body...]))
                next += ReceiptRecord.paddedBytes(record.count)
            }
            place = next
            return true
        } catch {
            throw .disk(error)
        }
    }
}
