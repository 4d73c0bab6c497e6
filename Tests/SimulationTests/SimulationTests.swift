import Economy
import Foundation
import Testing

@testable import Simulation

/// The whole server and its clients in one thread, on the game of this project.
@Suite(.serialized)
struct SimulationTests {
    static let base = Result {
        try SimulationBase(
            game: Game.load(
                folder: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .deletingLastPathComponent().appendingPathComponent("GameData").path))
    }

    static func run(_ seed: UInt64, operations: Int, canary: Canary? = nil) throws -> SimulationReport {
        Simulation(seed: seed, options: SimulationOptions(operations: operations, canary: canary), base: try base.get())
            .run()
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func `a seed ends without a finding`(seed: UInt64) throws {
        let report = try Self.run(seed, operations: 1_200)
        #expect(report.finding == nil, "make sim SEED=\(seed) ARGS=\"--operations 1200\": \(report)")
        #expect(report.operations == 1_200)
        #expect(report.finals > 900, "\(report)")
        #expect(report.boots > 0 && report.connections >= 200, "\(report)")
    }

    @Test func `the same seed gives the same run, and another one another`() throws {
        let first = try Self.run(7, operations: 500)
        let second = try Self.run(7, operations: 500)
        #expect(first == second)
        #expect(try Self.run(8, operations: 500).traceDigest != first.traceDigest)
    }

    @Test(arguments: Canary.allCases) func `a planted bug is found within a hundred seeds`(canary: Canary) throws {
        for seed in 1...100 as ClosedRange<UInt64> {
            let report = try Self.run(seed, operations: 600, canary: canary)
            guard let finding = report.finding else { continue }
            print("canary \(canary.rawValue): seed \(seed): \(finding)")
            return
        }
        Issue.record("\(canary.rawValue) was not found")
    }
}

/// The parts of the simulator that others trust.
struct SimulationPartTests {
    @Test func `events come by their time, and in their order at the same time`() {
        var queue = EventQueue()
        for time in [5, 3, 9, 3, 1, 9, 3] as [UInt64] { queue.plan(.weather, at: time) }
        queue.plan(.boot, at: 3)
        var times: [UInt64] = []
        var bootPlace: Int?
        while let (time, event) = queue.next() {
            if case .boot = event { bootPlace = times.count }
            times.append(time)
        }
        #expect(times == [1, 3, 3, 3, 3, 5, 9, 9])
        #expect(bootPlace == 4)
    }

    @Test func `chance is decided by its seed and stays within bounds`() {
        var first = SeededChance(seed: 3)
        var second = SeededChance(seed: 3)
        var third = SeededChance(seed: 4)
        let numbers = (0..<100).map { _ in first.within(5...9) }
        #expect(numbers == (0..<100).map { _ in second.within(5...9) })
        #expect(numbers != (0..<100).map { _ in third.within(5...9) })
        #expect(Set(numbers) == [5, 6, 7, 8, 9])
    }

    @Test func `a trace tells order and content apart`() {
        var traces = [Trace(), Trace(), Trace()]
        traces[0].note(1, 2)
        traces[0].note(3, [1, 2, 3])
        traces[1].note(3, [1, 2, 3])
        traces[1].note(1, 2)
        traces[2].note(1, 2)
        traces[2].note(3, [1, 2, 4])
        #expect(Set(traces.map(\.digest)).count == 3)
    }

    @Test func `the checker's ledger follows a purchase, a sale, a refusal and a fee`() throws {
        let base = try SimulationTests.base.get()
        var model = GameModel(game: base.game, cast: base.cast, balances: [:])
        let faucet = base.cast.faucets.lowerBound
        func apply(_ action: GameAction) -> ModelOutcome { model.apply(action, nowSeconds: 1_767_229_200) }
        let most: [UInt64] = [100, 100, 100, 100]
        #expect(apply(.purchase(buyer: 0, offer: 1, quantity: 2, maxCost: most)) == .refused(100))
        let coins = AssetLine(asset: 1, amount: 1_000)
        #expect(apply(.grant(player: 0, faucet: faucet, lines: [coins])) == .applied(result0: 1, result1: nil))
        #expect(apply(.purchase(buyer: 0, offer: 1, quantity: 2, maxCost: most)) == .applied(result0: 2, result1: 4))
        #expect(model.balance(0, 1) == 996)
        #expect(model.balance(0, 65_536) == 2)
        #expect(apply(.sell(seller: 0, asset: 65_536, quantity: 3, minPaid: 0)) == .refused(101))
        #expect(model.balance(0, 65_536) == 2)
        #expect(apply(.sell(seller: 0, asset: 65_536, quantity: 1, minPaid: 0)) == .applied(result0: 1, result1: 1))
        let trade = GameAction.trade(
            first: 0, second: 1, firstGives: AssetLine(asset: 1, amount: 400),
            secondGives: AssetLine(asset: 65_537, amount: 1))
        #expect(apply(trade) == .refused(101))
        #expect(model.balance(0, 1) == 997 && model.balance(1, 1) == 0)
        #expect(apply(.grant(player: 1, faucet: faucet, lines: [AssetLine(asset: 65_537, amount: 1)])) != .refused(105))
        #expect(apply(trade) == .applied(result0: 10, result1: 0))
        #expect(model.balance(1, 1) == 390 && model.balance(base.cast.treasury, 1) == 14)
    }
}
