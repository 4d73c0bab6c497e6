import EVM
import Testing

@testable import Ledger

/// Claims of several neighbouring units, executed and committed by the executor.
@Suite struct UnitClaimTests {
    /// A machine that counts what it has executed.
    private final class CountingMachine: TransitionMachine {
        private let machine = StandInMachine()
        private let count: Tally

        init(_ count: Tally) { self.count = count }

        func transition(
            _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
        ) -> Result<TransitionResult, TransactionRefusal> {
            count.increment()
            return machine.transition(view, block, transaction)
        }

        func call(
            _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
            gas: UInt64
        ) -> Receipt { machine.call(view, block, from: sender, to: target, data: data, gas: gas) }
    }

    /// Units that meet others near by are in the claim with them, or in the next; where nothing meets, claims are as long as they
    /// may be, and towards the end of a run of any length. `meet`: of a hundred units, how many touch what one just before did.
    @Test(arguments: [0, 8, 25, 100]) func `claims of any length end as in sequence, and what was repeated is counted`(_ meet: Int) {
        var repeated: UInt64 = 0
        for seed in 0..<UInt64(30) {
            var random = SeededGenerator(state: seed)
            let genesis = World.genesis(players: 400, coins: 3, otherSlots: .any)
            var players: [Int] = []
            let operations = (0..<Int.random(in: 4...160, using: &random)).map { number in
                let isMeeting = number > 0 && Int.random(in: 0..<100, using: &random) < meet
                players.append(isMeeting ? players[max(0, number - Int.random(in: 1...4, using: &random))] : 2 * number)
                return World.operation(number, from: players[number], to: players[number] + 1)
            }
            let environment = genesis.environment(number: 1, timestampMilliseconds: 6_000, prevrandao: .zero)
            let worlds = [WorldState(), WorldState()]
            for world in worlds { world.apply(genesis.diff) }
            var expected: [OperationResult] = []
            World.executor(genesis).execute(operations[...], in: environment, world: worlds[0], into: &expected)
            let count = Tally()
            let executor = ParallelExecutor(
                machines: (0..<2).map { _ in CountingMachine(count) }, rules: genesis.rules, deltas: false)
            var results: [OperationResult] = []
            executor.executeInterleaved(operations[...], in: environment, world: worlds[1], into: &results) {
                Int.random(in: 0..<2, using: &random)
            }
            #expect(results == expected, "seed \(seed)")
            #expect(worlds[1].contents == worlds[0].contents, "seed \(seed)")
            let statistics = executor.statistics
            #expect(statistics.sequentialUnits == 0)
            #expect(statistics.confirmedUnits + statistics.repeatedUnits + statistics.inTurnUnits == UInt64(operations.count))
            #expect(count.value == operations.count + Int(statistics.repeatedUnits), "seed \(seed): \(statistics)")
            repeated += statistics.repeatedUnits
        }
        #expect((repeated > 0) == (meet > 0))
    }
}
