public import EVM

/// Runs state tests on one machine.
public final class StateTestRunner {
    private let machine: Machine

    /// A runner with a machine and a code cache of its own.
    public init() {
        machine = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
    }

    /// What is wrong with the outcome of a test; nothing when it passes.
    public func run(_ test: StateTest) -> [String] {
        let transaction: Transaction
        switch test.transaction {
        case .success(let value): transaction = value
        case .failure(let error): return test.expectedRefusal == nil ? [error.description] : []
        }
        var state = test.pre
        var failures = checkDecoding(test, transaction)
        var logs: [EmittedLog] = []
        switch machine.transition(test.pre, test.block, transaction) {
        case .success(let result):
            if let expected = test.expectedRefusal { failures.append("accepted, must be refused: \(expected)") }
            logs = result.receipt.logs
            state.apply(result.diff)
        case .failure(let refusal):
            if test.expectedRefusal == nil { failures.append("refused: \(refusal)") }
        }
        let logsHash = Self.logsHash(logs)
        if logsHash != test.logsHash { failures.append("logs: have \(logsHash), need \(test.logsHash)") }
        if let post = test.post, post != state { failures += state.differences(to: post) }
        if failures.isEmpty {
            let have = state.root
            if have != test.stateRoot { failures.append("state root: have \(have), need \(test.stateRoot)") }
        }
        return failures
    }

    /// Whether the transaction's bytes say the same as its fields; bytes that must be refused may say anything.
    private func checkDecoding(_ test: StateTest, _ transaction: Transaction) -> [String] {
        if test.transactionBytes.isEmpty || test.expectedRefusal != nil { return [] }
        do {
            var decoded = try Transaction.decode(test.transactionBytes, fork: test.block.fork)
            if let chainID = decoded.chainID, chainID != test.block.chainID {
                return ["chain: have \(chainID), need \(test.block.chainID)"]
            }
            decoded.chainID = nil
            return decoded == transaction ? [] : ["decoded another transaction: \(decoded)"]
        } catch {
            return ["transaction bytes: \(error)"]
        }
    }

    /// keccak-256 of the RLP of the logs, as the tests state it.
    public static func logsHash(_ logs: [EmittedLog]) -> Hash256 {
        keccak256(
            RLP.encode(
                .list(
                    logs.map { log in
                        .list([
                            .bytes(log.address.bytes), .list(log.topics.map { .bytes($0.bigEndianBytes) }),
                            .bytes(log.data),
                        ])
                    })))
    }
}
