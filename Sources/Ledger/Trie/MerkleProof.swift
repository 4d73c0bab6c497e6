public import EVM

/// Why a proof proves nothing.
public enum MerkleProofError: Error, Sendable, Equatable {
    /// The node at `index` has another digest than its parent (or the root) says.
    case wrongDigest(index: Int, have: Hash256, need: Hash256)
    /// The nodes end before the key does.
    case missingNode(index: Int)
    /// The node at `index` is not a trie node in RLP.
    case malformedNode(index: Int)
    /// Nodes follow the end of the path.
    case unusedNodes(have: Int, need: Int)
}

/// Checks of paths through a Merkle Patricia trie that was built elsewhere.
public enum MerkleProof {
    /// What a trie with this root holds under a key, nil where the proof shows that it holds nothing.
    public static func verify(
        root: Hash256, key: [UInt8], proof: [[UInt8]]
    ) throws(MerkleProofError) -> [UInt8]? {
        if root == .emptyTrie && proof.isEmpty { return nil }
        var nibbles = key.flatMap { [$0 >> 4, $0 & 15] }[...]
        var walk = Walk(proof: proof, next: .bytes(root.bytes))
        while let items = try walk.step() {
            if items.count == 17 {
                guard let nibble = nibbles.popFirst() else { return try walk.end(items[16]) }
                walk.next = items[Int(nibble)]
                continue
            }
            guard items.count == 2, case .bytes(let compact) = items[0], let path = Path(compact) else {
                throw .malformedNode(index: walk.used - 1)
            }
            guard nibbles.starts(with: path.nibbles) else { return try walk.end(nil) }
            nibbles = nibbles.dropFirst(path.nibbles.count)
            if path.isLeaf { return try walk.end(nibbles.isEmpty ? items[1] : nil) }
            walk.next = items[1]
        }
        return try walk.end(nil)
    }

    /// Follows references from node to node.
    private struct Walk {
        let proof: [[UInt8]]
        var next: RLPItem
        var used = 0

        /// The items of the next node, nil where the reference is empty.
        mutating func step() throws(MerkleProofError) -> [RLPItem]? {
            switch next {
            case .list(let items): return items
            case .bytes(let reference):
                if reference.isEmpty { return nil }
                guard used < proof.count else { throw .missingNode(index: used) }
                guard reference.count == 32 else { throw .malformedNode(index: used) }
                let have = keccak256(proof[used])
                let need = Hash256(bytes: reference)
                if have != need { throw .wrongDigest(index: used, have: have, need: need) }
                used += 1
                guard case .list(let items)? = try? RLP.decode(proof[used - 1]) else {
                    throw .malformedNode(index: used - 1)
                }
                return items
            }
        }

        /// The value at the end of the path; every node must have been used.
        func end(_ value: RLPItem?) throws(MerkleProofError) -> [UInt8]? {
            if used != proof.count { throw .unusedNodes(have: proof.count, need: used) }
            switch value {
            case nil: return nil
            case .bytes(let bytes): return bytes.isEmpty ? nil : bytes
            case .list: throw .malformedNode(index: used - 1)
            }
        }
    }

    /// A path in hex-prefix form.
    private struct Path {
        var nibbles: [UInt8]
        var isLeaf: Bool

        init?(_ compact: [UInt8]) {
            guard let first = compact.first, first >> 4 < 4 else { return nil }
            isLeaf = first & 0x20 != 0
            nibbles = first & 0x10 != 0 ? [first & 15] : []
            if first & 0x10 == 0 && first & 15 != 0 { return nil }
            for byte in compact.dropFirst() { nibbles += [byte >> 4, byte & 15] }
        }
    }
}
