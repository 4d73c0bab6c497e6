internal import EVM
public import History
public import Ledger
internal import Synchronization

/// Who puts an operation into the ledger's queue; the answer comes on any thread. False: there is no room.
public typealias OperationPort =
    @Sendable (_ operation: Operation, _ answer: @escaping @Sendable (Answer) -> Void) -> Bool

/// What came of one request; called once, on any thread.
typealias RPCReply = @Sendable (Result<JSON, RPCError>) -> Void

/// Who asks, for the methods that belong to a connection.
protocol RPCCaller: AnyObject, Sendable {
    /// Begins to send notifications; the id of the subscription.
    func subscribe(_ topic: SubscriptionTopic) throws(RPCError) -> String
    /// Ends that; false where there is none of this id.
    func unsubscribe(_ id: String) -> Bool
}

/// The methods of JSON-RPC over a history and a ledger. Blocks are micro-blocks: `latest` is the last durable one, `safe` and
/// `finalized` are the last anchor.
public final class RPCService: Sendable {
    let history: History
    let prover: ReceiptProver?
    let ledger: Ledger
    let limits: ObservatoryLimits
    let submit: OperationPort
    let filters: FilterTable
    let machines: MachinePool
    let pastStates: PastStates
    let genesis: LedgerGenesis
    let version: String
    /// Requests that execute a part of the log again.
    let slowRequests = Atomic<Int>(0)
    private let methods: [String: RPCMethod]
    private let calls = Mutex<[String: (count: UInt64, errors: UInt64)]>([:])

    /// A service over these.
    public init(
        history: History, prover: ReceiptProver? = nil, ledger: Ledger, dataFolder: String, version: String, limits: ObservatoryLimits,
        submit: @escaping OperationPort
    ) {
        self.history = history
        self.prover = prover
        self.ledger = ledger
        self.limits = limits
        self.submit = submit
        self.version = version
        genesis = history.genesis
        filters = FilterTable(limits)
        machines = MachinePool(history.genesis)
        pastStates = PastStates(folder: dataFolder, genesis: history.genesis)
        methods = Dictionary(uniqueKeysWithValues: RPCMethod.all.map { ($0.name, $0) })
    }

    /// How often each method was called, and how often in vain.
    var callCounts: [(method: String, count: UInt64, errors: UInt64)] {
        calls.withLock { $0 }.map { ($0.key, $0.value.count, $0.value.errors) }.sorted { $0.0 < $1.0 }
    }

    /// Answers a text: one request or a batch of them. Nil: there is nothing to say, as for notifications.
    func answer(_ text: [UInt8], caller: (any RPCCaller)?, _ reply: @escaping @Sendable ([UInt8]?) -> Void) {
        let json: JSON
        do throws(JSONError) {
            json = try JSONReader.value(text, depthMax: limits.depthMax)
        } catch {
            return reply(Self.response(.null, .failure(.parse(error.description))).encoded)
        }
        guard case .array(let requests) = json else {
            return answer(json, caller: caller) { reply($0?.encoded) }
        }
        if requests.isEmpty {
            return reply(Self.response(.null, .failure(.invalidRequest("the batch is empty"))).encoded)
        }
        if requests.count > limits.batchMax {
            let error = RPCError.limit("\(requests.count) requests in a batch; at most \(limits.batchMax)")
            return reply(Self.response(.null, .failure(error)).encoded)
        }
        let gathered = GatheredAnswers(count: requests.count, bytesMax: limits.answerBytesMax, reply)
        for (place, request) in requests.enumerated() {
            // What would not fit is not worked on.
            if gathered.isFull { gathered.put(place, nil) } else { answer(request, caller: caller) { gathered.put(place, $0) } }
        }
    }

    private func answer(_ request: JSON, caller: (any RPCCaller)?, _ reply: @escaping @Sendable (JSON?) -> Void) {
        guard case .object = request else {
            return reply(Self.response(.null, .failure(.invalidRequest("an object is needed, not \(request.kindName)"))))
        }
        let id = request["id"]
        switch id {
        case nil, .null, .string, .number: break
        default: return reply(Self.response(.null, .failure(.invalidRequest("id must be a string, a number or null"))))
        }
        let isNotification = id == nil
        func finish(_ result: Result<JSON, RPCError>) {
            reply(isNotification ? nil : Self.response(id ?? .null, result))
        }
        guard request["jsonrpc"] == .string("2.0") else {
            return reply(Self.response(id ?? .null, .failure(.invalidRequest("jsonrpc must be \"2.0\""))))
        }
        guard case .string(let name)? = request["method"] else {
            return reply(Self.response(id ?? .null, .failure(.invalidRequest("method must be a string"))))
        }
        guard let method = methods[name] else { return finish(.failure(.unknownMethod(name))) }
        run(method, request["params"], caller) { result in
            reply(isNotification ? nil : Self.response(id ?? .null, result))
        }
    }

    private func run(_ method: RPCMethod, _ parameters: JSON?, _ caller: (any RPCCaller)?, _ reply: @escaping RPCReply) {
        let counted: RPCReply = { [self] result in
            calls.withLock { calls in
                var count = calls[method.name] ?? (0, 0)
                count.count += 1
                if case .failure = result { count.errors += 1 }
                calls[method.name] = count
            }
            reply(result)
        }
        do throws(RPCError) {
            let read = try Parameters(parameters, method.parameters)
            switch method.body {
            case .now(let body): counted(.success(try body(self, read)))
            case .later(let body): try body(self, read, counted)
            case .caller(let body):
                guard let caller else { throw .server("\(method.name) needs a WebSocket") }
                counted(.success(try body(self, read, caller)))
            }
        } catch {
            counted(.failure(error))
        }
    }

    /// The object that answers a request.
    static func response(_ id: JSON, _ result: Result<JSON, RPCError>) -> JSON {
        switch result {
        case .success(let value): ["jsonrpc": "2.0", "id": id, "result": value]
        case .failure(let error): ["jsonrpc": "2.0", "id": id, "error": error.json]
        }
    }
}

/// One method: its name, the names of its parameters, and what it does.
struct RPCMethod: Sendable {
    /// What a method does: at once, with an answer that comes later, or for the connection that asks.
    enum Body: Sendable {
        case now(@Sendable (RPCService, Parameters) throws(RPCError) -> JSON)
        case later(@Sendable (RPCService, Parameters, @escaping RPCReply) throws(RPCError) -> Void)
        case caller(@Sendable (RPCService, Parameters, any RPCCaller) throws(RPCError) -> JSON)
    }

    var name: String
    var parameters: [String]
    var body: Body

    init(
        _ name: String, _ parameters: [String] = [],
        _ body: @escaping @Sendable (RPCService, Parameters) throws(RPCError) -> JSON
    ) {
        self.name = name
        self.parameters = parameters
        self.body = .now(body)
    }

    init(_ name: String, _ parameters: [String], body: Body) {
        self.name = name
        self.parameters = parameters
        self.body = body
    }

    /// Every method of the server.
    static let all: [RPCMethod] =
        chain + blocks + state + calls + sending + filterMethods + subscriptions + debugging + hoard
}

/// The answers of a batch as texts, until all are there; those of a batch that is too long are forgotten at once.
private final class GatheredAnswers: Sendable {
    private struct State {
        var answers: [[UInt8]?]
        var missing: Int
        var bytes = 0
        var isFull = false
    }

    private let state: Mutex<State>
    private let bytesMax: Int
    private let reply: @Sendable ([UInt8]?) -> Void

    init(count: Int, bytesMax: Int, _ reply: @escaping @Sendable ([UInt8]?) -> Void) {
        state = Mutex(State(answers: Array(repeating: nil, count: count), missing: count))
        self.bytesMax = bytesMax
        self.reply = reply
    }

    /// Whether the answers are longer together than they may be.
    var isFull: Bool { state.withLock { $0.isFull } }

    func put(_ place: Int, _ answer: JSON?) {
        let text = isFull ? nil : answer?.encoded
        let ended: State? = state.withLock { state in
            state.bytes += (text?.count ?? 0) + 1
            if state.bytes > bytesMax {
                state.isFull = true
                state.answers = []
            }
            if !state.isFull { state.answers[place] = text }
            state.missing -= 1
            return state.missing == 0 ? state : nil
        }
        guard let ended else { return }
        if ended.isFull {
            let error = RPCError.limit("the answer is longer than \(bytesMax) bytes; ask for less at once")
            return reply(RPCService.response(.null, .failure(error)).encoded)
        }
        let said = ended.answers.compactMap { $0 }
        if said.isEmpty { return reply(nil) }
        var bytes: [UInt8] = [0x5b]
        bytes.reserveCapacity(ended.bytes + 2)
        for (index, answer) in said.enumerated() {
            if index > 0 { bytes.append(0x2c) }
            bytes += answer
        }
        bytes.append(0x5d)
        reply(bytes)
    }
}
