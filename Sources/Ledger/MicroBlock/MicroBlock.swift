public import EVM

/// Where the time of micro-blocks comes from.
public enum ClockMode: UInt8, Sendable, CaseIterable {
    /// The server's clock when the block is opened.
    case wall = 0
    /// The operations' own time; a block holds operations of one time only, so that nothing depends on cuts.
    case operations = 1
}

/// The head of a micro-block: its place in the chain, its environment, and what it did.
public struct MicroBlockHeader: Sendable, Equatable {
    /// One more than the parent's; the genesis counts as block 0.
    public var number: UInt64
    /// Milliseconds since 1970.
    public var timestampMilliseconds: UInt64
    /// Gas used by all operations.
    public var gasUsed: UInt64
    /// Operations in the block.
    public var operationCount: UInt32
    /// Where the time comes from.
    public var clockMode: ClockMode
    /// The digest of the block before; of the genesis for block 1.
    public var parent: Hash256
    /// What PREVRANDAO returns.
    public var prevrandao: Hash256
    /// SHA-256 of the encoded operations.
    public var transactionsDigest: Hash256
    /// SHA-256 of the write sets of the operations, in order.
    public var writesDigest: Hash256
    /// Running SHA-256 over the ids and receipts of all operations since genesis, after this block.
    public var resultsDigest: Hash256

    /// Bytes of the canonical encoding.
    static let encodedBytes = 189

    /// Appends the canonical encoding, which is what the digest covers.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(fixed: number)
        buffer.append(fixed: timestampMilliseconds)
        buffer.append(fixed: gasUsed)
        buffer.append(fixed: operationCount)
        buffer.append(clockMode.rawValue)
        buffer.append(parent.word)
        buffer.append(prevrandao.word)
        buffer.append(transactionsDigest.word)
        buffer.append(writesDigest.word)
        buffer.append(resultsDigest.word)
    }

    /// Reads the canonical encoding.
    init(from reader: inout ByteReader) throws(CodingError) {
        number = try reader.fixed(UInt64.self)
        timestampMilliseconds = try reader.fixed(UInt64.self)
        gasUsed = try reader.fixed(UInt64.self)
        operationCount = try reader.fixed(UInt32.self)
        guard let mode = ClockMode(rawValue: try reader.byte()) else {
            throw CodingError(offset: reader.offset - 1, expected: "a clock mode")
        }
        clockMode = mode
        parent = try reader.digest()
        prevrandao = try reader.digest()
        transactionsDigest = try reader.digest()
        writesDigest = try reader.digest()
        resultsDigest = try reader.digest()
    }

    /// A header of these fields.
    init(
        number: UInt64, timestampMilliseconds: UInt64, gasUsed: UInt64, operationCount: UInt32, clockMode: ClockMode,
        parent: Hash256, prevrandao: Hash256, transactionsDigest: Hash256, writesDigest: Hash256,
        resultsDigest: Hash256
    ) {
        self.number = number
        self.timestampMilliseconds = timestampMilliseconds
        self.gasUsed = gasUsed
        self.operationCount = operationCount
        self.clockMode = clockMode
        self.parent = parent
        self.prevrandao = prevrandao
        self.transactionsDigest = transactionsDigest
        self.writesDigest = writesDigest
        self.resultsDigest = resultsDigest
    }

    /// The SHA-256 that the next block names as its parent.
    public var digest: Hash256 {
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return sha256(buffer.bytes)
    }
}

/// Ordered operations with their head.
public struct MicroBlock: Sendable {
    /// The head.
    public var header: MicroBlockHeader
    /// The operations in the order in which they ran; tickets and clocks are not kept.
    public var operations: [Operation]
}

/// A micro-block with the results of its operations.
public struct SealedBlock: Sendable {
    /// The block.
    public var block: MicroBlock
    /// One receipt an operation.
    public var receipts: [Receipt]
}
