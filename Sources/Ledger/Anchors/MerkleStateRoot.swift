internal import EVM

/// The state root by Ethereum's rules, kept up to date in a Merkle Patricia trie.
final class MerkleStateRoot: StateRootTracker {
    /// The state itself.
    let trie = StateTrie()

    /// Takes over the changes; the order of accounts does not matter.
    func apply(_ changes: MergedChanges) {
        let groups = changes.groups()
        for account in groups.accounts {
            let address = account.pointee.address
            if account.pointee.isCleared { trie.clearStorage(address) }
            if let change = account.pointee.change { trie.set(address, change) }
            let slots = groups.slots(of: account)
            if slots.isEmpty { continue }
            trie.storageChanges(of: address) { set in
                for slot in slots { set(slot.pointee.slot, slot.pointee.value) }
            }
        }
    }

    /// The root over everything taken over so far.
    func root() -> Hash256 { trie.root() }
}
