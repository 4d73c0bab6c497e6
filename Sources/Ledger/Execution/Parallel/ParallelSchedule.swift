/// What a worker does next.
enum ScheduleStep: Equatable, Sendable {
    /// Execute the unit ahead of its turn.
    case execute(Int)
    /// It is the unit's turn: confirm what was executed ahead, or execute it now.
    case commit(Int)
    /// Nothing can be done until another worker has finished a step.
    case wait
    /// Units depend on each other at the moment: only the leader goes on.
    case leave
    /// Every unit is committed, or the schedule was halted.
    case done
}

/// How a unit got into the order.
enum Confirmation: Equatable, Sendable {
    /// What was executed ahead of its turn was right.
    case confirmed
    /// What was executed ahead was wrong; it was executed again in its turn.
    case repeated
    /// It was executed in its turn alone.
    case inTurn
}

/// Which worker does what, and in which order units are committed: a state machine without threads, clocks and memory
/// locations, so that threads, an explorer of all interleavings and a simulator can drive the same one.
///
///     waiting -> executing -> executed -> committing -> committed
///        \________ in its turn ____________/^
///
/// A unit is one operation or one linked group. Units are committed strictly in order; one worker at a time commits, and a
/// unit is committed by the worker that executed it, which has all of it near, unless that one is behind and the others
/// have nothing else to do. A unit is executed at most twice: once ahead of its turn, and once more in its turn where that was wrong. In its turn
/// everything before it is committed, so that execution is final. A unit at which the run is halted is executed once
/// more, alone.
struct ParallelSchedule {
    /// Where a unit stands.
    enum UnitState: UInt8, Sendable { case waiting, executing, executed, committing, committed }

    /// The first unit that is not committed.
    private(set) var frontier = 0
    /// Executions ahead of their turn, confirmed and repeated.
    private(set) var confirmedCount = 0
    private(set) var repeatedCount = 0
    private(set) var inTurnCount = 0
    private(set) var isHalted = false
    private var states: [UnitState] = []
    /// The workers that executed the units ahead.
    private var executors: [UInt16] = []
    /// Whether the unit that is being committed was executed ahead of its turn.
    private var committingWasExecuted = false
    private var next = 0
    private var window: Int
    private var isCommitting = false
    /// 0 (all confirmed) to 256 (all repeated), over about the last eight units that were executed ahead.
    private var failureScore = 0
    /// Up to this unit nothing is executed ahead.
    private var calmEnd = 0
    private var calmLength = Self.calmLengthMin

    /// The worker that goes on alone where units depend on each other.
    static let leader = 0
    /// Units for which nothing is executed ahead after most of what was so had to be repeated.
    static let calmLengthMin = 32
    /// The same where it happens time and again.
    static let calmLengthMax = 4_096
    /// Above this score units are executed in turn only.
    static let failureScoreMax = 144

    /// A schedule that lets units be executed so far ahead of the first uncommitted one.
    init(window: Int) {
        self.window = window
    }

    /// Units in this run.
    var unitCount: Int { states.count }
    /// Whether every unit is committed.
    var isFinished: Bool { frontier == states.count }
    /// Whether nothing is executed ahead at the moment.
    var isCalm: Bool { frontier < calmEnd }

    /// Begins a run; how well executing ahead went in former runs stays known.
    mutating func begin(units: Int) {
        let calmLeft = max(0, calmEnd - frontier)
        states.removeAll(keepingCapacity: true)
        states.append(contentsOf: repeatElement(.waiting, count: units))
        executors.removeAll(keepingCapacity: true)
        executors.append(contentsOf: repeatElement(0, count: units))
        frontier = 0
        next = 0
        isCommitting = false
        isHalted = false
        confirmedCount = 0
        repeatedCount = 0
        inTurnCount = 0
        calmEnd = calmLeft
    }

    /// The next step for a worker that is free. Worker 0 is the leader, who never gets `leave`.
    mutating func take(by worker: Int) -> ScheduleStep {
        if isFinished || isHalted { return .done }
        let isLeader = worker == Self.leader
        let mayCommit = !isCommitting && (isLeader || !isCalm)
        let isReady = mayCommit && (states[frontier] == .executed || states[frontier] == .waiting)
        if isReady, isCalm || states[frontier] == .waiting || executors[frontier] == worker {
            return .commit(startCommit())
        }
        if isCalm { return isLeader ? .wait : .leave }
        if next < states.count, next - frontier < window {
            states[next] = .executing
            executors[next] = UInt16(truncatingIfNeeded: worker)
            next += 1
            return .execute(next - 1)
        }
        return isReady ? .commit(startCommit()) : .wait
    }

    private mutating func startCommit() -> Int {
        isCommitting = true
        committingWasExecuted = states[frontier] == .executed
        states[frontier] = .committing
        if next <= frontier { next = frontier + 1 }
        return frontier
    }

    /// Whether the unit that is being committed was executed ahead of its turn.
    func wasExecutedAhead(_ unit: Int) -> Bool {
        precondition(unit == frontier && isCommitting, "only the unit whose turn it is")
        return committingWasExecuted
    }

    /// A unit was executed ahead of its turn.
    mutating func executed(_ unit: Int) {
        precondition(states[unit] == .executing, "a unit is executed by the worker that took it")
        states[unit] = .executed
    }

    /// The unit whose turn it was is committed; the next one that the same worker can commit at once, if there is one.
    mutating func committed(_ unit: Int, _ confirmation: Confirmation, by worker: Int) -> Int? {
        precondition(unit == frontier && states[unit] == .committing, "units are committed in order")
        states[unit] = .committed
        frontier += 1
        isCommitting = false
        note(confirmation)
        guard !isFinished, !isHalted else { return nil }
        if isCalm { return worker == Self.leader && states[frontier] != .executing ? startCommit() : nil }
        return states[frontier] == .executed && executors[frontier] == worker ? startCommit() : nil
    }

    private mutating func note(_ confirmation: Confirmation) {
        switch confirmation {
        case .confirmed:
            confirmedCount += 1
            failureScore -= failureScore / 8
            if failureScore < 32 { calmLength = Self.calmLengthMin }
        case .repeated:
            repeatedCount += 1
            failureScore += (256 - failureScore) / 8
            if failureScore > Self.failureScoreMax, !isCalm {
                calmEnd = frontier + calmLength
                calmLength = min(calmLength * 2, Self.calmLengthMax)
                // After the calm a few failures are enough to bring it back, and a few successes to end it for good.
                failureScore = Self.failureScoreMax - 24
            }
        case .inTurn:
            inTurnCount += 1
        }
    }

    /// Ends the run before the first uncommitted unit; steps that are under way may still be finished.
    mutating func halt() {
        isHalted = true
        isCommitting = false
    }
}
