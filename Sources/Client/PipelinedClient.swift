public import EventLoop
public import Wire

/// One session with many frames in flight, for load generators and replays.
///
/// Confined to its loop's thread. The caller chooses each request id and gets it back with the answer, so the client keeps no table;
/// everything sent within one turn of the loop leaves in one write.
public final class PipelinedClient {
    /// What the server said of the session.
    public let welcome: WelcomeBody
    /// Called with the answer to each action.
    public var onReply: ((_ requestID: UInt64, _ reply: ReplyBody) -> Void)?
    /// Called with the answer to each batch.
    public var onBatchReply: ((_ requestID: UInt64, _ reply: BatchReplyBody) -> Void)?
    /// Called with the answer to each query.
    public var onResult: ((_ requestID: UInt64, _ result: ResultBody) -> Void)?
    /// Called with each event of a subscription.
    public var onEvent: ((EventBody) -> Void)?
    /// Called with the answer to a subscription or its end.
    public var onSubscribed: ((_ requestID: UInt64, SubscribeBody) -> Void)?
    /// Called with the answer to each ping.
    public var onPong: ((_ requestID: UInt64, _ value: UInt64) -> Void)?
    /// Called when the server objects to a frame; the connection goes on.
    public var onObjection: ((_ requestID: UInt64, ErrorBody) -> Void)?
    /// Called once when the connection has ended.
    public var onClose: ((ClientError) -> Void)?

    private let connection: Connection
    private var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
    private var lastWords: ErrorBody?
    private var broken: WireError?

    init(connection: Connection, welcome: WelcomeBody) {
        self.connection = connection
        self.welcome = welcome
        connection.onRead = { [unowned self] bytes in self.received(bytes) }
        connection.onEnd = { [unowned connection] in connection.close("the server ended the session") }
        // The connection keeps the client alive until it is closed.
        connection.onClose = { reason in self.closed(reason) }
    }

    /// Connects and shakes hands; `completion` is called on the loop with an open session or the reason why there is none.
    public static func connect(
        loop: EventLoop, host: String, port: Int, token: String, clientName: String,
        completion: @escaping (Result<PipelinedClient, ClientError>) -> Void
    ) {
        loop.connect(host: host, port: port) { result in
            switch result {
            case .failure(let error): completion(.failure(.cannotConnect(error.message)))
            case .success(let connection):
                Handshake.run(on: connection, HelloBody(token: token, clientName: clientName), completion)
            }
        }
    }

    /// Whether something can still be sent.
    public var isOpen: Bool { connection.isOpen }

    /// Bytes that the kernel has not taken yet.
    public var outgoingBytes: Int { connection.outgoingBytes }

    /// Sends an action.
    public func send(_ action: ActionBody, operationID: OperationID, requestID: UInt64) {
        sendFrame(.action, requestID: requestID, operationID: operationID) { action.encode(into: &$0) }
    }

    /// Sends an action whose payload the caller appends itself, without an array of its own; it must append `payloadBytes`.
    public func send(
        code: UInt16, actor: Account, clockMilliseconds: UInt64 = 0, payloadBytes: Int, operationID: OperationID,
        requestID: UInt64, payload: (inout [UInt8]) -> Void
    ) {
        sendFrame(.action, requestID: requestID, operationID: operationID) { buffer in
            ActionBody.encodeHead(
                code: code, clockMilliseconds: clockMilliseconds, actor: actor, payloadBytes: payloadBytes,
                into: &buffer)
            let before = buffer.count
            payload(&buffer)
            precondition(
                buffer.count - before == payloadBytes,
                "\(buffer.count - before) payload bytes, announced \(payloadBytes)")
        }
    }

    /// Sends several actions in one frame; linked ones succeed or fail as one.
    public func send(_ batch: BatchBody, linked: Bool, requestID: UInt64) {
        sendFrame(.batch, flags: linked ? .linked : [], requestID: requestID) { batch.encode(into: &$0) }
    }

    /// Asks about final state, in order with the actions sent before.
    public func send(_ query: QueryBody, requestID: UInt64) {
        sendFrame(.query, requestID: requestID) { query.encode(into: &$0) }
    }

    /// Begins or ends a subscription.
    public func send(_ subscription: SubscribeBody, requestID: UInt64) {
        sendFrame(.subscribe, requestID: requestID) { subscription.encode(into: &$0) }
    }

    /// Sends a value that comes back.
    public func ping(_ value: UInt64, requestID: UInt64) {
        sendFrame(.ping, requestID: requestID) { PingBody(value: value).encode(into: &$0) }
    }

    /// Says goodbye and closes when everything has been written.
    public func close() {
        sendFrame(.goodbye, requestID: 0) { ErrorBody(code: .none, message: "").encode(into: &$0) }
        connection.finish("closed by the client")
    }

    /// Closes at once, as a crash would.
    public func abort() { connection.close("aborted by the client") }

    private func sendFrame(
        _ kind: FrameKind, flags: FrameFlags = [], requestID: UInt64, operationID: OperationID = .zero,
        _ body: (inout [UInt8]) -> Void
    ) {
        connection.encode { buffer in
            let header = FrameHeader(
                kind: kind, flags: flags, session: welcome.session, requestID: requestID, operationID: operationID)
            let start = FrameEncoder.begin(header, in: &buffer)
            body(&buffer)
            FrameEncoder.end(start, in: &buffer)
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        do throws(WireError) {
            var failure: WireError?
            try decoder.feed(bytes) { header, body in
                do throws(WireError) { try dispatch(header, body) } catch { failure = error }
                return failure == nil && connection.isOpen
            }
            if let failure { throw failure }
        } catch {
            broken = error
            connection.close("broken answer: \(error.message)")
        }
    }

    private func dispatch(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws(WireError) {
        switch header.kind {
        case .reply: onReply?(header.requestID, try ReplyBody(body: body))
        case .batchReply: onBatchReply?(header.requestID, try BatchReplyBody(body: body))
        case .result: onResult?(header.requestID, try ResultBody(body: body))
        case .event: onEvent?(try EventBody(body: body))
        case .subscribe: onSubscribed?(header.requestID, try SubscribeBody(body: body))
        case .pong: onPong?(header.requestID, try PingBody(body: body).value)
        case .error: onObjection?(header.requestID, try ErrorBody(body: body))
        case .goodbye: lastWords = try ErrorBody(body: body)
        default: throw .unknownKind(have: Int(header.rawKind))
        }
    }

    private func closed(_ reason: CloseReason) {
        if let broken {
            onClose?(.brokenAnswer(broken))
        } else if let lastWords, lastWords.code != ErrorCode.none.rawValue {
            onClose?(.connectionLost(lastWords.message))
        } else {
            onClose?(.connectionLost(reason.description))
        }
        onClose = nil
        connection.onClose = nil
        connection.onRead = nil
    }
}

/// The first exchange on a new connection: hello, then welcome or a reason.
private enum Handshake {
    static func run(
        on connection: Connection, _ hello: HelloBody,
        _ completion: @escaping (Result<PipelinedClient, ClientError>) -> Void
    ) {
        var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
        var answer: Result<WelcomeBody, ClientError>?
        connection.onRead = { [unowned connection] bytes in
            do throws(WireError) {
                try decoder.feed(bytes) { header, body in
                    answer = answer ?? read(header, body)
                    return answer == nil
                }
            } catch {
                answer = .failure(.brokenAnswer(error))
            }
            switch answer {
            case nil: return
            case .failure: connection.close("handshake failed")
            case .success(let welcome):
                completion(.success(PipelinedClient(connection: connection, welcome: welcome)))
            }
        }
        connection.onEnd = { [unowned connection] in connection.close("the server ended the connection") }
        connection.onClose = { reason in
            if case .failure(let error) = answer { return completion(.failure(error)) }
            completion(.failure(.connectionLost(reason.description)))
        }
        connection.encode { buffer in
            FrameEncoder.append(FrameHeader(kind: .hello, session: 0, requestID: 0), hello, to: &buffer)
        }
    }

    private static func read(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) -> Result<WelcomeBody, ClientError>?
    {
        do throws(WireError) {
            switch header.kind {
            case .welcome: return .success(try WelcomeBody(body: body))
            case .error, .goodbye: return .failure(.refused(try ErrorBody(body: body)))
            default: return .failure(.unexpectedAnswer("kind \(header.rawKind) before the welcome"))
            }
        } catch {
            return .failure(.brokenAnswer(error))
        }
    }
}
