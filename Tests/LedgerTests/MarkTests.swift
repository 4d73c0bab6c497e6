import EVM
import Glibc
import Testing

@testable import Ledger

/// What is known of slots as balances is the same in a ledger that goes on and in one opened from its checkpoints.
@Suite struct MarkTests {
    private static func genesis() -> LedgerGenesis { World.genesis(players: 6, coins: 4, otherSlots: .any) }

    /// Few coins and few players, so that balances are zero often; silent transfers succeed only between slots that are
    /// not known as balances.
    private static func operations(seed: UInt64, count: Int) -> [Operation] {
        var random = SeededGenerator(state: seed)
        let calls: [StandInMachine.Call] = [.transfer, .transfer, .silentTransfer, .silentTransfer]
        return (0..<count).map { number in
            World.operation(
                number, calls.randomElement(using: &random)!, from: Int.random(in: 0..<6, using: &random),
                to: Int.random(in: 0..<7, using: &random), amount: UInt64.random(in: 1..<5, using: &random),
                isLinked: number % 10 < 9 && UInt64.random(in: 0..<4, using: &random) == 0)
        }
    }

    @Test(arguments: 0..<UInt64(24))
    func `a ledger opened from a checkpoint knows the balances that the one before knew`(_ seed: UInt64) throws {
        let genesis = Self.genesis()
        var configuration = CheckpointTests.configuration(every: 10)
        configuration.blockOperationsMax = 32
        let test = try MemoryLedger(genesis: genesis, configuration: configuration)
        let operations = Self.operations(seed: seed, count: 120)
        for start in stride(from: 0, to: operations.count, by: 10) {
            test.run(Array(operations[start..<start + 10]))
            let due = test.ledger.status.operations / 20
            while test.ledger.status.checkpoints < due, test.ledger.status.failure == nil { usleep(200) }
        }
        test.ledger.drainAndStop()
        let disk = test.disk.crashed(seed: seed)
        let again = try MemoryLedger(disk: disk, genesis: genesis, configuration: configuration, starts: false)
        #expect(again.ledger.status.checkpointBlock > 0)
        #expect(again.ledger.core.world.contents == test.ledger.core.world.contents)
    }

    @Test func `runs of state keep, take and give marks whatever is merged first`() throws {
        let token = World.token
        let slot = U256(5)
        // What a checkpoint interval does to the slot, and the mark that it has in the end; nil: the slot is zero.
        let intervals: [(name: String, changes: (MergedChanges) -> Void)] = [
            ("writes", { $0.merge(StateDiff(storage: [StorageChange(address: token, slot: slot, value: U256(9))])) }),
            (
                "marks",
                {
                    $0.merge(StateDiff(storage: [StorageChange(address: token, slot: slot, value: U256(8))]))
                    var marks = ByteBuffer()
                    marks.append(token)
                    marks.append(slot)
                    $0.mark(encoded: marks.bytes)
                }
            ),
            (
                "empties and fills",
                {
                    for value in [U256.zero, U256(7)] {
                        $0.merge(StateDiff(storage: [StorageChange(address: token, slot: slot, value: value)]))
                    }
                }
            ),
            ("empties", { $0.merge(StateDiff(storage: [StorageChange(address: token, slot: slot, value: .zero)])) }),
        ]
        for first in intervals {
            for second in intervals {
                for third in intervals {
                    let chosen = [first, second, third]
                    var isBalance = false
                    for interval in chosen {
                        if interval.name == "marks" { isBalance = true }
                        if interval.name.hasPrefix("empties") { isBalance = false }
                    }
                    for mergedFirst in [0, 1, 2, 3] {
                        let world = try Self.world(chosen.map(\.changes), mergingFrom: mergedFirst)
                        #expect(
                            world.place(token, slot)?.pointee.isBalance ?? false == isBalance,
                            "\(chosen.map(\.name)), merged from \(mergedFirst)")
                    }
                }
            }
        }
    }

    /// The world that the runs of these intervals make; 0: all merged, 1: all but the first, 3: none.
    private static func world(
        _ intervals: [(MergedChanges) -> Void], mergingFrom first: Int
    ) throws -> WorldState {
        let disk = MemoryDisk()
        try disk.makeFolder("/runs")
        var runs: [StateRunInfo] = []
        for (number, change) in intervals.enumerated() {
            let changes = MergedChanges()
            change(changes)
            let work = try StateRunFromChanges(changes, disk: disk, folder: "/runs", sequence: UInt64(number))
            var made: StateRunInfo?
            while made == nil { made = try work.advance() }
            runs.append(made!)
        }
        if first < runs.count - 1 {
            let merge = try StateRunMerge(
                Array(runs[first...]), isBase: first == 0, disk: disk, folder: "/runs", sequence: 9)
            var made: StateRunInfo?
            while made == nil { made = try merge.advance() }
            runs = runs[..<first] + [made!]
        }
        let world = WorldState()
        try StateLoader(disk: disk, folder: "/runs", threads: LedgerWorld.real.threads).load(runs, into: world)
        return world
    }
}
