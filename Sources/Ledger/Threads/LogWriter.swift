internal import EVM
internal import Synchronization

/// The body of the log thread: writes what is sealed, syncs once for all that wait, and only then lets answers out.
final class LogWriter: @unchecked Sendable {
    // Sendable: used by the log thread alone once that has started.
    private let shared: LedgerShared
    private let log: any BlockLog
    private let anchors: AnchorService
    private let answers: @Sendable ([Answer]) -> Void
    private var durable: UInt64
    private var blocks: [OpenBlock] = []
    private var records: [LogRecord] = []

    init(
        shared: LedgerShared, log: any BlockLog, anchors: AnchorService, durable: UInt64,
        answers: @escaping @Sendable ([Answer]) -> Void
    ) {
        self.shared = shared
        self.log = log
        self.anchors = anchors
        self.durable = durable
        self.answers = answers
    }

    /// Runs until the queue is closed and empty, or the disk fails.
    func run() {
        SystemThread.setNiceLevel(-10)
        while !shared.hasFailed {
            let ticket = shared.logWait.ticket()
            shared.sealed.take(&blocks)
            if blocks.isEmpty {
                if shared.sealed.isFinished { return }
                shared.logWait.wait(ticket)
                continue
            }
            do throws(LogError) {
                try makeDurable()
            } catch {
                shared.fail("\(error.call) \(error.file): \(error.reason)")
                return
            }
            release()
        }
    }

    private func makeDurable() throws(LogError) {
        records.removeAll(keepingCapacity: true)
        for block in blocks where block.header != nil {
            LogRecordLayout.stamp(&block.record, durable: durable)
            records.append(LogRecord(number: block.number, bytes: block.record.bytes))
        }
        guard let last = records.last else { return }
        let start = SystemClock.monotonicNanoseconds()
        try log.append(records)
        try log.sync()
        let duration = SystemClock.monotonicNanoseconds() - start
        durable = last.number
        publish(duration)
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
            }
        }
    }

    /// Lets the answers out and gives the blocks back.
    private func release() {
        shared.sealed.finish(blocks.count)
        shared.sequencerWait.signal()
        for block in blocks {
            precondition(block.answersNeedDurable <= durable, "an answer would leave before its block is durable")
            if let header = block.header {
                anchors.put(block: header.number, digest: block.digest, writes: block.writes.bytes)
            }
            if !block.answers.isEmpty { answers(block.answers) }
            block.reset()
            shared.sealed.recycle(block)
        }
        blocks.removeAll(keepingCapacity: true)
    }
}
