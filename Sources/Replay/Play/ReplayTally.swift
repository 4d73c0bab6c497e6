import Wire

/// What came of a replay: what was applied and refused, which balances were met, and how long answers took.
public struct ReplayTally: Sendable, Equatable {
    /// Why actions were refused, and how often.
    public struct Refusal: Sendable, Equatable {
        /// The server's code.
        public var code: UInt16
        /// What the server said the first time.
        public var message: String
        public var count: Int
        /// The first events that it met, at most five.
        public var events: [Int64]
    }

    /// A recorded balance and what the ledger said; nil when it said nothing.
    public struct CheckedSnapshot: Sendable, Equatable {
        public var check: SnapshotCheck
        public var balance: Int64?

        /// A balance with its answer.
        public init(check: SnapshotCheck, balance: Int64?) {
            self.check = check
            self.balance = balance
        }

        /// Whether the ledger met the record, within the tolerance of the match.
        public var isExact: Bool {
            guard let balance else { return false }
            return BalanceDifference.isWithin(check.tolerance, balance, check.recorded)
        }
    }

    /// Events whose actions were applied, in the order of the plan.
    public var applied = 0
    /// Applied events of which the ledger did less than was asked, as far as there was anything.
    public var clamped = 0
    /// Events of which an action was refused.
    public var refused = 0
    /// Events that the server had applied before under the same operation id.
    public var repeated = 0
    /// Answers that asked to come again later.
    public var busy = 0
    public var refusals: [Refusal] = []
    public var snapshots: [CheckedSnapshot] = []
    /// Positions in the plan's actions that were applied, for the totals of the players.
    public var appliedSequences: Set<Int64> = []
    /// Why an event was refused, by its number, without the figures of the case.
    public var reasonsBySequence: [Int64: String] = [:]
    /// From the first action to the last answer.
    public var seconds: Double = 0
    /// Nanoseconds from sending to the answer, sorted.
    public var latenciesNanoseconds: [UInt64] = []

    /// Nothing yet.
    public init() {}

    /// Recorded balances that the ledger met.
    public var exact: Int { snapshots.count { $0.isExact } }

    /// A quantile of the latency in milliseconds; zero when nothing was answered.
    public func latencyMilliseconds(_ quantile: Double) -> Double {
        guard !latenciesNanoseconds.isEmpty else { return 0 }
        let rank = (quantile * Double(latenciesNanoseconds.count)).rounded(.up)
        let index = min(latenciesNanoseconds.count - 1, max(0, Int(rank) - 1))
        return Double(latenciesNanoseconds[index]) / 1_000_000
    }

    /// Counts what the actions of one move were answered with.
    mutating func take(_ replies: [ReplyBody], sequence: Int64, requested: UInt64?) {
        if replies.allSatisfy({ $0.status == .applied }) {
            applied += 1
            appliedSequences.insert(sequence)
            if let requested, let first = replies.first, first.result0 < requested { clamped += 1 }
        } else {
            refused += 1
            let linkedFailed = ErrorCode.linkedFailed.rawValue
            let refusals = replies.filter { $0.status != .applied }
            let cause = refusals.first { $0.refusalCode != linkedFailed } ?? refusals[0]
            note(refusal: cause.refusalCode, cause.message, event: sequence)
            reasonsBySequence[sequence] = Self.withoutFigures(cause.message)
        }
        if replies.contains(where: \.repeated) { repeated += 1 }
    }

    /// A sentence with `n` for each number, so that equal reasons are equal.
    static func withoutFigures(_ sentence: String) -> String {
        var result = ""
        for character in sentence {
            if character.isNumber {
                if result.last != "n" { result.append("n") }
            } else if character != "," || result.last != "n" {
                result.append(character)
            }
        }
        return result
    }

    mutating func note(refusal code: UInt16, _ message: String, event: Int64) {
        let index = refusals.firstIndex { $0.code == code } ?? refusals.count
        if index == refusals.count { refusals.append(Refusal(code: code, message: message, count: 0, events: [])) }
        refusals[index].count += 1
        if refusals[index].events.count < 5 { refusals[index].events.append(event) }
    }
}
