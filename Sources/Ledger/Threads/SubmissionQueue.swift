internal import EVM

/// Submissions as the sequencer takes them: operations, views and look-ups apart, and the order in which they came.
struct SubmissionBatch {
    enum Step {
        case operations(Int)
        case view
        case lookup
    }

    var operations: [Operation] = []
    var views: [ViewCall] = []
    var lookups: [ReceiptLookup] = []
    var order: [Step] = []

    /// Submissions in it.
    var count: Int { operations.count + views.count + lookups.count }

    /// Empties it and keeps its memory.
    mutating func removeAll() {
        operations.removeAll(keepingCapacity: true)
        views.removeAll(keepingCapacity: true)
        lookups.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
    }

    /// Appends one submission; `endsGroup` where it cannot be linked with what comes next.
    mutating func append(_ submission: consuming Submission, endsGroup: Bool) {
        switch consume submission {
        case .operation(var operation):
            if endsGroup { operation.linkedWithNext = false }
            operations.append(operation)
            if case .operations(let count) = order.last {
                order[order.count - 1] = .operations(count + 1)
            } else {
                order.append(.operations(1))
            }
        case .view(let call):
            views.append(call)
            order.append(.view)
        case .lookup(let lookup):
            lookups.append(lookup)
            order.append(.lookup)
        }
    }
}

/// The bounded queue in front of the sequencer; it takes linked groups whole or not at all.
final class SubmissionQueue: @unchecked Sendable {
    // Sendable: everything is guarded by `mutex`.
    private let mutex = SystemMutex()
    private var waiting = SubmissionBatch()
    private var isClosed = false
    private let countMax: Int
    private let bytesMax: Int
    /// Bytes of the operations that wait, about as many as they take in memory.
    private var waitingBytes = 0

    init(countMax: Int, bytesMax: Int = LedgerLimits.queueBytesMax) {
        self.countMax = countMax
        self.bytesMax = bytesMax
    }

    /// Moves as many submissions from the front as there is room for, never part of a linked group; the rest stays.
    func put(_ submissions: inout [Submission]) -> Int {
        mutex.lock()
        defer { mutex.unlock() }
        return isClosed ? 0 : enter(&submissions)
    }

    private func enter(_ submissions: inout [Submission]) -> Int {
        let all = submissions.count
        let taken = submissions.withUnsafeMutableBufferPointer { buffer in
            let offered = UnsafeBufferPointer(buffer)
            let taken = wholeGroups(offered, atMost: room(for: offered))
            for index in 0..<taken {
                let ends = endsGroup(offered, index)
                waitingBytes += Self.bytes(buffer[index])
                waiting.append(buffer.moveElement(from: index), endsGroup: ends)
                // Its place must hold something until it is removed below.
                buffer.initializeElement(at: index, to: .lookup(ReceiptLookup(id: OperationID(high: 0, low: 0), ticket: 0)))
            }
            return taken
        }
        if taken == all { submissions.removeAll(keepingCapacity: true) } else { submissions.removeSubrange(..<taken) }
        return taken
    }

    /// How many from the front find room: a group that begins below the bound of bytes may end above it.
    private func room(for submissions: UnsafeBufferPointer<Submission>) -> Int {
        let most = min(submissions.count, countMax - waiting.count)
        var count = 0
        var bytes = waitingBytes
        var beginsGroup = true
        while count < most {
            if beginsGroup, bytes >= bytesMax { break }
            bytes += Self.bytes(submissions[count])
            beginsGroup = endsGroup(submissions, count) || !isLinked(submissions[count])
            count += 1
        }
        return count
    }

    private func isLinked(_ submission: Submission) -> Bool {
        if case .operation(let operation) = submission { return operation.linkedWithNext }
        return false
    }

    private static func bytes(_ submission: Submission) -> Int {
        switch submission {
        case .operation(let operation): operation.transaction.encodedBytesMax
        case .view(let call): call.data.count + 128
        case .lookup: 64
        }
    }

    private func endsGroup(_ submissions: UnsafeBufferPointer<Submission>, _ index: Int) -> Bool {
        guard index + 1 < submissions.count, case .operation = submissions[index + 1] else { return true }
        return false
    }

    private func wholeGroups(_ submissions: UnsafeBufferPointer<Submission>, atMost room: Int) -> Int {
        if submissions.count <= room { return submissions.count }
        var taken = max(0, room)
        while taken > 0 {
            guard case .operation(let last) = submissions[taken - 1], last.linkedWithNext,
                !endsGroup(submissions, taken - 1)
            else { return taken }
            taken -= 1
        }
        return 0
    }

    /// Moves everything into the batch, which is empty; false where nothing waits.
    func take(_ batch: inout SubmissionBatch) -> Bool {
        mutex.lock()
        defer { mutex.unlock() }
        guard waiting.count > 0 else { return false }
        hand(&batch)
        return true
    }

    /// Moves submissions past the queue into the batch, which is empty, as far as there would be room for them; false, and nothing
    /// is moved, where others wait or the queue is closed.
    func pass(_ submissions: inout [Submission], into batch: inout SubmissionBatch) -> Bool {
        mutex.lock()
        defer { mutex.unlock() }
        guard waiting.count == 0, !isClosed else { return false }
        _ = enter(&submissions)
        hand(&batch)
        return true
    }

    private func hand(_ batch: inout SubmissionBatch) {
        swap(&waiting, &batch)
        waitingBytes = 0
    }

    /// Takes nothing in any more.
    func close() { mutex.withLock { isClosed = true } }

    /// Whether it is closed and nothing waits.
    var isFinished: Bool { mutex.withLock { isClosed && waiting.count == 0 } }

    /// Submissions that wait.
    var count: Int { mutex.withLock { waiting.count } }
}
