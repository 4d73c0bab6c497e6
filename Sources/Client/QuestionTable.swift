internal import Wire

/// What a client asks a server.
enum Question: Sendable {
    case action(ActionBody, OperationID)
    case batch(BatchBody, linked: Bool)
    case query(QueryBody)
    case subscribe(SubscribeBody, listener: UInt64)
    case ping(UInt64)

    /// How much of the session's credit it takes while it has no answer.
    var cost: Int {
        switch self {
        case .action, .query: 1
        case .batch(let batch, _): batch.items.count
        case .subscribe, .ping: 0
        }
    }
}

/// What a server answers.
enum QuestionAnswer: Sendable {
    case reply(ReplyBody)
    case batch(BatchReplyBody)
    case result(ResultBody)
    case subscribed(SubscribeBody)
    case pong(UInt64)

    /// How many milliseconds to wait before the question is asked again; nil when this is an answer.
    var busyMilliseconds: UInt64? {
        switch self {
        case .reply(let reply): reply.status == .busy ? UInt64(reply.retryAfterMilliseconds) : nil
        case .batch(let batch):
            // Those that were applied are repeated too, with their ids, and get their replies again.
            batch.items.filter { $0.reply.status == .busy }.map { UInt64($0.reply.retryAfterMilliseconds) }.max()
        case .result(let result):
            if case .refused(_, let error) = result.answer, error.code == ErrorCode.busy.rawValue {
                Self.queryRetryMilliseconds
            } else {
                nil
            }
        case .subscribed, .pong: nil
        }
    }

    /// A busy result does not say when to ask again; this is about the time in which a full queue empties.
    private static let queryRetryMilliseconds: UInt64 = 20
}

/// Called once with the answer or with the reason why there is none.
typealias Completion = @Sendable (Result<QuestionAnswer, any Error>) -> Void

/// The questions of a session that have no answer yet, by request id, and those among them that may be sent.
///
///     queued --sent--> in flight --busy--> resting --timer--> queued
///        ^                |--connection lost--> queued
struct QuestionTable {
    private enum State { case queued, inFlight, resting }

    private struct Entry {
        let question: Question
        let completion: Completion
        var state = State.queued
        var busyCount = 0
    }

    private var entries: [UInt64: Entry] = [:]
    /// Request ids to be sent, oldest first from `queueStart` on.
    private var queue: [UInt64] = []
    private var queueStart = 0
    private var nextRequestID: UInt64 = 1
    private var inFlight = 0
    private var credit = 0

    /// Questions without an answer.
    var count: Int { entries.count }

    /// Takes a question in; it is sent when the credit allows.
    mutating func add(_ question: Question, _ completion: @escaping Completion) {
        entries[nextRequestID] = Entry(question: question, completion: completion)
        queue.append(nextRequestID)
        nextRequestID += 1
    }

    /// The next question that may be sent, oldest first; one that is larger than the credit goes alone.
    mutating func next() -> (requestID: UInt64, question: Question)? {
        while queueStart < queue.count {
            let id = queue[queueStart]
            guard let entry = entries[id], entry.state == .queued else {
                queueStart += 1
                continue
            }
            let cost = entry.question.cost
            if inFlight > 0, inFlight + cost > credit, cost > 0 { return nil }
            queueStart += 1
            inFlight += cost
            entries[id]?.state = .inFlight
            return (id, entry.question)
        }
        queue.removeAll(keepingCapacity: true)
        queueStart = 0
        return nil
    }

    /// The listener that a subscription is for.
    func listener(of id: UInt64) -> UInt64? {
        if case .subscribe(_, let listener)? = entries[id]?.question { listener } else { nil }
    }

    /// Takes a question out because it has its answer, or none is to be expected.
    mutating func remove(_ id: UInt64) -> Completion? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.state == .inFlight { inFlight -= entry.question.cost }
        return entry.completion
    }

    /// Lets a question rest because the server is busy; false when it has rested often enough.
    mutating func rest(_ id: UInt64, busyMax: Int) -> Bool {
        guard let entry = entries[id], entry.state == .inFlight, entry.busyCount < busyMax else { return false }
        inFlight -= entry.question.cost
        entries[id]?.state = .resting
        entries[id]?.busyCount += 1
        return true
    }

    /// Ends the rest of a question, if it still rests.
    mutating func wake(_ id: UInt64) {
        guard entries[id]?.state == .resting else { return }
        entries[id]?.state = .queued
        queue.append(id)
    }

    /// A new connection: everything without an answer is sent again, in the order in which it was asked.
    mutating func sendAgain(credit: Int) {
        self.credit = credit
        inFlight = 0
        for id in entries.keys { entries[id]?.state = .queued }
        queue = entries.keys.sorted()
        queueStart = 0
    }

    /// Takes everything out.
    mutating func removeAll() -> [Completion] {
        let completions = entries.sorted { $0.key < $1.key }.map(\.value.completion)
        entries = [:]
        queue = []
        queueStart = 0
        inFlight = 0
        return completions
    }
}
