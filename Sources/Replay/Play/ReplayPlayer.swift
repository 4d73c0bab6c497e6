import Client
public import Economy
import EventLoop
import Wire

/// Where and as whom a replay plays.
public struct ReplayConnection: Sendable {
    public var host: String
    public var port: Int
    /// A token of role server.
    public var token: String
    /// A token of role operator, for credit that the match declares; without one that is refused and counted.
    public var operatorToken: String?

    /// A connection to make.
    public init(host: String, port: Int, token: String, operatorToken: String? = nil) {
        self.host = host
        self.port = port
        self.token = token
        self.operatorToken = operatorToken
    }
}

/// Plays a plan through a server over TCP: in order, pipelined, each recorded balance asked for at its place.
///
/// Confined to the thread that calls `run`, which has an event loop of its own for as long as it lasts.
public final class ReplayPlayer {
    /// Enough to fill micro-blocks, and few enough for any server's credit.
    public static let inFlightMax = 256

    /// Called now and then with how many steps were answered, and of how many.
    public var onProgress: ((_ answered: Int, _ count: Int) -> Void)?

    private let moves: [ScheduledMove]
    private let connection: ReplayConnection
    /// Match time over wall time; nil for as fast as possible.
    private let speed: Double?
    private var loop: EventLoop!
    private var server: PipelinedClient?
    private var operatorClient: PipelinedClient?
    private var next = 0
    private var answered = 0
    private var inFlight = 0
    private var inFlightIsOperator = false
    private var window = ReplayPlayer.inFlightMax
    private var startNanoseconds: UInt64 = 0
    private var sentNanoseconds: [UInt64]
    private var waiting: LoopTimer?
    /// Moves that the server was too busy for, to be sent again before anything else.
    private var again: [Int] = []
    private var tally = ReplayTally()
    private var failure: ReplayError?
    private var finished = false

    /// A player of a plan; fails when the game has not the actions that the plan needs.
    public init(
        plan: ReplayPlan, game: Game, connection: ReplayConnection, speed: Double? = nil
    ) throws(ReplayError) {
        moves = try plan.moves(game: game)
        self.connection = connection
        self.speed = speed.map { max($0, 0.001) }
        sentNanoseconds = [UInt64](repeating: 0, count: moves.count)
    }

    /// Plays everything and returns what came of it; blocks until the last answer.
    public func run() throws(ReplayError) -> ReplayTally {
        let loop: EventLoop
        do { loop = try EventLoop() } catch { throw .connection(error.message) }
        self.loop = loop
        connect(connection.token) { [unowned self] client in
            server = client
            window = min(Self.inFlightMax, max(1, Int(client.welcome.credit)))
            guard let token = connection.operatorToken, moves.contains(where: \.byOperator) else { return begin() }
            connect(token) { [unowned self] client in
                operatorClient = client
                begin()
            }
        }
        loop.run()
        loop.close()
        if let failure { throw failure }
        tally.latenciesNanoseconds.sort()
        return tally
    }

    // MARK: Connections

    private func connect(_ token: String, _ completion: @escaping (PipelinedClient) -> Void) {
        PipelinedClient.connect(
            loop: loop, host: connection.host, port: connection.port, token: token, clientName: "hoard replay"
        ) { [unowned self] result in
            switch result {
            case .failure(let error): fail(.connection(error.description))
            case .success(let client):
                client.onReply = { [unowned self] id, reply in answer(id, [reply]) }
                client.onBatchReply = { [unowned self] id, reply in answer(id, reply.items.map(\.reply)) }
                client.onResult = { [unowned self] id, result in answer(id, result) }
                client.onObjection = { [unowned self] id, error in object(id, error) }
                client.onClose = { [unowned self] error in
                    if !finished { fail(.connection(error.description)) }
                }
                completion(client)
            }
        }
    }

    private func fail(_ error: ReplayError) {
        if failure == nil { failure = error }
        finish()
    }

    private func finish() {
        guard !finished else { return }
        finished = true
        waiting?.cancel()
        server?.close()
        operatorClient?.close()
        // The goodbyes leave within this turn of the loop.
        loop.timer(afterMilliseconds: 0) { [unowned self] in loop.stop() }
    }

    // MARK: Sending

    private func begin() {
        startNanoseconds = EventLoop.nanoseconds
        pump()
    }

    /// Sends what may be sent now: within the window, not before its time, and never past a change between server and
    /// operator.
    private func pump() {
        guard !finished else { return }
        if answered == moves.count {
            tally.seconds = Double(EventLoop.nanoseconds - startNanoseconds) / 1e9
            onProgress?(answered, moves.count)
            return finish()
        }
        // Order is kept: what the server was too busy for goes first, and alone.
        if !again.isEmpty {
            if inFlight == 0 { waitThen(5) { [unowned self] in resend() } }
            return
        }
        while next < moves.count {
            let move = moves[next]
            let byOperator = move.byOperator && operatorClient != nil
            if inFlight > 0, inFlight + move.weight > window || byOperator != inFlightIsOperator { return }
            if let delay = delayMilliseconds(move.timeMilliseconds) {
                if delay > 0 { return waitThen(delay) { [unowned self] in pump() } }
            }
            send(next)
            next += 1
        }
    }

    private func resend() {
        let positions = again.sorted()
        again = []
        for position in positions { send(position) }
    }

    private func send(_ position: Int) {
        let move = moves[position]
        let byOperator = move.byOperator && operatorClient != nil
        guard let client = byOperator ? operatorClient : server else { return }
        inFlightIsOperator = byOperator
        inFlight += move.weight
        sentNanoseconds[position] = EventLoop.nanoseconds
        let requestID = UInt64(position) + 1
        switch move.move {
        case .action(let body, let id): client.send(body, operationID: id, requestID: requestID)
        case .linked(let batch): client.send(batch, linked: true, requestID: requestID)
        case .query(let query, _): client.send(query, requestID: requestID)
        }
    }

    /// How long until the time of a move has come; nil at full speed.
    private func delayMilliseconds(_ time: Int64) -> UInt64? {
        guard let speed, let first = moves.first?.timeMilliseconds else { return nil }
        let due = Double(time - first) / speed
        let elapsed = Double(EventLoop.nanoseconds - startNanoseconds) / 1e6
        return due > elapsed ? UInt64((due - elapsed).rounded(.up)) : 0
    }

    private func waitThen(_ milliseconds: UInt64, _ body: @escaping () -> Void) {
        guard waiting == nil else { return }
        waiting = loop.timer(afterMilliseconds: milliseconds) { [unowned self] in
            waiting = nil
            body()
        }
    }

    // MARK: Answers

    private func position(_ requestID: UInt64) -> Int? {
        guard requestID > 0, requestID <= UInt64(next) else {
            fail(.answer("request \(requestID) was never sent"))
            return nil
        }
        return Int(requestID) - 1
    }

    private func answer(_ requestID: UInt64, _ replies: [ReplyBody]) {
        guard let position = position(requestID) else { return }
        let move = moves[position]
        if replies.contains(where: { $0.status == .busy }) {
            tally.busy += 1
            inFlight -= move.weight
            again.append(position)
            return pump()
        }
        tally.take(replies, sequence: move.sequence, requested: move.requested)
        completed(position)
    }

    private func answer(_ requestID: UInt64, _ result: ResultBody) {
        guard let position = position(requestID) else { return }
        guard case .query(_, let check) = moves[position].move else {
            return fail(.answer("event \(moves[position].sequence) is no question"))
        }
        var checked = ReplayTally.CheckedSnapshot(check: check, balance: nil)
        if case .balance(_, let amount) = result.answer { checked.balance = amount }
        tally.snapshots.append(checked)
        completed(position)
    }

    private func object(_ requestID: UInt64, _ error: ErrorBody) {
        guard let position = position(requestID) else { return }
        let move = moves[position]
        if error.code == ErrorCode.busy.rawValue {
            tally.busy += 1
            inFlight -= move.weight
            again.append(position)
            return pump()
        }
        if case .query(_, let check) = move.move {
            tally.snapshots.append(ReplayTally.CheckedSnapshot(check: check, balance: nil))
        } else {
            tally.refused += 1
            tally.note(refusal: error.code, error.message, event: move.sequence)
        }
        completed(position)
    }

    private func completed(_ position: Int) {
        tally.latenciesNanoseconds.append(EventLoop.nanoseconds - sentNanoseconds[position])
        inFlight -= moves[position].weight
        answered += 1
        if answered % 200 == 0 { onProgress?(answered, moves.count) }
        pump()
    }
}
