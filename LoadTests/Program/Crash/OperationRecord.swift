import Wire

/// What the load tool itself knows of one operation that it sent.
struct OperationRecord {
    /// What was asked for; the same bytes go out at every repeat.
    var operation: LoadOperation
    /// The final answer, once there was one.
    var answer: FinalAnswer?
}

/// The part of a final answer that must be the same for ever.
struct FinalAnswer: Equatable {
    var status: ReplyStatus
    var refusalCode: UInt16
    var block: UInt64
    var index: UInt32
    var gasUsed: UInt64
    var result0: UInt64
    var result1: UInt64

    /// The lasting part of a reply; nil when the reply does not say that the operation is in the ledger.
    init?(_ reply: ReplyBody) {
        guard reply.status == .applied || reply.status == .refusedByContract else { return nil }
        status = reply.status
        refusalCode = reply.refusalCode
        block = reply.block
        index = reply.index
        gasUsed = reply.gasUsed
        result0 = reply.result0
        result1 = reply.result1
    }
}

/// Everything that was sent and answered in a crash run, and what follows from it for the players.
final class CrashJournal {
    /// By running number.
    private(set) var records: [OperationRecord] = []
    /// What every player must have, from the answers alone.
    private(set) var book: PlayerBook
    /// Operations with a final answer.
    private(set) var acknowledged: UInt64 = 0
    /// Answered operations that the server does not know any more, or knows otherwise.
    private(set) var lost: UInt64 = 0
    /// Answered operations that the server took for new ones.
    private(set) var doubled: UInt64 = 0
    /// Answers that should not happen.
    private(set) var errors: UInt64 = 0
    /// The first finding in words.
    private(set) var firstFinding: String?

    /// An empty journal of these players.
    init(players: Int, start: StartingGoods) {
        book = PlayerBook(players: players, start: start)
    }

    /// Notes an operation that is about to be sent; returns its running number.
    func add(_ operation: LoadOperation) -> Int {
        records.append(OperationRecord(operation: operation, answer: nil))
        return records.count - 1
    }

    /// Takes a reply, to the first sending or to a repeat.
    func take(_ reply: ReplyBody, sequence: Int) {
        guard let answer = FinalAnswer(reply) else {
            // Busy, or the server was stopping: not in the ledger, and sent again later.
            if reply.status != .busy {
                note(sequence, "was answered with \(reply.status): \(reply.message)", &errors)
            }
            return
        }
        guard let original = records[sequence].answer else {
            records[sequence].answer = answer
            acknowledged += 1
            if answer.status == .applied {
                book.apply(
                    records[sequence].operation, result0: answer.result0, result1: answer.result1)
            }
            return
        }
        if !reply.repeated {
            note(sequence, "was answered before and was taken for new", &doubled)
        } else if answer != original {
            note(sequence, "was answered \(original) and is now answered \(answer)", &lost)
        }
    }

    /// Takes the answer to a question for the receipt of an answered operation.
    func take(_ answer: QueryAnswer, sequence: Int) {
        switch answer {
        case .receipt(let reply) where FinalAnswer(reply) == records[sequence].answer: break
        case .receipt(let reply):
            let original = records[sequence].answer.map { "\($0)" } ?? "nothing"
            note(sequence, "was answered \(original), its receipt says \(reply)", &lost)
        case .notFound: note(sequence, "was answered and has no receipt", &lost)
        case .refused(_, let error): note(sequence, "no receipt: \(error.message)", &errors)
        default: note(sequence, "no receipt, another answer", &errors)
        }
    }

    private func note(_ sequence: Int, _ text: String, _ counter: inout UInt64) {
        counter += 1
        if firstFinding == nil { firstFinding = "operation \(sequence) \(text)" }
    }
}
