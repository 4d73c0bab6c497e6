import Conformance
import EVM
import Foundation
import Testing

/// Entries that are no cases of the suite are told apart, not run and not taken for failures.
struct FixtureShapeTests {
    private func load(_ text: String, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "hoard-shape-\(UUID().uuidString).json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test(arguments: [
        (#"{"a": {"engineNewPayloads": [], "network": "Prague"}}"#, FixtureShape.engine),
        (#"{"a": {"blocks": [], "network": "Prague", "genesisRLP": "0x"}}"#, .block),
        (#"{"a": {"txbytes": "0x", "result": {}}}"#, .transaction),
        (#"{"a": {"vectors": {}}}"#, .container),
        (#"{"test_cases": [], "root_hash": "0x"}"#, .unknown),
        (#"{"a": 1}"#, .unknown),
    ])
    func `a file without state tests says what it holds`(_ text: String, _ shape: FixtureShape) throws {
        try load(text) { path in
            var found: Set<FixtureShape> = []
            let tests = try StateTest.load(path, other: { found.insert($0) })
            #expect(tests.isEmpty)
            #expect(found == [shape])
            let report = SuiteRunner(.state).run([path])
            #expect(report.failures.isEmpty && report.passedCount == 0 && report.others.keys.contains(shape))
        }
    }

    @Test(arguments: [
        (#"{"a": {"post": {}, "transaction": {}}}"#, FixtureShape.state),
        (#"{"a": {"engineNewPayloads": []}}"#, .engine),
        (#"{"a": {"blocks": [], "network": "London", "genesisRLP": "0x"}}"#, .blockOfNetwork("London")),
    ])
    func `a file without chains from Paris on says what it holds`(_ text: String, _ shape: FixtureShape) throws {
        try load(text) { path in
            var found: Set<FixtureShape> = []
            let tests = try BlockTest.load(path, other: { found.insert($0) })
            #expect(tests.isEmpty)
            #expect(found == [shape])
        }
    }

    @Test(arguments: ["", "xx", "[1, 2", "[1]", "3"])
    func `a file that is no object fails with a line`(_ text: String) throws {
        try load(text) { path in
            let report = SuiteRunner(.state).run([path])
            #expect(report.failures.count == 1 && report.failures[0].reasons.count == 1)
        }
    }
}
