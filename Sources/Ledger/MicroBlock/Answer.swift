public import EVM

/// Why an operation is not in the ledger.
public enum LedgerRefusal: Error, Sendable, Equatable {
    /// The EVM's rules do not allow the transaction.
    case transaction(TransactionRefusal)
    /// The balances that changed are not those that the transfer events say.
    case conservationViolated(ConservationViolation)
    /// The operation's time is before the time of the last block.
    case clockBackwards(have: UInt64, need: UInt64)
    /// The encoded operation is longer than a block may hold.
    case operationTooLarge(bytes: Int, maximum: Int)
    /// More linked operations than a block may hold.
    case groupTooLong(count: Int, maximum: Int)
    /// The disk has failed; nothing is accepted any more, and whether an earlier submission of the same id is in the ledger is open until a restart.
    case ledgerFailed(reason: String)
    /// The disk takes no writes for now; nothing of the operation has happened, and it may be sent again.
    case busy(retryAfterMilliseconds: UInt64, reason: String)
    /// The ledger is stopping.
    case stopping
}

/// Why a linked group was dropped, seen at its first failing member.
public enum LinkedFailure: Sendable, Equatable {
    /// The member ran and did not succeed.
    case unsuccessful(Receipt)
    /// The member could not run.
    case refused(LedgerRefusal)
    /// The member's id is already in the ledger, or twice in the group.
    case idInUse
}

/// What the ledger says to a submission, once everything executed before it is durable.
public enum Answer: Sendable, Equatable {
    /// The operation is in the ledger for ever; `repeated` where it was already.
    case final(ticket: UInt64, block: UInt64, index: UInt32, receipt: EncodedReceipt, repeated: Bool)
    /// What a view call returned.
    case view(ticket: UInt64, receipt: Receipt)
    /// The operation id is in the ledger with another transaction.
    case conflict(ticket: UInt64, block: UInt64, index: UInt32)
    /// Not in the ledger.
    case refused(ticket: UInt64, LedgerRefusal)
    /// No operation of this id is in the ledger.
    case notFound(ticket: UInt64)
    /// The linked group is not in the ledger, because of the member at `failedIndex` (counted from the group's first).
    case linkedFailed(ticket: UInt64, failedIndex: Int, reason: LinkedFailure)
    /// An operation that nobody submitted has ended the block.
    case closing(id: OperationID, block: UInt64, index: UInt32, receipt: Receipt)

    /// The submitter's own key; the greatest number where there is no submitter.
    public var ticket: UInt64 {
        switch self {
        case .final(let ticket, _, _, _, _), .view(let ticket, _), .conflict(let ticket, _, _),
            .refused(let ticket, _), .notFound(let ticket), .linkedFailed(let ticket, _, _):
            ticket
        case .closing: .max
        }
    }
}
