internal import EVM

/// A micro-block that is being filled, and, once sealed, on its way to disk. Its memory is used again and again.
final class OpenBlock: @unchecked Sendable {
    // Sendable: the sequencer fills it, then hands it over to the log thread, which hands it back.
    /// Number, time, and what the EVM sees of the block.
    private(set) var number: UInt64 = 0
    private(set) var timestampMilliseconds: UInt64 = 0
    private(set) var clockMode = ClockMode.wall
    private(set) var environment = BlockEnvironment(
        number: 0, timestampSeconds: 0, gasLimit: 0, chainID: 0, fork: .prague)
    /// Whether the environment has been fixed, that is, whether operations have been or are about to be executed.
    private(set) var isBegun = false
    /// The record for the log.
    var record = ByteBuffer(capacity: 64 << 10)
    /// The write sets of the operations, in order, for the digest and for the anchors.
    private(set) var writes = ByteBuffer(capacity: 64 << 10)
    /// Slots that became balances with it, for checkpoints.
    var marks = ByteBuffer()
    /// The checkpoint that is due just before this block, if one is.
    var checkpoint: CheckpointSeed?
    /// Ids and receipts of the operations, in order; answers refer to the receipts.
    private var resultMemory = SharedBytes(capacity: 64 << 10)
    private var resultPool = SharedBytesPool()
    private var lastReceiptStart = 0
    private var scratch = ByteBuffer()
    private(set) var operationCount = 0
    private(set) var gasUsed: UInt64 = 0
    /// What is to be said once the block, and all before it, are durable.
    var answers: [Answer] = []
    /// The block that must be durable before the answers leave; nobody may say less.
    var answersNeedDurable = UInt64.max
    /// What the executor had done when it was sealed, where it executes ahead.
    var parallelStatistics: ParallelStatistics?
    /// The finished header and its digest.
    private(set) var header: MicroBlockHeader?
    private(set) var digest = Hash256.zero

    /// Whether there is neither an operation nor an answer in it.
    var isEmpty: Bool { operationCount == 0 && answers.isEmpty }
    /// SHA-256 of the encoded operations so far.
    var operationsDigest: Hash256 { sha256(record.bytes(from: LogRecordLayout.operationsOffset)) }
    /// Ids and receipts of the operations, in order.
    var results: UnsafeRawBufferPointer { resultMemory.buffer.bytes }
    /// The receipt of the operation that was added last.
    var lastReceipt: EncodedReceipt {
        EncodedReceipt(resultMemory, offset: lastReceiptStart, count: resultMemory.buffer.count - lastReceiptStart)
    }
    /// Bytes of the encoded operations.
    var operationBytes: Int { record.count - LogRecordLayout.operationsOffset }

    /// Empties it for the next use.
    func reset() {
        isBegun = false
        LogRecordLayout.begin(&record)
        writes.truncate(to: 0)
        marks.truncate(to: 0)
        checkpoint = nil
        resultPool.keep(resultMemory)
        resultMemory = resultPool.take()
        operationCount = 0
        gasUsed = 0
        answers = []
        header = nil
        answersNeedDurable = .max
    }

    init() { reset() }

    /// Fixes number, time and environment.
    func begin(_ environment: BlockEnvironment, timestampMilliseconds: UInt64, clockMode: ClockMode) {
        precondition(!isBegun && operationCount == 0, "a block begins once")
        number = environment.number
        self.timestampMilliseconds = timestampMilliseconds
        self.clockMode = clockMode
        self.environment = environment
        isBegun = true
    }

    fileprivate func clearBeginning() { isBegun = false }

    /// Adds an executed operation and returns where it is stored.
    func add(
        _ operation: Operation, _ receipt: Receipt, _ diff: StateDiff, to store: ReceiptStore
    ) throws(LogError) -> UInt64 {
        record.append(operation.id)
        record.append(operation.linkedWithNext ? UInt8(1) : 0)
        let transactionStart = record.count
        record.append(operation.transaction)
        resultMemory.buffer.append(operation.id)
        lastReceiptStart = resultMemory.buffer.count
        resultMemory.buffer.append(receipt)
        writes.append(diff)
        let location = try store.append(
            id: operation.id, block: number, index: UInt32(operationCount), transaction: record.bytes(from: transactionStart),
            receipt: resultMemory.buffer.bytes(from: lastReceiptStart))
        operationCount += 1
        gasUsed &+= receipt.gasUsed
        return location
    }

    /// Computes the digests and completes the record.
    func seal(parent: Hash256, logKey: UInt64, results stream: SHA256Stream) {
        precondition(isBegun && operationCount > 0, "only a block with operations is sealed")
        stream.update(results)
        let header = MicroBlockHeader(
            number: number, timestampMilliseconds: timestampMilliseconds, gasUsed: gasUsed,
            operationCount: UInt32(operationCount), clockMode: clockMode, parent: parent,
            prevrandao: environment.prevrandao,
            transactionsDigest: sha256(record.bytes(from: LogRecordLayout.operationsOffset)),
            writesDigest: sha256(writes.bytes), resultsDigest: stream.finalizedCopy())
        scratch.truncate(to: 0)
        header.encode(into: &scratch)
        digest = sha256(scratch.bytes)
        LogRecordLayout.finish(
            &record, header: header, digest: digest, logKey: logKey, scratch: &scratch)
        self.header = header
    }
}

extension OpenBlock {
    /// Takes the beginning back where no operation was accepted, so that the block can begin at another time.
    func unbegin() {
        precondition(operationCount == 0, "a block with operations keeps its time")
        clearBeginning()
    }
}
