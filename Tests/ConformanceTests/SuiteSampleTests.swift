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

    /// Cases of one file at most: some hold hundreds, and those of the benchmarks fill whole blocks.
    static func casesOfFileMax(_ folder: String) -> Int { folder == "eest_benchmark" ? 1 : 3 }

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
        // Every other commit runs the state tests with all slots followed, as the parallel executor's workers do.
        let runner = SuiteRunner(suite, workers: suite == .state && Self.seed % 2 == 0 ? 2 : 1)
        let repeated = "HOARD_SEED=\(Self.seed) swift test --disable-xctest --filter SuiteSampleTests"
        var passed = 0
        for file in Self.sample(files, suite) {
            var names: [String] = []
            _ = runner.run([file]) { name, _ in
                names.append(name)
                return false
            }
            // Of the benchmarks, those with blocks of up to ten million gas: the others take seconds each.
            if name == "eest_benchmark" {
                let small = names.filter { name in ["_1M", "_5M", "_10M"].contains { name.contains($0 + "]") } }
                if !small.isEmpty { names = small }
            }
            let most = Self.casesOfFileMax(name)
            let start = names.isEmpty ? 0 : Int(Self.seed % UInt64(names.count))
            let chosen = Set((0..<min(most, names.count)).map { names[(start + $0) % names.count] })
            let report = runner.run([file]) { name, _ in chosen.contains(name) }
            passed += report.passedCount
            for failure in report.failures.prefix(3) {
                Issue.record("\(failure.file) \(failure.name): \(failure.reasons.joined(separator: "; ")); \(repeated)")
            }
        }
        #expect(passed > 0, "\(name): no test was run; \(repeated)")
    }
}
