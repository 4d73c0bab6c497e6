internal import EVM
internal import Glibc

/// Processor time of what the ledger does with operations, stage by stage, on the calling thread.
///
/// Each stage does all operations of a block before the next one begins, so that two readings of the clock are shared
/// by many operations. What cannot be taken apart in one go is done on worlds of its own and subtracted.
public enum StageMeasurement {
    /// Nanoseconds of processor time.
    public struct Times: Sendable {
        /// Looking the ids up and entering them.
        public var dedupe: UInt64 = 0
        /// The EVM, and nothing else.
        public var execution: UInt64 = 0
        /// Comparing the events with the balances.
        public var conservation: UInt64 = 0
        /// Taking the changes over.
        public var state: UInt64 = 0
        /// Encoding of operations, results and changes, and the digests over them.
        public var digest: UInt64 = 0
        /// Writing the records, without the sync.
        public var log: UInt64 = 0
        /// The sync: processor time of the call, not the time until it returns.
        public var sync: UInt64 = 0
    }

    /// Executes the operations after the set-up in blocks of this size, on a log in `folder`, whose files are removed again.
    public static func run(
        genesis: LedgerGenesis, setUp: [Operation], operations: [Operation], blockSize: Int, folder: String
    ) throws(LedgerError) -> (times: Times, results: [OperationResult]) {
        do throws(LogError) {
            var stages = try Stages(genesis, folder)
            defer { stages.removeFiles() }
            var ignored: [OperationResult] = []
            for block in blocks(of: setUp, blockSize) { try stages.take(block, into: &ignored) }
            ignored = []
            stages.times = Times()
            var results: [OperationResult] = []
            results.reserveCapacity(operations.count)
            for block in blocks(of: operations, blockSize) { try stages.take(block, into: &results) }
            return (stages.times, results)
        } catch {
            throw .disk(error)
        }
    }

    private static func blocks(of operations: [Operation], _ size: Int) -> [ArraySlice<Operation>] {
        stride(from: 0, to: operations.count, by: size).map { operations[$0..<min($0 + size, operations.count)] }
    }

    /// Processor time of the calling thread.
    public static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// One ledger without threads, and two worlds beside it on which parts of its work are done once more.
private struct Stages {
    var times = StageMeasurement.Times()
    private let core: LedgerCore
    private let block = OpenBlock()
    private let checker: ConservationChecker
    private let checkedWorld = WorldState()
    private let appliedWorld = WorldState()
    private let log: SegmentedBlockLog
    private let folder: String
    private var timestampMilliseconds: UInt64

    init(_ genesis: LedgerGenesis, _ folder: String) throws(LogError) {
        let machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        core = LedgerCore(
            genesis: genesis, executor: SequentialExecutor(machine: machine, rules: genesis.rules),
            store: try ReceiptStore(disk: nil, path: "receipts", chunksInMemory: .max),
            index: OperationIndex(hash: IdHash(seed: 1)))
        checker = ConservationChecker(rules: genesis.rules, memo: machine.memo)
        checkedWorld.apply(genesis.diff)
        appliedWorld.apply(genesis.diff)
        self.folder = folder + "/stages"
        timestampMilliseconds = genesis.timestampMilliseconds + 1_000
        try SystemDisk.shared.makeFolder(self.folder)
        log = try SegmentedBlockLog(
            storage: DiskStorage(disk: SystemDisk.shared, folder: self.folder), segmentBytes: 64 << 20, segment: 0,
            offset: 0, lastNumber: 0)
    }

    func removeFiles() {
        for name in (try? SystemDisk.shared.list(folder)) ?? [] { try? SystemDisk.shared.remove(folder + "/" + name) }
        rmdir(folder)
    }

    mutating func take(_ operations: ArraySlice<Operation>, into all: inout [OperationResult]) throws(LogError) {
        let begin = StageMeasurement.threadNanoseconds()
        for operation in operations { core.index.prefetch(operation.id) }
        for operation in operations {
            guard try core.index.claim(operation.id) else { preconditionFailure("an id comes twice") }
        }
        let claimed = StageMeasurement.threadNanoseconds()
        core.begin(block, timestampMilliseconds: timestampMilliseconds, clockMode: .operations)
        timestampMilliseconds += 1
        var results: [OperationResult] = []
        results.reserveCapacity(operations.count)
        core.executor.execute(operations, in: block.environment, world: core.world, into: &results)
        let executed = StageMeasurement.threadNanoseconds()
        repeatParts(results, executing: executed - claimed)
        let digesting = StageMeasurement.threadNanoseconds()
        for (operation, result) in zip(operations, results) {
            guard case .accepted(let receipt, let diff) = result else { continue }
            core.index.decide(operation.id, location: try block.add(operation, receipt, diff, to: core.store))
        }
        let isEmpty = block.operationCount == 0
        if !isEmpty { core.seal(block) }
        let sealed = StageMeasurement.threadNanoseconds()
        var written = sealed
        if !isEmpty {
            LogRecordLayout.stamp(&block.record, durable: core.headNumber - 1)
            try log.append([LogRecord(number: core.headNumber, bytes: block.record.bytes)])
            written = StageMeasurement.threadNanoseconds()
            try log.sync()
        }
        times.dedupe += claimed - begin
        times.digest += sealed - digesting
        times.log += written - sealed
        times.sync += StageMeasurement.threadNanoseconds() - written
        block.reset()
        all.append(contentsOf: results)
    }

    /// Checks and applies once more, and applies once more: what is left of the execution is the EVM's.
    private mutating func repeatParts(_ results: [OperationResult], executing: UInt64) {
        let begin = StageMeasurement.threadNanoseconds()
        for case .accepted(let receipt, let diff) in results {
            let violation = checker.violation(in: TransitionResult(receipt: receipt, diff: diff), before: checkedWorld)
            precondition(violation == nil, "an accepted operation breaks the books")
            checkedWorld.mark(checker.explained)
            checkedWorld.apply(diff)
        }
        let checked = StageMeasurement.threadNanoseconds()
        for case .accepted(_, let diff) in results { appliedWorld.apply(diff) }
        let applied = StageMeasurement.threadNanoseconds()
        let state = applied - checked
        let conservation = checked - begin > state ? checked - begin - state : 0
        times.state += state
        times.conservation += conservation
        times.execution += executing > state + conservation ? executing - state - conservation : 0
    }
}
