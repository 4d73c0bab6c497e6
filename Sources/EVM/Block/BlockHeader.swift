/// The header of an Ethereum block; fields that later forks added are nil where the header does not have them.
public struct BlockHeader: Sendable, Equatable {
    /// The block before.
    public var parentHash: Hash256
    /// keccak-256 of the list of uncles.
    public var unclesHash: Hash256
    /// Receiver of the priority fees.
    public var feeRecipient: Address
    /// Root of the state behind the block.
    public var stateRoot: Hash256
    /// Root of the trie of the transactions.
    public var transactionsRoot: Hash256
    /// Root of the trie of the receipts.
    public var receiptsRoot: Hash256
    /// The filter over addresses and topics of all logs.
    public var logsBloom: LogsBloom
    /// Proof-of-work difficulty; zero since Paris.
    public var difficulty: U256
    /// Blocks before this one.
    public var number: UInt64
    /// Gas that the transactions may use together.
    public var gasLimit: UInt64
    /// Gas that they used.
    public var gasUsed: UInt64
    /// Seconds since 1970.
    public var timestampSeconds: UInt64
    /// Up to 32 bytes of the producer's own.
    public var extraData: [UInt8]
    /// The beacon's random value (the digest of the proof of work before Paris).
    public var prevrandao: Hash256
    /// The nonce of the proof of work; zero since Paris.
    public var nonce: UInt64
    /// Base fee per gas (EIP-1559).
    public var baseFee: U256?
    /// Root of the trie of the withdrawals (EIP-4895).
    public var withdrawalsRoot: Hash256?
    /// Blob gas that the transactions used (EIP-4844).
    public var blobGasUsed: UInt64?
    /// Blob gas used beyond the target so far (EIP-4844).
    public var excessBlobGas: UInt64?
    /// Root of the parent beacon block (EIP-4788).
    public var parentBeaconBlockRoot: Hash256?
    /// SHA-256 over the requests of the block (EIP-7685).
    public var requestsHash: Hash256?

    /// keccak-256 of the encoded header.
    public var hash: Hash256

    /// keccak-256 of an empty list: the only value of `unclesHash` since Paris.
    public static let noUncles = keccak256([0xc0])

    /// Fields that the header of a fork has.
    public static func fieldCount(_ fork: Fork) -> Int {
        if fork >= .prague { return 21 }
        if fork >= .cancun { return 20 }
        if fork >= .shanghai { return 17 }
        return fork >= .london ? 16 : 15
    }

    /// The number of fields of an encoded header and its timestamp, by which the fork is known.
    static func outline(_ encoded: [UInt8]) throws(RLPError) -> (fieldCount: Int, timestampSeconds: UInt64) {
        var outer = RLPReader(encoded)
        var fields = try outer.readList()
        var count = 0
        var timestamp: UInt64 = 0
        while !fields.isAtEnd {
            if count == 11 {
                var field = fields
                timestamp = try field.readUInt64()
            }
            _ = try fields.readEncoded()
            count += 1
        }
        return (count, timestamp)
    }

    /// Decodes a header that has the fields of its fork.
    public init(encoded: [UInt8]) throws(RLPError) {
        var outer = RLPReader(encoded)
        var fields = try outer.readList()
        try outer.finish()
        hash = keccak256(encoded)
        parentHash = try fields.readHash()
        unclesHash = try fields.readHash()
        feeRecipient = try fields.readAddress()
        stateRoot = try fields.readHash()
        transactionsRoot = try fields.readHash()
        receiptsRoot = try fields.readHash()
        logsBloom = LogsBloom(bytes: try fields.readBytes(count: LogsBloom.byteCount))
        difficulty = try fields.readNumber()
        number = try fields.readUInt64()
        gasLimit = try fields.readUInt64()
        gasUsed = try fields.readUInt64()
        timestampSeconds = try fields.readUInt64()
        extraData = Array(try fields.readBytes())
        prevrandao = try fields.readHash()
        nonce = try fields.readBytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) }
        if !fields.isAtEnd { baseFee = try fields.readNumber() }
        if !fields.isAtEnd { withdrawalsRoot = try fields.readHash() }
        if !fields.isAtEnd { blobGasUsed = try fields.readUInt64() }
        if !fields.isAtEnd { excessBlobGas = try fields.readUInt64() }
        if !fields.isAtEnd { parentBeaconBlockRoot = try fields.readHash() }
        if !fields.isAtEnd { requestsHash = try fields.readHash() }
        try fields.finish()
    }
}
