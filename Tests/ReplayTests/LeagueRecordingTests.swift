import Foundation
import Replay
import Testing

/// What each recording holds, counted on the raw file, and how well the right and the wrong price tables explain its balances.
struct LeagueRecording: Sendable, CustomTestStringConvertible {
    let name: String
    let format: String
    let right: String
    let purchases: Int
    let sells: Int
    let undos: Int
    let kills: Int
    let snapshots: Int
    /// At least so many balances in a thousand are exact with the right table.
    let exactPerMille: Int
    /// At most so many with any wrong one.
    let wrongPerMille: Int

    var testDescription: String { name }

    static let all = [
        LeagueRecording(
            name: "v4_6.24.168.1268", format: "lol-match-v4", right: "6.24.1", purchases: 285, sells: 17, undos: 3,
            kills: 33, snapshots: 430, exactPerMille: 980, wrongPerMille: 250),
        LeagueRecording(
            name: "v4_7.1.171.6847", format: "lol-match-v4", right: "6.24.1", purchases: 232, sells: 17, undos: 6,
            kills: 21, snapshots: 320, exactPerMille: 990, wrongPerMille: 350),
        LeagueRecording(
            name: "v4_7.2.174.829", format: "lol-match-v4", right: "6.24.1", purchases: 253, sells: 8, undos: 7,
            kills: 14, snapshots: 370, exactPerMille: 980, wrongPerMille: 250),
        LeagueRecording(
            name: "v4_8.17.243.3340", format: "lol-match-v4", right: "9.2.1", purchases: 212, sells: 9, undos: 2,
            kills: 27, snapshots: 280, exactPerMille: 950, wrongPerMille: 500),
        // One player's totalGold runs ahead of his wallet from the first minute on: 32 of 340.
        LeagueRecording(
            name: "v4_9.2.261.2172", format: "lol-match-v4", right: "9.2.1", purchases: 274, sells: 25, undos: 11,
            kills: 19, snapshots: 340, exactPerMille: 880, wrongPerMille: 500),
        LeagueRecording(
            name: "v4_9.4.264.7309", format: "lol-match-v4", right: "9.2.1", purchases: 252, sells: 19, undos: 9,
            kills: 5, snapshots: 320, exactPerMille: 950, wrongPerMille: 500),
        // No table of these two patches is known; the nearest is of a later one.
        LeagueRecording(
            name: "v5_ESPORTSTMNT01_2693492", format: "lol-match-v5", right: "12.6.1", purchases: 218, sells: 15,
            undos: 3, kills: 19, snapshots: 290, exactPerMille: 700, wrongPerMille: 200),
        LeagueRecording(
            name: "v5_ranked", format: "lol-match-v5", right: "12.6.1", purchases: 262, sells: 19, undos: 13,
            kills: 88, snapshots: 340, exactPerMille: 630, wrongPerMille: 200),
    ]
}

@Suite(.enabled(if: Recordings.present, Recordings.absent))
struct LeagueRecordingTests {
    @Test(arguments: LeagueRecording.all) func `counts are those of the raw file`(_ recording: LeagueRecording) throws {
        let match = try Recordings.league(recording.name, prices: recording.right)
        #expect(match.format == recording.format)
        #expect(match.counts[.purchase] == recording.purchases)
        #expect(match.counts[.sell] == recording.sells)
        #expect(match.counts[.undo] == recording.undos)
        #expect(match.counts[.kill] == recording.kills)
        #expect(match.counts[.snapshot] == recording.snapshots)
        #expect(match.players.count == 10)
        #expect(match.unknownItems.isEmpty)
    }

    @Test(arguments: LeagueRecording.all) func `the right table explains the balances and a wrong one does not`(
        _ recording: LeagueRecording
    ) throws {
        for table in ["6.24.1", "9.2.1", "12.6.1"] {
            let plan = try Planner.plan(Recordings.league(recording.name, prices: table))
            let perMille = plan.expectedExact * 1000 / plan.checks.count
            if table == recording.right {
                #expect(perMille >= recording.exactPerMille, "\(table): \(plan.expectedExact) of \(plan.checks.count)")
            } else {
                #expect(perMille <= recording.wrongPerMille, "\(table): \(plan.expectedExact) of \(plan.checks.count)")
            }
        }
    }

    @Test(arguments: LeagueRecording.all) func `the plan of a file is the same every time`(_ recording: LeagueRecording)
        throws
    {
        let first = try Planner.plan(Recordings.league(recording.name, prices: recording.right))
        let second = try Planner.plan(Recordings.league(recording.name, prices: recording.right))
        #expect(first == second)
        #expect(Set(first.actions.map(\.operationID)).count == first.actions.count)
    }

    @Test(arguments: LeagueRecording.all) func `clocks never go back and the events keep their order`(
        _ recording: LeagueRecording
    ) throws {
        let match = try Recordings.league(recording.name, prices: recording.right)
        for (earlier, later) in zip(match.events, match.events.dropFirst()) {
            #expect(earlier.timeMilliseconds <= later.timeMilliseconds)
            #expect(earlier.sequence < later.sequence)
        }
        let clocks = try Planner.plan(match).actions.map(\.clockMilliseconds)
        #expect(clocks == clocks.sorted())
    }

    @Test(arguments: LeagueRecording.all) func `the canonical form holds the whole match`(_ recording: LeagueRecording)
        throws
    {
        let match = try Recordings.league(recording.name, prices: recording.right)
        let text = CanonicalWriter.text(match)
        let read = try MatchImporters.read(MatchSource(bytes: Array(text.utf8), file: "round.jsonl"))
        #expect(read.format == "canonical")
        #expect(read.events == match.events)
        #expect(
            CanonicalWriter.text(read).split(separator: "\n").dropFirst() == text.split(separator: "\n").dropFirst())
        #expect(try Planner.plan(read) == Planner.plan(match))
    }

    @Test func `a debtor gets credit and the debts to the game are those of the record`() throws {
        let match = try Recordings.league("v4_9.2.261.2172", prices: "9.2.1")
        #expect(match.counts[.credit] == 1)
        let negative = match.events.filter { $0.kind == .snapshot && $0.amount ?? 0 < 0 }
        #expect(negative.count == 5)
        #expect(Set(negative.map(\.actor)) == ["2"])
        let plan = try Planner.plan(match)
        #expect(plan.actions.allSatisfy { $0.expectedToApply })
        #expect(plan.checks.contains { $0.expected < 0 })
    }

    @Test func `without a price table every item is reported and nothing crashes`() throws {
        let path = Recordings.folder.appendingPathComponent("lol/v4_7.1.171.6847.json").path
        let match = try MatchImporters.read(path: path)
        #expect(match.unknownItems.count > 50)
        #expect(match.counts[.purchase] == 232)
        let plan = try Planner.plan(match)
        #expect(plan.expectedExact * 2 < plan.checks.count)
    }
}
