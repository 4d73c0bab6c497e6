import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Replay
import Tokens

/// What every command that reads a recorded match takes.
struct MatchOptions: ParsableArguments {
    @Argument(
        help: "The recorded match: JSON, JSON Lines or CSV, gzipped or not; - for standard input. Several are played at once in one world.")
    var files: [String]

    @Option(help: "Item prices of the match's patch, as JSON; by default the best fitting of those beside the match.")
    var prices: String?

    @Option(help: "Which column or key of a studio's own rows is what, as JSON (docs/MATCHES.md).")
    var mapping: String?

    /// The matches of the files, each with a name of its own.
    func read() throws -> [Match] {
        let matches = try files.flatMap {
            try MatchImporters.readAllWithNeighbours(path: $0, pricesPath: prices, mappingPath: mapping)
        }
        return MatchImporters.distinct(matches)
    }
}

/// `hoard replay`: plays a recorded match through a server and checks its balances.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play a recorded match and check every recorded balance.",
        discussion: """
            The format is recognised by content: League of Legends match-v4 and v5, Dota 2 (OpenDota), Age of Empires II commands, \
            StarCraft II events, order books, tables of sales, canonical JSON Lines (docs/MATCHES.md). \
            Without --connect a server of its own is started on loopback, whose clock is the match's own time; --in-process does \
            without server and TCP. State root and operations digest depend on the file alone, whatever executes it. \
            Several matches are played at once in one world. A file of `hoard record --exact` is played as the world that it was. \
            Exit code 1 when value was not conserved or the root is not the one of --expect-root, or of such a record.
            """)

    @OptionGroup var match: MatchOptions

    @Option(help: "A running server, HOST:PORT; needs --token.")
    var connect: ListenAddress?

    @Option(help: "A token of role server for --connect.")
    var token: String?

    @Option(help: "A token of role operator for --connect, for matches in which players have credit.")
    var operatorToken: String?

    @OptionGroup var execution: ExecutionOptions

    @Flag(help: "Without a server: execute in this process.")
    var inProcess = false

    @Option(help: "So many copies at once, each with players of its own; more than one are played in process, by all processors unless told otherwise.")
    var copies = 1

    @Option(help: "Keep the world in this new folder, for verify, inspect, diff, whatif and record.")
    var data: String?

    @Option(help: "max, or how many times faster than the match was: 1, 10.")
    var speed: String = "max"

    @Option(help: "Operations of a micro-block at most, for a server of its own.")
    var blockOperations: Int?

    @Option(help: "The state root that must come out, 64 hexadecimal digits.")
    var expectRoot: String?

    @Option(help: "Write a page with charts to this file.")
    var report: String?

    @Option(help: "Write the match in the canonical form to this file.")
    var canonical: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        if connect != nil, token == nil { throw ValidationError("--connect needs --token (a token of role server)") }
        if speed != "max", (Double(speed) ?? 0) <= 0 {
            throw ValidationError("--speed takes max or a number above zero, not '\(speed)'")
        }
        guard 1...100_000 ~= copies else { throw ValidationError("--copies takes 1 to 100000, not \(copies)") }
        if isInProcess, connect != nil || data != nil || speed != "max" {
            throw ValidationError("--in-process and --copies go without a server: not with --connect, --data or --speed")
        }
        if let blockOperations, !(1...LedgerLimits.blockOperationsMax ~= blockOperations) {
            throw ValidationError("--block-operations takes 1 to \(LedgerLimits.blockOperationsMax)")
        }
        if let expectRoot, normalized(expectRoot).count != 64 {
            throw ValidationError("a state root has 64 hexadecimal digits; '\(expectRoot)' has not")
        }
    }

    private var isInProcess: Bool { inProcess || copies > 1 }

    func run() async throws {
        if match.files.contains(where: WorldReplay.isRecord) { return try await playRecord() }
        let reports = try await reportingFailures {
            let matches = try match.read()
            if let canonical { try write(matches.map(CanonicalWriter.text).joined(), to: canonical) }
            let game = try GameFolder.load(try GameFolder.locate(execution.game))
            let reports =
                isInProcess || matches.count > 1
                ? try playInProcess(matches, game) : [try await playOverTCP(matches[0], game)]
            if let report { try write(ReplayReport.html(reports), to: report) }
            return reports
        }
        for report in reports { print(json ? report.json : report.text) }
        if reports.contains(where: { $0.ledger.conserved == false }) { throw ExitCode(1) }
        try compareRoot(reports.last?.ledger.stateRoot)
    }

    /// Plays what `hoard record --exact` wrote.
    private func playRecord() async throws {
        guard match.files.count == 1, copies == 1 else {
            throw ValidationError("a world's record is played alone and once: it has accounts and ids of its own")
        }
        if connect != nil || data != nil || report != nil || canonical != nil || speed != "max" || match.prices != nil {
            throw ValidationError("a world's record is played in process: without --connect, --data, --speed, --prices, --report and --canonical")
        }
        let outcome = try await reportingFailures {
            let game = try GameFolder.load(try GameFolder.locate(execution.game))
            let genesis = Gateway.ledgerGenesis(of: game)
            let progress = ProgressLine("operations played:")
            defer { progress.finish() }
            return try WorldReplay.play(
                path: match.files[0], genesis: genesis, executor: execution.makeExecutor(genesis)
            ) { progress.update($0, of: $1) }
        }
        print(json ? outcome.json : outcome.text)
        try compareRoot(outcome.stateRoot)
        if !outcome.isExact || !outcome.isConserved { throw ExitCode(1) }
    }

    private func compareRoot(_ root: String?) throws {
        guard let expectRoot else { return }
        guard let root, normalized(root) == normalized(expectRoot) else {
            FileHandle.standardError.write(
                Data("hoard: the state root is \(root ?? "not known"), expected was \(expectRoot)\n".utf8))
            throw ExitCode(1)
        }
    }

    private func normalized(_ root: String) -> String {
        let lower = root.lowercased()
        return lower.hasPrefix("0x") ? String(lower.dropFirst(2)) : lower
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw Failure(message: "\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    // MARK: In process

    private func playInProcess(_ matches: [Match], _ game: Game) throws -> [ReplayReport] {
        let progress = ProgressLine("moves played:")
        defer { progress.finish() }
        let execution = copies > 1 ? execution.orAllProcessors : execution
        return try MatchRun.play(matches, copies: copies, game: game, execution: execution) {
            progress.update(UInt64($0), of: UInt64($1))
        }
    }

    // MARK: Over TCP

    private func playOverTCP(_ match: Match, _ game: Game) async throws -> ReplayReport {
        let plan = try Planner.plan(match)
        guard let connect else { return try await playOnOwnServer(match, plan, game) }
        let connection = ReplayConnection(
            host: connect.host, port: connect.port, token: token ?? "", operatorToken: operatorToken)
        let tally = try play(plan, game, connection)
        return ReplayReport(match: match, plan: plan, tally: tally, ledger: LedgerSummary())
    }

    private func play(_ plan: ReplayPlan, _ game: Game, _ connection: ReplayConnection) throws -> ReplayTally {
        let player = try ReplayPlayer(
            plan: plan, game: game, connection: connection, speed: speed == "max" ? nil : Double(speed))
        let progress = ProgressLine("steps replayed:")
        defer { progress.finish() }
        player.onProgress = { progress.update(UInt64($0), of: UInt64($1)) }
        return try player.run()
    }

    /// Starts a server in this process on a free loopback port, plays the plan through it and asks its ledger.
    private func playOnOwnServer(_ match: Match, _ plan: ReplayPlan, _ game: Game) async throws -> ReplayReport {
        let folder =
            data ?? FileManager.default.temporaryDirectory.appendingPathComponent("hoard-replay-\(UUID().uuidString)").path
        let world = DataFolder(path: folder)
        if data != nil, FileManager.default.fileExists(atPath: folder + "/log") {
            throw Failure(message: "\(folder) holds a world already; --data takes a new folder")
        }
        try world.create()
        if data != nil { try world.remember(gameFolder: try GameFolder.locate(execution.game)) }
        defer { if data == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var configuration = GatewayConfiguration(dataFolder: folder, game: game)
        configuration.port = 0
        configuration.executor = execution.executor
        configuration.workers = execution.workerCount
        configuration.handlesSignals = false
        configuration.ledger.clockMode = .operations
        configuration.ledger.keepsLog = true
        if let blockOperations { configuration.ledger.blockOperationsMax = blockOperations }
        let gateway = try Gateway(configuration)
        let authority = try TokenAuthority(dataFolder: folder)
        let connection = ReplayConnection(
            host: gateway.host, port: gateway.boundPort,
            token: try await authority.mint(role: .server, subject: "replay", ttlSeconds: 86_400),
            operatorToken: try await authority.mint(role: .operator, subject: "replay", ttlSeconds: 86_400))
        let server = ServerThread(gateway)
        let outcome = Result { try play(plan, game, connection) }
        try server.stop()
        let status = gateway.ledgerStatus
        let anchor = gateway.stateRoot()
        let summary = LedgerSummary(
            blocks: status.blocks, stateRoot: anchor.stateRoot.hex, operationsDigest: status.operationsDigest.hex,
            head: status.head.hex, conserved: status.conservationViolations == 0)
        return ReplayReport(match: match, plan: plan, tally: try outcome.get(), ledger: summary)
    }
}

/// Matches played in this process, as several commands need them.
enum MatchRun {
    /// Plays all matches in one world and reports on each.
    static func play(
        _ matches: [Match], copies: Int = 1, game: Game, execution: ExecutionOptions,
        onProgress: ((Int, Int) -> Void)? = nil
    ) throws -> [ReplayReport] {
        let genesis = Gateway.ledgerGenesis(of: game)
        let plans = try matches.map { try Planner.plan($0) }
        let replay = try InProcessReplay(
            plans: plans, copies: copies, game: game, genesis: genesis, executor: execution.makeExecutor(genesis))
        replay.onProgress = onProgress
        replay.run()
        let summary = replay.summary()
        return matches.indices.map { index in
            var report = ReplayReport(
                match: matches[index], plan: plans[index], tally: replay.tallies[index], ledger: summary)
            if copies > 1 || matches.count > 1 { report.season = replay.season }
            return report
        }
    }
}
