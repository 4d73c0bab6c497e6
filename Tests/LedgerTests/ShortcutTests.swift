import EVM
import Glibc
import Synchronization
import Testing

@testable import Ledger

/// Work at borrowed places: the same answers, nothing but the borrower's own, and the same end.
@Suite struct ShortcutTests {
    /// One submission of somebody who believes to be alone; whether it was finished on this thread.
    @discardableResult
    private func finish(_ ledger: Ledger, _ submission: Submission) -> Bool {
        var submissions = [submission]
        let isDone = ledger.finish(taking: &submissions) != nil
        precondition(submissions.isEmpty, "the queue has no room")
        return isDone
    }

    /// Until the ledger's threads wait, which they do soon after their start and after other work.
    private func rest(_ ledger: Ledger) {
        for number in 0..<10_000 {
            if finish(ledger, .lookup(ReceiptLookup(id: World.id(1 << 40), ticket: UInt64(1 << 50 + number)))) { return }
            usleep(500)
        }
        Issue.record("the threads never rest")
    }

    private func answers(_ desk: Desk) -> [Answer] { desk.all.filter { $0.ticket < 1 << 50 } }

    @Test func `a lone operation is answered by the calling thread before the call returns`() throws {
        let test = try TestLedger(starts: false)
        let desk = test.desk
        let caller = pthread_self()
        let strangers = Tally()
        test.ledger.start { answers in
            if pthread_equal(pthread_self(), caller) == 0 { strangers.increment() }
            desk.take(answers)
        }
        rest(test.ledger)
        let before = strangers.value
        for number in 1...50 {
            #expect(finish(test.ledger, .operation(World.operation(number, from: number % 8))))
            #expect(answers(desk).count == number, "the answer is there when the call returns")
            #expect(test.ledger.status.blocks == UInt64(number))
        }
        #expect(strangers.value == before, "a thread of the ledger has answered")
        #expect(answers(desk).areAllFresh)
        #expect(test.run([World.operation(51)]).areAllFresh, "the threads go on as before")
        test.ledger.drainAndStop()
        let again = try TestLedger(storage: MemoryStorage(content: test.storage.durableImage))
        #expect(again.ledger.status.head == test.ledger.status.head)
        again.ledger.drainAndStop()
    }

    @Test func `what is large, or more than a few, goes the usual way`() throws {
        let test = try TestLedger()
        rest(test.ledger)
        var many = (1...5).map { Submission.operation(World.operation($0, from: $0)) }
        #expect(test.ledger.finish(taking: &many) == nil)
        #expect(many.isEmpty)
        rest(test.ledger)
        var heavy = World.operation(6)
        heavy.transaction.gasLimit = LedgerLimits.borrowedGasMax + 1
        #expect(!finish(test.ledger, .operation(heavy)))
        rest(test.ledger)
        var long = World.operation(7)
        long.transaction.data += [UInt8](repeating: 0, count: LedgerLimits.borrowedBytesMax)
        #expect(!finish(test.ledger, .operation(long)))
        test.ledger.drainAndStop()
        #expect(answers(test.desk).count == 7)
    }

    @Test func `a segment's end is left to the log thread`() throws {
        let test = try TestLedger(configuration: World.configuration(segmentBytes: 512 << 10))
        var byThreads = 0
        for number in 1...400 {
            usleep(200)
            let before = answers(test.desk).count
            if !finish(test.ledger, .operation(World.operation(number, from: number % 8))) { byThreads += 1 }
            while answers(test.desk).count == before { usleep(50) }
        }
        #expect(byThreads > 30 && byThreads < 150, "an eighth of each segment: \(byThreads)")
        test.ledger.drainAndStop()
        #expect(test.ledger.status.operations == 400)
    }

    @Test(arguments: [0, 20]) func `submitters of all kinds get one answer for every ticket`(_ spinMicroseconds: Int) throws {
        var configuration = World.configuration()
        configuration.spinMicroseconds = spinMicroseconds
        let test = try TestLedger(configuration: configuration)
        let rounds = 4_000
        let shortcuts = Tally()
        // Two that believe to be alone and one that does not; each at its own uneven pace.
        let threads = (0..<3).map { part in
            SystemThread(name: "submitter") { [ledger = test.ledger] in
                var generator = SeededGenerator(state: UInt64(part))
                var number = 0
                while number < rounds {
                    let ticket = part * 100_000 + number
                    var submissions: [Submission] = [
                        .operation(World.operation(ticket, from: number % 8, to: (number + 1) % 8))
                    ]
                    if number % 7 == 0 { submissions = [.view(World.balanceCall(of: 1, ticket: ticket))] }
                    if part == 2 {
                        number += ledger.submit(submissions)
                    } else {
                        if ledger.finish(taking: &submissions) != nil { shortcuts.increment() }
                        if submissions.isEmpty { number += 1 }
                    }
                    // Often long enough for the threads to rest.
                    switch Int.random(in: 0..<40, using: &generator) {
                    case 0..<10: usleep(UInt32.random(in: 0..<400, using: &generator))
                    case 10: usleep(3_000)
                    case 11..<30: for _ in 0..<Int.random(in: 0..<500, using: &generator) { _ = SystemClock.monotonicNanoseconds() }
                    default: break
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        let answers = test.desk.wait(for: 3 * rounds)
        #expect(Set(answers.map(\.ticket)).count == 3 * rounds && answers.count == 3 * rounds)
        let finished = shortcuts.value
        #expect(finished > 10 && finished < 2 * rounds, "both ways are taken: \(finished)")
        test.ledger.drainAndStop()
        let again = try TestLedger(storage: MemoryStorage(content: test.storage.durableImage))
        #expect(again.ledger.status.head == test.ledger.status.head)
        again.ledger.drainAndStop()
    }

    @Test(arguments: [1, 2]) func `a disk that fails at a borrowed place ends the ledger as usual`(_ call: Int) throws {
        let test = try TestLedger()
        rest(test.ledger)
        #expect(finish(test.ledger, .operation(World.operation(1))))
        // Call 1 is the write, call 2 the sync.
        test.storage.setFault(.failing(call: call))
        #expect(finish(test.ledger, .operation(World.operation(2))))
        #expect(answers(test.desk).count == 1, "what is not durable is not answered")
        #expect(test.ledger.status.failure != nil)
        guard case .refused(3, .ledgerFailed) = test.run([World.operation(3)])[0] else {
            Issue.record("not refused")
            return
        }
        test.ledger.drainAndStop()
        let again = try TestLedger(storage: MemoryStorage(content: test.storage.durableImage))
        #expect(again.ledger.status.operations == 1)
        again.ledger.drainAndStop()
    }

    @Test func `a disk that is full for a while at a borrowed place is waited for by the log thread`() throws {
        let test = try MemoryLedger(configuration: World.configuration(segmentBytes: 1 << 20))
        rest(test.ledger)
        let isFull = Tally()
        isFull.value = 1
        test.disk.plan { call in call.kind == .write && isFull.value == 1 ? .fails(code: ENOSPC) : .succeeds }
        #expect(finish(test.ledger, .operation(World.operation(1))))
        #expect(test.ledger.status.stall != nil && answers(test.desk).isEmpty)
        #expect(!finish(test.ledger, .operation(World.operation(2))), "no place is borrowed while the disk refuses")
        isFull.value = 0
        let all = test.desk.wait(for: test.desk.all.count + 2)
        #expect(all.contains { $0.ticket == 1 && $0.isFresh }, "what waited is answered by itself")
        while test.ledger.status.stall != nil { usleep(500) }
        rest(test.ledger)
        #expect(finish(test.ledger, .operation(World.operation(3))))
        test.ledger.drainAndStop()
        #expect(test.ledger.status.failure == nil)
    }

    @Test(arguments: [false, true]) func `a ledger stops while its places are borrowed`(_ isAbandoned: Bool) throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage)
        rest(test.ledger)
        let stopper = Tally()
        storage.onSync { [ledger = test.ledger] in
            guard stopper.increment() == 0 else { return }
            _ = SystemThread(name: "stopper") {
                if isAbandoned { ledger.abandon() } else { ledger.drainAndStop() }
                stopper.value = 2
            }
            // Long enough for the other to close the queue and to wait for the threads.
            usleep(20_000)
            #expect(stopper.value == 1, "nobody stops while a place is borrowed")
        }
        #expect(finish(test.ledger, .operation(World.operation(1))))
        #expect(answers(test.desk).count == 1)
        var waited = 0
        while stopper.value != 2, waited < 10_000 {
            usleep(1_000)
            waited += 1
        }
        #expect(waited < 10_000, "the ledger does not stop")
        #expect(test.ledger.status.operations == 1)
        var late = [Submission.operation(World.operation(2))]
        #expect(test.ledger.finish(taking: &late) == nil && late.count == 1, "a stopped ledger takes nothing")
    }

    /// The small world's machine, which notes who has it executed and can have something done meanwhile.
    private final class WatchedMachine: TransitionMachine, @unchecked Sendable {
        // Sendable: it is used by whoever has the sequencer's place; what others read is guarded.
        private let machine = StandInMachine()
        private let threads = Mutex<[Address: Set<pthread_t>]>([:])
        private let interlude = Mutex<(@Sendable () -> Void)?>(nil)

        func transition(
            _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
        ) -> Result<TransitionResult, TransactionRefusal> {
            note(transaction.sender)
            return machine.transition(view, block, transaction)
        }

        func call(
            _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8], gas: UInt64
        ) -> Receipt {
            note(sender)
            return machine.call(view, block, from: sender, to: target, data: data, gas: gas)
        }

        private func note(_ sender: Address) {
            _ = threads.withLock { $0[sender, default: []].insert(pthread_self()) }
            interlude.withLock { body in
                defer { body = nil }
                return body
            }?()
        }

        /// Has something done once, while the next transaction is executed.
        func meanwhile(_ body: @escaping @Sendable () -> Void) { interlude.withLock { $0 = body } }

        /// The threads that have executed something for a sender.
        func threads(for sender: Address) -> Set<pthread_t> { threads.withLock { $0[sender] ?? [] } }
    }

    @Test(arguments: [false, true]) func `what others submit meanwhile is none of the borrower's work`(_ isDuringSync: Bool) throws {
        let genesis = World.genesis()
        let storage = MemoryStorage()
        let machine = WatchedMachine()
        let desk = Desk()
        let ledger = try Ledger(
            genesis: genesis, storage: storage.files, folder: nil, configuration: World.configuration(),
            executor: SequentialExecutor(machine: machine, rules: genesis.rules))
        ledger.start { desk.take($0) }
        rest(ledger)
        var view = World.balanceCall(of: 1, ticket: 200)
        view.sender = World.player(6)
        let others = (100..<140).map { Submission.operation(World.operation($0, from: 5)) } + [.view(view)]
        let times = Tally()
        let submit = { @Sendable in
            guard times.increment() == 0 else { return }
            #expect(ledger.submit(others) == others.count)
        }
        if isDuringSync { storage.onSync(submit) } else { machine.meanwhile(submit) }
        #expect(finish(ledger, .operation(World.operation(1))))
        #expect(answers(desk).contains { $0.ticket == 1 && $0.isFresh }, "its own answer does not wait for the others'")
        // Nobody else signals anything: a signal that went by while the place was lent is missed here.
        let before = desk.all.count - answers(desk).count
        desk.wait(for: before + others.count + 1, milliseconds: 5_000)
        #expect(answers(desk).count == others.count + 1)
        #expect(machine.threads(for: World.player(0)) == [pthread_self()])
        for sender in [5, 6] {
            let threads = machine.threads(for: World.player(sender))
            #expect(threads.count == 1 && !threads.contains(pthread_self()), "player \(sender)")
        }
        ledger.drainAndStop()
    }

    @Test func `what others ask of a disk that has become full meanwhile is none of the borrower's work`() throws {
        let test = try MemoryLedger(configuration: World.configuration(segmentBytes: 1 << 20), starts: false)
        let here = Mutex<[UInt64]>([])
        let caller = pthread_self()
        test.ledger.start { [desk = test.desk] answers in
            if pthread_equal(pthread_self(), caller) != 0 { here.withLock { $0 += answers.map(\.ticket) } }
            desk.take(answers)
        }
        rest(test.ledger)
        let times = Tally()
        test.disk.plan { [ledger = test.ledger] call in
            guard call.kind == .write, call.path.contains("segment"), times.value < 3 else { return .succeeds }
            if times.increment() == 0 { _ = ledger.submit([.view(World.balanceCall(of: 1, ticket: 200))]) }
            return .fails(code: ENOSPC)
        }
        #expect(finish(test.ledger, .operation(World.operation(1))))
        let all = test.desk.wait(for: test.desk.all.count + 2, milliseconds: 5_000)
        #expect(Set(all.map(\.ticket)).isSuperset(of: [1, 200]))
        #expect(!here.withLock { $0 }.contains(200))
        test.ledger.drainAndStop()
    }

    @Test func `submissions go past a queue in which nothing waits, and no other`() {
        let queue = SubmissionQueue(countMax: 3)
        func some(_ numbers: ClosedRange<Int>) -> [Submission] { numbers.map { .operation(World.operation($0)) } }
        var batch = SubmissionBatch()
        var submissions = some(1...2)
        #expect(queue.pass(&submissions, into: &batch) && submissions.isEmpty)
        #expect(batch.operations.map(\.ticket) == [1, 2] && queue.count == 0)
        batch.removeAll()
        submissions = some(3...6)
        #expect(queue.pass(&submissions, into: &batch) && submissions.count == 1, "no more than the queue has room for")
        batch.removeAll()
        #expect(queue.put(&submissions) == 1)
        submissions = some(7...7)
        #expect(!queue.pass(&submissions, into: &batch) && submissions.count == 1 && batch.count == 0 && queue.count == 1)
        #expect(queue.take(&batch))
        batch.removeAll()
        queue.close()
        #expect(!queue.pass(&submissions, into: &batch) && submissions.count == 1 && batch.count == 0)
    }

    @Test func `how long it took is said`() throws {
        let test = try TestLedger()
        rest(test.ledger)
        test.storage.onSync { usleep(6_000) }
        var submissions = [Submission.operation(World.operation(1))]
        let nanoseconds = try #require(test.ledger.finish(taking: &submissions))
        #expect(nanoseconds >= 6_000_000 && nanoseconds < 5_000_000_000)
        test.ledger.drainAndStop()
    }
}
