public import EVM
import Ledger

extension MemoryState {
    /// The Merkle Patricia root of the state.
    public var root: Hash256 {
        let trie = StateTrie()
        for (address, account) in accounts {
            trie.set(address, account.state)
            if account.storage.isEmpty { continue }
            trie.storageChanges(of: address) { change in
                for (slot, value) in account.storage { change(slot, value) }
            }
        }
        return trie.root()
    }
}
