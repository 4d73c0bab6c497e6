import ArgumentParser
import Foundation

/// Drives the stores that a studio might pick instead with the same workload, and reports them in the same words.
@main
struct HoardPeers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hoard-peers",
        abstract: "Drives PostgreSQL, SQLite and Redis with hoard-load's workload W, one after the other.",
        discussion: """
            Each run starts a store of its own on loopback with fresh data in a temporary folder (TMPDIR chooses the \
            disk), drives it through warm-up and window, sends the last operations once more, compares gold, items, \
            treasury and ledger with the answers, and prints one JSON line. LoadTests/peers/install installs the stores.

            Settings are written PEER/DESIGN/CLIENTS/PIPELINE:
            \(Setting.standard.map { "  \($0.text)" }.joined(separator: "\n"))
            are run when none is named; --sweep runs these:
            \(Setting.sweep.map { "  \($0.text)" }.joined(separator: "\n"))

            Exit codes: 0 fine; 1 a store does not hold what its answers say; 2 wrong usage; 3 a store could not be \
            started or driven.
            """)

    @Argument(help: "Settings to run, as postgres/ledger/8/1.")
    var settings: [Setting] = []

    @Flag(name: .long, help: "Run more settings of each store, to find its best.")
    var sweep = false

    @Option(name: .long, help: "Scenario of purchases, trades and rewards whose mix and players count.")
    var scenario = "shop-mix"

    @Option(name: .long, help: "Exponent of the Zipf law by which players are drawn; 0 is uniform.")
    var zipf: Double?

    @Option(name: .long, help: "Seconds of the measured window.")
    var seconds: Double = 5

    @Option(name: .long, help: "Seconds of load before it.")
    var warmUp: Double = 1

    @Option(name: .long, help: "Seed: equal seeds choose equal operations, as hoard-load's do.")
    var seed: UInt64 = 1

    /// Runs the settings, one after the other.
    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        var chosen: Scenario
        let prices: [UInt64]
        do {
            chosen = try ScenarioLibrary.load(scenario)
            prices = try Prices.find(count: chosen.start.itemKinds)
        } catch {
            try fail("\(error)", code: 2)
            return
        }
        guard chosen.operations.allSatisfy({ [.purchase, .trade, .reward].contains($0.kind) }) else {
            try fail("the scenario \(scenario) has other operations than purchases, trades and rewards", code: 2)
            return
        }
        if let zipf { chosen.zipf = zipf }
        chosen.seconds = seconds
        chosen.warmUpSeconds = warmUp
        var isWrong = false
        for setting in settings.isEmpty ? (sweep ? Setting.sweep : Setting.standard) : settings {
            do {
                let report = try measure(setting, chosen, prices)
                // At once, also into a file: a run takes minutes.
                FileHandle.standardOutput.write(Data((report.json.line + "\n").utf8))
                if !report.conserved { isWrong = true }
            } catch {
                try fail("\(setting.text): \(error)", code: 3)
            }
        }
        if isWrong { throw ExitCode(1) }
    }

    private func measure(_ setting: Setting, _ scenario: Scenario, _ prices: [UInt64]) throws -> PeerReport {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = folder.path + "/store"
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
        let settings = PeerSettings(
            design: setting.designFile, clients: setting.clients, pipeline: setting.pipeline, scenario: scenario,
            folder: store)
        let peer: any Peer =
            switch setting.store {
            case .postgres: PostgresPeer(settings)
            case .redis: RedisPeer(settings)
            case .sqlite: SQLitePeer(settings)
            }
        let run = PeerRun(
            name: setting.store.rawValue, design: setting.design, settings: settings, prices: prices, seed: seed,
            peer: peer, isInProcess: setting.store == .sqlite)
        return try run.run { complain($0) }
    }

    private func complain(_ problem: String) {
        FileHandle.standardError.write(Data("hoard-peers: \(problem)\n".utf8))
    }

    private func fail(_ message: String, code: Int32) throws {
        complain(message)
        throw ExitCode(code)
    }
}
