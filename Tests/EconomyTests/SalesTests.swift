import EVM
import Economy
import Testing
import Wire

/// Trades in escrow, listings and auctions at their edges: the second, the coin, the wrong caller, the second time.
struct SalesTests {
    /// Refusals that are provoked here.
    static let refusalCodes: Set<UInt16> = [146, 147, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183]

    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")
    let carl = NamedAccount.player("carl")
    let potion: UInt64 = 65_536
    let sword: UInt64 = 2 << 32 | 7
    let id = [UInt8](1...16)
    /// The low half of `id` as a number.
    let idLow: UInt64 = 0x090a_0b0c_0d0e_0f10

    init() throws {
        world = try TestWorld()
        for name in ["anna", "ben", "carl"] {
            try world.give(name, [AssetLine(asset: 1, amount: 1_000), AssetLine(asset: potion, amount: 100)])
        }
        try world.give("anna", [AssetLine(asset: sword, amount: 1)])
    }

    private var now: UInt64 { world.timestampSeconds }
    private func first8(_ account: Address) -> UInt64 { RefusalTests.first8(account) }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == .refusedByContract, "\(reply)", sourceLocation: place)
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    private func applied(
        _ reply: ReplyBody, _ result0: UInt64 = 0, _ result1: UInt64 = 0, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == .applied, "\(reply.message)", sourceLocation: place)
        #expect((reply.result0, reply.result1) == (result0, result1), sourceLocation: place)
    }

    // Trades

    private func propose(_ gives: AssetLine, _ wants: AssetLine, expires: UInt64) throws -> ReplyBody {
        try world.perform(
            "proposeTrade",
            [
                "trade": .id(id), "counterparty": .account(ben), "gives": .lines([gives]), "wants": .lines([wants]),
                "expires": .number(expires),
            ])
    }

    @Test func `what a proposer gives cannot be spent twice, and comes back`() throws {
        let all = AssetLine(asset: potion, amount: 100)
        applied(try propose(all, AssetLine(asset: 1, amount: 10), expires: now + 5), now + 5)
        let send: [String: FieldValue] = ["to": .account(carl), "asset": .number(potion), "amount": .number(1)]
        expect(try world.perform("transferItem", send), 101, 0, 1)
        expect(try world.perform("expireTrade", as: .server, by: "game", ["trade": .id(id)]), 146, now, now + 5)
        world.timestampSeconds += 5
        expect(try world.perform("expireTrade", as: .server, by: "game", ["trade": .id(id)]), 146, now, now)
        world.timestampSeconds += 1
        expect(try world.perform("acceptTrade", by: "ben", ["trade": .id(id)]), 143, now, now - 1)
        expect(try world.perform("cancelTrade", by: "carl", ["trade": .id(id)]), 144, first8(carl), first8(anna))
        applied(try world.perform("expireTrade", as: .server, by: "game", ["trade": .id(id)]))
        #expect(try world.balance(of: "anna", potion) == 100)
        for name in ["acceptTrade", "cancelTrade"] {
            expect(try world.perform(name, by: "ben", ["trade": .id(id)]), 142, 4, 1)
        }
        expect(try world.perform("expireTrade", as: .server, by: "game", ["trade": .id(id)]), 142, 4, 1)
    }

    @Test func `a trade is accepted in its last second`() throws {
        applied(
            try propose(AssetLine(asset: sword, amount: 1), AssetLine(asset: 1, amount: 41), expires: now + 5), now + 5)
        world.timestampSeconds += 5
        // 2.5 % of 41 is 1.025: two coins, against the one who is paid.
        applied(try world.perform("acceptTrade", by: "ben", ["trade": .id(id)]), 0, 2)
        #expect(try world.balance(of: "anna", 1) == 1_039)
        #expect(try world.balance(of: "ben", sword) == 1)
    }

    @Test func `nobody moves by name what an escrow holds`() throws {
        applied(try propose(AssetLine(asset: 1, amount: 900), AssetLine(asset: 1, amount: 1), expires: now + 5), now + 5)
        let escrow = NamedAccount.escrow("trade")
        let line = RefusalTests.lines(1, 5)
        let attempts: [(String, Role, Address, [String: FieldValue])] = [
            ("transferCoins", .server, escrow, ["to": .account(ben), "asset": .number(1), "amount": .number(5)]),
            ("acceptTrade", .server, escrow, ["trade": .id(id)]),
            (
                "trade", .server, .zero,
                ["first": .account(escrow), "second": .account(ben), "firstGives": line, "secondGives": line]
            ),
            (
                "swapBaskets", .server, .zero,
                ["first": .account(ben), "second": .account(escrow), "firstGives": line, "secondGives": line]
            ),
            ("exchange", .server, .zero, RefusalTests.exchange(pays: line).merging(["player": .account(escrow)]) { $1 }),
            (
                "refund", .operator, .zero,
                ["original": .id(id), "from": .account(escrow), "to": .account(ben), "line": line, "reason": .number(1)]
            ),
        ]
        for (action, role, actor, fields) in attempts {
            let reply = try world.perform(action, as: role, by: "game", actor: actor, fields)
            #expect(reply.status == .refused && reply.refusalCode == 166, "\(action): \(reply)")
        }
        #expect(try world.balance(escrow, 1) == 901)
    }

    @Test func `royalties of a basket are shared between its items and rounded against the one who is paid`() throws {
        for (asset, basisPoints) in [(potion, 1_000), (sword, 2_500)] as [(UInt64, UInt64)] {
            applied(
                try world.perform(
                    "setRoyalty", as: .operator, by: "root",
                    ["asset": .number(asset), "receiver": .account(carl), "basisPoints": .number(basisPoints)]),
                basisPoints)
        }
        let before = try world.balance(NamedAccount.treasury, 1)
        let reply = try world.perform(
            "swapBaskets", as: .server, by: "game",
            [
                "first": .account(anna), "second": .account(ben),
                "firstGives": .lines([AssetLine(asset: potion, amount: 3), AssetLine(asset: sword, amount: 1)]),
                "secondGives": .lines([AssetLine(asset: 1, amount: 101)]),
            ])
        // Half of 10 % of 101 is 5.05, half of 25 % is 12.625, the fee 2.525: 6, 13 and 3.
        applied(reply, 0, 3)
        #expect(try world.balance(of: "carl", 1) == 1_019)
        #expect(try world.balance(NamedAccount.treasury, 1) == before + 3)
        #expect(try world.balance(of: "anna", 1) == 1_079)
        let tooHigh: [String: FieldValue] = [
            "asset": .number(potion), "receiver": .account(carl), "basisPoints": .number(5_001),
        ]
        expect(try world.perform("setRoyalty", as: .operator, by: "root", tooHigh), 147, 5_001, 5_000)
    }

    // Listings

    private func list(_ asset: UInt64, _ quantity: UInt64, price: UInt64, expires: UInt64) throws -> ReplyBody {
        try world.perform(
            "listItem",
            [
                "listing": .id(id), "asset": .number(asset), "quantity": .number(quantity), "currency": .number(1),
                "unitPrice": .number(price), "expires": .number(expires),
            ])
    }

    private func buy(_ quantity: UInt64, by name: String = "ben", most: UInt64 = 1_000) throws -> ReplyBody {
        try world.perform(
            "buyListing", by: name, ["listing": .id(id), "quantity": .number(quantity), "maxCost": .number(most)])
    }

    @Test func `a listing is bought in parts until nothing is left`() throws {
        expect(try buy(1), 171, idLow, 0)
        applied(try list(potion, 10, price: 13, expires: now + 5), 10, now + 5)
        expect(try list(potion, 1, price: 1, expires: now + 5), 170, 1, 0)
        expect(try buy(1, by: "anna"), 145, 1, 2)
        expect(try buy(11), 127, 11, 10)
        expect(try buy(3, most: 38), 126, 39, 38)
        applied(try buy(3, most: 39), 3, 39)
        expect(try buy(8), 125, 7, 8)
        world.timestampSeconds += 5
        applied(try buy(7, by: "carl"), 7, 91)
        expect(try buy(1, by: "carl"), 125, 0, 1)
        #expect(try world.balance(of: "anna", 1) == 1_000 + 39 - 1 + 91 - 3)
        expect(try world.perform("cancelListing", by: "ben", ["listing": .id(id)]), 174, first8(ben), first8(anna))
        applied(try world.perform("cancelListing", ["listing": .id(id)]), 0)
        expect(try world.perform("cancelListing", ["listing": .id(id)]), 172, 3, 1)
        expect(try buy(1), 172, 3, 1)
        #expect(try world.balance(NamedAccount.escrow("market"), potion) == 1)
    }

    @Test func `a listing ends with its second and goes back once`() throws {
        let expire: () throws -> ReplyBody = { [self] in
            try world.perform("expireListing", as: .server, by: "game", ["listing": .id(id)])
        }
        expect(try list(sword, 1, price: 500, expires: now - 1), 173, now, now - 1)
        applied(try list(sword, 1, price: 500, expires: now), 1, now)
        expect(try expire(), 146, now, now)
        world.timestampSeconds += 1
        expect(try buy(1), 173, now, now - 1)
        applied(try expire(), 1)
        expect(try expire(), 172, 4, 1)
        #expect(try world.balance(of: "anna", sword) == 1)
    }

    @Test(arguments: [(UInt64.max, 2, 0x7fff_ffff_ffff_ffff), (2, .max, 0x7fff_ffff_ffff_ffff), (1 << 33, 1 << 32, (1 << 31) - 1 + (1 << 31))] as [(UInt64, UInt64, UInt64)])
    func `a listing whose price could overflow is refused`(quantity: UInt64, price: UInt64, need: UInt64) throws {
        expect(try list(potion, quantity, price: price, expires: now), 102, max(quantity, price), need)
    }

    @Test func `what was sold and for how much is kept by day`() throws {
        applied(try list(potion, 20, price: 13, expires: now + 200_000), 20, now + 200_000)
        let day = now / 86_400
        for (quantity, seconds) in [(2, 0), (3, 0), (5, 86_400)] as [(UInt64, UInt64)] {
            world.timestampSeconds += seconds
            applied(try buy(quantity), quantity, quantity * 13)
        }
        let request = world.game.request(
            contract: "market", function: "history(uint256,uint256,uint256)",
            words: [U256(potion), U256(1 as UInt64), U256(day)])
        let output = world.call(try #require(request)).output
        func word(_ index: Int) -> U256 { U256(bigEndian: output[(index * 32)..<(index * 32 + 32)]) }
        #expect([word(0), word(1), word(31), word(32)] == [5, 5, 65, 65])
    }

    // Auctions

    private func open(
        reserve: UInt64 = 100, buyOut: UInt64 = 0, step: UInt64 = 500, closes: UInt64, extensionSeconds: UInt64 = 10
    ) throws -> ReplyBody {
        try world.perform(
            "openAuction",
            [
                "auction": .id(id), "asset": .number(sword), "quantity": .number(1), "currency": .number(1),
                "reserve": .number(reserve), "buyOut": .number(buyOut), "stepBasisPoints": .number(step),
                "closes": .number(closes), "extension": .number(extensionSeconds),
            ])
    }

    private func bid(_ amount: UInt64, by name: String = "ben") throws -> ReplyBody {
        try world.perform("bid", by: name, ["auction": .id(id), "amount": .number(amount)])
    }

    private func claim(by name: String) throws -> ReplyBody {
        try world.perform("claimAuction", by: name, ["auction": .id(id)])
    }

    @Test func `an auction keeps reserve and step, gives former bids back, and grows at a late bid`() throws {
        expect(try bid(100), 176, idLow, 0)
        expect(try open(closes: now), 178, now, now)
        let closes = now + 60
        applied(try open(closes: closes), 100, closes)
        expect(try open(closes: closes), 175, 1, 0)
        expect(try bid(500, by: "anna"), 145, 1, 2)
        expect(try bid(99), 180, 99, 100)
        applied(try bid(101), 101, closes)
        // 5 % of 101 is 5.05: six coins more.
        expect(try bid(106, by: "carl"), 180, 106, 107)
        applied(try bid(107, by: "carl"), 107, closes)
        #expect(try world.balance(of: "ben", 1) == 1_000)
        expect(try world.perform("cancelAuction", ["auction": .id(id)]), 183, 107, 0)
        expect(try claim(by: "carl"), 181, now, closes)
        world.timestampSeconds = closes - 10
        applied(try bid(120), 120, closes)
        world.timestampSeconds = closes - 1
        applied(try bid(200), 200, closes + 9)
        #expect(try world.balance(of: "ben", 1) == 800)
        world.timestampSeconds = closes + 9
        expect(try bid(900, by: "carl"), 178, now, now)
        expect(try claim(by: "carl"), 182, first8(carl), first8(anna))
        applied(try claim(by: "ben"), 1, 200)
        expect(try claim(by: "anna"), 177, 2, 1)
        expect(try bid(900, by: "carl"), 177, 2, 1)
        #expect(try world.balance(of: "ben", sword) == 1)
        #expect(try world.balance(of: "anna", 1) == 1_195)
        #expect(try world.balance(NamedAccount.escrow("auctions"), 1) == 1)
    }

    @Test func `the price for buying at once ends an auction, and no more is paid`() throws {
        applied(try open(buyOut: 300, closes: now + 60), 100, now + 60)
        applied(try bid(290, by: "carl"), 290, now + 60)
        // A step from 290 leads over 300: the price for buying at once is enough.
        expect(try bid(299), 180, 299, 300)
        applied(try bid(1_000), 300, now)
        #expect(try world.balance(of: "ben", 1) == 700)
        #expect(try world.balance(of: "carl", 1) == 1_000)
        #expect(try world.balance(of: "ben", sword) == 1)
        #expect(try world.balance(of: "anna", 1) == 1_292)
        expect(try claim(by: "ben"), 177, 2, 1)
    }

    @Test func `an auction without a bid gives the thing back, by its seller or the game server`() throws {
        applied(try open(closes: now + 60), 100, now + 60)
        expect(try world.perform("cancelAuction", by: "ben", ["auction": .id(id)]), 182, first8(ben), first8(anna))
        world.timestampSeconds += 60
        applied(try world.perform("settleAuction", as: .server, by: "game", ["auction": .id(id)]), 1, 0)
        #expect(try world.balance(of: "anna", sword) == 1)
        expect(try world.perform("cancelAuction", ["auction": .id(id)]), 177, 2, 1)
    }

    @Test func `terms of an auction have bounds`() throws {
        expect(try open(reserve: 301, buyOut: 300, closes: now + 60), 179, 301, 300)
        expect(try open(step: 10_001, closes: now + 60), 179, 10_001, 10_000)
        expect(try open(closes: now + 60, extensionSeconds: 86_401), 179, 86_401, 86_400)
        expect(try open(closes: now + 31_536_001), 179, 31_536_001, 31_536_000)
        applied(try open(reserve: 0, closes: now + 60), 1, now + 60)
        applied(try world.perform("cancelAuction", ["auction": .id(id)]))
        #expect(try world.balance(of: "anna", sword) == 1)
    }

    @Test func `who raises his own bid has the former one back`() throws {
        applied(try open(closes: now + 60), 100, now + 60)
        applied(try bid(400), 400, now + 60)
        applied(try bid(600), 600, now + 60)
        #expect(try world.balance(of: "ben", 1) == 400)
        expect(try bid(1_000), 100, 400, 1_000)
        #expect(try world.balance(NamedAccount.escrow("auctions"), 1) == 601)
    }
}
