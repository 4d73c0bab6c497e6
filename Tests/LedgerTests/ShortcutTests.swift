import EVM
import Glibc
import Synchronization
import Testing

@testable import Ledger

/// Work at borrowed places: the same answers, no lost signal, nobody in a place twice, and the same end.
@Suite struct ShortcutTests {
    /// A number that several threads use.
    private final class Tally: Sendable {
        private let number = Atomic<Int>(0)
        var value: Int {
            get { number.load(ordering: .sequentiallyConsistent) }
            set { number.store(newValue, ordering: .sequentiallyConsistent) }
        }
        /// Adds one and returns what there was.
        @discardableResult
        func increment() -> Int { number.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue }
    }

    /// Work that counts what has been asked of it, and sees whether two do it at once.
    private final class Chore: StepWork, Sendable {
        let waitPoint: WaitPoint
        let asked = Tally()
        let done = Tally()
        let clashes = Tally()
        let isOver = Tally()
        /// How often it has been found to be over.
        let ends = Tally()
        private let inside = Tally()

        init(spinMicroseconds: Int) { waitPoint = WaitPoint(spinMicroseconds: spinMicroseconds) }

        func step() -> StepOutcome {
            if inside.increment() != 0 { clashes.increment() }
            defer { inside.value = 0 }
            let done = done.value
            if done < asked.value {
                self.done.value = done + 1
                return .worked
            }
            if isOver.value != 0 {
                ends.increment()
                return .finished
            }
            // A time that does not come, so that nothing but a signal ends the wait.
            return done % 8 == 0 ? .waitsUntil(monotonicNanoseconds: SystemClock.monotonicNanoseconds() + 3_600_000_000_000) : .waits
        }

        func ask() {
            asked.increment()
            waitPoint.signal()
        }
    }

    @Test(arguments: [0, 5]) func `no signal is lost at a place that is lent, and nobody is there twice`(_ spinMicroseconds: Int) {
        let chore = Chore(spinMicroseconds: spinMicroseconds)
        let owner = SystemThread(name: "owner") { chore.runToEnd() }
        let isOver = Tally()
        let borrowed = Tally()
        let borrowers = (0..<2).map { part in
            SystemThread(name: "borrower") {
                var generator = SeededGenerator(state: UInt64(part))
                while isOver.value == 0 {
                    if !chore.waitPoint.borrow() {
                        SystemThread.yield()
                        continue
                    }
                    borrowed.increment()
                    // Its own work, or none, and perhaps less than there is.
                    if part == 0, Int.random(in: 0..<4, using: &generator) == 0 { chore.ask() }
                    for _ in 0..<Int.random(in: 0...3, using: &generator) where !chore.waitPoint.step(chore) { break }
                    chore.waitPoint.giveBack()
                    if Int.random(in: 0..<64, using: &generator) == 0 { usleep(50) }
                }
            }
        }
        var round = 0
        let end = SystemClock.monotonicNanoseconds() + 20_000_000_000
        while round < 20_000 || borrowed.value < 2_000, SystemClock.monotonicNanoseconds() < end {
            round += 1
            chore.ask()
            // Nobody else asks for anything that would hide a signal that was lost.
            let deadline = SystemClock.monotonicNanoseconds() + 10_000_000_000
            let asked = chore.asked.value
            while chore.done.value < asked, SystemClock.monotonicNanoseconds() < deadline { SystemThread.yield() }
            guard chore.done.value >= asked else {
                Issue.record("round \(round): nobody has heard of it")
                break
            }
        }
        isOver.value = 1
        for thread in borrowers { thread.join() }
        #expect(chore.clashes.value == 0)
        #expect(borrowed.value >= 2_000)
        chore.isOver.value = 1
        chore.waitPoint.signal()
        owner.join()
    }

    @Test func `work that ends at a borrowed place ends its thread`() {
        let chore = Chore(spinMicroseconds: 0)
        let owner = SystemThread(name: "owner") { chore.runToEnd() }
        for _ in 0..<3 { chore.ask() }
        while chore.done.value < 3 { usleep(100) }
        while !chore.waitPoint.borrow() { usleep(100) }
        chore.isOver.value = 1
        #expect(!chore.waitPoint.step(chore))
        #expect(!chore.waitPoint.step(chore), "finished work is not done again")
        chore.waitPoint.giveBack()
        owner.join()
        #expect(chore.ends.value == 1)
    }

    /// One submission of somebody who believes to be alone; whether it was finished on this thread.
    @discardableResult
    private func finish(_ ledger: Ledger, _ submission: Submission) -> Bool {
        var submissions = [submission]
        let isDone = ledger.finish(taking: &submissions)
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
        #expect(!test.ledger.finish(taking: &many))
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
                        if ledger.finish(taking: &submissions) { shortcuts.increment() }
                        if submissions.isEmpty { number += 1 }
                    }
                    // Often long enough for the threads to rest.
                    switch Int.random(in: 0..<40, using: &generator) {
                    case 0..<10: usleep(UInt32.random(in: 0..<400, using: &generator))
                    case 10..<30: for _ in 0..<Int.random(in: 0..<500, using: &generator) { _ = SystemClock.monotonicNanoseconds() }
                    default: break
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        let answers = test.desk.wait(for: 3 * rounds)
        #expect(Set(answers.map(\.ticket)).count == 3 * rounds && answers.count == 3 * rounds)
        let finished = shortcuts.value
        #expect(finished > 100 && finished < 2 * rounds, "both ways are taken: \(finished)")
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
        #expect(!test.ledger.finish(taking: &late) && late.count == 1, "a stopped ledger takes nothing")
    }
}
