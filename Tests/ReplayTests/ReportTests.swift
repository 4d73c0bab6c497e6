import Foundation
import Replay
import Testing

struct ReportTests {
    /// A report as if the ledger had done what the model expects, with balances off by an amount for one player.
    static func report(_ match: Match, off: (player: String, by: Int64)? = nil) throws -> ReplayReport {
        let plan = try Planner.plan(match)
        var tally = ReplayTally()
        for check in plan.checks {
            let difference = check.player == off?.player ? off?.by ?? 0 : 0
            tally.snapshots.append(.init(check: check, balance: check.expected + difference))
        }
        tally.appliedSequences = Set(plan.actions.filter(\.expectedToApply).map(\.sequence))
        tally.applied = tally.appliedSequences.count
        tally.refused = Set(plan.actions.filter { !$0.expectedToApply }.map(\.sequence)).count
        tally.latenciesNanoseconds = (1...1000).map { UInt64($0) * 1_000_000 }
        tally.seconds = 1.5
        let ledger = LedgerSummary(
            blocks: 7, stateRoot: "0xaa", operationsDigest: "0xbb", head: "0xcc", conserved: true)
        return ReplayReport(match: match, plan: plan, tally: tally, ledger: ledger)
    }

    @Test func `the JSON has the promised keys and figures`() throws {
        let report = try Self.report(Sample.match())
        let object = try #require(JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "match", "format", "events", "applied", "clamped", "refused", "leftOut", "totals", "snapshots", "unknownItems", "blocks", "stateRoot",
                "operationsDigest", "head", "conserved", "seconds", "latencyMilliseconds", "refusals", "warnings", "notes", "players",
            ])
        #expect(object["match"] as? String == "harbor-duel")
        #expect(object["format"] as? String == "canonical")
        #expect((object["events"] as? [String: Int])?["purchase"] == 31)
        #expect(object["refused"] as? Int == 2)
        #expect(object["snapshots"] as? [String: Int] == ["checked": 95, "exact": 95])
        #expect(object["unknownItems"] as? [String] == [])
        #expect(object["blocks"] as? Int == 7)
        #expect(object["stateRoot"] as? String == "0xaa")
        #expect(object["conserved"] as? Bool == true)
        #expect(
            object["latencyMilliseconds"] as? [String: Double] == ["p50": 500, "p99": 990, "p999": 999, "max": 1000])
    }

    @Test func `what is not known of a foreign server is null`() throws {
        let own = try Self.report(Sample.match())
        let json = ReplayReport(match: own.match, plan: own.plan, tally: own.tally, ledger: LedgerSummary()).json
        #expect(
            json.contains("\"stateRoot\":null") && json.contains("\"blocks\":null")
                && json.contains("\"conserved\":null"))
    }

    @Test func `the players' totals add up to their balances`() throws {
        let report = try Self.report(Sample.match())
        let totals = report.totals()
        #expect(totals.count == 6)
        for total in totals {
            let last = report.tally.snapshots.last { $0.check.player == total.player && $0.check.asset == 1 }
            #expect(total.balance == last?.balance, "\(total.player)")
            #expect(total.exact == total.checked)
        }
        #expect(report.text.contains("tide-ana"))
        #expect(report.text.contains("95 of 95 met by the ledger (100.0 %)"))
        #expect(report.warnings.isEmpty)
    }

    @Test func `a difference shows in the player's row and not elsewhere`() throws {
        let report = try Self.report(Sample.match(), off: ("harbor-duel/reef-eli", -7))
        let totals = report.totals()
        #expect(totals.map(\.furthest) == [0, 0, 0, 0, -7, 0])
        #expect(report.tally.exact == 95 - 16)
    }

    @Test func `one wrong price is one parting, with what was bought`() throws {
        var match = try Sample.match()
        // The record of ana is 30 lower from minute 3 on, as if her sabre of the minute before had cost 30 more.
        for index in match.events.indices
        where match.events[index].kind == .snapshot && match.events[index].actor == "tide-ana" {
            let event = match.events[index]
            if event.timeMilliseconds >= 240_000, event.currency == "gold" {
                match.events[index].amount = event.amount! - 30
            }
        }
        match.itemNames["captain's sabre"] = "Sabre"
        let report = try Self.report(match)
        #expect(
            report.partings == [
                Parting(player: "harbor-duel/tide-ana", timeMilliseconds: 240_000, change: -30, items: ["Sabre"])
            ])
        #expect(report.text.contains("harbor-duel/tide-ana before minute 4: -30 (Sabre)"))
        #expect(report.tally.exact == 95 - 11)
    }

    @Test func `a table that does not fit is warned of`() throws {
        let events = [
            MatchEvent(sequence: 0, timeMilliseconds: 0, kind: .purchase, actor: "a", item: "x", amount: 0),
            MatchEvent(sequence: 1, timeMilliseconds: 1, kind: .snapshot, actor: "a", amount: 9),
            MatchEvent(sequence: 2, timeMilliseconds: 2, kind: .snapshot, actor: "a", amount: 0),
        ]
        let match = Match(name: "m", format: "t", events: events, unknownItems: ["x"])
        let report = try Self.report(match)
        #expect(report.warnings.count == 2)
        #expect(report.warnings[0].contains("50.0 %"))
        #expect(report.text.contains("WARNING: 1 items have no price and cost nothing: x"))
    }

    @Test func `no answer is not an exact balance`() throws {
        let check = SnapshotCheck(
            sequence: 0, timeMilliseconds: 0, player: "m/a", asset: 1, recorded: 0, tolerance: 1, expected: 0)
        #expect(!ReplayTally.CheckedSnapshot(check: check, balance: nil).isExact)
        #expect(ReplayTally.CheckedSnapshot(check: check, balance: -1).isExact)
        #expect(!ReplayTally.CheckedSnapshot(check: check, balance: 2).isExact)
    }

    @Test func `quantiles of nothing and of one are what they should be`() {
        var tally = ReplayTally()
        #expect(tally.latencyMilliseconds(0.5) == 0)
        tally.latenciesNanoseconds = [2_000_000]
        #expect(tally.latencyMilliseconds(0.0) == 2 && tally.latencyMilliseconds(1) == 2)
    }
}
