/// A block's head with the root over its receipts, signed by the world's key.
///
/// The head is the ledger's own, 189 bytes whose SHA-256 is the block's digest; it names its parent's digest, so that a signed head stands for
/// the whole history up to it. Two heads that cannot both be true are proof against whoever signed them (`contradiction`).
public struct SignedHead: Sendable, Equatable {
    static let magic = Array("HRDHEAD1".utf8)
    /// Bytes of a block's head.
    public static let headerBytes = 189
    /// Bytes of the encoding: magic 8, world 32, header 189, root 32 (all of which the signature covers), key 32, signature 64.
    public static let encodedBytes = 357

    /// The world: the digest of its genesis.
    public let worldID: [UInt8]
    /// The block's head as the ledger encodes it.
    public let header: [UInt8]
    /// The root over the block's operations and receipts.
    public let receiptsRoot: [UInt8]
    /// Who says that he signed; nothing is believed of it before it is compared with a trusted key.
    public let publicKey: ProofPublicKey
    /// The signature.
    public let signature: [UInt8]

    /// Signs a head.
    public init(worldID: [UInt8], header: [UInt8], receiptsRoot: [UInt8], key: ProofKey) {
        precondition(worldID.count == 32 && header.count == Self.headerBytes && receiptsRoot.count == 32, "a head of 32, 189 and 32 bytes")
        self.worldID = worldID
        self.header = header
        self.receiptsRoot = receiptsRoot
        publicKey = key.publicKey
        signature = key.signature(over: Self.magic + worldID + header + receiptsRoot)
    }

    /// Reads the encoding.
    public init(encoded bytes: [UInt8]) throws(ProofError) {
        var reader = ProofReader(bytes[...])
        try self.init(reading: &reader)
        try reader.end()
    }

    init(reading reader: inout ProofReader) throws(ProofError) {
        guard try reader.take(Self.magic.count, "the mark HRDHEAD1") == Self.magic else { throw reader.wrong("the mark HRDHEAD1", back: 8) }
        worldID = try reader.take(32, "the world")
        header = try reader.take(Self.headerBytes, "the block's head")
        receiptsRoot = try reader.take(32, "the root over the receipts")
        guard let key = ProofPublicKey(bytes: try reader.take(32, "the key")) else { throw reader.wrong("a key", back: 32) }
        publicKey = key
        signature = try reader.take(64, "the signature")
    }

    /// What is signed.
    private var message: [UInt8] { Self.magic + worldID + header + receiptsRoot }
    /// The encoding.
    public var encoded: [UInt8] { message + publicKey.bytes + signature }

    private func number(at offset: Int, bytes: Int) -> UInt64 {
        header[offset..<offset + bytes].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// The block's number.
    public var number: UInt64 { number(at: 0, bytes: 8) }
    /// Its time, milliseconds since 1970.
    public var timestampMilliseconds: UInt64 { number(at: 8, bytes: 8) }
    /// Its operations.
    public var operationCount: Int { Int(number(at: 24, bytes: 4)) }
    /// The digest of the block before.
    public var parent: [UInt8] { Array(header[29..<61]) }
    /// The digest of the block.
    public var digest: [UInt8] { sha256(header) }

    /// Throws unless one of the trusted keys signed it, and it is of the world that is meant.
    public func verify(keys: [ProofPublicKey], worldID world: [UInt8]? = nil) throws(ProofError) {
        guard keys.contains(publicKey) else { throw .wrongKey(have: publicKey.hex, trusted: keys.map(\.hex)) }
        guard publicKey.isValid(signature, over: message) else { throw .badSignature }
        if let world, world != worldID { throw .otherWorld(have: ProofHex.digits(of: worldID), need: ProofHex.digits(of: world)) }
    }

    /// Why this head and another, both verified, cannot both be true; nil where they can.
    public func contradiction(with other: SignedHead) -> String? {
        guard worldID == other.worldID else { return nil }
        let (first, second) = number <= other.number ? (self, other) : (other, self)
        if first.number == second.number {
            if first.header != second.header {
                return "two heads are signed for block \(number): \(ProofHex.digits(of: first.digest)) and \(ProofHex.digits(of: second.digest))"
            }
            if first.receiptsRoot != second.receiptsRoot { return "two roots over the receipts are signed for block \(number)" }
        } else if first.number + 1 == second.number, second.parent != first.digest {
            return "block \(second.number) is signed as the child of \(ProofHex.digits(of: second.parent)), block \(first.number) as \(ProofHex.digits(of: first.digest))"
        }
        return nil
    }
}
