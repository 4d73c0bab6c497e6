import Foundation
import Replay
import Testing

struct CanonicalTests {
    static func read(_ lines: [String], prices: PriceTable? = nil) throws -> Match {
        let text = (["{\"match\":\"m\",\"kind\":\"match\"}"] + lines).joined(separator: "\n")
        return try MatchImporters.read(MatchSource(bytes: Array(text.utf8), file: "m.jsonl"), prices: prices)
    }

    @Test func `events are ordered by time and then by number, wherever they stand`() throws {
        let match = try Self.read([
            "{\"seq\":9,\"t\":5,\"kind\":\"snapshot\",\"actor\":\"a\",\"amount\":10}",
            "{\"seq\":2,\"t\":5,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":10}",
            "{\"seq\":3,\"t\":-5,\"kind\":\"kill\",\"actor\":\"a\"}",
        ])
        #expect(match.events.map(\.sequence) == [3, 2, 9])
        #expect(try Planner.plan(match).expectedExact == 1)
    }

    @Test func `lines without numbers count from zero and blank lines do not matter`() throws {
        let match = try Self.read([
            "", "{\"t\":0,\"kind\":\"kill\"}", "  ", "{\"t\":0,\"kind\":\"kill\",\"actor\":3}\r", "",
        ])
        #expect(match.events.map(\.sequence) == [0, 1])
        #expect(match.players == ["3"])
    }

    @Test func `one line alone is a match, and the name may stand on any line or nowhere`() throws {
        let bytes = Array("{\"t\":0,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":\"9000000000000000000\"}".utf8)
        let match = try MatchImporters.read(MatchSource(bytes: bytes, file: "x"))
        #expect(match.events[0].amount == 9_000_000_000_000_000_000)
        #expect(match.name == (try MatchImporters.read(MatchSource(bytes: bytes, file: "another name"))).name)
    }

    @Test func `prices come from the event, the last price event, or the table, and what has none is named`() throws {
        let table = PriceTable(items: ["bow": .init(name: "Bow", total: 70, sell: 30)])
        let match = try Self.read(
            [
                "{\"t\":0,\"kind\":\"price\",\"item\":\"axe\",\"unitPrice\":40,\"amount\":10}",
                "{\"t\":1,\"kind\":\"purchase\",\"actor\":\"a\",\"item\":\"axe\",\"quantity\":3}",
                "{\"t\":2,\"kind\":\"purchase\",\"actor\":\"a\",\"item\":\"bow\"}",
                "{\"t\":3,\"kind\":\"purchase\",\"actor\":\"a\",\"item\":\"cap\",\"unitPrice\":5,\"quantity\":2}",
                "{\"t\":4,\"kind\":\"purchase\",\"actor\":\"a\",\"item\":\"orb\"}",
                "{\"t\":5,\"kind\":\"sell\",\"actor\":\"a\",\"item\":\"axe\",\"quantity\":2}",
                "{\"t\":6,\"kind\":\"price\",\"item\":\"axe\",\"unitPrice\":99}",
                "{\"t\":7,\"kind\":\"purchase\",\"actor\":\"a\",\"item\":\"axe\"}",
                "{\"t\":8,\"kind\":\"sell\",\"actor\":\"a\",\"item\":\"orb\"}",
            ], prices: table)
        #expect(match.events.filter { $0.kind != .price }.map(\.amount) == [120, 70, 10, 0, 20, 99, 0])
        #expect(match.unknownItems == ["orb"])
    }

    @Test func `every field survives writing and reading`() throws {
        var match = Match(name: "m \"q\" \\ \u{1F600}", format: "test", events: [], tolerance: 3)
        for (index, kind) in MatchEventKind.allCases.enumerated() {
            match.events.append(
                MatchEvent(
                    sequence: Int64(index), timeMilliseconds: Int64(index) - 3, kind: kind, actor: "a\t\(index)",
                    counterparty: "b\u{1}",
                    item: "größe", quantity: 2, unitPrice: 3, amount: .max, currency: "gold", fee: 0, reference: 1,
                    source: "line\nbreak"))
        }
        let read = try MatchImporters.read(MatchSource(bytes: Array(CanonicalWriter.text(match).utf8), file: "r"))
        #expect(read.events == match.events)
        #expect(read.name == match.name)
        #expect(read.tolerance == 3)
    }

    @Test func `the sample tells of every kind of event and every balance is exact`() throws {
        let match = try Sample.match()
        // The commands at a market stand in harbor-market.jsonl.
        let commands: Set<MatchEventKind> = [.buyLots, .sellLots, .tribute]
        #expect(Set(match.counts.keys) == Set(MatchEventKind.allCases).subtracting(commands))
        #expect(match.events.count >= 150 && match.events.count <= 400)
        let plan = try Planner.plan(match)
        #expect(plan.expectedExact == plan.checks.count)
        #expect(plan.checks.contains { $0.expected < 0 })
        #expect(plan.actions.filter { !$0.expectedToApply }.map(\.kind) == [.purchase, .purchase])
        #expect(plan.notes.count == 1)
        let names = Set(plan.actions.map(\.name))
        #expect(names == ["setCredit", "grant", "exchange", "refund", "trade", "transferCoins", "transferItem"])
        #expect(plan.actions.contains { $0.linkedWithNext })
    }

    @Test func `the sample in the repository is what its script makes`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-sample-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(
            at: Sample.folder.appendingPathComponent("make-sample.py").resolvingSymlinksInPath(),
            to: folder.appendingPathComponent("make-sample.py"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", folder.appendingPathComponent("make-sample.py").path]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let made = try Data(contentsOf: folder.appendingPathComponent("harbor-duel.jsonl"))
        #expect(made == (try Data(contentsOf: URL(fileURLWithPath: Sample.path))))
    }
}

/// The sample that the project ships.
enum Sample {
    static let folder = Recordings.repository.appendingPathComponent("GameData/Matches")
    static let path = folder.appendingPathComponent("harbor-duel.jsonl").path

    static func match() throws -> Match { try MatchImporters.read(path: path) }
}
