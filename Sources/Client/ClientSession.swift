internal import EventLoop
internal import Glibc
internal import Synchronization
internal import Wire

/// The thread behind a `HoardClient`: a loop, a connection, and the questions that wait for answers.
///
///     connecting ──welcome──▶ open ──lost──▶ waiting ──timer──▶ connecting
///          └──refused──▶ ended ◀──close or too many attempts──┘
final class ClientSession: @unchecked Sendable {
    // Unchecked: everything but `mailbox`, `shared` and the waker is used by the loop's thread alone.
    enum Question: Sendable {
        case action(ActionBody, OperationID)
        case batch(BatchBody, linked: Bool)
        case query(QueryBody)
        case subscribe(SubscribeBody)
        case ping(UInt64)
    }

    enum Answer: Sendable {
        case reply(ReplyBody)
        case batch(BatchReplyBody)
        case result(ResultBody)
        case subscribed(SubscribeBody)
        case pong(UInt64)
    }

    typealias Completion = @Sendable (Result<Answer, any Error>) -> Void

    enum Letter: Sendable {
        case ask(Question, Completion)
        case close
    }

    private struct Waiting {
        let question: Question
        let completion: Completion
        var busyRetries = 0
    }

    private struct Shared {
        var welcome: WelcomeBody?
        var generator = OperationIDGenerator()
        var onEvent: (@Sendable (EventBody?) -> Void)?
    }

    private let configuration: ClientConfiguration
    private let mailbox = Mutex<[Letter]>([])
    private let shared = Mutex(Shared())
    private let waker = Mutex<LoopWaker?>(nil)

    private var loop: EventLoop?
    private var client: PipelinedClient?
    private var waiting: [UInt64: Waiting] = [:]
    private var nextRequestID: UInt64 = 1
    private var attempts = 0
    private var ended: ClientError?
    private var started: ((Result<WelcomeBody, any Error>) -> Void)?
    private var subscriptions: [SubscribeBody] = []

    init(_ configuration: ClientConfiguration) { self.configuration = configuration }

    var welcome: WelcomeBody? { shared.withLock { $0.welcome } }

    func nextOperationID() -> OperationID { shared.withLock { $0.generator.next() } }

    func setEventHandler(_ handler: @escaping @Sendable (EventBody?) -> Void) {
        shared.withLock { $0.onEvent = handler }
    }

    func post(_ letter: Letter) {
        mailbox.withLock { $0.append(letter) }
        waker.withLock { $0?.wake() }
    }

    /// Starts the thread; `completion` gets the first welcome or the reason why there is none.
    func start(_ completion: @escaping @Sendable (Result<WelcomeBody, any Error>) -> Void) {
        started = completion
        let this = Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { raw in
            let session = Unmanaged<ClientSession>.fromOpaque(raw!).takeRetainedValue()
            session.run()
            return nil
        }, this)
        guard status == 0 else {
            Unmanaged<ClientSession>.fromOpaque(this).release()
            return completion(.failure(ClientError.cannotConnect("no thread could be started (error \(status))")))
        }
        pthread_detach(thread)
    }

    private func run() {
        do throws(LoopError) {
            let loop = try EventLoop()
            self.loop = loop
            waker.withLock { $0 = loop.waker }
            loop.onWake { [unowned self] in readMail() }
            connect()
            readMail()
            loop.run()
            waker.withLock { $0 = nil }
            loop.close()
            self.loop = nil
        } catch {
            end(.cannotConnect(error.message))
        }
        readMail()
    }

    private func connect() {
        guard let loop, ended == nil else { return }
        PipelinedClient.connect(
            loop: loop, host: configuration.host, port: configuration.port, token: configuration.token,
            clientName: configuration.clientName
        ) { [unowned self] result in
            switch result {
            case .success(let client): opened(client)
            case .failure(let error): failed(error)
            }
        }
    }

    private func opened(_ client: PipelinedClient) {
        self.client = client
        attempts = 0
        shared.withLock { $0.welcome = client.welcome }
        client.onReply = { [unowned self] id, reply in replied(id, reply) }
        client.onBatchReply = { [unowned self] id, reply in answer(id, .batch(reply)) }
        client.onResult = { [unowned self] id, result in answer(id, .result(result)) }
        client.onSubscribed = { [unowned self] id, body in answer(id, .subscribed(body)) }
        client.onPong = { [unowned self] id, value in answer(id, .pong(value)) }
        client.onObjection = { [unowned self] id, error in
            waiting.removeValue(forKey: id)?.completion(.failure(ClientError.objection(error)))
        }
        client.onEvent = { [unowned self] event in shared.withLock { $0.onEvent }?(event) }
        client.onClose = { [unowned self] error in failed(error) }
        if let started {
            self.started = nil
            started(.success(client.welcome))
        } else {
            for subscription in subscriptions { client.send(subscription, requestID: 0) }
        }
        for (id, entry) in waiting.sorted(by: { $0.key < $1.key }) { send(entry.question, id) }
        if ended != nil { client.close() }
    }

    private func failed(_ error: ClientError) {
        client = nil
        if ended != nil {
            loop?.stop()
            return
        }
        let isFinal = if case .refused = error { true } else { false }
        attempts += 1
        if started != nil || isFinal || attempts > configuration.reconnectAttemptsMax { return end(error) }
        loop?.timer(afterMilliseconds: configuration.reconnectMilliseconds) { [unowned self] in connect() }
    }

    private func end(_ error: ClientError) {
        if ended == nil { ended = error }
        let all = waiting
        waiting = [:]
        for entry in all.values { entry.completion(.failure(error)) }
        started?(.failure(error))
        started = nil
        shared.withLock { $0.onEvent }?(nil)
        if let client { client.close() } else { loop?.stop() }
    }

    private func readMail() {
        let letters = mailbox.withLock { box in
            let taken = box
            box = []
            return taken
        }
        for letter in letters {
            switch letter {
            case .close: end(.closed)
            case .ask(let question, let completion):
                if let ended {
                    completion(.failure(ended))
                    continue
                }
                let id = nextRequestID
                nextRequestID += 1
                waiting[id] = Waiting(question: question, completion: completion)
                if case .subscribe(let body) = question { subscriptions.append(body) }
                send(question, id)
            }
        }
    }

    private func send(_ question: Question, _ id: UInt64) {
        guard let client else { return }
        switch question {
        case .action(let action, let operationID): client.send(action, operationID: operationID, requestID: id)
        case .batch(let batch, let linked): client.send(batch, linked: linked, requestID: id)
        case .query(let query): client.send(query, requestID: id)
        case .subscribe(let body): client.send(body, requestID: id)
        case .ping(let value): client.ping(value, requestID: id)
        }
    }

    private func replied(_ id: UInt64, _ reply: ReplyBody) {
        if reply.status == .busy, var entry = waiting[id], entry.busyRetries < configuration.busyRetriesMax {
            entry.busyRetries += 1
            waiting[id] = entry
            loop?.timer(afterMilliseconds: UInt64(max(1, reply.retryAfterMilliseconds))) { [unowned self] in
                if waiting[id] != nil { send(entry.question, id) }
            }
            return
        }
        answer(id, .reply(reply))
    }

    private func answer(_ id: UInt64, _ answer: Answer) {
        waiting.removeValue(forKey: id)?.completion(.success(answer))
    }
}
