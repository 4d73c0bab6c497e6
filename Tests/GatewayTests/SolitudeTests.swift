import Economy
import Foundation
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
            // Background work may hold a place now and then.
            #expect(counters.submissionsFinished > 150, "\(counters.submissionsFinished) of \(counters.submissions)")
            let bob = try world.client(.player, "bob")
            #expect(try bob.balance(1) == 200)
        }
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
