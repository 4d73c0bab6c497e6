import EVM
import Economy
import Testing
import Wire

/// What the shared markets, tributes and refunds should do, in plain dictionaries.
struct CommodityModel {
    struct Key: Hashable {
        let account: Address
        let asset: UInt64
    }
    static let faucet = NamedAccount.faucet("match")
    static let sink = NamedAccount.sink("match")

    var balances: [Key: Int64] = [:]
    /// The price of the next lot by market and asset.
    var prices: [[UInt64]: UInt64] = [:]
    /// What was given back, by operation and asset.
    var refunded: [[UInt8]: Set<UInt64>] = [:]

    func has(_ account: Address, _ asset: UInt64) -> UInt64 { UInt64(max(0, balances[Key(account: account, asset: asset)] ?? 0)) }

    mutating func shift(_ from: Address, _ to: Address, _ asset: UInt64, _ amount: UInt64) {
        balances[Key(account: from, asset: asset), default: 0] -= Int64(amount)
        balances[Key(account: to, asset: asset), default: 0] += Int64(amount)
    }

    /// A part of ten thousand, rounded up: against the one who pays.
    private func up(_ amount: UInt64, _ parts: UInt64) -> UInt64 { (amount * parts + 9_999) / 10_000 }

    mutating func buy(_ who: Address, _ market: UInt64, _ asset: UInt64, _ lots: UInt64, _ commission: UInt64, unit: UInt64, first: UInt64) -> Bool {
        var price = prices[[market, asset]] ?? min(max(first, 20), 9_999)
        var (done, paid) = (UInt64(0), UInt64(0))
        while done < lots, paid + up(price * unit, 10_000 + commission) <= has(who, 1) {
            paid += up(price * unit, 10_000 + commission)
            done += 1
            price = min(price + 3, 9_999)
        }
        guard done > 0 else { return false }
        prices[[market, asset]] = price
        shift(who, Self.sink, 1, paid)
        shift(Self.faucet, who, asset, done * 100 * unit)
        return true
    }

    mutating func sell(_ who: Address, _ market: UInt64, _ asset: UInt64, _ lots: UInt64, _ commission: UInt64, unit: UInt64, first: UInt64) -> Bool {
        var price = prices[[market, asset]] ?? min(max(first, 20), 9_999)
        let done = min(lots, has(who, asset) / (100 * unit))
        guard done > 0 else { return false }
        for _ in 0..<done {
            // Rounded down, against the one who is paid.
            shift(Self.faucet, who, 1, price * unit * (10_000 - commission) / 10_000)
            price = price < 23 ? 20 : price - 3
        }
        prices[[market, asset]] = price
        shift(who, Self.sink, asset, done * 100 * unit)
        return true
    }

    mutating func tribute(_ from: Address, _ to: Address, _ asset: UInt64, _ amount: UInt64, fee: UInt64) -> Bool {
        // The most that can be sent, looked for one by one.
        var sent = min(amount, has(from, asset))
        while sent > 0, sent + up(sent, fee) > has(from, asset) { sent -= 1 }
        guard sent > 0 else { return false }
        let kept = up(sent, fee)
        shift(from, to, asset, sent)
        shift(from, Self.sink, asset, kept)
        return true
    }

    mutating func refund(_ original: [UInt8], _ from: Address, _ to: Address, _ asset: UInt64, _ amount: UInt64) -> Bool {
        guard refunded[original, default: []].insert(asset).inserted else { return false }
        guard from == NamedAccount.faucet("rewards") || has(from, asset) >= amount else { return false }
        shift(from, to, asset, amount)
        return true
    }
}

/// Shared markets, tributes and refunds do what a plain model does.
struct CommodityPropertyTests {
    private static let players = (0..<4).map { "player\($0)" }
    private static let goods: [UInt64] = [65_540, 65_543, 65_552]

    @Test(arguments: [UInt64](1...4))
    func `random lots, tributes and refunds keep the books, seed by seed`(seed: UInt64) throws {
        let world = try TestWorld()
        var random = SplitMix(state: seed)
        var model = CommodityModel()
        let assets = [1] + Self.goods
        let players = Self.players.map { NamedAccount.player($0) }
        let accounts = players + Array(world.game.catalog.houses.keys)
        for player in Self.players { try world.give(player, assets.map { AssetLine(asset: $0, amount: 9_000) }) }
        for account in accounts {
            for asset in assets { model.balances[.init(account: account, asset: asset)] = try world.balance(account, asset) }
        }
        var applied: [String: Int] = [:]
        var refused = 0
        for _ in 0..<160 {
            var next = model
            let (who, other) = (players[random.below(4)], players[random.below(4)])
            let asset = Self.goods[random.below(3)]
            let name = ["buyLots", "sellLots", "tribute", "refund"][random.below(4)]
            let expected: Bool
            let fields: [String: FieldValue]
            switch name {
            case "tribute":
                let (what, amount, fee) = (assets[random.below(4)], UInt64(1 + random.below(4_000)), UInt64(random.below(2) == 0 ? random.below(20_000) : 1))
                fields = [
                    "sender": .account(who), "receiver": .account(other), "asset": .number(what), "amount": .number(amount), "feeBasisPoints": .number(fee),
                ]
                expected = next.tribute(who, other, what, amount, fee: fee)
            case "refund":
                let original = [UInt8](repeating: 3, count: 15) + [UInt8(random.below(20))]
                let from = [who, NamedAccount.treasury, NamedAccount.faucet("rewards")][random.below(3)]
                let amount = UInt64(1 + random.below(3_000))
                fields = [
                    "original": .id(original), "from": .account(from), "to": .account(other), "line": RefusalTests.lines(asset, amount), "reason": .number(1),
                ]
                expected = next.refund(original, from, other, asset, amount)
            default:
                let (market, lots, commission) = (UInt64(1 + random.below(2)), UInt64(1 + random.below(12)), UInt64(random.below(3_001)))
                let first = UInt64([0, 100, 20_000][random.below(3)])
                fields = [
                    "player": .account(who), "market": .number(market), "asset": .number(asset), "currency": .number(1), "lots": .number(lots),
                    "commission": .number(commission), "unitSize": .number(1), "firstPrice": .number(first),
                ]
                expected =
                    name == "buyLots"
                    ? next.buy(who, market, asset, lots, commission, unit: 1, first: first)
                    : next.sell(who, market, asset, lots, commission, unit: 1, first: first)
            }
            let reply = try world.perform(name, as: .server, by: "match", fields)
            #expect((reply.status == .applied) == expected, "\(name) \(fields): \(reply.message)")
            if expected {
                model = next
                applied[name, default: 0] += 1
            } else {
                refused += 1
            }
            for account in players + [NamedAccount.treasury, CommodityModel.faucet, CommodityModel.sink, NamedAccount.faucet("rewards")] {
                for asset in assets {
                    let have = try world.balance(account, asset)
                    guard have == model.balances[.init(account: account, asset: asset)] else {
                        throw TestFailure("after \(name) \(fields) \(account) has \(have) of \(asset)")
                    }
                }
            }
        }
        for asset in assets { #expect(try accounts.reduce(0) { try $0 + world.balance($1, asset) } == 0) }
        print("commodities seed \(seed): applied \(applied.sorted { $0.key < $1.key }), refused \(refused)")
        #expect(applied.count == 4 && applied.values.allSatisfy { $0 > 8 } && refused > 5)
    }

    @Test func `a tribute in pieces pays no less of a fee`() throws {
        let world = try TestWorld()
        try world.give("anna", [AssetLine(asset: 1, amount: 1_000)])
        func tribute(_ amount: UInt64) throws -> UInt64 {
            try world.perform(
                "tribute", as: .server, by: "match",
                [
                    "sender": .account(NamedAccount.player("anna")), "receiver": .account(NamedAccount.player("ben")), "asset": .number(1),
                    "amount": .number(amount), "feeBasisPoints": .number(3_000),
                ]
            ).result1
        }
        #expect(try tribute(10) == 3)
        #expect(try (0..<10).reduce(0) { sum, _ in try sum + tribute(1) } == 10, "each piece a coin")
    }
}
