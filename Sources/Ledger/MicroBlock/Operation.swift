public import EVM

/// One transaction that somebody wants in the ledger, under a name that is used once.
public struct Operation: Sendable {
    /// The client's name for it.
    public var id: OperationID
    /// What the EVM is to run.
    public var transaction: Transaction
    /// Whether the next operation of the same submission succeeds or fails with this one.
    public var linkedWithNext: Bool
    /// The time that the block must have, in clock mode `operations`; 0 for none.
    public var clockMilliseconds: UInt64
    /// The submitter's own key, handed back with the answer.
    public var ticket: UInt64

    /// An operation.
    public init(
        id: OperationID, transaction: Transaction, linkedWithNext: Bool = false, clockMilliseconds: UInt64 = 0,
        ticket: UInt64 = 0
    ) {
        self.id = id
        self.transaction = transaction
        self.linkedWithNext = linkedWithNext
        self.clockMilliseconds = clockMilliseconds
        self.ticket = ticket
    }
}

/// A question to a contract, executed in order with the operations and forgotten.
public struct ViewCall: Sendable {
    /// The contract asked.
    public var to: Address
    /// The call's input.
    public var data: [UInt8]
    /// The submitter's own key, handed back with the answer.
    public var ticket: UInt64
    /// Who asks.
    public var sender: Address

    /// A view call.
    public init(to: Address, data: [UInt8], ticket: UInt64, sender: Address = .zero) {
        self.to = to
        self.data = data
        self.ticket = ticket
        self.sender = sender
    }
}

/// A question for the receipt of an operation id.
public struct ReceiptLookup: Sendable {
    /// The operation asked for.
    public var id: OperationID
    /// The submitter's own key, handed back with the answer.
    public var ticket: UInt64

    /// A look-up.
    public init(id: OperationID, ticket: UInt64) {
        self.id = id
        self.ticket = ticket
    }
}

/// What the ledger takes in.
public enum Submission: Sendable {
    case operation(Operation)
    case view(ViewCall)
    case lookup(ReceiptLookup)
}
