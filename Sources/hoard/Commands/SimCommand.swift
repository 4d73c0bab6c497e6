import ArgumentParser
import Economy
import Foundation
import Simulation

/// `hoard sim`: the whole server and hundreds of clients in one thread, under a seed that decides everything.
struct SimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sim",
        abstract:
            "Simulate the server, its clients and every fault under a seed, and check all that was said and kept.",
        discussion: """
            One seed decides all: who asks what, which thread does its piece next, what the network and the disk lose, when the machine \
            dies. The same seed gives the same run. Exit code 0 without a finding, 1 with one, and the command that repeats it.
            """)

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds, from the first on.")
    var seeds = 1

    @Option(help: "Operations that the clients ask for, with each seed.")
    var operations = 10_000

    @Option(help: "A bug to plant, to see it found: \(Canary.allCases.map(\.rawValue).joined(separator: ", ")).")
    var canary: String?

    @Option(help: "The game folder.")
    var game: String?

    @Flag(help: "Tell what happens to the machine and its disk, a line each.")
    var tell = false

    @Flag(help: "Print one JSON object: seeds, operations, crashes, findings and more.")
    var json = false

    func validate() throws {
        guard seeds >= 1 else { throw ValidationError("--seeds must be 1 or more") }
        guard operations >= 100 else { throw ValidationError("--operations must be 100 or more") }
        if let canary, Canary(rawValue: canary) == nil { throw ValidationError("there is no canary \(canary)") }
    }

    struct Output: Encodable {
        var seed: UInt64
        var seeds = 0
        var operations = 0
        var finals = 0
        var repeats = 0
        var queries = 0
        var connections = 0
        var crashes = 0
        var kills = 0
        var restarts = 0
        var diskFaults = 0
        var flips = 0
        var detectedFlips = 0
        var backups = 0
        var repairs = 0
        var blocks: UInt64 = 0
        var events = 0
        var simulatedSeconds = 0.0
        var seconds = 0.0
        var traceDigest = ""
        var findings = 0
        var finding: String?
        var command: String?
    }

    func run() async throws {
        let base = try await reportingFailures {
            try SimulationBase(game: try GameFolder.load(try GameFolder.locate(game, data: nil)))
        }
        var output = Output(seed: seed)
        let start = DispatchTime.now().uptimeNanoseconds
        for number in seed..<seed + UInt64(seeds) {
            TrapNotice.name("hoard: seed \(number) ended the program; repeat it: \(command(number))\n")
            let report = Simulation(seed: number, options: options, base: base).run()
            add(report, to: &output)
            if !json { print(Self.line(report)) }
            guard let finding = report.finding else { continue }
            output.findings += 1
            output.finding = finding
            output.command = command(number)
            if !json {
                print(
                    "FINDING with seed \(number), after \(report.events) events: \(finding)\nrepeat it: \(command(number))"
                )
            }
            break
        }
        output.seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        if json { try printJSON(output) }
        if output.findings > 0 { throw ExitCode(1) }
    }

    private var options: SimulationOptions {
        var options = SimulationOptions(operations: operations, canary: canary.flatMap { Canary(rawValue: $0) })
        if tell { options.listener = { print($0) } }
        return options
    }

    private func command(_ seed: UInt64) -> String {
        var words = "make sim SEED=\(seed)"
        var arguments = operations == 10_000 ? "" : "--operations \(operations)"
        if let canary { arguments += (arguments.isEmpty ? "" : " ") + "--canary \(canary)" }
        if !arguments.isEmpty { words += " ARGS=\"\(arguments)\"" }
        return words
    }

    private static func line(_ report: SimulationReport) -> String {
        "seed \(report.seed): \(report.operations) operations, \(report.finals) final, \(report.repeats) repeats, "
            + "\(report.queries) questions, \(report.connections) connections, \(report.crashes) crashes, "
            + "\(report.kills) kills, \(report.stops) stops, \(report.diskFaults) disk faults, \(report.flips) flipped bits "
            + "(\(report.detectedFlips) detected), \(report.backups) backups, \(report.repairs) repairs, \(report.blocks) blocks, trace \(String(report.traceDigest, radix: 16))"
    }

    private func add(_ report: SimulationReport, to output: inout Output) {
        output.seeds += 1
        output.operations += report.operations
        output.finals += report.finals
        output.repeats += report.repeats
        output.queries += report.queries
        output.connections += report.connections
        output.crashes += report.crashes
        output.kills += report.kills
        output.restarts += report.boots
        output.diskFaults += report.diskFaults
        output.flips += report.flips
        output.detectedFlips += report.detectedFlips
        output.backups += report.backups
        output.repairs += report.repairs
        output.blocks += report.blocks
        output.events += report.events
        output.simulatedSeconds += Double(report.simulatedMilliseconds) / 1_000
        output.traceDigest = String(report.traceDigest, radix: 16)
    }
}
