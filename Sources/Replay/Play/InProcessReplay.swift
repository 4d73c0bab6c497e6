import EVM
public import Economy
import Foundation
public import Ledger
import Wire

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
/// before time goes on.
public final class InProcessReplay {
    /// Called now and then with how many moves were played, and of how many.
    public var onProgress: ((_ played: Int, _ count: Int) -> Void)?
    /// Called with every operation that the ledger took in, its receipt, and the digest over all until it.
    var onOperation: ((LedgerOperation, Receipt, Hash256) -> Void)?
    /// What came of the first copy of each plan.
    public private(set) var tallies: [ReplayTally]
    /// What came of everything.
    public private(set) var season = SeasonTally()
    /// Whether the books of every asset were right after each operation.
    public private(set) var isConserved = true
    /// The ledger.
    public let ledger: LedgerRun

    private let game: Game
    private let copies: Int
    private let plans: [PreparedPlan]
    private let runs: [PreparedRun]
    private var operations: [LedgerOperation] = []
    private var origins: [Origin] = []
    private let server = SessionIdentity(role: .server, account: .zero)
    private let operatorSession = SessionIdentity(role: .operator, account: .zero)
    /// Operations of one call of the executor: enough for several workers, few enough to stay in the cache.
    private static let chunkMax = 2_048

    /// Which move, of which plan and copy, an operation belongs to.
    private struct Origin {
        let plan: Int
        let copy: Int
        let move: Int
        let code: UInt16
        let isLast: Bool
    }

    /// A replay of plans, each so many times at once.
    public init(
        plans: [ReplayPlan], copies: Int = 1, game: Game, genesis: LedgerGenesis, executor: any BlockExecutor
    ) throws(ReplayError) {
        self.game = game
        self.copies = copies
        ledger = LedgerRun(genesis: genesis, executor: executor)
        var prepared: [PreparedPlan] = []
        for plan in plans { prepared.append(try PreparedPlan(plan, copies: copies, game: game)) }
        self.plans = prepared
        runs = prepared.indices.flatMap { index in prepared[index].runs.map { PreparedRun(plan: index, run: $0) } }
            .enumerated().sorted { ($0.element.run.clock, $0.offset) < ($1.element.run.clock, $1.offset) }.map(\.element)
        tallies = Array(repeating: ReplayTally(), count: plans.count)
    }

    private struct PreparedRun {
        let plan: Int
        let run: PreparedPlan.Run
    }

    /// Plays everything.
    public func run() {
        let clock = ContinuousClock()
        let start = clock.now
        let count = plans.reduce(0) { $0 + $1.moves.count } * copies
        var played = 0
        for entry in runs {
            if entry.run.isChecks { check(entry) } else { play(entry) }
            played += entry.run.moves.count * copies
            onProgress?(played, count)
        }
        season.seconds = Self.seconds(clock.now - start)
        season.matches = plans.count * copies
        for index in tallies.indices {
            tallies[index].seconds = season.seconds
            tallies[index].latenciesNanoseconds.sort()
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    // MARK: Actions

    /// What copies of a run's moves come to, made ready for the ledger.
    private struct Batch {
        var operations: [LedgerOperation] = []
        var origins: [Origin] = []
        var refused: [(copy: Int, move: Int, reply: ReplyBody)] = []
    }

    private func play(_ entry: PreparedRun) {
        let moves = entry.run.moves
        let copiesAtOnce = max(1, Self.chunkMax / moves.count)
        for first in stride(from: 0, to: copies, by: copiesAtOnce) {
            for batch in batches(entry, first..<min(copies, first + copiesAtOnce)) {
                for (copy, move, reply) in batch.refused {
                    take([reply], plan: entry.plan, copy: copy, move: move, nanoseconds: 0)
                }
                operations += batch.operations
                origins += batch.origins
            }
            flush(entry.run.clock)
        }
    }

    /// Makes ready what a range of copies does, on all processors where there is much of it: ids are digests, and payloads are
    /// copied, which takes a third as long as executing them.
    private func batches(_ entry: PreparedRun, _ range: Range<Int>) -> [Batch] {
        let parts = range.count * entry.run.moves.count < 64 ? 1 : min(range.count, ProcessInfo.processInfo.activeProcessorCount)
        if parts == 1 { return [batch(entry, range)] }
        return [Batch](unsafeUninitializedCapacity: parts) { buffer, count in
            // Each part writes its own place and reads what nobody changes meanwhile.
            nonisolated(unsafe) let places = buffer
            nonisolated(unsafe) let replay = self
            DispatchQueue.concurrentPerform(iterations: parts) { part in
                let first = range.lowerBound + range.count * part / parts
                let end = range.lowerBound + range.count * (part + 1) / parts
                places.initializeElement(at: part, to: replay.batch(entry, first..<end))
            }
            count = parts
        }
    }

    private func batch(_ entry: PreparedRun, _ range: Range<Int>) -> Batch {
        var batch = Batch()
        for copy in range {
            for move in entry.run.moves { add(plans[entry.plan], entry.plan, copy, move, to: &batch) }
        }
        return batch
    }

    private func add(_ plan: PreparedPlan, _ planIndex: Int, _ copy: Int, _ move: Int, to batch: inout Batch) {
        let scheduled = plan.moves[move]
        let session = scheduled.byOperator ? operatorSession : server
        let actions = plan.actions[move]
        let first = batch.operations.count
        for (part, action) in actions.enumerated() {
            var payload = action.payload
            for place in action.accounts {
                payload.replaceSubrange(
                    place.offset..<place.offset + Account.byteCount, with: plan.account(place.account, copy: copy).bytes)
            }
            for place in action.references where copy > 0 {
                let bytes = plan.operationBytes(place.sequence, place.part, copy: copy)
                payload.replaceSubrange(place.offset..<place.offset + bytes.count, with: bytes)
            }
            if let place = action.market, copy > 0 {
                let number = plan.market(copy: copy)
                for byte in 0..<8 { payload[place + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte)) }
            }
            let actor = action.actor.map { Address(plan.account($0, copy: copy)) } ?? .zero
            let mapped = payload.withUnsafeBytes {
                game.map(code: action.code, actor: actor, payload: $0, session: session)
            }
            switch mapped {
            case .success(let transaction):
                let id = plan.operationID(scheduled.sequence, part, copy: copy)
                batch.operations.append(
                    LedgerOperation(
                        id: id, transaction: transaction, linkedWithNext: part + 1 < actions.count,
                        clockMilliseconds: scheduled.clock))
                batch.origins.append(
                    Origin(
                        plan: planIndex, copy: copy, move: move, code: action.code, isLast: part + 1 == actions.count))
            case .failure(let refusal):
                // A member that is no transaction takes its group with it.
                batch.operations.removeSubrange(first...)
                batch.origins.removeSubrange(first...)
                batch.refused.append((copy, move, game.replyBody(refusal)))
                return
            }
        }
    }

    private func flush(_ clock: UInt64) {
        guard !operations.isEmpty else { return }
        let time = ContinuousClock()
        let start = time.now
        let outcomes = onOperation == nil ? ledger.execute(operations[...], clockMilliseconds: clock) : executeOneByOne(clock)
        let nanoseconds = UInt64(Self.seconds(time.now - start) * 1e9)
        var replies: [ReplyBody] = []
        for (place, outcome) in outcomes.enumerated() {
            let origin = origins[place]
            replies.append(reply(outcome, origin.code))
            guard origin.isLast else { continue }
            take(replies, plan: origin.plan, copy: origin.copy, move: origin.move, nanoseconds: nanoseconds)
            replies.removeAll(keepingCapacity: true)
        }
        season.operations += operations.count
        operations.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
    }

    /// Group by group, so that the digest is known after each operation.
    private func executeOneByOne(_ clock: UInt64) -> [OperationResult] {
        var outcomes: [OperationResult] = []
        var first = 0
        while first < operations.count {
            var end = first + 1
            while end < operations.count, operations[end - 1].linkedWithNext { end += 1 }
            let results = ledger.execute(operations[first..<end], clockMilliseconds: clock)
            for (operation, result) in zip(operations[first..<end], results) {
                if case .accepted(let receipt, _) = result { onOperation?(operation, receipt, ledger.operationsDigest) }
            }
            outcomes += results
            first = end
        }
        return outcomes
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

    // MARK: Recorded balances

    private func check(_ entry: PreparedRun) {
        let plan = plans[entry.plan]
        for copy in 0..<copies {
            for move in entry.run.moves {
                guard let check = plan.moves[move].check, let book = plan.moves[move].book else { continue }
                let account = Address(plan.account(plan.moves[move].account, copy: copy))
                let balance = ledger.balance(of: account, contract: book.contract, id: book.id)
                let checked = ReplayTally.CheckedSnapshot(check: check, balance: balance)
                season.checked += 1
                if checked.isExact { season.exact += 1 }
                if copy == 0 { tallies[entry.plan].snapshots.append(checked) }
            }
        }
    }

    /// What the ledger says at the end.
    public func summary() -> LedgerSummary {
        LedgerSummary(
            stateRoot: ledger.stateRoot().hex, operationsDigest: ledger.operationsDigest.hex, conserved: isConserved)
    }
}
