import Economy

/// What the load tool knows of the game: the actions that it uses, the offers, and the assets.
struct GameTable {
    /// Coins by which everything is paid.
    static let gold: UInt64 = 1
    let transfer: ActionDefinition
    let purchase: ActionDefinition
    let trade: ActionDefinition
    let grant: ActionDefinition
    let propose: ActionDefinition
    let accept: ActionDefinition
    let exchange: ActionDefinition
    /// For each item kind: the offer that sells it, its price in gold, and its asset number.
    let offers: [ItemOffer]

    /// One offer of one item for gold.
    struct ItemOffer: Equatable {
        var offer: UInt32
        var price: UInt64
        var asset: UInt64
    }

    /// Prices by item kind.
    var prices: [UInt64] { offers.map(\.price) }

    /// The table of a GameData folder; throws when an action or offer that the scenario needs is missing.
    init(folder: String, scenario: Scenario) throws {
        let game: Game
        do {
            game = try Game.load(folder: folder)
        } catch {
            throw ScenarioFailure(description: "the game data in \(folder) cannot be used: \(error)")
        }
        transfer = try Self.action("transferCoins", game)
        purchase = try Self.action("purchase", game)
        trade = try Self.action("trade", game)
        grant = try Self.action("grant", game)
        propose = try Self.action("proposeTrade", game)
        accept = try Self.action("acceptTrade", game)
        exchange = try Self.action("exchange", game)
        offers = try Self.offers(game.catalog.offers, count: scenario.start.itemKinds)
    }

    private static func action(_ name: String, _ game: Game) throws -> ActionDefinition {
        guard let action = game.actionsByName[name] else {
            throw ScenarioFailure(description: "the game data has no action \(name)")
        }
        return action
    }

    /// The first offers that sell one item kind for gold without stock, cap or window.
    static func offers(_ all: [Offer], count: Int) throws -> [ItemOffer] {
        var found = [ItemOffer]()
        for offer in all.sorted(by: { $0.offer < $1.offer }) where found.count < count {
            guard offer.costs.count == 1, offer.costs[0].asset == gold, offer.results.count == 1,
                offer.results[0].amount == 1, offer.stock == .max, offer.capPerPlayer == 0,
                offer.opens == 0, offer.closes == 0,
                !found.contains(where: { $0.asset == offer.results[0].asset })
            else { continue }
            found.append(
                ItemOffer(
                    offer: UInt32(offer.offer), price: offer.costs[0].amount,
                    asset: offer.results[0].asset))
        }
        guard found.count == count else {
            throw ScenarioFailure(
                description: "the game data has \(found.count) plain offers of one item for gold,"
                    + " the scenario needs \(count)")
        }
        return found
    }
}
