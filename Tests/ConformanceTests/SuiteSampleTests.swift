import Conformance
import EVM
import Foundation
import Testing

/// A sample of every folder of the official suites, chosen by the commit; `make conformance` runs everything.
struct SuiteSampleTests {
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let folder = SuiteFolder.locate(checkout: checkout)
    static let absence = Comment(rawValue: SuiteFolder.absence)

    /// Cases of one file at most: some hold hundreds.
    static let casesOfFileMax: UInt64 = 4

    /// HOARD_SEED, else what the commit's name says, else 1.
    static let seed: UInt64 = {
        if let named = ProcessInfo.processInfo.environment["HOARD_SEED"].flatMap({ UInt64($0) }) { return named }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", checkout, "rev-parse", "HEAD"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return 1 }
        process.waitUntilExit()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return UInt64(text.prefix(12), radix: 16) ?? 1
    }()

    /// One file of each folder below a suite's, or all of a suite that is small.
    static func sample(_ files: [String], _ suite: Suite) -> [String] {
        if ![.state, .block, .realBlock].contains(suite) { return files }
        let folders = Dictionary(grouping: files) { ($0 as NSString).deletingLastPathComponent }
        return folders.sorted { $0.key < $1.key }.map { $0.value[Int(seed % UInt64($0.value.count))] }
    }

    @Test(.enabled(if: folder != nil, absence), arguments: Suite.folders.map(\.folder))
    func `a sample of every folder passes`(_ name: String) throws {
        let suite = try #require(Suite.folders.first { $0.folder == name }?.suite)
        let files = Suite.files(at: "\(try #require(Self.folder))/\(name)")
        if files.isEmpty { return }
        let runner = SuiteRunner(suite)
        let repeated = "HOARD_SEED=\(Self.seed) swift test --disable-xctest --filter SuiteSampleTests"
        var passed = 0
        for file in Self.sample(files, suite) {
            var names = 0
            _ = runner.run([file]) { _, _ in
                names += 1
                return false
            }
            var index: UInt64 = 0
            let step = max(1, UInt64(names) / Self.casesOfFileMax)
            let report = runner.run([file]) { _, _ in
                index += 1
                return (index - 1) % step == Self.seed % step
            }
            passed += report.passedCount
            for failure in report.failures.prefix(3) {
                Issue.record("\(failure.file) \(failure.name): \(failure.reasons.joined(separator: "; ")); \(repeated)")
            }
        }
        #expect(passed > 0, "\(name): no test was run; \(repeated)")
    }
}
