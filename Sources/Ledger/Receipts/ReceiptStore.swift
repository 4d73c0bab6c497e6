internal import CShims
internal import EVM

/// An operation's record as it was stored.
struct StoredOperation {
    var block: UInt64
    var index: UInt32
    var transaction: [UInt8]
    var receipt: Receipt
}

/// How an operation's record lies in the file of receipts, little endian: 0 bytes of the transaction | 4 bytes of the
/// receipt | 8 block | 16 index | 20 CRC-32C of the record with this field zero | 24 operation id | 40 transaction, receipt.
enum ReceiptRecord {
    static let headBytes = 40
    /// What the file begins with, so that no record lies at 0.
    static let fileHeadBytes = 8

    /// The length of a record with its padding.
    static func paddedBytes(_ length: Int) -> Int { (length + 7) & ~7 }

    /// The length of the record at the start of the bytes, or nil where its checksum does not hold.
    static func wholeLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let length = length(bytes), length <= bytes.count else { return nil }
        var zero: UInt32 = 0
        var crc = hoard_crc32c(0, bytes.baseAddress!, 20)
        crc = hoard_crc32c(crc, &zero, 4)
        crc = hoard_crc32c(crc, bytes.baseAddress! + 24, length - 24)
        return crc == bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self) ? length : nil
    }

    /// The record at the start of the bytes, or nil where its checksum does not hold.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> StoredOperation? {
        guard let length = wholeLength(bytes) else { return nil }
        let body = headBytes + Int(bytes.loadUnaligned(as: UInt32.self))
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[body..<length]))
        guard let receipt = try? reader.receipt(), reader.isAtEnd else { return nil }
        return StoredOperation(
            block: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            index: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self),
            transaction: [UInt8](bytes[headBytes..<body]), receipt: receipt)
    }

    /// The length that a head names; nil where there is no whole head.
    static func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= headBytes else { return nil }
        return headBytes + Int(bytes.loadUnaligned(as: UInt32.self))
            + Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    }
}

/// A piece of memory with records, on its way to the file in whole pages past the system's cache: there, a fresh page for
/// every few records would cost more than the records themselves.
final class ReceiptChunk: @unchecked Sendable {
    // Sendable: the sequencer appends, the spiller reads only what was appended before it was told.
    let memory: UnsafeMutableRawPointer
    let capacity: Int
    /// The place of its first byte in the file: where a page begins.
    let base: Int
    /// The place of its first record. What lies before it on the same page belongs to the chunk before and stands in both.
    let start: Int
    /// Bytes in use, counted from the base.
    var used: Int
    /// Bytes that the spiller has been told of.
    var told: Int

    /// A chunk with room for so many bytes of records behind what stands before them on their first page.
    init(start: Int, room: Int, firstPage: UnsafeRawBufferPointer) {
        MemoryGrowth.note()
        self.start = start
        let page = LedgerLimits.pageBytes
        base = start - start % page
        used = start - base
        told = used
        precondition(firstPage.count == used, "a chunk begins with what is on its first page")
        capacity = (max(LedgerLimits.receiptChunkBytes, used + room) + page - 1) / page * page
        memory = .allocate(byteCount: capacity, alignment: page)
        if let from = firstPage.baseAddress { memory.copyMemory(from: from, byteCount: used) }
    }

    deinit { memory.deallocate() }

    /// The place behind its last record.
    var end: Int { base + used }

    /// What stands on its last page, where that is not full.
    var lastPage: UnsafeRawBufferPointer {
        let begin = used - used % LedgerLimits.pageBytes
        return UnsafeRawBufferPointer(start: memory + begin, count: used - begin)
    }
}

/// Transactions and receipts of all operations, for ever: in a file that only grows, the latest also in memory.
///
/// Records are written in the background, and made durable by checkpoints: what lies behind the last checkpoint is
/// written again by recovery.
final class ReceiptStore {
    /// In the order of their places; never empty.
    private var chunks: [ReceiptChunk]
    private let chunksInMemory: Int
    private let path: String
    /// The file to read from, through the system's cache; the spiller writes past it.
    private let file: (any DiskFile)?
    private(set) var spiller: ReceiptSpiller?
    private var isBackground = false
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 64)

    /// A store that goes on behind `end`, where the file holds something that is still good; without a disk everything
    /// stays in memory.
    init(
        disk: (any Disk)?, path: String, chunksInMemory: Int, end: Int = 0, isReadOnly: Bool = false
    ) throws(LogError) {
        self.path = path
        self.chunksInMemory = chunksInMemory
        let start = max(end, ReceiptRecord.fileHeadBytes)
        let head = start % LedgerLimits.pageBytes
        let firstPage = UnsafeMutableRawBufferPointer.allocate(byteCount: head, alignment: 8)
        defer { firstPage.deallocate() }
        firstPage.initializeMemory(as: UInt8.self, repeating: 0)
        if let disk, !(isReadOnly && end == 0) {
            let opened = try disk.open(path, isReadOnly ? .read : end > 0 ? .update : .replace)
            guard try opened.byteCount() >= end else {
                throw LogError(call: "read", file: path, reason: "has \(try opened.byteCount()) bytes, at least \(end) are needed")
            }
            if !isReadOnly {
                try opened.resize(start)
                // A checkpoint counts on the file: its name must not be lost with the next crash.
                if let slash = path.lastIndex(of: "/") { try disk.syncFolder(String(path[..<slash])) }
                spiller = ReceiptSpiller(file: try disk.open(path, .update, isDirect: true), end: start)
            }
            if end > 0 { try opened.readAll(at: start - head, into: firstPage, of: path) }
            file = opened
        } else {
            file = nil
        }
        chunks = [ReceiptChunk(start: start, room: 0, firstPage: UnsafeRawBufferPointer(firstPage))]
    }

    deinit { scratch.deallocate() }

    /// The place of the next record.
    var end: Int { last.end }
    private var last: ReceiptChunk { chunks[chunks.count - 1] }
    /// Bytes in memory.
    var memoryByteCount: Int { chunks.reduce(0) { $0 + $1.capacity } }
    /// Bytes in the file.
    var fileByteCount: Int { spiller?.end ?? 0 }
    /// Whether so much waits for the file that nothing more should come.
    func isBehind() -> Bool {
        let most = chunksInMemory + LedgerLimits.receiptChunksBehindMax
        guard isBackground, chunks.count >= most else { return false }
        forgetWritten()
        return chunks.count >= most
    }

    /// Leaves writing to another thread from now on.
    func startSpilling(_ world: LedgerWorld, shared: LedgerShared) -> (any RunningWork)? {
        guard let spiller else { return nil }
        isBackground = true
        spiller.join(world.clock, shared)
        return world.threads.start(spiller, name: "hoard-receipts")
    }

    /// Stores a record and returns its location, which is never 0.
    func append(
        id: OperationID, block: UInt64, index: UInt32, transaction: UnsafeRawBufferPointer,
        receipt: UnsafeRawBufferPointer
    ) throws(LogError) -> UInt64 {
        let length = ReceiptRecord.headBytes + transaction.count + receipt.count
        let padded = ReceiptRecord.paddedBytes(length)
        let chunk = try room(padded)
        let place = chunk.memory + chunk.used
        place.storeBytes(of: UInt32(transaction.count), as: UInt32.self)
        place.storeBytes(of: UInt32(receipt.count), toByteOffset: 4, as: UInt32.self)
        place.storeBytes(of: block, toByteOffset: 8, as: UInt64.self)
        place.storeBytes(of: index, toByteOffset: 16, as: UInt32.self)
        place.storeBytes(of: 0, toByteOffset: 20, as: UInt32.self)
        place.storeBytes(of: id.high, toByteOffset: 24, as: UInt64.self)
        place.storeBytes(of: id.low, toByteOffset: 32, as: UInt64.self)
        let body = place + ReceiptRecord.headBytes
        if let start = transaction.baseAddress { body.copyMemory(from: start, byteCount: transaction.count) }
        if let start = receipt.baseAddress {
            (body + transaction.count).copyMemory(from: start, byteCount: receipt.count)
        }
        (place + length).initializeMemory(as: UInt8.self, repeating: 0, count: padded - length)
        place.storeBytes(of: hoard_crc32c(0, place, length), toByteOffset: 20, as: UInt32.self)
        let location = UInt64(chunk.end)
        chunk.used += padded
        return location
    }

    private func room(_ bytes: Int) throws(LogError) -> ReceiptChunk {
        let full = last
        if full.used + bytes <= full.capacity { return full }
        try hand(full)
        let chunk = ReceiptChunk(start: full.end, room: bytes, firstPage: full.lastPage)
        forgetWritten()
        chunks.append(chunk)
        return chunk
    }

    /// Tells the spiller of what is new in a chunk.
    private func hand(_ chunk: ReceiptChunk) throws(LogError) {
        guard let spiller, chunk.told < chunk.used else { return }
        spiller.put(ReceiptSpiller.Job(chunk: chunk, from: chunk.told, to: chunk.used))
        chunk.told = chunk.used
        if !isBackground { try spiller.writeAll() }
    }

    /// Has everything so far written to the file.
    func handOver() throws(LogError) {
        try hand(last)
    }

    /// Frees the oldest chunks that are in the file.
    private func forgetWritten() {
        guard let spiller, chunks.count >= chunksInMemory else { return }
        let written = spiller.end
        var count = 0
        // The last one stays: the next begins with what is on its last page.
        while count + 1 < chunks.count, chunks.count - count >= chunksInMemory, chunks[count].end <= written { count += 1 }
        chunks.removeFirst(count)
    }

    /// Reads a record back.
    func read(_ location: UInt64) throws(LogError) -> StoredOperation {
        let place = Int(location)
        if let chunk = chunks.last(where: { $0.start <= place }) {
            let offset = place - chunk.base
            let bytes = UnsafeRawBufferPointer(start: chunk.memory + offset, count: chunk.used - offset)
            guard let record = ReceiptRecord.decode(bytes) else { throw damage(place) }
            return record
        }
        guard let file else { preconditionFailure("without a file nothing leaves memory") }
        let count = try file.read(at: place, into: scratch)
        let head = UnsafeRawBufferPointer(rebasing: scratch[0..<count])
        guard let length = ReceiptRecord.length(head), length <= LedgerLimits.receiptBytesMax else { throw damage(place) }
        if length <= count {
            guard let record = ReceiptRecord.decode(head) else { throw damage(place) }
            return record
        }
        let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
        defer { whole.deallocate() }
        try file.readAll(at: place, into: whole, of: path)
        guard let record = ReceiptRecord.decode(UnsafeRawBufferPointer(whole)) else { throw damage(place) }
        return record
    }

    private func damage(_ place: Int) -> LogError {
        LogError(call: "read", file: path, reason: "the record at byte \(place) is damaged")
    }
}
