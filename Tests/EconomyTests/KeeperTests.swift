import EVM
import Economy
import Testing
import Wire

/// What an operator does to the books: freezing, giving, taking, correcting; and things that are bound to their player.
struct KeeperTests {
    /// Refusals that are met here.
    static let refusalCodes: Set<UInt16> = [149, 153, 154, 155]

    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")
    let energy: UInt64 = 8_454_181
    let corrections = NamedAccount.sink("corrections")

    init() throws {
        world = try TestWorld()
        try world.give("anna", [AssetLine(asset: 1, amount: 1_000), AssetLine(asset: 65_536, amount: 9), AssetLine(asset: 2 << 32 | 7, amount: 1)])
        try world.give("ben", [AssetLine(asset: 1, amount: 500)])
    }

    private func note(_ text: String) -> FieldValue {
        .words([U256(bigEndian: Array(text.utf8) + [UInt8](repeating: 0, count: 32 - text.utf8.count))])
    }

    private func operate(_ action: String, as role: Role = .operator, by name: String = "olga", _ fields: [String: FieldValue]) throws -> ReplyBody {
        try world.perform(action, as: role, by: name, fields.merging(["reason": .number(7), "note": note("ticket 4711")]) { $1 })
    }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    private func send(_ asset: UInt64, _ amount: UInt64, from: String = "anna", to: Address? = nil) throws -> ReplyBody {
        try world.perform(
            asset < 65_536 ? "transferCoins" : "transferItem", by: from,
            ["to": .account(to ?? ben), "asset": .number(asset), "amount": .number(amount)])
    }

    @Test func `a frozen account gets and gives nothing, by whatever way, until it is unfrozen`() throws {
        #expect(try operate("freezeAccount", ["player": .account(anna)]).status == .applied)
        let first8 = RefusalTests.first8(anna)
        for (asset, amount) in [(1, 1), (65_536, 1), (2 << 32 | 7, 1)] as [(UInt64, UInt64)] { expect(try send(asset, amount), 149, first8, 0) }
        expect(try world.perform("purchase", RefusalTests.buy(1, 1, [50])), 149, first8, 0)
        expect(try world.perform("sell", ["asset": .number(65_536), "quantity": .number(1)]), 149, first8, 0)
        let listing: [String: FieldValue] = [
            "listing": .id([UInt8](1...16)), "asset": .number(65_536), "quantity": .number(1), "currency": .number(1), "unitPrice": .number(5),
            "expires": .number(world.timestampSeconds),
        ]
        expect(try world.perform("listItem", listing), 149, first8, 0)
        expect(
            try world.perform(
                "exchange", as: .server, by: "game",
                RefusalTests.exchange(pays: RefusalTests.lines(1, 5), gets: RefusalTests.lines(65_537, 1))), 149, first8, 0)
        #expect(try send(1, 5, from: "ben", to: anna).status == .applied)
        #expect(try world.balance(of: "anna", 1) == 1_005)
        // A game server, a player, another operator's name in the payload: none of them unfreezes.
        #expect(try operate("unfreezeAccount", as: .server, ["player": .account(anna)]).refusalCode == 10)
        #expect(try operate("unfreezeAccount", as: .player, ["player": .account(anna)]).refusalCode == 10)
        #expect(try operate("unfreezeAccount", ["player": .account(anna)]).status == .applied)
        #expect(try send(1, 5).status == .applied)
    }

    @Test(arguments: ["buyLots", "sellLots", "tribute"])
    func `a frozen account neither trades lots nor pays tribute`(_ action: String) throws {
        var fields: [String: FieldValue] = [
            "player": .account(anna), "market": .number(7), "asset": .number(65_536), "currency": .number(1), "lots": .number(1), "commission": .number(0),
            "unitSize": .number(1), "firstPrice": .number(1),
        ]
        if action == "tribute" {
            fields = ["sender": .account(anna), "receiver": .account(ben), "asset": .number(1), "amount": .number(5), "feeBasisPoints": .number(100)]
        }
        try world.give("anna", [AssetLine(asset: 1, amount: 5_000), AssetLine(asset: 65_536, amount: 500)])
        #expect(try world.perform(action, as: .server, by: "game", fields).status == .applied)
        #expect(try operate("freezeAccount", ["player": .account(anna)]).status == .applied)
        expect(try world.perform(action, as: .server, by: "game", fields), 149, RefusalTests.first8(anna), 0)
        #expect(world.game.actionsByName[action]?.refusals.contains("accountFrozen") == true)
    }

    @Test func `houses cannot be frozen, taken from, or given to`() throws {
        for (house, kind) in [
            (NamedAccount.faucet("shop"), 1), (NamedAccount.sink("shop"), 2), (NamedAccount.treasury, 3), (NamedAccount.escrow("market"), 4),
        ] as [(Address, UInt64)] {
            expect(try operate("freezeAccount", ["player": .account(house)]), 154, kind, 0)
            expect(try operate("adjustDown", ["player": .account(house), "to": .account(corrections), "line": RefusalTests.lines(1, 1)]), 154, kind, 0)
            expect(
                try operate(
                    "adjustUp",
                    ["player": .account(house), "from": .account(NamedAccount.faucet("corrections")), "line": RefusalTests.lines(1, 1)]), 154, kind, 0)
        }
        let fromHouse: [String: FieldValue] = [
            "original": .id([UInt8](1...16)), "from": .account(NamedAccount.treasury), "to": .account(anna), "line": RefusalTests.lines(1, 1),
        ]
        expect(try operate("correct", fromHouse), 154, 3, 0)
        expect(try operate("correct", fromHouse.merging(["from": .account(NamedAccount.escrow("mail"))]) { $1 }), 166, RefusalTests.first8(NamedAccount.escrow("mail")), 0)
        expect(try operate("correct", fromHouse.merging(["from": .account(ben), "to": .account(NamedAccount.treasury)]) { $1 }), 151, 3, 2)
    }

    @Test func `what is taken drives coins below zero as far as the debt limit, and items not at all`() throws {
        let limit = try #require(world.game.catalog.currencies.first).debtLimit
        func take(_ asset: UInt64, _ amount: UInt64) throws -> ReplyBody {
            try operate("adjustDown", ["player": .account(anna), "to": .account(corrections), "line": RefusalTests.lines(asset, amount)])
        }
        expect(try take(1, 1_000 + limit + 1), 155, 1_000 + limit, 1_000 + limit + 1)
        #expect(try take(1, 1_000 + limit).result0 == 1_000 + limit)
        #expect(try world.balance(of: "anna", 1) == -Int64(limit))
        #expect(try world.balance(corrections, 1) == Int64(1_000 + limit) + 1)
        expect(try take(1, 1), 155, 0, 1)
        expect(try send(1, 1), 100, 0, 1)
        expect(try take(65_536, 10), 155, 9, 10)
        #expect(try take(65_536, 9).status == .applied)
        #expect(try take(2 << 32 | 7, 1).status == .applied)
        expect(try take(2 << 32 | 7, 1), 155, 0, 1)
        // What comes in pays the debt first: nothing can be spent before.
        try world.give("anna", [AssetLine(asset: 1, amount: limit)])
        expect(try send(1, 1), 100, 0, 1)
        try world.give("anna", [AssetLine(asset: 1, amount: 3)])
        #expect(try send(1, 3).status == .applied)
    }

    @Test func `a frozen account is corrected, by a transfer that names the operation, with who and why`() throws {
        #expect(try operate("freezeAccount", ["player": .account(anna)]).status == .applied)
        let original = [UInt8](repeating: 9, count: 16)
        let fields: [String: FieldValue] = [
            "original": .id(original), "from": .account(anna), "to": .account(ben), "line": RefusalTests.lines(1, 400),
        ]
        #expect(try operate("correct", fields).result0 == 400)
        #expect(try operate("correct", fields.merging(["line": RefusalTests.lines(65_536, 2)]) { $1 }).status == .applied)
        #expect(try world.balance(of: "ben", 1) == 900)
        expect(try operate("correct", fields.merging(["to": .account(anna)]) { $1 }), 145, 1, 2)
        let request = try #require(
            world.game.request(
                contract: "keeper", function: "corrected(uint256,uint256)", words: [U256(bigEndian: original), 1]))
        #expect(U256(bigEndian: world.call(request).output) == 400)
        // Who did it is the session's account, which no field can forge.
        let receipt = try #require(world.receipt)
        _ = try operate("correct", by: "oscar", fields.merging(["line": RefusalTests.lines(1, 1)]) { $1 })
        let log = OperatorLog(game: world.game)
        let second = try #require(world.receipt)
        let entries = [receipt, second].flatMap { log.entries(of: $0) }
        #expect(entries.last?.actor == NamedAccount.player("oscar"))
        #expect(entries.last?.note == "ticket 4711" && entries.last?.reason == 7 && entries.last?.account == anna)
        #expect(entries.last?.what == "corrected")
    }

    @Test func `every act of an operator stands in the log with who, whom, how much and why`() throws {
        var entries: [OperatorLog.Entry] = []
        let log = OperatorLog(game: world.game)
        let line = RefusalTests.lines(1, 30)
        for (action, fields) in [
            ("freezeAccount", [:]), ("unfreezeAccount", [:]), ("adjustUp", ["from": .account(NamedAccount.faucet("corrections")), "line": line]),
            ("adjustDown", ["to": .account(corrections), "line": line]),
        ] as [(String, [String: FieldValue])] {
            #expect(try operate(action, fields.merging(["player": .account(anna)]) { $1 }).status == .applied, "\(action)")
            entries += log.entries(of: try #require(world.receipt))
        }
        #expect(entries.map(\.what) == ["frozen", "unfrozen", "given", "taken"])
        #expect(entries.map(\.amount) == [0, 0, 30, 30])
        #expect(entries.allSatisfy { $0.account == anna && $0.actor == NamedAccount.player("olga") && $0.note == "ticket 4711" })
        #expect(try world.balance(of: "anna", 1) == 1_000)
    }

    @Test func `what is bound is not sent, traded, listed or auctioned, and is used up all the same`() throws {
        let mount = UInt64(1) << 63 | 5
        try world.give("anna", [AssetLine(asset: energy, amount: 5)])
        expect(try send(energy, 1), 153, energy, 0)
        let now = world.timestampSeconds
        let rows: [(String, Role, [String: FieldValue])] = [
            (
                "proposeTrade", .player,
                [
                    "trade": .id([UInt8](1...16)), "counterparty": .account(ben), "gives": RefusalTests.lines(energy, 1),
                    "wants": RefusalTests.lines(1, 1), "expires": .number(now),
                ]
            ),
            (
                "listItem", .player,
                [
                    "listing": .id([UInt8](1...16)), "asset": .number(energy), "quantity": .number(1), "currency": .number(1),
                    "unitPrice": .number(1), "expires": .number(now),
                ]
            ),
            (
                "openAuction", .player,
                [
                    "auction": .id([UInt8](1...16)), "asset": .number(energy), "quantity": .number(1), "currency": .number(1),
                    "reserve": .number(1), "stepBasisPoints": .number(100), "closes": .number(now + 60),
                ]
            ),
            (
                "trade", .server,
                ["first": .account(anna), "second": .account(ben), "firstGives": RefusalTests.lines(energy, 1), "secondGives": RefusalTests.lines(1, 1)]
            ),
            (
                "tribute", .server,
                ["sender": .account(anna), "receiver": .account(ben), "asset": .number(energy), "amount": .number(1), "feeBasisPoints": .number(0)]
            ),
        ]
        for (action, role, fields) in rows {
            expect(try world.perform(action, as: role, fields), 153, energy, 0)
            #expect(world.game.actionsByName[action]?.refusals.contains("itemBound") == true, "\(action)")
        }
        #expect(try world.perform("spendEnergy", as: .server, by: "game", ["player": .account(anna), "asset": .number(energy), "amount": .number(1)]).status == .applied)
        #expect(Catalog.isBound(energy) && Catalog.isBound(mount) && !Catalog.isBound(65_536) && !Catalog.isBound(2 << 32 | 7))
        // A letter holds it in an escrow, and gives it to its player.
        let letter: [String: FieldValue] = [
            "mail": .id([UInt8](2...17)), "player": .account(ben), "faucet": .account(NamedAccount.faucet("rewards")), "expires": .number(now),
            "lines": RefusalTests.lines(energy, 2),
        ]
        #expect(try world.perform("sendMail", as: .server, by: "game", letter).status == .applied)
        #expect(try world.perform("claimMail", by: "ben", ["mail": .id([UInt8](2...17))]).status == .applied)
        #expect(try world.balance(of: "ben", energy) == 2)
    }
}
