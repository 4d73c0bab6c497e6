import Wire

/// What the contract `commodities` does to the prices of a match's markets, for the model.
struct LotPrices {
    static let lot: UInt64 = 100
    static let step: UInt64 = 3
    static let bounds: ClosedRange<UInt64> = 20...9_999
    static let lotsMax: UInt64 = 1_024
    static let all: UInt64 = 10_000

    private var prices: [UInt64: UInt64] = [:]

    /// The number of a match's own market.
    static func market(ofMatch name: String) -> UInt64 {
        SHA256.digest(Array("hoard:market:\(name)".utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } | 1
    }

    /// The price of the next lot of a resource.
    func price(_ asset: UInt64, first: UInt64) -> UInt64 {
        prices[asset] ?? min(max(first, Self.bounds.lowerBound), Self.bounds.upperBound)
    }

    /// Sets it.
    mutating func set(_ asset: UInt64, _ price: UInt64) { prices[asset] = price }
}

/// Commands that are intents: trades with the shared market, and tributes. The model foresees how far each is clamped.
extension Planner {
    /// Buys or sells as many of the wanted lots as the player can.
    mutating func tradeLots(_ event: MatchEvent) throws(PlanError) {
        let lots = try thing(event)
        let gold = try currency(event)
        let commission = UInt64(event.fee ?? 0)
        let unit = UInt64(match.scale)
        guard commission <= LotPrices.all else {
            throw PlanError(sequence: event.sequence, problem: "the fee \(commission) of a market is over 10,000 basis points")
        }
        guard lots.amount > 0, lots.amount <= UInt64(UInt32.max) else {
            return notes.append("event \(event.sequence) asks for \(lots.amount) lots: left out")
        }
        let isPurchase = event.kind == .buyLots
        let first = UInt64(min(event.unitPrice ?? 100, 1_000_000))
        let player = AccountName.player(fullName(event.actor))
        var price = lotPrices.price(lots.asset, first: first)
        let owned = UInt64(max(0, model.balance(player, isPurchase ? gold : lots.asset)))
        var done: UInt64 = 0
        var money: UInt64 = 0
        while done < min(lots.amount, LotPrices.lotsMax) {
            if isPurchase {
                let cost = (price * unit * (LotPrices.all + commission) + LotPrices.all - 1) / LotPrices.all
                if money + cost > owned { break }
                money += cost
                price = min(price + LotPrices.step, LotPrices.bounds.upperBound)
            } else {
                if (done + 1) * LotPrices.lot * unit > owned { break }
                money += price * unit * (LotPrices.all - commission) / LotPrices.all
                price = max(price < LotPrices.step ? 0 : price - LotPrices.step, LotPrices.bounds.lowerBound)
            }
            done += 1
        }
        var action = action(
            event, event.kind.rawValue,
            [
                "player": .account(player), "market": .number(marketNumber), "asset": .number(lots.asset),
                "currency": .number(gold), "lots": .number(lots.amount), "commission": .number(commission),
                "unitSize": .number(unit), "firstPrice": .number(first),
            ], authority: .server)
        action.requested = lots.amount
        let goods = AssetAmount(asset: lots.asset, amount: done * LotPrices.lot * unit)
        let coins = AssetAmount(asset: gold, amount: money)
        let (pays, gets) = isPurchase ? (coins, goods) : (goods, coins)
        action.effects =
            done == 0
            ? Self.unaffordable(player, isPurchase ? gold : lots.asset)
            : move(pays, from: player, to: .sink(options.sink)) + move(gets, from: .faucet(options.faucet), to: player)
        if emit([action], event) { lotPrices.set(lots.asset, price) }
    }

    /// Sends as much as the sender has for it and for the fee on top.
    mutating func tribute(_ event: MatchEvent) throws(PlanError) {
        let line = try event.item == nil ? money(event, event.amount) : thing(event)
        let fee = UInt64(event.fee ?? 0)
        guard fee <= 10 * LotPrices.all else {
            throw PlanError(sequence: event.sequence, problem: "the fee \(fee) of a tribute is over 100,000 basis points")
        }
        guard line.amount > 0, line.amount < 1 << 45 else {
            return notes.append("event \(event.sequence) sends \(line.amount): left out")
        }
        let sender = AccountName.player(fullName(event.actor))
        let receiver = AccountName.player(fullName(event.counterparty ?? ""))
        let owned = UInt64(max(0, model.balance(sender, line.asset)))
        func fees(_ amount: UInt64) -> UInt64 { (amount * fee + LotPrices.all - 1) / LotPrices.all }
        var sent = line
        if sent.amount + fees(sent.amount) > owned {
            sent.amount = UInt64(
                UInt128(owned) * UInt128(LotPrices.all) / UInt128(LotPrices.all + fee))
        }
        let kept = AssetAmount(asset: line.asset, amount: fees(sent.amount))
        var action = action(
            event, "tribute",
            [
                "sender": .account(sender), "receiver": .account(receiver), "asset": .number(line.asset),
                "amount": .number(line.amount), "feeBasisPoints": .number(fee),
            ], authority: .server)
        action.requested = line.amount
        action.effects =
            sent.amount == 0
            ? Self.unaffordable(sender, line.asset)
            : move(sent, from: sender, to: receiver) + (kept.amount > 0 ? move(kept, from: sender, to: .sink(options.sink)) : [])
        emit([action], event)
    }

    /// What the model refuses like the contract: more than anyone has.
    private static func unaffordable(_ player: AccountName, _ asset: UInt64) -> [Effect] {
        [Effect(account: player, asset: asset, delta: .min)]
    }

    /// The number of the match's own market.
    private var marketNumber: UInt64 { LotPrices.market(ofMatch: name) }
}
