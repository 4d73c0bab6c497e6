import Economy
import Foundation
import Ledger
import Testing
import Tokens
import Wire

@testable import Gateway

/// Whoever is alone is served by the loop itself, and nobody else is.
struct SolitudeTests {
    @Test func `a client that is alone is answered within the loop's turn`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 1_000)
            for number in 1...200 {
                let reply = try ann.perform(try world.transfer(1, to: "bob"), id: world.id())
                #expect(reply.status == .applied, "\(number): \(reply)")
            }
            #expect(try ann.balance(1) == 800)
            let counters = world.gateway.counters
            // Background work may hold a place now and then, and a turn that was slow costs some more.
            #expect(counters.submissionsFinished > 50, "\(counters.submissionsFinished) of \(counters.submissions)")
            let bob = try world.client(.player, "bob")
            #expect(try bob.balance(1) == 200)
        }
    }

    /// Takes its time for every block, on the thread that has made it durable.
    private final class SlowObserver: BlockObserver {
        func blockIsDurable(_ block: DurableBlock) { usleep(UInt32(LedgerLimits.borrowedNanosecondsMax / 1_000) + 1_000) }
    }

    @Test func `a loop that was held up long leaves the next turns to the ledger's threads`() async throws {
        try await TestWorld.serve(prepare: { try? $0.ledger.observe(SlowObserver()) }) { world in
            let ann = try world.player("ann", coins: 1_000)
            for _ in 1...100 { #expect(try ann.perform(try world.transfer(1, to: "bob"), id: world.id()).status == .applied) }
            let counters = world.gateway.counters
            #expect(counters.submissionsFinished > 0 && counters.submissionsFinished <= counters.submissions / 8)
        }
    }

    @Test func `a slow turn ends the belief, a quick one does not`() {
        var solitude = Solitude(turnsMin: 3)
        func turns(_ count: Int) -> [Bool] { (0..<count).map { _ in solitude.note(submissions: 1, inFlight: 1) } }
        #expect(turns(4) == [false, false, true, true])
        solitude.note(heldUpNanoseconds: LedgerLimits.borrowedNanosecondsMax)
        #expect(turns(1) == [true])
        solitude.note(heldUpNanoseconds: LedgerLimits.borrowedNanosecondsMax + 1)
        #expect(turns(3) == [false, false, true])
    }

    @Test func `a crowd is not believed to be alone`() {
        var solitude = Solitude(turnsMin: 8)
        func believed(_ turns: [(submissions: Int, inFlight: Int)]) -> [Bool] {
            turns.map { solitude.note(submissions: $0.submissions, inFlight: $0.inFlight) }
        }
        let lone = [(submissions: 1, inFlight: 1)]
        let seven = [[(submissions: 2, inFlight: 2)], (0..<6).flatMap { _ in lone }].flatMap { $0 }
        #expect(believed(seven + lone) == [Bool](repeating: false, count: 7) + [true])
        #expect(believed([(4, 4)]) == [true], "a small batch")
        #expect(believed([(1, 2)]) == [false], "something else is under way")
        #expect(believed(seven + lone) == [Bool](repeating: false, count: 7) + [true])
        #expect(believed([(5, 5)]) == [false])
        #expect(believed(seven + lone) == [Bool](repeating: false, count: 7) + [true])
    }
}
