internal import EVM

/// The state root by Ethereum's rules, kept up to date in a Merkle Patricia trie.
final class MerkleStateRoot: StateRootTracker {
    /// The state itself.
    let trie = StateTrie()

    /// Takes over the changes; the order of accounts does not matter.
    func apply(_ changes: MergedChanges) {
        for (address, change) in changes.accounts {
            if change.storageCleared { trie.clearStorage(address) }
            if let account = change.account { trie.set(address, account) }
            if change.slots.isEmpty { continue }
            trie.storageChanges(of: address) { set in
                for (slot, value) in change.slots { set(slot, value) }
            }
        }
    }

    /// The root over everything taken over so far.
    func root() -> Hash256 { trie.root() }
}
