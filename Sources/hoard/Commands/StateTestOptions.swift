import ArgumentParser
import Conformance
import EVM
import Foundation
import Gateway

/// How the transactions of a block are executed: the options of all commands that run official cases. A state test is
/// one transaction; with the parallel executor it runs as a worker runs it, with every slot followed.
struct ExecutorOptions: ParsableArguments {
    @Option(help: "How transactions are executed: sequential or parallel.")
    var executor: ExecutorChoice = .sequential

    @Option(help: "Threads that execute, for the parallel executor.")
    var workers: Int = 2

    func validate() throws {
        if workers < 1 || workers > 256 { throw ValidationError("--workers takes 1 to 256, not \(workers)") }
    }

    /// Threads that execute: one for the sequential executor.
    var workerCount: Int { executor == .sequential ? 1 : workers }
}

/// Which cases of which files are run, and how the result is shown: the options of `statetest` and `blocktest`.
struct SuiteOptions: ParsableArguments {
    @Argument(help: "Files, or folders that are searched for .json files.")
    var paths: [String]

    @Option(help: "Only cases of this fork, such as Prague; a chain that changes its fork counts as its last.")
    var fork: String?

    @Option(help: "Only cases whose name holds this text.")
    var filter: String?

    @OptionGroup var execution: ExecutorOptions

    @Flag(help: "Print every instruction as a line of JSON (EIP-3155).")
    var trace = false

    @Flag(help: "Print one JSON object: passed, failed, skipped, seconds.")
    var json = false

    private struct Output: Encodable {
        var passed = 0
        var failed = 0
        var skipped = 0
        var seconds = 0.0
    }

    /// The files at the paths; fails where there are none.
    func files() throws -> [String] {
        let files = paths.flatMap { Suite.files(at: $0) }
        guard !files.isEmpty else { throw Failure(message: "no .json file at \(paths.joined(separator: ", "))") }
        return files
    }

    /// Decides by name and fork whether a case is run.
    func chooser() throws -> (String, Fork) -> Bool {
        let chosenFork = try fork.map { name in
            guard let fork = Fork(suiteName: name) else {
                let names = Fork.suiteNames.keys.sorted().joined(separator: ", ")
                throw ValidationError("there is no fork '\(name)'; the suites know \(names)")
            }
            return fork
        }
        return { name, fork in
            (chosenFork == nil || fork == chosenFork) && (filter.map(name.contains) ?? true)
        }
    }

    /// Runs the cases, prints the result, and returns how many failed.
    func run(_ suite: Suite) throws -> Int {
        let files = try files()
        let choose = try chooser()
        let runner = SuiteRunner(suite, workers: execution.workerCount, report: trace ? { print($0.line) } : nil)
        let progress = ProgressLine("files of \(suite.rawValue) tests:")
        let started = ContinuousClock.now
        var output = Output()
        var others: [FixtureShape: Int] = [:]
        for (index, file) in files.enumerated() {
            let report = runner.run([file]) { name, fork in
                let isChosen = choose(name, fork)
                if !isChosen { output.skipped += 1 }
                return isChosen
            }
            output.passed += report.passedCount
            output.failed += report.failures.count
            output.skipped += report.others.values.reduce(0, +)
            others.merge(report.others, uniquingKeysWith: +)
            if !report.failures.isEmpty { progress.finish() }
            for failure in report.failures { show(failure) }
            progress.update(UInt64(index + 1), of: UInt64(files.count))
        }
        progress.finish()
        output.seconds = (ContinuousClock.now - started).seconds
        for line in others.map({ "left out: \($0.value) \($0.key.description)\n" }).sorted() {
            FileHandle.standardError.write(Data(line.utf8))
        }
        if output.passed + output.failed == 0 && output.skipped == others.values.reduce(0, +) {
            throw Failure(message: "no \(suite.rawValue) test at \(paths.joined(separator: ", "))")
        }
        if json {
            try printJSON(output)
        } else {
            let seconds = String(format: "%.2f", output.seconds)
            print("\(output.passed) passed, \(output.failed) failed, \(output.skipped) skipped, \(seconds) s")
        }
        return output.failed
    }

    /// With JSON on standard output, failures go to standard error.
    private func show(_ failure: SuiteReport.Failure) {
        var text = "FAILED \(failure.file)\n       \(failure.name)\n"
        for reason in failure.reasons { text += "         \(reason)\n" }
        (json ? FileHandle.standardError : FileHandle.standardOutput).write(Data(text.utf8))
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
