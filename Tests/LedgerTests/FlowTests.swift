import EVM
import Testing

@testable import Ledger

@Suite struct FlowTests {
    @Test func `operations are answered final with their results`() throws {
        let test = try TestLedger()
        let answers = test.run([
            World.operation(1, amount: 10), World.operation(2, .revert), World.operation(3, .halt),
            World.operation(4, amount: 5_000),
        ])
        #expect(answers.map(\.ticket) == [1, 2, 3, 4])
        #expect(answers.areAllFresh)
        #expect(answers.map { $0.receipt?.outcome } == [.success, .reverted, .halted(.outOfGas), .reverted])
        #expect(test.balance(0) == 990)
        #expect(test.balance(1) == 1_010)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.operations == 4)
    }

    /// A clock that stands still: no block grows old.
    struct StandingClock: LedgerClock {
        func monotonicNanoseconds() -> UInt64 { 1 }
        func wallMilliseconds() -> UInt64 { 1_700_000_000_000 }
    }

    @Test func `blocks are filled while operations wait, and a lone operation waits for none`() throws {
        let genesis = World.genesis()
        let desk = Desk()
        let ledger = try Ledger(
            genesis: genesis, folder: "/world", configuration: World.configuration(blockOperationsMax: 4_096),
            executor: World.executor(genesis),
            world: LedgerWorld(clock: StandingClock(), threads: RealThreads(), disk: MemoryDisk()))
        let crowd = (0..<2_100).map { Submission.operation(World.operation($0, amount: 1)) }
        #expect(ledger.submit(crowd) == crowd.count, "the queue takes all before anything is executed")
        ledger.start { desk.take($0) }
        #expect(desk.wait(for: crowd.count, milliseconds: 20_000).count == crowd.count)
        let blocks = ledger.status.blocks
        #expect(blocks <= 5, "\(blocks) blocks: 512 operations are enough for one")
        _ = ledger.submit([.operation(World.operation(9_000, amount: 1))])
        #expect(desk.wait(for: crowd.count + 1, milliseconds: 20_000).count == crowd.count + 1)
        #expect(ledger.status.blocks == blocks + 1)
        ledger.drainAndStop()
    }

    @Test func `a transaction that cannot run is answered and is not part of the ledger`() throws {
        let test = try TestLedger()
        let answers = test.run([World.operation(1, nonce: 7), World.operation(2), World.operation(3, nonce: 0)])
        #expect(answers[0] == .refused(ticket: 1, .transaction(.nonceTooHigh(have: 7, need: 0))))
        #expect(answers[1].isFresh)
        #expect(answers[2] == .refused(ticket: 3, .transaction(.nonceTooLow(have: 0, need: 1))))
        #expect(test.run([World.operation(1, nonce: 1)])[0].isFresh, "a refused id is free again")
        test.ledger.drainAndStop()
        #expect(test.ledger.status.operations == 2)
        #expect(test.ledger.status.refused == 2)
    }

    @Test func `a repeat gets the original receipt and another body is a conflict`() throws {
        let test = try TestLedger()
        let first = test.run([World.operation(1, amount: 10)])[0]
        guard case .final(_, let block, let index, let receipt, false) = first else {
            Issue.record("not final: \(first)")
            return
        }
        let again = test.run([
            World.operation(1, amount: 10, ticket: 50), World.operation(1, amount: 11, ticket: 51),
        ])
        #expect(again[0] == .final(ticket: 50, block: block, index: index, receipt: receipt, repeated: true))
        #expect(again[1] == .conflict(ticket: 51, block: block, index: index))
        #expect(test.balance(0) == 990)
        test.ledger.drainAndStop()
    }

    @Test func `duplicates in one submission are applied once`() throws {
        let test = try TestLedger()
        let answers = test.run([
            World.operation(1, amount: 10, ticket: 1), World.operation(1, amount: 10, ticket: 2),
            World.operation(1, amount: 20, ticket: 3), World.operation(2, nonce: 9, ticket: 4),
            World.operation(2, amount: 1, ticket: 5), World.operation(2, amount: 1, ticket: 6),
        ])
        #expect(answers[0].isFresh)
        #expect(answers[1].receipt == answers[0].receipt && !answers[1].isFresh)
        #expect(answers[2] == .conflict(ticket: 3, block: 1, index: 0))
        #expect(answers[3] == .refused(ticket: 4, .transaction(.nonceTooHigh(have: 9, need: 1))))
        #expect(answers[4].isFresh, "the refused one left the id free")
        #expect(answers[5].receipt == answers[4].receipt && !answers[5].isFresh)
        #expect(test.balance(0) == 989)
        test.ledger.drainAndStop()
    }

    @Test func `look-ups and views see everything before them`() throws {
        let test = try TestLedger()
        let answers = test.run([
            .view(World.balanceCall(of: 1, ticket: 1)), .operation(World.operation(7, amount: 3)),
            .lookup(ReceiptLookup(id: World.id(7), ticket: 2)), .view(World.balanceCall(of: 1, ticket: 3)),
            .lookup(ReceiptLookup(id: World.id(8), ticket: 4)),
        ])
        #expect(answers.map(\.ticket) == [1, 7, 2, 3, 4])
        guard case .view(_, let before) = answers[0], case .view(_, let after) = answers[3] else {
            Issue.record("no views: \(answers)")
            return
        }
        #expect(U256(bigEndian: before.output) == U256(1_000))
        #expect(U256(bigEndian: after.output) == U256(1_003))
        #expect(answers[2].receipt == answers[1].receipt)
        #expect(answers[4] == .notFound(ticket: 4))
        test.ledger.drainAndStop()
    }

    @Test func `a view changes nothing`() throws {
        let test = try TestLedger()
        let root = test.ledger.stateRoot()
        let call = ViewCall(
            to: World.token, data: World.data(.transfer, to: World.player(1), amount: 9), ticket: 1,
            sender: World.player(0))
        guard case .view(_, let receipt) = test.run([.view(call)])[0] else {
            Issue.record("no view")
            return
        }
        #expect(receipt.succeeded)
        #expect(test.balance(0) == 1_000)
        test.ledger.drainAndStop()
        #expect(test.ledger.stateRoot() == root)
        #expect(test.ledger.status.blocks == 0)
    }

    @Test func `a full queue takes no more than it may, and linked groups whole`() throws {
        var configuration = World.configuration()
        configuration.queueOperationsMax = 1_024
        let test = try TestLedger(configuration: configuration, starts: false)
        let many = (0..<1_020).map { Submission.operation(World.operation($0, amount: 0)) }
        #expect(test.ledger.submit(many) == 1_020)
        let group = (0..<3).map { Submission.operation(World.operation(2_000 + $0, isLinked: $0 < 2)) }
        #expect(test.ledger.submit(group + group) == 3, "the second group does not fit whole")
        #expect(test.ledger.submit(group) == 0)
        #expect(test.ledger.submit([.operation(World.operation(3_000)), .operation(World.operation(3_001))]) == 1)
        #expect(test.ledger.submit([.operation(World.operation(3_002))]) == 0)
        test.start()
        #expect(test.desk.wait(for: 1_024).count == 1_024)
        test.ledger.drainAndStop()
        #expect(test.ledger.submit([.operation(World.operation(4_000))]) == 0, "a stopped ledger takes nothing")
        #expect(test.ledger.status.operations == 1_024)
    }

    @Test func `stopping answers everything that was taken`() throws {
        let test = try TestLedger()
        let many = (0..<5_000).map { Submission.operation(World.operation($0, from: $0 % 8, to: ($0 + 1) % 8)) }
        #expect(test.ledger.submit(many) == 5_000)
        test.ledger.drainAndStop()
        #expect(test.desk.all.count == 5_000)
        #expect(test.ledger.status.operations == 5_000)
    }
}
