import EVM
import Ledger
import Wire

/// A part of a replay on its way through three stages: made ready (`SheetMaker`), executed (`InProcessReplay`), judged
/// (`SheetJudge`). The stage that has it is alone with it; `SheetRelay` hands it on.
///
/// The maker writes all but outcomes, balances and times; these are the executor's. The judge only reads. What holds memory is
/// given back by the thread that took it: operations by the maker, outcomes by the executor, when they use the sheet again.
final class ReplaySheet {
    /// Which move, of which plan and copy, an operation belongs to.
    struct Origin {
        let plan: Int
        let copy: Int
        let move: Int
        let code: UInt16
        let isLast: Bool
    }

    /// A balance to be looked up; the slot is nil where the contract keeps no balances.
    struct Check {
        let plan: Int
        let copy: Int
        let move: Int
        let contract: Address
        let slot: U256?
    }

    /// A move that is refused before anything is executed.
    struct Refused {
        let plan: Int
        let copy: Int
        let move: Int
        let reply: ReplyBody
    }

    /// What happens at one time of the clock: operations, executed as one block, or checks.
    struct Stretch {
        let clock: UInt64
        var operations: Range<Int>
        var checks: Range<Int>
        var refused: Range<Int>
        /// How long the operations took.
        var nanoseconds: UInt64 = 0
    }

    var stretches: [Stretch] = []
    var operations: [LedgerOperation] = []
    /// Of each operation.
    var origins: [Origin] = []
    var checks: [Check] = []
    var refused: [Refused] = []
    /// Moves that are in it.
    var moveCount = 0
    /// Of each operation.
    var outcomes: [OperationResult] = []
    /// Of each check.
    var balances: [Int64?] = []

    /// Operations, checks and refusals.
    var entryCount: Int { operations.count + checks.count + refused.count }

    /// Begins a stretch at the end.
    func begin(_ clock: UInt64) {
        stretches.append(
            Stretch(
                clock: clock, operations: operations.count..<operations.count, checks: checks.count..<checks.count,
                refused: refused.count..<refused.count))
    }

    /// Ends the last stretch.
    func end() {
        let last = stretches.count - 1
        stretches[last].operations = stretches[last].operations.lowerBound..<operations.count
        stretches[last].checks = stretches[last].checks.lowerBound..<checks.count
        stretches[last].refused = stretches[last].refused.lowerBound..<refused.count
    }

    /// Forgets what the maker wrote.
    func clearPlan() {
        stretches.removeAll(keepingCapacity: true)
        operations.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
        checks.removeAll(keepingCapacity: true)
        refused.removeAll(keepingCapacity: true)
        moveCount = 0
    }

    /// Forgets what the executor wrote.
    func clearResults() {
        outcomes.removeAll(keepingCapacity: true)
        balances.removeAll(keepingCapacity: true)
    }
}
