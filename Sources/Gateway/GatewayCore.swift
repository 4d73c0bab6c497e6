internal import EVM
package import Economy
package import EventLoop
package import Ledger
internal import Tokens
internal import Wire

/// Everything of the gateway that the loop's thread owns: sessions, tickets and the turn.
///
///     starting -> serving -> draining -> farewell -> over
///
/// `draining`: nothing is accepted or read; what was received is finished and answered.
/// `farewell`: every client is told goodbye and its last bytes leave.
package final class GatewayCore {
    enum Stage { case starting, serving, draining, farewell, over }

    let loop: any GatewayLoop
    let ledger: Ledger
    let game: Game
    let tokens: any TokenChecker
    let configuration: GatewayConfiguration
    let limits: GatewayLimits
    let connectionsMax: Int
    let signal: GatewaySignal
    /// Answers of the ledger, from its threads.
    package let answers: LoopMailbox<[Answer]>
    /// What became of tokens, from the tasks that verify them.
    let verdicts: LoopMailbox<TokenVerdict>
    /// Proofs of receipts, from whoever makes them, each with the ticket of its question.
    let proofs: LoopMailbox<(UInt64, ProofAnswer)>
    /// Who proves receipts, if anybody does.
    var prover: (any ReceiptProving)?
    /// What comes in past the sessions.
    let outside = OutsideSubmissions()

    var sessions: Slab<Session>
    var tickets: Slab<Ticket>
    var batches: Slab<PendingBatch>
    /// What this turn hands to the ledger.
    var turn: [Submission] = []
    private var stopListening: () -> Void = {}
    package internal(set) var counters = GatewayCounters()
    var events: EventFeed
    /// How often players have asked for what has a rate.
    var rates: RateLimiter
    /// The last block that an answer came from; it is durable.
    var lastBlock: UInt64
    /// Why the ledger takes no operations any more.
    var failure: String?
    private(set) var stage = Stage.starting

    /// The game's number for acting for another player.
    let notOwnAccountCode: UInt16
    /// The game's number for asking too often.
    let rateLimitedCode: UInt16

    private var solitude: Solitude
    private var takenAnswers: [[Answer]] = []
    private var takenVerdicts: [TokenVerdict] = []
    private var takenProofs: [(UInt64, ProofAnswer)] = []
    private var nextSessionNumber: UInt64 = 1
    private var failureSince: UInt64 = 0
    private let startMilliseconds: UInt64

    /// A gateway in these surroundings, over a ledger that answers to `answers`.
    package init(
        loop: any GatewayLoop, ledger: Ledger, game: Game, tokens: any TokenChecker,
        configuration: GatewayConfiguration, descriptors: Int, signal: GatewaySignal
    ) {
        self.loop = loop
        self.ledger = ledger
        self.game = game
        self.tokens = tokens
        self.configuration = configuration
        self.signal = signal
        limits = configuration.limits
        connectionsMax = max(
            1, min(limits.connectionsMax, descriptors - limits.descriptorsReserved))
        answers = LoopMailbox(waker: loop.threadsWaker)
        verdicts = LoopMailbox(waker: loop.threadsWaker)
        proofs = LoopMailbox(waker: loop.threadsWaker)
        sessions = Slab(countMax: connectionsMax)
        tickets = Slab(countMax: limits.ticketsMax)
        batches = Slab(countMax: limits.ticketsMax)
        solitude = Solitude(turnsMin: limits.solitaryTurnsMin)
        events = EventFeed(recentMax: limits.recentEventsMax)
        rates = RateLimiter(game: game)
        lastBlock = ledger.status.blocks
        startMilliseconds = loop.nowMilliseconds
        notOwnAccountCode =
            game.refusals.first { $0.name == "notOwnAccount" }?.code
            ?? ErrorCode.notOwnAccount.rawValue
        rateLimitedCode = game.refusals.first { $0.name == "rateLimited" }?.code ?? ErrorCode.busy.rawValue
    }

    /// Hooks into the loop; `stopListening` is called when no connection is wanted any more.
    package func start(stopListening: @escaping () -> Void) {
        precondition(stage == .starting, "a gateway runs once")
        stage = .serving
        self.stopListening = stopListening
        loop.onWake { [unowned self] in woken() }
        loop.onBeforeSleep { [unowned self] in endTurn() }
        loop.call(
            afterMilliseconds: limits.sweepMilliseconds, repeatMilliseconds: limits.sweepMilliseconds
        ) { [unowned self] in sweep() }
    }

    /// The loop has ended and the ledger too.
    func ended() {
        signal.publish(counters)
    }

    /// The status as JSON, for the query of that name.
    func statusText() -> String {
        StatusText.make(
            counters: counters, ledger: ledger.status, queued: ledger.queuedCount,
            inFlight: tickets.count, configuration: configuration,
            processorMicroseconds: loop.processorMicroseconds,
            uptimeMilliseconds: loop.nowMilliseconds - startMilliseconds)
    }
}

// Connections.
extension GatewayCore {
    /// Takes a connection from which nothing has been read.
    package func accept(_ connection: Channel) {
        counters.connectionsAccepted += 1
        let session = Session(
            connection, number: nextSessionNumber, sinceMilliseconds: loop.nowMilliseconds)
        guard !sessions.isFull else {
            counters.connectionsRefused += 1
            let have = sessions.count + 1
            session.end(
                ErrorBody(
                    code: .tooManyConnections, have: UInt64(have), need: UInt64(connectionsMax),
                    message: "\(have) connections; this server holds \(connectionsMax)"))
            return
        }
        nextSessionNumber += 1
        session.key = sessions.insert(session)
        counters.connectionsOpen += 1
        // The closures and the connection hold the session; the connection drops them at its end.
        connection.onRead = { [unowned self] bytes in read(session, bytes) }
        connection.onEnd = { [unowned self] in leave(session) }
        connection.onClose = { [unowned self] _ in closed(session) }
    }

    private func read(_ session: Session, _ bytes: UnsafeRawBufferPointer) {
        counters.bytesReceived += UInt64(bytes.count)
        do throws(WireError) {
            try session.decoder.feed(bytes) { header, body in
                counters.framesReceived += 1
                receive(session, header, body)
                return session.connection.isOpen
            }
        } catch {
            end(session, ErrorBody(error))
        }
    }

    private func receive(_ session: Session, _ header: FrameHeader, _ body: UnsafeRawBufferPointer) {
        switch session.machine.receive(header) {
        case .serve(let identity, let kind):
            switch kind {
            case .action: receiveAction(session, identity, header, body)
            case .batch: receiveBatch(session, identity, header, body)
            case .query: receiveQuery(session, identity, header, body)
            case .subscribe: receiveSubscription(session, identity, header, body)
            case .ping: receivePing(session, header, body)
            default: break
            }
        case .verify: receiveHello(session, header, body)
        case .object(let error): object(session, header, error)
        case .end(let error): end(session, error, requestID: header.requestID)
        case .leave: leave(session)
        case .ignore: break
        }
    }

    private func receivePing(_ session: Session, _ header: FrameHeader, _ body: UnsafeRawBufferPointer) {
        do throws(WireError) {
            session.send(.pong, requestID: header.requestID, try PingBody(body: body))
        } catch { object(session, header, ErrorBody(error)) }
    }

    /// Says what is wrong with one frame; the session goes on.
    func object(_ session: Session, _ header: FrameHeader, _ error: ErrorBody) {
        counters.objections += 1
        session.object(header, error)
    }

    /// Says what is wrong and closes the connection once that has been sent.
    func end(_ session: Session, _ error: ErrorBody, requestID: UInt64 = 0) {
        counters.objections += 1
        session.end(error, requestID: requestID)
    }

    /// The client is done: what is in flight is still answered.
    private func leave(_ session: Session) {
        _ = session.machine.close()
        session.isLeaving = true
        session.connection.pauseReading()
        if session.inFlight == 0 { session.connection.finish("the client is done") }
    }

    private func closed(_ session: Session) {
        _ = session.machine.close()
        counters.connectionsOpen -= 1
        counters.bytesSent += session.connection.bytesWritten
        events.forget(session)
        _ = sessions.remove(session.key)
        if stage == .farewell, sessions.count == 0 { over() }
    }

    private func sweep() {
        let now = loop.nowMilliseconds
        if failure == nil, let reason = ledger.status.failure { failed(reason) }
        if failure != nil, tickets.count > 0,
            now - failureSince >= limits.failureGraceMilliseconds
        {
            answerAllWithFailure()
        }
        for key in sessions.keys {
            guard let session = sessions[key], session.machine.state == .awaitingHello,
                now - session.sinceMilliseconds > limits.helloMillisecondsMax
            else { continue }
            let have = now - session.sinceMilliseconds
            end(
                session,
                ErrorBody(
                    code: .handshakeFirst, have: have, need: limits.helloMillisecondsMax,
                    message: "no hello within \(limits.helloMillisecondsMax) ms"))
        }
    }

    /// The ledger takes nothing any more.
    func failed(_ reason: String) {
        guard failure == nil else { return }
        failure = reason
        failureSince = loop.nowMilliseconds
    }
}

// Turns, and the end.
extension GatewayCore {
    private func woken() {
        if signal.stopRequested { stopRequested() }
        verdicts.take(into: &takenVerdicts)
        for verdict in takenVerdicts { receiveVerdict(verdict) }
        takenVerdicts.removeAll(keepingCapacity: true)
        proofs.take(into: &takenProofs)
        for (ticket, proof) in takenProofs { deliver(ticket, proof) }
        takenProofs.removeAll(keepingCapacity: true)
        answers.take(into: &takenAnswers)
        deliverTaken()
    }

    private func deliverTaken() {
        for place in takenAnswers.indices {
            takenAnswers[place].withUnsafeMutableBufferPointer { batch in
                for index in batch.indices {
                    // Moved out, so that what it holds is not counted twice; its place must hold something until the end.
                    let answer = batch.moveElement(from: index)
                    batch.initializeElement(at: index, to: .notFound(ticket: 0))
                    deliver(answer)
                }
            }
        }
        takenAnswers.removeAll(keepingCapacity: true)
    }

    /// Has the turn's submissions finished on this thread where that is possible, and takes their answers.
    private func finishTurn() {
        var nanoseconds: UInt64?
        answers.take(after: { nanoseconds = ledger.finish(taking: &turn) }, into: &takenAnswers)
        if let nanoseconds {
            counters.submissionsFinished += 1
            solitude.note(heldUpNanoseconds: nanoseconds)
        }
        deliverTaken()
    }

    /// Hands the turn's submissions to the ledger in one go; where they are all that is under way, their answers are sent in this turn.
    private func endTurn() {
        if !turn.isEmpty {
            counters.submissions += 1
            if solitude.note(submissions: turn.count, inFlight: tickets.count) {
                finishTurn()
            } else {
                _ = ledger.submit(taking: &turn)
            }
            for submission in turn { answerQueueFull(submission) }
            turn.removeAll(keepingCapacity: true)
        }
        if stage == .draining, tickets.count == 0 { sayFarewell() }
        signal.publish(counters)
    }

    /// Stops accepting and reading; a second request ends at once.
    func stopRequested() {
        switch stage {
        case .serving: break
        case .starting: return
        case .draining, .farewell: return
        case .over: return
        }
        stage = .draining
        stopListening()
        for key in sessions.keys { sessions[key]?.connection.pauseReading() }
        loop.call(afterMilliseconds: limits.drainMillisecondsMax, repeatMilliseconds: 0) { [unowned self] in
            if stage == .draining { sayFarewell() }
        }
    }

    private func sayFarewell() {
        stage = .farewell
        for key in sessions.keys {
            guard let session = sessions[key] else { continue }
            session.end(
                ErrorBody(code: .stopping, message: "the server is stopping"), as: .goodbye)
        }
        if sessions.count == 0 { return over() }
        loop.call(afterMilliseconds: limits.farewellMillisecondsMax, repeatMilliseconds: 0) { [unowned self] in over() }
    }

    private func over() {
        if stage == .over { return }
        stage = .over
        loop.stop()
    }
}
