import EVM
import Economy
import Testing
import Wire

/// Caps by day, week and season, days in a row, and energy that refills, each to the second.
struct RewardTests {
    let world: TestWorld
    let anna = NamedAccount.player("anna")
    static let day: UInt64 = 86_400

    init() throws { world = try TestWorld() }

    private var now: UInt64 { world.timestampSeconds }

    private func server(_ action: String, _ fields: [String: FieldValue]) throws -> ReplyBody {
        try world.perform(action, as: .server, by: "game", fields)
    }

    private func reward(_ table: UInt64) throws -> ReplyBody {
        try server("reward", ["player": .account(anna), "table": .number(table), "chance": .words([0])])
    }

    private func checkIn() throws -> ReplyBody { try server("checkIn", ["player": .account(anna)]) }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    @Test func `a reward is given as often as day, week and season allow, and only by a game server`() throws {
        let table = LootTable(
            table: 300, name: "", sure: [LootLine(asset: 1, least: 7, most: 7)], draws: 0, repeatsMax: 1, entries: [],
            pityEntry: 0, pityAfter: 0, caps: [2, 5, 6])
        #expect(try world.perform("setTable", as: .operator, by: "root", table.fields).status == .applied)
        for role in [Role.player, .operator] {
            #expect(try world.perform("reward", as: role, by: "anna", ["player": .account(anna), "table": .number(300)]).refusalCode == 10)
        }
        expect(try reward(301), 115, 301, 0)
        // Thursday to Sunday: the week ends before Monday, at the fourth day of 1970 and every seventh from there.
        let monday = ((now / Self.day + 3) / 7 + 1) * 7 - 3
        world.timestampSeconds = (monday - 3) * Self.day
        var given = 0
        for day in 0..<3 {
            world.timestampSeconds = (monday - 3 + UInt64(day)) * Self.day
            let most = day == 2 ? 1 : 2
            for _ in 0..<most {
                #expect(try reward(300).status == .applied)
                given += 1
            }
            world.timestampSeconds += Self.day - 1
            expect(try reward(300), 137, day == 2 ? 6 : 3, day == 2 ? 5 : 2)
        }
        world.timestampSeconds += 1
        #expect(try reward(300).status == .applied)
        expect(try reward(300), 137, 7, 6)
        #expect(try world.perform("setSeason", as: .operator, by: "root", ["number": .number(1)]).status == .applied)
        expect(try world.perform("setSeason", as: .operator, by: "root", ["number": .number(1)]), 133, 1, 2)
        #expect(try reward(300).status == .applied)
        expect(try reward(300), 137, 3, 2)
        #expect(try world.balance(of: "anna", 1) == Int64(7 * (given + 2)))
    }

    @Test func `days in a row count, a day left out begins anew, and no day counts twice`() throws {
        let streak = try #require(world.game.catalog.loot.streak)
        world.timestampSeconds = (now / Self.day + 1) * Self.day
        for day in 0..<(streak.days + 2) {
            let reply = try checkIn()
            #expect((reply.status, reply.result0, reply.result1) == (.applied, day + 1, streak.firstTable + day % streak.days), "\(reply.message)")
            world.timestampSeconds += Self.day - 1
            expect(try checkIn(), 138, now / Self.day, now / Self.day + 1)
            world.timestampSeconds += 1
        }
        world.timestampSeconds += Self.day
        #expect(try checkIn().result0 == 1)
    }

    @Test func `energy begins full, refills one by one, and never over its most`() throws {
        let energy = try #require(world.game.catalog.loot.energies.first)
        func spend(_ amount: UInt64) throws -> ReplyBody {
            try server("spendEnergy", ["player": .account(anna), "asset": .number(energy.asset), "amount": .number(amount)])
        }
        func shown() throws -> UInt64 {
            let request = world.game.request(
                contract: "loot", function: "energyOf(address,uint256)", words: [anna.word, U256(energy.asset)])
            return U256(bigEndian: world.call(try #require(request)).output[0..<32]).l0
        }
        #expect(try shown() == energy.most)
        expect(try spend(energy.most + 1), 101, energy.most, energy.most + 1)
        #expect(try spend(4).result1 == energy.most)
        #expect(try world.balance(of: "anna", energy.asset) == Int64(energy.most - 4))
        world.timestampSeconds += energy.refillSeconds * 2 - 1
        #expect(try shown() == energy.most - 3)
        #expect(try spend(1).result1 == 1)
        // The part of a unit that had come is not lost.
        world.timestampSeconds += 1
        #expect(try shown() == energy.most - 3)
        world.timestampSeconds += energy.refillSeconds * 1_000
        #expect(try shown() == energy.most)
        #expect(try spend(energy.most).status == .applied)
        expect(try spend(1), 101, 0, 1)
        expect(
            try server("spendEnergy", ["player": .account(anna), "asset": .number(65_536), "amount": .number(1)]), 139, 65_536, 0)
    }

    @Test func `random spending of energy follows a plain model`() throws {
        let energy = try #require(world.game.catalog.loot.energies.first)
        var random = SplitMix(state: 3)
        var model: (have: UInt64, since: UInt64?) = (0, nil)
        for _ in 0..<150 {
            world.timestampSeconds += UInt64(random.below(Int(energy.refillSeconds) * 3))
            if random.below(6) == 0 {
                let gift = UInt64(1 + random.below(3))
                try world.give("anna", [AssetLine(asset: energy.asset, amount: gift)])
                model.have += gift
            }
            let amount = UInt64(1 + random.below(5))
            let reply = try server("spendEnergy", ["player": .account(anna), "asset": .number(energy.asset), "amount": .number(amount)])
            let room = energy.most - min(model.have, energy.most)
            let came = model.since.map { min(room, (now - $0) / energy.refillSeconds) } ?? room
            #expect((reply.status == .applied) == (model.have + came >= amount))
            if reply.status == .applied {
                let isFull = model.since.map { (now - $0) / energy.refillSeconds >= room } ?? true
                model = (model.have + came - amount, isFull ? now : model.since.map { $0 + came * energy.refillSeconds } ?? now)
            }
            #expect(try world.balance(of: "anna", energy.asset) == Int64(model.have))
        }
    }
}
