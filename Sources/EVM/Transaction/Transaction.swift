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
    /// The account called; nil creates a contract.
    public var to: Address?
    /// Wei to move.
    public var value: U256
    /// Input of the call, or the code that creates.
    public var data: [UInt8]
    /// The chain that it was signed for; nil where the signature holds for any, and for sessions.
    public var chainID: UInt64?
    /// Fields that only typed transactions have; nil where all of them are empty. Never changed once shared.
    private var typed: TypedFields?

    /// Whether it has none of the fields that only typed transactions have.
    public var hasNoTypedFields: Bool { typed == nil }

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
        self.to = to
        self.value = value
        self.data = data
        self.chainID = chainID
        let values = TypedValues(
            maxFeePerGas: maxFeePerGas, maxPriorityFeePerGas: maxPriorityFeePerGas, accessList: accessList,
            blobHashes: blobHashes, maxFeePerBlobGas: maxFeePerBlobGas, authorizations: authorizations)
        typed = values.isEmpty ? nil : TypedFields(values)
    }

    /// A call from a session: none of the typed fields is even looked at.
    private init(sender: Address, to: Address?, value: U256, data: [UInt8], gasLimit: UInt64) {
        kind = .session
        self.sender = sender
        nonce = nil
        self.gasLimit = gasLimit
        gasPrice = .zero
        self.to = to
        self.value = value
        self.data = data
        chainID = nil
        typed = nil
    }

    /// A call (or, without `to`, a creation) from an authenticated session: next nonce, gas price zero.
    public static func session(
        sender: Address, to: Address?, value: U256 = .zero, data: [UInt8], gasLimit: UInt64
    ) -> Transaction {
        Transaction(sender: sender, to: to, value: value, data: data, gasLimit: gasLimit)
    }
}

/// The fields that only typed transactions have.
private struct TypedValues: Sendable, Equatable {
    var maxFeePerGas = U256.zero
    var maxPriorityFeePerGas = U256.zero
    var accessList: [AccessListEntry] = []
    var blobHashes: [Hash256] = []
    var maxFeePerBlobGas = U256.zero
    var authorizations: [Authorization] = []

    var isEmpty: Bool {
        maxFeePerGas.isZero && maxPriorityFeePerGas.isZero && accessList.isEmpty && blobHashes.isEmpty
            && maxFeePerBlobGas.isZero && authorizations.isEmpty
    }
}

/// Their place outside of the transaction, so that a session's transaction, which has none of them, stays small.
private final class TypedFields: Sendable, Equatable {
    let values: TypedValues

    init(_ values: TypedValues) { self.values = values }

    static func == (left: TypedFields, right: TypedFields) -> Bool {
        left === right || left.values == right.values
    }
}

extension Transaction {
    private mutating func change(_ body: (inout TypedValues) -> Void) {
        var values = typed?.values ?? TypedValues()
        body(&values)
        typed = values.isEmpty ? nil : TypedFields(values)
    }

    /// Base fee and priority fee together at most, in wei (dynamic fee and later).
    public var maxFeePerGas: U256 {
        get { typed?.values.maxFeePerGas ?? .zero }
        set { change { $0.maxFeePerGas = newValue } }
    }

    /// Priority fee at most, in wei (dynamic fee and later).
    public var maxPriorityFeePerGas: U256 {
        get { typed?.values.maxPriorityFeePerGas ?? .zero }
        set { change { $0.maxPriorityFeePerGas = newValue } }
    }

    /// Accounts and slots announced.
    public var accessList: [AccessListEntry] {
        get { typed?.values.accessList ?? [] }
        set { change { $0.accessList = newValue } }
    }

    /// Versioned hashes of the blobs.
    public var blobHashes: [Hash256] {
        get { typed?.values.blobHashes ?? [] }
        set { change { $0.blobHashes = newValue } }
    }

    /// Fee per blob gas at most, in wei.
    public var maxFeePerBlobGas: U256 {
        get { typed?.values.maxFeePerBlobGas ?? .zero }
        set { change { $0.maxFeePerBlobGas = newValue } }
    }

    /// Delegations, applied before the call.
    public var authorizations: [Authorization] {
        get { typed?.values.authorizations ?? [] }
        set { change { $0.authorizations = newValue } }
    }
}
