public import EVM
import Foundation

/// What running cases of a suite has shown.
public struct SuiteReport: Sendable {
    /// A case that did not pass.
    public struct Failure: Sendable {
        /// The file that holds it.
        public let file: String
        /// Its name; empty where the file cannot be read.
        public let name: String
        /// What was wrong.
        public let reasons: [String]
    }

    /// Cases that passed.
    public fileprivate(set) var passedCount = 0
    /// The cases that did not pass, and files that could not be read.
    public fileprivate(set) var failures: [Failure] = []
    /// Entries that are no cases of the suite, by what they are.
    public fileprivate(set) var others: [FixtureShape: Int] = [:]

    /// Notes the outcome of a case.
    mutating func note(_ file: String, _ name: String, _ reasons: [String]) {
        if reasons.isEmpty {
            passedCount += 1
        } else {
            failures.append(Failure(file: file, name: name, reasons: reasons))
        }
    }
}

/// A kind of official tests and how a file of them is run.
public enum Suite: String, Sendable, CaseIterable {
    /// One transaction each.
    case state
    /// Blocks from a genesis on.
    case block
    /// Bytes that are or are not a transaction.
    case transaction
    /// Keys, values and roots.
    case trie
    /// Items and their bytes.
    case rlp
    /// Blocks of the main network.
    case realBlock

    /// The folders of the unpacked suites and what they hold, in the order in which they are run.
    public static let folders: [(folder: String, suite: Suite)] = [
        ("RLPTests", .rlp), ("TrieTests", .trie), ("tx", .transaction), ("eest_state", .state), ("et_state", .state),
        ("eest_block", .block), ("block_legacy", .block), ("eest_benchmark", .block), ("mainnet_blocks", .realBlock),
    ]

    /// The JSON files at a path, sorted: the path itself, or all below it.
    public static func files(at path: String) -> [String] {
        var isFolder: ObjCBool = false
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
        guard isFolder.boolValue, let names = FileManager.default.enumerator(atPath: path) else { return [path] }
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }.map { path + "/" + $0 }.sorted()
    }
}

/// Runs the cases of files, one machine for all.
public final class SuiteRunner {
    private let suite: Suite
    private let stateRunner: StateTestRunner
    private let blockRunner: BlockTestRunner
    private let blockProcessor: BlockProcessor

    /// A runner of one kind of tests; blocks are executed by so many workers, the transactions of state tests as by one of
    /// several, and `report` gets every instruction.
    public init(_ suite: Suite, workers: Int = 1, report: ((TraceStep) -> Void)? = nil) {
        self.suite = suite
        stateRunner = StateTestRunner(follows: workers > 1, report: report)
        blockRunner = BlockTestRunner(workers: workers, report: report)
        blockProcessor = BlockProcessor(chainID: 1, workers: workers, report: report)
    }

    /// Runs the cases of files; of state and block tests those that `isChosen` takes by name and fork.
    public func run(_ files: [String], isChosen: (String, Fork) -> Bool = { _, _ in true }) -> SuiteReport {
        var report = SuiteReport()
        for file in files {
            do {
                switch suite {
                case .state:
                    let tests = try StateTest.load(file, isChosen: isChosen) { report.others[$0, default: 0] += 1 }
                    for test in tests {
                        report.note(file, test.name, stateRunner.run(test))
                    }
                case .block:
                    let tests = try BlockTest.load(file, isChosen: isChosen) { report.others[$0, default: 0] += 1 }
                    for test in tests {
                        report.note(file, test.name, blockRunner.run(test))
                    }
                case .realBlock:
                    let block = try RealBlock.load(file)
                    report.note(file, "block \(block.number)", blockProcessor.failures(block))
                case .transaction:
                    for test in try TransactionTest.load(file) { report.note(file, test.name, test.failures()) }
                case .trie:
                    for test in try TrieTest.load(file) { report.note(file, test.name, test.failures()) }
                case .rlp:
                    for test in try RLPTest.load(file) { report.note(file, test.name, test.failures()) }
                }
            } catch {
                report.note(file, "", ["\(error)"])
            }
        }
        return report
    }
}
