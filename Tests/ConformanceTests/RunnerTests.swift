import Conformance
import EVM
import Foundation
import Testing

/// The runners see what is wrong: planted faults must fail.
struct RunnerTests {
    static let folder = SuiteSampleTests.folder
    static let absence = SuiteSampleTests.absence

    private func files(_ suite: Suite) throws -> [String] {
        let folder = try #require(Self.folder)
        return Suite.folders.filter { $0.suite == suite }.flatMap { Suite.files(at: "\(folder)/\($0.folder)") }
    }

    @Test(.enabled(if: folder != nil, absence))
    func `a wrong root, a wrong log and a refusal that does not come fail a state test`() throws {
        let file = try #require(try files(.state).first { $0.contains("stExample") || $0.contains("et_state") })
        let test = try #require(try StateTest.load(file).first { $0.expectedRefusal == nil })
        let runner = StateTestRunner()
        #expect(runner.run(test) == [])
        #expect(!runner.run(test.expecting(stateRoot: .zero)).isEmpty)
        #expect(runner.run(test.expecting(logsHash: .zero)).count == 1)
        #expect(runner.run(test.expecting(refusal: "TransactionException.SENDER_NOT_EOA")).count == 1)
    }

    @Test(.enabled(if: folder != nil, absence))
    func `another reason for a refusal fails a block test`() throws {
        let file = try #require(try files(.block).first { $0.contains("bcInvalidHeaderTest") })
        let test = try #require(try BlockTest.load(file).first { $0.steps.contains { $0.expectedRefusal != nil } })
        let index = try #require(test.steps.firstIndex { $0.expectedRefusal != nil })
        let runner = BlockTestRunner()
        #expect(runner.run(test) == [])
        #expect(runner.run(test.expecting("BlockException.INVALID_REQUESTS", of: index)).count >= 1)
        #expect(!runner.run(test.expecting(nil, of: index)).isEmpty)
    }

    @Test(.enabled(if: folder != nil, absence))
    func `a valid transaction that is to be refused fails a transaction test`() throws {
        let file = try #require(try files(.transaction).first { $0.contains("Vitalik_2") } ?? files(.transaction).first)
        let test = try #require(try TransactionTest.load(file).first)
        #expect(test.failures() == [])
        #expect(!test.expecting(refusal: "TransactionException.RLP_TOO_MANY_ELEMENTS").failures().isEmpty)
    }
}
