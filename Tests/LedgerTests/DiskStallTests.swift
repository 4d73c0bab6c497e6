import EVM
import Glibc
import Synchronization
import Testing

@testable import Ledger

/// A disk that refuses writes for a while: busy answers, reads go on, and everything goes on by itself afterwards.
@Suite struct DiskStallTests {
    private func isBusy(_ answer: Answer) -> Bool {
        if case .refused(_, .busy(let retry, _)) = answer { return retry > 0 }
        return false
    }

    private func balance(_ answer: Answer?) -> UInt64? {
        guard case .view(_, let receipt) = answer else { return nil }
        return U256(bigEndian: receipt.output).l0
    }

    /// Refuses every call of a kind whose path holds a word, while `isOn`.
    private final class Refusal: Sendable {
        let isOn = Atomic<Bool>(false)
        let kinds: Set<DiskCall.Kind>
        let code: Int32

        init(_ kinds: Set<DiskCall.Kind>, _ code: Int32) {
            self.kinds = kinds
            self.code = code
        }

        func install(on disk: MemoryDisk) {
            disk.plan { [self] call in
                isOn.load(ordering: .acquiring) && kinds.contains(call.kind) ? .fails(code: code) : .succeeds
            }
        }
    }

    @Test(arguments: [ENOSPC, EMFILE, ENFILE, EDQUOT, ENOMEM])
    func `a disk that refuses writes for a while loses nothing and stops no reads`(_ code: Int32) throws {
        let test = try MemoryLedger()
        let first = test.run([World.operation(1, amount: 5)])[0]
        let refusal = Refusal([.write, .preallocate, .open, .rename], code)
        refusal.install(on: test.disk)
        refusal.isOn.store(true, ordering: .releasing)
        let caught = 1
        #expect(test.ledger.submit([.operation(World.operation(2, amount: 7))]) == caught)
        while test.ledger.status.stall == nil { usleep(500) }
        let answers = test.run([
            .operation(World.operation(3)), .view(World.balanceCall(of: 0, ticket: 4)),
            .lookup(ReceiptLookup(id: World.id(1), ticket: 5)), .lookup(ReceiptLookup(id: World.id(2), ticket: 6)),
            .lookup(ReceiptLookup(id: World.id(77), ticket: 7)), .operation(World.operation(1, amount: 5)),
            .operation(World.operation(1, amount: 6)),
        ])
        #expect(isBusy(answers[0]))
        #expect(balance(answers[1]) == 995, "a view sees what is durable, not what waits for the disk")
        #expect(answers[2].receipt == first.receipt)
        #expect(isBusy(answers[3]), "executed but not durable: neither answer would be true for ever")
        #expect(answers[4] == .notFound(ticket: 7))
        #expect(answers[5].receipt == first.receipt && !answers[5].isFresh)
        guard case .conflict(1, 1, 0) = answers[6] else {
            Issue.record("not a conflict: \(answers[6])")
            return
        }
        #expect(test.ledger.status.failure == nil && test.ledger.status.blocks == 1)
        refusal.isOn.store(false, ordering: .releasing)
        let before = test.desk.all.count
        let late = test.desk.wait(for: before + caught).dropFirst(before)
        #expect(late.first?.isFresh == true && late.first?.ticket == 2, "what waited is answered by itself")
        #expect(test.run([World.operation(3)])[0].isFresh)
        #expect(balance(test.run([.view(World.balanceCall(of: 0, ticket: 8))])[0]) == 987)
        #expect(test.ledger.status.stall == nil && test.ledger.status.stalls == 1)
        test.ledger.drainAndStop()
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 1), starts: false)
        #expect(again.ledger.status.head == test.ledger.status.head && again.ledger.status.operations == 3)
    }

    @Test func `a disk without room for the next segment lets the present one fill and goes on when it has room`() throws {
        let test = try MemoryLedger()
        test.disk.limit(toBytes: test.disk.usedByteCount)
        var number = 0
        var accepted = 0
        while test.ledger.status.stall == nil, number < 2_000 {
            number += 1
            let before = test.desk.all.count
            _ = test.ledger.submit([.operation(World.operation(number, from: number % 8))])
            while test.desk.all.count == before, test.ledger.status.stall == nil { usleep(200) }
            accepted = test.desk.all.filter { $0.isFresh }.count
        }
        #expect(accepted > 30, "the present segment holds more than \(accepted) blocks")
        #expect(isBusy(test.run([World.operation(5_000)])[0]))
        test.disk.limit(toBytes: .max)
        while test.ledger.status.stall != nil { usleep(500) }
        #expect(test.run([World.operation(5_000)])[0].isFresh)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.failure == nil)
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 3), starts: false)
        #expect(again.ledger.status.head == test.ledger.status.head)
        #expect(again.ledger.status.operations == UInt64(number + 1))
    }

    @Test func `a stopping ledger gives up a disk that stays full and answers nothing that is not durable`() throws {
        let test = try MemoryLedger()
        test.run([World.operation(1)])
        let refusal = Refusal([.write], ENOSPC)
        refusal.install(on: test.disk)
        refusal.isOn.store(true, ordering: .releasing)
        _ = test.ledger.submit([.operation(World.operation(2))])
        while test.ledger.status.stall == nil { usleep(500) }
        test.ledger.drainAndStop()
        #expect(test.desk.all.count == 1 && test.ledger.status.failure != nil)
        refusal.isOn.store(false, ordering: .releasing)
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 1), starts: false)
        #expect(again.ledger.status.operations == 1)
    }

    @Test func `a failed sync is never tried again`() throws {
        let test = try MemoryLedger()
        test.run([World.operation(1)])
        let refusal = Refusal([.sync], ENOSPC)
        refusal.install(on: test.disk)
        refusal.isOn.store(true, ordering: .releasing)
        _ = test.ledger.submit([.operation(World.operation(2))])
        while test.ledger.status.failure == nil { usleep(500) }
        refusal.isOn.store(false, ordering: .releasing)
        usleep(30_000)
        #expect(test.desk.all.count == 1, "what the system may have thrown away is not answered")
        guard case .refused(_, .ledgerFailed) = test.run([World.operation(3)])[0] else {
            Issue.record("not refused")
            return
        }
        test.ledger.drainAndStop()
    }

    @Test func `a slow disk only delays`() throws {
        let test = try MemoryLedger()
        test.disk.plan { call in
            if call.kind == .sync { usleep(20_000) }
            return .succeeds
        }
        let answers = test.run((0..<30).map { World.operation($0, from: $0 % 8) })
        #expect(answers.areAllFresh && answers.count == 30)
        test.ledger.drainAndStop()
    }
}
