public import EVM
import Foundation

/// What running state tests has shown.
public struct SuiteReport: Sendable {
    /// A test that did not pass.
    public struct Failure: Sendable {
        /// The file that holds it.
        public let file: String
        /// Its name, fork and variant.
        public let name: String
        /// What was wrong.
        public let reasons: [String]
    }

    /// Tests that passed, by fork.
    public fileprivate(set) var passed: [Fork: Int] = [:]
    /// Tests that did not, by fork.
    public fileprivate(set) var failed: [Fork: Int] = [:]
    /// The tests that did not pass, and files that could not be read.
    public fileprivate(set) var failures: [Failure] = []

    /// Tests that passed, of all forks.
    public var passedCount: Int { passed.values.reduce(0, +) }
}

/// Runs the state tests of files and folders.
public enum StateTestSuite {
    /// The JSON files at a path, sorted: the path itself, or all below it.
    public static func files(at path: String) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
        guard isFolder.boolValue, let names = FileManager.default.enumerator(atPath: path) else { return [path] }
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }.map { path + "/" + $0 }.sorted()
    }

    /// Runs the tests of files that `isChosen` takes.
    public static func run(_ files: [String], isChosen: (StateTest) -> Bool = { _ in true }) -> SuiteReport {
        let runner = StateTestRunner()
        var report = SuiteReport()
        for file in files {
            do {
                for test in try StateTest.load(file) where isChosen(test) {
                    let reasons = runner.run(test)
                    if reasons.isEmpty {
                        report.passed[test.block.fork, default: 0] += 1
                    } else {
                        report.failed[test.block.fork, default: 0] += 1
                        report.failures.append(.init(file: file, name: test.name, reasons: reasons))
                    }
                }
            } catch {
                report.failures.append(.init(file: file, name: "", reasons: ["\(error)"]))
            }
        }
        return report
    }
}
