internal import EventLoop
internal import Glibc
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
    /// How often a lost connection is made again before unanswered operations fail; they are repeated with the same ids.
    public var reconnectAttemptsMax: Int
    /// Milliseconds between two attempts.
    public var reconnectMilliseconds: UInt64
    /// How often an operation that the server was too busy for is sent again.
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
/// Safe to use from any task; calls made at once are pipelined over one connection, which has a thread of its own.
/// When the connection is lost it is made again and operations without an answer are repeated with the same ids, so none is applied twice.
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

    /// What the server said of the session.
    public var welcome: WelcomeBody {
        guard let welcome = session.welcome else { preconditionFailure("a connected client has a welcome") }
        return welcome
    }

    /// Sends an action and waits for its final answer; a refusal is an answer, a thrown error is not.
    public func perform(_ action: ActionBody, operationID: OperationID? = nil) async throws -> ReplyBody {
        let id = operationID ?? session.nextOperationID()
        guard case .reply(let reply) = try await ask(.action(action, id)) else {
            throw ClientError.unexpectedAnswer("to an action")
        }
        return reply
    }

    /// Sends several actions in one frame and waits for all answers; linked ones succeed or fail as one.
    public func perform(_ actions: [ActionBody], linked: Bool) async throws -> [BatchReplyItem] {
        let items = actions.map { BatchItem(operationID: session.nextOperationID(), action: $0) }
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

    /// The balance of an account (zero: the session's own) in an asset.
    public func balance(of account: Account = .zero, asset: UInt64) async throws -> Int64 {
        let result = try await query(QueryBody(kind: .balance, account: account, subject: asset))
        switch result.answer {
        case .balance(_, let amount): return amount
        case .refused(_, let error): throw ClientError.objection(error)
        default: throw ClientError.unexpectedAnswer("to a balance query")
        }
    }

    /// The events of a scope from now on; ends with the client or when the stream is dropped.
    public func events(scope: SubscriptionScope = .own, account: Account = .zero) async throws -> AsyncStream<EventBody> {
        let (stream, continuation) = AsyncStream.makeStream(of: EventBody.self, bufferingPolicy: .bufferingNewest(65_536))
        session.setEventHandler { event in
            if let event { continuation.yield(event) } else { continuation.finish() }
        }
        let request = SubscribeBody(isActive: true, scope: scope, account: account)
        guard case .subscribed = try await ask(.subscribe(request)) else {
            throw ClientError.unexpectedAnswer("to a subscription")
        }
        return stream
    }

    /// Sends a value and waits until it comes back.
    public func ping(_ value: UInt64 = 0) async throws -> UInt64 {
        guard case .pong(let value) = try await ask(.ping(value)) else { throw ClientError.unexpectedAnswer("to a ping") }
        return value
    }

    /// Says goodbye; later calls throw `ClientError.closed`.
    public func close() { session.post(.close) }

    private func ask(_ question: ClientSession.Question) async throws -> ClientSession.Answer {
        try await withCheckedThrowingContinuation { continuation in
            session.post(.ask(question) { continuation.resume(with: $0) })
        }
    }
}
