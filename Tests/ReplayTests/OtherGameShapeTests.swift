import Foundation
import Replay
import Testing

/// Older, newer and wrapped shapes of recorded games.
struct OtherGameShapeTests {
    private static func all(_ text: String, prices: PriceTable? = nil) throws -> [Match] {
        try MatchImporters.readAll(MatchSource(bytes: Array(text.utf8), file: "match"), prices: prices)
    }

    // MARK: League of Legends

    static let boots = PriceTable(items: ["1001": .init(name: "Boots", total: 300, sell: 210)])
    static let frames = """
        [{"timestamp":0,"participantFrames":{"1":{"participantId":1,"currentGold":500,"totalGold":500}},"events":[]},\
        {"timestamp":60000,"participantFrames":{"1":{"participantId":1,"currentGold":700,"totalGold":700}},"events":[\
        {"type":"ITEM_PURCHASED","timestamp":50000,"participantId":1,"itemId":1001},\
        {"type":"ITEM_UNDO","timestamp":51000,"participantId":1,"beforeId":1001,"afterId":0}]},\
        {"timestamp":120000,"participantFrames":{"1":{"participantId":1,"currentGold":800,"totalGold":800}}}]
        """

    static let shapes = [
        "{\"frames\":\(frames)}", frames, "{\"match\":{\"gameId\":5},\"timeline\":\(frames)}", "[{\"gameId\":5,\"participants\":[]},{\"frames\":\(frames)}]",
        "{\"gameId\":5}\n{\"frames\":\(frames)}", "{\"details\":{\"gameId\":5,\"timeline\":{\"frames\":\(frames)}}}",
        "{\"frames\":\(frames.replacing("beforeId", with: "itemBefore").replacing("afterId", with: "itemAfter").replacing("\"type\"", with: "\"eventType\""))}",
        "{\"frames\":\(frames.replacing(",\"afterId\":0", with: ""))}",
        "{\"timeline\":\"{\\\"frames\\\":\(frames.replacing("\"", with: "\\\""))}\"}",
        "{\"matches\":{\"5\":{\"match\":{\"gameId\":5},\"timeline\":{\"frames\":\(frames)}}}}",
    ]

    @Test(arguments: shapes) func `a timeline of any year gives the same purchase, undo and balances`(_ text: String) throws {
        let matches = try Self.all(text, prices: Self.boots)
        #expect(matches.count == 1)
        #expect(matches[0].events.filter { $0.kind == .undo }.count == 1)
        let plan = try Planner.plan(matches[0])
        #expect(plan.checks.map(\.expected) == [500, 700, 800])
        #expect(plan.expectedExact == 3)
    }

    @Test(arguments: ["\"participantFrames\":null", "\"participantFrames\":{\"1\":null}", "\"participantFrames\":{}"])
    func `a frame without a player bridges the interval`(_ hole: String) throws {
        let whole = "\"participantFrames\":{\"1\":{\"participantId\":1,\"currentGold\":700,\"totalGold\":700}}"
        let match = try ImporterTests.read("{\"frames\":\(Self.frames.replacing(whole, with: hole))}", prices: Self.boots)
        let plan = try Planner.plan(match)
        #expect(plan.checks.map(\.expected) == [500, 800] && plan.expectedExact == 2)
    }

    @Test func `matches are found in lists, maps and pairs of lines, none is dropped in silence`() throws {
        let one = "{\"match\":{\"gameId\":5},\"timeline\":{\"frames\":\(Self.frames)}}"
        let other = one.replacing("\"gameId\":5", with: "\"gameId\":6")
        for text in ["[\(one),\(other)]", "{\"matches\":[\(one),\(other)]}", "{\"a\":\(one),\"b\":\(other)}", "\(one)\n\(other)\n", "{\"data\":{\"games\":[\(one),\(other)]}}"] {
            #expect(try Self.all(text).map(\.name) == ["lol-5", "lol-6"])
        }
        let pairs = "{\"gameId\":5}\n{\"frames\":\(Self.frames)}\n{\"gameId\":6}\n{\"frames\":\(Self.frames)}\n"
        #expect(try Self.all(pairs).map(\.name) == ["lol-5", "lol-6"])
    }

    @Test func `what is of a game and no match says what is missing`() throws {
        let league = try #require(throws: ImportError.self) {
            try ImporterTests.read("{\"gameId\":5,\"participants\":[{\"participantId\":1,\"championId\":9}]}")
        }
        #expect(league.description.contains("neither a timeline nor what players earned"))
        let answer = try #require(throws: ImportError.self) { try ImporterTests.read("{\"status\":{\"message\":\"Data not found\",\"status_code\":404}}") }
        #expect(answer.description.contains("a service's answer") && answer.description.contains("Data not found"))
        let dota = try #require(throws: ImportError.self) {
            try ImporterTests.read("{\"match_id\":1,\"players\":[{\"player_slot\":0,\"hero_id\":3,\"kills\":2}]}")
        }
        #expect(dota.description.contains("POST /request"))
    }

    // MARK: Dota 2

    static let player = "\"player_slot\":0,\"hero_id\":3,\"gold\":125,\"gold_spent\":1400,\"gold_t\":[0,500,900]"
    static let log = "[{\"time\":-80,\"key\":\"boots\"},{\"time\":90,\"key\":\"gloves\"},{\"time\":130,\"key\":\"treads\"}]"

    static let dotaShapes = [
        "{\"players\":[{\(player),\"purchase_log\":\(log)}]}", "[{\(player),\"purchase_log\":\(log)}]",
        "{\"players\":[{\(player),\"purchase_log\":[[-80,\"boots\"],[90,\"gloves\"],[130,\"treads\"]]}]}",
        "{\"players\":[{\(player),\"purchase_log\":{\"boots\":-80,\"gloves\":[90],\"treads\":130}}]}",
        "{\"players\":[{\(player)}],\"parsedPlayers\":[{\"purchase_log\":\(log)}]}",
        "{\"data\":{\"match\":{\"durationSeconds\":140,\"players\":[{\"playerSlot\":0,\"heroId\":3,\"gold\":125,\"goldSpent\":1400,\"stats\":{\"goldPerMinute\":[0,500,400],\"itemPurchases\":[{\"time\":-80,\"itemId\":1},{\"time\":90,\"itemId\":2},{\"time\":130,\"itemId\":3}]}}]}}}",
        "{\"players\":[{\(player),\"purchase_log\":null,\"purchase\":{\"boots\":1,\"gloves\":1,\"treads\":1},\"first_purchase_time\":{\"boots\":-80,\"gloves\":90,\"treads\":130}}]}",
    ]

    @Test(arguments: dotaShapes) func `purchases of Dota 2 are the same in every shape, also without a duration`(_ text: String) throws {
        var prices = ImporterTests.dotaPrices
        for (number, key) in ["boots", "gloves", "treads"].enumerated() { prices.items[key]?.number = Int64(number + 1) }
        let match = try ImporterTests.read(text, prices: prices)
        #expect(match.format == "dota2-opendota" && match.warnings.isEmpty)
        let purchases = match.events.filter { $0.kind == .purchase }
        #expect(purchases.map(\.item) == ["boots", "gloves", "treads"])
        #expect(purchases.map(\.timeMilliseconds) == [-80_000, 90_000, 130_000])
        let plan = try Planner.plan(match)
        #expect(plan.checks.map(\.expected) == [125] && plan.actions.allSatisfy { $0.expectedToApply })
    }

    @Test func `an unparsed match of Dota 2 is played as far as it goes, with a warning`() throws {
        let match = try ImporterTests.read(
            "{\"match_id\":1,\"duration\":100,\"players\":[{\"player_slot\":0,\"hero_id\":3,\"item_0\":1,\"gold\":5,\"gold_spent\":900,\"purchase_log\":null,\"gold_t\":null}]}")
        #expect(match.warnings.count == 1 && match.warnings[0].contains("not parsed"))
    }

    // MARK: Age of Empires II

    static let commands = [
        "{\"t\":3500,\"action\":\"SELL\",\"player_id\":1,\"resource_id\":1,\"amount\":1}",
        "{\"t\":4250,\"action\":\"RESIGN\",\"player_id\":1}", "{\"t\":5000,\"action\":\"BUY\",\"player_id\":1,\"resource_id\":0,\"amount\":1}",
        "{\"t\":5000,\"action\":\"FLY\",\"player_id\":2}",
    ]
    static let model = [
        "{\"timestamp\":\"0:00:03.500000\",\"type\":\"Action.SELL\",\"player\":{\"number\":1,\"name\":\"x\"},\"payload\":{\"resource_id\":1,\"amount\":1}}",
        "{\"timestamp\":\"0:00:04.250000\",\"type\":\"Resign\",\"player\":1,\"payload\":{}}",
        "{\"timestamp\":\"0:00:05\",\"type\":\"Buy\",\"player\":1,\"payload\":{\"resource\":\"Food\",\"amount\":1}}",
        "{\"timestamp\":\"0:00:05\",\"type\":\"Fly\",\"player\":2,\"payload\":{}}",
    ]

    static let ageShapes = [
        commands.joined(separator: "\n"), commands.reversed().joined(separator: "\n"), "{\"actions\":[\(commands.joined(separator: ","))]}",
        "{\"players\":[{\"number\":1},{\"number\":2}],\"actions\":[\(model.joined(separator: ","))]}",
        commands.map { $0.replacing("\"t\":3500", with: "\"time\":3.5").replacing("\"t\":4250", with: "\"time\":4.25").replacing("\"t\":5000", with: "\"time\":5") }
            .joined(separator: "\n"),
    ]

    @Test(arguments: ageShapes) func `commands of Age of Empires II are the same in lines, in lists and as mgz writes them`(_ text: String) throws {
        let match = try ImporterTests.read(text)
        #expect(match.format == "aoe2-commands" && match.recordedCount == 4)
        let deals = match.events.filter { $0.kind != .reward }
        #expect(deals.map(\.kind) == [.sellLots] && deals.map(\.timeMilliseconds) == [3_500])
        #expect(match.leftOut.reduce(0) { $0 + $1.count } == 3)
        #expect(match.leftOut.contains(LeftOut(reason: "BUY: after RESIGN", count: 1)))
    }

    @Test func `rows of a studio's own that have a price are no commands of Age of Empires II`() throws {
        let match = try ImporterTests.read("[{\"type\":\"BUY\",\"player_id\":7,\"item\":\"hat\",\"price\":5,\"time\":1}]")
        #expect(match.format == "table")
    }

    // MARK: StarCraft II

    @Test func `a unit of StarCraft II is paid when it is begun, a structure without the worker that it grew out of`() throws {
        let match = try ImporterTests.read(
            """
            {"t":0,"type":"unit_born","pid":2,"unit":"Drone","minerals":50,"vespene":0}
            {"t":10000,"type":"stats","pid":2,"minerals":300,"vespene":0,"min_used_cur":50,"min_used_prog":0,"min_lost":0}
            {"t":15000,"type":"unit_init","pid":2,"unit":"Extractor","minerals":75,"vespene":0}
            {"t":20000,"type":"stats","pid":2,"minerals":225,"vespene":0,"min_used_cur":0,"min_used_prog":125,"min_lost":0}
            {"t":32000,"type":"unit_born","pid":2,"unit":"Drone","minerals":50,"vespene":0}
            {"t":40000,"type":"stats","pid":2,"minerals":225,"vespene":0,"min_used_cur":50,"min_used_prog":75,"min_lost":0}
            """)
        #expect(match.events.filter { $0.kind == .purchase }.map(\.amount) == [25, 50])
        #expect(match.events.filter { $0.kind == .purchase }.map(\.timeMilliseconds) == [15_000, 15_000])
        let plan = try Planner.plan(match)
        #expect(plan.checks.count == 2 && plan.expectedExact == 2)
    }

    @Test func `balances as s2protocol writes them are checked`() throws {
        func stats(_ loop: Int, _ bank: Int, _ army: Int, _ economy: Int) -> String {
            "{\"_event\":\"NNet.Replay.Tracker.SPlayerStatsEvent\",\"_gameloop\":\(loop),\"m_playerId\":1,\"m_stats\":{\"m_scoreValueMineralsCurrent\":\(bank),\"m_scoreValueMineralsUsedCurrentArmy\":\(army),\"m_scoreValueMineralsUsedCurrentEconomy\":\(economy),\"m_scoreValueMineralsUsedInProgressArmy\":0,\"m_scoreValueMineralsLostArmy\":0}}"
        }
        let match = try ImporterTests.read([stats(0, 50, 0, 600), stats(160, 90, 0, 600), stats(320, 20, 100, 600)].joined(separator: "\n"))
        #expect(match.format == "sc2-events")
        let plan = try Planner.plan(match)
        #expect(plan.checks.map { $0.recorded } == [90, 20])
        // Nobody says what the 100 were spent on.
        #expect(plan.expectedExact == 1)
    }

    // MARK: What if

    @Test func `a change that names nothing of the match says so, and what costs nothing is still bought`() throws {
        func compare(_ change: String) throws -> WhatIfReport {
            let match = try ImporterTests.read("{\"frames\":\(Self.frames.replacing(",{\"type\":\"ITEM_UNDO\",\"timestamp\":51000,\"participantId\":1,\"beforeId\":1001,\"afterId\":0}", with: ""))}", prices: Self.boots)
            let change = try EconomyChange(MatchSource(bytes: Array(change.utf8), file: "change"))
            return try WhatIfReport.compare(match, change) { try InProcessTests.play($0).report }
        }
        let slip = try compare("{\"prices\":{\"Bots\":5},\"fees\":{\"trade\":100}}")
        #expect(slip.notes.count == 2 && slip.notes[0].contains("\"Bots\"") && slip.notes[1].contains("\"trade\""))
        let empty = try compare("{}")
        #expect(empty.notes.count == 1 && empty.roots.base == empty.roots.changed && empty.invalidated.isEmpty)
        let free = try compare("{\"prices\":{\"Boots\":0}}")
        #expect(free.notes.isEmpty)
        let purchases = try #require(free.rows.first { $0.name == "purchases" })
        #expect(purchases.base == 1 && purchases.changed == 1)
        let index = try #require(free.rows.first { $0.name == "price index" })
        #expect(index.changed == 0)
    }
}
