import ArgumentParser
import Conformance
import EVM
import Foundation

extension Fork {
    /// The fork of a name as the suites write it, in any case.
    init?(suiteName: String) {
        guard let fork = StateTest.forks.first(where: { $0.key.lowercased() == suiteName.lowercased() })?.value else {
            return nil
        }
        self = fork
    }
}

/// `hoard statetest`: the official state tests.
struct StateTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statetest",
        abstract: "Run Ethereum state tests: state root, logs and refusals of every case.",
        discussion: "Takes files or folders of execution-spec or ethereum/tests state tests. Exit code 1 when a case fails.")

    @Argument(help: "Files, or folders that are searched for .json files.")
    var paths: [String]

    @Option(help: "Only cases of this fork, such as Prague.")
    var fork: String?

    @Option(help: "Only cases whose name holds this text.")
    var filter: String?

    @Flag(help: "Print one JSON object: passed, failed, skipped, seconds.")
    var json = false

    struct Output: Encodable {
        let passed: Int
        let failed: Int
        let skipped: Int
        let seconds: Double
    }

    func run() async throws {
        let failed = try await reportingFailures {
            let chosenFork = try fork.map { name in
                guard let fork = Fork(suiteName: name) else {
                    let names = StateTest.forks.keys.sorted().joined(separator: ", ")
                    throw ValidationError("there is no fork '\(name)'; the suites know \(names)")
                }
                return fork
            }
            let files = paths.flatMap { StateTestSuite.files(at: $0) }
            guard !files.isEmpty else {
                throw Failure(message: "no .json file at \(paths.joined(separator: ", "))")
            }
            return try run(files, chosenFork)
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private func run(_ files: [String], _ chosenFork: Fork?) throws -> Int {
        let progress = ProgressLine("files of state tests:")
        let started = ContinuousClock.now
        var passed = 0
        var failed = 0
        var skipped = 0
        for (index, file) in files.enumerated() {
            let report = StateTestSuite.run([file]) { test in
                let isChosen =
                    (chosenFork == nil || test.block.fork == chosenFork) && (filter.map(test.name.contains) ?? true)
                if !isChosen { skipped += 1 }
                return isChosen
            }
            passed += report.passedCount
            failed += report.failures.count
            if !json {
                progress.finish()
                for failure in report.failures {
                    print("FAILED \(failure.file)\n       \(failure.name)")
                    for reason in failure.reasons { print("         \(reason)") }
                }
            }
            progress.update(UInt64(index + 1), of: UInt64(files.count))
        }
        progress.finish()
        let seconds = Double((ContinuousClock.now - started).components.attoseconds) / 1e18
            + Double((ContinuousClock.now - started).components.seconds)
        if json {
            try printJSON(Output(passed: passed, failed: failed, skipped: skipped, seconds: seconds))
        } else {
            print("\(passed) passed, \(failed) failed, \(skipped) skipped, \(String(format: "%.2f", seconds)) s")
        }
        return failed
    }
}
