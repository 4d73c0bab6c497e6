public import Economy
import EVM
public import Ledger
import Wire

/// A world forked at a block: what came after is executed twice, as it was and under a change.
public final class WorldFork {
    /// Called now and then with the operations played.
    public var onProgress: ((Int) -> Void)?

    private let folder: String
    private let block: UInt64
    private let game: Game
    private let genesis: LedgerGenesis
    private let makeExecutor: (LedgerGenesis) -> any BlockExecutor
    private var reader: WorldReader
    /// What of the change has no effect, as far as it shows before anything is executed.
    private var notes: [String] = []

    /// One of the two sides.
    private final class Side {
        let run: LedgerRun
        var meter: EconomyMeter

        init(run: LedgerRun, meter: EconomyMeter) {
            self.run = run
            self.meter = meter
        }
    }

    /// A fork behind a block; 0 for the genesis.
    public init(
        folder: String, block: UInt64, game: Game, genesis: LedgerGenesis,
        makeExecutor: @escaping (LedgerGenesis) -> any BlockExecutor
    ) {
        self.folder = folder
        self.block = block
        self.game = game
        self.genesis = genesis
        self.makeExecutor = makeExecutor
        reader = WorldReader(game: game)
    }

    /// Both sides, compared. `changedGame` is the same game with other fees or odds in its first state.
    public func compare(_ change: EconomyChange, rules changedGame: Game?) throws -> WhatIfReport {
        guard change.caps.isEmpty else {
            throw ReplayError.gameDoesNotFit("a world's caps stand in its offers: {\"offers\": {\"1\": {\"capPerPlayer\": 2}}}")
        }
        let inspection = try LedgerInspection(
            folder: folder, genesis: genesis, executor: makeExecutor(genesis), upTo: block)
        guard inspection.headNumber == block else {
            throw ReplayError.gameDoesNotFit("the world has no block \(block); its last is \(inspection.headNumber)")
        }
        let span = try span(inspection)
        let base = Side(
            run: LedgerRun(forking: inspection, genesis: genesis, executor: makeExecutor(genesis)),
            meter: EconomyMeter(from: 0, to: span.last - span.first))
        let copy = try LedgerInspection(folder: folder, genesis: genesis, executor: makeExecutor(genesis), upTo: block)
        let changed = Side(
            run: LedgerRun(forking: copy, genesis: genesis, executor: makeExecutor(genesis)), meter: base.meter)
        try apply(change, changedGame, to: changed.run, at: span.first)
        let rewriter = CallRewriter(change: change, game: game)
        var invalidated: [WhatIfReport.Invalidated] = []
        var played = 0
        try inspection.forEachBlock(after: block) { recorded throws(LedgerError) in
            let clock = recorded.header.timestampMilliseconds
            let operations = recorded.operations
            let altered = operations.map { operation in
                var operation = operation
                operation.transaction = rewriter.rewritten(operation.transaction)
                return operation
            }
            // Both sides see the block that was, so that what is drawn by lot is drawn alike.
            let before = base.run.execute(operations[...], at: BlockPlace(recorded.header))
            let after = changed.run.execute(altered[...], at: BlockPlace(recorded.header))
            for place in operations.indices {
                let time = Int64(clamping: clock) - span.first
                let was = step(operations[place].transaction, before[place], time)
                let now = step(altered[place].transaction, after[place], time)
                base.meter.take(was)
                changed.meter.take(now)
                if was.refusal == nil, let refusal = now.refusal { invalidated.append(self.invalidated(was, refusal)) }
            }
            played += operations.count
            onProgress?(played)
            return true
        }
        var report = WhatIfReport(
            name: "\(folder) from block \(block) on", base: base.meter.finish(), changed: changed.meter.finish(),
            invalidated: invalidated, roots: (base.run.stateRoot().hex, changed.run.stateRoot().hex))
        report.notes = notes + rewriter.idle()
        return report
    }

    /// The times of the first and the last block behind the fork.
    private func span(_ inspection: LedgerInspection) throws -> (first: Int64, last: Int64) {
        var first: Int64?
        var last: Int64 = 0
        try inspection.forEachBlock(after: block) { recorded throws(LedgerError) in
            last = Int64(clamping: recorded.header.timestampMilliseconds)
            if first == nil { first = last }
            return true
        }
        guard let first else {
            throw ReplayError.gameDoesNotFit("nothing happened behind block \(block); fork earlier with --from")
        }
        return (first, last)
    }

    private func step(_ transaction: Transaction, _ outcome: OperationResult, _ time: Int64) -> EconomyStep {
        let label = reader.label(transaction)
        switch outcome {
        case .accepted(let receipt, _):
            let refusal = reader.refusal(transaction, receipt)
            return EconomyStep(
                timeMilliseconds: time, label: label, effects: refusal == nil ? reader.effects(of: receipt) : [],
                refusal: refusal)
        case .refused: return EconomyStep(timeMilliseconds: time, label: label, effects: [], refusal: "refused by the ledger")
        case .linkedFailed:
            return EconomyStep(timeMilliseconds: time, label: label, effects: [], refusal: "a linked operation failed")
        }
    }

    private func invalidated(_ was: EconomyStep, _ refusal: String) -> WhatIfReport.Invalidated {
        var player = "nobody"
        var item: String?
        var hasPaid = false
        for effect in was.effects {
            guard case .player(let name) = effect.account, name != "escrow" else { continue }
            if player == "nobody" { player = name }
            if effect.delta > 0, effect.asset >= EconomyMeter.firstItem { item = reader.asset(effect.asset) }
            if effect.delta < 0, effect.asset < EconomyMeter.firstItem { hasPaid = true }
        }
        return WhatIfReport.Invalidated(
            player: player, what: [was.label, item].compactMap { $0 }.joined(separator: " of "), reason: refusal,
            timeMilliseconds: was.timeMilliseconds, isPurchase: hasPaid && item != nil)
    }

    // MARK: The change

    private func apply(_ change: EconomyChange, _ changedGame: Game?, to run: LedgerRun, at clock: Int64) throws {
        if let changedGame {
            let difference = ruleDifference(changedGame, run.world)
            if change.fees["trade"] != nil, difference.accounts.isEmpty {
                notes.append("fees: trade is what it was, so that this changes nothing")
            }
            if !change.loot.isEmpty, difference.storage.isEmpty {
                notes.append("loot: the weights are what they were, so that this changes nothing")
            }
            run.change(difference)
        }
        let clock = UInt64(max(1, clock))
        var number: UInt64 = 0
        for offer in game.catalog.offers {
            guard let wanted = change.offers["\(offer.offer)"] ?? change.offers["*"] else { continue }
            let request = game.offerRequest(UInt64(offer.offer))
            let receipt = run.view(ViewCall(to: request.to, data: request.data, ticket: 0), clockMilliseconds: clock)
            guard let view = game.offer(from: receipt.output), view.isActive else {
                notes.append("offers: offer \(offer.offer) is closed at block \(block), so that this changes nothing")
                continue
            }
            number += 1
            try update(UInt64(offer.offer), view, wanted, run, clock, number)
        }
        for key in change.offers.keys.sorted() where key != "*" && !game.catalog.offers.contains(where: { "\($0.offer)" == key }) {
            throw ReplayError.gameDoesNotFit("the catalog has no offer \(key)")
        }
    }

    private func update(
        _ offer: UInt64, _ view: OfferView, _ wanted: EconomyChange.Offer, _ run: LedgerRun, _ clock: UInt64,
        _ number: UInt64
    ) throws {
        let costs = view.costs.map { line in
            let amount = wanted.price.map { UInt64(max(1, $0.of(Int64(clamping: line.amount)))) } ?? line.amount
            return AssetLine(asset: line.asset, amount: amount)
        }
        let fields: [String: FieldValue] = [
            "offer": .number(offer), "capPerPlayer": .number(wanted.capPerPlayer.map(UInt64.init) ?? view.capPerPlayer),
            "stock": .number(wanted.stock ?? view.stock), "opens": .number(view.opens), "closes": .number(view.closes),
            "costs": .lines(costs), "results": .lines(view.results),
        ]
        let (code, payload) = try game.encodePayload(action: "updateOffer", fields: fields)
        let session = SessionIdentity(role: .operator, account: .zero)
        let mapped = payload.withUnsafeBytes { game.map(code: code, actor: .zero, payload: $0, session: session) }
        guard case .success(let transaction) = mapped else {
            throw ReplayError.gameDoesNotFit("offer \(offer) cannot be changed so")
        }
        let operation = Operation(
            id: LedgerOperationID(high: .max, low: number), transaction: transaction, clockMilliseconds: clock)
        guard case .accepted(let receipt, _)? = run.execute([operation], clockMilliseconds: clock).first, receipt.succeeded
        else { throw ReplayError.gameDoesNotFit("the shop refuses the change of offer \(offer)") }
    }

    /// What differs in the first state of another game: contracts get its code and what they keep stays, but for slots
    /// that its first state sets otherwise.
    private func ruleDifference(_ other: Game, _ world: WorldState) -> StateDiff {
        var diff = StateDiff()
        let own = Dictionary(game.genesis.accounts.map { ($0.address, $0.storage) }, uniquingKeysWith: { first, _ in first })
        for account in other.genesis.accounts where !account.code.isEmpty {
            guard let present = world.account(account.address) else { continue }
            let former = Dictionary((own[account.address] ?? []).map { ($0.slot, $0.value) }, uniquingKeysWith: { first, _ in first })
            for slot in account.storage where former[slot.slot] != slot.value {
                diff.storage.append(StorageChange(address: account.address, slot: slot.slot, value: slot.value))
            }
            guard present.codeHash != account.state.codeHash else { continue }
            diff.accounts.append(
                AccountChange(
                    address: account.address,
                    account: AccountState(
                        nonce: present.nonce, balance: present.balance, codeHash: account.state.codeHash),
                    codeWritten: account.code))
        }
        return diff
    }
}
