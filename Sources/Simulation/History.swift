internal import Economy
internal import Wire

/// An operation that some client has asked for, and what is known of it.
struct OperationRecord {
    /// What the clients know.
    enum Known {
        /// Nobody has told.
        case nothing
        /// It is in the ledger: its reply, without the mark of a repeat.
        case final(ReplyBody)
        /// It was refused and is not in the ledger; `isCertain` where no attempt of it can still be under way.
        case absent(code: UInt16, isCertain: Bool)
    }

    let id: OperationID
    let action: GameAction
    let body: ActionBody
    /// The members of its linked group, itself among them; empty for one of its own.
    var group: Range<Int> = 0..<0
    var known = Known.nothing
    /// When it was first sent, and when its final reply first came, on the counter of events.
    var firstSent = Int.max
    var answered = Int.max
    var attempts = 0
}

/// A question and its answer.
struct QueryRecord {
    enum Subject {
        case balance(Place, UInt64)
        case inventory(Place)
        case offer(UInt64)
    }

    var subject: Subject
    var sent: Int
    var received: Int
    var answer: QueryAnswer
}

/// Everything that the clients of a simulation have asked and heard: what the checker goes by.
struct History {
    var operations: [OperationRecord] = []
    var queries: [QueryRecord] = []
    /// Proposed trades by the account that may accept them.
    var proposals: [Place: [OperationID]] = [:]
    private(set) var finalCount = 0
    private(set) var repeatCount = 0
    private(set) var conflictCount = 0
    private(set) var busyCount = 0

    /// Notes the reply to an operation; returns what is wrong with it, if anything is.
    mutating func note(_ reply: ReplyBody, of number: Int, at event: Int) -> String? {
        switch reply.status {
        case .applied, .refusedByContract: return noteFinal(reply, of: number, at: event)
        case .busy: busyCount += 1
        case .conflict:
            return "operation \(operations[number].id.hex) is answered as in conflict, but nobody else has its id"
        case .refused:
            guard case .nothing = operations[number].known else { return alreadyFinal(number, reply) }
            operations[number].known = .absent(
                code: reply.refusalCode, isCertain: operations[number].attempts <= 1)
        }
        return nil
    }

    private func alreadyFinal(_ number: Int, _ reply: ReplyBody) -> String? {
        guard case .final(let first) = operations[number].known else { return nil }
        return "operation \(operations[number].id.hex) was final in block \(first.block) and is refused now: \(reply)"
    }

    private mutating func noteFinal(_ reply: ReplyBody, of number: Int, at event: Int) -> String? {
        var plain = reply
        plain.repeated = false
        let record = operations[number]
        if case .final(let first) = record.known {
            if plain != first {
                return "operation \(record.id.hex) was answered \(first), and now \(plain)"
            }
            if !reply.repeated {
                return "operation \(record.id.hex) is answered as new twice, in block \(reply.block)"
            }
            repeatCount += 1
            return nil
        }
        if reply.repeated { repeatCount += 1 }
        operations[number].known = .final(plain)
        operations[number].answered = event
        finalCount += 1
        return nil
    }

    /// Notes that somebody found an operation by its receipt.
    mutating func noteReceipt(_ reply: ReplyBody, of number: Int, at event: Int) -> String? {
        guard reply.status == .applied || reply.status == .refusedByContract else {
            return "the receipt of operation \(operations[number].id.hex) says \(reply)"
        }
        var marked = reply
        marked.repeated = true
        return noteFinal(marked, of: number, at: event)
    }

    /// Notes the answer to a deliberate conflict.
    mutating func noteConflict(_ reply: ReplyBody, of number: Int) -> String? {
        guard case .final(let first) = operations[number].known else { return nil }
        switch reply.status {
        case .conflict where reply.block == first.block && reply.index == first.index:
            conflictCount += 1
            return nil
        case .busy, .refused: return nil
        default: return "the id of operation \(operations[number].id.hex) with another body is answered \(reply)"
        }
    }
}
