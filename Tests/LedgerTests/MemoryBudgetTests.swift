import EVM
import Glibc
import Testing

@testable import Ledger

/// Buffers under our control that may not grow: whatever their limits, what is refused is refused as busy, what was taken
/// is answered, and in the end the world is the same.
@Suite struct MemoryBudgetTests {
    /// Operations of very different sizes, some of them linked.
    private func submissions() -> [Operation] {
        (0..<61).map { number in
            if number % 7 == 0 {
                let data = [StandInMachine.Call.revert.rawValue] + [UInt8](repeating: 5, count: 400 * (number % 11 + 1))
                return Operation(
                    id: World.id(number),
                    transaction: .session(sender: World.player(number % 8), to: World.token, data: data, gasLimit: 100_000),
                    ticket: UInt64(number))
            }
            return World.operation(
                number, from: number % 8, to: (number + 3) % 8, amount: 2, isLinked: number % 7 == 2 || number % 7 == 3)
        }
    }

    /// Submits everything in its groups, again and again where there is no room, as clients do that are told `busy`.
    private func runAll(_ test: MemoryLedger) -> (busy: Int, peak: Int) {
        var busy = 0
        var peak = 0
        var group: [Submission] = []
        var submitted = 0
        for operation in submissions() {
            group.append(.operation(operation))
            if operation.linkedWithNext { continue }
            while test.ledger.submit(group) == 0 {
                busy += 1
                usleep(200)
            }
            submitted += group.count
            peak = max(peak, test.ledger.queuedCount)
            group = []
        }
        #expect(test.desk.wait(for: submitted).count == submitted)
        return (busy, peak)
    }

    @Test func `a queue that may hold n bytes more and more, until everything fits, loses nothing`() throws {
        let reference = try MemoryLedger()
        _ = runAll(reference)
        reference.ledger.drainAndStop()
        let root = reference.ledger.stateRoot().stateRoot
        var refusing = 0
        for step in 0..<24 {
            var configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 3)
            configuration.queueBytesMax = 1 + step * 1_200
            configuration.receiptChunksInMemory = 1
            configuration.checkpointOperations = step % 3 == 0 ? 10 : 0
            let test = try MemoryLedger(configuration: configuration)
            test.disk.plan {
                if $0.kind == .sync { usleep(300) }
                return .succeeds
            }
            let (busy, _) = runAll(test)
            if busy > 0 { refusing += 1 }
            test.ledger.drainAndStop()
            #expect(test.ledger.status.failure == nil && test.ledger.status.operations == 61)
            #expect(test.ledger.stateRoot().stateRoot == root, "with \(configuration.queueBytesMax) bytes")
            let again = try MemoryLedger(disk: test.disk.crashed(seed: UInt64(step)), configuration: configuration, starts: false)
            #expect(again.ledger.status.head == test.ledger.status.head)
        }
        #expect(refusing > 0, "the budget has never mattered: the test tests nothing")
    }

    private func put(_ submission: Submission, _ queue: SubmissionQueue) -> Int {
        var one = [submission]
        return queue.put(&one)
    }

    @Test func `the queue never holds more bytes than it may, but one group always finds room`() {
        let queue = SubmissionQueue(countMax: 1_000, bytesMax: 4_000)
        let operation = Submission.operation(World.operation(1))
        var taken = 0
        while put(operation, queue) == 1 { taken += 1 }
        #expect((4...40).contains(taken), "\(taken) operations of some 350 bytes")
        var batch = SubmissionBatch()
        #expect(queue.take(&batch) && put(operation, queue) == 1, "taking frees the budget")
        let large = SubmissionQueue(countMax: 1_000, bytesMax: 100)
        let group = (0..<5).map { Submission.operation(World.operation($0, isLinked: $0 < 4)) }
        var both = group + [operation]
        #expect(large.put(&both) == 5 && both.count == 1, "a group is taken whole or not at all, and nothing behind it")
        #expect(put(operation, large) == 0)
    }
}
