public import EVM

/// The state after the last durable block, for one reading.
public struct DurableState: StateView {
    /// The last durable block.
    public let block: UInt64
    /// The anchor at that block, where one was asked for.
    public let anchor: Anchor?
    /// Accounts and storage.
    public let trie: StateTrie
    private let codes: [Hash256: [UInt8]]

    init(block: UInt64, anchor: Anchor?, trie: StateTrie, codes: [Hash256: [UInt8]]) {
        self.block = block
        self.anchor = anchor
        self.trie = trie
        self.codes = codes
    }

    /// The account, or nil where there is none.
    public func account(_ address: Address) -> AccountState? { trie.account(address) }
    /// The value of a storage slot.
    public func storage(_ address: Address, _ slot: U256) -> U256 { trie.storage(address, slot) }
    /// The code with this hash.
    public func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? [] }
    /// Whether any slot of the account is not zero.
    public func hasStorage(_ address: Address) -> Bool { trie.storageRoot(address) != .emptyTrie }
    /// Zero: whoever knows the blocks puts their digests in its place.
    public func blockHash(_ number: UInt64) -> Hash256 { .zero }
}
