public import EVM

/// Runs blockchain tests.
public final class BlockTestRunner {
    private var processors: [UInt64: BlockProcessor] = [:]

    /// Gas of the blocks of the last test.
    public private(set) var lastGas: UInt64 = 0
    /// Processor time of the runs of the last test's blocks.
    public private(set) var lastRun = Duration.zero
    private let workers: Int
    private let report: ((TraceStep) -> Void)?

    /// A runner with machines of its own; `report` gets every instruction of the transactions.
    public init(workers: Int = 1, report: ((TraceStep) -> Void)? = nil) {
        self.workers = workers
        self.report = report
    }

    /// What is wrong with the outcome of a test; nothing when it passes.
    public func run(_ test: BlockTest) -> [String] {
        var failures: [String] = []
        (lastGas, lastRun) = (0, .zero)
        let root = test.genesis.root
        if root != test.genesisHeader.stateRoot {
            failures.append("genesis state root: have \(root), need \(test.genesisHeader.stateRoot)")
        }
        let processor =
            processors[test.chainID] ?? BlockProcessor(chainID: test.chainID, workers: workers, report: report)
        processors[test.chainID] = processor
        let chain = Chain(
            genesis: test.genesis, header: test.genesisHeader, schedule: test.schedule, chainID: test.chainID,
            processor: processor)
        for (index, step) in test.steps.enumerated() { failures += run(step, index, chain) }
        if chain.head != test.lastHash {
            failures.append("last block: have \(chain.head), need \(test.lastHash)")
        }
        if !failures.isEmpty, let expected = test.expectedState() {
            failures += chain.state(behind: chain.head).differences(to: expected)
        }
        return failures
    }

    private func run(_ step: BlockTest.Step, _ index: Int, _ chain: Chain) -> [String] {
        do throws(BlockRefusal) {
            let header = try chain.add(step.bytes)
            lastGas += header.gasUsed
            lastRun += chain.lastRun
            if let expected = step.expectedRefusal { return ["block \(index): accepted, need \(expected)"] }
            if let hash = step.hash, hash != header.hash {
                return ["block \(index) hash: have \(header.hash), need \(hash)"]
            }
            return []
        } catch {
            let names = error.suiteNames
            guard let expected = step.expectedRefusal else {
                return ["block \(index): refused: \(names[0]) (\(error))"]
            }
            if !ExceptionNames.alternatives(expected).isDisjoint(with: names) { return [] }
            return ["block \(index): refused: have \(names[0]) (\(error)), need \(expected)"]
        }
    }
}
