import Foundation
import Replay
import Testing

/// The shapes in which games keep their matches, small enough to be read at a glance.
struct ImporterTests {
    static func read(_ text: String, prices: PriceTable? = nil, mapping: TableMapping? = nil) throws -> Match {
        var source = MatchSource(bytes: Array(text.utf8), file: "match")
        source.mapping = mapping
        return try MatchImporters.read(source, prices: prices)
    }

    // MARK: Dota 2

    static let dotaPrices = PriceTable(items: [
        "boots": .init(name: "Boots", total: 500), "gloves": .init(name: "Gloves", total: 450),
        "treads": .init(name: "Treads", total: 1_400, from: ["boots", "gloves"]),
    ])
    static let dotaLog =
        "[{\"time\":-80,\"key\":\"boots\"},{\"time\":90,\"key\":\"gloves\"},{\"time\":130,\"key\":\"treads\"}]"

    static let dotaShapes = [
        "{\"match_id\":7,\"duration\":200,\"players\":[{\"player_slot\":0,\"gold\":125,\"gold_spent\":1400,\"times\":[0,60,120],\"gold_t\":[0,500,900],\"purchase_log\":\(dotaLog)}]}",
        "{\"match\":{\"match_id\":7,\"duration\":200,\"players\":[{\"playerSlot\":0,\"gold\":125,\"goldSpent\":1400,\"parsedPlayer\":{\"times\":[0,60,120],\"gold\":[0,500,900],\"purchase_log\":\(dotaLog)}}]}}",
        "{\"match_id\":7,\"duration\":200,\"players\":[{\"player_slot\":0,\"gold\":125,\"gold_spent\":1400,\"hero_id\":9}],\"parsed_data\":{\"times\":[0,60,120],\"players\":[{\"gold\":[0,500,900]}],\"heroes\":{\"npc_dota_hero_mirana\":{\"timeline\":\(dotaLog),\"itembuys\":{\"boots\":1}}}}}",
        "[{\"result\":{\"match_id\":7,\"duration\":200,\"players\":{\"0\":{\"player_slot\":0,\"gold\":125,\"gold_spent\":1400,\"timeline\":\(dotaLog),\"gold_t\":[0,500,900]}}}}]",
    ]

    @Test(arguments: dotaShapes) func `Dota 2 of every year gives the same purchases`(_ text: String) throws {
        let match = try Self.read(text, prices: Self.dotaPrices)
        #expect(match.format == "dota2-opendota" && match.name == "dota-7")
        let purchases = match.events.filter { $0.kind == .purchase }
        #expect(purchases.map(\.item) == ["boots", "gloves", "treads"])
        // What is assembled costs what its parts leave, and uses them up.
        #expect(purchases.map(\.amount) == [500, 450, 450])
        #expect(match.events.filter { $0.kind == .destroy }.map(\.item) == ["boots", "gloves"])
        #expect(match.totals == [RecordedTotal(actor: "1", measure: .bought, amount: 1_400)])
        let plan = try Planner.plan(match)
        #expect(plan.actions.allSatisfy { $0.expectedToApply })
        // 625 at the start and 900 earned, less 1,400.
        #expect(plan.checks.map(\.expected) == [125])
    }

    @Test func `Dota 2 without logs is read from its counts, and without those from what was held`() throws {
        let counts = try Self.read(
            "{\"match_id\":8,\"duration\":100,\"players\":[{\"player_slot\":128,\"purchase_log\":null,\"runes_log\":null,\"purchase\":{\"boots\":2,\"gloves\":null}}]}",
            prices: Self.dotaPrices)
        #expect(counts.events.filter { $0.kind == .purchase }.map(\.item) == ["boots", "boots"])
        #expect(counts.events.allSatisfy { $0.actor == "6" })
        let held = try Self.read("{\"players\":[{\"player_slot\":1,\"item_0\":29,\"item_1\":0,\"gold\":5}]}")
        #expect(held.events.filter { $0.kind == .purchase }.map(\.item) == ["29"])
        #expect(held.unknownItems == ["29"])
    }

    // MARK: Age of Empires II

    @Test func `every command of Age of Empires II is an event or left out with a reason`() throws {
        let text = """
            {"t":0,"action":"SELL","player_id":1,"resource_id":1,"amount":1}
            {"t":10,"action":"BUY","player_id":2,"resource_id":0,"amount":0}
            {"t":20,"action":"TRIBUTE","player_id":1,"player_id_to":2,"resource_id":3,"amount":99999,"fee":0.30000001192092896}
            {"t":30,"action":"RESEARCH","player_id":1,"technology_id":15}
            {"t":31,"action":"RESEARCH","player_id":1,"technology_id":15}
            {"t":40,"action":"DE_QUEUE","player_id":2,"amount":4,"unit_id":83}
            {"t":50,"action":"BUY","player_id":1,"resource_id":0,"amount":5}
            {"t":60,"action":"RESIGN","player_id":2}
            {"t":61,"action":"SELL","player_id":2,"resource_id":0,"amount":1}
            {"t":70,"action":"MOVE","player_id":1}
            {"t":80,"action":"DELETE","player_id":0}
            """
        let match = try Self.read(text)
        #expect(match.format == "aoe2-commands" && match.recordedCount == 11)
        let commands = match.events.filter { $0.kind != .reward }
        #expect(commands.map(\.kind) == [.sellLots, .tribute, .craft, .craft, .buyLots])
        #expect(match.leftOut.reduce(0) { $0 + $1.count } == 6)
        #expect(commands.count + 6 == match.recordedCount)
        // Guilds halve the commission.
        #expect(commands[0].fee == 3_000 && commands[4].fee == 1_500)
        let plan = try Planner.plan(match)
        let tribute = try #require(plan.actions.first { $0.kind == .tribute })
        #expect(tribute.requested == 99_999_000)
        // 100 and 150 gold and 70 for the lot, all but the fee on top.
        let gold: Int64 = 320_000
        let sent = gold * 10_000 / 13_000
        #expect(tribute.effects.first { $0.account == .player("\(match.name)/2") }?.delta == sent)
        #expect(tribute.effects.filter { $0.delta < 0 }.reduce(0) { $0 - $1.delta } <= gold)
        // Nothing is left for the last one.
        #expect(plan.actions.last { $0.kind == .buyLots }?.expectedToApply == false)
    }

    @Test func `commands in a list of a document and with times as text are the same`() throws {
        let match = try Self.read(
            "{\"actions\":[{\"timestamp\":\"0:01:02.500000\",\"type\":\"SELL\",\"payload\":{\"player_id\":1,\"resource_id\":2,\"amount\":1}}]}")
        #expect(match.format == "aoe2-commands")
        #expect(match.events.first { $0.kind == .sellLots }?.timeMilliseconds == 62_500)
    }

    // MARK: StarCraft II

    @Test func `trades of StarCraft II happen, and balances are those of the record where the units explain them`() throws {
        let match = try Self.read(
            """
            {"t":0,"type":"unit_born","pid":1,"unit":"Probe","minerals":50,"vespene":0,"uid":1}
            {"t":60,"type":"stats","pid":1,"minerals":50,"vespene":0,"min_used_cur":50,"min_used_prog":0,"min_lost":0}
            {"t":5000,"type":"unit_init","pid":1,"unit":"Pylon","minerals":100,"vespene":0,"uid":2}
            {"t":10000,"type":"stats","pid":1,"minerals":30,"vespene":0,"min_used_cur":50,"min_used_prog":100,"min_lost":0}
            {"t":10000,"type":"stats","pid":1,"minerals":30,"vespene":0,"min_used_cur":50,"min_used_prog":100,"min_lost":0}
            {"t":11000,"type":"trade","from":1,"to":2,"minerals":20,"vespene":7}
            {"t":12000,"type":"unit_died","uid":1}
            """)
        #expect(match.format == "sc2-events" && match.currencies == ["minerals", "vespene"])
        let plan = try Planner.plan(match)
        #expect(plan.actions.allSatisfy { $0.expectedToApply })
        #expect(plan.checks.map(\.recorded) == [30] && plan.expectedExact == 1)
        #expect(match.events.filter { $0.kind == .transfer }.map(\.amount) == [20, 7])
        #expect(match.leftOut.map(\.count) == [1, 1])
    }

    // MARK: Markets and tables

    @Test func `an order book stands in the ledger, and orders that cross trade`() throws {
        let match = try Self.read(
            "{\"Hat\":{\"bid\":0.2,\"ask\":0.98,\"bid_volume\":3,\"ask_volume\":2},\"Key\":{\"bid\":2.5,\"ask\":2.49,\"bid_volume\":1,\"ask_volume\":9},\"Dust\":{\"bid\":-1,\"ask\":-1}}")
        #expect(match.format == "order-book" && match.scale == 100)
        let trade = try #require(match.events.first { $0.kind == .trade })
        #expect(trade.item == "Key" && trade.amount == 249 && trade.quantity == 1)
        #expect(match.leftOut == [LeftOut(reason: "an item that nobody bids for or offers", count: 1)])
        let plan = try Planner.plan(match)
        #expect(plan.expectedExact == plan.checks.count && plan.actions.allSatisfy { $0.expectedToApply })
    }

    @Test func `sales as comma-separated values need no mapping where their columns have usual names`() throws {
        let match = try Self.read(
            "sold_at,seller,buyer,item,price,qty\n2024-05-01T12:00:00Z,ann,bob,\"Sword, long\",1.50,2\n2024-05-01 12:00:01,bob,ann,\"Sword, long\",2,1\n")
        #expect(match.format == "table" && match.scale == 100)
        let trades = match.events.filter { $0.kind == .trade }
        #expect(trades.map(\.amount) == [300, 200])
        #expect(trades.map(\.timeMilliseconds) == [0, 1_000])
        #expect(trades.map(\.item) == ["Sword, long", "Sword, long"])
        #expect(try Planner.plan(match).actions.allSatisfy { $0.expectedToApply })
    }

    @Test func `semicolons separate numbers whose fractions begin with a comma`() throws {
        let match = try Self.read("sold_at;seller;buyer;item;price\n100;ann;bob;Hat, red;12,50\n101;ann;bob;1,2,3;0,5\n")
        let trades = match.events.filter { $0.kind == .trade }
        #expect(trades.map(\.item).first == "Hat, red" && trades.map(\.amount) == [1_250, 50])
    }

    @Test func `a table of unknown columns is told apart, and a mapping that names a wrong one too`() throws {
        let text = "when,product,paid_usd\n5,hat,2\n"
        let unknown = try #require(throws: ImportError.self) { try Self.read(text) }
        #expect(unknown.description.contains("product") && unknown.description.contains("--mapping"))
        let mapping = TableMapping(fields: ["item": .init(column: "produkt"), "amount": .init(column: "paid_usd")])
        let wrong = try #require(throws: ImportError.self) { try Self.read(text, mapping: mapping) }
        #expect(wrong.description.contains("\"produkt\"") && wrong.description.contains("when, product, paid_usd"))
    }

    @Test func `a field's own scale stands in the place of that of all money`() throws {
        var fee = TableMapping.Source(column: "cut")
        fee.scale = 1
        let mapping = TableMapping(
            fields: [
                "item": .init(column: "sku"), "amount": .init(column: "price"), "fee": fee, "actor": .init(column: "from"),
                "counterparty": .init(column: "to"),
            ], scale: 100)
        let match = try Self.read("sku,price,cut,from,to\nhat,2.50,5,ann,bob\n", mapping: mapping)
        let trade = try #require(match.events.first { $0.kind == .trade })
        #expect(trade.amount == 250 && trade.fee == 5)
    }

    @Test func `a mapping explains rows of any kind`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-mapping-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("mapping.json").path
        let text =
            "{\"match\":\"week-12\",\"rows\":\"data.list\",\"scale\":100,\"kind\":{\"column\":\"what\",\"words\":{\"BUY\":\"purchase\",\"QUEST\":\"reward\"}},\"t\":{\"column\":\"at\",\"unit\":\"s\"},\"actor\":\"who.id\",\"item\":\"sku\",\"amount\":\"coins\"}"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let match = try Self.read(
            "{\"data\":{\"list\":[{\"what\":\"QUEST\",\"at\":5,\"who\":{\"id\":\"p1\"},\"coins\":3.25},{\"what\":\"BUY\",\"at\":6,\"who\":{\"id\":\"p1\"},\"sku\":\"hat\",\"coins\":3},{\"what\":\"LOGIN\",\"at\":7,\"who\":{\"id\":\"p1\"}}]}}",
            mapping: try TableMapping(path: path))
        #expect(match.name == "week-12")
        #expect(match.events.map(\.kind) == [.reward, .purchase])
        #expect(match.events.map(\.amount) == [325, 300])
        #expect(match.leftOut == [LeftOut(reason: "a kind that the mapping does not know", count: 1)])
    }

    @Test(arguments: ["{\"item\":7}", "{\"price\":\"x\"}", "{\"t\":{\"column\":\"a\",\"unit\":\"h\"},\"item\":\"i\"}", "[]"])
    func `a broken mapping is refused with what would be right`(_ text: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("mapping-\(UUID().uuidString).json").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = try #require(throws: ImportError.self) { try TableMapping(path: path) }
        #expect(error.description.contains(";"))
    }

    // MARK: League of Legends

    static let frames =
        "[{\"timestamp\":0,\"participantFrames\":{\"1\":{\"participantId\":1,\"currentGold\":500,\"totalGold\":500}},\"events\":[]},{\"timestamp\":60000,\"participantFrames\":{\"1\":{\"participantId\":1,\"currentGold\":700,\"totalGold\":700}},\"events\":[{\"type\":\"ITEM_PURCHASED\",\"timestamp\":70000,\"participantId\":1,\"itemId\":1001}]}]"

    static let leagueWrappers = [
        "{\"frames\":\(frames)}", "{\"timeline\":{\"frames\":\(frames)}}", "{\"info\":{\"frames\":\(frames)}}",
        "{\"data\":{\"match\":{\"gameId\":5},\"timeline\":{\"info\":{\"frames\":\(frames)}}}}",
        "[{\"gameId\":5},{\"frames\":\(frames)}]",
        "{\"metadata\":{\"participants\":[\"puuid-of-one\"]},\"info\":{\"frames\":\(frames.replacing("\"1\":{\"participantId\":1,", with: "\"puuid-of-one\":{"))}}",
        "{\"timeline\":{\"frames\":\(frames.replacing("participantFrames", with: "participant_frames").replacing("currentGold", with: "current_gold").replacing("totalGold", with: "total_gold").replacing("participantId", with: "participant_id").replacing("itemId", with: "item_id"))}}",
    ]

    @Test(arguments: leagueWrappers) func `a timeline is found however it is wrapped and spelt`(_ text: String) throws {
        let match = try Self.read(text, prices: PriceTable(items: ["1001": .init(name: "Boots", total: 300)]))
        #expect(match.format.hasPrefix("lol-match"))
        #expect(match.events.filter { $0.kind == .purchase }.map(\.amount) == [300])
        #expect(match.events.filter { $0.kind == .snapshot }.map(\.actor) == ["1", "1"])
    }

    @Test func `a match without timeline is read from what was earned, spent and held`() throws {
        let match = try Self.read(
            "{\"info\":{\"gameId\":9,\"gameDuration\":1800,\"participants\":[{\"participantId\":4,\"goldEarned\":900,\"goldSpent\":800,\"item0\":1001,\"item1\":0}]}}",
            prices: PriceTable(items: ["1001": .init(name: "Boots", total: 300)]))
        #expect(match.format == "lol-match-summary" && match.name == "lol-9")
        #expect(match.events.map(\.kind) == [.reward, .purchase, .charge])
        #expect(match.events.map(\.amount) == [900, 300, 500])
    }

    @Test func `a list of matches is many matches with names of their own`() throws {
        let one = "{\"info\":{\"gameId\":5,\"frames\":\(Self.frames)}}"
        let source = MatchSource(bytes: Array("[\(one),\(one)]".utf8), file: "list.json")
        let matches = try MatchImporters.readAll(source)
        #expect(matches.map(\.name) == ["lol-5", "lol-5-2"])
    }

    @Test func `a gzipped file is read as what is in it`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-gzip-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plain = Recordings.repository.appendingPathComponent("GameData/Matches/harbor-duel.jsonl").path
        for level in ["-1", "-9"] {
            let packed = folder.appendingPathComponent("duel\(level).gz").path
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "gzip \(level) -c '\(plain)' > '\(packed)'"]
            try process.run()
            process.waitUntilExit()
            #expect(try MatchImporters.read(path: packed) == MatchImporters.read(path: plain))
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: packed)))
            bytes[bytes.count / 2] ^= 0x10
            let broken = folder.appendingPathComponent("broken.gz").path
            try Data(bytes).write(to: URL(fileURLWithPath: broken))
            let error = #expect(throws: ImportError.self) { try MatchImporters.read(path: broken) }
            #expect(error?.description.contains("cannot be unpacked") == true)
        }
    }
}
