/// The operations of one run: chosen by the seed, counted and timed while the window is open.
final class MeasuredWork: WorkSource {
    /// How many of the last operations are sent once more after the run.
    static let repeatsMax = 256

    /// Latencies of operations that ended within the window.
    private(set) var latencies = LatencyRecorder()
    /// Operations that ended within the window, refused ones included.
    private(set) var operations: UInt64 = 0
    /// Of these, how many were refused.
    private(set) var refused: UInt64 = 0
    /// Operations that ended, from the first on.
    private(set) var ended: Int64 = 0
    /// What the players must have.
    private(set) var book: PlayerBook
    /// What the treasury must have.
    private(set) var treasury: Int64 = 0
    /// The last operations and how they ended.
    private(set) var last: [(request: Request, outcome: Outcome)] = []

    private var chooser: OperationChooser
    private let high: UInt64
    private var sequence: UInt64 = 0
    private let windowBegins: UInt64
    private let windowEnds: UInt64
    private let boundary: (Bool) -> Void
    private var isInWindow = false
    private var windowIsOver = false

    /// Work that begins now; `boundary` is called at the beginning (true) and the end (false) of the window.
    init(scenario: Scenario, prices: [UInt64], seed: UInt64, high: UInt64, boundary: @escaping (Bool) -> Void) {
        chooser = OperationChooser(scenario: scenario, prices: prices, seed: seed)
        self.high = high
        self.boundary = boundary
        book = PlayerBook(players: scenario.players, start: scenario.start)
        windowBegins = MonotonicClock.nanoseconds() + UInt64(scenario.warmUpSeconds * 1e9)
        windowEnds = windowBegins + UInt64(scenario.seconds * 1e9)
    }

    /// Length of the window.
    var seconds: Double { MonotonicClock.seconds(from: windowBegins, to: windowEnds) }

    func next() -> Request? {
        let now = MonotonicClock.nanoseconds()
        watch(now)
        guard now < windowEnds else { return nil }
        sequence += 1
        return Request(high: high, low: sequence, operation: chooser.next(), startedNanoseconds: now)
    }

    func ended(_ request: Request, _ outcome: Outcome) {
        let now = MonotonicClock.nanoseconds()
        watch(now)
        ended += 1
        if outcome == .done { apply(request.operation) }
        if last.count < Self.repeatsMax {
            last.append((request, outcome))
        } else {
            last[Int(ended) % Self.repeatsMax] = (request, outcome)
        }
        guard isInWindow else { return }
        operations += 1
        if outcome == .refused { refused += 1 }
        latencies.record(nanoseconds: now &- request.startedNanoseconds)
    }

    private func apply(_ operation: LoadOperation) {
        switch operation.kind {
        case .purchase:
            book.apply(operation, result0: UInt64(operation.quantity), result1: operation.gold)
            treasury += Int64(operation.gold)
        default:
            book.apply(operation, result0: operation.fee, result1: 0)
            treasury += Int64(operation.fee)
        }
    }

    private func watch(_ now: UInt64) {
        if !isInWindow, !windowIsOver, now >= windowBegins {
            isInWindow = true
            boundary(true)
        }
        if isInWindow, now >= windowEnds {
            isInWindow = false
            windowIsOver = true
            boundary(false)
        }
    }
}

/// Operations that have ended before: each must end as it did then, and nothing may change.
final class RepeatedWork: WorkSource {
    /// Those that ended otherwise than the first time.
    private(set) var different = 0
    private let expected: [(request: Request, outcome: Outcome)]
    private var place = 0
    private var outcomes: [UInt64: Outcome] = [:]

    /// The same operations again.
    init(_ expected: [(request: Request, outcome: Outcome)]) {
        self.expected = expected
        for each in expected { outcomes[each.request.low] = each.outcome }
    }

    func next() -> Request? {
        guard place < expected.count else { return nil }
        place += 1
        return expected[place - 1].request
    }

    func ended(_ request: Request, _ outcome: Outcome) {
        if outcomes[request.low] != outcome { different += 1 }
    }
}
