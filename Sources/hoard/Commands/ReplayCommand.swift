import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Replay
import Tokens

/// `hoard replay`: plays a recorded match through a server and checks its balances.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play a recorded match through a server over TCP and check every recorded balance.",
        discussion: """
            The format is recognised by content: League of Legends match-v4 and match-v5, and canonical JSON Lines (docs/MATCHES.md). \
            Without --connect a server of its own is started on loopback with temporary data, whose clock is the match's own time, \
            so that state root and operations digest depend on the file alone. Exit code 1 when value was not conserved.
            """)

    @Argument(help: "The recorded match.")
    var file: String

    @Option(help: "Item prices of the match's patch, as JSON.")
    var prices: String?

    @Option(help: "A running server, HOST:PORT; needs --token.")
    var connect: ListenAddress?

    @Option(help: "A token of role server for --connect.")
    var token: String?

    @Option(help: "A token of role operator for --connect, for matches in which players have credit.")
    var operatorToken: String?

    @OptionGroup var execution: ExecutionOptions

    @Option(help: "max, or how many times faster than the match was: 1, 10.")
    var speed: String = "max"

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        if connect != nil, token == nil { throw ValidationError("--connect needs --token (a token of role server)") }
        if speed != "max", (Double(speed) ?? 0) <= 0 {
            throw ValidationError("--speed takes max or a number above zero, not '\(speed)'")
        }
    }

    func run() async throws {
        let report = try await reportingFailures {
            let match = try MatchImporters.read(path: file, pricesPath: prices)
            let plan = try Planner.plan(match)
            let game = try GameFolder.load(try GameFolder.locate(execution.game))
            if let connect {
                let connection = ReplayConnection(
                    host: connect.host, port: connect.port, token: token ?? "", operatorToken: operatorToken)
                let tally = try play(plan, game, connection)
                return ReplayReport(match: match, plan: plan, tally: tally, ledger: LedgerSummary())
            }
            return try await playOnOwnServer(match, plan, game)
        }
        print(json ? report.json : report.text)
        if report.ledger.conserved == false { throw ExitCode(1) }
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
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-replay-\(UUID().uuidString)")
            .path
        let data = DataFolder(path: folder)
        try data.create()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = GatewayConfiguration(dataFolder: folder, game: game)
        configuration.port = 0
        configuration.executor = execution.executor
        configuration.workers = execution.workerCount
        configuration.handlesSignals = false
        configuration.ledger.clockMode = .operations
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
