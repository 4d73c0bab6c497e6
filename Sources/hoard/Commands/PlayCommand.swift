import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Tokens
import Wire

/// `hoard play`: plays a recorded session of actions through a server and checks every answer and balance.
struct PlayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "play", abstract: "Play a script of actions through a server over TCP and check every answer and balance.",
        discussion: """
            A script is JSON Lines (GameData/Examples/README.md). A server of its own is started on loopback with temporary data, whose clock is the script's \
            time, so that state root and operations digest depend on script and game alone. Exit code 1 where an answer or a balance is not the recorded one.
            """)

    @Argument(help: "The script.")
    var file: String

    @Option(help: "Keep the data folder of the server here, to look at it with inspect, trace, audit; it must not exist.")
    var data: String?

    @OptionGroup var execution: ExecutionOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    /// What came of a script.
    private struct Outcome {
        var steps: UInt64 = 0
        var refused: UInt64 = 0
        var balances: UInt64 = 0
        var differences: [String] = []
    }

    func run() async throws {
        let isGood = try await reportingFailures {
            let folder = try GameFolder.locate(execution.game)
            let game = try GameFolder.load(folder)
            guard let bytes = FileManager.default.contents(atPath: file) else { throw Failure(message: "there is no script \(file)") }
            let script: ActionScript
            do { script = try ActionScript(text: String(decoding: bytes, as: UTF8.self), game: game) } catch {
                throw Failure(message: "\(file): \(error)")
            }
            return try await play(script, game, folder)
        }
        if !isGood { throw ExitCode(1) }
    }

    /// Starts a server in this process, plays the script and asks its ledger; true where everything was as recorded.
    private func play(_ script: ActionScript, _ game: Game, _ gameFolder: String) async throws -> Bool {
        if let data, FileManager.default.fileExists(atPath: data) { throw Failure(message: "\(data) exists already; name a folder that does not") }
        let folder = data ?? FileManager.default.temporaryDirectory.appendingPathComponent("hoard-play-\(UUID().uuidString)").path
        let place = DataFolder(path: folder)
        try place.create()
        defer { if data == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var configuration = GatewayConfiguration(dataFolder: folder, game: game)
        configuration.port = 0
        configuration.executor = execution.executor
        configuration.workers = execution.workerCount
        configuration.handlesSignals = false
        configuration.ledger.clockMode = .operations
        configuration.ledger.keepsLog = true
        let gateway = try Gateway(configuration)
        try place.remember(gameFolder: gameFolder)
        let authority = try TokenAuthority(dataFolder: folder)
        let tokens = [
            try await authority.mint(role: .server, subject: "play", ttlSeconds: 86_400),
            try await authority.mint(role: .operator, subject: "keeper", ttlSeconds: 86_400),
        ]
        let thread = ServerThread(gateway)
        let outcome: Outcome
        do {
            outcome = try await perform(script, game, gateway, tokens)
        } catch {
            try? thread.stop()
            throw error
        }
        try thread.stop()
        let status = gateway.ledgerStatus
        let isConserved = status.conservationViolations == 0
        try report(
            outcome,
            [
                ("script", .text(script.name)), ("steps", .number(outcome.steps)), ("refused", .number(outcome.refused)),
                ("balances", .number(outcome.balances)), ("conserved", .flag(isConserved)), ("blocks", .number(status.blocks)),
                ("operationsDigest", .text(status.operationsDigest.hex)), ("stateRoot", .text(gateway.stateRoot().stateRoot.hex)),
            ])
        return isConserved && outcome.differences.isEmpty
    }

    private func perform(_ script: ActionScript, _ game: Game, _ gateway: Gateway, _ tokens: [String]) async throws -> Outcome {
        let server = try await HoardClient.connect(host: gateway.host, port: gateway.boundPort, token: tokens[0])
        let keeper = try await HoardClient.connect(host: gateway.host, port: gateway.boundPort, token: tokens[1])
        defer {
            server.close()
            keeper.close()
        }
        let progress = ProgressLine("lines played:")
        defer { progress.finish() }
        var outcome = Outcome()
        for (index, entry) in script.entries.enumerated() {
            progress.update(UInt64(index), of: UInt64(script.entries.count))
            switch entry {
            case .step(let step): try await perform(step, script, step.actor == .operator ? keeper : server, &outcome)
            case .balance(let balance):
                let have = try await server.balance(of: Account(balance.account), asset: balance.asset)
                outcome.balances += 1
                if have != balance.amount {
                    outcome.differences.append("line \(balance.line): the balance of \(balance.asset) is \(have), recorded was \(balance.amount)")
                }
            }
        }
        return outcome
    }

    private func perform(_ step: ActionScript.Step, _ script: ActionScript, _ client: HoardClient, _ outcome: inout Outcome) async throws {
        var actor = Account.zero
        if case .player(let address) = step.actor { actor = Account(address) }
        let reply = try await client.perform(
            // Scripts tell times from the same second on as recorded matches do.
            ActionBody(code: step.code, clockMilliseconds: 1_800_000_000_000 + step.milliseconds, actor: actor, payload: step.payload),
            operationID: OperationID(bytes: script.operationID(line: step.line)))
        outcome.steps += 1
        if reply.status != .applied { outcome.refused += 1 }
        let have = reply.status == .applied ? nil : reply.refusalCode
        if have != step.refusal {
            let was = reply.status == .applied ? "was applied" : "was refused (\(reply.refusalCode)): \(reply.message)"
            outcome.differences.append("line \(step.line): \(step.action) \(was); recorded was \(step.refusal.map { "refusal \($0)" } ?? "applied")")
        }
        for (place, result) in [reply.result0, reply.result1].enumerated() {
            guard let recorded = step.results[place], recorded != result else { continue }
            outcome.differences.append("line \(step.line): result\(place) of \(step.action) is \(result), recorded was \(recorded)")
        }
    }

    private func report(_ outcome: Outcome, _ fields: [(String, InspectValue)]) throws {
        let differences = ("differences", InspectValue.list(outcome.differences.map { .text($0) }))
        if json { return try printJSON(InspectValue.object(fields + [differences])) }
        for (name, value) in fields { print(name.padding(toLength: 18, withPad: " ", startingAt: 0) + value.text) }
        for difference in outcome.differences { print(difference) }
    }
}
