internal import EVM
internal import Synchronization

/// Executes the blocks of a log again and compares everything with their headers, in three stages on threads of their own.
///
///     read: checksums, chain, decoding --> execute: over the world --> compare: digests, ids, receipts, followers
///
/// Blocks are executed before those in front of them have been compared. Nothing depends on that: the world is given up
/// where a comparison fails, and the first block that is not right is the one that is named.
struct Replay {
    private let core: LedgerCore
    private let storage: DiskStorage
    private let position: CheckpointPosition?
    private let last: UInt64
    private let threads: any ThreadHost

    /// A replay of a whole log, or of what lies behind a checkpoint, up to a block.
    init(
        core: LedgerCore, storage: DiskStorage, from position: CheckpointPosition? = nil, upTo last: UInt64 = .max,
        threads: any ThreadHost = LedgerWorld.real.threads
    ) {
        self.core = core
        self.storage = storage
        self.position = position
        self.last = last
        self.threads = threads
    }

    /// Runs to the end; `follow` sees each block once it has been compared, on a thread of the replay. Returns where the
    /// log ends.
    func run(follow: @escaping (ReplayBlock) throws(LedgerError) -> Void) throws(LedgerError) -> LogEnd {
        let scanner =
            if let position {
                try LogScanner(
                    storage: storage, genesisDigest: core.genesisDigest, logKey: core.logKey, after: position.block,
                    digest: position.digest)
            } else {
                try LogScanner(storage: storage, genesisDigest: core.genesisDigest, logKey: core.logKey)
            }
        let points = (0..<3).map { _ in WaitPoint(spinMicroseconds: 20) }
        let control = ReplayControl(points)
        let read = ReplayQueue(filler: points[0], taker: points[1])
        let executed = ReplayQueue(filler: points[1], taker: points[2])
        let reader = ReplayReader(
            scanner: scanner, head: core.headNumber, last: last, to: read, recycled: executed, control)
        let executor = ReplayExecutor(core: core, from: read, to: executed, control)
        let comparer = ReplayComparer(core: core, from: executed, control, follow: follow)
        let works = [
            threads.start(reader, name: "hoard-read", stackBytes: 1 << 20, niceLevel: 0),
            threads.start(executor, name: "hoard-execute", stackBytes: 64 << 20, niceLevel: 0),
            threads.start(comparer, name: "hoard-compare", stackBytes: 1 << 20, niceLevel: 0),
        ]
        for work in works { work.join() }
        // Blocks come in order, so the latest stage has seen the earliest block.
        if let error = comparer.error ?? executor.error ?? reader.error { throw error }
        guard comparer.isDone else {
            throw .disk(LogError(call: "replay", file: "log", reason: "was broken off"))
        }
        if let end = reader.end { return end }
        // Only where it was to stop before the end.
        guard core.headNumber >= last else {
            throw .disk(LogError(call: "replay", file: "log", reason: "has no end"))
        }
        return LogEnd(segment: 0, offset: 0, hasTornTail: false)
    }
}

/// What ends stages of a replay early.
private final class ReplayControl: Sendable {
    private let points: [WaitPoint]
    private let readingEnded = Atomic<Bool>(false)
    private let everythingEnded = Atomic<Bool>(false)

    init(_ points: [WaitPoint]) { self.points = points }

    var isOver: Bool { everythingEnded.load(ordering: .acquiring) }
    var isReadingOver: Bool { isOver || readingEnded.load(ordering: .acquiring) }

    /// Nothing more needs to be read.
    func endReading() {
        readingEnded.store(true, ordering: .sequentiallyConsistent)
        for point in points { point.signal() }
    }

    /// Nothing more needs to be done at all.
    func end() {
        everythingEnded.store(true, ordering: .sequentiallyConsistent)
        for point in points { point.signal() }
    }
}

/// The stage that reads.
private final class ReplayReader: StepWork, @unchecked Sendable {
    // Sendable: used by one thread, and read by another when that has ended.
    var waitPoint: WaitPoint { queue.filler }
    private var scanner: LogScanner
    private var head: UInt64
    private let last: UInt64
    private let queue: ReplayQueue
    private let recycled: ReplayQueue
    private let control: ReplayControl
    private(set) var error: LedgerError?
    var end: LogEnd? { scanner.end }

    init(
        scanner: LogScanner, head: UInt64, last: UInt64, to queue: ReplayQueue, recycled: ReplayQueue,
        _ control: ReplayControl
    ) {
        self.scanner = scanner
        self.head = head
        self.last = last
        self.queue = queue
        self.recycled = recycled
        self.control = control
    }

    func step() -> StepOutcome {
        if control.isReadingOver { return .finished }
        guard queue.hasRoom else { return .waits }
        var batch: [ReplayBlock] = []
        var hasMore = true
        do throws(LedgerError) {
            hasMore = try fill(&batch)
        } catch {
            self.error = error
            hasMore = false
        }
        if !batch.isEmpty { queue.put(batch) }
        if hasMore { return .worked }
        queue.close()
        return .finished
    }

    private func fill(_ batch: inout [ReplayBlock]) throws(LedgerError) -> Bool {
        var operations = 0
        var bytes = 0
        var gas: UInt64 = 0
        while operations < LedgerLimits.replayBatchOperations, bytes < LedgerLimits.replayBatchBytes,
            batch.count < LedgerLimits.replayBatchBlocks, gas < LedgerLimits.blockGasMax
        {
            guard head < last, let record = try scanner.next() else { return false }
            let block: ReplayBlock
            if let spare = recycled.takeSpare() {
                block = spare
                try block.take(record)
            } else {
                block = try ReplayBlock(record)
            }
            head = block.header.number
            operations += block.operations.count
            bytes += record.length
            gas &+= min(block.header.gasUsed, LedgerLimits.blockGasMax)
            batch.append(block)
        }
        return true
    }
}

/// The stage that executes.
private final class ReplayExecutor: StepWork, @unchecked Sendable {
    // Sendable: used by one thread, and read by another when that has ended.
    var waitPoint: WaitPoint { source.taker }
    private let core: LedgerCore
    private let source: ReplayQueue
    private let target: ReplayQueue
    private let control: ReplayControl
    private var parent: Hash256
    private var timestampMilliseconds: UInt64
    private(set) var error: LedgerError?

    init(core: LedgerCore, from source: ReplayQueue, to target: ReplayQueue, _ control: ReplayControl) {
        self.core = core
        self.source = source
        self.target = target
        self.control = control
        parent = core.headDigest
        timestampMilliseconds = core.headTimestampMilliseconds
    }

    func step() -> StepOutcome {
        if control.isOver { return .finished }
        guard target.hasRoom else { return .waits }
        let (taken, isOver) = source.take()
        guard let batch = taken else {
            guard isOver else { return .waits }
            target.close()
            return .finished
        }
        var done = 0
        do throws(LedgerError) {
            while done < batch.count {
                try execute(batch[done])
                done += 1
            }
        } catch {
            self.error = error
        }
        if done > 0 { target.put(done == batch.count ? batch : Array(batch[..<done])) }
        guard error != nil else { return .worked }
        target.close()
        // What has been executed is still compared; nothing more needs to be read.
        control.endReading()
        return .finished
    }

    private func execute(_ block: ReplayBlock) throws(LedgerError) {
        let header = block.header
        guard header.timestampMilliseconds >= timestampMilliseconds else {
            throw block.bad("time", String(header.timestampMilliseconds), "at least \(timestampMilliseconds)")
        }
        let prevrandao = core.prevrandao(
            after: parent, timestampMilliseconds: header.timestampMilliseconds, clockMode: header.clockMode)
        guard prevrandao == header.prevrandao else {
            throw block.bad("prevrandao", prevrandao.hex, header.prevrandao.hex)
        }
        let environment = core.genesis.environment(
            number: header.number, timestampMilliseconds: header.timestampMilliseconds, prevrandao: prevrandao)
        // The senders' accounts lie anywhere: their memory comes while the first of them are executed.
        for operation in block.operations { core.world.prefetchAccount(operation.transaction.sender) }
        core.executor.execute(block.operations[...], in: environment, world: core.world, into: &block.outcomes)
        precondition(block.outcomes.count == block.operations.count, "an executor returns one result an operation")
        for (place, outcome) in block.outcomes.enumerated() {
            if case .accepted = outcome { continue }
            throw block.bad("operation \(place)", "not accepted", "accepted")
        }
        core.world.takeMarks(into: &block.marks)
        if header.clockMode == .wall { core.world.remember(blockHash: block.digest, number: header.number) }
        parent = block.digest
        timestampMilliseconds = header.timestampMilliseconds
    }
}

/// The stage that compares.
private final class ReplayComparer: StepWork, @unchecked Sendable {
    // Sendable: used by one thread, and read by another when that has ended.
    var waitPoint: WaitPoint { source.taker }
    private let core: LedgerCore
    private let source: ReplayQueue
    private let control: ReplayControl
    private let follow: (ReplayBlock) throws(LedgerError) -> Void
    private(set) var error: LedgerError?
    /// Whether everything has been compared.
    private(set) var isDone = false

    init(
        core: LedgerCore, from source: ReplayQueue, _ control: ReplayControl,
        follow: @escaping (ReplayBlock) throws(LedgerError) -> Void
    ) {
        self.core = core
        self.source = source
        self.control = control
        self.follow = follow
    }

    func step() -> StepOutcome {
        let (taken, isOver) = source.take()
        guard let batch = taken else {
            isDone = isOver
            return isOver ? .finished : .waits
        }
        do throws(LedgerError) {
            for block in batch {
                try core.adopt(block)
                try follow(block)
            }
        } catch {
            self.error = error
            control.end()
            return .finished
        }
        source.recycle(batch)
        return .worked
    }
}
