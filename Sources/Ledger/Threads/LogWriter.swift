internal import EVM
internal import Synchronization

/// The work of the log thread: writes what is sealed, syncs once for all that wait, and only then lets answers out.
///
///     idle --write--> written --sync--> durable --answers leave--> idle
final class LogWriter: StepWork, @unchecked Sendable {
    // Sendable: used by the log thread alone once that has started.
    private enum Phase { case idle, written, durable, released }

    /// How long it waits where the anchor thread is far behind.
    private static let anchorWaitNanoseconds: UInt64 = 10_000_000
    private let clock: any LedgerClock
    private var phase = Phase.idle
    private var retry = DiskRetry()
    /// A bug that the simulator has to find.
    var syncsLate = false
    /// Who hears of durable blocks, if anybody does.
    var observer: (any BlockObserver)?
    private var writeStart: UInt64 = 0
    private let shared: LedgerShared
    private let log: any BlockLog
    private let anchors: AnchorService
    private let answers: @Sendable ([Answer]) -> Void
    private var durable: UInt64
    private var blocks: [OpenBlock] = []
    private var records: [LogRecord] = []

    /// Where sealed blocks are signalled.
    var waitPoint: WaitPoint { shared.logWait }

    init(
        shared: LedgerShared, clock: any LedgerClock, log: any BlockLog, anchors: AnchorService, durable: UInt64,
        answers: @escaping @Sendable ([Answer]) -> Void
    ) {
        self.shared = shared
        self.clock = clock
        self.log = log
        self.anchors = anchors
        self.durable = durable
        self.answers = answers
    }

    /// Whether nothing is left from before, and a small block can be written and handed on without waiting for other work.
    var isQuick: Bool {
        phase == .idle && blocks.isEmpty && shared.sealed.isIdle && anchors.hasRoomAtOnce
            && log.hasRoomAtOnce(byteCount: LedgerLimits.borrowedRecordBytesMax)
    }

    /// Writes what waits, or syncs what is written, or lets the answers out.
    func step() -> StepOutcome {
        switch phase {
        case .idle:
            if shared.hasFailed { return .finished }
            if blocks.isEmpty { shared.sealed.take(&blocks) }
            if blocks.isEmpty { return shared.sealed.isFinished ? .finished : .waits }
            return attempt(then: .written) { () throws(LogError) in try write() }
        case .written:
            return attempt(then: .durable) { () throws(LogError) in try sync() }
        case .durable:
            guard anchors.hasRoom else {
                return .waitsUntil(monotonicNanoseconds: clock.monotonicNanoseconds() + Self.anchorWaitNanoseconds)
            }
            release()
            phase = syncsLate ? .released : .idle
            return .worked
        case .released:
            return attempt(then: .idle) { () throws(LogError) in try log.sync() }
        }
    }

    private func attempt(then next: Phase, _ body: () throws(LogError) -> Void) -> StepOutcome {
        do throws(LogError) {
            try body()
            phase = next
            retry.succeeded()
            shared.setStall(.log, nil)
            return .worked
        } catch {
            let isOver = shared.submissions.isFinished && retry.failures >= LedgerLimits.stoppingRetriesMax
            if error.isPassing, !isOver {
                shared.setStall(.log, "\(error.call) \(error.file): \(error.reason)")
                return .waitsUntil(monotonicNanoseconds: clock.monotonicNanoseconds() + retry.failed())
            }
            shared.fail("\(error.call) \(error.file): \(error.reason)")
            return .finished
        }
    }

    private func write() throws(LogError) {
        records.removeAll(keepingCapacity: true)
        for block in blocks where block.header != nil {
            LogRecordLayout.stamp(&block.record, durable: durable)
            records.append(LogRecord(number: block.number, bytes: block.record.bytes))
        }
        guard !records.isEmpty else { return }
        writeStart = clock.monotonicNanoseconds()
        try log.append(records)
    }

    private func sync() throws(LogError) {
        guard let last = records.last else { return }
        if !syncsLate { try log.sync() }
        durable = last.number
        publish(clock.monotonicNanoseconds() - writeStart)
    }

    private func publish(_ duration: UInt64) {
        shared.status.withLock { status in
            status.syncs.record(nanoseconds: duration)
            status.writes += 1
            for block in blocks {
                guard let header = block.header else { continue }
                status.blocks = header.number
                status.head = block.digest
                status.timestampMilliseconds = header.timestampMilliseconds
                status.operations += UInt64(header.operationCount)
                status.operationsDigest = header.resultsDigest
                status.gas += header.gasUsed
                status.parallel = block.parallelStatistics
            }
        }
    }

    /// Lets the answers out and gives the blocks back.
    private func release() {
        shared.sealed.finish(blocks.count)
        shared.sequencerWait.signal()
        for block in blocks {
            precondition(block.answersNeedDurable <= durable, "an answer would leave before its block is durable")
            if let checkpoint = block.checkpoint { anchors.cut(checkpoint) }
            if let header = block.header {
                anchors.put(
                    block: header.number, digest: block.digest, writes: block.writes.bytes, marks: block.marks.bytes)
                observer?.blockIsDurable(DurableBlock(block, header))
            }
            if !block.answers.isEmpty { answers(block.answers) }
            block.reset()
            shared.sealed.recycle(block)
        }
        blocks.removeAll(keepingCapacity: true)
    }
}
