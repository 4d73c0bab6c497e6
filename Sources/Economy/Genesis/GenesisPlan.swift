public import EVM

/// An account of the first state.
public struct GenesisAccount: Sendable, Equatable {
    /// Its address.
    public var address: Address
    /// Nonce, balance and code hash.
    public var state: AccountState
    /// Its code; empty for an account without.
    public var code: [UInt8]
    /// Its slots that are not zero, by slot.
    public var storage: [GenesisSlot]
}

/// A slot of the first state.
public struct GenesisSlot: Sendable, Equatable {
    /// The slot.
    public var slot: U256
    /// Its value.
    public var value: U256
}

/// The first state of a world and the rules that it runs under; made from the game folder alone, and always the same.
public struct GenesisPlan: Sendable, Equatable {
    /// The world's name.
    public var world: String
    /// The chain's id.
    public var chainID: UInt64
    /// The rules.
    public var fork: Fork
    /// Seconds since 1970 of the first block.
    public var timestampSeconds: UInt64
    /// All accounts by address.
    public var accounts: [GenesisAccount]
    /// Transactions that made it.
    public var transactions: Int
}

/// Where a contract keeps signed balances that must sum to zero for every asset.
public struct BalanceRule: Sendable, Equatable {
    /// The contract.
    public var contract: Address
    /// Whether balances are by item and account, rather than by account alone.
    public var isItems: Bool
    /// The slot of the mapping: Vyper puts a value at keccak(slot . key), the key of the outer mapping first.
    public var balancesSlot: U256
    /// The currency that the contract keeps; 0 for the items.
    public var currency: UInt64
}
