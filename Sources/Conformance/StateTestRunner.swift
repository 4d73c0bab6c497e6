public import EVM
import Ledger

/// Runs state tests on one machine.
public final class StateTestRunner {
    private let machine: any TransitionMachine

    /// A runner with a machine and a code cache of its own; `report` gets every instruction. `follows` runs every
    /// transaction as a worker of the parallel executor does, with all slots followed.
    public init(follows: Bool = false, report: ((TraceStep) -> Void)? = nil) {
        if let report {
            machine = ReportingMachine(report)
        } else if follows {
            machine = FollowingMachine()
        } else {
            machine = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
        }
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
            if let expected = test.expectedRefusal { failures.append("accepted, need \(expected)") }
            logs = result.receipt.logs
            state.apply(result.diff)
        case .failure(let refusal):
            let name = refusal.suiteName
            if let expected = test.expectedRefusal {
                if !ExceptionNames.alternatives(expected).contains(name) {
                    failures.append("refused: have \(name) (\(refusal)), need \(expected)")
                }
            } else {
                failures.append("refused: \(name) (\(refusal))")
            }
        }
        let logsHash = Self.logsHash(logs)
        if logsHash != test.logsHash { failures.append("logs: have \(logsHash), need \(test.logsHash)") }
        let root = state.root
        if root != test.stateRoot {
            failures.append("state root: have \(root), need \(test.stateRoot)")
            if let expected = test.expectedState() { failures += state.differences(to: expected) }
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
