internal import CShims
internal import EVM

/// What the leaves of a trie hold.
protocol TrieValue: BitwiseCopyable {
    /// Appends the bytes that the leaf stores.
    func encode(into writer: inout TrieNodeWriter)
}

/// A Merkle Patricia trie in memory over hashed keys: a change touches the nodes on its path, a root hashes only what
/// changed since the last one. Extensions are part of the branch behind them.
final class PatriciaTrie<Value: TrieValue> {
    /// A key and its value.
    struct Leaf: BitwiseCopyable {
        var key: TrieKey
        var value: Value
        var reference = TrieReference()
    }

    /// A place where keys part at nibble `depth`; all keys below share the nibbles of `prefix` before it.
    struct Branch: BitwiseCopyable {
        var prefix: TrieKey
        var depth: Int32
        var children = InlineArray<16, TrieHandle>(repeating: .none)
        /// The reference to the branch behind its extension, which is what the parent holds.
        var reference = TrieReference()
    }

    let leaves = TrieNodePool<Leaf>()
    let branches = TrieNodePool<Branch>()
    var root = TrieHandle.none
    var nodeWriter = TrieNodeWriter()
    var valueWriter = TrieNodeWriter()

    /// A trie without keys.
    init() {}

    deinit {
        nodeWriter.deallocate()
        valueWriter.deallocate()
    }

    /// Keys in the trie.
    var count: Int { leaves.count }

    /// The value of a key, if it has one.
    func value(_ key: TrieKey) -> Value? {
        guard let leaf = leafIndex(key) else { return nil }
        return leaves[leaf].pointee.value
    }

    private func leafIndex(_ key: TrieKey) -> UInt32? {
        var handle = root
        while !handle.isNone {
            if handle.isLeaf { return leaves[handle.index].pointee.key == key ? handle.index : nil }
            let branch = branches[handle.index]
            handle = branch.pointee.children[key.nibble(Int(branch.pointee.depth))]
        }
        return nil
    }

    /// Brings the nodes on the way to these keys near, for all keys together: one by one, each node would be waited for.
    func fetch(_ keys: UnsafeBufferPointer<TrieKey>) {
        withUnsafeTemporaryAllocation(of: TrieHandle.self, capacity: keys.count) { handles in
            handles.initialize(repeating: root)
            var isOnTheWay = true
            while isOnTheWay {
                isOnTheWay = false
                for index in keys.indices where !handles[index].isNone && !handles[index].isLeaf {
                    let branch = branches[handles[index].index]
                    let next = branch.pointee.children[keys[index].nibble(Int(branch.pointee.depth))]
                    handles[index] = next
                    if next.isNone { continue }
                    if next.isLeaf {
                        Self.prefetch(leaves[next.index])
                    } else {
                        Self.prefetch(branches[next.index])
                        isOnTheWay = true
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func prefetch<Node>(_ node: UnsafeMutablePointer<Node>) {
        let start = UnsafeRawPointer(node)
        for offset in stride(from: 0, to: MemoryLayout<Node>.size, by: 64) { hoard_prefetch(start + offset) }
        hoard_prefetch(start + (MemoryLayout<Node>.size - 1))
    }

    /// Sets the value of a key.
    func set(_ key: TrieKey, _ value: Value) {
        if root.isNone {
            root = .leaf(leaves.add(Leaf(key: key, value: value)))
            return
        }
        root = inserted(root, key, value)
    }

    /// The handle that takes the place of `handle` once the key is below it.
    private func inserted(_ handle: TrieHandle, _ key: TrieKey, _ value: Value) -> TrieHandle {
        if handle.isLeaf {
            let leaf = leaves[handle.index]
            let shared = key.commonNibbles(leaf.pointee.key)
            leaf.pointee.reference = TrieReference()
            if shared == TrieKey.nibbleCount {
                leaf.pointee.value = value
                return handle
            }
            return split(handle, leaf.pointee.key, key, value, at: shared)
        }
        let branch = branches[handle.index]
        branch.pointee.reference = TrieReference()
        let depth = Int(branch.pointee.depth)
        let shared = key.commonNibbles(branch.pointee.prefix)
        if shared < depth { return split(handle, branch.pointee.prefix, key, value, at: shared) }
        let nibble = key.nibble(depth)
        let child = branch.pointee.children[nibble]
        let replacement =
            child.isNone ? TrieHandle.leaf(leaves.add(Leaf(key: key, value: value))) : inserted(child, key, value)
        // The pool may have moved while the child was inserted.
        branches[handle.index].pointee.children[nibble] = replacement
        return handle
    }

    /// A branch at nibble `depth` over an old node and a new leaf.
    private func split(
        _ handle: TrieHandle, _ prefix: TrieKey, _ key: TrieKey, _ value: Value, at depth: Int
    ) -> TrieHandle {
        var branch = Branch(prefix: key, depth: Int32(depth))
        branch.children[prefix.nibble(depth)] = handle
        branch.children[key.nibble(depth)] = .leaf(leaves.add(Leaf(key: key, value: value)))
        return .branch(branches.add(branch))
    }

    /// Removes a key; does nothing where it is absent.
    func remove(_ key: TrieKey) {
        guard leafIndex(key) != nil else { return }
        root = removed(root, key)
    }

    /// The handle that takes the place of `handle` once the key, which is below it, is gone.
    private func removed(_ handle: TrieHandle, _ key: TrieKey) -> TrieHandle {
        if handle.isLeaf {
            leaves.remove(handle.index)
            return .none
        }
        let branch = branches[handle.index]
        branch.pointee.reference = TrieReference()
        let nibble = key.nibble(Int(branch.pointee.depth))
        branch.pointee.children[nibble] = removed(branch.pointee.children[nibble], key)
        guard let only = onlyChild(branch.pointee) else { return handle }
        branches.remove(handle.index)
        // The child's path is longer now: its reference changes with it.
        if only.isLeaf {
            leaves[only.index].pointee.reference = TrieReference()
        } else {
            branches[only.index].pointee.reference = TrieReference()
        }
        return only
    }

    private func onlyChild(_ branch: Branch) -> TrieHandle? {
        var found: TrieHandle?
        for index in 0..<16 where !branch.children[index].isNone {
            if found != nil { return nil }
            found = branch.children[index]
        }
        return found
    }
}
