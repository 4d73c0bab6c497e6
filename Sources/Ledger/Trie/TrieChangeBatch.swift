internal import EVM

/// Changes of a trie whose keys are hashed side by side and whose nodes are fetched together, in the order in which they came.
final class TrieChangeBatch<Change> {
    /// Enough that no node is waited for, and few enough that all are still near when their turn comes.
    private static var changesMax: Int { 32 }

    private let hashes = KeccakBatch(messageBytesMax: 32)
    private let message = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 8)
    private var keys = [TrieKey](repeating: TrieKey(.zero), count: changesMax)
    private var changes: [Change] = []

    /// No changes.
    init() { changes.reserveCapacity(Self.changesMax) }

    deinit { message.deallocate() }

    /// Whether the changes must be taken before another.
    var isFull: Bool { changes.count == Self.changesMax }

    /// Adds a change; the body writes what its key is the hash of, 32 bytes at most, and says how many.
    func append(_ change: Change, key body: (UnsafeMutableRawPointer) -> Int) {
        guard let base = message.baseAddress else { return }
        let count = body(base)
        hashes.append(UnsafeRawBufferPointer(start: base, count: count), tag: UInt32(changes.count))
        changes.append(change)
        if hashes.isFull { finishKeys() }
    }

    private func finishKeys() {
        hashes.hashAll { keys[Int($0)] = TrieKey($1) }
    }

    /// Hands the changes out with their keys, once the trie's nodes on their way are near, and forgets them.
    func takeAll<Value>(into trie: PatriciaTrie<Value>, _ body: (TrieKey, Change) -> Void) {
        finishKeys()
        keys.withUnsafeBufferPointer { trie.fetch(UnsafeBufferPointer(rebasing: $0[..<changes.count])) }
        for (key, change) in zip(keys, changes) { body(key, change) }
        changes.removeAll(keepingCapacity: true)
    }
}
