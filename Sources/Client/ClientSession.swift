internal import EventLoop
internal import Glibc
internal import Synchronization
internal import Wire

/// The thread behind a `HoardClient`: a loop, a connection, and the questions that wait for answers.
///
///     connecting --welcome--> open --lost--> waiting --timer--> connecting
///          +--refused--> ended <--close, or too many attempts--+
final class ClientSession: @unchecked Sendable {
    // Unchecked: everything but `mailbox`, `shared` and the configuration is used by the loop's thread alone.

    /// What the client's tasks leave for the thread.
    enum Letter: Sendable {
        case ask(Question, Completion)
        case listen(EventListener, Completion)
        case stopListening(UInt64)
        case close
    }

    private struct Mailbox {
        var letters: [Letter] = []
        var waker: LoopWaker?
        /// Why nothing is taken any more.
        var ended: ClientError?
    }

    private struct Shared {
        var welcome: WelcomeBody?
        var generator = OperationIDGenerator()
        var lastListener: UInt64 = 0
    }

    let configuration: ClientConfiguration
    private let mailbox = Mutex(Mailbox())
    private let shared = Mutex(Shared())

    var loop: EventLoop?
    var client: PipelinedClient?
    var questions = QuestionTable()
    var listeners: [UInt64: EventListener] = [:]
    private var attempts = 0
    private var ended: ClientError?
    private var started: ((Result<WelcomeBody, any Error>) -> Void)?

    init(_ configuration: ClientConfiguration) { self.configuration = configuration }

    /// What the server said of the session, once it has.
    var welcome: WelcomeBody? { shared.withLock { $0.welcome } }

    /// An id that nobody has used.
    func nextOperationID() -> OperationID { shared.withLock { $0.generator.next() } }

    /// A number for another listener.
    func nextListener() -> UInt64 {
        shared.withLock {
            $0.lastListener += 1
            return $0.lastListener
        }
    }

    /// Leaves a letter; one that comes after the end is answered with the reason of the end.
    func post(_ letter: Letter) {
        let (waker, ended) = mailbox.withLock { box in
            if box.ended == nil { box.letters.append(letter) }
            return (box.waker, box.ended)
        }
        if let ended { return decline(letter, ended) }
        waker?.wake()
    }

    private func decline(_ letter: Letter, _ error: ClientError) {
        switch letter {
        case .ask(_, let completion): completion(.failure(error))
        case .listen(let listener, let completion):
            completion(.failure(error))
            listener.tell(nil)
        case .stopListening, .close: break
        }
    }

    /// Starts the thread; `completion` gets the first welcome or the reason why there is none.
    func start(_ completion: @escaping @Sendable (Result<WelcomeBody, any Error>) -> Void) {
        started = completion
        // Released by the thread: the session lives as long as its thread runs.
        let this = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<ClientSession>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, this.toOpaque())
        guard status == 0 else {
            this.release()
            return completion(.failure(ClientError.cannotConnect("no thread could be started (error \(status))")))
        }
        pthread_detach(thread)
    }

    private func run() {
        do throws(LoopError) {
            let loop = try EventLoop()
            self.loop = loop
            mailbox.withLock { $0.waker = loop.waker }
            loop.onWake { [unowned self] in readMail() }
            connect()
            readMail()
            loop.run()
            loop.close()
            self.loop = nil
        } catch {
            end(.cannotConnect(error.message))
        }
        let left = mailbox.withLock { box in
            box.waker = nil
            box.ended = ended ?? .closed
            let left = box.letters
            box.letters = []
            return left
        }
        for letter in left { decline(letter, ended ?? .closed) }
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
        receiveAnswers(of: client)
        client.onClose = { [unowned self] error in failed(error) }
        if ended != nil { return client.close() }
        if let started {
            self.started = nil
            started(.success(client.welcome))
        }
        listenAgain()
        questions.sendAgain(credit: Int(client.welcome.credit))
        sendQuestions()
    }

    /// The connection ended or could not be made: tries again, or gives up.
    private func failed(_ error: ClientError) {
        client = nil
        if ended != nil {
            loop?.stop()
            return
        }
        let isFinal: Bool
        switch error {
        case .refused, .brokenAnswer, .unexpectedAnswer: isFinal = true
        default: isFinal = false
        }
        attempts += 1
        if started != nil || isFinal || attempts > configuration.reconnectAttemptsMax { return end(error) }
        loop?.timer(afterMilliseconds: configuration.reconnectMilliseconds) { [unowned self] in connect() }
    }

    private func end(_ error: ClientError) {
        if ended == nil { ended = error }
        for completion in questions.removeAll() { completion(.failure(error)) }
        started?(.failure(error))
        started = nil
        for listener in listeners.values { listener.tell(nil) }
        listeners = [:]
        if let client { client.close() } else { loop?.stop() }
    }

    private func readMail() {
        let letters = mailbox.withLock { box in
            let taken = box.letters
            box.letters = []
            return taken
        }
        for letter in letters {
            if let ended {
                decline(letter, ended)
                continue
            }
            switch letter {
            case .close: end(.closed)
            case .ask(let question, let completion): questions.add(question, completion)
            case .listen(let listener, let completion):
                listeners[listener.number] = listener
                questions.add(.subscribe(listener.request, listener: listener.number), completion)
            case .stopListening(let number): stopListening(number)
            }
        }
        sendQuestions()
    }
}
