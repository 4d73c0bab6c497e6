/// Neighbouring units that one worker takes at once: what is said of them under the lock is said once for all, and what one
/// of them leaves in the worker's caches the next one finds there.
struct UnitClaim: Equatable, Sendable {
    /// How many claims were made in this run before.
    var number: Int
    /// Where the record of the first unit is; those of the others follow. It is one of its worker's own.
    var firstRecord: Int
    /// The units.
    var units: Range<Int>
    /// Units in front of this one are executed ahead of their turn, the others in it.
    var aheadEnd: Int

    /// Whether a unit is executed ahead of its turn.
    func isAhead(_ unit: Int) -> Bool { unit < aheadEnd }

    /// Where the record of a unit is.
    func record(of unit: Int) -> Int { firstRecord + unit - units.lowerBound }
}

/// Units that a worker executes ahead of their turn: those in front of `next` it has executed.
struct Execution: Equatable, Sendable {
    var claim: UnitClaim
    var next: Int

    /// Whether all are executed.
    var isDone: Bool { next == claim.units.upperBound }
}

/// What a worker does next.
enum ScheduleStep: Equatable, Sendable {
    /// Execute the units ahead of their turn.
    case execute(UnitClaim)
    /// It is the units' turn: confirm what was executed ahead, or execute them now.
    case commit(UnitClaim)
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
/// Units are claimed in order, a few neighbours at a time, and a claim is committed as a whole when all before it are:
///
///     waiting -> executing -> executed -> committing -> committed
///        \           \_ rest in its turn _/^
///         \____________ in its turn _______/
///
/// Each unit is executed at most once ahead of its turn and at most once in its turn, over exactly the committed state,
/// so no unit is executed more than twice and the last execution is final. A unit at which the run is halted is executed once
/// more, alone.
struct ParallelSchedule {
    /// Where a claim stands.
    private enum ClaimState: UInt8, Sendable { case executing, executed, committing }

    private struct OpenClaim {
        var claim: UnitClaim
        var worker: Int
        var state: ClaimState
    }

    /// The first unit whose claim is not committed.
    private(set) var frontier = 0
    /// Executions ahead of their turn, confirmed and repeated.
    private(set) var confirmedCount = 0
    private(set) var repeatedCount = 0
    private(set) var inTurnCount = 0
    private(set) var isHalted = false
    /// Units in this run.
    private(set) var unitCount = 0
    private var isCommitting = false
    /// The first unit that nobody has claimed.
    private var next = 0
    /// Claims from `firstOpen` on that are not committed, each by its number modulo as many as there can be: they hold the
    /// units from `frontier` to `next`.
    private var open: [OpenClaim]
    private var firstOpen = 0
    private var claimCount = 0
    /// Claims of each worker so far, and how many of them are open. They are committed in order, so that places for records
    /// can be used in turns.
    private var claimsOfWorker: [(made: Int, open: Int)]
    /// Units of the next claims: fewer where units had to be repeated.
    private var claimLength: Int
    /// 0 (all confirmed) to 256 (all repeated), over about the last eight units that were executed ahead.
    private var failureScore = 0
    /// Up to this unit nothing is executed ahead.
    private var calmEnd = 0
    private var calmLength = Self.calmLengthMin
    private let claimLengthMax: Int
    private let claimsPerWorker: Int

    /// The worker that goes on alone where units depend on each other.
    static let leader = 0
    /// Units for which nothing is executed ahead after most of what was so had to be repeated.
    static let calmLengthMin = 32
    /// The same where it happens time and again.
    static let calmLengthMax = 4_096
    /// Above this score units are executed in turn only.
    static let failureScoreMax = 144

    /// A schedule for so many workers, each of which may have so many open claims of so many units.
    init(
        workers: Int, claimLengthMax: Int = LedgerLimits.unitsPerClaimMax,
        claimsPerWorker: Int = LedgerLimits.claimsPerWorker
    ) {
        precondition(claimLengthMax <= UInt64.bitWidth, "which units were repeated is said by the bits of one word")
        self.claimLengthMax = claimLengthMax
        self.claimsPerWorker = claimsPerWorker
        claimLength = claimLengthMax
        let none = UnitClaim(number: 0, firstRecord: 0, units: 0..<0, aheadEnd: 0)
        open = Array(repeating: OpenClaim(claim: none, worker: 0, state: .executing), count: workers * claimsPerWorker)
        claimsOfWorker = Array(repeating: (0, 0), count: workers)
    }

    /// Records: one for every unit of every claim that can be open.
    var recordCount: Int { open.count * claimLengthMax }
    /// Whether every unit is committed.
    var isFinished: Bool { frontier == unitCount }
    /// Whether nothing is executed ahead at the moment.
    var isCalm: Bool { frontier < calmEnd }

    /// Begins a run; how well executing ahead went in former runs stays known.
    mutating func begin(units: Int) {
        let calmLeft = max(0, calmEnd - frontier)
        unitCount = units
        frontier = 0
        next = 0
        firstOpen = 0
        claimCount = 0
        for worker in claimsOfWorker.indices { claimsOfWorker[worker] = (0, 0) }
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
        let isReady = !isCommitting && (isLeader || !isCalm) && isFirstReady
        if isReady, isCalm || firstOpen == claimCount || open[firstOpen % open.count].worker == worker {
            return .commit(startCommit(by: worker))
        }
        if isCalm { return isLeader ? .wait : .leave }
        if next < unitCount, claimsOfWorker[worker].open < claimsPerWorker {
            return .execute(claim(by: worker, .executing))
        }
        return isReady ? .commit(startCommit(by: worker)) : .wait
    }

    /// Whether the units at the frontier have been executed, or claimed by nobody.
    private var isFirstReady: Bool { firstOpen == claimCount || open[firstOpen % open.count].state == .executed }

    private mutating func claim(by worker: Int, _ state: ClaimState) -> UnitClaim {
        // Towards the end of the run claims get short, so that all workers come to the end at once.
        let rest = isCalm ? calmEnd - frontier : (unitCount - next) / (2 * claimsOfWorker.count)
        let length = min(max(1, min(claimLength, rest)), unitCount - next)
        let place = worker * claimsPerWorker + claimsOfWorker[worker].made % claimsPerWorker
        let claim = UnitClaim(
            number: claimCount, firstRecord: place * claimLengthMax, units: next..<next + length,
            aheadEnd: state == .executing ? next + length : next)
        open[claimCount % open.count] = OpenClaim(claim: claim, worker: worker, state: state)
        claimsOfWorker[worker].made += 1
        claimsOfWorker[worker].open += 1
        claimCount += 1
        next += length
        return claim
    }

    private mutating func startCommit(by worker: Int) -> UnitClaim {
        isCommitting = true
        if firstOpen == claimCount { return claim(by: worker, .committing) }
        open[firstOpen % open.count].state = .committing
        return open[firstOpen % open.count].claim
    }

    /// Whose claim is the first that is not committed, as long as nobody does so; nil where there is none.
    var workerInTurn: Int? {
        isCommitting || firstOpen == claimCount ? nil : open[firstOpen % open.count].worker
    }

    /// What the worker, in the middle of executing units ahead of their turn, is to commit before it goes on, if anything: an
    /// earlier claim of its own, or the very one, the rest of which is then executed in its turn.
    mutating func takeTurn(by worker: Int, amid execution: Execution) -> UnitClaim? {
        if isFinished || isHalted || isCalm && worker != Self.leader { return nil }
        return workerInTurn == worker ? startOwnCommit(amid: execution) : nil
    }

    /// The worker's claim at the frontier is committed if it has executed all of it, or is in the middle of it.
    private mutating func startOwnCommit(amid execution: Execution?) -> UnitClaim? {
        let index = firstOpen % open.count
        switch open[index].state {
        case .executed: break
        case .executing:
            guard let execution, execution.claim == open[index].claim else { return nil }
            open[index].claim.aheadEnd = execution.next
        case .committing: return nil
        }
        isCommitting = true
        open[index].state = .committing
        return open[index].claim
    }

    /// All units of a claim were executed ahead of their turn.
    mutating func executed(_ claim: UnitClaim) {
        let index = claim.number % open.count
        precondition(open[index].claim == claim && open[index].state == .executing, "executed by the worker that took them")
        open[index].state = .executed
    }

    /// The units whose turn it was are committed; bits of `repeated` say which of those that were executed ahead had to be
    /// executed again. What the same worker is to commit next, if anything: see `takeTurn`.
    mutating func committed(
        _ claim: UnitClaim, repeated: UInt64, by worker: Int, amid execution: Execution? = nil
    ) -> UnitClaim? {
        precondition(isCommitting && claim.units.lowerBound == frontier, "units are committed in order")
        for unit in claim.units { note(unit, claim, repeated) }
        adapt(claim, repeated)
        claimsOfWorker[open[firstOpen % open.count].worker].open -= 1
        firstOpen += 1
        isCommitting = false
        guard !isFinished, !isHalted else { return nil }
        if isCalm, execution == nil { return worker == Self.leader && isFirstReady ? startCommit(by: worker) : nil }
        if isCalm, worker != Self.leader { return nil }
        return workerInTurn == worker ? startOwnCommit(amid: execution) : nil
    }

    /// Ends the run before a unit of the claim whose turn it is; steps that are under way may still be finished.
    mutating func halt(before unit: Int, of claim: UnitClaim, repeated: UInt64) {
        precondition(isCommitting && claim.units.lowerBound == frontier && claim.units.contains(unit), "in its turn")
        for done in claim.units.lowerBound..<unit { note(done, claim, repeated) }
        isHalted = true
        isCommitting = false
    }

    private mutating func note(_ unit: Int, _ claim: UnitClaim, _ repeated: UInt64) {
        frontier = unit + 1
        let isRepeated = repeated >> UInt64(unit - claim.units.lowerBound) & 1 != 0
        note(!claim.isAhead(unit) ? .inTurn : isRepeated ? .repeated : .confirmed)
    }

    /// Units that meet others are seldom many ahead of these if claims are short.
    private mutating func adapt(_ claim: UnitClaim, _ repeated: UInt64) {
        if claim.aheadEnd == claim.units.lowerBound { return }
        claimLength = repeated == 0 ? min(claimLength + 1, claimLengthMax) : max(1, claimLength / 2)
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
}
