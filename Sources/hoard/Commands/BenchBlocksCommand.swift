import ArgumentParser
import Conformance
import Foundation

/// `hoard bench blocks`: the speed of whole blocks.
struct BenchBlocksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocks",
        abstract:
            "Run the blocks of blockchain tests: name, gas, microseconds, millions of gas a second; slowest first.",
        discussion: """
            The time is the processor's in the blocks' execution, with senders recovered before and roots computed after \
            it; the least of --runs counts. Exit code 1 when a case fails or is slower than --minimum.
            """)

    @Argument(help: "Files, or folders that are searched for .json files.")
    var paths: [String]

    @Option(help: "Only cases whose name holds this text.")
    var filter: String?

    @Option(help: "Runs of each case.")
    var runs: Int = 1

    @Option(help: "Millions of gas a second that every case must reach.")
    var minimum: Double = 0

    @Flag(help: "Print one JSON array of objects: name, gas, microseconds, megagasPerSecond.")
    var json = false

    private struct Line: Encodable {
        let name: String
        let gas: UInt64
        let microseconds: Double
        let megagasPerSecond: Double
        let failures: [String]
    }

    func validate() throws {
        if runs < 1 { throw ValidationError("--runs takes 1 or more, not \(runs)") }
    }

    func run() async throws {
        let lines = try await reportingFailures {
            let files = paths.flatMap { Suite.files(at: $0) }
            guard !files.isEmpty else { throw Failure(message: "no .json file at \(paths.joined(separator: ", "))") }
            let runner = BlockTestRunner()
            var lines: [Line] = []
            for file in files {
                for test in try BlockTest.load(file, isChosen: { name, _ in filter.map(name.contains) ?? true }) {
                    lines.append(measure(test, runner))
                }
            }
            lines.sort { $0.megagasPerSecond < $1.megagasPerSecond }
            return lines
        }
        if json {
            try printJSON(lines)
        } else {
            for line in lines { show(line) }
        }
        if lines.contains(where: { !$0.failures.isEmpty || $0.megagasPerSecond < minimum }) { throw ExitCode(1) }
    }

    private func measure(_ test: BlockTest, _ runner: BlockTestRunner) -> Line {
        var failures: [String] = []
        var least = Double.infinity
        for _ in 0..<runs {
            failures += runner.run(test)
            least = min(least, runner.lastRun.seconds)
        }
        let speed = least > 0 ? Double(runner.lastGas) / least / 1e6 : 0
        return Line(
            name: test.name, gas: runner.lastGas, microseconds: (least * 1e6).rounded(),
            megagasPerSecond: (speed * 100).rounded() / 100, failures: failures)
    }

    private func show(_ line: Line) {
        print(
            String(format: "%9.2f Mgas/s %12llu gas %12.0f us ", line.megagasPerSecond, line.gas, line.microseconds)
                + line.name)
        for failure in line.failures { print("    \(failure)") }
    }
}
