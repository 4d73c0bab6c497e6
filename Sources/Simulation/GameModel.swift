internal import Economy
internal import Wire

/// A balance of the checker's ledger: whose, and of what.
struct Holding: Hashable {
    var place: Place
    var asset: UInt64
}

/// What the checker says an action must have come to.
enum ModelOutcome: Equatable {
    /// Done, with the numbers of the reply where they are known.
    case applied(result0: UInt64?, result1: UInt64?)
    /// Refused by the contract with this code.
    case refused(UInt16)
}

/// Why the model refuses; the numbers are those of errors.json.
enum ModelRefusal: UInt16, Error {
    case insufficientCoins = 100, insufficientItems = 101, uniqueExists = 105
    case offerUnknown = 120, offerClosed = 121, offerNotOpenYet = 122, offerOver = 123, capReached = 124, soldOut = 125
    case overMaxCost = 126, notBoughtBack = 128, underMinPaid = 129, offerExists = 130, badOffer = 131
    case tradeExists = 140, tradeUnknown = 141, tradeNotOpen = 142, tradeExpired = 143, notYourTrade = 144
    case tradeWithOneself = 145, alreadyRefunded = 152
}

/// The checker's own ledger: the rules of the game once more, in plain dictionaries.
struct GameModel {
    private struct Trade {
        var proposer: Place
        var counterparty: Place
        var gives: [AssetLine]
        var wants: [AssetLine]
        var expires: UInt64
        var isOpen = true
    }

    private struct Refund: Hashable {
        var original: OperationID
        var asset: UInt64
    }

    static let unlimited = UInt64.max
    private let cast: Cast
    /// What a trade costs, in ten thousandths.
    private static let feeParts: UInt64 = 250
    /// All balances that are not zero, or once were not.
    private(set) var balances: [Holding: Int64] = [:]
    private(set) var offers: [UInt64: OfferTerms] = [:]
    private var bought: [Holding: UInt64] = [:]
    private var buybacks: [UInt64: (currency: UInt64, price: UInt64)] = [:]
    private var credits: [Holding: Int64] = [:]
    private var owners: [UInt64: Place] = [:]
    private var trades: [OperationID: Trade] = [:]
    private var refunds: Set<Refund> = []
    /// What the present action has changed, to be taken back where it is refused.
    private var undo: [(Holding, Int64)] = []
    /// The balances that the last action changed.
    var changed: [Holding] { undo.map(\.0) }

    /// The game before its first operation, with the balances that its genesis has.
    init(game: Game, cast: Cast, balances: [Holding: Int64]) {
        self.cast = cast
        self.balances = balances
        for offer in game.catalog.offers {
            offers[offer.offer] = OfferTerms(
                cap: offer.capPerPlayer, stock: offer.stock, opens: offer.opens, closes: offer.closes,
                costs: offer.costs, results: offer.results)
        }
        for buyback in game.catalog.buybacks { buybacks[buyback.asset] = (buyback.currency, buyback.price) }
        for credit in game.catalog.credits {
            guard let place = cast.place(of: Account(credit.account)) else { continue }
            credits[Holding(place: place, asset: credit.asset)] = Int64(credit.limit)
        }
    }

    /// What an account has.
    func balance(_ place: Place, _ asset: UInt64) -> Int64 { balances[Holding(place: place, asset: asset)] ?? 0 }

    /// Applies an action at a time in seconds, wholly or not at all.
    mutating func apply(_ action: GameAction, nowSeconds: UInt64) -> ModelOutcome {
        undo.removeAll(keepingCapacity: true)
        do throws(ModelRefusal) {
            return try run(action, nowSeconds)
        } catch {
            for (holding, amount) in undo.reversed() { balances[holding] = amount }
            undo.removeAll(keepingCapacity: true)
            return .refused(error.rawValue)
        }
    }

    /// Takes back the last action, which was applied; offers, trades, caps and refunds are the caller's to restore.
    private mutating func set(_ place: Place, _ asset: UInt64, _ amount: Int64) {
        let holding = Holding(place: place, asset: asset)
        undo.append((holding, balances[holding] ?? 0))
        balances[holding] = amount
    }

    private mutating func move(_ from: Place, _ to: Place, _ asset: UInt64, _ amount: UInt64) throws(ModelRefusal) {
        let have = balance(from, asset)
        let amount = Int64(amount)
        if asset >= Catalog.firstUnique {
            guard owners[asset] == from, amount == 1 else { throw .insufficientItems }
            owners[asset] = to
        } else if asset >= Catalog.firstItem {
            guard have >= amount else { throw .insufficientItems }
        } else {
            let credit = credits[Holding(place: from, asset: asset)] ?? 0
            guard have >= amount || have + credit >= amount else { throw .insufficientCoins }
        }
        set(from, asset, have - amount)
        set(to, asset, balance(to, asset) + amount)
    }

    private mutating func issue(_ faucet: Place, _ to: Place, _ line: AssetLine) throws(ModelRefusal) {
        if line.asset >= Catalog.firstUnique {
            guard line.amount == 1, owners[line.asset] == nil else { throw .uniqueExists }
            owners[line.asset] = to
        }
        set(faucet, line.asset, balance(faucet, line.asset) - Int64(line.amount))
        set(to, line.asset, balance(to, line.asset) + Int64(line.amount))
    }

    private mutating func run(_ action: GameAction, _ now: UInt64) throws(ModelRefusal) -> ModelOutcome {
        switch action {
        case .transfer(let from, let to, let asset, let amount):
            try move(from, to, asset, amount)
            return .applied(result0: amount, result1: nil)
        case .purchase(let buyer, let offer, let quantity, let maxCost):
            return try purchase(buyer, offer, quantity, maxCost, now)
        case .sell(let seller, let asset, let quantity, let minPaid):
            guard let listed = buybacks[asset] else { throw .notBoughtBack }
            let paid = listed.price * quantity
            if paid < minPaid { throw .underMinPaid }
            try move(seller, cast.shopSink, asset, quantity)
            try issue(cast.shopFaucet, seller, AssetLine(asset: listed.currency, amount: paid))
            return .applied(result0: quantity, result1: paid)
        case .grant(let player, let faucet, let lines):
            let before = owners
            do throws(ModelRefusal) {
                for line in lines { try issue(faucet, player, line) }
            } catch {
                owners = before
                throw error
            }
            return .applied(result0: UInt64(lines.count), result1: nil)
        case .trade(let first, let second, let firstGives, let secondGives):
            if first == second { throw .tradeWithOneself }
            let before = owners
            do throws(ModelRefusal) {
                let feeOfFirst = try give(first, second, firstGives)
                return .applied(result0: feeOfFirst, result1: try give(second, first, secondGives))
            } catch {
                owners = before
                throw error
            }
        case .exchange(let player, let sink, let source, let pays, let gets):
            return try exchange(player, sink, source, pays, gets)
        case .refund(let original, let from, let to, let line):
            guard !refunds.contains(Refund(original: original, asset: line.asset)) else { throw .alreadyRefunded }
            if cast.isFaucet(from) { try issue(from, to, line) } else { try move(from, to, line.asset, line.amount) }
            refunds.insert(Refund(original: original, asset: line.asset))
            return .applied(result0: line.amount, result1: nil)
        case .propose, .accept, .cancel: return try trade(action, now)
        default: return try administer(action)
        }
    }

    private mutating func purchase(
        _ buyer: Place, _ number: UInt64, _ quantity: UInt64, _ maxCost: [UInt64], _ now: UInt64
    ) throws(ModelRefusal) -> ModelOutcome {
        guard var offer = offers[number] else { throw .offerUnknown }
        guard offer.isActive else { throw .offerClosed }
        if now < offer.opens { throw .offerNotOpenYet }
        if offer.closes != 0, now >= offer.closes { throw .offerOver }
        let counted = Holding(place: buyer, asset: number)
        let before = bought[counted] ?? 0
        if offer.cap != 0, before + quantity > offer.cap { throw .capReached }
        if offer.stock != Self.unlimited {
            if offer.sold + quantity > offer.stock { throw .soldOut }
            offer.sold += quantity
        }
        for (index, cost) in offer.costs.enumerated() {
            if cost.amount * quantity > maxCost[index] { throw .overMaxCost }
            try move(buyer, cast.treasury, cost.asset, cost.amount * quantity)
        }
        for result in offer.results {
            try issue(cast.shopFaucet, buyer, AssetLine(asset: result.asset, amount: result.amount * quantity))
        }
        // Nothing can refuse it any more.
        if offer.cap != 0 { bought[counted] = before + quantity }
        offers[number] = offer
        return .applied(result0: quantity, result1: offer.costs.first.map { $0.amount * quantity } ?? 0)
    }

    private mutating func give(
        _ giver: Place, _ taker: Place, _ line: AssetLine
    ) throws(ModelRefusal) -> UInt64 {
        let fee = line.asset >= Catalog.firstItem ? 0 : (line.amount * Self.feeParts + 9_999) / 10_000
        try move(giver, taker, line.asset, line.amount)
        if fee > 0 {
            // The fee was never the taker's: it leaves whatever the taker's balance is.
            set(taker, line.asset, balance(taker, line.asset) - Int64(fee))
            set(cast.treasury, line.asset, balance(cast.treasury, line.asset) + Int64(fee))
        }
        return fee
    }

    private mutating func exchange(
        _ player: Place, _ sink: Place, _ source: Place, _ pays: [AssetLine], _ gets: [AssetLine]
    ) throws(ModelRefusal) -> ModelOutcome {
        let before = owners
        do throws(ModelRefusal) {
            for line in pays { try move(player, sink, line.asset, line.amount) }
            for line in gets {
                if cast.isFaucet(source) {
                    try issue(source, player, line)
                } else {
                    try move(source, player, line.asset, line.amount)
                }
            }
        } catch {
            owners = before
            throw error
        }
        return .applied(result0: pays.first?.amount ?? 0, result1: gets.first?.amount ?? 0)
    }

    private mutating func trade(_ action: GameAction, _ now: UInt64) throws(ModelRefusal) -> ModelOutcome {
        switch action {
        case .propose(let id, let proposer, let counterparty, let gives, let wants, let expires):
            guard trades[id] == nil else { throw .tradeExists }
            if proposer == counterparty { throw .tradeWithOneself }
            if expires < now { throw .tradeExpired }
            let before = owners
            do throws(ModelRefusal) {
                for line in gives { try move(proposer, cast.tradeEscrow, line.asset, line.amount) }
            } catch {
                owners = before
                throw error
            }
            trades[id] = Trade(
                proposer: proposer, counterparty: counterparty, gives: gives, wants: wants, expires: expires)
            return .applied(result0: expires, result1: nil)
        case .accept(let id, let by):
            guard let trade = trades[id] else { throw .tradeUnknown }
            guard trade.isOpen else { throw .tradeNotOpen }
            guard trade.counterparty == by else { throw .notYourTrade }
            if trade.expires < now { throw .tradeExpired }
            let before = owners
            do throws(ModelRefusal) {
                var fees: (UInt64, UInt64) = (0, 0)
                for line in trade.gives { fees.0 += try give(cast.tradeEscrow, by, line) }
                for line in trade.wants { fees.1 += try give(by, trade.proposer, line) }
                trades[id]?.isOpen = false
                return .applied(result0: fees.0, result1: fees.1)
            } catch {
                owners = before
                throw error
            }
        case .cancel(let id, let by):
            guard let trade = trades[id] else { throw .tradeUnknown }
            guard trade.isOpen else { throw .tradeNotOpen }
            guard trade.counterparty == by || trade.proposer == by else { throw .notYourTrade }
            for line in trade.gives { try move(cast.tradeEscrow, trade.proposer, line.asset, line.amount) }
            trades[id]?.isOpen = false
            return .applied(result0: nil, result1: nil)
        default: preconditionFailure("not a trade")
        }
    }

    private mutating func administer(_ action: GameAction) throws(ModelRefusal) -> ModelOutcome {
        switch action {
        case .publish(let number, var terms, let isNew):
            if isNew, offers[number] != nil { throw .offerExists }
            if !isNew, offers[number] == nil { throw .offerUnknown }
            if terms.closes != 0, terms.closes <= terms.opens { throw .badOffer }
            terms.sold = offers[number]?.sold ?? 0
            offers[number] = terms
        case .close(let number):
            guard offers[number] != nil else { throw .offerUnknown }
            offers[number]?.isActive = false
        case .setBuyback(let asset, let currency, let price): buybacks[asset] = price == 0 ? nil : (currency, price)
        case .setCredit(let player, let asset, let limit):
            credits[Holding(place: player, asset: asset)] = Int64(limit)
        default: preconditionFailure("not an operator's action")
        }
        return .applied(result0: nil, result1: nil)
    }
}
