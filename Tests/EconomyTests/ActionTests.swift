import EVM
import Economy
import Testing
import Wire

/// Every action does what its file says, through the real contracts and the real machine.
struct ActionTests {
    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")
    let treasury = NamedAccount.treasury
    let potion: UInt64 = 65_536
    let unique: UInt64 = 2 << 32 | 7

    init() throws {
        world = try TestWorld()
        try world.give(
            "anna",
            [
                AssetLine(asset: 1, amount: 1_000), AssetLine(asset: 2, amount: 1_000),
                AssetLine(asset: potion, amount: 50),
            ])
        try world.give("ben", [AssetLine(asset: 1, amount: 500), AssetLine(asset: 65_537, amount: 20)])
    }

    private func applied(_ reply: ReplyBody, _ result0: UInt64 = 0, _ result1: UInt64 = 0) {
        #expect(reply.status == .applied, "\(reply.message)")
        #expect(reply.result0 == result0)
        #expect(reply.result1 == result1)
    }

    @Test func `coins are sent`() throws {
        applied(
            try world.perform("transferCoins", ["to": .account(ben), "asset": .number(1), "amount": .number(300)]), 300)
        #expect(try world.balance(of: "anna", 1) == 700)
        #expect(try world.balance(of: "ben", 1) == 800)
        let events = world.game.events(
            of: try #require(world.receipt), block: 7, index: 3, operationID: OperationID(high: 1, low: 2))
        #expect(events.map(\.amount) == [-300, 300])
        #expect(events.map(\.account) == [Account(anna), Account(ben)])
        #expect(events.map(\.counterparty) == [Account(ben), Account(anna)])
        #expect(events.allSatisfy { $0.asset == 1 && $0.block == 7 && $0.index == 3 })
    }

    @Test func `stackable and unique items are sent, and inventories follow`() throws {
        try world.give("anna", [AssetLine(asset: unique, amount: 1), AssetLine(asset: 1 << 32 | 9, amount: 1)])
        applied(
            try world.perform("transferItem", ["to": .account(ben), "asset": .number(potion), "amount": .number(50)]),
            50)
        applied(
            try world.perform("transferItem", ["to": .account(ben), "asset": .number(unique), "amount": .number(1)]), 1)
        let annas = try world.ask(QueryBody(kind: .inventory))
        #expect(annas == .inventory(items: [AssetAmount(asset: 1 << 32 | 9, amount: 1)], next: 0))
        let bens = try world.ask(QueryBody(kind: .inventory, account: Account(ben)))
        let expected = [
            AssetAmount(asset: potion, amount: 50), AssetAmount(asset: 65_537, amount: 20),
            AssetAmount(asset: unique, amount: 1),
        ]
        #expect(bens == .inventory(items: expected, next: 0))
        let page = try world.ask(QueryBody(kind: .inventory, limit: 1, account: Account(ben), subject: potion + 1))
        #expect(page == .inventory(items: [expected[1]], next: unique))
        let rest = try world.ask(QueryBody(kind: .inventory, limit: 1, account: Account(ben), subject: unique))
        #expect(rest == .inventory(items: [expected[2]], next: 0))
    }

    @Test func `an offer with several costs and results is bought twice`() throws {
        let before = try world.balance(treasury, 1)
        let reply = try world.perform(
            "purchase", ["offer": .number(36), "quantity": .number(2), "maxCost": .numbers([120, 10])])
        applied(reply, 2, 120)
        #expect(try world.balance(of: "anna", 1) == 880)
        #expect(try world.balance(of: "anna", 2) == 990)
        #expect(try world.balance(treasury, 1) == before + 120)
        #expect(try world.balance(of: "anna", potion) == 60)
        #expect(try world.balance(of: "anna", 65_552) == 6)
        #expect(try world.balance(of: "anna", 65_571) == 2)
    }

    @Test func `coins are bought with gems`() throws {
        applied(
            try world.perform("purchase", ["offer": .number(38), "quantity": .number(3), "maxCost": .numbers([3])]), 3,
            3)
        #expect(try world.balance(of: "anna", 1) == 1_300)
        #expect(try world.balance(of: "anna", 2) == 997)
    }

    @Test func `a unique item is sold once`() throws {
        let fields: [String: FieldValue] = ["offer": .number(37), "quantity": .number(1), "maxCost": .numbers([500])]
        applied(try world.perform("purchase", fields), 1, 500)
        #expect(try world.balance(of: "anna", 1 << 32 | 1) == 1)
        #expect(try world.perform("purchase", fields).refusalCode == 125)
    }

    @Test func `an offer whose stock an operator has lowered below what was sold is sold out`() throws {
        let world = try TestWorld()
        try world.give("anna", [AssetLine(asset: 1, amount: 100)])
        var terms: [String: FieldValue] = [
            "offer": .number(98), "stock": .number(9), "costs": .lines([AssetLine(asset: 1, amount: 2)]),
            "results": .lines([AssetLine(asset: 65_536, amount: 1)]),
        ]
        #expect(try world.perform("publishOffer", as: .operator, by: "root", terms).status == .applied)
        func buy(_ quantity: UInt64) throws -> ReplyBody {
            try world.perform(
                "purchase", ["offer": .number(98), "quantity": .number(quantity), "maxCost": .numbers([100])])
        }
        #expect(try buy(5).status == .applied)
        for stock in [4, 5, 3] as [UInt64] {
            terms["stock"] = .number(stock)
            #expect(try world.perform("updateOffer", as: .operator, by: "root", terms).status == .applied)
            let reply = try buy(1)
            #expect(reply.status == .refusedByContract)
            #expect((reply.refusalCode, reply.have, reply.need) == (125, 0, 1), "stock \(stock): \(reply)")
        }
        terms["stock"] = .number(7)
        #expect(try world.perform("updateOffer", as: .operator, by: "root", terms).status == .applied)
        let reply = try buy(3)
        #expect((reply.refusalCode, reply.have, reply.need) == (125, 2, 3))
        #expect(try buy(2).status == .applied)
    }

    @Test func `items are sold back`() throws {
        let price = try #require(world.game.catalog.buybacks.first { $0.asset == potion }).price
        let reply = try world.perform(
            "sell", ["asset": .number(potion), "quantity": .number(10), "minPaid": .number(10 * price)])
        applied(reply, 10, 10 * price)
        #expect(try world.balance(of: "anna", potion) == 40)
        #expect(try world.balance(of: "anna", 1) == Int64(1_000 + 10 * price))
        #expect(try world.balance(NamedAccount.sink("shop"), potion) == 11)
    }

    @Test func `a game server swaps items against coins, and the treasury gets its fee`() throws {
        let before = try world.balance(treasury, 1)
        let fields: [String: FieldValue] = [
            "first": .account(anna), "second": .account(ben), "firstGives": .lines([AssetLine(asset: 1, amount: 400)]),
            "secondGives": .lines([AssetLine(asset: 65_537, amount: 5)]),
        ]
        applied(try world.perform("trade", as: .server, by: "game", fields), 10, 0)
        #expect(try world.balance(of: "anna", 1) == 600)
        #expect(try world.balance(of: "ben", 1) == 890)
        #expect(try world.balance(treasury, 1) == before + 10)
        #expect(try world.balance(of: "anna", 65_537) == 5)
        #expect(try world.balance(of: "ben", 65_537) == 15)
    }

    @Test func `a proposed trade is accepted once, and both sides move`() throws {
        let id = [UInt8](1...16)
        let proposal: [String: FieldValue] = [
            "trade": .id(id), "counterparty": .account(ben),
            "gives": .lines([AssetLine(asset: potion, amount: 10), AssetLine(asset: 2, amount: 80)]),
            "wants": .lines([AssetLine(asset: 1, amount: 200), AssetLine(asset: 65_537, amount: 20)]),
            "expires": .number(world.timestampSeconds + 60),
        ]
        applied(try world.perform("proposeTrade", proposal), world.timestampSeconds + 60)
        #expect(try world.perform("acceptTrade", by: "carl", ["trade": .id(id)]).refusalCode == 144)
        applied(try world.perform("acceptTrade", by: "ben", ["trade": .id(id)]), 2, 5)
        #expect(try world.balance(of: "ben", 2) == 78)
        #expect(try world.balance(of: "ben", potion) == 10)
        #expect(try world.balance(of: "anna", 1) == 1_195)
        #expect(try world.balance(of: "anna", 65_537) == 20)
        #expect(try world.perform("acceptTrade", by: "ben", ["trade": .id(id)]).refusalCode == 142)
        #expect(try world.perform("proposeTrade", proposal).refusalCode == 140)
    }

    @Test func `an accepted trade that one side cannot pay moves nothing`() throws {
        let id = [UInt8](repeating: 9, count: 16)
        _ = try world.perform(
            "proposeTrade",
            [
                "trade": .id(id), "counterparty": .account(ben),
                "gives": .lines([AssetLine(asset: potion, amount: 10)]),
                "wants": .lines([AssetLine(asset: 1, amount: 501)]), "expires": .number(world.timestampSeconds),
            ])
        let reply = try world.perform("acceptTrade", by: "ben", ["trade": .id(id)])
        #expect((reply.refusalCode, reply.have, reply.need) == (100, 500, 501))
        #expect(try world.balance(of: "ben", potion) == 0)
        #expect(try world.balance(of: "anna", potion) == 40)
        applied(try world.perform("cancelTrade", ["trade": .id(id)]))
        #expect(try world.balance(of: "anna", potion) == 50)
    }

    @Test func `a proposed trade is cancelled by either side`() throws {
        for (index, who) in ["anna", "ben"].enumerated() {
            let id = [UInt8](repeating: UInt8(index + 1), count: 16)
            _ = try world.perform(
                "proposeTrade",
                [
                    "trade": .id(id), "counterparty": .account(ben), "gives": .lines([AssetLine(asset: 1, amount: 1)]),
                    "expires": .number(world.timestampSeconds + 9),
                ])
            applied(try world.perform("cancelTrade", by: who, ["trade": .id(id)]))
            #expect(try world.perform("cancelTrade", by: who, ["trade": .id(id)]).refusalCode == 142)
        }
    }

    @Test func `a grant of eight lines comes from its faucet`() throws {
        let faucet = NamedAccount.faucet("load")
        let lines = [AssetLine(asset: 1, amount: 7)] + (0..<7).map { AssetLine(asset: 65_540 + $0, amount: 100) }
        let before = try world.balance(faucet, 65_541)
        let fields: [String: FieldValue] = [
            "player": .account(NamedAccount.player("carl")), "faucet": .account(faucet), "reason": .number(3),
            "lines": .lines(lines),
        ]
        applied(try world.perform("grant", as: .server, by: "game", fields), 8)
        for line in lines { #expect(try world.balance(of: "carl", line.asset) == Int64(line.amount)) }
        #expect(try world.balance(faucet, 65_541) == before - 100)
    }

    @Test func `a basket is settled at the game server's prices`() throws {
        let reply = try world.perform(
            "exchange", as: .server, by: "game",
            [
                "player": .account(anna), "to": .account(NamedAccount.sink("match")),
                "from": .account(NamedAccount.faucet("match")), "reason": .number(1),
                "pays": .lines([AssetLine(asset: 1, amount: 350), AssetLine(asset: potion, amount: 2)]),
                "gets": .lines([AssetLine(asset: 1_048_576 + 1001, amount: 1)]),
            ])
        applied(reply, 350, 1)
        #expect(try world.balance(of: "anna", 1) == 650)
        #expect(try world.balance(of: "anna", potion) == 48)
        #expect(try world.balance(of: "anna", 1_048_576 + 1001) == 1)
    }

    @Test func `a basket can be paid out of the treasury, but no more than it has`() throws {
        func settle(_ amount: UInt64) throws -> ReplyBody {
            try world.perform(
                "exchange", as: .server, by: "game",
                [
                    "player": .account(anna), "to": .account(treasury), "from": .account(treasury),
                    "pays": .lines([]), "gets": .lines([AssetLine(asset: 1, amount: amount)]),
                ])
        }
        applied(try settle(1), 0, 1)
        let reply = try settle(1)
        #expect((reply.refusalCode, reply.have, reply.need) == (100, 0, 1))
    }

    @Test(arguments: [Role.server, .operator])
    func `a refund names the operation and happens once`(role: Role) throws {
        _ = try world.perform(
            "purchase", ["offer": .number(36), "quantity": .number(1), "maxCost": .numbers([60, 5])])
        let fields: [String: FieldValue] = [
            "original": .id([UInt8](1...16)), "from": .account(treasury), "to": .account(anna),
            "line": .lines([AssetLine(asset: 1, amount: 60)]), "reason": .number(9),
        ]
        applied(try world.perform("refund", as: role, by: "game", fields), 60)
        #expect(try world.balance(of: "anna", 1) == 1_000)
        let again = try world.perform("refund", as: role, by: "game", fields)
        #expect((again.refusalCode, again.have, again.need) == (152, 60, 60))
    }

    @Test func `an operator publishes, changes and closes an offer`() throws {
        var fields: [String: FieldValue] = [
            "offer": .number(99), "capPerPlayer": .number(2), "stock": .number(3), "opens": .number(10),
            "closes": .number(world.timestampSeconds + 100), "costs": .lines([AssetLine(asset: 1, amount: 10)]),
            "results": .lines([AssetLine(asset: potion, amount: 4), AssetLine(asset: 2, amount: 1)]),
        ]
        applied(try world.perform("publishOffer", as: .operator, by: "root", fields), 99)
        #expect(try world.perform("publishOffer", as: .operator, by: "root", fields).refusalCode == 130)
        let buy: [String: FieldValue] = ["offer": .number(99), "quantity": .number(1), "maxCost": .numbers([10])]
        applied(try world.perform("purchase", buy), 1, 10)
        fields["costs"] = .lines([AssetLine(asset: 1, amount: 11)])
        applied(try world.perform("updateOffer", as: .operator, by: "root", fields), 99)
        guard case .offer(let offer) = try world.ask(QueryBody(kind: .offer, subject: 99)) else {
            Issue.record("no offer")
            return
        }
        #expect(offer.isOpen)
        #expect((offer.stock, offer.sold, offer.capPerPlayer) == (3, 1, 2))
        #expect((offer.opensAtSeconds, offer.closesAtSeconds) == (10, world.timestampSeconds + 100))
        #expect(offer.costs[0] == AssetAmount(asset: 1, amount: 11))
        #expect(offer.results[1] == AssetAmount(asset: 2, amount: 1))
        let dear = try world.perform("purchase", buy)
        #expect((dear.refusalCode, dear.have, dear.need) == (126, 11, 10))
        applied(try world.perform("closeOffer", as: .operator, by: "root", ["offer": .number(99)]), 99)
        #expect(try world.perform("purchase", buy).refusalCode == 121)
        #expect(try world.ask(QueryBody(kind: .offer, subject: 100)) == .notFound(.offer))
    }

    @Test func `credit lets a player go below zero, no further`() throws {
        let fields: [String: FieldValue] = ["player": .account(ben), "asset": .number(1), "limit": .number(100)]
        applied(try world.perform("setCredit", as: .operator, by: "root", fields), 100)
        let send: [String: FieldValue] = ["to": .account(anna), "asset": .number(1), "amount": .number(600)]
        applied(try world.perform("transferCoins", by: "ben", send), 600)
        #expect(try world.balance(of: "ben", 1) == -100)
        let more = try world.perform(
            "transferCoins", by: "ben", ["to": .account(anna), "asset": .number(1), "amount": .number(1)])
        #expect((more.refusalCode, more.have, more.need) == (100, 0, 1))
    }

    @Test func `an operator sets and ends a price for buying back`() throws {
        func set(_ price: UInt64) throws -> ReplyBody {
            try world.perform(
                "setBuyback", as: .operator, by: "root",
                ["asset": .number(potion), "currency": .number(2), "price": .number(price)])
        }
        let sell: [String: FieldValue] = ["asset": .number(potion), "quantity": .number(1)]
        applied(try set(7), 7)
        applied(try world.perform("sell", sell), 1, 7)
        #expect(try world.balance(of: "anna", 2) == 1_007)
        applied(try set(0), 0)
        #expect(try world.perform("sell", sell).refusalCode == 128)
    }

    @Test func `a game server acts for a player with the player's own account`() throws {
        let reply = try world.perform(
            "transferCoins", as: .server, by: "game", actor: anna,
            ["to": .account(ben), "asset": .number(1), "amount": .number(5)])
        applied(reply, 5)
        #expect(try world.balance(of: "anna", 1) == 995)
    }
}
