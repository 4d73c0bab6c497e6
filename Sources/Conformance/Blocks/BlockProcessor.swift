public import EVM
public import Ledger

/// What the execution of a block has shown.
public struct ExecutedBlock {
    /// One for each transaction.
    public var receipts: [Receipt] = []
    /// The receipts as the trie of receipts holds them.
    public var encodedReceipts: [[UInt8]] = []
    /// Gas of all transactions.
    public var gasUsed: UInt64 = 0
    /// Blob gas of all transactions.
    public var blobGasUsed: UInt64 = 0
    /// The filter over all logs.
    public var logsBloom = LogsBloom()
    /// What the block asks of the beacon chain.
    public var requests = BlockRequests()
    /// Everything that the block changed, in order.
    public var diffs: [StateDiff] = []

    /// The root of the trie of receipts.
    public var receiptsRoot: Hash256 { MerkleRoot.ofList(encodedReceipts) }
}

/// Runs blocks over a world: the calls of the protocol, the transactions, the withdrawals, the requests.
public final class BlockProcessor {
    private let machine: Machine
    private let executor: any BlockExecutor

    /// A processor of one chain, with a machine for the calls of the protocol and an executor for the transactions,
    /// which is the parallel one for more than one worker; `report` gets every instruction of the transactions, which
    /// then run one after the other.
    public init(chainID: UInt64, workers: Int = 1, report: ((TraceStep) -> Void)? = nil) {
        let cache = CodeCache()
        let machine = Machine(fork: .prague, chainID: chainID, codeCache: cache)
        self.machine = machine
        if let report {
            executor = SequentialExecutor(machine: ReportingMachine(report), rules: [])
        } else if workers > 1 {
            let machines = (0..<workers).map { _ in Machine(fork: .prague, chainID: chainID, codeCache: cache) }
            executor = ParallelExecutor(machines: machines, rules: [])
        } else {
            executor = SequentialExecutor(machine: machine, rules: [])
        }
    }

    /// How the transactions of all blocks got into the order, where several workers run them.
    public var statistics: ParallelStatistics? { (executor as? ParallelExecutor)?.statistics }

    /// A block's transactions with their senders recovered from the signatures, on all workers where there are several.
    /// Throws what is wrong with the first transaction that cannot be decoded.
    public func recover(_ block: RealBlock) throws(TransactionDecodingError) -> [Transaction] {
        guard let executor = executor as? ParallelExecutor else { return try block.recoverTransactions() }
        let encoded = block.encodedTransactions
        var outcomes = [Result<Transaction, TransactionDecodingError>?](repeating: nil, count: encoded.count)
        outcomes.withUnsafeMutableBufferPointer { outcomes in
            executor.spread(encoded.count) { index in
                do throws(TransactionDecodingError) {
                    outcomes[index] = .success(try Transaction.decode(encoded[index], fork: block.fork))
                } catch {
                    outcomes[index] = .failure(error)
                }
            }
        }
        var transactions: [Transaction] = []
        transactions.reserveCapacity(encoded.count)
        for outcome in outcomes {
            guard let outcome else { preconditionFailure("every transaction is decoded") }
            transactions.append(try outcome.get())
        }
        return transactions
    }

    /// Runs transactions in order; what they change is in the world afterwards, even where one of them is refused.
    public func run(
        _ transactions: [Transaction], in environment: BlockEnvironment, world: WorldState
    ) throws(BlockRefusal) -> ExecutedBlock {
        var block = ExecutedBlock()
        let operations = transactions.indices.map { index in
            Operation(id: OperationID(high: 0, low: UInt64(index)), transaction: transactions[index])
        }
        var results: [OperationResult] = []
        results.reserveCapacity(operations.count)
        executor.execute(operations[...], in: environment, world: world, into: &results)
        let blobsMax = environment.blobsMax ?? BlobSchedule.standard(environment.fork)?.most ?? 0
        var blobsLeft = blobsMax
        for (index, result) in results.enumerated() {
            let transaction = transactions[index]
            let gasLeft = environment.gasLimit - block.gasUsed
            if transaction.gasLimit > gasLeft {
                throw .transaction(index: index, .gasOverBlockLimit(have: transaction.gasLimit, maximum: gasLeft))
            }
            let blobs = transaction.blobHashes.count
            if case .refused(.transaction(let refusal)) = result { throw .transaction(index: index, refusal) }
            if blobs > blobsLeft {
                throw .transaction(index: index, .blobsOverBlockLimit(have: blobs, maximum: blobsLeft))
            }
            blobsLeft -= blobs
            guard case .accepted(let receipt, let diff) = result else {
                preconditionFailure("without rules and groups nothing else can come of a transaction")
            }
            block.gasUsed += receipt.gasUsed
            let bloom = receipt.logsBloom
            block.logsBloom.formUnion(bloom)
            block.encodedReceipts.append(
                receipt.encoded(kind: transaction.kind, cumulativeGas: block.gasUsed, bloom: bloom))
            block.receipts.append(receipt)
            block.diffs.append(diff)
        }
        block.blobGasUsed = UInt64(blobsMax - blobsLeft) * 131_072
        return block
    }

    /// Runs a whole block of Paris or later; its changes are in the world afterwards, even where it is refused.
    public func run(
        _ block: Block, _ transactions: [Transaction], in environment: BlockEnvironment, world: WorldState
    ) throws(BlockRefusal) -> ExecutedBlock {
        let fork = environment.fork
        var opening: [StateDiff] = []
        for (contract, input) in SystemContracts.openingCalls(block.header, fork: fork) {
            let called = machine.systemCall(world, environment, to: contract, data: input)
            world.apply(called.diff)
            opening.append(called.diff)
        }
        var executed = try run(transactions, in: environment, world: world)
        executed.diffs.insert(contentsOf: opening, at: 0)
        if let withdrawals = block.withdrawals, !withdrawals.isEmpty {
            let diff = Withdrawal.diff(withdrawals, over: world)
            world.apply(diff)
            executed.diffs.append(diff)
        }
        if fork >= .prague {
            executed.requests.append(type: 0, try BlockRequests.deposits(in: executed.receipts.lazy.flatMap(\.logs)))
        }
        for (contract, type) in SystemContracts.closingCalls(fork: fork) {
            if (world.account(contract)?.codeHash ?? .emptyCode) == .emptyCode { throw .systemContractEmpty(contract) }
            let called = machine.systemCall(world, environment, to: contract, data: [])
            if !called.receipt.succeeded { throw .systemContractFailed(contract, called.receipt.outcome) }
            world.apply(called.diff)
            executed.diffs.append(called.diff)
            executed.requests.append(type: type, called.receipt.output)
        }
        return executed
    }
}
