internal import CShims
internal import EVM
internal import Synchronization

/// The body of the sequencer thread: takes submissions in order, executes them, and seals a micro-block whenever the
/// log thread is free or the block is full. There is no fixed tick.
final class Sequencer: @unchecked Sendable {
    // Sendable: used by the sequencer thread alone once that has started.
    let core: LedgerCore
    let shared: LedgerShared
    let configuration: LedgerConfiguration
    let answers: @Sendable ([Answer]) -> Void
    var batch = SubmissionBatch()
    var block = OpenBlock()
    /// Bytes, at most, of the operations that were admitted and wait for execution.
    var pendingBytes = 0
    var scratch = ByteBuffer()

    init(
        core: LedgerCore, shared: LedgerShared, configuration: LedgerConfiguration,
        answers: @escaping @Sendable ([Answer]) -> Void
    ) {
        self.core = core
        self.shared = shared
        self.configuration = configuration
        self.answers = answers
    }

    /// Runs until the queue is closed and everything taken has been handed to the log thread.
    func run() {
        while true {
            let ticket = shared.sequencerWait.ticket()
            if shared.submissions.take(&batch) {
                if shared.hasFailed { refuseAll() } else { process() }
                batch.removeAll()
            } else if shared.hasFailed {
                if shared.submissions.isFinished { break }
                shared.sequencerWait.wait(ticket)
            } else if !block.isEmpty {
                if shared.sealed.isIdle { handOver() } else { shared.sequencerWait.wait(ticket) }
            } else if shared.submissions.isFinished {
                break
            } else {
                shared.sequencerWait.wait(ticket)
            }
        }
        shared.sealed.close()
        shared.logWait.signal()
    }

    private func process() {
        prefetchIndex()
        var operation = 0
        var view = 0
        var lookup = 0
        do throws(LogError) {
            for step in batch.order {
                switch step {
                case .operations(let count):
                    try take(operation..<operation + count)
                    operation += count
                case .view:
                    answer(batch.views[view])
                    view += 1
                case .lookup:
                    try answer(batch.lookups[lookup])
                    lookup += 1
                }
                if shared.hasFailed { return }
            }
        } catch {
            shared.fail("\(error.call) \(error.file): \(error.reason)")
        }
    }

    /// Asks for the places in the index before they are needed.
    private func prefetchIndex() {
        batch.operations.withUnsafeBufferPointer { operations in
            for index in operations.indices { hoard_prefetch(core.index.probableAddress(operations[index].id)) }
        }
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
                ticket: lookup.ticket, block: stored.block, index: stored.index, receipt: stored.receipt,
                repeated: true))
    }

    /// The time of a block that is begun now and whose operations have no time of their own.
    func currentTime() -> UInt64 {
        configuration.clockMode == .wall
            ? max(SystemClock.wallMilliseconds(), core.headTimestampMilliseconds) : core.headTimestampMilliseconds
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

    /// Seals the block if there is something in it and gives it to the log thread; waits where too many are on the way.
    func handOver() {
        guard !block.isEmpty else { return }
        if block.operationCount > 0 { core.seal(block) }
        block.answersNeedDurable = core.headNumber
        while !shared.sealed.hasRoom {
            let ticket = shared.sequencerWait.ticket()
            if shared.hasFailed { return }
            if !shared.sealed.hasRoom { shared.sequencerWait.wait(ticket) }
        }
        if shared.hasFailed { return }
        shared.sealed.put(block)
        shared.logWait.signal()
        block = shared.sealed.takeSpare()
    }
}
