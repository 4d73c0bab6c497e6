import EVM
import Economy
import Testing
import Wire

/// A small deterministic generator (SplitMix64): one seed decides a whole run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// What the contracts should hold, in a plain dictionary.
struct ModelEconomy {
    struct Key: Hashable {
        let account: Address
        let asset: UInt64
    }
    var balances: [Key: Int64] = [:]
    var credit: [Key: Int64] = [:]
    var bought: [Key: UInt64] = [:]
    var sold: [UInt64: UInt64] = [:]
    let houses: [Address: HouseKind]

    func has(_ account: Address, _ asset: UInt64) -> Int64 { balances[Key(account: account, asset: asset)] ?? 0 }

    /// Moves what there is; false where it is too little.
    mutating func move(_ from: Address, _ to: Address, _ asset: UInt64, _ amount: Int64) -> Bool {
        let limit = credit[Key(account: from, asset: asset)] ?? 0
        guard has(from, asset) + limit >= amount else { return false }
        shift(from, to, asset, amount)
        return true
    }

    mutating func shift(_ from: Address, _ to: Address, _ asset: UInt64, _ amount: Int64) {
        balances[Key(account: from, asset: asset), default: 0] -= amount
        balances[Key(account: to, asset: asset), default: 0] += amount
    }
}

/// Random actions of random players, checked against the model after each.
final class EconomyRun {
    let world: TestWorld
    var model: ModelEconomy
    var random: SplitMix
    let players = (0..<6).map { "player\($0)" }
    let assets: [UInt64] = [1, 2, 65_536, 65_537, 65_552, 65_568, 65_569, 65_571, 65_572]
    let houses: [Address]
    var applied = 0
    var refused = 0

    init(seed: UInt64) throws {
        world = try TestWorld()
        random = SplitMix(state: seed)
        model = ModelEconomy(houses: world.game.catalog.houses)
        houses = Array(world.game.catalog.houses.keys)
        for account in houses {
            for asset in assets {
                model.balances[.init(account: account, asset: asset)] = try world.balance(account, asset)
            }
        }
    }

    private func player() -> String { players[random.below(players.count)] }
    private func line(_ maximum: Int) -> AssetLine {
        AssetLine(asset: assets[random.below(assets.count)], amount: UInt64(1 + random.below(maximum)))
    }
    private func address(_ name: String) -> Address { NamedAccount.player(name) }

    /// One random action; true where the model says that it takes effect.
    func step() throws {
        var next = model
        let expected: Bool
        let reply: ReplyBody
        switch random.below(100) {
        case 0..<20: (expected, reply) = try purchase(&next)
        case 20..<35: (expected, reply) = try send(&next)
        case 35..<55: (expected, reply) = try grant(&next)
        case 55..<70: (expected, reply) = try trade(&next)
        case 70..<85: (expected, reply) = try exchange(&next)
        case 85..<95: (expected, reply) = try sell(&next)
        default: (expected, reply) = try setCredit(&next)
        }
        if (reply.status == .applied) != expected {
            throw TestFailure("the model says \(expected), the contract \(reply.status): \(reply.message)")
        }
        if expected {
            model = next
            applied += 1
        } else {
            refused += 1
        }
    }

    private func purchase(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let offers = world.game.catalog.offers.filter { [1, 2, 17, 33, 34, 36, 38].contains($0.offer) }
        let offer = offers[random.below(offers.count)]
        let quantity = UInt64(1 + random.below(offer.offer == 33 ? 30 : 3))
        let who = player()
        let reply = try world.perform(
            "purchase", by: who,
            [
                "offer": .number(offer.offer), "quantity": .number(quantity),
                "maxCost": .numbers(offer.costs.map { $0.amount * quantity }),
            ])
        var expected = true
        for cost in offer.costs {
            expected =
                expected
                && next.move(
                    address(who), NamedAccount.treasury, cost.asset, Int64(cost.amount * quantity))
        }
        for result in offer.results {
            next.shift(NamedAccount.faucet("shop"), address(who), result.asset, Int64(result.amount * quantity))
        }
        if offer.stock != .max {
            next.sold[offer.offer, default: 0] += quantity
            expected = expected && next.sold[offer.offer]! <= offer.stock
        }
        if offer.capPerPlayer != 0 {
            let key = ModelEconomy.Key(account: address(who), asset: offer.offer)
            next.bought[key, default: 0] += quantity
            expected = expected && next.bought[key]! <= offer.capPerPlayer
        }
        return (expected, reply)
    }

    private func send(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let (from, to, what) = (player(), player(), line(60))
        let reply = try world.perform(
            what.asset < 65_536 ? "transferCoins" : "transferItem", by: from,
            ["to": .account(address(to)), "asset": .number(what.asset), "amount": .number(what.amount)])
        return (next.move(address(from), address(to), what.asset, Int64(what.amount)), reply)
    }

    private func grant(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let who = player()
        let lines = (0...random.below(8)).map { _ in line(100) }
        let faucet = NamedAccount.faucet("rewards")
        let reply = try world.perform(
            "grant", as: .server, by: "game",
            ["player": .account(address(who)), "faucet": .account(faucet), "lines": .lines(lines)])
        for line in lines { next.shift(faucet, address(who), line.asset, Int64(line.amount)) }
        return (true, reply)
    }

    private func trade(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let (first, second, gives, wants) = (player(), player(), line(80), line(80))
        let reply = try world.perform(
            "trade", as: .server, by: "game",
            [
                "first": .account(address(first)), "second": .account(address(second)),
                "firstGives": .lines([gives]), "secondGives": .lines([wants]),
            ])
        var expected = first != second
        for (from, to, line) in [(first, second, gives), (second, first, wants)] {
            let amount = Int64(line.amount)
            let fee = line.asset < 65_536 ? (amount * 250 + 9_999) / 10_000 : 0
            expected = expected && next.move(address(from), address(to), line.asset, amount)
            next.shift(address(to), NamedAccount.treasury, line.asset, fee)
        }
        return (expected, reply)
    }

    private func exchange(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let who = address(player())
        let pays = (0..<random.below(4)).map { _ in line(30) }
        let gets = (0..<random.below(4)).map { _ in line(30) }
        let fromTreasury = random.below(3) == 0
        let to = random.below(2) == 0 ? NamedAccount.treasury : NamedAccount.sink("match")
        let from = fromTreasury ? NamedAccount.treasury : NamedAccount.faucet("match")
        let reply = try world.perform(
            "exchange", as: .server, by: "game",
            [
                "player": .account(who), "to": .account(to), "from": .account(from), "pays": .lines(pays),
                "gets": .lines(gets),
            ])
        var expected = true
        for line in pays { expected = expected && next.move(who, to, line.asset, Int64(line.amount)) }
        for line in gets {
            if fromTreasury {
                expected = expected && next.move(from, who, line.asset, Int64(line.amount))
            } else {
                next.shift(from, who, line.asset, Int64(line.amount))
            }
        }
        return (expected, reply)
    }

    private func sell(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let who = player()
        let buyback = world.game.catalog.buybacks[[0, 1, 16][random.below(3)]]
        let quantity = UInt64(1 + random.below(40))
        let reply = try world.perform(
            "sell", by: who, ["asset": .number(buyback.asset), "quantity": .number(quantity)])
        let expected = next.move(address(who), NamedAccount.sink("shop"), buyback.asset, Int64(quantity))
        next.shift(NamedAccount.faucet("shop"), address(who), buyback.currency, Int64(quantity * buyback.price))
        return (expected, reply)
    }

    private func setCredit(_ next: inout ModelEconomy) throws -> (Bool, ReplyBody) {
        let who = address(player())
        let limit = UInt64(random.below(200))
        let reply = try world.perform(
            "setCredit", as: .operator, by: "root",
            ["player": .account(who), "asset": .number(1), "limit": .number(limit)])
        next.credit[.init(account: who, asset: 1)] = Int64(limit)
        return (true, reply)
    }

    /// Every balance equals the model's, and every asset sums to zero over all accounts.
    func check() throws {
        for asset in assets {
            var sum: Int64 = 0
            for account in houses + players.map(address) {
                let have = try world.balance(account, asset)
                guard have == model.has(account, asset) else {
                    throw TestFailure("\(account) has \(have) of \(asset), the model \(model.has(account, asset))")
                }
                sum += have
            }
            guard sum == 0 else { throw TestFailure("asset \(asset) sums to \(sum)") }
        }
        for name in players {
            let inventory = try world.ask(QueryBody(kind: .inventory, account: Account(address(name))))
            let expected = assets.filter { $0 >= 65_536 && model.has(address(name), $0) > 0 }
                .map { AssetAmount(asset: $0, amount: UInt64(model.has(address(name), $0))) }
            guard inventory == .inventory(items: expected, next: 0) else {
                throw TestFailure("the inventory of \(name) is \(inventory), the model's \(expected)")
            }
        }
    }
}

/// The contracts do what a plain model does, whatever the players do.
struct PropertyTests {
    @Test(arguments: [UInt64](1...6))
    func `random actions of random players keep the books, seed by seed`(seed: UInt64) throws {
        let run = try EconomyRun(seed: seed)
        for _ in 0..<150 {
            try run.step()
            try run.check()
        }
        #expect(run.applied > 60, "\(run.applied) of 150 took effect")
        #expect(run.refused > 10, "\(run.refused) of 150 were refused")
    }

    @Test func `unique items move between lists and are nowhere twice`() throws {
        let world = try TestWorld()
        var random = SplitMix(state: 42)
        let players = (0..<4).map { "player\($0)" }
        var owner: [UInt64: String] = [:]
        for serial in 0..<20 {
            let asset = UInt64(2) << 32 | UInt64(serial)
            let who = players[random.below(4)]
            try world.give(who, [AssetLine(asset: asset, amount: 1)])
            owner[asset] = who
        }
        for _ in 0..<120 {
            let asset = UInt64(2) << 32 | UInt64(random.below(20))
            let (from, to) = (players[random.below(4)], players[random.below(4)])
            let reply = try world.perform(
                "transferItem", by: from,
                ["to": .account(NamedAccount.player(to)), "asset": .number(asset), "amount": .number(1)])
            #expect((reply.status == .applied) == (owner[asset] == from))
            if owner[asset] == from { owner[asset] = to }
        }
        for name in players {
            let account = Account(NamedAccount.player(name))
            guard case .inventory(let items, 0) = try world.ask(QueryBody(kind: .inventory, account: account)) else {
                Issue.record("no inventory")
                return
            }
            #expect(Set(items.map(\.asset)) == Set(owner.filter { $0.value == name }.keys))
            #expect(items.count == owner.count { $0.value == name })
        }
    }
}
