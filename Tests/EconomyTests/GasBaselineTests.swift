import EVM
import Economy
import Foundation
import Testing
import Wire

/// The gas of every action of players and game servers in steady state is the one in LoadTests/Baselines/gas.json.
struct GasBaselineTests {
    static let path = TestWorld.root + "/LoadTests/Baselines/gas.json"

    struct Baseline: Codable {
        var command: String
        var gas: [String: UInt64]
    }

    /// What is done, in this order and twice; the second time counts, when every account has something of what moves.
    static func steps(_ attempt: UInt8, now: UInt64) -> [(name: String, action: String, role: Role, by: String, fields: [String: FieldValue])] {
        func id(_ number: UInt8) -> FieldValue { .id([UInt8](repeating: number, count: 15) + [attempt + 1]) }
        let (anna, ben) = (NamedAccount.player("anna"), NamedAccount.player("ben"))
        let item = { (amount: UInt64) in RefusalTests.lines(65_536, amount) }
        let coins = { (amount: UInt64) in RefusalTests.lines(1, amount) }
        func proposal(_ number: UInt8) -> [String: FieldValue] {
            ["trade": id(number), "counterparty": .account(ben), "gives": item(2), "wants": coins(50), "expires": .number(now)]
        }
        func auction(_ number: UInt8) -> [String: FieldValue] {
            [
                "auction": id(number), "asset": .number(65_536), "quantity": .number(1), "currency": .number(1), "reserve": .number(10),
                "buyOut": .number(90), "stepBasisPoints": .number(500), "closes": .number(now + 60),
            ]
        }
        return [
            ("proposeTrade", "proposeTrade", .player, "anna", proposal(1)),
            ("acceptTrade", "acceptTrade", .player, "ben", ["trade": id(1)]),
            ("proposeTrade, again", "proposeTrade", .player, "anna", proposal(2)),
            ("cancelTrade", "cancelTrade", .player, "anna", ["trade": id(2)]),
            (
                "swapBaskets, two for two", "swapBaskets", .server, "game",
                [
                    "first": .account(anna), "second": .account(ben),
                    "firstGives": .lines([AssetLine(asset: 65_536, amount: 1), AssetLine(asset: 65_537, amount: 1)]),
                    "secondGives": .lines([AssetLine(asset: 1, amount: 40), AssetLine(asset: 2, amount: 40)]),
                ]
            ),
            (
                "listItem", "listItem", .player, "anna",
                ["listing": id(3), "asset": .number(65_536), "quantity": .number(9), "currency": .number(1), "unitPrice": .number(7), "expires": .number(now)]
            ),
            ("buyListing", "buyListing", .player, "ben", ["listing": id(3), "quantity": .number(2), "maxCost": .number(99)]),
            ("cancelListing", "cancelListing", .player, "anna", ["listing": id(3)]),
            ("openAuction", "openAuction", .player, "anna", auction(4)),
            ("bid, first", "bid", .player, "ben", ["auction": id(4), "amount": .number(20)]),
            ("bid, over another", "bid", .player, "carl", ["auction": id(4), "amount": .number(40)]),
            ("bid, buying out", "bid", .player, "ben", ["auction": id(4), "amount": .number(90)]),
            ("openAuction, again", "openAuction", .player, "anna", auction(5)),
            ("cancelAuction", "cancelAuction", .player, "anna", ["auction": id(5)]),
            (
                "sendMail, coins and an item", "sendMail", .server, "game",
                [
                    "mail": id(6), "player": .account(anna), "faucet": .account(NamedAccount.faucet("rewards")), "expires": .number(now),
                    "lines": .lines([AssetLine(asset: 1, amount: 5), AssetLine(asset: 65_536, amount: 1)]),
                ]
            ),
            ("claimMail, coins and an item", "claimMail", .player, "anna", ["mail": id(6)]),
            ("craft", "craft", .player, "anna", ["box": .number(2), "times": .number(1)]),
            ("openBox", "openBox", .player, "anna", ["box": .number(1), "roll": id(7)]),
            ("settleRoll, three lines", "settleRoll", .server, "game", ["roll": id(7), "chance": .words([U256(77 as UInt64)])]),
            ("reward, two lines", "reward", .server, "game", ["player": .account(anna), "table": .number(4), "chance": .words([U256(7 as UInt64)])]),
            ("spendEnergy", "spendEnergy", .server, "game", ["player": .account(anna), "asset": .number(8_454_181), "amount": .number(1)]),
            ("purchase", "purchase", .player, "anna", ["offer": .number(1), "quantity": .number(2), "maxCost": .numbers([100])]),
            ("purchase, with window and segment", "purchase", .player, "anna", ["offer": .number(2), "quantity": .number(1), "maxCost": .numbers([100])]),
            ("purchase, from a draft in force", "purchase", .player, "anna", ["offer": .number(3), "quantity": .number(1), "maxCost": .numbers([100])]),
        ] + corrections(id(8), id(9))
    }

    /// Two orders that meet, and one that is taken back.
    private static func orders(
        _ attempt: UInt8
    ) -> [(name: String, action: String, role: Role, by: String, fields: [String: FieldValue])] {
        func order(_ number: UInt8, _ side: UInt64, _ price: UInt64) -> [String: FieldValue] {
            [
                "order": .id([UInt8](repeating: number, count: 15) + [attempt + 1]), "side": .number(side), "asset": .number(65_536),
                "currency": .number(1), "price": .number(price), "quantity": .number(5),
            ]
        }
        return [
            ("order, to buy", "order", .player, "anna", order(20, 1, 12)), ("order, to sell", "order", .player, "ben", order(21, 2, 10)),
            ("order, again", "order", .player, "ben", order(22, 2, 10)),
            ("cancelOrder", "cancelOrder", .player, "ben", ["order": .id([UInt8](repeating: 22, count: 15) + [attempt + 1])]),
        ]
    }

    /// What operators and the stores do.
    private static func corrections(
        _ receipt: FieldValue, _ original: FieldValue
    ) -> [(name: String, action: String, role: Role, by: String, fields: [String: FieldValue])] {
        let (anna, ben) = (NamedAccount.player("anna"), NamedAccount.player("ben"))
        let coins = RefusalTests.lines(1, 3)
        return [
            ("freezeAccount", "freezeAccount", .operator, "olga", ["player": .account(anna)]),
            ("unfreezeAccount", "unfreezeAccount", .operator, "olga", ["player": .account(anna)]),
            ("adjustUp", "adjustUp", .operator, "olga", ["player": .account(anna), "from": .account(NamedAccount.faucet("corrections")), "line": coins]),
            ("adjustDown", "adjustDown", .operator, "olga", ["player": .account(anna), "to": .account(NamedAccount.sink("corrections")), "line": coins]),
            ("correct", "correct", .operator, "olga", ["original": original, "from": .account(anna), "to": .account(ben), "line": coins]),
            (
                "deliverReceipt, three lines", "deliverReceipt", .server, "store",
                ["receipt": receipt, "player": .account(anna), "product": .number(3), "quantity": .number(1)]
            ),
            ("revokeReceipt, three lines", "revokeReceipt", .server, "store", ["receipt": receipt, "player": .account(anna)]),
        ]
    }

    /// The gas of all other actions, done twice like those.
    private static func measureTheOthers(in world: TestWorld, _ gas: inout [String: UInt64]) throws {
        for attempt in 0..<2 as Range<UInt8> {
            let more = GasSteps(world, attempt: attempt)
            func measure(_ steps: [GasSteps.Step]) throws {
                for step in steps {
                    let reply = try world.perform(step.action, as: step.role, by: step.by, step.fields)
                    #expect(reply.status == .applied, "\(step.name): \(reply.message)")
                    gas[step.name] = reply.gasUsed
                }
            }
            try measure(try more.everyday() + more.beginnings())
            world.timestampSeconds += 100
            try measure(more.endings() + more.rules())
            world.timestampSeconds += 86_400
        }
    }

    /// With HOARD_UPDATE_DOCS=1 the test writes the file instead of comparing it.
    @Test func `gas is that of the baseline`() throws {
        let world = try TestWorld()
        let stock = [1, 2, 65_536, 65_537, 65_540, 65_543, 65_569, 65_571].map { AssetLine(asset: $0, amount: 10_000) }
        for name in ["anna", "ben", "carl"] { try world.give(name, stock) }
        let rules: [(String, Role, [String: FieldValue])] = [
            ("openEpoch", .server, ["epoch": .number(1), "commitment": .words([1])]),
            ("limitOffer", .operator, ["offer": .number(2), "cap": .number(9), "windowSeconds": .number(86_400)]),
            ("setSegmentPrice", .operator, ["offer": .number(2), "segment": .number(1), "costs": RefusalTests.lines(1, 8)]),
            ("setSegment", .server, ["player": .account(NamedAccount.player("anna")), "segment": .number(1)]),
            (
                "draftOffer", .operator,
                ["version": .number(1), "offer": .number(3), "stock": .number(.max), "costs": RefusalTests.lines(1, 5), "results": RefusalTests.lines(65_536, 1)]
            ),
            ("publishCatalog", .operator, ["version": .number(1)]),
        ]
        for (action, role, fields) in rules {
            #expect(try world.perform(action, as: role, by: "root", fields).status == .applied)
        }
        var gas: [String: UInt64] = [:]
        var orders: [NewOrder] = []
        for attempt in 0..<2 as Range<UInt8> {
            orders = []
            for step in Self.steps(attempt, now: world.timestampSeconds) + Self.orders(attempt) {
                let reply = try world.perform(step.action, as: step.role, by: step.by, step.fields)
                #expect(reply.status == .applied, "\(step.name): \(reply.message)")
                gas[step.name] = reply.gasUsed
                if let receipt = world.receipt { orders += world.game.clearing?.orders(in: receipt) ?? [] }
                guard step.name == "order, to sell" else { continue }
                for transaction in world.game.clearing?.transactions(clearing: orders) ?? [] {
                    gas["clearBook, two orders that meet"] = try world.run(transaction).gasUsed
                }
                orders = []
            }
        }
        try Self.measureTheOthers(in: world, &gas)
        for action in world.game.actionsByName.keys.sorted() {
            #expect(gas.keys.contains { $0 == action || $0.hasPrefix(action + ",") }, "\(action) has no gas in the table")
        }
        if ProcessInfo.processInfo.environment["HOARD_UPDATE_DOCS"] == "1" {
            let lines = gas.keys.sorted().map { "    \"\($0)\": \(gas[$0] ?? 0)" }.joined(separator: ",\n")
            let text = "{\n  \"command\": \"HOARD_UPDATE_DOCS=1 swift test --filter GasBaselineTests\",\n  \"gas\": {\n\(lines)\n  }\n}\n"
            try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
            return
        }
        let data = try #require(FileManager.default.contents(atPath: Self.path), "LoadTests/Baselines/gas.json is missing")
        let baseline = try JSONDecoder().decode(Baseline.self, from: data)
        for (name, used) in gas { #expect(baseline.gas[name] == used, "\(name)") }
        #expect(baseline.gas.count == gas.count)
    }
}
