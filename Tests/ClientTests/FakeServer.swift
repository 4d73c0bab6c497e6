import EventLoop
import Foundation
import Synchronization
import Wire

/// A server of a few lines on a thread of its own: it shakes hands and leaves the rest to a script.
final class FakeServer: @unchecked Sendable {
    // Unchecked: `sessions` and the loop belong to the server's thread; `record` and `waker` are guarded.

    /// One connection that has shaken hands, or is about to.
    final class Session {
        let connection: Connection
        let number: UInt64
        var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
        var hasGreeted = false
        /// Questions that the script has not answered yet.
        var inFlight = 0

        init(_ connection: Connection, number: UInt64) {
            self.connection = connection
            self.number = number
        }

        func send(_ kind: FrameKind, _ requestID: UInt64, _ body: some WireBody) { send(kind, requestID, .zero, body) }

        func send(_ kind: FrameKind, _ requestID: UInt64, _ operation: OperationID, _ body: some WireBody) {
            let header = FrameHeader(kind: kind, session: number, requestID: requestID, operationID: operation)
            connection.encode { FrameEncoder.append(header, body, to: &$0) }
        }
    }

    /// A frame that came, with the number of its connection.
    struct Received: Sendable, Equatable {
        var session: UInt64
        var header: FrameHeader
        var body: [UInt8]
    }

    typealias Script = @Sendable (FakeServer, Session, Received) -> Void

    static let goodToken = "good"
    let credit: UInt32
    private(set) var port = 0
    private let script: Script
    private let record = Mutex<[Received]>([])
    private let waker = Mutex<LoopWaker?>(nil)
    private(set) var loop: EventLoop?

    init(credit: UInt32 = 64, script: @escaping Script) throws {
        self.credit = credit
        self.script = script
        let ready = DispatchSemaphore(value: 0)
        let thread = Thread { self.run(ready) }
        thread.start()
        ready.wait()
        if port == 0 { throw NoPort() }
    }

    /// Everything that came after the hellos.
    var received: [Received] { record.withLock { $0 } }

    func stop() { waker.withLock { $0?.stopLoop() } }

    private func run(_ ready: DispatchSemaphore) {
        guard let loop = try? EventLoop() else { return _ = ready.signal() }
        self.loop = loop
        waker.withLock { $0 = loop.waker }
        var count: UInt64 = 0
        let listener = try? loop.listen(host: "127.0.0.1", port: 0) { connection in
            count += 1
            self.serve(Session(connection, number: count))
        }
        port = listener?.boundPort ?? 0
        ready.signal()
        loop.run()
        waker.withLock { $0 = nil }
        loop.close()
    }

    private func serve(_ session: Session) {
        session.connection.onRead = { bytes in
            try? session.decoder.feed(bytes) { header, body in
                self.receive(session, header, body)
                return session.connection.isOpen
            }
        }
    }

    private func receive(_ session: Session, _ header: FrameHeader, _ body: UnsafeRawBufferPointer) {
        let frame = Received(session: session.number, header: header, body: Array(body))
        if session.hasGreeted {
            record.withLock { $0.append(frame) }
            return script(self, session, frame)
        }
        guard let hello = try? HelloBody(body: body), hello.token == Self.goodToken else {
            session.send(.error, header.requestID, ErrorBody(code: .tokenRefused, message: "not this token"))
            return session.connection.finish("refused")
        }
        session.hasGreeted = true
        session.send(
            .welcome, header.requestID,
            WelcomeBody(
                session: session.number, role: .player, credit: credit, frameBytesMax: 1 << 20, batchItemsMax: 1_024,
                account: Account(playerName: "alice"), serverMilliseconds: 1, worldID: [UInt8](repeating: 7, count: 32))
        )
    }

    /// Answers as a server does to which everything is possible: actions are applied, their code and first byte come back.
    static let obliging: Script = { server, session, frame in
        let id = frame.header.requestID
        switch frame.header.kind {
        case .action:
            guard let action = try? frame.body.withUnsafeBytes({ try ActionBody(body: $0) }) else { return }
            session.send(
                .reply, id, frame.header.operationID,
                ReplyBody(
                    status: .applied, block: session.number, result0: UInt64(action.code),
                    result1: UInt64(action.payload.first ?? 0)))
        case .batch:
            guard let batch = try? frame.body.withUnsafeBytes({ try BatchBody(body: $0) }) else { return }
            session.send(
                .batchReply, id,
                BatchReplyBody(
                    items: batch.items.map {
                        BatchReplyItem(
                            operationID: $0.operationID,
                            reply: ReplyBody(status: .applied, result0: UInt64($0.action.code)))
                    }))
        case .query:
            guard let query = try? frame.body.withUnsafeBytes({ try QueryBody(body: $0) }) else { return }
            session.send(.result, id, ResultBody(block: 1, answer: answer(query)))
        case .subscribe:
            guard var body = try? frame.body.withUnsafeBytes({ try SubscribeBody(body: $0) }) else { return }
            body.cursor = max(body.cursor, 100)
            session.send(.subscribe, id, body)
        case .ping:
            guard let ping = try? frame.body.withUnsafeBytes({ try PingBody(body: $0) }) else { return }
            session.send(.pong, id, ping)
        case .goodbye: session.connection.finish("the client is done")
        default: session.send(.error, id, ErrorBody(.unknownKind(have: Int(frame.header.rawKind))))
        }
    }

    private static func answer(_ query: QueryBody) -> QueryAnswer {
        switch query.kind {
        case .balance: .balance(asset: query.subject, amount: -5)
        case .inventory:
            // Three pages of two items.
            .inventory(
                items: (0..<2).map { AssetAmount(asset: max(query.subject, 65_536) + $0, amount: 1) },
                next: query.subject >= 65_540 ? 0 : max(query.subject, 65_536) + 2)
        case .offer, .receipt, .receiptProof: .notFound(query.kind)
        case .view: .view(code: query.subject, words: [UInt8](repeating: 7, count: 32))
        case .serverStatus: .refused(.serverStatus, ErrorBody(code: .roleNotAllowed, have: 1, need: 2, message: "no"))
        }
    }

    /// The server could not listen.
    struct NoPort: Error {}
}
