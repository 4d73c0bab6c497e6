import ArgumentParser
import Benchmarks
import Conformance
import EVM
import Foundation

/// `hoard bench`: measurements of the program's parts.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure a part of the program.",
        subcommands: [
            BenchEVMCommand.self, BenchBlocksCommand.self, PrecompileBench.self, TrieBench.self,
            ParallelBenchCommand.self, StagesCommand.self,
            CommitBench.self, RestartBenchCommand.self,
        ])
}

/// `hoard bench evm`: single transactions.
struct BenchEVMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evm",
        abstract: "Run single transactions again and again: name, gas, microseconds.",
        discussion: """
            The time is the median of at least 9 runs of the whole transaction, each on the state of the file; decoded \
            code is kept from run to run. Exit code 1 when a transaction does not succeed.
            """)

    @Argument(help: "Files, or folders that are searched for .json files.")
    var paths: [String]

    @Option(help: "Runs of each case at least, 9 or more.")
    var runs: Int = 9

    @Option(help: "Milliseconds for which a case is repeated at least.")
    var milliseconds: Int = 300

    @Flag(help: "Print one JSON array of objects: name, gas, microseconds.")
    var json = false

    private struct Line: Encodable {
        let name: String
        let gas: UInt64
        let microseconds: Double
        /// What went wrong, where something did.
        let failure: String?
    }

    func validate() throws {
        if runs < 9 { throw ValidationError("--runs takes 9 or more, not \(runs)") }
    }

    func run() async throws {
        let lines = try await reportingFailures {
            let files = paths.flatMap { Suite.files(at: $0) }
            guard !files.isEmpty else { throw Failure(message: "no .json file at \(paths.joined(separator: ", "))") }
            var lines: [Line] = []
            for file in files {
                lines.append(try measure(file))
                if !json { show(lines[lines.count - 1]) }
            }
            if json { try printJSON(lines) }
            return lines
        }
        if lines.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
    }

    private func measure(_ file: String) throws -> Line {
        let (pre, block, transaction) = try StateTest.benchmark(file)
        let machine = Machine(fork: block.fork, chainID: block.chainID, codeCache: CodeCache())
        let started = ContinuousClock.now
        var times: [Double] = []
        var gas: UInt64 = 0
        var failure: String?
        while times.count < runs || (ContinuousClock.now - started).seconds * 1_000 < Double(milliseconds) {
            let begun = ContinuousClock.now
            let result = machine.transition(pre, block, transaction)
            times.append((ContinuousClock.now - begun).seconds * 1e6)
            switch result {
            case .success(let success):
                gas = success.receipt.gasUsed
                if !success.receipt.succeeded { failure = "\(success.receipt.outcome)" }
            case .failure(let refusal): failure = "refused: \(refusal)"
            }
            if failure != nil { break }
        }
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        return Line(name: name, gas: gas, microseconds: (median(times) * 1_000).rounded() / 1_000, failure: failure)
    }

    private func show(_ line: Line) {
        let name = line.name.padding(toLength: max(44, line.name.count), withPad: " ", startingAt: 0)
        print(name, String(format: "%12llu gas %12.2f us", line.gas, line.microseconds), line.failure ?? "")
    }
}
