import EVM
import Economy
import Testing
import Wire

/// What an exploit made is followed to whoever has it, and the plan takes no more than was made.
struct ClawbackTests {
    let world: TestWorld
    private var lineage: Lineage

    init() throws {
        world = try TestWorld()
        lineage = Lineage(asset: 1, catalog: world.game.catalog)
    }

    private mutating func perform(_ name: String, as role: Role = .player, by subject: String, _ fields: [String: FieldValue], _ operation: String) throws {
        let reply = try world.perform(name, as: role, by: subject, fields)
        #expect(reply.status == .applied, "\(name): \(reply.message)")
        lineage.take(world.game.movements(of: try #require(world.receipt)), block: 1, operation: operation)
    }

    private mutating func send(_ from: String, _ to: String, _ amount: UInt64) throws {
        try perform(
            "transferCoins", by: from, ["to": .account(NamedAccount.player(to)), "asset": .number(1), "amount": .number(amount)], "send")
    }

    private mutating func grant(_ to: String, _ amount: UInt64, _ operation: String) throws {
        try perform(
            "grant", as: .server, by: "game",
            ["player": .account(NamedAccount.player(to)), "faucet": .account(NamedAccount.faucet("rewards")), "lines": RefusalTests.lines(1, amount)],
            operation)
    }

    private func plan(_ operations: [String], _ gone: ClawbackPlan.Gone) -> ClawbackPlan {
        ClawbackPlan(lineage, operations: operations, houses: world.game.catalog.houses, gone: gone)
    }

    @Test mutating func `units are taken from whoever has them, and what is gone is forgiven or owed by who got it first`() throws {
        try grant("anna", 30, "good")
        try grant("anna", 200, "dup")
        try send("anna", "ben", 130)  // 30 good ones and 100 of the duplicates
        try perform("purchase", by: "ben", RefusalTests.buy(1, 25, [50]), "buy")  // 30 good ones and 20 duplicates go to the treasury
        try send("ben", "carl", 10)
        let forgiven = plan(["dup"], .forgive)
        #expect(forgiven.issued == 200 && forgiven.gone == 20 && forgiven.unknown.isEmpty)
        let held = Dictionary(uniqueKeysWithValues: forgiven.parts.map { ($0.account, $0) })
        #expect(held[NamedAccount.player("anna")]?.held == 100 && held[NamedAccount.player("ben")]?.held == 70)
        #expect(held[NamedAccount.player("carl")]?.held == 10 && held[NamedAccount.player("carl")]?.hands == 2)
        #expect(forgiven.parts.allSatisfy { $0.owed == 0 })
        let owed = plan(["dup"], .origin)
        #expect(owed.parts.first { $0.account == NamedAccount.player("anna") }?.owed == 20)
        #expect(owed.parts.reduce(0) { $0 + $1.held + $1.owed } == 200)
        #expect(plan(["dup", "nothing"], .forgive).unknown == ["nothing"])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    mutating func `however units wander, the parts and what is gone are what was issued`(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let players = ["anna", "ben", "carl", "dora"]
        for (place, player) in players.enumerated() { try grant(player, UInt64(100 + random.below(200)), place == 0 ? "dup" : "good\(place)") }
        try grant("dora", 77, "dup")
        for _ in 0..<60 {
            let from = players[random.below(4)]
            let balance = try world.balance(of: from, 1)
            guard balance > 0 else { continue }
            if random.below(5) == 0, balance >= 50 {
                try perform("purchase", by: from, RefusalTests.buy(1, 25, [50]), "buy")
            } else {
                try send(from, players[random.below(4)], UInt64(1 + random.below(Int(balance))))
            }
        }
        for rule in ClawbackPlan.Gone.allCases {
            let plan = plan(["dup"], rule)
            #expect(plan.parts.reduce(0) { $0 + $1.held } + plan.gone == plan.issued)
            #expect(plan.parts.reduce(0) { $0 + $1.owed } == (rule == .origin ? plan.gone : 0))
            for part in plan.parts { #expect(Int64(part.held) <= (try world.balance(part.account, 1))) }
        }
    }
}
