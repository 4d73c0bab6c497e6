import Replay
import Testing

/// Small timelines, each for one rule of the shop.
struct LeagueRuleTests {
    static let prices = PriceTable(items: [
        "1001": .init(name: "Boots", total: 300, sell: 210, into: ["3006"]),
        "1042": .init(name: "Dagger", total: 300, sell: 210, into: ["3006"]),
        "3006": .init(name: "Greaves", total: 1100, sell: 770, from: ["1001", "1042"]),
        "2003": .init(name: "Potion", total: 50, sell: 20),
        "1036": .init(name: "Sword", total: 350, sell: 245, into: ["3133"]),
        "3133": .init(name: "Hammer", total: 1100, sell: 770, from: ["1036", "1036"], into: ["3071"]),
        "3067": .init(name: "Gem", total: 800, sell: 560, into: ["3071"]),
        "3044": .init(name: "Phage", total: 1100, sell: 770, into: ["3078"]),
        "3071": .init(name: "Cleaver", total: 3000, sell: 2100, from: ["3133", "3067"]),
    ])

    /// A match of one player with wallets (time, current, total) and events as JSON.
    static func match(wallets: [(Int, Int, Int)], _ events: [String]) throws -> Match {
        let text = document(wallets: wallets, events)
        return try MatchImporters.read(MatchSource(bytes: Array(text.utf8), file: "rule.json"), prices: prices)
    }

    /// The same as the text of a file.
    static func document(wallets: [(Int, Int, Int)], _ events: [String]) -> String {
        var frames: [String] = []
        for (index, wallet) in wallets.enumerated() {
            // All events stand in the last frame: where they stand must not matter.
            let own = index == wallets.count - 1 ? events.joined(separator: ",") : ""
            frames.append(
                """
                {"timestamp":\(wallet.0),"participantFrames":{"1":{"participantId":1,"currentGold":\(wallet.1),\
                "totalGold":\(wallet.2)}},"events":[\(own)]}
                """)
        }
        return "{\"match\":{\"gameId\":7},\"timeline\":{\"frames\":[\(frames.joined(separator: ","))]}}"
    }

    /// Events as words: `buy 3 3006` is a purchase of item 3006 at 3 ms, `undo 4 3006 0 50` has before, after and gold.
    static func events(_ words: String) -> [String] {
        words.split(separator: ",").map { part in
            let word = part.split(separator: " ").map(String.init)
            let head = "\"timestamp\":\(word[1]),\"participantId\":1"
            if word[0] == "undo" {
                let gain = word.count > 4 ? ",\"goldGain\":\(word[4])" : ""
                return "{\"type\":\"ITEM_UNDO\",\(head),\"beforeId\":\(word[2]),\"afterId\":\(word[3])\(gain)}"
            }
            let types = ["buy": "ITEM_PURCHASED", "sell": "ITEM_SOLD", "destroy": "ITEM_DESTROYED"]
            return "{\"type\":\"\(types[word[0]]!)\",\(head),\"itemId\":\(word[2])}"
        }
    }

    /// The balance that the ledger has at the end, when it applies everything.
    static func balance(_ match: Match) throws -> Int64 {
        var model = LedgerModel()
        for action in try Planner.plan(match).actions {
            let applied = model.apply([action])
            #expect(applied, "\(action.kind) of event \(action.sequence)")
        }
        #expect(model.sum(1) == 0)
        return model.balance(.player("lol-7/1"), 1)
    }

    struct Deals: Sendable, CustomTestStringConvertible {
        let words: String
        let spent: Int64
        var undosWithoutDeal = 0
        var testDescription: String { words }
    }

    static let shopRules = [
        // What is destroyed at the instant of a purchase is a part of it, before or after it in the record.
        Deals(words: "buy 1 1001,buy 2 1042,buy 3 3006,destroy 3 1001,destroy 3 1042", spent: 1100),
        Deals(words: "buy 1 1001,buy 2 1042,destroy 3 1042,destroy 3 1001,buy 3 3006", spent: 1100),
        // At another instant it was used up.
        Deals(words: "buy 1 1001,destroy 2 1001,buy 3 3006", spent: 1400),
        // A potion is no part, even at the same instant.
        Deals(words: "buy 1 2003,buy 3 3006,destroy 3 2003", spent: 1150),
        // Free boots count as boots.
        Deals(words: "buy 3 3006,destroy 3 2422", spent: 800),
        // Parts of parts count, but not twice with what they became.
        Deals(words: "buy 1 1036,buy 3 3071,destroy 3 1036", spent: 3000),
        // A part that the recipe does not name counts when it is a part of something.
        Deals(words: "buy 1 3044,buy 3 3071,destroy 3 3044", spent: 3000),
        // The price on a sale is that of the item.
        Deals(words: "buy 1 1001,sell 2 1001", spent: 90),
        // A sale of what was never bought: it was a gift.
        Deals(words: "sell 2 1001", spent: -210),
    ]

    static let undoRules = [
        // An undone combine gives the parts back, so that they can be used or sold again.
        Deals(
            words:
                "buy 1 1001,buy 2 1042,buy 3 3006,destroy 3 1001,destroy 3 1042,undo 4 3006 0,buy 5 3006,destroy 5 1001,destroy 5 1042",
            spent: 1100),
        Deals(
            words: "buy 1 1001,buy 2 1042,buy 3 3006,destroy 3 1001,destroy 3 1042,undo 4 3006 0,sell 5 1001",
            spent: 390),
        // An undone sale takes the gold back and gives the thing back.
        Deals(words: "buy 1 1001,sell 2 1001,undo 3 0 1001,sell 4 1001", spent: 90),
        // Undos go down the stack.
        Deals(words: "buy 1 1001,buy 2 1042,undo 3 1042 0,undo 4 1001 0", spent: 0),
        Deals(words: "buy 1 2003,buy 2 2003,undo 3 2003 0,undo 4 2003 0", spent: 0),
        // A deal is not undone twice.
        Deals(words: "buy 1 2003,undo 3 2003 0,undo 4 2003 0", spent: 0, undosWithoutDeal: 1),
        // Nothing says what it was: the gold of the record is given, or nothing.
        Deals(words: "undo 3 0 3363", spent: 0, undosWithoutDeal: 1),
        Deals(words: "undo 3 2003 0 50", spent: -50, undosWithoutDeal: 1),
    ]

    @Test func `income is credited at the start of its interval and a balance is checked before`() throws {
        let match = try Self.match(
            wallets: [(0, 500, 500), (60_000, 450, 600)], Self.events("buy 1000 2003,buy 2000 2003,buy 3000 2003"))
        let plan = try Planner.plan(match)
        #expect(plan.checks.map(\.expected) == [500, 450])
        #expect(plan.actions.allSatisfy { $0.expectedToApply })
    }

    @Test(arguments: shopRules) func `what is spent follows the rules of the shop`(_ deals: Deals) throws {
        let match = try Self.match(wallets: [(0, 5000, 5000)], Self.events(deals.words))
        #expect(try Self.balance(match) == 5000 - deals.spent)
    }

    @Test(arguments: undoRules) func `an undo takes the right deal back`(_ deals: Deals) throws {
        let match = try Self.match(wallets: [(0, 5000, 5000)], Self.events(deals.words))
        #expect(try Self.balance(match) == 5000 - deals.spent)
        #expect(match.events.count { $0.kind == .undo && $0.reference == nil } == deals.undosWithoutDeal)
    }

    @Test func `events of one instant keep the order of the record and frames do not matter`() throws {
        let match = try Self.match(
            wallets: [(0, 500, 500), (60_000, 400, 500)], Self.events("buy 5000 2003,sell 4000 2003,buy 4000 2003"))
        let deals = match.events.filter { $0.kind == .purchase || $0.kind == .sell }
        #expect(deals.map(\.kind) == [.sell, .purchase, .purchase])
        #expect(deals.map(\.timeMilliseconds) == [4_000, 4_000, 5_000])
    }

    @Test func `negative times come before the start and keep positive clocks`() throws {
        let match = try Self.match(wallets: [(0, 450, 500)], Self.events("buy -90000 2003"))
        let plan = try Planner.plan(match)
        #expect(plan.firstMilliseconds == -90_000)
        #expect(plan.actions.map(\.clockMilliseconds).allSatisfy { $0 == 1_800_000_000_000 - 90_000 })
        #expect(plan.checks.map(\.expected) == [450])
    }

    @Test func `a debt is allowed to who is recorded with one and costs the fee once`() throws {
        let match = try Self.match(
            wallets: [(0, 500, 500), (60_000, -450, 600), (120_000, 50, 1100)],
            Self.events("buy 1000 3067,buy 31000 2003,buy 32000 2003,buy 33000 2003"))
        #expect(match.counts[.credit] == 1)
        #expect(match.events.compactMap(\.fee) == [50])
        #expect(try Planner.plan(match).actions.allSatisfy { $0.expectedToApply })
    }

    @Test func `the game itself is never a player`() throws {
        let text = Self.events("destroy 5 2003")[0].replacing("\"participantId\":1", with: "\"participantId\":0")
        let kill = "{\"type\":\"CHAMPION_KILL\",\"timestamp\":6,\"killerId\":0,\"victimId\":1}"
        let match = try Self.match(wallets: [(0, 500, 500)], [text, kill])
        #expect(match.players == ["1"])
        #expect(match.counts[.destroy] == nil)
        #expect(match.counts[.kill] == 1)
    }

    @Test func `an item without a price is named and costs nothing`() throws {
        let match = try Self.match(wallets: [(0, 500, 500)], Self.events("buy 1 9999,buy 2 9999,sell 3 9999"))
        #expect(match.unknownItems == ["9999"])
        #expect(try Self.balance(match) == 500)
    }

    @Test(arguments: [
        "{\"metadata\":{\"matchId\":\"X_1\"},\"info\":{\"frames\":[F],\"participants\":[]}}",
        "{\"frames\":[F],\"gameId\":3,\"participants\":[{\"participantId\":1}]}",
        "{\"match\":{\"info\":{\"gameId\":4}},\"timeline\":{\"metadata\":{\"matchId\":\"X_2\"},\"info\":{\"frames\":[F]}}}",
        "{\"match\":{\"gameId\":5},\"timeline\":{\"frames\":[F]}}",
        "{\"frames\":[F],\"frameInterval\":60000}",
    ]) func `every wrapper is recognised`(_ shape: String) throws {
        let frame =
            "{\"timestamp\":0,\"participantFrames\":{\"1\":{\"participantId\":1,\"currentGold\":5,\"totalGold\":5}},\"events\":[]}"
        let text = shape.replacing("F", with: frame)
        let match = try MatchImporters.read(MatchSource(bytes: Array(text.utf8), file: "shape.json"))
        #expect(
            match.format == (text.contains("participants\"") || text.contains("info") ? "lol-match-v5" : "lol-match-v4")
        )
        #expect(match.counts[.snapshot] == 1)
        #expect(match.name.hasPrefix("lol-"))
    }
}
