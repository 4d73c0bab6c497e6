import EVM
import Economy
import Testing
import Wire

/// The two example games under GameData/Examples load, and a short story of each ends with the books in order.
struct ExampleGamesTests {
    private static func world(_ name: String) throws -> TestWorld {
        try TestWorld(try Game.load(folder: TestWorld.gameFolder + "/Examples/" + name))
    }

    /// Fails where an asset does not sum to zero over the houses and these players.
    private static func checkBooks(_ world: TestWorld, _ players: [String]) throws {
        let catalog = world.game.catalog
        let accounts = Array(catalog.houses.keys) + players.map(NamedAccount.player)
        for asset in catalog.currencies.map(\.asset) + catalog.items.map(\.asset) {
            let sum = try accounts.reduce(Int64(0)) { $0 + (try world.balance($1, asset)) }
            #expect(sum == 0, "asset \(asset) sums to \(sum)")
        }
    }

    @Test func `a hero of the arena earns by the minute, builds from parts and sells back at half the price`() throws {
        let world = try Self.world("arena")
        let hero = NamedAccount.player("hero")
        func perform(_ action: String, as role: Role = .player, _ fields: [String: FieldValue]) throws -> ReplyBody {
            let reply = try world.perform(action, as: role, by: "hero", fields)
            #expect(reply.status == .applied, "\(action): \(reply.message)")
            return reply
        }
        for _ in 0..<25 { _ = try perform("reward", as: .server, ["player": .account(hero), "table": .number(100)]) }
        #expect(try world.balance(of: "hero", 1) == 2_250)
        let recipe = try #require(world.game.catalog.loot.boxes.first { $0.name == "boots of speed" })
        var spent: Int64 = 0
        for part in recipe.costs {
            let offer = try #require(world.game.catalog.offers.first { $0.results.first?.asset == part.asset })
            let price = offer.costs[0].amount
            spent += Int64(try perform("purchase", ["offer": .number(offer.offer), "quantity": .number(1), "maxCost": .numbers([price])]).result1)
        }
        _ = try perform("craft", ["box": .number(recipe.box), "times": .number(1)])
        let made = try #require(world.game.catalog.loot.tables.first { $0.table == recipe.table }).sure[0].asset
        #expect(try world.balance(of: "hero", made) == 1)
        let paid = try perform("sell", ["asset": .number(made), "quantity": .number(1)]).result1
        #expect(Int64(paid) == spent / 2)
        #expect(try world.balance(of: "hero", 1) == 2_250 - spent + Int64(paid))
        let ward = try #require(world.game.catalog.offers.first { $0.window != nil })
        let wards: [String: FieldValue] = ["offer": .number(ward.offer), "quantity": .number(4), "maxCost": .numbers([1_000])]
        _ = try perform("purchase", wards)
        #expect(try world.perform("purchase", by: "hero", wards).refusalCode == 132)
        try Self.checkBooks(world, ["hero"])
    }

    @Test func `a trader of the realm gets a letter, forges, sells on the market and at auction`() throws {
        let world = try Self.world("realm")
        let (mira, odo) = (NamedAccount.player("mira"), NamedAccount.player("odo"))
        func perform(_ action: String, as role: Role = .player, by name: String = "mira", _ fields: [String: FieldValue]) throws -> ReplyBody {
            let reply = try world.perform(action, as: role, by: name, fields)
            #expect(reply.status == .applied, "\(action): \(reply.message)")
            return reply
        }
        func asset(_ name: String) throws -> UInt64 { try #require(world.game.catalog.items.first { $0.name == name }).asset }
        let blade = UInt64(3) << 32 | 1
        let id: FieldValue = .id([UInt8](1...16))
        let ores = [
            AssetLine(asset: try asset("copper ore"), amount: 6), AssetLine(asset: try asset("tin ore"), amount: 3),
            AssetLine(asset: 1, amount: 20), AssetLine(asset: blade, amount: 1),
        ]
        for (player, lines, mail) in [(mira, ores, 1), (odo, [AssetLine(asset: 1, amount: 500)], 2)] as [(Address, [AssetLine], UInt8)] {
            _ = try perform(
                "sendMail", as: .server,
                [
                    "mail": .id([UInt8](repeating: mail, count: 16)), "player": .account(player),
                    "faucet": .account(NamedAccount.faucet("rewards")), "expires": .number(world.timestampSeconds), "lines": .lines(lines),
                ])
        }
        _ = try perform("claimMail", ["mail": .id([UInt8](repeating: 1, count: 16))])
        _ = try perform("claimMail", by: "odo", ["mail": .id([UInt8](repeating: 2, count: 16))])
        _ = try perform("craft", ["box": .number(1), "times": .number(3)])
        _ = try perform("purchase", ["offer": .number(4), "quantity": .number(1), "maxCost": .numbers([6])])
        _ = try perform("craft", ["box": .number(2), "times": .number(1)])
        let forged = try asset("bronze blade")
        #expect(try world.balance(of: "mira", forged) == 1)
        _ = try perform(
            "listItem",
            [
                "listing": id, "asset": .number(forged), "quantity": .number(1), "currency": .number(1), "unitPrice": .number(30),
                "expires": .number(world.timestampSeconds),
            ])
        _ = try perform("buyListing", by: "odo", ["listing": id, "quantity": .number(1), "maxCost": .number(30)])
        #expect(try world.balance(of: "mira", 1) == 20 - 6 + 29)
        _ = try perform(
            "openAuction",
            [
                "auction": id, "asset": .number(blade), "quantity": .number(1), "currency": .number(1), "reserve": .number(50),
                "buyOut": .number(101), "stepBasisPoints": .number(500), "closes": .number(world.timestampSeconds + 60),
            ])
        _ = try perform("bid", by: "odo", ["auction": id, "amount": .number(101)])
        // 5 % of 101 to the studio and 2.5 % to the treasury, both rounded up.
        #expect(try world.balance(of: "studio", 1) == 6)
        #expect(try world.balance(of: "mira", 1) == 43 + 101 - 6 - 3)
        #expect(try world.balance(of: "odo", blade) == 1)
        try Self.checkBooks(world, ["mira", "odo", "studio"])
    }
}
