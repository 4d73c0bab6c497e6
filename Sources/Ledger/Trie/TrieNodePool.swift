internal import EVM

/// An arena of trie nodes addressed by index: grows by doubling, reuses what was freed, needs no counting of references.
final class TrieNodePool<Node: BitwiseCopyable> {
    private var nodes: UnsafeMutablePointer<Node>
    private var capacity: Int
    private var used = 0
    private var free: [UInt32] = []

    /// An empty pool.
    init() {
        capacity = 16
        nodes = .allocate(capacity: capacity)
    }

    deinit { nodes.deallocate() }

    /// Nodes in use.
    var count: Int { used - free.count }

    /// Stores a node and returns its index.
    func add(_ node: Node) -> UInt32 {
        if let index = free.popLast() {
            nodes[Int(index)] = node
            return index
        }
        if used == capacity { grow() }
        precondition(used < Int(TrieHandle.leafBit), "a trie holds at most 2^31 nodes of a kind")
        (nodes + used).initialize(to: node)
        used += 1
        return UInt32(used - 1)
    }

    /// Gives an index back for another node.
    func remove(_ index: UInt32) { free.append(index) }

    /// The node at an index that `add` returned.
    @inline(__always)
    subscript(index: UInt32) -> UnsafeMutablePointer<Node> { nodes + Int(index) }

    private func grow() {
        let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: nodes, count: used)
        nodes.deallocate()
        nodes = larger
        capacity *= 2
    }
}

/// Names a node: nothing, a branch or a leaf, with its index in the pool of its kind.
struct TrieHandle: Equatable {
    static let leafBit: UInt32 = 1 << 31
    static let none = TrieHandle(raw: .max)
    var raw: UInt32

    @inline(__always)
    static func branch(_ index: UInt32) -> TrieHandle { TrieHandle(raw: index) }
    @inline(__always)
    static func leaf(_ index: UInt32) -> TrieHandle { TrieHandle(raw: index | leafBit) }

    @inline(__always)
    var isNone: Bool { raw == .max }
    @inline(__always)
    var isLeaf: Bool { raw & Self.leafBit != 0 }
    @inline(__always)
    var index: UInt32 { raw & ~Self.leafBit }
}

/// How a parent names a node: its digest, or the node itself where its encoding is shorter than 32 bytes.
struct TrieReference {
    /// The digest, or the encoding from the first byte on.
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    /// Bytes in use: 32 for a digest, 0 where the reference has to be computed.
    var count: UInt8 = 0

    /// The reference to a node with this encoding.
    init(encoding: UnsafeRawBufferPointer) {
        if encoding.count >= 32 {
            let digest = keccak256(encoding)
            withUnsafeMutableBytes(of: &bytes) { digest.store(at: $0.baseAddress!) }
            count = 32
        } else {
            withUnsafeMutableBytes(of: &bytes) { $0.copyMemory(from: encoding) }
            count = UInt8(encoding.count)
        }
    }

    /// The reference to a node with this digest.
    init(digest: Hash256) {
        withUnsafeMutableBytes(of: &bytes) { digest.store(at: $0.baseAddress!) }
        count = 32
    }

    /// A reference that has to be computed.
    init() {}

    /// Whether the node changed since its reference was computed.
    @inline(__always)
    var isStale: Bool { count == 0 }
}

