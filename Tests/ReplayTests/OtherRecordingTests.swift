import EVM
import Economy
import Foundation
import Gateway
import Replay
import Testing

/// Real recordings of games other than League of Legends.
@Suite(.serialized, .enabled(if: Recordings.present, Recordings.absent))
struct OtherRecordingTests {
    struct Recording: Sendable, CustomTestStringConvertible {
        let path: String
        let format: String
        /// Lines of the file, where each must be told of.
        let entries: Int?
        var testDescription: String { path }
    }

    static let all = [
        Recording(path: "dota2/1781962623.json", format: "dota2-opendota", entries: nil),
        Recording(path: "dota2/2472899185.json", format: "dota2-opendota", entries: nil),
        Recording(path: "dota2/4080856812.json", format: "dota2-opendota", entries: nil),
        Recording(path: "aoe2/de-13.07.jsonl", format: "aoe2-commands", entries: 1_703),
        Recording(path: "aoe2/hd-5.0.jsonl", format: "aoe2-commands", entries: 3_415),
        Recording(path: "aoe2/hd-5.7.jsonl", format: "aoe2-commands", entries: 3_306),
        Recording(path: "sc2/1.3.2.18317_4v4_Outpost_10788.jsonl", format: "sc2-events", entries: nil),
        Recording(path: "sc2/3.2.0_1.jsonl", format: "sc2-events", entries: nil),
    ]

    static func read(_ path: String) throws -> Match {
        let file = Recordings.folder.appendingPathComponent(path).path
        return try MatchImporters.read(path: file, pricesPath: PriceTables.beside(file))
    }

    @Test(arguments: all) func `a recording is known by its content and plays as the model says`(_ recording: Recording) throws {
        let match = try Self.read(recording.path)
        #expect(match.format == recording.format)
        let report = try InProcessTests.play(match).report
        #expect(report.ledger.conserved == true)
        let expected = Set(report.plan.actions.filter(\.expectedToApply).map(\.sequence))
        #expect(report.tally.appliedSequences == expected)
        #expect(report.tally.snapshots.allSatisfy { $0.balance == $0.check.expected })
        guard let entries = recording.entries else { return }
        #expect(match.recordedCount == entries)
        let commands = match.events.count { $0.kind != .reward }
        #expect(commands + match.leftOut.reduce(0) { $0 + $1.count } == entries)
    }

    @Test(arguments: [("1781962623", 0.95...1.05), ("2472899185", 0.97...1.03), ("4080856812", 0.97...1.03)])
    func `what was spent in Dota 2 is rebuilt with the table of its day, which is found`(
        _ name: String, _ range: ClosedRange<Double>
    ) throws {
        let report = try InProcessTests.play(try Self.read("dota2/\(name).json")).report
        let median = try #require(report.medianRatio(.bought))
        #expect(range.contains(median), "\(median)")
        #expect(report.comparisons.count == 10)
    }

    @Test func `every trade of StarCraft II is applied`() throws {
        let report = try InProcessTests.play(try Self.read("sc2/1.3.2.18317_4v4_Outpost_10788.jsonl")).report
        let transfers = report.match.events.filter { $0.kind == .transfer }
        // 19 trades, of which some move both resources.
        #expect(transfers.count >= 19)
        #expect(transfers.allSatisfy { report.tally.appliedSequences.contains($0.sequence) })
        #expect(report.comparisons.allSatisfy { $0.ratio == 1 })
    }

    @Test func `nine in ten balances of StarCraft II are met by what was begun between them`() throws {
        let report = try InProcessTests.play(try Self.read("sc2/3.2.0_1.jsonl")).report
        #expect(report.tally.snapshots.count == 450)
        #expect(report.tally.exact >= 400, "\(report.tally.exact)")
    }

    @Test func `every order of the Steam market stands in the ledger`() throws {
        let report = try InProcessTests.play(try Self.read("market/steam_market_orders.json")).report
        #expect(report.match.format == "order-book")
        #expect(report.match.counts[.price] ?? 0 > 9_000)
        #expect(report.tally.refused == 0 && report.tally.exact == report.tally.snapshots.count)
    }
}
