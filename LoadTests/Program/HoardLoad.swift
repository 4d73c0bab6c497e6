import ArgumentParser
import Foundation

/// The load tool: drives a server with a scenario and reports what it did and what it cost.
@main
struct HoardLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hoard-load",
        abstract: "Drives a Hoard server with a scenario and reports throughput, latency and cost.",
        discussion: """
            Without --connect it starts `hoard serve` (found beside this program) on loopback with temporary \
            data, and stops it at the end.

            Closed loop: every connection keeps --in-flight operations under way. Open loop (--rate): \
            operations are due at even intervals whatever the server does, and latency counts from the moment \
            an operation was due, so a stall is paid for by everything that was due during it.

            Exit codes: 0 fine; 1 wrong answers, lost connections or a broken balance; 2 wrong usage; \
            3 the server could not be started, reached or stopped; 4 the figures could not be written.
            """)

    @Option(name: .long, help: "Name of a scenario, path of a scenario file, or crash.")
    var scenario = "shop-mix"

    @Option(name: .long, help: "Server to drive, as HOST:PORT; needs --token.")
    var connect: String?

    @Option(name: .long, help: "Token of role server for --connect.")
    var token: String?

    @Option(name: .long, help: "Connections (default: the scenario's, 64).")
    var connections: Int?

    @Option(name: .long, help: "Operations in flight on each connection (default: the scenario's, 40).")
    var inFlight: Int?

    @Option(name: .long, help: "Open loop: operations a second, all connections together.")
    var rate: Double?

    @Option(name: .long, help: "Seconds of the measured window (default: the scenario's, 10).")
    var seconds: Double?

    @Option(name: .long, help: "Seconds of load before the measured window (default: the scenario's, 2).")
    var warmUp: Double?

    @Option(name: .long, help: "Players (default: the scenario's).")
    var players: Int?

    @Option(name: .long, help: "Exponent of the Zipf law by which players are drawn; 0 is uniform.")
    var zipf: Double?

    @Option(name: .long, help: "Seed: equal seeds choose equal operations.")
    var seed: UInt64 = 1

    @Option(name: .long, help: "Executor of a server of our own: sequential or parallel.")
    var executor: String?

    @Option(name: .long, help: "Workers of a server of our own.")
    var workers: Int?

    @Option(name: .long, help: "Operations between two checkpoints of a server of our own; 0 makes none.")
    var checkpointOperations: Int?

    @Option(name: .long, help: "Data folder of a server of our own; kept (default: a temporary one).")
    var data: String?

    @Option(name: .long, help: "GameData folder (default: found above the working folder or the program).")
    var game: String?

    @Option(name: .long, help: "Server program (default: hoard beside this program).")
    var server: String?

    @Option(name: .long, help: "How often --scenario crash kills the server.")
    var kills = 10

    @Option(
        name: .long, help: "File to append one line of figures to; a bare NAME means LoadTests/Baselines/NAME.jsonl.")
    var baseline: String?

    @Flag(
        name: .long,
        help:
            "Say what a million operations cost; without --executor, in sequence and in parallel, one after the other.")
    var cost = false

    @Option(name: .long, help: "For --cost where the processor's energy counter cannot be read: power of a busy core.")
    var wattsPerCore: Double = 5

    @Option(name: .long, help: "For --cost: what a core costs for an hour, in your currency.")
    var pricePerCoreHour: Double = 0.04

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    @Flag(name: .long, help: "List the scenarios and end.")
    var list = false

    /// Checks what does not need a file or a server.
    func validate() throws {
        func require(_ holds: Bool, _ message: String) throws {
            if !holds { throw ValidationError(message) }
        }
        try require(connect == nil || token != nil, "--connect needs --token")
        try require(connect != nil || token == nil, "--token needs --connect")
        if let connect {
            try require(
                ServerProcess.address(fromText: connect) != nil,
                "--connect \(connect) should be HOST:PORT")
            try require(
                executor == nil && workers == nil && data == nil && server == nil && checkpointOperations == nil,
                "--executor, --workers, --checkpoint-operations, --data and --server are for a server of our own, not for --connect")
            try require(scenario != "crash", "--scenario crash kills its server: it starts its own")
        }
        try require((rate ?? 1) > 0, "--rate \(rate ?? 0) should be above 0")
        try require((rate ?? 1) <= 10_000_000, "--rate \(rate ?? 0) should be at most 10,000,000")
        try require(kills >= 1, "--kills \(kills) should be at least 1")
        try require(
            (1...Scenario.connectionsMax).contains(connections ?? 1),
            "--connections should be 1...\(Scenario.connectionsMax)")
        try require(
            wattsPerCore > 0 && pricePerCoreHour > 0, "--watts-per-core and --price-per-core-hour should be above 0")
        try require((1...65_536).contains(inFlight ?? 1), "--in-flight should be 1...65536")
        try require((seconds ?? 1) > 0, "--seconds should be above 0")
        try require((warmUp ?? 1) >= 0, "--warm-up should be 0 or more")
    }

    /// Runs the scenario.
    func run() throws {
        if list {
            for name in ScenarioLibrary.names() {
                print(name, "-", try ScenarioLibrary.load(name).about)
            }
            return
        }
        // Output that nobody reads any more must not end us by a signal before the server is stopped.
        signal(SIGPIPE, SIG_IGN)
        do {
            let hasErrors = scenario == "crash" ? try runCrash() : try runScenario()
            if hasErrors { throw ExitCode(1) }
        } catch let failure as ScenarioFailure {
            try fail(failure.description, code: 2)
        } catch let failure as ProcessFailure {
            try fail(failure.description, code: 3)
        } catch let failure as LoadFailure {
            try fail(failure.description, code: 1)
        }
    }

    private func fail(_ message: String, code: Int32) throws {
        FileHandle.standardError.write(Data("hoard-load: \(message)\n".utf8))
        throw ExitCode(code)
    }
}

/// A run that could not be finished, or whose answers were wrong.
struct LoadFailure: Error, CustomStringConvertible {
    let description: String
}
