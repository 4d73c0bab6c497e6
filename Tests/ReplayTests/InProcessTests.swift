import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Replay
import Testing

/// Replays without a server: the same roots, many copies, comparisons, what-if, records.
@Suite(.serialized) struct InProcessTests {
    static func executor(_ genesis: LedgerGenesis, workers: Int = 1, deltas: Bool = true) -> any BlockExecutor {
        let codes = CodeCache()
        let machines = (0..<workers).map { _ in
            Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: codes) as any TransitionMachine
        }
        return workers == 1
            ? SequentialExecutor(machine: machines[0], rules: genesis.rules)
            : ParallelExecutor(machines: machines, rules: genesis.rules, deltas: deltas)
    }

    static func play(
        _ match: Match, copies: Int = 1, workers: Int = 1, deltas: Bool = true,
        pipeline: InProcessReplay.Pipeline = .automatic, entriesAtOnce: Int = InProcessReplay.entriesMax
    ) throws -> (report: ReplayReport, replay: InProcessReplay) {
        let game = try EndToEndTests.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        let plan = try Planner.plan(match)
        let replay = try InProcessReplay(
            plans: [plan], copies: copies, game: game, genesis: genesis,
            executor: executor(genesis, workers: workers, deltas: deltas), pipeline: pipeline, entriesAtOnce: entriesAtOnce)
        replay.run()
        return (ReplayReport(match: match, plan: plan, tally: replay.tallies[0], ledger: replay.summary()), replay)
    }

    /// Commands of two players that are applied, clamped and refused.
    static func commands() throws -> Match {
        var lines: [String] = []
        for index in 0..<40 {
            let (player, resource) = (index % 2 + 1, index % 3)
            lines.append(
                "{\"t\":\(index * 1_000),\"action\":\"\(index % 5 < 3 ? "SELL" : "BUY")\",\"player_id\":\(player),\"resource_id\":\(resource),\"amount\":\(index % 4 + 1)}")
        }
        lines.append("{\"t\":30500,\"action\":\"TRIBUTE\",\"player_id\":1,\"player_id_to\":2,\"resource_id\":3,\"amount\":99999,\"fee\":0.3}")
        lines.append("{\"t\":30600,\"action\":\"TRIBUTE\",\"player_id\":2,\"player_id_to\":1,\"resource_id\":1,\"amount\":12.3456,\"fee\":0.2}")
        lines.append("{\"t\":30700,\"action\":\"DE_QUEUE\",\"player_id\":2,\"unit_id\":83,\"amount\":3}")
        return try ImporterTests.read(lines.joined(separator: "\n"))
    }

    @Test func `in process comes to the root and the digest of a server`() async throws {
        for match in [try Sample.match(), try Self.commands()] {
            let server = try await EndToEndTests.replay(match)
            let here = try Self.play(match).report
            #expect(here.ledger.stateRoot == server.ledger.stateRoot)
            #expect(here.ledger.operationsDigest == server.ledger.operationsDigest)
            #expect(here.tally.applied == server.tally.applied && here.tally.refused == server.tally.refused)
            #expect(here.tally.clamped == server.tally.clamped)
            #expect(here.tally.snapshots == server.tally.snapshots)
            #expect(here.ledger.conserved == true)
        }
    }

    @Test func `the market of a match does what the model says, lot by lot`() throws {
        let match = try Self.commands()
        let report = try Self.play(match).report
        let expected = Set(report.plan.actions.filter(\.expectedToApply).map(\.sequence))
        #expect(report.tally.appliedSequences == expected)
        #expect(report.tally.clamped > 0 && report.tally.refused > 0)
        // What is left with everyone is the same, to the thousandth: snapshots of the model's balances are met.
        var checked = match
        var sequence = Int64(match.events.count)
        for player in ["1", "2"] {
            for item in [nil, "food", "wood", "stone"] {
                checked.events.append(
                    MatchEvent(
                        sequence: sequence, timeMilliseconds: 100_000, kind: .snapshot, actor: player, item: item,
                        amount: 0))
                sequence += 1
            }
        }
        let again = try Self.play(checked).report
        #expect(again.tally.snapshots.count == 8)
        #expect(again.tally.snapshots.allSatisfy { $0.balance == $0.check.expected })
        #expect(again.tally.snapshots.contains { $0.balance ?? 0 > 1_000 })
    }

    @Test func `copies are matches of their own and the root does not depend on workers or deltas`() throws {
        let match = try Self.commands()
        let one = try Self.play(match, copies: 5)
        #expect(one.replay.season.matches == 5)
        #expect(one.replay.season.applied == 5 * one.report.tally.applied)
        #expect(one.replay.season.clamped == 5 * one.report.tally.clamped)
        let two = try Self.play(match, copies: 5, workers: 2)
        let plain = try Self.play(match, copies: 5, workers: 2, deltas: false)
        for other in [two, plain] {
            #expect(other.report.ledger.stateRoot == one.report.ledger.stateRoot)
            #expect(other.report.ledger.operationsDigest == one.report.ledger.operationsDigest)
            #expect(other.replay.season.applied == one.replay.season.applied)
        }
        #expect(try Self.play(match).report.ledger.stateRoot != one.report.ledger.stateRoot)
    }

    @Test func `threads for the stages and the size of a sheet change nothing`() throws {
        for match in [try Sample.match(), try Self.commands()] {
            let alone = try Self.play(match, copies: 6, pipeline: .off)
            #expect(alone.replay.season.checked == 6 * alone.report.tally.snapshots.count)
            // Sheets of one entry meet in every order that two or three threads can take; great ones are the usual case.
            for (clerks, entries, workers) in [(1, 1, 1), (2, 1, 1), (1, 7, 1), (2, 64, 2), (1, 5_000, 2)] {
                let other = try Self.play(
                    match, copies: 6, workers: workers, pipeline: .clerks(clerks), entriesAtOnce: entries)
                let note: Comment = "\(clerks) clerks, \(entries) entries, \(workers) workers"
                #expect(other.report.ledger == alone.report.ledger, note)
                #expect(other.report.tally.snapshots == alone.report.tally.snapshots, note)
                #expect(other.report.tally.refusals == alone.report.tally.refusals, note)
                #expect(other.report.tally.appliedSequences == alone.report.tally.appliedSequences, note)
                var season = other.replay.season
                season.seconds = alone.replay.season.seconds
                #expect(season == alone.replay.season, note)
            }
        }
    }

    @Test func `progress is told to the end, whatever the stages`() throws {
        let game = try EndToEndTests.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        for pipeline in [InProcessReplay.Pipeline.off, .clerks(1), .clerks(2)] {
            let replay = try InProcessReplay(
                plans: [Planner.plan(Self.commands())], copies: 5, game: game, genesis: genesis,
                executor: Self.executor(genesis), pipeline: pipeline, entriesAtOnce: 3)
            var told: [(Int, Int)] = []
            replay.onProgress = { told.append(($0, $1)) }
            replay.run()
            #expect(told.count > 20 && told.last?.0 == told.last?.1)
            #expect(zip(told, told.dropFirst()).allSatisfy { $0.0 < $1.0 })
        }
    }

    @Test func `refunds in a copy are of the copy's own operations`() throws {
        let one = try Self.play(Sample.match())
        let many = try Self.play(Sample.match(), copies: 3)
        #expect(many.replay.season.applied == 3 * one.report.tally.applied)
        #expect(many.replay.season.refused == 3 * one.report.tally.refused)
        #expect(many.replay.season.exact == 3 * one.report.tally.exact)
    }

    @Test func `the first operation in which two matches part is found`() throws {
        let game = try EndToEndTests.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        func run(_ match: Match) throws -> TrailRun {
            try TrailRun(Planner.plan(match), game: game, genesis: genesis, executor: Self.executor(genesis))
        }
        let match = try Sample.match()
        let same = try RunComparison.compare(run(match), run(match))
        #expect(same.isEqual && same.probes < 12)
        var changed = match
        let place = try #require(changed.events.lastIndex { $0.kind == .purchase })
        changed.events[place].amount! += 1
        let parting = try RunComparison.compare(run(match), run(changed))
        #expect(!parting.isEqual)
        let before = try Planner.plan(match).actions.prefix { $0.sequence != changed.events[place].sequence }.count
        // What a linked group was refused is in no run.
        #expect(parting.equalCount <= before && parting.equalCount > before - 8)
        #expect(parting.first?.id == parting.second?.id)
        #expect(parting.difference == "the operation asks for something else")
    }

    @Test func `dearer things leave fewer purchases, and who could not buy is named`() throws {
        var change = EconomyChange()
        change.prices["*"] = .factor(4)
        let match = try Sample.match()
        let outcome = try WhatIfReport.compare(match, change) { try Self.play($0).report }
        #expect(!outcome.invalidated.isEmpty && !outcome.losers.isEmpty)
        #expect(outcome.changed.purchases.reduce(0, +) < outcome.base.purchases.reduce(0, +))
        #expect(outcome.changed.priceIndex(against: outcome.base) > 1.5)
        #expect(outcome.roots.base != outcome.roots.changed)
        #expect(outcome.text.contains("Behaviour is held fixed"))
        #expect(outcome.html.contains("<svg"))
        // Nothing changed, nothing differs.
        change.prices["*"] = .factor(1)
        let same = try WhatIfReport.compare(match, change) { try Self.play($0).report }
        #expect(same.base == same.changed && same.invalidated.isEmpty && same.roots.base == same.roots.changed)
    }

    @Test func `a page needs nothing from outside and tells every player`() throws {
        let report = try Self.play(Sample.match()).report
        let page = report.html
        for word in ["http:", "https:", "<script", "src=", "url("] { #expect(!page.contains(word)) }
        #expect(page.components(separatedBy: "<svg").count > 5)
        for player in report.match.players { #expect(page.contains(">\(player)<")) }
        #expect(report.figures.netWorth.count >= report.match.players.count)
    }

    /// Reports of three matches that were played in one world.
    static func three() throws -> [ReplayReport] {
        let game = try EndToEndTests.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        let matches = MatchImporters.distinct([try Sample.match(), try commands(), try Sample.match()])
        let plans = try matches.map { try Planner.plan($0) }
        let replay = try InProcessReplay(plans: plans, game: game, genesis: genesis, executor: executor(genesis))
        replay.run()
        return matches.indices.map { index in
            var report = ReplayReport(
                match: matches[index], plan: plans[index], tally: replay.tallies[index], ledger: replay.summary())
            report.season = replay.season
            return report
        }
    }

    @Test func `several matches make one page, with an overview that leads to a section each`() throws {
        let reports = try Self.three()
        #expect(reports[0].match.name == "harbor-duel" && reports[2].match.name == "harbor-duel-2")
        #expect(reports[0].tally.applied == reports[2].tally.applied && reports[2].tally.exact == 95)
        let page = ReplayReport.html(reports)
        for word in ["http:", "https:", "<script", "src=", "url("] { #expect(!page.contains(word)) }
        func count(_ text: String) -> Int { page.components(separatedBy: text).count - 1 }
        #expect(count("<!DOCTYPE html>") == 1 && count("</html>") == 1 && count("<h1") == 1)
        for number in 1...3 {
            #expect(count("href=\"#match-\(number)\"") == 1 && count("id=\"match-\(number)\"") == 1)
        }
        #expect(count("href=\"#top\"") == 3 && count("id=\"top\"") == 1)
        // The root is told once in full, and in its first digits in each row.
        let root = try #require(reports[0].ledger.stateRoot)
        #expect(count(root) == 1 && count("<td>\(root.prefix(12))</td>") == 3)
        for report in reports { #expect(page.contains("<td>\(report.tally.applied)</td>")) }
        #expect(ReplayReport.html([reports[0]]) == reports[0].html)
    }

    @Test(.enabled(if: Chromium.path != nil, "no Chromium is installed: apt-get install chromium-headless-shell"))
    func `a browser shows the page, and it is not empty`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-page-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appendingPathComponent("page.html")
        try Data(try Self.play(Sample.match()).report.html.utf8).write(to: page)
        let blank = folder.appendingPathComponent("blank.html")
        try Data("<!DOCTYPE html><html><body></body></html>".utf8).write(to: blank)
        let picture = try Chromium.screenshot(page, folder.appendingPathComponent("page.png"))
        let nothing = try Chromium.screenshot(blank, folder.appendingPathComponent("blank.png"))
        // A page of charts packs far worse than white.
        #expect(picture > 10 * nothing && picture > 50_000, "\(picture) bytes against \(nothing)")
        // So does an overview with a section for each match, at its top and as a whole.
        try Data(ReplayReport.html(Self.three()).utf8).write(to: page)
        let top = try Chromium.screenshot(page, folder.appendingPathComponent("top.png"))
        let whole = try Chromium.screenshot(page, folder.appendingPathComponent("whole.png"), height: 9_000)
        #expect(top > 50_000 && whole > 2 * top, "\(top) and \(whole) bytes")
    }
}

/// Debian's Chromium without a window.
enum Chromium {
    static let path: String? = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Takes a picture of a page and returns its size in bytes.
    static func screenshot(_ page: URL, _ picture: URL, height: Int = 2_400) throws -> Int {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "")
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,\(height)",
            "--screenshot=\(picture.path)", page.absoluteString,
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return try Data(contentsOf: picture).count
    }
}
