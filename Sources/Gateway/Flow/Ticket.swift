internal import Wire

/// Where the answer to one submission goes.
struct Ticket {
    /// What was asked.
    enum Purpose {
        /// An action of its own, with its code.
        case action(code: UInt16)
        /// A member of a batch: the batch's key, the member's place and its code.
        case member(batch: UInt64, place: Int, code: UInt16)
        /// A query.
        case query(QueryBody)
    }

    /// The key of the session that asked; it finds none when the connection is gone.
    let session: UInt64
    /// The frame's own number.
    let requestID: UInt64
    /// The operation; zero for a query.
    let operationID: Wire.OperationID
    /// What was asked.
    let purpose: Purpose
}

/// A batch some of whose members wait for answers.
struct PendingBatch {
    /// The key of the session that asked.
    let session: UInt64
    /// The frame's own number.
    let requestID: UInt64
    /// The replies so far, in the batch's order; those that wait hold a placeholder.
    var items: [BatchReplyItem]
    /// Members that wait.
    var waiting: Int
}
