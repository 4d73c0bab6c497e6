/// The fate of one account in a transition.
public struct AccountChange: Sendable, Equatable {
    /// The account that changed.
    public var address: Address
    /// The account afterwards; nil where it was deleted, its storage with it.
    public var account: AccountState?
    /// The code behind the new code hash, where the transition wrote one.
    public var codeWritten: [UInt8]?
    /// Whether all storage that the account had before is gone (the diff's own slots are written afterwards).
    public var storageCleared: Bool

    /// The change of one account.
    public init(address: Address, account: AccountState?, codeWritten: [UInt8]? = nil, storageCleared: Bool = false) {
        self.address = address
        self.account = account
        self.codeWritten = codeWritten
        self.storageCleared = storageCleared
    }
}

/// A storage slot with another value than before the transition.
public struct StorageChange: Sendable, Equatable {
    /// The account that owns the slot.
    public var address: Address
    /// The slot's key.
    public var slot: U256
    /// The value afterwards; zero removes the slot.
    public var value: U256

    /// The change of one slot.
    public init(address: Address, slot: U256, value: U256) {
        self.address = address
        self.slot = slot
        self.value = value
    }
}

/// What a transition changed, in canonical form: real changes only, accounts sorted by address, storage by address and slot.
public struct StateDiff: Sendable, Equatable {
    /// Accounts whose nonce, balance, code or existence changed.
    public var accounts: [AccountChange]
    /// Slots whose value changed; none of an account that was deleted.
    public var storage: [StorageChange]

    /// A diff of changes that are already in canonical order.
    public init(accounts: [AccountChange] = [], storage: [StorageChange] = []) {
        self.accounts = accounts
        self.storage = storage
    }

    /// Whether nothing changed.
    public var isEmpty: Bool { accounts.isEmpty && storage.isEmpty }
}
