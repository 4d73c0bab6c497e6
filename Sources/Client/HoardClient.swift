internal import Synchronization
public import Wire

/// What `HoardClient.connect` needs to know.
public struct ClientConfiguration: Sendable {
    /// The server's name or address.
    public var host: String
    /// The server's port.
    public var port: Int
    /// The studio's token for this session.
    public var token: String
    /// What the client calls itself.
    public var clientName: String
    /// How often in a row a lost connection is made again before unanswered operations fail; 0 for never.
    public var reconnectAttemptsMax: Int
    /// Milliseconds between two attempts.
    public var reconnectMilliseconds: UInt64
    /// How often an operation or a query that the server was too busy for is sent again.
    public var busyRetriesMax: Int

    /// A configuration with sensible defaults.
    public init(host: String, port: Int, token: String, clientName: String = "hoard-client") {
        self.host = host
        self.port = port
        self.token = token
        self.clientName = clientName
        reconnectAttemptsMax = 20
        reconnectMilliseconds = 250
        busyRetriesMax = 50
    }
}

/// A session for game code: `await` an operation and its final answer comes back.
///
/// Safe to use from any task; calls made at once are pipelined over one connection, which has a thread of its own,
/// up to the session's credit. When the connection is lost it is made again and operations without an answer are
/// repeated with the same ids, so none is applied twice.
public final class HoardClient: Sendable {
    private let session: ClientSession

    private init(session: ClientSession) { self.session = session }

    deinit { session.post(.close) }

    /// Connects and shakes hands.
    public static func connect(_ configuration: ClientConfiguration) async throws -> HoardClient {
        let session = ClientSession(configuration)
        _ = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<WelcomeBody, any Error>) in
            session.start { continuation.resume(with: $0) }
        }
        return HoardClient(session: session)
    }

    /// Connects with the default configuration.
    public static func connect(host: String, port: Int, token: String) async throws -> HoardClient {
        try await connect(ClientConfiguration(host: host, port: port, token: token))
    }

    /// What the server said of the session.
    public var welcome: WelcomeBody {
        guard let welcome = session.welcome else { preconditionFailure("a connected client has a welcome") }
        return welcome
    }

    /// An operation id for an operation that the caller wants to be able to repeat after a restart of its own.
    public func nextOperationID() -> OperationID { session.nextOperationID() }

    /// Sends an action and waits for its final answer; a refusal is an answer, a thrown error is not.
    public func perform(_ action: ActionBody, operationID: OperationID? = nil) async throws -> ReplyBody {
        let id = operationID ?? session.nextOperationID()
        guard case .reply(let reply) = try await ask(.action(action, id)) else {
            throw ClientError.unexpectedAnswer("to an action")
        }
        return reply
    }

    /// Sends the action of a code for an actor (zero: the session's own account) and waits for its final answer.
    public func perform(
        _ code: UInt16, actor: Account = .zero, payload: [UInt8], operationID: OperationID? = nil
    ) async throws -> ReplyBody {
        try await perform(ActionBody(code: code, actor: actor, payload: payload), operationID: operationID)
    }

    /// Sends several actions in one frame and waits for all answers; linked ones succeed or fail as one.
    public func perform(_ actions: [ActionBody], linked: Bool) async throws -> [BatchReplyItem] {
        try await perform(actions.map { BatchItem(operationID: session.nextOperationID(), action: $0) }, linked: linked)
    }

    /// Sends several actions with ids of the caller's and waits for all answers.
    public func perform(_ items: [BatchItem], linked: Bool) async throws -> [BatchReplyItem] {
        guard case .batch(let reply) = try await ask(.batch(BatchBody(items: items), linked: linked)) else {
            throw ClientError.unexpectedAnswer("to a batch")
        }
        return reply.items
    }

    /// Asks about final state.
    public func query(_ query: QueryBody) async throws -> ResultBody {
        guard case .result(let result) = try await ask(.query(query)) else {
            throw ClientError.unexpectedAnswer("to a query")
        }
        return result
    }

    /// The events of a scope from a cursor on (0: from now on); ends with the client or when the stream is dropped.
    ///
    /// After a lost connection the stream goes on where it was, as far back as the server remembers.
    public func events(
        scope: SubscriptionScope = .own, account: Account = .zero, from cursor: UInt64 = 0
    ) async throws -> AsyncStream<EventBody> {
        try await subscribe(scope: scope, account: account, from: cursor).events
    }

    /// The same, with the cursor from which events come: later than the one asked for where the server has forgotten those between.
    public func subscribe(
        scope: SubscriptionScope = .own, account: Account = .zero, from cursor: UInt64 = 0
    ) async throws -> (cursor: UInt64, events: AsyncStream<EventBody>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EventBody.self, bufferingPolicy: .bufferingNewest(ClientLimits.bufferedEventsMax))
        let number = session.nextListener()
        let request = SubscribeBody(isActive: true, scope: scope, cursor: cursor, account: account)
        let listener = EventListener(number: number, request: request) { event in
            if let event { continuation.yield(event) } else { continuation.finish() }
        }
        var first = cursor
        do {
            let answer = try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<QuestionAnswer, any Error>) in
                session.post(.listen(listener) { waiting.resume(with: $0) })
            }
            if case .subscribed(let body) = answer { first = body.cursor }
        } catch {
            session.post(.stopListening(number))
            throw error
        }
        continuation.onTermination = { [weak session] _ in session?.post(.stopListening(number)) }
        return (first, stream)
    }

    /// Sends a value and waits until it comes back.
    public func ping(_ value: UInt64 = 0) async throws -> UInt64 {
        guard case .pong(let value) = try await ask(.ping(value)) else {
            throw ClientError.unexpectedAnswer("to a ping")
        }
        return value
    }

    /// Says goodbye; what has no answer yet and later calls throw `ClientError.closed`.
    public func close() { session.post(.close) }

    private func ask(_ question: Question) async throws -> QuestionAnswer {
        try await withCheckedThrowingContinuation { continuation in
            session.post(.ask(question) { continuation.resume(with: $0) })
        }
    }
}

/// Everything of a client that has a maximum, with its reason.
public enum ClientLimits {
    /// Events that a stream keeps for a reader that is slow; the oldest are dropped beyond.
    public static let bufferedEventsMax = 65_536
}
