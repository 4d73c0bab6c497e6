internal import Economy
internal import Wire

/// A client as the network sees one: it connects, asks, loses its connection, comes back and repeats what was not answered.
final class SimulatedClient {
    /// What a client has to get done: one operation, or a linked group.
    struct Item {
        var operations: Range<Int>
        var isLinked: Bool
        var notBefore: UInt64 = 0
    }

    /// What a frame of the present connection asked.
    enum Request {
        case item(Item)
        /// Operations in one frame that are not linked.
        case bundle([Item])
        case repeated(Int)
        case conflicting(Int)
        case query(QueryRecord.Subject, sent: Int)
        case receipt(Int)
        case other
    }

    enum State { case away, connecting, open }

    let number: Int
    let role: Role
    /// The place of the player that it is; nobody's for servers and operators.
    let place: Place
    let name: String
    unowned let simulation: Simulation
    var chance: SeededChance
    private(set) var state = State.away
    private(set) var link: Link?
    private var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
    private(set) var session: UInt64 = 0
    private var nextRequest: UInt64 = 1
    private var requests: [UInt64: Request] = [:]
    private var answeredRequests: Set<UInt64> = []
    /// What is to be sent, or sent again.
    var waiting: [Item] = []
    /// Operations that it may still invent.
    var budget: Int
    /// How it is: how many frames it has under way, and how long it thinks.
    let windowMax: Int
    let thinkNanoseconds: ClosedRange<Int>
    /// Own operations that are final, to be asked about again.
    var finals: [Int] = []
    private var lastCursor: UInt64 = 0
    var isSubscribed = false

    init(
        _ simulation: Simulation, number: Int, role: Role, place: Place, name: String, budget: Int, chance: SeededChance
    ) {
        self.simulation = simulation
        self.number = number
        self.role = role
        self.place = place
        self.name = name
        self.budget = budget
        self.chance = chance
        windowMax = self.chance.within(1...12)
        let think = self.chance.within(2...60) * 1_000_000
        thinkNanoseconds = think / 2...think * 2
    }

    /// Whether it has got everything done.
    var isDone: Bool { budget == 0 && waiting.isEmpty && requests.isEmpty }
    /// Frames under way.
    var requestCount: Int { requests.count }

    /// Looks for something to do.
    func act() {
        switch state {
        case .away:
            if !isDone { connect() }
        case .connecting: break
        case .open:
            if isDone { break }
            work()
        }
        if isDone, state == .away { return }
        simulation.plan(.client(self), after: UInt64(chance.within(thinkNanoseconds)))
    }

    private func connect() {
        state = .connecting
        decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
        session = 0
        requests = [:]
        answeredRequests = []
        isSubscribed = false
        let link = simulation.makeLink(for: self, &chance)
        self.link = link
        link.open()
        let token = chance.happens(permille: 10) ? "wrong" : "\(role):\(name)"
        send(.hello, HelloBody(token: token, clientName: "simulated"))
    }

    /// The connection is gone; what was under way is to be sent again.
    func lost(_ link: Link) {
        guard link === self.link else { return }
        self.link = nil
        state = .away
        link.closeByClient()
        for number in requests.keys.sorted() {
            switch requests[number] {
            case .item(let item): waiting.append(item)
            case .bundle(let items): waiting += items
            default: break
            }
        }
        requests = [:]
    }

    /// Gives the connection up.
    func leave(politely: Bool) {
        guard let link else { return }
        if politely { send(.goodbye, ErrorBody(code: .none, message: "bye")) } else { lost(link) }
    }

    /// Sends a frame and returns its number.
    @discardableResult
    func send(
        _ kind: FrameKind, flags: FrameFlags = [], operationID: OperationID = .zero, _ body: some WireBody,
        as request: Request? = nil
    ) -> UInt64 {
        let number = nextRequest
        nextRequest += 1
        if let request { requests[number] = request }
        var bytes: [UInt8] = []
        let header = FrameHeader(
            kind: kind, flags: flags, session: session, requestID: number, operationID: operationID)
        FrameEncoder.append(header, body, to: &bytes)
        link?.sendToServer(bytes)
        return number
    }

    /// Sends bytes that are no frame.
    func sendRaw(_ bytes: [UInt8]) { link?.sendToServer(bytes) }
}

// What comes back.
extension SimulatedClient {
    /// Bytes have arrived.
    func receive(_ bytes: [UInt8], from link: Link) {
        guard link === self.link else { return }
        bytes.withUnsafeBytes { raw in
            do throws(WireError) {
                try decoder.feed(raw) { header, body in
                    do throws(WireError) { try receive(header, body) } catch {
                        simulation.find("\(name) got a frame that it cannot read: \(error)")
                    }
                    return self.link === link
                }
            } catch {
                simulation.find("\(name) got bytes that are no frames: \(error)")
            }
        }
    }

    private func receive(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) throws(WireError) {
        switch header.kind {
        case .welcome:
            session = try WelcomeBody(body: body).session
            state = .open
        case .reply:
            let reply = try ReplyBody(body: body)
            guard let request = take(header) else { return }
            receive(reply, to: request, header.operationID)
        case .batchReply: try receive(BatchReplyBody(body: body), header)
        case .result: try receive(ResultBody(body: body), header)
        case .event: receive(try EventBody(body: body))
        case .error:
            let error = try ErrorBody(body: body)
            if let request = requests.removeValue(forKey: header.requestID) { putBack(request) }
            if error.code == ErrorCode.operationConflict.rawValue { simulation.find("\(name) got \(error)") }
        case .goodbye, .pong, .subscribe: requests[header.requestID] = nil
        default: simulation.find("\(name) got a frame of kind \(header.rawKind)")
        }
    }

    private func take(_ header: FrameHeader) -> Request? {
        if let request = requests.removeValue(forKey: header.requestID) {
            answeredRequests.insert(header.requestID)
            return request
        }
        let isSecond = answeredRequests.contains(header.requestID)
        simulation.find(
            "\(name) got \(isSecond ? "a second reply" : "a reply that it has not asked for"), to request "
                + "\(header.requestID), operation \(header.operationID.hex)")
        return nil
    }

    private func putBack(_ request: Request) {
        switch request {
        case .item(let item): waiting.append(item)
        case .bundle(let items): waiting += items
        default: break
        }
    }

    private func receive(_ reply: ReplyBody, to request: Request, _ id: OperationID) {
        switch request {
        case .item(let item):
            let number = item.operations.lowerBound
            if simulation.history.operations[number].id != id {
                return simulation.find("\(name) got the reply to another operation, \(id.hex)")
            }
            take(reply, item)
        case .repeated(let number):
            if reply.status == .busy || isPassing(reply) { return }
            simulation.note(reply, of: number)
        case .conflicting(let number):
            if let wrong = simulation.history.noteConflict(reply, of: number) { simulation.find(wrong) }
        default: simulation.find("\(name) got a reply to what was no action: \(reply)")
        }
    }

    /// Whether a refusal says nothing about the operation itself.
    private func isPassing(_ reply: ReplyBody) -> Bool {
        reply.status == .refused
            && (reply.refusalCode == ErrorCode.ledgerFailed.rawValue
                || reply.refusalCode == ErrorCode.stopping.rawValue)
    }

    private func take(_ reply: ReplyBody, _ item: Item) {
        let number = item.operations.lowerBound
        if reply.status == .busy || isPassing(reply) {
            var again = item
            let pause = reply.status == .busy ? UInt64(reply.retryAfterMilliseconds) * 1_000_000 : 300_000_000
            again.notBefore = simulation.now + pause
            waiting.append(again)
            if reply.status == .busy { simulation.note(reply, of: number) }
            return
        }
        simulation.note(reply, of: number)
        if case .final = simulation.history.operations[number].known { finals.append(number) }
    }

    private func receive(_ body: BatchReplyBody, _ header: FrameHeader) {
        guard let request = take(header) else { return }
        let numbers: [Int]
        switch request {
        case .item(let item): numbers = Array(item.operations)
        case .bundle(let items): numbers = items.map(\.operations.lowerBound)
        default: return simulation.find("\(name) got a batch of replies to what was no batch")
        }
        let ids = numbers.map { simulation.history.operations[$0].id }
        guard body.items.map(\.operationID) == ids else {
            return simulation.find("\(name) got the replies to another batch")
        }
        switch request {
        case .item(let item): receiveGroup(body, item)
        case .bundle(let items):
            for (item, answer) in zip(items, body.items) { take(answer.reply, item) }
        default: break
        }
    }

    /// A linked group is done, refused or to be sent again as one.
    private func receiveGroup(_ body: BatchReplyBody, _ item: Item) {
        let replies = body.items.map(\.reply)
        if replies.contains(where: { $0.status == .busy || isPassing($0) }) {
            var again = item
            again.notBefore = simulation.now + 50_000_000
            waiting.append(again)
            return
        }
        let finalCount = replies.filter { $0.status == .applied }.count
        if finalCount != 0, finalCount != replies.count {
            return simulation.find("\(name) got \(finalCount) of \(replies.count) linked operations done")
        }
        for (number, reply) in zip(item.operations, replies) {
            simulation.note(reply, of: number)
            if reply.status == .applied { finals.append(number) }
        }
    }

    private func receive(_ body: ResultBody, _ header: FrameHeader) {
        guard let request = take(header) else { return }
        switch request {
        case .query(let subject, let sent):
            if case .refused = body.answer { return }
            simulation.history.queries.append(
                QueryRecord(subject: subject, sent: sent, received: simulation.eventCount, answer: body.answer))
        case .receipt(let number):
            switch body.answer {
            case .receipt(let reply):
                let wrong = simulation.history.noteReceipt(reply, of: number, at: simulation.eventCount)
                if let wrong { simulation.find(wrong) }
            case .notFound:
                if case .final(let first) = simulation.history.operations[number].known {
                    simulation.find(
                        "operation \(simulation.history.operations[number].id.hex), final in block \(first.block), "
                            + "has no receipt")
                }
            default: break
            }
        case .other: break
        default: simulation.find("\(name) got a result to what was no question")
        }
    }

    private func receive(_ event: EventBody) {
        if event.cursor <= lastCursor, event.cursor != 0, isSubscribed {
            simulation.find("\(name) heard of event \(event.cursor) after event \(lastCursor)")
        }
        lastCursor = event.cursor
    }
}
