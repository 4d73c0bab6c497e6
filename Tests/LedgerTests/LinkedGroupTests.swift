import EVM
import Testing

@testable import Ledger

@Suite struct LinkedGroupTests {
    private func group(_ base: Int, _ members: [(StandInMachine.Call, UInt64)]) -> [Operation] {
        members.enumerated().map { offset, member in
            World.operation(base + offset, member.0, amount: member.1, isLinked: offset + 1 < members.count)
        }
    }

    @Test func `a group that succeeds is final`() throws {
        let test = try TestLedger()
        let answers = test.run(group(1, [(.transfer, 1), (.transfer, 2), (.transfer, 3)]))
        #expect(answers.areAllFresh)
        #expect(test.balance(1) == 1_006)
        test.ledger.drainAndStop()
    }

    @Test(arguments: [0, 1, 2])
    func `any failure drops the whole group`(_ failing: Int) throws {
        let test = try TestLedger()
        let root = test.ledger.stateRoot().stateRoot
        var operations = group(1, [(.transfer, 1), (.transfer, 2), (.transfer, 3)])
        operations[failing].transaction.data = World.data(.transfer, to: World.player(1), amount: 5_000)
        let answers = test.run(operations)
        for answer in answers {
            guard case .linkedFailed(_, failing, .unsuccessful(let receipt)) = answer else {
                Issue.record("not failed at \(failing): \(answer)")
                continue
            }
            #expect(receipt.outcome == .reverted)
        }
        #expect(answers.map(\.ticket) == [1, 2, 3])
        #expect(test.balance(0) == 1_000)
        #expect(test.ledger.stateRoot().stateRoot == root)
        #expect(test.run(group(1, [(.transfer, 1), (.transfer, 2), (.transfer, 3)])).areAllFresh)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.operations == 3)
    }

    @Test func `a refusal inside a group names the member`() throws {
        let test = try TestLedger()
        var operations = group(1, [(.transfer, 1), (.transfer, 2)])
        operations[1].transaction.nonce = 40
        let answers = test.run(operations)
        let reason = LinkedFailure.refused(.transaction(.nonceTooHigh(have: 40, need: 1)))
        #expect(answers[0] == .linkedFailed(ticket: 1, failedIndex: 1, reason: reason))
        #expect(answers[1] == .linkedFailed(ticket: 2, failedIndex: 1, reason: reason))
        test.ledger.drainAndStop()
    }

    @Test func `a repeated group gets its receipts, a mixed one fails whole`() throws {
        let test = try TestLedger()
        let operations = group(1, [(.transfer, 1), (.transfer, 2)])
        let first = test.run(operations)
        let second = test.run(operations)
        #expect(second.map(\.receipt) == first.map(\.receipt))
        #expect(!second.contains { $0.isFresh })
        var mixed = group(10, [(.transfer, 1), (.transfer, 2), (.transfer, 3)])
        mixed[1].id = World.id(2)
        for answer in test.run(mixed) {
            guard case .linkedFailed(_, 1, .idInUse) = answer else {
                Issue.record("not in use: \(answer)")
                continue
            }
        }
        var twice = group(20, [(.transfer, 1), (.transfer, 2)])
        twice[1].id = twice[0].id
        for answer in test.run(twice) {
            guard case .linkedFailed(_, 1, .idInUse) = answer else {
                Issue.record("not in use: \(answer)")
                continue
            }
        }
        #expect(test.run([World.operation(10), World.operation(20)]).areAllFresh, "the ids are free")
        test.ledger.drainAndStop()
    }

    @Test func `a group is never cut by the limits of a block`() throws {
        let test = try TestLedger(configuration: World.configuration(blockOperationsMax: 10), starts: false)
        let submissions = (0..<30).flatMap { number in
            group(number * 10, [(.transfer, 0), (.transfer, 0), (.transfer, 0)]).map { Submission.operation($0) }
        }
        #expect(test.ledger.submit(submissions) == 90)
        test.start()
        let answers = test.desk.wait(for: 90)
        var blocks: [Int: Set<UInt64>] = [:]
        for answer in answers {
            guard case .final(let ticket, let block, _, _, false) = answer else {
                Issue.record("not final: \(answer)")
                continue
            }
            blocks[Int(ticket) / 10, default: []].insert(block)
        }
        #expect(blocks.count == 30)
        #expect(blocks.values.allSatisfy { $0.count == 1 })
        test.ledger.drainAndStop()
        #expect(test.ledger.status.blocks >= 10)
    }

    @Test func `a link to nothing ends the group`() throws {
        let test = try TestLedger()
        #expect(test.run([World.operation(1, isLinked: true)])[0].isFresh)
        let answers = test.run([
            .operation(World.operation(2, isLinked: true)), .view(World.balanceCall(of: 0, ticket: 9)),
            .operation(World.operation(3, .revert)),
        ])
        #expect(answers[0].isFresh)
        #expect(answers[2].isFresh)
        test.ledger.drainAndStop()
    }
}
