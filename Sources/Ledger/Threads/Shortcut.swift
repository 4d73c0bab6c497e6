internal import EVM

/// A few submissions that come while nobody else has anything to do are finished by the thread that brings them: it borrows the
/// places of the sequencer and of the log thread, and so saves the wake-ups on the way there and back, which cost several times
/// what the work does.
///
/// Everything is done by the same steps as on the threads; where a place cannot be borrowed, or a step has come to something that
/// takes long, the threads go on from there.
final class Shortcut: @unchecked Sendable {
    // Sendable: sequencer and writer are used by whoever has their places.
    private let sequencer: Sequencer
    private let writer: LogWriter
    private let shared: LedgerShared

    init(_ sequencer: Sequencer, _ writer: LogWriter, _ shared: LedgerShared) {
        self.sequencer = sequencer
        self.writer = writer
        self.shared = shared
    }

    /// Moves submissions out, as far as the queue would take them, and does what becomes of them; nothing else is done here, whatever
    /// comes meanwhile. False: nothing has been done, because it would not be quick, or others wait, or a thread is at work.
    func finish(_ submissions: inout [Submission]) -> Bool {
        guard areSmall(submissions), shared.sequencerWait.borrow() else { return false }
        // Also where the log thread's place is not to be had: its thread sleeps again, unless it was signalled.
        defer { shared.sequencerWait.giveBack() }
        guard sequencer.isQuick, shared.logWait.borrow() else { return false }
        defer { shared.logWait.giveBack() }
        guard writer.isQuick, sequencer.take(alone: &submissions) else { return false }
        sequencer.takesFromQueue = false
        run(sequencer)
        run(writer)
        // It has been told that the writer is done; mostly there is nothing to do.
        run(sequencer)
        sequencer.takesFromQueue = true
        // Whoever came before the last look was counted by it and not served: that must not pass for old news. A signal of
        // somebody who comes later is counted after that look anyway.
        if shared.submissions.count > 0 { shared.sequencerWait.signal() }
        return true
    }

    private func run(_ work: some StepWork) {
        var count = 0
        while count < LedgerLimits.borrowedStepsMax, work.waitPoint.step(work) { count += 1 }
    }

    /// Whether executing and writing them holds nobody up for longer than a sync does.
    private func areSmall(_ submissions: [Submission]) -> Bool {
        guard submissions.count <= LedgerLimits.borrowedSubmissionsMax else { return false }
        var bytes = 0
        var gas: UInt64 = 0
        for submission in submissions {
            switch submission {
            case .operation(let operation):
                bytes += operation.transaction.encodedBytesMax
                gas += min(operation.transaction.gasLimit, LedgerLimits.borrowedGasMax + 1)
            case .view(let call):
                bytes += call.data.count
                gas += LedgerLimits.viewGasMax
            case .lookup: break
            }
        }
        return bytes <= LedgerLimits.borrowedBytesMax && gas <= LedgerLimits.borrowedGasMax
    }
}
