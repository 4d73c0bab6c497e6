import EVM
public import Economy
import Foundation
public import Ledger

/// What many copies of the matches came to together.
public struct SeasonTally: Sendable, Equatable {
    /// Matches that were played.
    public var matches = 0
    /// Contract calls that the ledger executed.
    public var operations = 0
    public var applied = 0
    public var clamped = 0
    public var refused = 0
    public var checked = 0
    public var exact = 0
    public var seconds: Double = 0

    /// Nothing yet.
    public init() {}
}

/// Plays plans on a ledger in this process, without a server: the same operations, the same state root.
///
/// Copies of a match are played at once, with players of their own; what happens at one time of the clock happens in all of them
/// before time goes on. What is played goes through three stages on sheets of bounded size:
///
///     SheetMaker (ids, payloads, transactions) -> LedgerRun on the caller's thread -> SheetJudge (digest, answers, checks)
///
/// Where there is much to do the first and the last stage are the work of clerks, threads of their own, while the ledger executes.
/// The result does not depend on it. Stages share plans, game and books, which nobody changes; the world is the executor's
/// alone, the digest and the tallies are the judge's; sheets go through queues, so that each stage meets them in one order. A
/// balance to be checked is read by the executor, between the blocks where it belongs: a clerk's look at the world could
/// come while the next block changes it.
public final class InProcessReplay {
    /// How the stages are run.
    public enum Pipeline: Sendable {
        /// With clerks where there is enough to do.
        case automatic
        /// One stage after the other, on the caller's thread.
        case off
        /// With so many clerks, however little there is to do.
        case clerks(Int)
    }

    /// Called now and then with how many moves were played, and of how many.
    public var onProgress: ((_ played: Int, _ count: Int) -> Void)?
    /// Called with every operation that the ledger took in, its receipt, and the digest over all until it.
    var onOperation: ((LedgerOperation, Receipt, Hash256) -> Void)?
    /// What came of the first copy of each plan.
    public var tallies: [ReplayTally] { judge.tallies }
    /// What came of everything.
    public var season: SeasonTally { judge.season }
    /// Whether the books of every asset were right after each operation.
    public var isConserved: Bool { judge.isConserved }
    /// The ledger.
    public let ledger: LedgerRun

    private let maker: SheetMaker
    private let judge: SheetJudge
    private let pipeline: Pipeline
    private let matchCount: Int
    /// Threads that the executor keeps busy.
    private let workers: Int
    private var playedCount = 0
    /// Sheets under way: one for each stage, one made ahead.
    private static let sheetCount = 4
    /// Moves from which on threads for the other stages pay.
    private static let pipelineMovesMin = 8_192
    /// Operations of one call of the executor, but for the last group, and entries of a sheet, but for the last stretch:
    /// enough for several workers, few enough that what came of them is still in the cache when it is judged and given back.
    public static let entriesMax = 512

    /// A replay of plans, each so many times at once. Neither the pipeline nor how much is executed at once shows in the result.
    public init(
        plans: [ReplayPlan], copies: Int = 1, game: Game, genesis: LedgerGenesis, executor: any BlockExecutor,
        pipeline: Pipeline = .automatic, entriesAtOnce: Int = InProcessReplay.entriesMax
    ) throws(ReplayError) {
        ledger = LedgerRun(genesis: genesis, executor: executor)
        var prepared: [PreparedPlan] = []
        for plan in plans { prepared.append(try PreparedPlan(plan, copies: copies, game: game)) }
        maker = SheetMaker(plans: prepared, copies: copies, game: game, books: ledger.books, entriesMax: max(1, entriesAtOnce))
        judge = SheetJudge(plans: prepared, game: game)
        matchCount = plans.count * copies
        workers = (executor as? ParallelExecutor)?.workerCount ?? 1
        self.pipeline = pipeline
    }

    /// Plays everything.
    public func run() {
        let clock = ContinuousClock()
        let start = clock.now
        let clerks = clerkCount
        if clerks == 0 { runAlone() } else { run(clerks: clerks) }
        judge.finish(seconds: Self.seconds(clock.now - start), matches: matchCount)
    }

    /// One clerk, or two where processors would have nothing to do.
    private var clerkCount: Int {
        if onOperation != nil { return 0 }
        switch pipeline {
        case .off: return 0
        case .clerks(let count): return min(2, max(1, count))
        case .automatic:
            let processors = ProcessInfo.processInfo.activeProcessorCount
            guard maker.moveCount >= Self.pipelineMovesMin, processors > 1 else { return 0 }
            return processors - workers >= 2 ? 2 : 1
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    // MARK: Stages

    private func runAlone() {
        let sheet = ReplaySheet()
        while maker.fill(sheet) {
            if onOperation == nil {
                execute(sheet)
                judge.take(sheet, ledger.digest)
            } else {
                executeOneByOne(sheet)
                judge.take(sheet, nil)
            }
            told(sheet)
        }
    }

    private func run(clerks: Int) {
        let relay = SheetRelay(sheets: Self.sheetCount)
        let ended = DispatchGroup()
        // The maker is used by the clerk that has a sheet to fill, judge and digest by the one that has one to judge: the relay
        // gives no second sheet to fill, or to judge, before the first has come back. The caller waits for the end of all.
        nonisolated(unsafe) let maker = maker
        nonisolated(unsafe) let judge = judge
        nonisolated(unsafe) let digest = ledger.digest
        for _ in 0..<clerks {
            DispatchQueue.global().async(group: ended) {
                while true {
                    switch relay.nextTask() {
                    case .make(let sheet): relay.giveMade(sheet, isEmpty: !maker.fill(sheet))
                    case .judge(let sheet):
                        judge.take(sheet, digest)
                        relay.giveJudged(sheet)
                    case .end: return
                    }
                }
            }
        }
        while let sheet = relay.nextToExecute() {
            execute(sheet)
            told(sheet)
            relay.giveExecuted(sheet)
        }
        ended.wait()
    }

    private func told(_ sheet: ReplaySheet) {
        playedCount += sheet.moveCount
        onProgress?(playedCount, maker.moveCount)
    }

    private func execute(_ sheet: ReplaySheet) {
        sheet.clearResults()
        let time = ContinuousClock()
        for place in sheet.stretches.indices {
            let stretch = sheet.stretches[place]
            if !stretch.operations.isEmpty {
                let start = time.now
                ledger.run(
                    sheet.operations[stretch.operations], clockMilliseconds: stretch.clock, into: &sheet.outcomes)
                sheet.stretches[place].nanoseconds = UInt64(Self.seconds(time.now - start) * 1e9)
            }
            readBalances(sheet, stretch)
        }
    }

    private func readBalances(_ sheet: ReplaySheet, _ stretch: ReplaySheet.Stretch) {
        for place in stretch.checks {
            let check = sheet.checks[place]
            sheet.balances.append(check.slot.map { ledger.balance(contract: check.contract, slot: $0) })
        }
    }

    /// Group by group, so that the digest is known after each operation.
    private func executeOneByOne(_ sheet: ReplaySheet) {
        sheet.clearResults()
        for stretch in sheet.stretches {
            var first = stretch.operations.lowerBound
            while first < stretch.operations.upperBound {
                var end = first + 1
                while end < stretch.operations.upperBound, sheet.operations[end - 1].linkedWithNext { end += 1 }
                let group = sheet.operations[first..<end]
                let results = ledger.execute(group, clockMilliseconds: stretch.clock)
                for (operation, result) in zip(group, results) {
                    if case .accepted(let receipt, _) = result { onOperation?(operation, receipt, ledger.operationsDigest) }
                }
                sheet.outcomes += results
                first = end
            }
            readBalances(sheet, stretch)
        }
    }

    /// What the ledger says at the end.
    public func summary() -> LedgerSummary {
        LedgerSummary(
            stateRoot: ledger.stateRoot().hex, operationsDigest: ledger.operationsDigest.hex, conserved: isConserved)
    }
}
