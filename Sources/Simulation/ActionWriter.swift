internal import Economy
internal import Wire

/// Invents what clients ask for, over the real game data: mostly what may succeed, some of it impossible or wrong.
struct ActionWriter {
    let game: Game
    let cast: Cast
    /// Items that are traded much, so that many operations meet.
    private let items: [UInt64]
    private let offers: [UInt64]
    private let unique: UInt64
    /// Offers that operators publish while the game runs.
    private static let newOffers: Range<UInt64> = 1_000..<1_012
    private static let farFuture: UInt64 = 4_000_000_000

    init(game: Game, cast: Cast) {
        self.game = game
        self.cast = cast
        let cheap = game.catalog.offers.prefix(6)
        items = cheap.flatMap { $0.results.map(\.asset) } + [65_568, 65_571, 65_572]
        offers = cheap.map(\.offer) + [33, 34, 35, 36, 37, 38]
        unique =
            game.catalog.offers.first { $0.results.contains { $0.asset >= Catalog.firstUnique } }?.results[0].asset ?? 0
    }

    /// Something that players hold.
    func someItem(_ chance: inout SeededChance) -> UInt64 {
        chance.happens(permille: 30) && unique != 0 ? unique : items[chance.below(items.count)]
    }

    /// An offer that may exist.
    func someOffer(_ chance: inout SeededChance) -> UInt64 {
        if chance.happens(permille: 100) {
            return Self.newOffers.lowerBound + UInt64(chance.below(Self.newOffers.count))
        }
        return offers[chance.below(offers.count)]
    }

    private func somebody(_ chance: inout SeededChance) -> Place {
        // Few are in the middle of most of it.
        chance.happens(permille: 300) ? chance.below(min(4, cast.playerCount)) : chance.below(cast.playerCount)
    }

    private func someLine(_ chance: inout SeededChance) -> AssetLine {
        chance.happens(permille: 500)
            ? AssetLine(asset: chance.happens(permille: 850) ? 1 : 2, amount: UInt64(chance.within(1...120)))
            : AssetLine(asset: someItem(&chance), amount: UInt64(chance.within(1...2)))
    }

    private func someLines(_ count: ClosedRange<Int>, _ chance: inout SeededChance) -> [AssetLine] {
        (0..<chance.within(count)).map { _ in someLine(&chance) }
    }

    /// A new action of a client.
    func action(
        for client: SimulatedClient, id: OperationID, _ chance: inout SeededChance, _ history: inout History
    ) -> GameAction {
        if chance.happens(permille: 20) { return wrong(client, &chance) }
        switch client.role {
        case .player: return player(client.place, id, &chance, &history)
        case .server: return server(&chance, history)
        case .operator: return administer(&chance)
        }
    }

    private func player(
        _ place: Place, _ id: OperationID, _ chance: inout SeededChance, _ history: inout History
    ) -> GameAction {
        switch chance.below(100) {
        case 0..<34:
            let offer = someOffer(&chance)
            let quantity = UInt64(chance.within(1...3))
            let most: UInt64 = chance.happens(permille: 80) ? UInt64(chance.below(30)) : 10_000
            return .purchase(buyer: place, offer: offer, quantity: quantity, maxCost: [most, most, most, most])
        case 34..<48:
            let quantity = UInt64(chance.within(1...2))
            let least: UInt64 = chance.happens(permille: 100) ? 50 : 0
            return .sell(seller: place, asset: items[chance.below(items.count)], quantity: quantity, minPaid: least)
        case 48..<66:
            let asset: UInt64 = chance.happens(permille: 850) ? 1 : 2
            return .transfer(from: place, to: somebody(&chance), asset: asset, amount: UInt64(chance.within(1...150)))
        case 66..<78:
            let asset = someItem(&chance)
            let amount = asset >= Catalog.firstUnique ? 1 : UInt64(chance.within(1...2))
            return .transfer(from: place, to: somebody(&chance), asset: asset, amount: amount)
        case 78..<88:
            let counterparty = somebody(&chance)
            let expires = chance.happens(permille: 50) ? 1_000 : Self.farFuture
            history.proposals[counterparty, default: []].append(id)
            return .propose(
                trade: id, proposer: place, counterparty: counterparty, gives: someLines(1...3, &chance),
                wants: someLines(0...2, &chance), expires: expires)
        default:
            let known = history.proposals[place] ?? []
            let trade = known.isEmpty || chance.happens(permille: 50) ? id : known[chance.below(known.count)]
            return chance.happens(permille: 800) ? .accept(trade: trade, by: place) : .cancel(trade: trade, by: place)
        }
    }

    private func server(_ chance: inout SeededChance, _ history: History) -> GameAction {
        switch chance.below(100) {
        case 0..<45:
            let lines = someLines(1...3, &chance).map { line in
                AssetLine(asset: line.asset, amount: line.asset < Catalog.firstItem ? line.amount * 3 : line.amount)
            }
            let faucet = cast.faucets.lowerBound + chance.below(cast.faucets.count)
            return .grant(player: somebody(&chance), faucet: faucet, lines: lines)
        case 45..<70:
            return .trade(
                first: somebody(&chance), second: somebody(&chance), firstGives: someLine(&chance),
                secondGives: someLine(&chance))
        case 70..<85:
            let source =
                chance.happens(permille: 300)
                ? cast.treasury : cast.faucets.lowerBound + chance.below(cast.faucets.count)
            let sink =
                chance.happens(permille: 300) ? cast.treasury : cast.sinks.lowerBound + chance.below(cast.sinks.count)
            return .exchange(
                player: somebody(&chance), sink: sink, source: source, pays: someLines(0...3, &chance),
                gets: someLines(0...3, &chance))
        default:
            let original =
                history.operations.isEmpty
                ? OperationID(high: 1, low: 1) : history.operations[chance.below(history.operations.count)].id
            let from = chance.happens(permille: 300) ? cast.faucets.lowerBound : cast.treasury
            return .refund(original: original, from: from, to: somebody(&chance), line: someLine(&chance))
        }
    }

    private func administer(_ chance: inout SeededChance) -> GameAction {
        switch chance.below(100) {
        case 0..<30:
            return .publish(
                offer: Self.newOffers.lowerBound + UInt64(chance.below(Self.newOffers.count)), terms: terms(&chance),
                isNew: true)
        case 30..<60: return .publish(offer: someOffer(&chance), terms: terms(&chance), isNew: false)
        case 60..<65: return .close(offer: someOffer(&chance))
        case 65..<85:
            return .setBuyback(asset: items[chance.below(items.count)], currency: 1, price: UInt64(chance.below(12)))
        default:
            return .setCredit(player: somebody(&chance), asset: 1, limit: UInt64(chance.below(4)) * 100)
        }
    }

    private func terms(_ chance: inout SeededChance) -> OfferTerms {
        let isLimited = chance.happens(permille: 400)
        let isOver = chance.happens(permille: 60)
        return OfferTerms(
            cap: chance.happens(permille: 300) ? UInt64(chance.within(1...6)) : 0,
            stock: isLimited ? UInt64(chance.within(1...400)) : GameModel.unlimited,
            opens: chance.happens(permille: 60) ? Self.farFuture : 0,
            closes: isOver ? 2 : 0,
            costs: [AssetLine(asset: 1, amount: UInt64(chance.within(1...25)))],
            results: [AssetLine(asset: items[chance.below(items.count)], amount: UInt64(chance.within(1...3)))])
    }

    /// Something that is refused before the ledger.
    private func wrong(_ client: SimulatedClient, _ chance: inout SeededChance) -> GameAction {
        let coins = GameAction.transfer(from: 0, to: 0, asset: 1, amount: 1).body(game, cast)
        switch chance.below(5) {
        case 0: return .wrong(ActionBody(code: 999, payload: []), code: 12)
        case 1: return .wrong(ActionBody(code: coins.code, payload: [1, 2, 3]), code: 13)
        case 2:
            let zero = GameAction.transfer(from: 0, to: 0, asset: 1, amount: 0).body(game, cast)
            return .wrong(zero, code: 160)
        case 3:
            let none = GameAction.transfer(from: 0, to: 0, asset: 9, amount: 1).body(game, cast)
            return .wrong(none, code: 162)
        default:
            if client.role == .player {
                let grant = GameAction.grant(
                    player: 0, faucet: cast.faucets.lowerBound, lines: [AssetLine(asset: 1, amount: 5)])
                return .wrong(grant.body(game, cast), code: 10)
            }
            return .wrong(ActionBody(code: 998, payload: []), code: 12)
        }
    }
}
