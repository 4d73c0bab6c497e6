import EVM
import Glibc
import Testing

@testable import Ledger

/// Fails the n-th call to the disk, of whatever kind, for n = 1, 2, 3 ... until a run has so few; then crashes, opens the
/// world again and compares with what was answered.
@Suite struct FaultLoopTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        var code: Int32
        var isLate = false
        var forGood = false

        var testDescription: String {
            String(cString: strerror(code)) + (isLate ? ", late" : "") + (forGood ? ", for good" : "")
        }
    }

    private struct Run {
        var disk: MemoryDisk
        var answered: [Answer] = []
        var calls = 0
    }

    private static let operationCount = 40

    private static func operation(_ number: Int) -> Operation {
        // Long enough that the next segment is needed.
        World.operation(number, from: number % 8, to: (number + 3) % 8, amount: UInt64(number))
    }

    private static func configuration() -> LedgerConfiguration {
        var configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 1)
        configuration.blockBytesMax = 16 << 10
        configuration.segmentBytes = 16 * 4_096 + (LedgerLimits.operationBytesMax + 8 << 10)
        configuration.receiptChunksInMemory = 1
        configuration.checkpointOperations = 9
        configuration.idSeed = 3
        return configuration
    }

    private func run(_ call: Int, _ fault: Fault) -> Run {
        let disk = MemoryDisk()
        disk.fail(call: call, code: fault.code, isLate: fault.isLate, forGood: fault.forGood)
        var run = Run(disk: disk)
        guard let test = try? MemoryLedger(disk: disk, configuration: Self.configuration()) else {
            run.calls = .max
            return run
        }
        var number = 0
        while number < Self.operationCount, test.ledger.status.failure == nil, test.ledger.status.stall == nil {
            let before = test.desk.all.count
            let end = min(number + 4, Self.operationCount)
            _ = test.ledger.submit((number..<end).map { .operation(Self.operation($0)) })
            while test.desk.all.count < before + end - number, test.ledger.status.failure == nil,
                test.ledger.status.stall == nil
            { test.desk.wait(for: before + end - number, milliseconds: 1) }
            number = end
        }
        if fault.forGood { test.ledger.abandon() } else { test.ledger.drainAndStop() }
        run.answered = test.desk.all
        run.calls = disk.callCount
        return run
    }

    /// Everything answered is there, once, with the same receipt; whatever is missing can be sent again.
    private func check(_ disk: MemoryDisk, _ run: Run, _ comment: Comment) {
        disk.plan(nil)
        do {
            let again = try MemoryLedger(disk: disk, configuration: Self.configuration())
            defer { again.ledger.drainAndStop() }
            let finals = run.answered.filter { $0.isFresh }
            #expect(again.ledger.status.operations >= UInt64(finals.count), comment)
            let lookups = finals.map { Submission.lookup(ReceiptLookup(id: World.id(Int($0.ticket)), ticket: $0.ticket)) }
            for (found, answer) in zip(again.run(lookups), finals) {
                guard case .final(let ticket, let block, let index, let receipt, false) = answer else { continue }
                #expect(
                    found == .final(ticket: ticket, block: block, index: index, receipt: receipt, repeated: true), comment)
            }
            again.run((0..<Self.operationCount).map(Self.operation))
            #expect(again.ledger.status.operations == UInt64(Self.operationCount), comment)
            var sum: UInt64 = 0
            for player in 0..<8 {
                guard case .view(_, let receipt) = again.run([.view(World.balanceCall(of: player, ticket: 1))])[0] else { continue }
                sum += U256(bigEndian: receipt.output).l0
            }
            #expect(sum == 8_000, comment)
        } catch {
            Issue.record("\(comment): \(error)")
        }
    }

    @Test(arguments: [
        Fault(code: EIO), Fault(code: EIO, isLate: true), Fault(code: EIO, forGood: true), Fault(code: ENOSPC),
        Fault(code: ENOSPC, isLate: true), Fault(code: EMFILE),
    ])
    func `nothing answered is lost, whichever call fails`(_ fault: Fault) {
        var call = 0
        var hit = 0
        while true {
            call += 1
            let run = run(call, fault)
            if run.calls < call { break }
            hit += 1
            for seed in 0..<2 {
                check(run.disk.crashed(seed: UInt64(call * 2 + seed)), run, "call \(call), seed \(seed)")
            }
            check(run.disk.crashed(seed: 0, keepsEverything: true), run, "call \(call), everything written")
        }
        #expect(hit > 60, "the loop has failed \(hit) calls only")
    }

    @Test func `a crash at any moment of an undisturbed run loses nothing that was answered`() throws {
        let disk = MemoryDisk()
        let test = try MemoryLedger(disk: disk, configuration: Self.configuration())
        for number in 0..<Self.operationCount {
            test.run([Self.operation(number)])
            let run = Run(disk: disk, answered: test.desk.all)
            check(disk.crashed(seed: UInt64(number)), run, "after \(number)")
        }
        test.ledger.drainAndStop()
    }
}
