import EVM
import Glibc
import Synchronization
import Testing

@testable import Ledger

/// Memory that runs out ends the process wherever it is. So the process dies at the n-th growth of any buffer or table, for
/// n = 1, 2, 3 ... until nothing grows any more; the world is opened again each time and compared with what was answered.
@Suite(.serialized) struct GrowthLoopTests {
    /// What the disk holds, and who has had an answer, at the moment of a growth.
    private struct Death: Sendable {
        let answered: [Answer]
        let disk: MemoryDisk
    }

    private final class Deaths: Sendable {
        private let list = Mutex<[Death]>([])
        private let count = Mutex<Int>(0)
        var all: [Death] { list.withLock { $0 } }
        var seen: Int { count.withLock { $0 } }

        /// Answers first: what was answered before the disk is looked at must be on it.
        func note(_ test: MemoryLedger) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            // All of the first, then some: the larger ones.
            guard number <= 40 || number % 5 == 0, number <= 300 else { return }
            let answered = test.desk.all
            let disk = test.disk.crashed(seed: UInt64(number), keepsEverything: number % 2 == 0)
            list.withLock { $0.append(Death(answered: answered, disk: disk)) }
        }
    }

    private static let operationCount = 1_200

    /// Calls whose data becomes longer and longer, some of them linked, to more and more players.
    private static func operation(_ number: Int) -> Operation {
        if number % 5 == 0 {
            let data = [StandInMachine.Call.revert.rawValue] + [UInt8](repeating: 5, count: 8 * number)
            return Operation(
                id: World.id(number),
                transaction: .session(sender: World.player(number % 8), to: World.token, data: data, gasLimit: 100_000),
                ticket: UInt64(number))
        }
        return World.operation(
            number, from: number % 8, to: 8 + number, amount: 1, isLinked: number % 5 == 1 || number % 5 == 2)
    }

    private static func configuration() -> LedgerConfiguration {
        var configuration = World.configuration(segmentBytes: 400 << 10, blockOperationsMax: 40)
        configuration.receiptChunksInMemory = 1
        configuration.checkpointOperations = 300
        configuration.idSeed = 3
        return configuration
    }

    @Test func `a process that dies at the n-th growth of its memory loses nothing that was answered`() throws {
        let deaths = Deaths()
        let test = try MemoryLedger(configuration: Self.configuration())
        MemoryGrowth.watch { deaths.note(test) }
        defer { MemoryGrowth.watch(nil) }
        for start in stride(from: 0, to: Self.operationCount, by: 40) {
            test.run((start..<start + 40).map(Self.operation))
            if start % 400 == 0 { _ = test.ledger.stateRoot() }
        }
        while test.ledger.status.checkpoints < 2, test.ledger.status.failure == nil { usleep(200) }
        test.ledger.drainAndStop()
        MemoryGrowth.watch(nil)
        let root = test.ledger.stateRoot().stateRoot
        let all = deaths.all
        #expect(all.count > 40, "memory has grown \(deaths.seen) times only")
        for (number, death) in all.enumerated() {
            let again = try MemoryLedger(disk: death.disk, configuration: Self.configuration())
            defer { again.ledger.drainAndStop() }
            let finals = death.answered.filter(\.isFresh)
            let lookups = finals.map { Submission.lookup(ReceiptLookup(id: World.id(Int($0.ticket)), ticket: $0.ticket)) }
            for (found, answer) in zip(again.run(lookups), finals) {
                #expect(found.receipt == answer.receipt && found.receipt != nil, "death \(number), operation \(answer.ticket)")
            }
            guard number % 10 == 0 else { continue }
            // What is missing is sent again, and the world is the same in the end.
            for start in stride(from: 0, to: Self.operationCount, by: 40) {
                again.run((start..<start + 40).map(Self.operation))
            }
            #expect(again.ledger.stateRoot().stateRoot == root, "death \(number)")
        }
    }
}
