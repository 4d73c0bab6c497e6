internal import EVM

/// An operation's record as it was stored.
struct StoredOperation {
    var block: UInt64
    var index: UInt32
    var transaction: [UInt8]
    var receipt: Receipt
}

/// Transactions and receipts of all operations, in chunks of memory; older chunks move to a file that recovery rebuilds.
final class ReceiptStore {
    private struct Chunk {
        var memory: UnsafeMutableRawPointer?
        var byteCount: Int
        var fileOffset: Int
    }

    private static let headBytes = 20
    private var chunks: [Chunk] = []
    private var used = 0
    private var capacity = 0
    /// The first chunk that still has memory, and the first that has not been handed to the spiller.
    private var oldestInMemory = 0
    private var oldestUnspilled = 0
    private var spareMemory: [UnsafeMutableRawPointer] = []
    private let chunksInMemory: Int
    private let path: String
    private let file: (any DiskFile)?
    private var fileBytes = 0
    private var spiller: ReceiptSpiller?

    /// A store; without a disk everything stays in memory. What the file held is forgotten.
    init(disk: (any Disk)?, path: String, chunksInMemory: Int) throws(LogError) {
        self.path = path
        self.chunksInMemory = chunksInMemory
        file = if let disk { try disk.open(path, .replace) } else { nil }
    }

    deinit {
        spiller?.stop()
        for memory in spareMemory { memory.deallocate() }
        for chunk in chunks { chunk.memory?.deallocate() }
    }

    /// Bytes in memory.
    var memoryByteCount: Int { chunks[oldestInMemory...].reduce(0) { $0 + $1.byteCount } }
    /// Bytes in the file.
    var fileByteCount: Int { fileBytes }

    /// Stores a record and returns its location, which is never 0.
    func append(
        block: UInt64, index: UInt32, transaction: UnsafeRawBufferPointer, receipt: UnsafeRawBufferPointer
    ) throws(LogError) -> UInt64 {
        let length = Self.headBytes + transaction.count + receipt.count
        if used + length > capacity { try beginChunk(length) }
        let place = chunks[chunks.count - 1].memory! + used
        place.storeBytes(of: UInt32(transaction.count), as: UInt32.self)
        place.storeBytes(of: UInt32(receipt.count), toByteOffset: 4, as: UInt32.self)
        place.storeBytes(of: block, toByteOffset: 8, as: UInt64.self)
        place.storeBytes(of: index, toByteOffset: 16, as: UInt32.self)
        if let start = transaction.baseAddress {
            (place + Self.headBytes).copyMemory(from: start, byteCount: transaction.count)
        }
        if let start = receipt.baseAddress {
            (place + Self.headBytes + transaction.count).copyMemory(from: start, byteCount: receipt.count)
        }
        let location = UInt64(chunks.count) << 32 | UInt64(used)
        used = (used + length + 7) & ~7
        return location
    }

    private func beginChunk(_ length: Int) throws(LogError) {
        capacity = max(LedgerLimits.receiptChunkBytes, length)
        used = 0
        if let file, chunks.count >= chunksInMemory { try spill(to: file) }
        let isRegular = capacity == LedgerLimits.receiptChunkBytes
        let memory =
            (isRegular ? spareMemory.popLast() : nil) ?? .allocate(byteCount: capacity, alignment: 64)
        chunks.append(Chunk(memory: memory, byteCount: capacity, fileOffset: 0))
    }

    /// Hands the oldest chunks to the spiller and takes back the memory of those that it has written; waits for it
    /// only where it is far behind.
    private func spill(to file: any DiskFile) throws(LogError) {
        let spiller = self.spiller ?? ReceiptSpiller(file: file)
        self.spiller = spiller
        while chunks.count - oldestUnspilled >= chunksInMemory {
            let chunk = chunks[oldestUnspilled]
            guard let memory = chunk.memory else { preconditionFailure("a chunk is spilled once") }
            spiller.put(
                ReceiptSpiller.Job(
                    chunk: oldestUnspilled, memory: memory, byteCount: chunk.byteCount, fileOffset: fileBytes))
            fileBytes += chunk.byteCount
            oldestUnspilled += 1
        }
        repeat {
            let isBehind = chunks.count - oldestInMemory >= chunksInMemory + LedgerLimits.receiptChunksBehindMax
            for job in try spiller.takeDone(waits: isBehind) {
                chunks[job.chunk] = Chunk(memory: nil, byteCount: job.byteCount, fileOffset: job.fileOffset)
                oldestInMemory = job.chunk + 1
                if job.byteCount == LedgerLimits.receiptChunkBytes, spareMemory.count < 4 {
                    spareMemory.append(job.memory)
                } else {
                    job.memory.deallocate()
                }
            }
        } while chunks.count - oldestInMemory >= chunksInMemory + LedgerLimits.receiptChunksBehindMax
    }

    /// Reads a record back.
    func read(_ location: UInt64) throws(LogError) -> StoredOperation {
        let chunk = chunks[Int(location >> 32) - 1]
        let offset = Int(location & 0xffff_ffff)
        if let memory = chunk.memory {
            return decode(UnsafeRawBufferPointer(start: memory + offset, count: chunk.byteCount - offset))
        }
        let head = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.headBytes, alignment: 8)
        defer { head.deallocate() }
        try readFile(head, chunk.fileOffset + offset)
        let bodyBytes =
            Int(head.loadUnaligned(as: UInt32.self)) + Int(head.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let record = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.headBytes + bodyBytes, alignment: 8)
        defer { record.deallocate() }
        try readFile(record, chunk.fileOffset + offset)
        return decode(UnsafeRawBufferPointer(record))
    }

    private func readFile(_ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) throws(LogError) {
        guard let file else { preconditionFailure("without a file nothing leaves memory") }
        try file.readAll(at: offset, into: buffer, of: path)
    }

    private func decode(_ bytes: UnsafeRawBufferPointer) -> StoredOperation {
        let transactionBytes = Int(bytes.loadUnaligned(as: UInt32.self))
        let receiptBytes = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let body = UnsafeRawBufferPointer(rebasing: bytes[Self.headBytes..<Self.headBytes + transactionBytes])
        let start = Self.headBytes + transactionBytes
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[start..<start + receiptBytes]))
        guard let receipt = try? reader.receipt(), reader.isAtEnd else {
            preconditionFailure("a stored receipt cannot be read back")
        }
        return StoredOperation(
            block: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            index: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self), transaction: [UInt8](body),
            receipt: receipt)
    }
}
