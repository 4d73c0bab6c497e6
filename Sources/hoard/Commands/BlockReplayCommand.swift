import ArgumentParser
import Conformance
import EVM
import Foundation
import Ledger

/// `hoard blockreplay`: real blocks of the main network.
struct BlockReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blockreplay",
        abstract: "Run real Ethereum blocks: gas and receipts must be exact; says how long it took.",
        discussion: """
            Takes files with header, transactions and the state that they need. The state is built before the clock starts. \
            With --executor parallel the senders are recovered on all workers too. Receipts are checked from Byzantium on, transactions and senders always. Exit code 1 when a block is not exact.
            """)

    @Argument(help: "Files, or folders that are searched for .json files.")
    var paths: [String]

    @OptionGroup var execution: ExecutorOptions

    @Option(name: .customLong("repeat"), help: "Runs of each block, each on a fresh state; the median counts.")
    var repetitions: Int = 1

    @Flag(help: "Print one JSON object: blocks, exact, milliseconds, with the figures of every block.")
    var json = false

    private struct Line: Encodable {
        let file: String
        let number: UInt64
        let fork: String
        let transactions: Int
        let gas: UInt64
        let exact: Bool
        let failures: [String]
        /// Milliseconds of the transactions alone.
        let milliseconds: Double
        /// The same with the decoding of the transactions and the recovery of their senders.
        let millisecondsWithRecovery: Double
    }

    private struct Output: Encodable {
        let blocks: [Line]
        let exact: Int
        let gas: UInt64
        let milliseconds: Double
        let millisecondsWithRecovery: Double
        /// How often a transaction was executed, on several workers.
        let executionsPerTransaction: Double?
    }

    func validate() throws {
        if repetitions < 1 { throw ValidationError("--repeat takes 1 or more, not \(repetitions)") }
    }

    func run() async throws {
        let isExact = try await reportingFailures {
            let files = paths.flatMap { Suite.files(at: $0) }
            guard !files.isEmpty else { throw Failure(message: "no .json file at \(paths.joined(separator: ", "))") }
            let processor = BlockProcessor(chainID: 1, workers: execution.workerCount)
            var lines: [Line] = []
            for file in files {
                lines.append(try replay(file, processor))
                if !json { show(lines[lines.count - 1]) }
            }
            try finish(lines, processor.statistics?.executionsPerUnit)
            return lines.allSatisfy(\.exact)
        }
        if !isExact { throw ExitCode(1) }
    }

    private func replay(_ file: String, _ processor: BlockProcessor) throws -> Line {
        let block = try RealBlock.load(file)
        var executions: [Double] = []
        var recoveries: [Double] = []
        var failures: [String] = []
        for _ in 0..<repetitions {
            let world = block.makeWorld()
            let started = ContinuousClock.now
            let transactions = try processor.recover(block)
            let recovered = ContinuousClock.now
            do {
                let executed = try processor.run(transactions, in: block.environment, world: world)
                executions.append((ContinuousClock.now - recovered).seconds * 1_000)
                failures += block.failures(executed)
            } catch {
                executions.append((ContinuousClock.now - recovered).seconds * 1_000)
                failures.append("refused: \(error)")
            }
            recoveries.append((recovered - started).seconds * 1_000)
            failures += block.failures(transactions)
        }
        let milliseconds = median(executions)
        return Line(
            file: file, number: block.number, fork: "\(block.fork)", transactions: block.encodedTransactions.count,
            gas: block.gasUsed, exact: failures.isEmpty, failures: Array(failures.prefix(8)),
            milliseconds: milliseconds, millisecondsWithRecovery: milliseconds + median(recoveries))
    }

    private func show(_ line: Line) {
        let times = String(format: "%9.3f ms, %9.3f ms with recovery", line.milliseconds, line.millisecondsWithRecovery)
        print(
            "\(line.number) \(line.fork): \(line.transactions) transactions, \(line.gas) gas, \(times), "
                + (line.exact ? "exact" : "NOT EXACT"))
        for failure in line.failures { print("    \(failure)") }
    }

    private func finish(_ lines: [Line], _ executions: Double?) throws {
        let output = Output(
            blocks: lines, exact: lines.count(where: \.exact), gas: lines.reduce(0) { $0 + $1.gas },
            milliseconds: lines.reduce(0) { $0 + $1.milliseconds },
            millisecondsWithRecovery: lines.reduce(0) { $0 + $1.millisecondsWithRecovery },
            executionsPerTransaction: executions)
        if json { return try printJSON(output) }
        let times = String(
            format: "%.3f ms, %.3f ms with recovery", output.milliseconds, output.millisecondsWithRecovery)
        if let executions { print(String(format: "%.3f executions of a transaction", executions)) }
        print("\(output.exact) of \(lines.count) blocks exact, \(output.gas) gas, \(times)")
    }
}

/// The middle value; the mean of the two in the middle where their number is even.
func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "nothing has no median")
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
