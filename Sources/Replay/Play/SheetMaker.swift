import EVM
import Economy
import Ledger
import Wire

/// The first stage of a replay: makes transactions of plans, in the order in which they are to be executed.
///
/// Copies of a match are played at once: what happens at one time of the clock happens in all of them before time goes on.
final class SheetMaker {
    /// Moves in all, of all copies.
    let moveCount: Int
    private let game: Game
    private let copies: Int
    /// Entries of a stretch, and entries from which on a sheet takes no further stretch.
    private let entriesMax: Int
    private let plans: [PreparedPlan]
    private let books: BalanceBooks
    /// All runs of all plans by the clock.
    private let runs: [(plan: Int, run: PreparedPlan.Run)]
    /// Where to go on.
    private var run = 0
    private var copy = 0
    private var move = 0
    /// By plan: slots of the balances that are checked, by copy and then by balance; zero where it was not asked for yet.
    private var slots: [[U256]]
    /// Slots that are remembered at most: 8 MiB of them.
    private static let slotsMax = 262_144
    // Used for one operation after the other, so that none needs memory of its own for them.
    private var payload: [UInt8] = []
    private var text: [UInt8] = []
    private let server = SessionIdentity(role: .server, account: .zero)
    private let operatorSession = SessionIdentity(role: .operator, account: .zero)

    init(plans: [PreparedPlan], copies: Int, game: Game, books: BalanceBooks, entriesMax: Int) {
        self.entriesMax = entriesMax
        self.plans = plans
        self.copies = copies
        self.game = game
        self.books = books
        moveCount = plans.reduce(0) { $0 + $1.moves.count } * copies
        runs = plans.indices.flatMap { index in plans[index].runs.map { (plan: index, run: $0) } }
            .enumerated().sorted { ($0.element.run.clock, $0.offset) < ($1.element.run.clock, $1.offset) }.map(\.element)
        slots = plans.map { plan in
            let count = plan.balanceCount.multipliedReportingOverflow(by: copies)
            return Array(repeating: .zero, count: count.overflow || count.partialValue > Self.slotsMax ? 0 : count.partialValue)
        }
    }

    /// Writes what comes next onto a sheet; false where nothing is left.
    func fill(_ sheet: ReplaySheet) -> Bool {
        sheet.clearPlan()
        while run < runs.count, sheet.entryCount < entriesMax {
            sheet.begin(runs[run].run.clock)
            fillStretch(runs[run].plan, runs[run].run, sheet)
            sheet.end()
        }
        return sheet.moveCount > 0
    }

    /// Goes on in a run until it ends or the stretch is full.
    private func fillStretch(_ planIndex: Int, _ run: PreparedPlan.Run, _ sheet: ReplaySheet) {
        let plan = plans[planIndex]
        let end = sheet.entryCount + entriesMax
        while copy < copies {
            while move < run.moves.count {
                guard sheet.entryCount < end else { return }
                if run.isChecks {
                    addCheck(plan, planIndex, run.moves.lowerBound + move, sheet)
                } else {
                    addActions(plan, planIndex, run.moves.lowerBound + move, sheet)
                }
                sheet.moveCount += 1
                move += 1
            }
            move = 0
            copy += 1
        }
        copy = 0
        self.run += 1
    }

    private func addCheck(_ plan: PreparedPlan, _ planIndex: Int, _ move: Int, _ sheet: ReplaySheet) {
        guard let book = plan.moves[move].book else { return }
        let balance = plan.moves[move].balance
        let place = copy * plan.balanceCount + balance
        let isKept = !slots[planIndex].isEmpty
        var slot: U256? = isKept && !slots[planIndex][place].isZero ? slots[planIndex][place] : nil
        if slot == nil {
            slot = books.slot(of: plan.account(plan.moves[move].account, copy: copy), contract: book.contract, id: book.id)
            if isKept, let slot { slots[planIndex][place] = slot }
        }
        sheet.checks.append(
            ReplaySheet.Check(plan: planIndex, copy: copy, move: move, contract: book.contract, slot: slot))
    }

    private func addActions(_ plan: PreparedPlan, _ planIndex: Int, _ move: Int, _ sheet: ReplaySheet) {
        let scheduled = plan.moves[move]
        let session = scheduled.byOperator ? operatorSession : server
        let parts = plan.actions[move].count
        let first = sheet.operations.count
        for part in 0..<parts {
            switch transaction(plan, plan.actions[move][part], session) {
            case .success(let transaction):
                sheet.operations.append(
                    LedgerOperation(
                        id: plan.operationID(scheduled.sequence, part, copy: copy, in: &text), transaction: transaction,
                        linkedWithNext: part + 1 < parts, clockMilliseconds: scheduled.clock))
                sheet.origins.append(
                    ReplaySheet.Origin(
                        plan: planIndex, copy: copy, move: move, code: plan.actions[move][part].code, isLast: part + 1 == parts))
            case .failure(let refusal):
                // A member that is no transaction takes its group with it.
                sheet.operations.removeSubrange(first...)
                sheet.origins.removeSubrange(first...)
                sheet.refused.append(
                    ReplaySheet.Refused(plan: planIndex, copy: copy, move: move, reply: game.replyBody(refusal)))
                return
            }
        }
    }

    private func transaction(
        _ plan: PreparedPlan, _ action: PreparedPlan.Action, _ session: SessionIdentity
    ) -> Result<Transaction, ActionRefusal> {
        payload.removeAll(keepingCapacity: true)
        payload.append(contentsOf: action.payload)
        for place in action.references where copy > 0 {
            let id = plan.operationID(place.sequence, place.part, copy: copy, in: &text)
            payload.withUnsafeMutableBytes { bytes in
                bytes.storeBytes(of: id.high.bigEndian, toByteOffset: place.offset, as: UInt64.self)
                bytes.storeBytes(of: id.low.bigEndian, toByteOffset: place.offset + 8, as: UInt64.self)
            }
        }
        let actor = action.actor.map { plan.account($0, copy: copy) } ?? .zero
        return payload.withUnsafeMutableBytes { bytes in
            for place in action.accounts {
                precondition(place.offset + Account.byteCount <= bytes.count, "an account lies within its payload")
                plan.account(place.account, copy: copy).store(at: bytes.baseAddress! + place.offset)
            }
            if let place = action.market, copy > 0 {
                bytes.storeBytes(of: plan.market(copy: copy).littleEndian, toByteOffset: place, as: UInt64.self)
            }
            return game.map(code: action.code, actor: actor, payload: UnsafeRawBufferPointer(bytes), session: session)
        }
    }
}
