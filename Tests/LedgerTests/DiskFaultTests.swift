import EVM
import Testing

@testable import Ledger

/// Fails the n-th call to the disk for every n until nothing fails any more, then crashes, recovers and compares.
@Suite struct DiskFaultTests {
    private struct Run {
        var answered: [Answer]
        var storage: MemoryStorage
        var ledger: Ledger
        var hasFailed: Bool
    }

    private static let operationCount = 24

    /// Opens a ledger and sends operations in small parts until all are answered or the disk has failed.
    private func run(_ fault: MemoryStorage.Fault) throws -> Run? {
        let storage = MemoryStorage()
        storage.setFault(fault)
        let configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 3)
        guard let test = try? TestLedger(storage: storage, configuration: configuration) else { return nil }
        var number = 0
        while number < Self.operationCount, test.ledger.status.failure == nil {
            let end = min(number + 4, Self.operationCount)
            let part = (number..<end).map {
                Submission.operation(World.operation($0, from: $0 % 8, to: ($0 + 3) % 8, amount: UInt64($0)))
            }
            let expected = test.desk.all.count + part.count
            _ = test.ledger.submit(part)
            while test.desk.all.count < expected, test.ledger.status.failure == nil {
                test.desk.wait(for: expected, milliseconds: 1)
            }
            number = end
        }
        let hasFailed = test.ledger.status.failure != nil
        if hasFailed {
            #expect(test.ledger.submit([.operation(World.operation(900, ticket: 900))]) == 1)
        }
        test.ledger.drainAndStop()
        return Run(answered: test.desk.all, storage: storage, ledger: test.ledger, hasFailed: hasFailed)
    }

    /// What must hold of a disk image after a crash: everything answered is there, once, with the same receipt.
    private func check(_ image: [UInt32: [UInt8]], _ run: Run, _ comment: Comment) throws {
        let again = try TestLedger(
            storage: MemoryStorage(content: image),
            configuration: World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 3))
        defer { again.ledger.drainAndStop() }
        let finals = run.answered.filter { $0.isFresh }
        #expect(again.ledger.status.operations >= UInt64(finals.count), comment)
        for answer in finals {
            let found = again.run([.lookup(ReceiptLookup(id: World.id(Int(answer.ticket)), ticket: answer.ticket))])[0]
            guard case .final(let ticket, let block, let index, let receipt, false) = answer else { continue }
            #expect(
                found == .final(ticket: ticket, block: block, index: index, receipt: receipt, repeated: true), comment)
        }
        let all = (0..<Self.operationCount).map {
            World.operation($0, from: $0 % 8, to: ($0 + 3) % 8, amount: UInt64($0))
        }
        again.run(all)
        var sum: UInt64 = 0
        for player in 0..<8 { sum += again.balance(player) ?? 0 }
        #expect(sum == 8_000, comment)
        #expect(again.ledger.status.operations == UInt64(Self.operationCount), comment)
    }

    @Test(arguments: [false, true])
    func `nothing answered is lost, whichever call fails`(_ isLate: Bool) throws {
        var call = 1
        var failures = 0
        while true {
            let fault: MemoryStorage.Fault = isLate ? .lateFailing(call: call) : .failing(call: call)
            guard let run = try run(fault) else {
                call += 1
                failures += 1
                continue
            }
            for seed in 0..<4 {
                try check(run.storage.crashImage(seed: UInt64(seed)), run, "call \(call), seed \(seed)")
            }
            try check(run.storage.image, run, "call \(call), everything written")
            if !run.hasFailed { break }
            failures += 1
            #expect(
                run.answered.contains {
                    if case .refused(900, .ledgerFailed(let reason)) = $0 { return reason.contains("injected") }
                    return false
                })
            #expect(run.answered.filter { $0.isFresh }.count < Self.operationCount)
            call += 1
        }
        #expect(failures > 12, "the loop has failed \(failures) calls only")
    }

    @Test func `a failed ledger says why and keeps saying it`() throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage)
        test.run([World.operation(1)])
        storage.setFault(.failing(call: 1))
        _ = test.ledger.submit([.operation(World.operation(2)), .view(World.balanceCall(of: 0, ticket: 70))])
        while test.ledger.status.failure == nil { test.desk.wait(for: 100, milliseconds: 1) }
        #expect(test.desk.all.count == 1, "nothing that is not durable is answered")
        let answers = test.run([
            .operation(World.operation(3)), .view(World.balanceCall(of: 0, ticket: 71)),
            .lookup(ReceiptLookup(id: World.id(1), ticket: 72)),
        ])
        for answer in answers {
            guard case .refused(_, .ledgerFailed(let reason)) = answer else {
                Issue.record("answered: \(answer)")
                continue
            }
            #expect(reason.contains("injected"))
        }
        #expect(test.ledger.status.blocks == 1)
        test.ledger.drainAndStop()
    }

    @Test func `no answer leaves before its sync has returned`() throws {
        let storage = MemoryStorage()
        let test = try TestLedger(storage: storage)
        let desk = test.desk
        let counts = Counts()
        storage.onSync { counts.append(desk.all.count) }
        for number in 0..<50 { test.run([World.operation(number)]) }
        test.ledger.drainAndStop()
        #expect(counts.all == Array(0..<50), "a sync saw an answer of its own block")
    }
}

/// Numbers noted by any thread.
private final class Counts: @unchecked Sendable {
    // Sendable: guarded by `mutex`.
    private let mutex = SystemMutex()
    private var numbers: [Int] = []

    var all: [Int] { mutex.withLock { numbers } }

    func append(_ number: Int) { mutex.withLock { numbers.append(number) } }
}
