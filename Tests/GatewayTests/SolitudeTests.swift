import Economy
import Foundation
import Testing
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
        for _ in 0..<7 { #expect(!solitude.note(submissions: 1, inFlight: 1)) }
        #expect(solitude.note(submissions: 1, inFlight: 1))
        #expect(solitude.note(submissions: 3, inFlight: 3), "a small batch")
        #expect(!solitude.note(submissions: 1, inFlight: 2), "something else is under way")
        for _ in 0..<7 { #expect(!solitude.note(submissions: 2, inFlight: 2)) }
        #expect(solitude.note(submissions: 2, inFlight: 2))
        #expect(!solitude.note(submissions: 5, inFlight: 5))
        #expect(!solitude.note(submissions: 1, inFlight: 1))
    }
}
