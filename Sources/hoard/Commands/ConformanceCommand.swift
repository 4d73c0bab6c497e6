import ArgumentParser
import Conformance
import EVM
import Foundation

/// `hoard conformance`: every official suite at hand.
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Run every official Ethereum suite in a folder and print the table: suite, cases, passed, seconds.",
        discussion: """
            The folder is the unpacked archive: \(Suite.folders.map(\.folder).joined(separator: ", ")); what is not there \
            is left out. Exit code 1 when a case fails.
            """)

    @Argument(help: "The folder of the unpacked suites.")
    var folder: String

    @Option(help: "Only cases whose name holds this text (state and block tests).")
    var filter: String?

    @Flag(help: "Print one JSON array: suite, cases, passed, failed, seconds.")
    var json = false

    private struct Line: Encodable {
        let suite: String
        let cases: Int
        let passed: Int
        let failed: Int
        let seconds: Double
    }

    func run() async throws {
        let failed = try await reportingFailures {
            var lines: [Line] = []
            if !json { print("suite              cases  passed  seconds") }
            for (name, suite) in Suite.folders {
                let files = Suite.files(at: "\(folder)/\(name)")
                if files.isEmpty { continue }
                let line = run(name, suite, files)
                lines.append(line)
                if !json {
                    let shown = name.padding(toLength: 16, withPad: " ", startingAt: 0)
                    print(shown, String(format: "%7d %7d %8.2f", line.cases, line.passed, line.seconds))
                }
            }
            guard !lines.isEmpty else { throw Failure(message: "there is no suite in \(folder)") }
            if json { try printJSON(lines) }
            return lines.reduce(0) { $0 + $1.failed }
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private func run(_ name: String, _ suite: Suite, _ files: [String]) -> Line {
        let progress = ProgressLine("\(name):")
        let runner = SuiteRunner(suite)
        let started = ContinuousClock.now
        var passed = 0
        var failed = 0
        for (index, file) in files.enumerated() {
            let report = runner.run([file]) { name, _ in filter.map(name.contains) ?? true }
            passed += report.passedCount
            failed += report.failures.count
            for failure in report.failures {
                progress.finish()
                var text = "FAILED \(failure.file)\n       \(failure.name)\n"
                for reason in failure.reasons { text += "         \(reason)\n" }
                FileHandle.standardError.write(Data(text.utf8))
            }
            progress.update(UInt64(index + 1), of: UInt64(files.count))
        }
        progress.finish()
        return Line(
            suite: name, cases: passed + failed, passed: passed, failed: failed,
            seconds: (ContinuousClock.now - started).seconds)
    }
}
