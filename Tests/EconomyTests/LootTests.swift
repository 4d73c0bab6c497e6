import EVM
import Economy
import Testing
import Wire

/// Recipes, loot boxes, rewards, streaks and energy: chance by commit and reveal, checked against a model of the draws and by the audit.
struct LootTests {
    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let seed = U256(0x1234_5678 as UInt64)
    let id = [UInt8](1...16)
    let idWord = U256(0x090a_0b0c_0d0e_0f10, 0x0102_0304_0506_0708, 0, 0)

    init() throws { world = try TestWorld() }

    private var now: UInt64 { world.timestampSeconds }

    private func server(_ action: String, _ fields: [String: FieldValue]) throws -> ReplyBody {
        try world.perform(action, as: .server, by: "game", fields)
    }

    private func rule(_ action: String, _ fields: [String: FieldValue]) throws -> ReplyBody {
        try world.perform(action, as: .operator, by: "root", fields)
    }

    private func openEpoch(_ epoch: UInt64, _ seed: U256) throws -> ReplyBody {
        try server("openEpoch", ["epoch": .number(epoch), "commitment": .words([keccak256(seed.bigEndianBytes).word])])
    }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    private func openBox(_ box: UInt64, _ id: [UInt8], by name: String = "anna") throws -> ReplyBody {
        try world.perform("openBox", by: name, ["box": .number(box), "roll": .id(id)])
    }

    private func settle(_ id: [UInt8], _ chance: U256) throws -> ReplyBody {
        try server("settleRoll", ["roll": .id(id), "chance": .words([chance])])
    }

    private func top(_ word: U256) -> UInt64 { word.l3 }

    @Test func `the odds in the contract are those of the catalog, by their hash`() throws {
        #expect(!world.game.catalog.loot.tables.isEmpty)
        for table in world.game.catalog.loot.tables {
            let request = world.game.request(contract: "loot", function: "odds(uint256)", words: [U256(table.table)])
            #expect(world.call(try #require(request)).output == table.odds.bytes, "\(table.name)")
        }
    }

    @Test func `a recipe without chance is followed many times at once`() throws {
        let box = try #require(world.game.catalog.loot.boxes.first { $0.box == 2 })
        let table = try #require(world.game.catalog.loot.tables.first { $0.table == box.table })
        try world.give("anna", box.costs.map { AssetLine(asset: $0.asset, amount: $0.amount * 5) })
        let reply = try world.perform("craft", ["box": .number(2), "times": .number(4)])
        #expect((reply.status, reply.result0, reply.result1) == (.applied, box.table, 4), "\(reply.message)")
        for cost in box.costs { #expect(try world.balance(of: "anna", cost.asset) == Int64(cost.amount)) }
        for line in table.sure { #expect(try world.balance(of: "anna", line.asset) == Int64(line.least * 4)) }
        expect(try world.perform("craft", ["box": .number(2), "times": .number(2)]), 101, box.costs[0].amount, box.costs[0].amount * 2)
        expect(try world.perform("craft", ["box": .number(1), "times": .number(1)]), 117, 1, 0)
        expect(try world.perform("craft", ["box": .number(999), "times": .number(1)]), 116, 999, 0)
    }

    @Test func `a box is paid first, settled once with the value of the seed, and proven when the seed is revealed`() throws {
        let box = try #require(world.game.catalog.loot.boxes.first { $0.box == 1 })
        let table = try #require(world.game.catalog.loot.tables.first { $0.table == box.table })
        try world.give("anna", box.costs)
        expect(try openBox(1, id), 110, 0, 1)
        expect(try openEpoch(2, seed), 110, 2, 1)
        #expect(try openEpoch(1, seed).status == .applied)
        var audit = LootAudit(game: world.game)
        func take() { if let receipt = world.receipt { audit.take(receipt) } }
        take()
        let asked = try openBox(1, id)
        take()
        #expect((asked.status, asked.result0, asked.result1) == (.applied, 1, 1), "\(asked.message)")
        #expect(try world.balance(of: "anna", box.costs[0].asset) == 0)
        expect(try openBox(1, id), 118, 1, 0)
        let chance = LootTable.chance(seed: seed, roll: idWord, player: anna, nonce: 1)
        #expect(try world.perform("settleRoll", by: "anna", ["roll": .id(id), "chance": .words([chance])]).refusalCode == 10)
        expect(try world.perform("claimRoll", ["roll": .id(id)]), 111, 1, 1)
        let draw = table.draw(chance: chance, misses: 0)
        #expect(try settle(id, chance).result1 == draw.pickWord)
        take()
        var got: [UInt64: UInt64] = [:]
        for line in draw.lines { got[line.asset, default: 0] += line.amount }
        for (asset, amount) in got { #expect(try world.balance(of: "anna", asset) == Int64(amount)) }
        expect(try settle(id, chance), 119, 2, 1)
        expect(try server("revealEpoch", ["epoch": .number(1), "seed": .words([seed])]), 111, 1, 1)
        #expect(try openEpoch(2, seed).status == .applied)
        expect(
            try server("revealEpoch", ["epoch": .number(1), "seed": .words([9])]), 112, top(keccak256(U256(9 as UInt64).bigEndianBytes).word),
            top(keccak256(seed.bigEndianBytes).word))
        #expect(audit.proven == 0 && audit.unprovenCount == 1)
        #expect(try server("revealEpoch", ["epoch": .number(1), "seed": .words([seed])]).status == .applied)
        take()
        #expect(audit.proven == 1 && audit.findings.isEmpty && audit.waitingCount == 0, "\(audit.findings)")
    }

    @Test func `a roll that the server does not settle is settled by its player once the seed is known`() throws {
        let box = try #require(world.game.catalog.loot.boxes.first { $0.box == 1 })
        try world.give("anna", box.costs)
        #expect(try openEpoch(1, seed).status == .applied)
        #expect(try openBox(1, id).status == .applied)
        #expect(try openEpoch(2, seed).status == .applied)
        #expect(try server("revealEpoch", ["epoch": .number(1), "seed": .words([seed])]).status == .applied)
        let right = LootTable.chance(seed: seed, roll: idWord, player: anna, nonce: 1)
        expect(try settle(id, 5), 113, 0, top(right))
        expect(
            try world.perform("claimRoll", by: "ben", ["roll": .id(id)]), 136, RefusalTests.first8(NamedAccount.player("ben")),
            RefusalTests.first8(anna))
        #expect(try world.perform("claimRoll", ["roll": .id(id)]).status == .applied)
        expect(try world.perform("claimRoll", ["roll": .id(id)]), 119, 2, 1)
    }

    @Test func `the audit finds a value that is not the seed's, and a box that gives too often`() throws {
        let box = try #require(world.game.catalog.loot.boxes.first { $0.box == 1 })
        try world.give("anna", box.costs.map { AssetLine(asset: $0.asset, amount: 5) })
        var audit = LootAudit(game: world.game)
        func take(_ reply: ReplyBody) { if let receipt = world.receipt, reply.status == .applied { audit.take(receipt) } }
        take(try openEpoch(1, seed))
        take(try openBox(1, id))
        take(try settle(id, 77))
        take(try openEpoch(2, seed))
        take(try server("revealEpoch", ["epoch": .number(1), "seed": .words([seed])]))
        #expect(audit.proven == 0 && audit.findings.count == 1)
        #expect(audit.findings.first?.description.hasPrefix("value 0x4d,") ?? false)
    }

    @Test func `thousands of rolls fit the published odds, and loaded dice do not`() throws {
        let table = try #require(world.game.catalog.loot.tables.first { $0.table == 1 })
        func chiSquare(_ loaded: Bool) -> Double {
            var counts = [Double](repeating: 0, count: table.entries.count)
            for roll in 0..<4_000 {
                var chance = LootTable.chance(seed: seed, roll: U256(roll), player: anna, nonce: 1)
                if loaded, roll % 10 == 0 { chance = LootTable.chance(seed: seed, roll: 0, player: anna, nonce: 1) }
                counts[Int(table.draw(chance: chance, misses: 0).picks[0]) - 1] += 1
            }
            let weights = table.entries.map { Double($0.weight) }
            let sum = weights.reduce(0, +)
            var result = 0.0
            for (count, weight) in zip(counts, weights) {
                let expected = 4_000 * weight / sum
                result += (count - expected) * (count - expected) / expected
            }
            return result
        }
        #expect(LootAudit.likelihood(chiSquare(false), degrees: table.entries.count - 1) > 0.001)
        #expect(LootAudit.likelihood(chiSquare(true), degrees: table.entries.count - 1) < 0.000_001)
    }

    /// Values of the upper tail from tables of the chi-square distribution.
    @Test(arguments: [(3.841, 1, 0.05), (6.635, 1, 0.01), (11.070, 5, 0.05), (18.307, 10, 0.05), (29.588, 10, 0.001), (0.0, 4, 1.0), (2.733, 8, 0.95)] as [(Double, Int, Double)])
    func `the likelihood of a chi-square is that of the tables`(chiSquare: Double, degrees: Int, likelihood: Double) {
        #expect(abs(LootAudit.likelihood(chiSquare, degrees: degrees) - likelihood) < 0.0004)
    }

    private func setTable(_ table: LootTable) throws -> ReplyBody {
        try rule("setTable", table.fields)
    }

    @Test func `random tables draw as the model does, with repeats and pity`() throws {
        var random = SplitMix(state: 5)
        #expect(try openEpoch(1, seed).status == .applied)
        for number in 100..<116 as Range<UInt64> {
            func line() -> LootLine {
                let least = UInt64(1 + random.below(9))
                return LootLine(asset: [1, 2, 65_536, 65_540, 65_541][random.below(5)], least: least, most: least + UInt64(random.below(9)))
            }
            let entries = (0..<(1 + random.below(16))).map { _ in LootEntry(weight: UInt64(1 + random.below(500)), gives: line()) }
            let repeats = UInt64(1 + random.below(4))
            let draws = min(UInt64(1 + random.below(8)), UInt64(entries.count) * repeats)
            let hasPity = random.below(2) == 0
            let table = LootTable(
                table: number, name: "", sure: (0..<random.below(5)).map { _ in line() }, draws: draws, repeatsMax: repeats,
                entries: entries, pityEntry: hasPity ? UInt64(entries.count) : 0, pityAfter: hasPity ? UInt64(1 + random.below(3)) : 0,
                caps: [0, 0, 0])
            #expect(try setTable(table).status == .applied)
            #expect(try setTable(table).refusalCode == 148)
            let name = "player\(number)"
            let player = NamedAccount.player(name)
            var has: [UInt64: UInt64] = [:]
            var misses: UInt64 = 0
            for nonce in 1...7 as ClosedRange<UInt64> {
                let chance = LootTable.chance(seed: seed, roll: U256(number), player: player, nonce: nonce)
                let draw = table.draw(chance: chance, misses: misses)
                misses = draw.misses
                for line in draw.lines { has[line.asset, default: 0] += line.amount }
                let reply = try server("reward", ["player": .account(player), "table": .number(number), "chance": .words([chance])])
                #expect((reply.status, reply.result1) == (.applied, draw.pickWord), "\(reply.message)")
                for value in stride(from: UInt64(0), to: draws, by: 1) {
                    let count = draw.picks.count { $0 == draw.picks[Int(value)] }
                    #expect(UInt64(count) <= repeats || table.pityEntry != 0)
                }
            }
            for (asset, amount) in has { #expect(try world.balance(of: name, asset) == Int64(amount)) }
        }
    }

    @Test func `tables have bounds`() throws {
        func refused(_ table: LootTable) throws -> UInt16 { try setTable(table).refusalCode }
        let line = LootLine(asset: 1, least: 1, most: 1)
        func table(draws: UInt64 = 1, repeats: UInt64 = 1, pity: UInt64 = 0, _ entries: [LootEntry], sure: [LootLine] = []) -> LootTable {
            LootTable(
                table: 200, name: "", sure: sure, draws: draws, repeatsMax: repeats, entries: entries, pityEntry: pity,
                pityAfter: 1, caps: [0, 0, 0])
        }
        let entry = LootEntry(weight: 1, gives: line)
        #expect(try refused(table(draws: 0, [])) == 114)
        #expect(try refused(table(draws: 3, repeats: 2, [entry])) == 114)
        #expect(try refused(table(draws: 9, repeats: 8, [entry, entry])) == 114)
        #expect(try refused(table(pity: 2, [entry])) == 114)
        #expect(try refused(table([LootEntry(weight: 0, gives: line)])) == 114)
        #expect(try refused(table([entry], sure: [LootLine(asset: 1, least: 3, most: 2)])) == 114)
        #expect(try refused(table([entry], sure: [LootLine(asset: 1, least: 0, most: 2)])) == 165)
        #expect(try refused(table([entry])) == 0)
    }
}
