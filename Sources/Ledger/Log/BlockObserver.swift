public import EVM

/// Hears of every durable block, in order, on the log thread: it must copy what it wants and be quick.
public protocol BlockObserver: AnyObject, Sendable {
    /// A block is durable.
    func blockIsDurable(_ block: DurableBlock)
}

/// A durable block with the encoded forms that the ledger has of it; the memory is valid during the call only.
public struct DurableBlock {
    /// The head.
    public let header: MicroBlockHeader
    /// Its digest.
    public let digest: Hash256
    /// Operations: id, link, transaction of each.
    public let operations: UnsafeRawBufferPointer
    /// Id and receipt of each.
    public let results: UnsafeRawBufferPointer
    /// The write sets, in order; empty where a block was read back from disk, which does not have them.
    public let writes: UnsafeRawBufferPointer

    /// A block of these parts.
    init(
        header: MicroBlockHeader, digest: Hash256, operations: UnsafeRawBufferPointer, results: UnsafeRawBufferPointer,
        writes: UnsafeRawBufferPointer
    ) {
        self.header = header
        self.digest = digest
        self.operations = operations
        self.results = results
        self.writes = writes
    }

    /// A sealed block.
    init(_ block: OpenBlock, _ header: MicroBlockHeader) {
        self.init(
            header: header, digest: block.digest, operations: LogRecordLayout.operations(of: block.record.bytes),
            results: block.results, writes: block.writes.bytes)
    }
}

/// Reads the encoded forms of blocks.
public enum BlockCoding {
    /// The operations of a block with their receipts, and the bytes that they take in the file of receipts.
    public static func entries(
        block: UInt64, count: Int, operations: UnsafeRawBufferPointer, results: UnsafeRawBufferPointer
    ) throws(CodingError) -> (entries: [LedgerEntry], receiptsBytes: Int) {
        var receiptsBytes = 0
        var entries: [LedgerEntry] = []
        entries.reserveCapacity(min(count, LedgerLimits.blockOperationsMax))
        var reader = ByteReader(operations)
        var receipts = ByteReader(results)
        for index in 0..<count {
            let id = try reader.operationID()
            _ = try reader.byte()
            let start = reader.offset
            let transaction = try reader.transaction()
            let length = reader.offset - start
            guard try receipts.operationID() == id else {
                throw CodingError(offset: receipts.offset - 16, expected: "the receipt of operation \(id.hex)")
            }
            let receiptStart = receipts.offset
            let receipt = try receipts.receipt()
            receiptsBytes += ReceiptRecord.paddedBytes(ReceiptRecord.headBytes + length + receipts.offset - receiptStart)
            entries.append(
                LedgerEntry(block: block, index: UInt32(index), id: id, transaction: transaction, receipt: receipt))
        }
        guard reader.isAtEnd, receipts.isAtEnd else { throw CodingError(offset: reader.offset, expected: "the end") }
        return (entries, receiptsBytes)
    }

    /// How many operations of a block succeeded, from its results alone and without making receipts of them.
    public static func successCount(count: Int, results: UnsafeRawBufferPointer) throws(CodingError) -> Int {
        var reader = ByteReader(results)
        var successes = 0
        for _ in 0..<count {
            _ = try reader.operationID()
            if try reader.skipReceipt() { successes += 1 }
        }
        guard reader.isAtEnd else { throw CodingError(offset: reader.offset, expected: "the end") }
        return successes
    }

    /// What encoded write sets, one after the other, change.
    public static func changes(_ writes: UnsafeRawBufferPointer) throws(CodingError) -> [StateDiff] {
        var reader = ByteReader(writes)
        var diffs: [StateDiff] = []
        while !reader.isAtEnd {
            var diff = StateDiff()
            try reader.diff(
                account: { diff.accounts.append($0) },
                slot: { diff.storage.append(StorageChange(address: $0, slot: $1, value: $2)) })
            diffs.append(diff)
        }
        return diffs
    }

    /// The canonical encoding of a receipt.
    public static func encoded(_ receipt: Receipt) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(receipt)
        return [UInt8](buffer.bytes)
    }

    /// The canonical encoding of a transaction.
    public static func encoded(_ transaction: Transaction) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(transaction)
        return [UInt8](buffer.bytes)
    }
}

extension MicroBlockHeader {
    /// The canonical encoding, whose SHA-256 is the digest.
    public var encoded: [UInt8] {
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return [UInt8](buffer.bytes)
    }

    /// Reads the canonical encoding; nil where it is none.
    public init?(encoded bytes: [UInt8]) {
        let header = bytes.withUnsafeBytes { raw -> MicroBlockHeader? in
            guard raw.count == Self.encodedBytes else { return nil }
            var reader = ByteReader(raw)
            return try? MicroBlockHeader(from: &reader)
        }
        guard let header else { return nil }
        self = header
    }
}
