/// One operation of a load run, by numbers of players and item kinds: everything that its bytes and its effect follow from.
struct LoadOperation: Equatable {
    var kind: OperationKind
    /// Who acts: the payer of a transfer, the buyer, the one who gives items or proposes to, the one who is rewarded.
    var player: UInt32
    /// The other side of a transfer or trade.
    var counterparty: UInt32
    /// Number of the item kind; offer number less one.
    var item: UInt32
    /// How many items move.
    var quantity: UInt32
    /// How much gold moves; of a purchase, the most that the buyer pays.
    var gold: UInt64
    /// Of a proposal or its acceptance: the running number that names the trade.
    var trade: UInt64 = 0
}

extension LoadOperation {
    /// The kind that a craft of this operation's item makes: the next one.
    func crafted(itemKinds: Int) -> UInt32 { (item + 1) % UInt32(itemKinds) }
}

/// Chooses the operations of a run, one after the other; the seed decides all of them.
struct OperationChooser {
    private var random: SeededRandom
    private let sampler: PopularitySampler
    private let shares: [Share]
    private let itemKinds: UInt64
    private let prices: [UInt64]

    private struct Share {
        var kind: OperationKind
        /// Draws of 0..<100 below this belong to this kind or an earlier one.
        var upTo: UInt64
        var gold: ClosedRange<UInt64>
        var quantity: ClosedRange<UInt64>
    }

    /// A chooser for a scenario; `prices` are those of the offers, by item kind.
    init(scenario: Scenario, prices: [UInt64], seed: UInt64) {
        random = SeededRandom(seed: seed)
        sampler = PopularitySampler(count: scenario.players, exponent: scenario.zipf)
        itemKinds = UInt64(scenario.start.itemKinds)
        precondition(prices.count >= scenario.start.itemKinds)
        self.prices = prices
        var sum: UInt64 = 0
        shares = scenario.operations.map { share in
            sum += UInt64(share.percent)
            return Share(
                kind: share.kind, upTo: sum, gold: Self.range(share.gold),
                quantity: Self.range(share.quantity))
        }
    }

    /// The next operation.
    mutating func next() -> LoadOperation {
        let dice = random.below(100)
        var index = 0
        while dice >= shares[index].upTo { index += 1 }
        let share = shares[index]
        let player = sampler.draw(&random)
        var operation = LoadOperation(
            kind: share.kind, player: UInt32(truncatingIfNeeded: player), counterparty: 0, item: 0,
            quantity: 0, gold: 0)
        if share.kind.hasCounterparty {
            operation.counterparty = UInt32(truncatingIfNeeded: other(than: player))
        }
        if share.kind.movesGold {
            operation.gold = random.within(share.gold.lowerBound, share.gold.upperBound)
        }
        if share.kind != .transfer {
            operation.item = UInt32(truncatingIfNeeded: random.below(itemKinds))
            operation.quantity = UInt32(
                truncatingIfNeeded: random.within(
                    share.quantity.lowerBound, share.quantity.upperBound))
        }
        if share.kind == .purchase {
            operation.gold = prices[Int(operation.item)] &* UInt64(operation.quantity)
        }
        return operation
    }

    /// Another player by the same law; the neighbour when the same one comes up again and again.
    private mutating func other(than player: Int) -> Int {
        for _ in 0..<8 {
            let candidate = sampler.draw(&random)
            if candidate != player { return candidate }
        }
        return player + 1 == sampler.count ? 0 : player + 1
    }

    private static func range(_ bounds: [UInt64]?) -> ClosedRange<UInt64> {
        guard let bounds, bounds.count == 2 else { return 1...1 }
        return bounds[0]...bounds[1]
    }
}
