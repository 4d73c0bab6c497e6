import Glibc
import Testing

@testable import Ledger

/// A place that is lent: no lost signal, and nobody there twice.
@Suite struct LentPlaceTests {
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
}
