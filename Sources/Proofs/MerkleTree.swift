internal import CCrypto

/// A digest of 32 bytes.
typealias Digest = [UInt8]

/// SHA-256 of some bytes (libcrypto).
func sha256(_ bytes: [UInt8]) -> Digest {
    var digest = Digest(repeating: 0, count: 32)
    _ = CCrypto.SHA256(bytes, bytes.count, &digest)
    return digest
}

/// The tree of RFC 9162 (Certificate Transparency) over the receipts of a block: a leaf is hashed behind a zero byte, two nodes behind a one,
/// so that no node passes for a leaf; the last of an odd row goes up as it is.
public struct MerkleTree: Sendable {
    /// The hashes from the leaves, row 0, to the root.
    private let rows: [[Digest]]

    /// The tree over these leaves, at least one.
    public init(leaves: [[UInt8]]) {
        precondition(!leaves.isEmpty, "a tree has a leaf")
        var rows = [leaves.map(Self.leafHash)]
        while let last = rows.last, last.count > 1 {
            var row: [Digest] = []
            row.reserveCapacity((last.count + 1) / 2)
            for place in stride(from: 0, to: last.count, by: 2) {
                row.append(place + 1 < last.count ? Self.nodeHash(last[place], last[place + 1]) : last[place])
            }
            rows.append(row)
        }
        self.rows = rows
    }

    /// The root.
    public var root: [UInt8] { rows[rows.count - 1][0] }
    /// Leaves.
    public var leafCount: Int { rows[0].count }

    /// The hashes that lead from a leaf to the root.
    public func path(to leaf: Int) -> [[UInt8]] {
        precondition(leaf < leafCount, "the tree has \(leafCount) leaves, not \(leaf + 1)")
        var place = leaf
        var path: [Digest] = []
        for row in rows.dropLast() {
            if place ^ 1 < row.count { path.append(row[place ^ 1]) }
            place >>= 1
        }
        return path
    }

    /// The root to which a path leads from a leaf; nil where a tree of so many leaves has no such path.
    public static func root(of leaf: [UInt8], at place: Int, of count: Int, path: [[UInt8]]) -> [UInt8]? {
        guard place >= 0, place < count else { return nil }
        var node = leafHash(leaf)
        var place = place
        var count = count
        var rest = path[...]
        while count > 1 {
            if place ^ 1 < count {
                guard let other = rest.popFirst(), other.count == 32 else { return nil }
                node = place & 1 == 1 ? nodeHash(other, node) : nodeHash(node, other)
            }
            place >>= 1
            count = (count + 1) / 2
        }
        return rest.isEmpty ? node : nil
    }

    private static func leafHash(_ leaf: [UInt8]) -> Digest { sha256([0] + leaf) }
    private static func nodeHash(_ left: Digest, _ right: Digest) -> Digest { sha256([1] + left + right) }
}
