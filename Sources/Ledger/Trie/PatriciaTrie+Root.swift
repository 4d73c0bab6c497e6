internal import EVM

extension PatriciaTrie {
    /// The root digest over all keys.
    func rootHash() -> Hash256 {
        if root.isNone { return .emptyTrie }
        refreshReferences()
        let reference = reference(root, from: 0)
        return withUnsafeBytes(of: reference.bytes) { bytes in
            if reference.count == 32 { return Hash256(loading: bytes.baseAddress!) }
            return keccak256(UnsafeRawBufferPointer(rebasing: bytes[..<Int(reference.count)]))
        }
    }

    /// A node that changed, and where its path begins.
    private typealias StaleNode = (handle: TrieHandle, start: Int)

    /// Brings all references up to date from the deepest nodes upwards: the nodes of one depth do not depend on each other
    /// and are hashed side by side.
    private func refreshReferences() {
        if !isStale(root) { return }
        var depths: [[StaleNode]] = [[(root, 0)]]
        while true {
            var below: [StaleNode] = []
            for node in depths[depths.count - 1] where !node.handle.isLeaf {
                let branch = branches[node.handle.index]
                let start = Int(branch.pointee.depth) + 1
                for index in 0..<16 {
                    let child = branch.pointee.children[index]
                    if !child.isNone && isStale(child) { below.append((child, start)) }
                }
            }
            if below.isEmpty { break }
            depths.append(below)
        }
        // Few nodes are hashed one by one on the way of `reference`.
        if depths.reduce(0, { $0 + $1.count }) < KeccakBatch.messagesMax { return }
        let batch = KeccakBatch(messageBytesMax: TrieNodeWriter.capacity)
        for nodes in depths.reversed() { refresh(nodes, batch) }
    }

    private func isStale(_ handle: TrieHandle) -> Bool {
        handle.isLeaf
            ? leaves[handle.index].pointee.reference.isStale : branches[handle.index].pointee.reference.isStale
    }

    /// Computes the references of nodes of one depth, all of whose children are up to date.
    private func refresh(_ nodes: [StaleNode], _ batch: KeccakBatch) {
        for node in nodes where node.handle.isLeaf {
            hashLater(node.handle, leafEncoding(leaves[node.handle.index].pointee, from: node.start), batch)
        }
        for node in nodes where !node.handle.isLeaf {
            hashLater(node.handle, branchEncoding(branches[node.handle.index]), batch)
        }
        finishHashing(batch)
        for node in nodes where !node.handle.isLeaf {
            let branch = branches[node.handle.index].pointee
            if branch.depth > node.start {
                hashLater(node.handle, extensionEncoding(branch, branch.reference, from: node.start), batch)
            }
        }
        finishHashing(batch)
    }

    private func hashLater(_ handle: TrieHandle, _ encoding: UnsafeRawBufferPointer, _ batch: KeccakBatch) {
        if encoding.count < 32 { return set(handle, TrieReference(encoding: encoding)) }
        if batch.isFull { finishHashing(batch) }
        batch.append(encoding, tag: handle.raw)
    }

    private func finishHashing(_ batch: KeccakBatch) {
        batch.hashAll { tag, digest in set(TrieHandle(raw: tag), TrieReference(digest: digest)) }
    }

    private func set(_ handle: TrieHandle, _ reference: TrieReference) {
        if handle.isLeaf {
            leaves[handle.index].pointee.reference = reference
        } else {
            branches[handle.index].pointee.reference = reference
        }
    }

    /// The reference to a node whose path begins at nibble `start`.
    func reference(_ handle: TrieHandle, from start: Int) -> TrieReference {
        if handle.isLeaf {
            let leaf = leaves[handle.index]
            if leaf.pointee.reference.isStale {
                leaf.pointee.reference = TrieReference(encoding: leafEncoding(leaf.pointee, from: start))
            }
            return leaf.pointee.reference
        }
        let branch = branches[handle.index]
        if branch.pointee.reference.isStale {
            var reference = TrieReference(encoding: branchEncoding(branch))
            if branch.pointee.depth > start {
                reference = TrieReference(encoding: extensionEncoding(branch.pointee, reference, from: start))
            }
            branch.pointee.reference = reference
        }
        return branch.pointee.reference
    }

    /// The encoding of a leaf whose path begins at nibble `start`; valid until the next node is encoded.
    func leafEncoding(_ leaf: Leaf, from start: Int) -> UnsafeRawBufferPointer {
        valueWriter.begin()
        leaf.value.encode(into: &valueWriter)
        nodeWriter.begin()
        nodeWriter.append(path: leaf.key, from: start, to: TrieKey.nibbleCount, isLeaf: true)
        nodeWriter.append(string: valueWriter.content)
        return nodeWriter.finishList()
    }

    /// The encoding of a branch without its extension; valid until the next node is encoded.
    func branchEncoding(_ branch: UnsafeMutablePointer<Branch>) -> UnsafeRawBufferPointer {
        let next = Int(branch.pointee.depth) + 1
        // First all children, which use the same writer.
        for index in 0..<16 {
            let child = branch.pointee.children[index]
            if !child.isNone { _ = reference(child, from: next) }
        }
        nodeWriter.begin()
        for index in 0..<16 {
            let child = branch.pointee.children[index]
            if child.isNone {
                nodeWriter.append(byte: 0x80)
            } else if child.isLeaf {
                nodeWriter.append(reference: leaves[child.index].pointee.reference)
            } else {
                nodeWriter.append(reference: branches[child.index].pointee.reference)
            }
        }
        nodeWriter.append(byte: 0x80)
        return nodeWriter.finishList()
    }

    /// The encoding of the extension from nibble `start` to a branch; valid until the next node is encoded.
    func extensionEncoding(_ branch: Branch, _ reference: TrieReference, from start: Int) -> UnsafeRawBufferPointer {
        nodeWriter.begin()
        nodeWriter.append(path: branch.prefix, from: start, to: Int(branch.depth), isLeaf: false)
        nodeWriter.append(reference: reference)
        return nodeWriter.finishList()
    }

    /// The encodings of the nodes from the root towards a key, those that a parent embeds left out.
    func proof(_ key: TrieKey) -> [[UInt8]] {
        _ = rootHash()
        var nodes: [[UInt8]] = []
        func add(_ encoding: UnsafeRawBufferPointer) {
            if encoding.count >= 32 || nodes.isEmpty { nodes.append(Array(encoding)) }
        }
        var handle = root
        var start = 0
        while !handle.isNone {
            if handle.isLeaf {
                add(leafEncoding(leaves[handle.index].pointee, from: start))
                break
            }
            let branch = branches[handle.index]
            let depth = Int(branch.pointee.depth)
            let encoding = Array(branchEncoding(branch))
            if depth > start {
                let reference = encoding.withUnsafeBytes { TrieReference(encoding: $0) }
                add(extensionEncoding(branch.pointee, reference, from: start))
                if key.commonNibbles(branch.pointee.prefix) < depth { break }
            }
            encoding.withUnsafeBytes { add($0) }
            handle = branch.pointee.children[key.nibble(depth)]
            start = depth + 1
        }
        return nodes
    }
}
