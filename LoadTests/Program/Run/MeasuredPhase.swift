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
        scenario: Scenario, arrivals: Arrivals, chooser: OperationChooser, writer: ActionWriter,
        ids: OperationIDSource, firstSequence: Int, boundary: Boundary
    ) {
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

    var isComplete: Bool { windowHasEnded && statusAnswers == 2 && !hasOverdue }

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
        let operation = chooser.next()
        connection.operations[slot] = operation
        connection.startedNanoseconds[slot] = started
        connection.act(writer.write(operation), id: ids.id(sequence), slot: slot)
        sequence += 1
        return true
    }

    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody) {
        let now = MonotonicClock.nanoseconds()
        let started = connection.startedNanoseconds[slot]
        let isInWindow = now >= windowBegins && now < windowEnds
        switch reply.status {
        case .applied:
            book.apply(connection.operations[slot], result0: reply.result0, result1: reply.result1)
            if reply.repeated { note("a fresh operation was answered as a repeat") }
        case .refusedByContract: if isInWindow { refused += 1 }
        case .refused:
            note("refused outside the ledger: \(reply.message) (code \(reply.refusalCode))")
        case .busy:
            if isInWindow { refused += 1 }
            return
        case .conflict: note("operation id conflict: \(reply.message)")
        }
        if isInWindow { operations += 1 }
        let counts =
            intervalNanoseconds == nil
            ? isInWindow : started >= windowBegins && started < windowEnds
        if counts { latencies.record(nanoseconds: now &- started) }
    }

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
