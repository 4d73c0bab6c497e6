internal import EVM
internal import Synchronization

/// The work of the sequencer thread: takes submissions in order, executes them, and seals a micro-block whenever the
/// log thread is free or the block is full. There is no fixed tick.
final class Sequencer: StepWork, @unchecked Sendable {
    // Sendable: used by the sequencer thread alone once that has started.
    let core: LedgerCore
    let shared: LedgerShared
    let configuration: LedgerConfiguration
    let clock: any LedgerClock
    let answers: @Sendable ([Answer]) -> Void
    var batch = SubmissionBatch()
    var cursor = BatchCursor()
    var block = OpenBlock()
    /// When the block was begun, by the monotonic clock.
    var blockBegan: UInt64 = 0
    /// A sealed block for which the log thread had no room; nothing more is admitted before it has been taken.
    private(set) var outgoing: OpenBlock?
    /// Bytes, at most, of the operations that were admitted and wait for execution.
    var pendingBytes = 0
    var scratch = ByteBuffer()
    /// What may have to be done at the end of the open block, where somebody ends blocks.
    var calls: BlockCalls?
    /// Who makes checkpoints, where somebody does, and the operations at the last one that has begun.
    var checkpointer: Checkpointer?
    var checkpointedOperations: UInt64 = 0
    var isCheckpointing = false
    /// Where the durable state can be read while the disk takes no writes.
    var durableState: AnchorService?

    /// Whether what waits in the queue is taken: not by somebody else at this place, who does what he has brought and no more.
    var takesFromQueue = true

    /// Where submissions and finished blocks are signalled.
    var waitPoint: WaitPoint { shared.sequencerWait }

    init(
        core: LedgerCore, shared: LedgerShared, configuration: LedgerConfiguration, clock: any LedgerClock,
        answers: @escaping @Sendable ([Answer]) -> Void
    ) {
        self.core = core
        self.shared = shared
        self.configuration = configuration
        self.clock = clock
        self.answers = answers
    }

    /// Whether nothing is left from before, and no disk to wait for.
    var isQuick: Bool {
        batch.count == 0 && block.isEmpty && outgoing == nil && shared.submissions.count == 0 && !shared.hasFailed
            && !shared.isStalled && !core.store.isBehind()
    }

    /// Hands a sealed block over, or takes up to a chunk of what waits into the block; finished when the queue is closed
    /// and everything taken has been handed to the log thread.
    func step() -> StepOutcome {
        if shared.isStalled || core.store.isBehind(), !shared.hasFailed { return stepStalled() }
        if let sealed = outgoing { return give(sealed) }
        if let checkpointer, !shared.hasFailed, attend(to: checkpointer) { return .worked }
        if batch.count > 0 {
            if shared.hasFailed { batch.removeAll() } else { proceed() }
            return .worked
        }
        if takeFromQueue() {
            if shared.hasFailed {
                refuseAll()
                batch.removeAll()
            } else {
                proceed()
            }
            return .worked
        }
        if !block.isEmpty, !shared.hasFailed {
            guard shared.sealed.isIdle else { return .waits }
            handOver()
            return .worked
        }
        guard shared.submissions.isFinished else { return .waits }
        shared.sealed.close()
        shared.logWait.signal()
        return .finished
    }

    /// Takes up everything that waits, where it may; false where there is nothing.
    func takeFromQueue() -> Bool {
        guard takesFromQueue, shared.submissions.take(&batch) else { return false }
        cursor = BatchCursor()
        return true
    }

    /// Takes up a few submissions that come past the queue, where nothing waits in it; false where something does.
    func take(alone submissions: inout [Submission]) -> Bool {
        guard shared.submissions.pass(&submissions, into: &batch) else { return false }
        cursor = BatchCursor()
        return true
    }

    /// Does the next piece of the batch.
    private func proceed() {
        do throws(LogError) {
            switch batch.order[cursor.step] {
            case .operations(let count):
                if cursor.operationsEnd == cursor.operation { cursor.operationsEnd += count }
                cursor.operation = try take(cursor.operation..<cursor.operationsEnd)
                if cursor.operation == cursor.operationsEnd { cursor.step += 1 }
            case .view:
                answer(batch.views[cursor.view])
                cursor.view += 1
                cursor.step += 1
            case .lookup:
                try answer(batch.lookups[cursor.lookup])
                cursor.lookup += 1
                cursor.step += 1
            }
        } catch {
            shared.fail("\(error.call) \(error.file): \(error.reason)")
        }
        if cursor.step == batch.order.count { batch.removeAll() }
    }

    private func answer(_ call: ViewCall) {
        let environment =
            block.isBegun
            ? block.environment
            : core.nextEnvironment(timestampMilliseconds: currentTime(), clockMode: configuration.clockMode)
        let receipt = core.executor.view(call, in: environment, world: core.world)
        block.answers.append(.view(ticket: call.ticket, receipt: receipt))
    }

    private func answer(_ lookup: ReceiptLookup) throws(LogError) {
        guard let stored = try core.stored(lookup.id) else {
            block.answers.append(.notFound(ticket: lookup.ticket))
            return
        }
        block.answers.append(
            .final(
                ticket: lookup.ticket, block: stored.block, index: stored.index, receipt: EncodedReceipt(stored.receipt),
                repeated: true))
    }

    /// The time of a block that is begun now and whose operations have no time of their own.
    func currentTime() -> UInt64 {
        configuration.clockMode == .wall
            ? max(clock.wallMilliseconds(), core.headTimestampMilliseconds) : core.headTimestampMilliseconds
    }

    /// Answers with a refusal.
    func refuse(_ ticket: UInt64, _ refusal: LedgerRefusal) {
        count(refusal)
        block.answers.append(.refused(ticket: ticket, refusal))
    }

    /// Counts one refusal, of an operation or of a linked group.
    func count(_ refusal: LedgerRefusal) {
        shared.status.withLock { status in
            status.refused += 1
            guard case .conservationViolated(let violation) = refusal else { return }
            status.conservationViolations += 1
            status.lastViolation = violation
        }
    }

    /// Answers everything in the batch with the failure; nothing of it has been executed.
    private func refuseAll() {
        let refusal = LedgerRefusal.ledgerFailed(reason: shared.failureReason)
        var refusals = batch.operations.map { Answer.refused(ticket: $0.ticket, refusal) }
        refusals += batch.views.map { Answer.refused(ticket: $0.ticket, refusal) }
        refusals += batch.lookups.map { Answer.refused(ticket: $0.ticket, refusal) }
        answers(refusals)
    }

    /// Seals the block if there is something in it and gives it to the log thread, or keeps it until there is room.
    func handOver() {
        guard !block.isEmpty else { return }
        precondition(outgoing == nil, "a block is sealed while another waits for the log")
        if let count = calls?.count, count > 0, let closer = calls?.closer {
            calls?.count = 0
            do throws(LogError) {
                try close(closer, calls: count)
            } catch {
                return shared.fail("\(error.call) \(error.file): \(error.reason)")
            }
        }
        if block.operationCount > 0 { core.seal(block) }
        block.answersNeedDurable = core.headNumber
        block.parallelStatistics = core.executor.parallelStatistics
        let sealed = block
        block = shared.sealed.takeSpare()
        outgoing = sealed
        _ = give(sealed)
    }

    private func give(_ sealed: OpenBlock) -> StepOutcome {
        if shared.hasFailed {
            outgoing = nil
            return .worked
        }
        guard shared.sealed.hasRoom else { return .waits }
        outgoing = nil
        shared.sealed.put(sealed)
        shared.logWait.signal()
        return .worked
    }
}

/// How far the sequencer has come in a batch.
struct BatchCursor {
    var step = 0
    var operation = 0
    /// Where the present run of operations ends.
    var operationsEnd = 0
    var view = 0
    var lookup = 0
}
