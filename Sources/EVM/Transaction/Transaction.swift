/// How a transaction was made, which decides what it may hold and how it pays.
public enum TransactionKind: UInt8, Sendable, CaseIterable {
    /// A gas price (before EIP-2718).
    case legacy = 0
    /// A gas price and an access list (EIP-2930).
    case accessList = 1
    /// Base fee and priority fee (EIP-1559).
    case dynamicFee = 2
    /// Carries blobs (EIP-4844).
    case blob = 3
    /// Carries delegations of accounts to code (EIP-7702).
    case setCode = 4
    /// From an authenticated session: no signature, gas price zero.
    case session = 0x7f
}

/// An account and slots of it that a transaction announces and that are warm from its start (EIP-2930).
public struct AccessListEntry: Sendable, Equatable {
    /// The announced account.
    public var address: Address
    /// The announced slots of the account.
    public var slots: [U256]

    /// An entry of an access list.
    public init(address: Address, slots: [U256]) {
        self.address = address
        self.slots = slots
    }
}

/// One account's signed wish to run the code of another (EIP-7702).
public struct Authorization: Sendable, Equatable {
    /// The chain that it holds for; zero for any.
    public var chainID: U256
    /// The account whose code is to be run; zero ends a delegation.
    public var address: Address
    /// The nonce that the authority must have.
    public var nonce: UInt64
    /// The account that signed; nil where the signature is not valid, which makes the entry void.
    public var authority: Address?

    /// An authorization whose signature has been recovered.
    public init(chainID: U256, address: Address, nonce: UInt64, authority: Address?) {
        self.chainID = chainID
        self.address = address
        self.nonce = nonce
        self.authority = authority
    }
}

/// One call or creation, with its sender known.
public struct Transaction: Sendable, Equatable {
    /// How it was made.
    public var kind: TransactionKind
    /// The account that sends it and pays.
    public var sender: Address
    /// The sender's transaction count; nil for whatever comes next.
    public var nonce: UInt64?
    /// Gas that it may use at most.
    public var gasLimit: UInt64
    /// Price of gas in wei (legacy and access list).
    public var gasPrice: U256
    /// Base fee and priority fee together at most (dynamic fee and later).
    public var maxFeePerGas: U256
    /// Priority fee at most (dynamic fee and later).
    public var maxPriorityFeePerGas: U256
    /// The account called; nil creates a contract.
    public var to: Address?
    /// Wei to move.
    public var value: U256
    /// Input of the call, or the code that creates.
    public var data: [UInt8]
    /// Accounts and slots announced.
    public var accessList: [AccessListEntry]
    /// Versioned hashes of the blobs.
    public var blobHashes: [Hash256]
    /// Fee per blob gas at most.
    public var maxFeePerBlobGas: U256
    /// Delegations, applied before the call.
    public var authorizations: [Authorization]
    /// The chain that it was signed for; nil where the signature holds for any, and for sessions.
    public var chainID: UInt64?

    /// A transaction of any kind; fields that the kind does not have stay empty.
    public init(
        kind: TransactionKind, sender: Address, nonce: UInt64?, gasLimit: UInt64, gasPrice: U256 = .zero,
        maxFeePerGas: U256 = .zero, maxPriorityFeePerGas: U256 = .zero, to: Address?, value: U256 = .zero,
        data: [UInt8] = [], accessList: [AccessListEntry] = [], blobHashes: [Hash256] = [],
        maxFeePerBlobGas: U256 = .zero, authorizations: [Authorization] = [], chainID: UInt64? = nil
    ) {
        self.kind = kind
        self.sender = sender
        self.nonce = nonce
        self.gasLimit = gasLimit
        self.gasPrice = gasPrice
        self.maxFeePerGas = maxFeePerGas
        self.maxPriorityFeePerGas = maxPriorityFeePerGas
        self.to = to
        self.value = value
        self.data = data
        self.accessList = accessList
        self.blobHashes = blobHashes
        self.maxFeePerBlobGas = maxFeePerBlobGas
        self.authorizations = authorizations
        self.chainID = chainID
    }

    /// A call (or, without `to`, a creation) from an authenticated session: next nonce, gas price zero.
    public static func session(
        sender: Address, to: Address?, value: U256 = .zero, data: [UInt8], gasLimit: UInt64
    ) -> Transaction {
        Transaction(
            kind: .session, sender: sender, nonce: nil, gasLimit: gasLimit, to: to, value: value, data: data)
    }
}
