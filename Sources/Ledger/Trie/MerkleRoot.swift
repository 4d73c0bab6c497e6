public import EVM

/// Roots of tries that are built once from all their keys: transactions, receipts, withdrawals.
public enum MerkleRoot {
    /// The root over a list, keyed by the RLP of each index.
    public static func ofList(_ items: [[UInt8]]) -> Hash256 {
        of(items.indices.map { index in (RLP.encode(bytes: U256(UInt64(index)).minimalBigEndianBytes), items[index]) })
    }

    /// The root over keys of any length; the keys differ and no value is empty.
    public static func of(_ pairs: [(key: [UInt8], value: [UInt8])]) -> Hash256 {
        if pairs.isEmpty { return .emptyTrie }
        let entries = pairs.map { Entry(nibbles: $0.key.flatMap { [$0 >> 4, $0 & 15] }, value: $0.value) }
            .sorted { $0.nibbles.lexicographicallyPrecedes($1.nibbles) }
        return keccak256(node(entries[...], depth: 0))
    }

    private struct Entry {
        var nibbles: [UInt8]
        var value: [UInt8]
    }

    /// The encoding of the node over sorted entries that share their first `depth` nibbles.
    private static func node(_ entries: ArraySlice<Entry>, depth: Int) -> [UInt8] {
        let first = entries.first!
        var writer = RLPWriter(capacity: 600)
        if entries.count == 1 {
            writer.appendList { list in
                list.append(compact(first.nibbles[depth...], isLeaf: true))
                list.append(first.value)
            }
            return writer.bytes
        }
        // Sorted: what the first and the last share, all share.
        let last = entries.last!.nibbles
        var shared = depth
        while shared < first.nibbles.count && shared < last.count && first.nibbles[shared] == last[shared] {
            shared += 1
        }
        if shared > depth {
            let child = branch(entries, depth: shared)
            writer.appendList { list in
                list.append(compact(first.nibbles[depth..<shared], isLeaf: false))
                append(&list, child: child)
            }
            return writer.bytes
        }
        return branch(entries, depth: depth)
    }

    private static func branch(_ entries: ArraySlice<Entry>, depth: Int) -> [UInt8] {
        var rest = entries
        var value: [UInt8] = []
        if rest.first!.nibbles.count == depth { value = rest.removeFirst().value }
        var writer = RLPWriter(capacity: 600)
        writer.appendList { list in
            for nibble in UInt8(0)..<16 {
                let below = rest.prefix { $0.nibbles[depth] == nibble }
                rest = rest.dropFirst(below.count)
                if below.isEmpty {
                    list.append([UInt8]())
                } else {
                    append(&list, child: node(below, depth: depth + 1))
                }
            }
            list.append(value)
        }
        return writer.bytes
    }

    private static func append(_ list: inout RLPWriter, child: [UInt8]) {
        if child.count < 32 { list.appendEncoded(child) } else { list.append(keccak256(child)) }
    }

    private static func compact(_ nibbles: ArraySlice<UInt8>, isLeaf: Bool) -> [UInt8] {
        let flag: UInt8 = isLeaf ? 0x20 : 0
        var rest = nibbles
        var bytes: [UInt8] = []
        if nibbles.count & 1 == 1 { bytes.append(flag | 0x10 | rest.removeFirst()) } else { bytes.append(flag) }
        while let high = rest.popFirst(), let low = rest.popFirst() { bytes.append(high << 4 | low) }
        return bytes
    }
}
