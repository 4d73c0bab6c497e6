import EVM
import Synchronization
import Testing

@testable import Ledger

/// Interleavings of the threads at every hand-off, held open on purpose.
@Suite struct HandOffTests {
    /// A door in front of every sync that the test opens.
    private final class Door: @unchecked Sendable {
        // Sendable: guarded by `mutex`.
        private let mutex = SystemMutex()
        private let condition = SystemCondition()
        private var isOpen = true
        private var waiting = 0

        func pass() {
            mutex.lock()
            waiting += 1
            condition.broadcast()
            while !isOpen { condition.wait(mutex) }
            waiting -= 1
            mutex.unlock()
        }

        func close() { mutex.withLock { isOpen = false } }

        func open() {
            mutex.lock()
            isOpen = true
            condition.broadcast()
            mutex.unlock()
        }

        /// Returns when a sync stands in front of the closed door.
        func awaitVisitor() {
            mutex.lock()
            while waiting == 0 { condition.wait(mutex) }
            mutex.unlock()
        }
    }

    private func pause(_ milliseconds: Int) { Desk().wait(for: 1, milliseconds: milliseconds) }

    @Test func `repeats, look-ups and views of what is not durable yet wait for it`() throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage)
        let door = Door()
        storage.onSync { door.pass() }
        door.close()
        _ = test.ledger.submit([.operation(World.operation(1, amount: 5))])
        door.awaitVisitor()
        // The next block is filled and executed while the first one is being synced.
        _ = test.ledger.submit([
            .operation(World.operation(1, amount: 5, ticket: 2)), .lookup(ReceiptLookup(id: World.id(1), ticket: 3)),
            .view(World.balanceCall(of: 1, ticket: 4)), .operation(World.operation(1, amount: 6, ticket: 5)),
            .operation(World.operation(9, nonce: 7, ticket: 6)), .operation(World.operation(10, ticket: 7)),
        ])
        pause(60)
        #expect(test.desk.all.isEmpty, "answered before the sync has returned")
        door.open()
        let answers = test.desk.wait(for: 7)
        #expect(answers.map(\.ticket) == [1, 2, 3, 4, 5, 6, 7])
        #expect(answers[1].receipt == answers[0].receipt && answers[2].receipt == answers[0].receipt)
        #expect(answers[4] == .conflict(ticket: 5, block: 1, index: 0))
        test.ledger.drainAndStop()
    }

    @Test func `when the second of two blocks fails, the first is answered and the second never`() throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage)
        let door = Door()
        storage.onSync { door.pass() }
        door.close()
        _ = test.ledger.submit([.operation(World.operation(1, amount: 5))])
        door.awaitVisitor()
        _ = test.ledger.submit([
            .operation(World.operation(2, amount: 5)), .operation(World.operation(1, amount: 5, ticket: 3)),
            .view(World.balanceCall(of: 1, ticket: 4)),
        ])
        pause(20)
        // The present sync is call 1 from now on, the write of the second block call 2.
        storage.setFault(.failing(call: 2))
        door.open()
        while test.ledger.status.failure == nil { pause(1) }
        #expect(test.desk.wait(for: 1).map(\.ticket) == [1])
        test.ledger.drainAndStop()
        #expect(test.desk.all.count == 1)
        let again = try TestLedger(storage: MemoryStorage(content: storage.durableImage))
        #expect(again.ledger.status.operations == 1)
        #expect(again.run([World.operation(2, amount: 5)])[0].isFresh)
        again.ledger.drainAndStop()
    }

    @Test func `stopping while a sync is under way finishes everything taken`() throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage, configuration: World.configuration(blockOperationsMax: 2))
        let door = Door()
        storage.onSync { door.pass() }
        door.close()
        _ = test.ledger.submit([.operation(World.operation(0))])
        door.awaitVisitor()
        // More blocks than may wait for the log: the sequencer has to wait for room.
        let many = (1..<60).map { Submission.operation(World.operation($0, from: $0 % 8)) }
        #expect(test.ledger.submit(many) == 59)
        pause(20)
        let stopper = SystemThread(name: "stopper") { [ledger = test.ledger] in ledger.drainAndStop() }
        pause(20)
        #expect(test.desk.all.isEmpty)
        door.open()
        stopper.join()
        #expect(test.desk.all.count == 60)
        #expect(test.ledger.status.operations == 60)
    }

    @Test func `a failure while the sequencer waits for room ends the wait`() throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage, configuration: World.configuration(blockOperationsMax: 1))
        let door = Door()
        storage.onSync { door.pass() }
        door.close()
        _ = test.ledger.submit([.operation(World.operation(0))])
        door.awaitVisitor()
        _ = test.ledger.submit((1..<40).map { .operation(World.operation($0)) })
        pause(20)
        storage.setFault(.failing(call: 1))
        door.open()
        while test.ledger.status.failure == nil { pause(1) }
        let answers = test.run([World.operation(100)])
        guard case .refused(100, .ledgerFailed) = answers[0] else {
            Issue.record("not refused: \(answers)")
            return
        }
        test.ledger.drainAndStop()
        #expect(test.desk.all.count == 1)
    }

    @Test func `a crash at any moment keeps what was answered`() throws {
        for round in 0..<25 {
            let storage = MemoryStorage()
            let test = try TestLedger(storage: storage, configuration: World.configuration(blockOperationsMax: 5))
            let many = (0..<400).map { Submission.operation(World.operation($0, from: $0 % 8, to: ($0 + 1) % 8)) }
            _ = test.ledger.submit(many)
            test.desk.wait(for: round * 8)
            // What the disk holds at this moment, with any of the pages not synced yet.
            let answered = test.desk.all.filter { $0.isFresh }
            let image = storage.crashImage(seed: UInt64(round))
            test.ledger.abandon()
            let again = try TestLedger(storage: MemoryStorage(content: image))
            #expect(again.ledger.status.operations >= UInt64(answered.count))
            let found = again.run(
                answered.map { .lookup(ReceiptLookup(id: World.id(Int($0.ticket)), ticket: $0.ticket)) })
            for (before, after) in zip(answered, found) {
                guard case .final(_, let block, let index, let receipt, _) = before else { continue }
                #expect(
                    after == .final(ticket: before.ticket, block: block, index: index, receipt: receipt, repeated: true)
                )
            }
            again.ledger.drainAndStop()
        }
    }

    @Test func `many submitters get one answer for every ticket`() throws {
        let test = try TestLedger()
        let threads = (0..<4).map { part in
            SystemThread(name: "submitter") { [ledger = test.ledger] in
                var generator = SeededGenerator(state: UInt64(part))
                var next = 0
                while next < 2_000 {
                    let size = min(Int.random(in: 1...20, using: &generator), 2_000 - next)
                    let submissions = (0..<size).map { offset -> Submission in
                        // Every tenth id is shared by all submitters.
                        let number = next + offset
                        let id = number % 10 == 0 ? number : (part + 1) * 100_000 + number
                        return .operation(
                            World.operation(id, from: number % 8, to: (number + 1) % 8, ticket: part * 10_000 + number))
                    }
                    next += ledger.submit(submissions)
                }
            }
        }
        for thread in threads { thread.join() }
        let answers = test.desk.wait(for: 8_000)
        #expect(Set(answers.map(\.ticket)).count == 8_000)
        #expect(answers.filter { $0.isFresh }.count == 4 * 1_800 + 200)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.operations == 7_400)
        let again = try TestLedger(storage: MemoryStorage(content: test.storage.durableImage))
        #expect(again.ledger.status.head == test.ledger.status.head)
    }

    @Test(arguments: [0, 5]) func `no wake-up is lost`(_ spinMicroseconds: Int) {
        let ping = WaitPoint(spinMicroseconds: spinMicroseconds)
        let pong = WaitPoint(spinMicroseconds: spinMicroseconds)
        let count = Counter()
        let rounds = 5_000
        let thread = SystemThread(name: "echo") {
            for round in 1...rounds {
                while true {
                    let ticket = ping.ticket()
                    if count.value >= 2 * round - 1 { break }
                    ping.wait(ticket)
                }
                count.increment()
                pong.signal()
            }
        }
        for round in 1...rounds {
            count.increment()
            ping.signal()
            while true {
                let ticket = pong.ticket()
                if count.value >= 2 * round { break }
                pong.wait(ticket)
            }
        }
        thread.join()
        #expect(count.value == 2 * rounds)
    }

    private final class Counter: Sendable {
        private let number = Atomic<Int>(0)
        var value: Int { number.load(ordering: .sequentiallyConsistent) }
        func increment() { number.wrappingAdd(1, ordering: .sequentiallyConsistent) }
    }
}
