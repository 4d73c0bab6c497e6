import Foundation
import Testing

@testable import hoard_load

/// The choice of operations: probabilities, seeds, shares.
struct ChoiceTests {
    @Test(arguments: [0.0, 0.5, 1.0, 1.5])
    func `the sampler draws every rank as often as the law says`(exponent: Double) {
        let count = 50
        let sampler = PopularitySampler(count: count, exponent: exponent)
        let expected = PopularitySampler.weights(count: count, exponent: exponent)
        var random = SeededRandom(seed: 7)
        var drawn = [Int](repeating: 0, count: count)
        let draws = 400_000
        for _ in 0..<draws { drawn[sampler.draw(&random)] += 1 }
        // Pearson's chi-square: 49 degrees of freedom, far in the tail at 100.
        var chiSquare = 0.0
        for rank in 0..<count {
            let want = expected[rank] * Double(draws)
            chiSquare += (Double(drawn[rank]) - want) * (Double(drawn[rank]) - want) / want
        }
        #expect(chiSquare < 100)
    }

    @Test func `the weights of a Zipf law fall with the rank and sum to one`() {
        let weights = PopularitySampler.weights(count: 1000, exponent: 1)
        #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
        #expect(abs(weights[0] / weights[9] - 10) < 1e-9)
    }

    @Test func `equal seeds choose equal operations and other seeds others`() throws {
        let first = try operations(seed: 3, count: 500)
        #expect(try operations(seed: 3, count: 500) == first)
        #expect(try operations(seed: 4, count: 500) != first)
    }

    @Test func `a mix keeps its shares, its ranges and its two different players`() throws {
        let count = 100_000
        var counts = [OperationKind: Int]()
        for operation in try operations(seed: 1, count: count) {
            counts[operation.kind, default: 0] += 1
            #expect(operation.player < 100)
            switch operation.kind {
            case .purchase:
                #expect((1...3).contains(operation.quantity))
                let price = UInt64(operation.item + 1) * 3
                #expect(operation.gold == price * UInt64(operation.quantity))
            case .trade:
                #expect(operation.player != operation.counterparty)
                #expect((1...50).contains(operation.gold))
            case .reward: #expect(operation.quantity == 1)
            default: Issue.record("the mix has no operation of kind \(operation.kind)")
            }
        }
        #expect(abs(counts[.purchase, default: 0] - count / 2) < count / 100)
        #expect(abs(counts[.trade, default: 0] - count / 5) < count / 100)
        #expect(abs(counts[.reward, default: 0] - count * 3 / 10) < count / 100)
    }

    @Test func `disturbances come with their shares and leave the operations alone`() {
        var dice = DisturbanceDice(
            Disturbances(repeatPercent: 1, tooLittlePercent: 0.5, disconnectPercent: 0.1), seed: 1)
        var counts: [Disturbance: Int] = [:]
        for _ in 0..<400_000 { counts[dice.next(), default: 0] += 1 }
        // Five standard deviations of the rarest, and more.
        #expect(abs(counts[.repeated, default: 0] - 4000) < 320)
        #expect(abs(counts[.tooLittle, default: 0] - 2000) < 230)
        #expect(abs(counts[.disconnected, default: 0] - 400) < 100)
    }

    @Test func `two players are always enough for a transfer`() throws {
        var scenario = try scenario()
        scenario.players = 2
        scenario.zipf = 10
        var chooser = OperationChooser(scenario: scenario, prices: prices, seed: 1)
        for _ in 0..<10_000 {
            let operation = chooser.next()
            if operation.kind == .trade { #expect(operation.player != operation.counterparty) }
        }
    }

    @Test func `choosing costs well under a microsecond`() throws {
        var chooser = OperationChooser(scenario: try scenario(), prices: prices, seed: 1)
        var best = Double.infinity
        var sum: UInt64 = 0
        for _ in 0..<5 {
            let start = MonotonicClock.nanoseconds()
            for _ in 0..<20_000 { sum &+= chooser.next().gold }
            let end = MonotonicClock.nanoseconds()
            best = min(best, Double(end - start) / 20_000)
        }
        #expect(sum > 0)
        // Unoptimised builds run this too: the bound is loose.
        #expect(best < 20_000)
    }

    private let prices = (1...32).map { UInt64($0) * 3 }

    private func scenario() throws -> Scenario {
        try Scenario.parse(Data(Self.text.utf8), file: "test")
    }

    private func operations(seed: UInt64, count: Int) throws -> [LoadOperation] {
        var chooser = OperationChooser(scenario: try scenario(), prices: prices, seed: seed)
        return (0..<count).map { _ in chooser.next() }
    }

    private static let text = """
        {"name": "test", "about": "test", "players": 100, "zipf": 1.0,
         "start": {"gold": 1000, "itemKinds": 32, "itemQuantity": 100},
         "operations": [
           {"kind": "purchase", "percent": 50, "quantity": [1, 3]},
           {"kind": "trade", "percent": 20, "quantity": [1, 3], "gold": [1, 50]},
           {"kind": "reward", "percent": 30, "quantity": [1, 1], "gold": [1, 70]}],
         "connections": 2, "inFlight": 2, "warmUpSeconds": 0, "seconds": 1}
        """
}
