import Wire

/// How operations come about: as fast as answers do, or at a rate whatever the server does.
enum Arrivals: Equatable {
    case closedLoop
    case openLoop(operationsPerSecond: Double)
}

/// Warm-up and measured window of a scenario.
///
///     warming -> measuring -> draining
///
/// In a closed loop a latency runs from sending to the answer, and counts when the answer falls into the window. In an
/// open loop operation k is due at start + k / rate; its latency runs from then and counts when that moment lies in
/// the window, however late it could be sent or was answered.
final class MeasuredPhase: LoadPhase {
    /// How long operations of an open loop that are overdue at the window's end are still sent and waited for.
    static let drainNanosecondsMax: UInt64 = 30_000_000_000

    /// What is needed from outside at the two ends of the window.
    struct Boundary {
        /// Called at the beginning (true) and end (false) of the measured window.
        var reached: (Bool) -> Void
        /// Called with the server's status, asked for at the beginning (true) or the end (false).
        var status: (Bool, String) -> Void
    }

    private(set) var latencies = LatencyRecorder()
    /// Answers that settled an operation within the window.
    private(set) var operations: UInt64 = 0
    /// Those of them that were refused.
    private(set) var refused: UInt64 = 0
    /// Answers in the whole phase that should not happen.
    private(set) var errors: UInt64 = 0
    /// The first of these errors in words.
    private(set) var firstError: String?
    /// What the players must have, after every answer so far.
    private(set) var book: PlayerBook
    /// What went wrong on purpose, in the whole phase.
    private(set) var disturbed = DisturbanceCounts()

    /// Of answered operations, how many the next repeat is chosen from.
    static let answeredMax = 1024
    /// More gold than there is.
    static let tooMuchGold: UInt64 = 1 << 50

    private var dice: DisturbanceDice?
    private var answered: [(sequence: Int, operation: LoadOperation, answer: FinalAnswer)] = []
    private var answeredPlace = 0
    /// What a repeat must be answered, by connection and slot.
    private var expected: [Int: FinalAnswer] = [:]
    /// Operations whose connection was cut: the server may have done them.
    private var retried: Set<Int> = []
    /// Those of them that the server was too busy for.
    private var again: [(sequence: Int, operation: LoadOperation, started: UInt64)] = []
    private var openProposals: [LoadOperation] = []
    private var firstOpenProposal = 0
    private var chooser: OperationChooser
    private let writer: ActionWriter
    private let ids: OperationIDSource
    private let boundary: Boundary
    private let intervalNanoseconds: Double?
    private let began: UInt64
    private let windowBegins: UInt64
    private let windowEnds: UInt64
    private var sequence: Int
    private var due: UInt64 = 0
    private var windowHasBegun = false
    private var windowHasEnded = false
    private var statusAnswers = 0

    /// A phase that begins now; ids are taken from `firstSequence` on.
    init(
        scenario: Scenario, arrivals: Arrivals, chooser: OperationChooser, seed: UInt64, writer: ActionWriter,
        ids: OperationIDSource, firstSequence: Int, boundary: Boundary
    ) {
        dice = scenario.disturbances.map { DisturbanceDice($0, seed: seed) }
        writer.tradeHigh = ids.high
        self.chooser = chooser
        self.writer = writer
        self.ids = ids
        self.boundary = boundary
        sequence = firstSequence
        book = PlayerBook(players: scenario.players, start: scenario.start)
        began = MonotonicClock.nanoseconds()
        windowBegins = began + UInt64(scenario.warmUpSeconds * 1e9)
        windowEnds = windowBegins + UInt64(scenario.seconds * 1e9)
        switch arrivals {
        case .closedLoop: intervalNanoseconds = nil
        case .openLoop(let rate): intervalNanoseconds = 1e9 / rate
        }
    }

    /// Length of the window.
    var seconds: Double { MonotonicClock.seconds(from: windowBegins, to: windowEnds) }

    var isComplete: Bool { windowHasEnded && statusAnswers == 2 && !hasOverdue && again.isEmpty }

    var progress: String {
        let now = MonotonicClock.nanoseconds()
        let bar = ProgressLine.bar(done: now - began, of: windowEnds - began)
        let phase = now < windowBegins ? "warming up" : now < windowEnds ? "measuring" : "draining"
        return "\(phase) \(bar) \(operations) operations"
    }

    func tick() {
        let now = MonotonicClock.nanoseconds()
        if !windowHasBegun, now >= windowBegins {
            windowHasBegun = true
            boundary.reached(true)
        }
        if !windowHasEnded, now >= windowEnds {
            windowHasEnded = true
            boundary.reached(false)
        }
    }

    func sendNext(on connection: LoadConnection, slot: Int) -> Bool {
        if let (sequence, operation, started) = again.popLast() {
            send(operation, sequence, started, on: connection, slot)
            return true
        }
        let now = MonotonicClock.nanoseconds()
        let started: UInt64
        if let intervalNanoseconds {
            let moment = began + UInt64(Double(due) * intervalNanoseconds)
            guard moment <= now, moment < windowEnds, now < windowEnds + Self.drainNanosecondsMax else {
                return false
            }
            due += 1
            started = moment
        } else {
            guard now < windowEnds else { return false }
            started = now
        }
        var operation = chooser.next()
        if operation.kind == .proposal || operation.kind == .acceptance { settleTrade(&operation) }
        switch dice?.next() ?? .none {
        case .none: break
        case .tooLittle:
            operation.kind = .transfer
            operation.counterparty = operation.player == 0 ? 1 : 0
            operation.gold = Self.tooMuchGold
            disturbed.tooLittle += 1
        case .disconnected:
            // The first connection asks for the server's status too.
            if connection.number > 0 { connection.wantCut() }
        case .repeated:
            guard var dice, !answered.isEmpty else { break }
            let past = answered[dice.place(answered.count)]
            self.dice = dice
            disturbed.repeats += 1
            expected[place(connection, slot)] = past.answer
            send(past.operation, past.sequence, started, on: connection, slot)
            return true
        }
        send(operation, sequence, started, on: connection, slot)
        sequence += 1
        return true
    }

    func reopened(_ connection: LoadConnection) {
        disturbed.disconnects += 1
        for slot in connection.busySlots {
            let sequence = connection.sequences[slot]
            disturbed.retried += 1
            if expected[place(connection, slot)] == nil { retried.insert(sequence) }
            send(connection.operations[slot], sequence, connection.startedNanoseconds[slot], on: connection, slot)
        }
    }

    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody) {
        let now = MonotonicClock.nanoseconds()
        let started = connection.startedNanoseconds[slot]
        let isInWindow = now >= windowBegins && now < windowEnds
        if reply.status == .busy {
            if isInWindow { refused += 1 }
            let sequence = connection.sequences[slot]
            if expected.removeValue(forKey: place(connection, slot)) == nil, retried.contains(sequence) {
                again.append((sequence, connection.operations[slot], started))
            }
            return
        }
        if !expected.isEmpty, let need = expected.removeValue(forKey: place(connection, slot)) {
            if !reply.repeated || FinalAnswer(reply) != need {
                note("a repeat was answered otherwise than the first time, or taken for new")
            }
        } else {
            settle(connection.operations[slot], sequence: connection.sequences[slot], reply, isInWindow)
        }
        if isInWindow { operations += 1 }
        let counts =
            intervalNanoseconds == nil
            ? isInWindow : started >= windowBegins && started < windowEnds
        if counts { latencies.record(nanoseconds: now &- started) }
    }

    /// What a first answer changes.
    private func settle(_ operation: LoadOperation, sequence: Int, _ reply: ReplyBody, _ isInWindow: Bool) {
        switch reply.status {
        case .applied:
            if operation.gold == Self.tooMuchGold { note("a payment of more gold than there is was applied") }
            book.apply(operation, result0: reply.result0, result1: reply.result1)
            if operation.kind == .proposal { openProposals.append(operation) }
        case .refusedByContract: if isInWindow { refused += 1 }
        case .refused: note("refused outside the ledger: \(reply.message) (code \(reply.refusalCode))")
        case .conflict: note("operation id conflict: \(reply.message)")
        case .busy: break
        }
        if reply.repeated {
            if retried.contains(sequence) {
                disturbed.alreadyDone += 1
            } else {
                note("a fresh operation was answered as a repeat")
            }
        }
        if dice != nil {
            if !retried.isEmpty { retried.remove(sequence) }
            remember(sequence, operation, reply)
        }
    }

    private func remember(_ sequence: Int, _ operation: LoadOperation, _ reply: ReplyBody) {
        guard let answer = FinalAnswer(reply) else { return }
        if answered.count < Self.answeredMax {
            answered.append((sequence, operation, answer))
        } else {
            answered[answeredPlace] = (sequence, operation, answer)
            answeredPlace = (answeredPlace + 1) % Self.answeredMax
        }
    }

    /// A proposal gets its name; an acceptance becomes that of the oldest open proposal, or a proposal where none is open.
    private func settleTrade(_ operation: inout LoadOperation) {
        if operation.kind == .acceptance, firstOpenProposal < openProposals.count {
            operation = openProposals[firstOpenProposal]
            operation.kind = .acceptance
            firstOpenProposal += 1
            if firstOpenProposal >= 65_536 {
                openProposals.removeFirst(firstOpenProposal)
                firstOpenProposal = 0
            }
            return
        }
        operation.kind = .proposal
        operation.trade = UInt64(sequence)
    }

    private func send(
        _ operation: LoadOperation, _ sequence: Int, _ started: UInt64, on connection: LoadConnection, _ slot: Int
    ) {
        connection.operations[slot] = operation
        connection.sequences[slot] = sequence
        connection.startedNanoseconds[slot] = started
        connection.act(writer.write(operation), id: ids.id(sequence), slot: slot)
    }

    private func place(_ connection: LoadConnection, _ slot: Int) -> Int { connection.number << 16 | slot }

    func answered(on connection: LoadConnection, slot: Int, answer: QueryAnswer) {
        statusAnswers += 1
        if case .serverStatus(let text) = answer { boundary.status(statusAnswers == 1, text) }
    }

    /// Operations of the open loop that were due in the window and never sent: their latency so far.
    func recordNeverSent() {
        guard let intervalNanoseconds else { return }
        let now = MonotonicClock.nanoseconds()
        while true {
            let moment = began + UInt64(Double(due) * intervalNanoseconds)
            guard moment < windowEnds else { return }
            if moment >= windowBegins { latencies.record(nanoseconds: now - moment) }
            due += 1
        }
    }

    private var hasOverdue: Bool {
        guard let intervalNanoseconds else { return false }
        let moment = began + UInt64(Double(due) * intervalNanoseconds)
        return moment < windowEnds
            && MonotonicClock.nanoseconds() < windowEnds + Self.drainNanosecondsMax
    }

    private func note(_ error: String) {
        errors += 1
        if firstError == nil { firstError = error }
    }
}
