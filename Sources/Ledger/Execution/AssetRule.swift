public import EVM

/// Which kind of token contract a rule is about, hence which events say who paid whom.
public enum AssetKind: UInt8, Sendable, CaseIterable {
    /// `Transfer(from, to, value)`; balances are `slot[owner]`.
    case erc20 = 0
    /// `TransferSingle` and `TransferBatch`; balances are `slot[id][owner]`.
    case erc1155 = 1
    /// As erc1155, with balances in `slot[owner][id]`.
    case erc1155OwnerFirst = 2
}

/// What slots of a token contract apart from balances may change.
public enum OtherSlots: Sendable, Equatable {
    /// None.
    case none
    /// The listed ones.
    case listed([U256])
    /// Any that is not known to be a balance: the contract keeps books of its own beside the balances. A slot is known
    /// once a transfer event has explained a change of it.
    case any
}

/// How the balances of a token contract are kept, so that every transaction can be checked: what its events say is
/// what its balances show, and every asset sums to the same over all accounts.
///
/// Balances are 256-bit two's complement numbers in a mapping laid out as Vyper does: keccak(slot . key).
public struct AssetRule: Sendable, Equatable {
    /// The token contract.
    public var contract: Address
    /// Its kind.
    public var kind: AssetKind
    /// The slot at which the mapping of balances is declared.
    public var balancesSlot: U256
    /// What else may change.
    public var otherSlots: OtherSlots

    /// A rule for one contract.
    public init(contract: Address, kind: AssetKind, balancesSlot: U256, otherSlots: OtherSlots = .any) {
        self.contract = contract
        self.kind = kind
        self.balancesSlot = balancesSlot
        self.otherSlots = otherSlots
    }
}

/// A change of a token contract's storage that its events do not explain, or the reverse.
public struct ConservationViolation: Sendable, Equatable {
    /// The token contract.
    public var contract: Address
    /// The slot in question; zero where an event itself is malformed.
    public var slot: U256
    /// By how much the slot changed, as a two's complement number.
    public var have: U256
    /// By how much the events say that it changed.
    public var need: U256
}
