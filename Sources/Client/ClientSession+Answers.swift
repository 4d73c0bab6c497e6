internal import EventLoop
internal import Wire

/// Someone who hears of events until the stream or the client ends.
struct EventListener: Sendable {
    let number: UInt64
    /// Whose events, and from which on; the cursor moves on with what was told.
    var request: SubscribeBody
    /// Takes an event; nil is the end.
    let tell: @Sendable (EventBody?) -> Void

    /// Whether the event is for this listener, which has not heard it yet.
    func wants(_ event: EventBody, own: Account) -> Bool {
        if event.cursor < request.cursor { return false }
        switch request.scope {
        case .all: return true
        case .account: return event.account == request.account
        // A game server does not know the account of its own subject.
        case .own: return own == .zero || event.account == own
        }
    }
}

// Questions out, answers and events in.
extension ClientSession {
    /// Sends what the credit allows.
    func sendQuestions() {
        guard let client, client.isOpen else { return }
        while let (id, question) = questions.next() {
            switch question {
            case .action(let action, let operationID): client.send(action, operationID: operationID, requestID: id)
            case .batch(let batch, let linked): client.send(batch, linked: linked, requestID: id)
            case .query(let query): client.send(query, requestID: id)
            case .subscribe(let body, _): client.send(body, requestID: id)
            case .ping(let value): client.ping(value, requestID: id)
            }
        }
    }

    /// Takes what the server says on a new connection.
    func receiveAnswers(of client: PipelinedClient) {
        client.onReply = { [unowned self] id, reply in answered(id, .reply(reply)) }
        client.onBatchReply = { [unowned self] id, reply in answered(id, .batch(reply)) }
        client.onResult = { [unowned self] id, result in answered(id, .result(result)) }
        client.onSubscribed = { [unowned self] id, body in
            if let number = questions.listener(of: id) { listeners[number]?.request.cursor = body.cursor }
            answered(id, .subscribed(body))
        }
        client.onPong = { [unowned self] id, value in answered(id, .pong(value)) }
        client.onObjection = { [unowned self] id, error in
            questions.remove(id)?(.failure(ClientError.objection(error)))
            sendQuestions()
        }
        client.onEvent = { [unowned self] event in tellListeners(event) }
    }

    private func answered(_ id: UInt64, _ answer: QuestionAnswer) {
        if let milliseconds = answer.busyMilliseconds, questions.rest(id, busyMax: configuration.busyRetriesMax) {
            loop?.timer(afterMilliseconds: max(1, milliseconds)) { [unowned self] in
                questions.wake(id)
                sendQuestions()
            }
        } else {
            questions.remove(id)?(.success(answer))
        }
        sendQuestions()
    }

    private func tellListeners(_ event: EventBody) {
        let own = client?.welcome.account ?? .zero
        for (number, listener) in listeners where listener.wants(event, own: own) {
            listeners[number]?.request.cursor = event.cursor + 1
            listener.tell(event)
        }
    }

    /// Subscribes again on a new connection, from where each listener was.
    func listenAgain() {
        for listener in listeners.values { client?.send(listener.request, requestID: 0) }
    }

    /// Takes a listener out and tells the server, unless another one hears of the same.
    func stopListening(_ number: UInt64) {
        guard let gone = listeners.removeValue(forKey: number)?.request else { return }
        let isHeard = listeners.values.contains { $0.request.scope == gone.scope && $0.request.account == gone.account }
        if isHeard { return }
        client?.send(
            SubscribeBody(isActive: false, scope: gone.scope, account: gone.account), requestID: 0)
    }
}
