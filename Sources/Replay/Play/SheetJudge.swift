import EVM
import Economy
import Ledger
import Wire

/// The last stage of a replay: takes what came of operations and checks, and keeps count.
final class SheetJudge {
    /// What came of the first copy of each plan.
    private(set) var tallies: [ReplayTally]
    /// What came of everything.
    private(set) var season = SeasonTally()
    /// Whether the books of every asset were right after each operation.
    private(set) var isConserved = true
    private let game: Game
    private let plans: [PreparedPlan]
    private var replies: [ReplyBody] = []

    init(plans: [PreparedPlan], game: Game) {
        self.plans = plans
        self.game = game
        tallies = Array(repeating: ReplayTally(), count: plans.count)
    }

    /// Takes a sheet that was executed; with a digest, that too is told of its operations.
    func take(_ sheet: ReplaySheet, _ digest: OperationsDigest?) {
        digest?.take(sheet.operations[...], sheet.outcomes[...])
        season.operations += sheet.operations.count
        for stretch in sheet.stretches {
            for refused in sheet.refused[stretch.refused] {
                take([refused.reply], plan: refused.plan, copy: refused.copy, move: refused.move, nanoseconds: 0)
            }
            judge(sheet, stretch)
            for place in stretch.checks { check(sheet.checks[place], sheet.balances[place]) }
        }
    }

    /// Says how long everything took.
    func finish(seconds: Double, matches: Int) {
        season.seconds = seconds
        season.matches = matches
        for index in tallies.indices {
            tallies[index].seconds = seconds
            tallies[index].latenciesNanoseconds.sort()
        }
    }

    private func judge(_ sheet: ReplaySheet, _ stretch: ReplaySheet.Stretch) {
        var first = stretch.operations.lowerBound
        for place in stretch.operations where sheet.origins[place].isLast {
            let origin = sheet.origins[place]
            if origin.copy > 0, plans[origin.plan].moves[origin.move].requested == nil {
                // Nobody asks for the words of the answer.
                var isApplied = true
                for member in first...place where !isGood(sheet.outcomes[member]) { isApplied = false }
                if isApplied { season.applied += 1 } else { season.refused += 1 }
            } else {
                replies.removeAll(keepingCapacity: true)
                for member in first...place { replies.append(reply(sheet.outcomes[member], sheet.origins[member].code)) }
                take(replies, plan: origin.plan, copy: origin.copy, move: origin.move, nanoseconds: stretch.nanoseconds)
            }
            first = place + 1
        }
    }

    /// Whether an operation is in the ledger and took effect.
    private func isGood(_ outcome: OperationResult) -> Bool {
        switch outcome {
        case .accepted(let receipt, _): return receipt.succeeded
        case .refused(let refusal):
            if case .conservationViolated = refusal { isConserved = false }
            return false
        case .linkedFailed: return false
        }
    }

    private func reply(_ outcome: OperationResult, _ code: UInt16) -> ReplyBody {
        switch outcome {
        case .accepted(let receipt, _): return game.replyBody(code, receipt)
        case .refused(let refusal):
            if case .conservationViolated = refusal { isConserved = false }
            return ReplyBody(
                status: .refused, refusalCode: ErrorCode.linkedFailed.rawValue, message: "the ledger refused: \(refusal)")
        case .linkedFailed(_, let failure):
            if case .unsuccessful(let receipt) = failure {
                let reply = game.replyBody(code, receipt)
                if reply.status != .applied { return reply }
            }
            return ReplyBody(
                status: .refused, refusalCode: ErrorCode.linkedFailed.rawValue, message: "a linked operation failed")
        }
    }

    private func take(_ replies: [ReplyBody], plan: Int, copy: Int, move: Int, nanoseconds: UInt64) {
        let scheduled = plans[plan].moves[move]
        if replies.allSatisfy({ $0.status == .applied }) {
            season.applied += 1
            if let requested = scheduled.requested, let first = replies.first, first.result0 < requested {
                season.clamped += 1
            }
        } else {
            season.refused += 1
        }
        guard copy == 0 else { return }
        tallies[plan].latenciesNanoseconds.append(nanoseconds)
        tallies[plan].take(replies, sequence: scheduled.sequence, requested: scheduled.requested)
    }

    private func check(_ check: ReplaySheet.Check, _ balance: Int64?) {
        guard let recorded = plans[check.plan].moves[check.move].check else { return }
        let checked = ReplayTally.CheckedSnapshot(check: recorded, balance: balance)
        season.checked += 1
        if checked.isExact { season.exact += 1 }
        if check.copy == 0 { tallies[check.plan].snapshots.append(checked) }
    }
}
