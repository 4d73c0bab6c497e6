import Wire

/// Sends new operations, notes what is answered, and has the server killed at a chosen moment.
final class CrashLoadPhase: LoadPhase {
    private let journal: CrashJournal
    private let writer: ActionWriter
    private let ids: OperationIDSource
    private let killAt: UInt64
    private let kill: () -> Void
    private var chooser: OperationChooser
    private var isKilled = false

    /// A phase that calls `kill` once `killAt` (monotonic nanoseconds) has come.
    init(
        journal: CrashJournal, chooser: OperationChooser, writer: ActionWriter,
        ids: OperationIDSource, killAt: UInt64, kill: @escaping () -> Void
    ) {
        self.journal = journal
        self.chooser = chooser
        self.writer = writer
        self.ids = ids
        self.killAt = killAt
        self.kill = kill
    }

    var isComplete: Bool { false }

    var progress: String { "under load, \(journal.acknowledged) answered" }

    func tick() {
        guard !isKilled, MonotonicClock.nanoseconds() >= killAt else { return }
        isKilled = true
        kill()
    }

    func sendNext(on connection: LoadConnection, slot: Int) -> Bool {
        guard !isKilled else { return false }
        let operation = chooser.next()
        let sequence = journal.add(operation)
        connection.sequences[slot] = sequence
        connection.act(writer.write(operation), id: ids.id(sequence), slot: slot)
        return true
    }

    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody) {
        journal.take(reply, sequence: connection.sequences[slot])
    }
}

/// Sends operations again with their ids: those without an answer, and some that were answered.
final class ResendPhase: LoadPhase {
    private let journal: CrashJournal
    private let writer: ActionWriter
    private let ids: OperationIDSource
    private let sequences: [Int]
    private var next = 0
    private var done = 0
    private var retries: [Int] = []

    /// A phase that sends these operations.
    init(journal: CrashJournal, writer: ActionWriter, ids: OperationIDSource, sequences: [Int]) {
        self.journal = journal
        self.writer = writer
        self.ids = ids
        self.sequences = sequences
    }

    var isComplete: Bool { done == sequences.count }

    var progress: String { "sending \(sequences.count) operations again" }

    func sendNext(on connection: LoadConnection, slot: Int) -> Bool {
        let sequence: Int
        if let retry = retries.popLast() {
            sequence = retry
        } else {
            guard next < sequences.count else { return false }
            sequence = sequences[next]
            next += 1
        }
        connection.sequences[slot] = sequence
        let written = writer.write(journal.records[sequence].operation)
        connection.act(written, id: ids.id(sequence), slot: slot)
        return true
    }

    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody) {
        let sequence = connection.sequences[slot]
        if reply.status == .busy {
            retries.append(sequence)
            return
        }
        done += 1
        journal.take(reply, sequence: sequence)
    }
}

/// Asks for the receipts of answered operations.
final class ReceiptPhase: LoadPhase {
    private let journal: CrashJournal
    private let writer: ActionWriter
    private let ids: OperationIDSource
    private let sequences: [Int]
    private var next = 0
    private var done = 0
    private var retries: [Int] = []

    /// A phase that asks for these.
    init(journal: CrashJournal, writer: ActionWriter, ids: OperationIDSource, sequences: [Int]) {
        self.journal = journal
        self.writer = writer
        self.ids = ids
        self.sequences = sequences
    }

    var isComplete: Bool { done == sequences.count }

    var progress: String {
        "asking for receipts "
            + ProgressLine.bar(done: UInt64(done), of: UInt64(max(1, sequences.count)))
    }

    func sendNext(on connection: LoadConnection, slot: Int) -> Bool {
        let sequence: Int
        if let retry = retries.popLast() {
            sequence = retry
        } else {
            guard next < sequences.count else { return false }
            sequence = sequences[next]
            next += 1
        }
        connection.sequences[slot] = sequence
        // The action's code says how the results of a receipt are to be read.
        let code = writer.code(of: journal.records[sequence].operation.kind)
        connection.ask(
            QueryBody(kind: .receipt, subject: UInt64(code), operationID: ids.id(sequence)), slot: slot)
        return true
    }

    func answered(on connection: LoadConnection, slot: Int, answer: QueryAnswer) {
        let sequence = connection.sequences[slot]
        if case .refused(_, let error) = answer, error.code == ErrorCode.busy.rawValue {
            retries.append(sequence)
            return
        }
        done += 1
        journal.take(answer, sequence: sequence)
    }
}
