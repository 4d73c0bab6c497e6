public import Wire

/// An operation with its receipt, the path from it to its block's root, and the signed head that names the root: all that it takes to show
/// anybody, without the server, that the ledger did this.
///
/// A leaf is the operation's id (16 bytes), the length of its transaction (4, least significant first), transaction and receipt as the ledger encodes them.
public struct ReceiptProof: Sendable, Equatable {
    static let magic = Array("HRDPROOF".utf8)
    /// Rows of a tree at most; a block has far fewer operations than 2^32.
    static let pathMax = 32

    /// The head.
    public let head: SignedHead
    /// The operation's place in its block.
    public let index: Int
    /// The hashes that lead from the leaf to the root.
    public let path: [[UInt8]]
    /// Id, transaction and receipt.
    public let leaf: [UInt8]

    /// The proof of one leaf of a block's tree.
    public init(head: SignedHead, tree: MerkleTree, index: Int, leaf: [UInt8]) {
        self.head = head
        self.index = index
        self.leaf = leaf
        path = tree.path(to: index)
    }

    /// The leaf of an operation.
    public static func leaf(operationID: [UInt8], transaction: [UInt8], receipt: [UInt8]) -> [UInt8] {
        precondition(operationID.count == 16, "an operation id has 16 bytes")
        var leaf = operationID
        leaf.append(number: UInt32(transaction.count))
        return leaf + transaction + receipt
    }

    /// Reads the encoding.
    public init(encoded bytes: [UInt8]) throws(ProofError) {
        var reader = ProofReader(bytes[...])
        guard try reader.take(8, "the mark HRDPROOF") == Self.magic else { throw reader.wrong("the mark HRDPROOF", back: 8) }
        head = try SignedHead(reading: &reader)
        index = Int(try reader.number(bytes: 4, "the operation's place"))
        let rows = Int(try reader.byte("the length of the path"))
        guard rows <= Self.pathMax else { throw reader.wrong("a path of \(Self.pathMax) hashes at most", back: 1) }
        var path: [[UInt8]] = []
        for _ in 0..<rows { path.append(try reader.take(32, "a hash of the path")) }
        self.path = path
        let count = Int(try reader.number(bytes: 4, "the length of the receipt"))
        leaf = try reader.take(count, "the receipt")
        try reader.end()
    }

    /// The encoding: magic 8, head 357, place 4, length of the path 1, its hashes, length of the leaf 4, the leaf.
    public var encoded: [UInt8] {
        var bytes = Self.magic + head.encoded
        bytes.append(number: UInt32(index))
        bytes.append(UInt8(path.count))
        for hash in path { bytes += hash }
        bytes.append(number: UInt32(leaf.count))
        return bytes + leaf
    }

    /// What the ledger did, if one of the trusted keys signed it; throws where anything is not as it was signed, or not of the world or
    /// operation that is meant. Needs no server.
    public func verify(
        keys: [ProofPublicKey], worldID: [UInt8]? = nil, operationID: OperationID? = nil
    ) throws(ProofError) -> ProvenReceipt {
        try head.verify(keys: keys, worldID: worldID)
        guard let root = MerkleTree.root(of: leaf, at: index, of: head.operationCount, path: path) else {
            throw .malformed(offset: 8 + SignedHead.encodedBytes, expected: "a place and a path of a block of \(head.operationCount) operations")
        }
        guard root == head.receiptsRoot else {
            throw .notIncluded(root: ProofHex.digits(of: root), need: ProofHex.digits(of: head.receiptsRoot))
        }
        let receipt = try ProvenReceipt(self)
        if let operationID, receipt.operationID != operationID { throw .otherOperation(have: receipt.operationID.hex, need: operationID.hex) }
        return receipt
    }
}
