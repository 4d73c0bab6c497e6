internal import EVM

/// The state machine of a ledger without threads, disks and clocks: world, chain, and what every operation id got.
///
/// The sequencer drives it with what comes in, recovery with what the log holds; both build the same blocks.
final class LedgerCore {
    let genesis: LedgerGenesis
    let genesisDigest: Hash256
    /// What the records of its log carry: the first bytes of the genesis digest, unless its folder has a key.
    var logKey: UInt64
    let world: WorldState
    let executor: any BlockExecutor
    let index: OperationIndex
    let store: ReceiptStore
    private let resultsStream: SHA256Stream
    /// The last sealed block.
    private(set) var headNumber: UInt64 = 0
    private(set) var headDigest: Hash256
    private(set) var headTimestampMilliseconds: UInt64
    private(set) var resultsDigest: Hash256
    private(set) var operationCount: UInt64 = 0
    private(set) var gasUsed: UInt64 = 0
    private var results: [OperationResult] = []
    /// A bug that the simulator has to find; nothing in production.
    var plantedBug: PlantedBug?

    /// A ledger at its genesis.
    init(
        genesis: LedgerGenesis, executor: any BlockExecutor, store: ReceiptStore, index: OperationIndex,
        expectedAccounts: Int = 0, expectedSlots: Int = 0
    ) {
        self.genesis = genesis
        self.executor = executor
        self.store = store
        genesisDigest = genesis.digest
        logKey = genesisDigest.word.l3
        world = WorldState(expectedAccounts: expectedAccounts, expectedSlots: expectedSlots)
        self.index = index
        resultsStream = SHA256Stream()
        headDigest = genesisDigest
        headTimestampMilliseconds = genesis.timestampMilliseconds
        resultsDigest = resultsStream.finalizedCopy()
        world.apply(genesis.diff)
        world.remember(blockHash: genesisDigest, number: 0)
    }

    /// A ledger at a checkpoint, with its state. Nil where the checkpoint's running digest is none.
    init?(
        genesis: LedgerGenesis, executor: any BlockExecutor, checkpoint: Checkpoint, world: WorldState,
        store: ReceiptStore, index: OperationIndex
    ) {
        guard let stream = SHA256Stream(state: checkpoint.position.resultsState) else { return nil }
        self.genesis = genesis
        self.executor = executor
        self.store = store
        self.index = index
        resultsStream = stream
        genesisDigest = genesis.digest
        logKey = genesisDigest.word.l3
        self.world = world
        headNumber = checkpoint.position.block
        headDigest = checkpoint.position.digest
        headTimestampMilliseconds = checkpoint.position.timestampMilliseconds
        resultsDigest = stream.finalizedCopy()
        operationCount = checkpoint.position.operationCount
        gasUsed = checkpoint.position.gasUsed
    }

    /// Where the ledger stands; everything executed has been sealed.
    var position: CheckpointPosition {
        let remembered = world.rememberedHashes
        return CheckpointPosition(
            block: headNumber, digest: headDigest, timestampMilliseconds: headTimestampMilliseconds,
            operationCount: operationCount, gasUsed: gasUsed, resultsState: resultsStream.state,
            blockHashes: remembered.hashes, nextBlockHash: remembered.next, receiptsEnd: store.end)
    }

    /// A ledger at its genesis that keeps its receipts in memory.
    convenience init(genesis: LedgerGenesis, executor: any BlockExecutor) throws(LedgerError) {
        do throws(LogError) {
            self.init(
                genesis: genesis, executor: executor,
                store: try ReceiptStore(disk: nil, path: "receipts", chunksInMemory: .max),
                index: OperationIndex(hash: IdHash(seed: 0)))
        } catch {
            throw .disk(error)
        }
    }

    /// What PREVRANDAO returns in the next block: nobody outside knows it beforehand in wall mode, and in operations
    /// mode it depends on nothing but the time.
    func prevrandao(timestampMilliseconds: UInt64, clockMode: ClockMode) -> Hash256 {
        prevrandao(after: headDigest, timestampMilliseconds: timestampMilliseconds, clockMode: clockMode)
    }

    /// The same in the block behind the one with this digest.
    func prevrandao(after parent: Hash256, timestampMilliseconds: UInt64, clockMode: ClockMode) -> Hash256 {
        var buffer = ByteBuffer()
        buffer.append(clockMode == .wall ? parent.word : genesisDigest.word)
        buffer.append(fixed: timestampMilliseconds)
        return sha256(buffer.bytes)
    }

    /// The environment of the next block at this time.
    func nextEnvironment(timestampMilliseconds: UInt64, clockMode: ClockMode) -> BlockEnvironment {
        genesis.environment(
            number: headNumber + 1, timestampMilliseconds: timestampMilliseconds,
            prevrandao: prevrandao(timestampMilliseconds: timestampMilliseconds, clockMode: clockMode))
    }

    /// Fixes the environment of the next block.
    func begin(_ block: OpenBlock, timestampMilliseconds: UInt64, clockMode: ClockMode) {
        precondition(timestampMilliseconds >= headTimestampMilliseconds, "time goes backwards")
        block.begin(
            nextEnvironment(timestampMilliseconds: timestampMilliseconds, clockMode: clockMode),
            timestampMilliseconds: timestampMilliseconds, clockMode: clockMode)
    }

    /// Executes operations whose ids have been entered as undecided; accepted ones become part of the block.
    /// The results are handed to `deliver` in order, with the index in the block where there is one; the block's last receipt
    /// is then that of this operation.
    func execute(
        _ operations: ArraySlice<Operation>, in block: OpenBlock,
        deliver: (_ operation: Int, _ result: OperationResult, _ index: UInt32) -> Void
    ) throws(LogError) {
        var rest = operations
        while !rest.isEmpty {
            let count = executor.gainsFromRuns ? rest.count : rest.groupCount
            try executeAtOnce(rest.prefix(count), in: block, deliver: deliver)
            rest.removeFirst(count)
        }
    }

    private func executeAtOnce(
        _ operations: ArraySlice<Operation>, in block: OpenBlock,
        deliver: (_ operation: Int, _ result: OperationResult, _ index: UInt32) -> Void
    ) throws(LogError) {
        results.removeAll(keepingCapacity: true)
        executor.execute(operations, in: block.environment, world: world, into: &results)
        precondition(results.count == operations.count, "an executor returns one result an operation")
        let first = operations.startIndex
        // In place: a copy of an operation counts its references.
        try operations.withUnsafeBufferPointer { operations throws(LogError) in
            for offset in 0..<results.count {
                // Taken out of the array, so that what it holds is not counted twice.
                var result = OperationResult.refused(.stopping)
                swap(&result, &results[offset])
                if case .accepted(let receipt, let diff) = result {
                    let location = try block.add(operations[offset], receipt, diff, to: store)
                    index.decide(operations[offset].id, location: location)
                    deliver(first + offset, result, UInt32(block.operationCount - 1))
                } else {
                    index.release(operations[offset].id)
                    deliver(first + offset, result, 0)
                }
            }
        }
    }

    /// Completes the block and makes it the head.
    func seal(_ block: OpenBlock) {
        world.takeMarks(into: &block.marks)
        block.seal(parent: headDigest, logKey: logKey, results: resultsStream)
        guard let header = block.header else { preconditionFailure("a sealed block has a header") }
        headNumber = header.number
        headDigest = block.digest
        headTimestampMilliseconds = header.timestampMilliseconds
        resultsDigest = header.resultsDigest
        operationCount += UInt64(header.operationCount)
        gasUsed += header.gasUsed
        if header.clockMode == .wall { world.remember(blockHash: headDigest, number: headNumber) }
    }

    /// Takes over a block of the log that has been executed: stores its receipts and ids, and compares its header with
    /// what the execution has come to.
    func adopt(_ block: ReplayBlock) throws(LedgerError) {
        let header = block.header
        var gas: UInt64 = 0
        for operation in block.operations { index.prefetch(operation.id) }
        for place in block.operations.indices {
            guard case .accepted(let receipt, let diff) = block.outcomes[place] else {
                preconditionFailure("only blocks whose operations were accepted are compared")
            }
            block.writes.append(diff)
            gas &+= receipt.gasUsed
            var isNew = false
            do throws(LogError) {
                isNew = try enter(block, place, receipt)
            } catch {
                throw .disk(error)
            }
            guard isNew else { throw block.bad("operation id", block.operations[place].id.hex, "an id used once") }
        }
        resultsStream.update(block.results.bytes)
        let results = resultsStream.finalizedCopy()
        try block.compare(gasUsed: gas, results: results)
        headNumber = header.number
        headDigest = block.digest
        headTimestampMilliseconds = header.timestampMilliseconds
        resultsDigest = results
        operationCount += UInt64(header.operationCount)
        gasUsed += header.gasUsed
    }

    /// Stores an operation of the log and its receipt; false where its id is known.
    private func enter(_ block: ReplayBlock, _ place: Int, _ receipt: Receipt) throws(LogError) -> Bool {
        let id = block.operations[place].id
        guard try index.claim(id) else { return false }
        block.results.append(id)
        let start = block.results.count
        block.results.append(receipt)
        let location = try store.append(
            id: id, block: block.header.number, index: UInt32(place), transaction: block.transaction(place),
            receipt: block.results.bytes(from: start))
        index.decide(id, location: location)
        return true
    }

    /// What the ledger holds in memory: accounts, slots, operation ids, receipts.
    package var memoryUse: LedgerMemoryUse {
        LedgerMemoryUse(
            accounts: world.accounts.count, accountBytes: world.accounts.byteCount, slots: world.slots.count,
            slotBytes: world.slots.byteCount + world.owners.byteCount, ids: index.count, idBytes: index.memoryByteCount,
            receiptBytes: store.memoryByteCount)
    }

    /// The record of an operation that is in the ledger.
    func stored(_ id: OperationID) throws(LogError) -> StoredOperation? {
        guard let location = try index.location(id) else { return nil }
        return try store.read(location)
    }

    /// Enters an id as taken; false where it is in use.
    func claim(_ id: OperationID) throws(LogError) -> Bool {
        if plantedBug == .skippedDedupe {
            index.decide(id, location: OperationEntry.undecided)
            return true
        }
        return try index.claim(id)
    }

    /// Takes back an id that was entered as taken.
    func release(_ id: OperationID) { index.release(id) }
}

extension ArraySlice<Operation> {
    /// Operations of the linked group that it begins with; 1 where the first stands alone.
    fileprivate var groupCount: Int {
        var count = 1
        while count < self.count, self[startIndex + count - 1].linkedWithNext { count += 1 }
        return count
    }
}
