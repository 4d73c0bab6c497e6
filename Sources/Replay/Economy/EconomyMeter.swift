/// One thing that happened, or was refused, in an economy.
public struct EconomyStep: Sendable {
    public var timeMilliseconds: Int64
    /// What it was: the kind of an event, or the name of an action.
    public var label: String
    /// What it did to accounts; nothing where it was refused.
    public var effects: [Effect]
    /// Why it was refused; nil where it was applied.
    public var refusal: String?

    /// A step.
    public init(timeMilliseconds: Int64, label: String, effects: [Effect], refusal: String? = nil) {
        self.timeMilliseconds = timeMilliseconds
        self.label = label
        self.effects = effects
        self.refusal = refusal
    }
}

/// Measures an economy while its steps pass by: money supply, faucets and sinks, wealth, prices.
public struct EconomyMeter {
    /// Assets below are currencies.
    static let firstItem: UInt64 = 65_536

    private struct Holding: Hashable {
        let player: String
        let asset: UInt64
    }

    private let currency: UInt64
    private let start: Int64
    private let interval: Int64
    private var figures: EconomyFigures
    private var nextSample = 0
    private var holdings: [Holding: Int64] = [:]
    private var purses: [String: Int64] = [:]
    /// What one of an item was last worth in the main currency.
    private var worth: [UInt64: Double] = [:]
    private var supply: Int64 = 0
    private var order: [String] = []

    /// A meter over a span of time, sampled at so many points.
    public init(from first: Int64, to last: Int64, points: Int = 120, currency: UInt64 = 1) {
        self.currency = currency
        start = first
        let span = max(1, last - first)
        let count = max(2, Int(min(Int64(points), span + 1)))
        let interval = max(1, span / Int64(count - 1))
        self.interval = interval
        figures = EconomyFigures(times: (0..<count).map { first + Int64($0) * interval })
        figures.purchases = Array(repeating: 0, count: count)
    }

    /// Takes the next step; steps come in the order of time.
    public mutating func take(_ step: EconomyStep) {
        while nextSample < figures.times.count, figures.times[nextSample] < step.timeMilliseconds { sample() }
        figures.steps[step.label, default: 0] += 1
        if let refusal = step.refusal {
            figures.refusals["\(step.label): \(refusal)", default: 0] += 1
            return
        }
        note(deal: step)
        for effect in step.effects { apply(effect, step.label) }
    }

    /// What was measured, after the last step.
    public mutating func finish() -> EconomyFigures {
        while nextSample < figures.times.count { sample() }
        let worths = netWorth()
        figures.players = order
        figures.balances = purses
        figures.worths = Dictionary(uniqueKeysWithValues: order.map { ($0, worths[$0] ?? 0) })
        figures.prices = worth
        return figures
    }

    private mutating func apply(_ effect: Effect, _ label: String) {
        switch effect.account {
        case .player(let player):
            if purses[player] == nil {
                purses[player] = 0
                order.append(player)
            }
            holdings[Holding(player: player, asset: effect.asset), default: 0] &+= effect.delta
            guard effect.asset == currency else { return }
            purses[player, default: 0] &+= effect.delta
            supply &+= effect.delta
            if effect.delta < 0 { figures.volume &-= effect.delta }
        case .faucet:
            if effect.asset == currency { figures.faucets[label, default: 0] &-= effect.delta }
        case .sink, .treasury:
            if effect.asset == currency { figures.sinks[label, default: 0] &+= effect.delta }
        }
    }

    /// A deal shows what things are worth: money and things given against things had.
    private mutating func note(deal step: EconomyStep) {
        var paid: [String: Int64] = [:]
        var given: [String: Double] = [:]
        var got: [String: [(asset: UInt64, count: Int64)]] = [:]
        for effect in step.effects {
            guard case .player(let player) = effect.account else { continue }
            if effect.asset == currency {
                paid[player, default: 0] &-= effect.delta
            } else if effect.asset >= Self.firstItem {
                if effect.delta > 0 {
                    got[player, default: []].append((effect.asset, effect.delta))
                } else {
                    given[player, default: 0] += Double(effect.delta.magnitude) * (worth[effect.asset] ?? 0)
                }
            }
        }
        // What costs nothing any more is still bought.
        let isPurchase = step.label == MatchEventKind.purchase.rawValue
        for (player, things) in got where things.count == 1 && (paid[player] ?? 0 > 0 || isPurchase && paid[player] ?? 0 == 0) {
            let price = (Double(paid[player] ?? 0) + (given[player] ?? 0)) / Double(things[0].count)
            worth[things[0].asset] = price
            let place = min(figures.times.count - 1, max(0, Int((step.timeMilliseconds - start) / interval)))
            figures.purchases[place] += 1
            figures.deals[things[0].asset, default: Deal()].add(things[0].count, paid[player] ?? 0)
            figures.buyers[player, default: 0] += 1
        }
    }

    private mutating func sample() {
        let worths = netWorth()
        for player in order {
            // Who came later had nothing before.
            var series = figures.netWorth[player] ?? []
            while series.count < nextSample { series.append(0) }
            series.append(worths[player] ?? 0)
            figures.netWorth[player] = series
        }
        figures.supply.append(supply)
        figures.issued.append(figures.faucets.values.reduce(0, &+))
        figures.drained.append(figures.sinks.values.reduce(0, &+))
        nextSample += 1
    }

    private func netWorth() -> [String: Int64] {
        var worths: [String: Double] = [:]
        for (holding, count) in holdings {
            if holding.asset == currency {
                worths[holding.player, default: 0] += Double(count)
            } else if let price = worth[holding.asset] {
                worths[holding.player, default: 0] += Double(count) * price
            }
        }
        return worths.mapValues { Int64(max(-9e18, min(9e18, $0.rounded()))) }
    }
}

/// What was bought of an item, and for how much.
public struct Deal: Sendable, Equatable {
    public var count: Int64 = 0
    public var paid: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// The average price of one.
    public var price: Double { count == 0 ? 0 : Double(paid) / Double(count) }

    mutating func add(_ count: Int64, _ paid: Int64) {
        self.count &+= count
        self.paid &+= paid
    }
}

/// What an economy came to, in its main currency.
public struct EconomyFigures: Sendable, Equatable {
    /// The points of time of the series.
    public var times: [Int64]
    /// What players have of the currency, at each point.
    public var supply: [Int64] = []
    /// What came out of faucets until each point, and what went into sinks and the treasury.
    public var issued: [Int64] = []
    public var drained: [Int64] = []
    /// Deals in each interval.
    public var purchases: [Int] = []
    /// Money and things of each player at the last known prices, at each point.
    public var netWorth: [String: [Int64]] = [:]
    /// In the order of their appearance.
    public var players: [String] = []
    /// Money of each player at the end.
    public var balances: [String: Int64] = [:]
    public var worths: [String: Int64] = [:]
    /// By what they gave or took it for.
    public var faucets: [String: Int64] = [:]
    public var sinks: [String: Int64] = [:]
    /// Money that left a player's hand.
    public var volume: Int64 = 0
    public var deals: [UInt64: Deal] = [:]
    /// How often each player bought something.
    public var buyers: [String: Int] = [:]
    public var steps: [String: Int] = [:]
    public var refusals: [String: Int] = [:]
    public var prices: [UInt64: Double] = [:]

    init(times: [Int64]) { self.times = times }

    /// How often the average coin changed hands.
    public var velocity: Double {
        let average = supply.isEmpty ? 0 : supply.reduce(0.0) { $0 + Double($1) } / Double(supply.count)
        return average > 0 ? Double(volume) / average : 0
    }

    /// How unequal wealth is at the end: 0 where all have the same, towards 1 where one has all. Debts count as nothing.
    public var gini: Double {
        let sorted = worths.values.map { Double(max(0, $0)) }.sorted()
        let sum = sorted.reduce(0, +)
        guard sum > 0 else { return 0 }
        let count = Double(sorted.count)
        let weighted = sorted.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
        return (2 * weighted) / (count * sum) - (count + 1) / count
    }

    /// What the goods that `other` bought would cost at these prices, to what they cost there; 1 where nothing changed.
    public func priceIndex(against other: EconomyFigures) -> Double {
        var there = 0.0
        var here = 0.0
        for (asset, deal) in other.deals where deal.count > 0 {
            guard let own = deals[asset], own.count > 0 else { continue }
            there += Double(deal.paid)
            here += own.price * Double(deal.count)
        }
        return there > 0 ? here / there : 1
    }
}

extension ReplayReport {
    /// The economy of the replay, out of what the ledger applied.
    public var figures: EconomyFigures {
        var meter = EconomyMeter(from: plan.firstMilliseconds, to: plan.lastMilliseconds)
        for action in plan.actions {
            let applied = tally.appliedSequences.contains(action.sequence)
            meter.take(
                EconomyStep(
                    timeMilliseconds: Int64(action.clockMilliseconds) - plan.epochMilliseconds,
                    label: sources[action.sequence] ?? action.kind.rawValue, effects: applied ? action.effects : [],
                    refusal: applied ? nil : "refused"))
        }
        return meter.finish()
    }

    /// What the record calls its rewards and charges.
    private var sources: [Int64: String] {
        var sources: [Int64: String] = [:]
        for event in match.events where event.kind == .reward || event.kind == .charge {
            if let source = event.source { sources[event.sequence] = source }
        }
        return sources
    }
}
