import Conformance
import EVM
import Foundation
import Testing

/// A part of the official state tests, chosen by a seed; `hoard statetest` runs all of them.
struct StateSuiteTests {
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let folder = SuiteFolder.locate(checkout: checkout)
    static let folders = [
        "eest_state/frontier", "eest_state/homestead", "eest_state/byzantium", "eest_state/constantinople",
        "eest_state/istanbul", "eest_state/berlin", "eest_state/london", "eest_state/paris", "eest_state/shanghai",
        "eest_state/cancun", "eest_state/prague", "eest_state/osaka", "eest_state/static", "et_state",
    ]

    /// One file in so many is run; HOARD_SEED chooses which.
    static let filesSkippedBetween: UInt64 = 10
    static let seed = ProcessInfo.processInfo.environment["HOARD_SEED"].flatMap { UInt64($0) } ?? 1

    @Test(.enabled(if: folder != nil, Comment(rawValue: SuiteFolder.absence)), arguments: folders)
    func `a sample of the official state tests passes`(_ name: String) throws {
        let folder = try #require(Self.folder)
        let files = StateTestSuite.files(at: "\(folder)/\(name)")
        let start = Self.seed % max(1, min(Self.filesSkippedBetween, UInt64(files.count)))
        let sample = files.indices.filter { UInt64($0) % Self.filesSkippedBetween == start }.map { files[$0] }
        let report = StateTestSuite.run(sample)
        let repeated = "HOARD_SEED=\(Self.seed) swift test --disable-xctest --filter StateSuiteTests"
        for failure in report.failures.prefix(5) {
            Issue.record("\(failure.file) \(failure.name): \(failure.reasons.joined(separator: "; ")); \(repeated)")
        }
        #expect(report.failures.isEmpty, "\(report.failures.count) of \(name) failed; repeat with \(repeated)")
        #expect(report.passedCount > 0, "\(name): no test was run")
    }

    @Test(.enabled(if: folder != nil, Comment(rawValue: SuiteFolder.absence)))
    func `the runner sees a wrong root and a wrong log`() throws {
        let folder = try #require(Self.folder)
        let file = "\(folder)/eest_state/static/state_tests/stExample/add11_yml.json"
        let path =
            FileManager.default.fileExists(atPath: file) ? file : StateTestSuite.files(at: "\(folder)/et_state")[0]
        let test = try #require(try StateTest.load(path).first)
        let runner = StateTestRunner()
        #expect(runner.run(test) == [])
        #expect(runner.run(test.expecting(stateRoot: .zero)).count == 1)
        #expect(runner.run(test.expecting(logsHash: .zero)).count == 1)
    }
}
