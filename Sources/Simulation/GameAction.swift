internal import EVM
internal import Economy
internal import Wire

/// An account of the simulated world, by its place in the cast.
typealias Place = Int

/// What a client asks for, as the checker understands it.
enum GameAction {
    case transfer(from: Place, to: Place, asset: UInt64, amount: UInt64)
    case purchase(buyer: Place, offer: UInt64, quantity: UInt64, maxCost: [UInt64])
    case sell(seller: Place, asset: UInt64, quantity: UInt64, minPaid: UInt64)
    case grant(player: Place, faucet: Place, lines: [AssetLine])
    case trade(first: Place, second: Place, firstGives: AssetLine, secondGives: AssetLine)
    case exchange(player: Place, sink: Place, source: Place, pays: [AssetLine], gets: [AssetLine])
    case refund(original: OperationID, from: Place, to: Place, line: AssetLine)
    case propose(
        trade: OperationID, proposer: Place, counterparty: Place, gives: [AssetLine], wants: [AssetLine],
        expires: UInt64)
    case accept(trade: OperationID, by: Place)
    case cancel(trade: OperationID, by: Place)
    case publish(offer: UInt64, terms: OfferTerms, isNew: Bool)
    case close(offer: UInt64)
    case setBuyback(asset: UInt64, currency: UInt64, price: UInt64)
    case setCredit(player: Place, asset: UInt64, limit: UInt64)
    /// Something that is refused before the ledger, with this code.
    case wrong(ActionBody, code: UInt16)
}

/// The terms of an offer.
struct OfferTerms {
    var cap: UInt64
    var stock: UInt64
    var opens: UInt64
    var closes: UInt64
    var costs: [AssetLine]
    var results: [AssetLine]
    var isActive = true
    var sold: UInt64 = 0
}

/// Everybody who has a balance: players first, then the houses.
struct Cast {
    private(set) var accounts: [Account] = []
    private(set) var names: [String] = []
    private var places: [Account: Place] = [:]
    let playerCount: Int
    let faucets: Range<Place>
    let sinks: Range<Place>
    let treasury: Place
    let shopFaucet: Place
    let shopSink: Place
    /// Holds what proposed trades give.
    let tradeEscrow: Place

    /// So many players, and the houses of the game.
    init(players: Int, catalog: Catalog) {
        playerCount = players
        for number in 0..<players { names.append("player-\(number)") }
        var all = names.map { Account(playerName: $0) }
        faucets = all.count..<all.count + catalog.faucets.count
        all += catalog.faucets.map { Account(label: "hoard:faucet:" + $0) }
        sinks = all.count..<all.count + catalog.sinks.count
        all += catalog.sinks.map { Account(label: "hoard:sink:" + $0) }
        treasury = all.count
        all.append(Account(label: "hoard:treasury"))
        tradeEscrow = all.count + (catalog.escrows.firstIndex(of: "trade") ?? 0)
        all += catalog.escrows.map { Account(label: "hoard:escrow:" + $0) }
        accounts = all
        shopFaucet = faucets.lowerBound + (catalog.faucets.firstIndex(of: "shop") ?? 0)
        shopSink = sinks.lowerBound + (catalog.sinks.firstIndex(of: "shop") ?? 0)
        for (place, account) in all.enumerated() { places[account] = place }
    }

    /// The place of an account, or nil for a stranger.
    func place(of account: Account) -> Place? { places[account] }

    func isFaucet(_ place: Place) -> Bool { faucets.contains(place) }
}

extension GameAction {
    /// The body that asks for it; who acts is the session, unless a game server acts for a player.
    func body(_ game: Game, _ cast: Cast, actor: Account = .zero) -> ActionBody {
        if case .wrong(let body, _) = self { return body }
        let (name, fields) = fields(cast)
        do throws(PayloadError) {
            let (code, payload) = try game.encodePayload(action: name, fields: fields)
            return ActionBody(code: code, actor: actor, payload: payload)
        } catch {
            preconditionFailure("the simulator asks for what the game does not have: \(error)")
        }
    }

    private func fields(_ cast: Cast) -> (String, [String: FieldValue]) {
        func account(_ place: Place) -> FieldValue { .account(Address(cast.accounts[place])) }
        switch self {
        case .transfer(_, let to, let asset, let amount):
            return (
                asset < Catalog.firstItem ? "transferCoins" : "transferItem",
                ["to": account(to), "asset": .number(asset), "amount": .number(amount)]
            )
        case .purchase(_, let offer, let quantity, let maxCost):
            return ("purchase", ["offer": .number(offer), "quantity": .number(quantity), "maxCost": .numbers(maxCost)])
        case .sell(_, let asset, let quantity, let minPaid):
            return ("sell", ["asset": .number(asset), "quantity": .number(quantity), "minPaid": .number(minPaid)])
        case .grant(let player, let faucet, let lines):
            return (
                "grant",
                ["player": account(player), "faucet": account(faucet), "reason": .number(7), "lines": .lines(lines)]
            )
        case .trade(let first, let second, let firstGives, let secondGives):
            return (
                "trade",
                [
                    "first": account(first), "second": account(second), "firstGives": .lines([firstGives]),
                    "secondGives": .lines([secondGives]),
                ]
            )
        case .exchange(let player, let sink, let source, let pays, let gets):
            return (
                "exchange",
                [
                    "player": account(player), "to": account(sink), "from": account(source), "reason": .number(3),
                    "pays": .lines(pays), "gets": .lines(gets),
                ]
            )
        case .refund(let original, let from, let to, let line):
            return (
                "refund",
                [
                    "original": .id(original.bytes), "from": account(from), "to": account(to), "line": .lines([line]),
                    "reason": .number(9),
                ]
            )
        default: return marketFields(cast)
        }
    }

    private func marketFields(_ cast: Cast) -> (String, [String: FieldValue]) {
        switch self {
        case .propose(let trade, _, let counterparty, let gives, let wants, let expires):
            return (
                "proposeTrade",
                [
                    "trade": .id(trade.bytes), "counterparty": .account(Address(cast.accounts[counterparty])),
                    "gives": .lines(gives), "wants": .lines(wants), "expires": .number(expires),
                ]
            )
        case .accept(let trade, _): return ("acceptTrade", ["trade": .id(trade.bytes)])
        case .cancel(let trade, _): return ("cancelTrade", ["trade": .id(trade.bytes)])
        case .publish(let offer, let terms, let isNew):
            return (
                isNew ? "publishOffer" : "updateOffer",
                [
                    "offer": .number(offer), "capPerPlayer": .number(terms.cap), "stock": .number(terms.stock),
                    "opens": .number(terms.opens), "closes": .number(terms.closes), "costs": .lines(terms.costs),
                    "results": .lines(terms.results),
                ]
            )
        case .close(let offer): return ("closeOffer", ["offer": .number(offer)])
        case .setBuyback(let asset, let currency, let price):
            return (
                "setBuyback", ["asset": .number(asset), "currency": .number(currency), "price": .number(price)]
            )
        case .setCredit(let player, let asset, let limit):
            return (
                "setCredit",
                [
                    "player": .account(Address(cast.accounts[player])), "asset": .number(asset),
                    "limit": .number(limit),
                ]
            )
        default: preconditionFailure("an action without fields")
        }
    }
}
