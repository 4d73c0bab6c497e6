internal import EVM

/// A block of the log on its way through a replay: read, executed, compared. Its memory is used again and again.
final class ReplayBlock: @unchecked Sendable {
    // Sendable: one stage of the replay has it at a time.
    fileprivate(set) var header: MicroBlockHeader
    fileprivate(set) var digest: Hash256
    /// The operations as the log holds them, and as they are executed.
    fileprivate(set) var encoded = ByteBuffer()
    fileprivate(set) var operations: [Operation] = []
    /// Where each transaction lies in `encoded`.
    fileprivate(set) var transactions: [Range<Int>] = []
    /// What executing them has come to.
    var outcomes: [OperationResult] = []
    /// The write sets of the operations, in order.
    var writes = ByteBuffer()
    /// Slots that became balances with it, for checkpoints.
    var marks = ByteBuffer()
    /// Ids and receipts of the operations, in order.
    var results = ByteBuffer()

    /// A block of the log that has been read and whose checksum holds.
    init(_ record: LogRecordLayout.View) throws(LedgerError) {
        header = record.header
        digest = record.digest
        try take(record)
    }

    /// Takes over the next block that was read.
    func take(_ record: LogRecordLayout.View) throws(LedgerError) {
        header = record.header
        digest = record.digest
        encoded.truncate(to: 0)
        encoded.append(raw: record.operations)
        operations.removeAll(keepingCapacity: true)
        transactions.removeAll(keepingCapacity: true)
        outcomes.removeAll(keepingCapacity: true)
        writes.truncate(to: 0)
        marks.truncate(to: 0)
        results.truncate(to: 0)
        do throws(CodingError) {
            try decode()
        } catch {
            throw bad("byte \(error.offset) of the operations", "something else", error.expected)
        }
        guard !operations.isEmpty else { throw bad("operations", "0", "1 or more") }
    }

    private func decode() throws(CodingError) {
        var reader = ByteReader(encoded.bytes)
        for _ in 0..<header.operationCount {
            let id = try reader.operationID()
            let isLinked = try reader.byte() != 0
            let start = reader.offset
            operations.append(Operation(id: id, transaction: try reader.transaction(), linkedWithNext: isLinked))
            transactions.append(start..<reader.offset)
        }
        guard reader.isAtEnd else { throw CodingError(offset: reader.offset, expected: "the end of the operations") }
    }

    /// Bytes that its buffers have room for.
    var byteCapacity: Int { encoded.capacity + writes.capacity + marks.capacity + results.capacity }

    /// The encoded transaction of an operation.
    func transaction(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: encoded.bytes[transactions[index]])
    }

    /// Compares the header with what executing the block has come to.
    func compare(gasUsed: UInt64, results: Hash256) throws(LedgerError) {
        let transactions = sha256(encoded.bytes)
        if transactions != header.transactionsDigest {
            throw bad("transactions digest", transactions.hex, header.transactionsDigest.hex)
        }
        if results != header.resultsDigest { throw bad("results digest", results.hex, header.resultsDigest.hex) }
        let writes = sha256(self.writes.bytes)
        if writes != header.writesDigest { throw bad("writes digest", writes.hex, header.writesDigest.hex) }
        if gasUsed != header.gasUsed { throw bad("gas used", String(gasUsed), String(header.gasUsed)) }
    }

    /// The refusal of a block that is not what its header says.
    func bad(_ field: String, _ have: String, _ need: String) -> LedgerError {
        .badBlock(number: header.number, field: field, have: have, need: need)
    }
}

/// A queue between two stages of a replay: several blocks at a time, and few enough that memory does not matter.
final class ReplayQueue: @unchecked Sendable {
    // Sendable: guarded by `mutex`.
    private let mutex = SystemMutex()
    private var batches: [[ReplayBlock]] = []
    private var spare: [ReplayBlock] = []
    private var isClosed = false
    /// Who takes from it, and who fills it.
    let taker: WaitPoint
    let filler: WaitPoint

    init(filler: WaitPoint, taker: WaitPoint) {
        self.filler = filler
        self.taker = taker
    }

    /// Whether one more batch may be put.
    var hasRoom: Bool { mutex.withLock { batches.count < LedgerLimits.replayBatchesMax } }

    /// Puts a batch behind the others.
    func put(_ batch: [ReplayBlock]) {
        mutex.withLock { batches.append(batch) }
        taker.signal()
    }

    /// Says that nothing comes any more.
    func close() {
        mutex.withLock { isClosed = true }
        taker.signal()
    }

    /// The first batch; nil where there is none now, and whether there will ever be one.
    func take() -> (batch: [ReplayBlock]?, isOver: Bool) {
        let taken: (batch: [ReplayBlock]?, isOver: Bool) = mutex.withLock {
            batches.isEmpty ? (nil, isClosed) : (batches.removeFirst(), false)
        }
        if taken.batch != nil { filler.signal() }
        return taken
    }

    /// Gives blocks back to whoever fills new ones.
    func recycle(_ blocks: [ReplayBlock]) {
        for block in blocks { block.outcomes.removeAll(keepingCapacity: true) }
        mutex.withLock {
            for block in blocks
            where spare.count < LedgerLimits.replaySpareBlocksMax && block.byteCapacity <= LedgerLimits.replaySpareBytes {
                spare.append(block)
            }
        }
    }

    /// A block to fill, if there is one.
    func takeSpare() -> ReplayBlock? { mutex.withLock { spare.popLast() } }
}
