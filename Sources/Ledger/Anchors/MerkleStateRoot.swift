internal import EVM

/// The state root by Ethereum's rules, kept up to date in a Merkle Patricia trie.
final class MerkleStateRoot: StateRootTracker {
    /// The state itself.
    let trie = StateTrie()

    /// Takes over the changes; the order of accounts does not matter.
    func apply(_ changes: MergedChanges) {
        let groups = changes.groups()
        trie.accountChanges { set in
            for account in groups.accounts {
                let address = account.pointee.address
                if account.pointee.isCleared { trie.clearStorage(address) }
                guard let change = account.pointee.change else { continue }
                if let state = change { set(address, state) } else { trie.set(address, nil) }
            }
        }
        for account in groups.accounts {
            let slots = groups.slots(of: account)
            if slots.isEmpty { continue }
            trie.storageChanges(of: account.pointee.address) { set in
                for slot in slots { set(slot.pointee.slot, slot.pointee.value) }
            }
        }
    }

    /// The root over everything taken over so far.
    func root() -> Hash256 { trie.root() }
}
