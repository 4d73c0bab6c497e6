import EVM
import Testing

@testable import Ledger

@Suite struct LimitTests {
    private func large(_ number: Int, bytes: Int, isLinked: Bool = false) -> Operation {
        var operation = World.operation(number, amount: 0, isLinked: isLinked)
        operation.transaction.data += [UInt8](repeating: 1, count: bytes)
        return operation
    }

    private func blocks(of answers: [Answer]) -> [UInt64: Int] {
        var counts: [UInt64: Int] = [:]
        for answer in answers {
            if case .final(_, let block, _, _, _) = answer { counts[block, default: 0] += 1 }
        }
        return counts
    }

    /// Answers of operations that were all waiting when the ledger started.
    private func run(_ operations: [Operation], _ configuration: LedgerConfiguration) throws -> (TestLedger, [Answer]) {
        let test = try TestLedger(configuration: configuration, starts: false)
        #expect(test.ledger.submit(operations.map { .operation($0) }) == operations.count)
        test.start()
        let answers = test.desk.wait(for: operations.count)
        test.ledger.drainAndStop()
        return (test, answers)
    }

    @Test func `an operation too large for a block is refused with both numbers`() throws {
        let test = try TestLedger()
        let answers = test.run([large(1, bytes: 300_000), large(2, bytes: 100)])
        guard case .refused(1, .operationTooLarge(let bytes, let maximum)) = answers[0] else {
            Issue.record("not refused: \(answers[0])")
            return
        }
        #expect(bytes > 300_000 && maximum == LedgerLimits.operationBytesMax)
        #expect(answers[1].isFresh)
        test.ledger.drainAndStop()
    }

    @Test func `too many linked operations are refused together`() throws {
        let count = LedgerLimits.linkedOperationsMax + 1
        let operations = (0..<count).map { World.operation($0, amount: 0, isLinked: $0 + 1 < count) }
        let (test, answers) = try run(operations, World.configuration())
        #expect(answers.count == count)
        let reason = LinkedFailure.refused(.groupTooLong(count: count, maximum: LedgerLimits.linkedOperationsMax))
        #expect(answers[7] == .linkedFailed(ticket: 7, failedIndex: 0, reason: reason))
        #expect(test.ledger.status.operations == 0)
    }

    @Test func `a linked group too large for a block is refused together`() throws {
        let operations = (0..<4).map { large($0, bytes: 60_000, isLinked: $0 < 3) }
        let (test, answers) = try run(operations, World.configuration())
        for answer in answers {
            guard case .linkedFailed(_, 0, .refused(.operationTooLarge)) = answer else {
                Issue.record("not refused: \(answer)")
                continue
            }
        }
        #expect(test.ledger.status.blocks == 0)
    }

    @Test func `blocks are cut by bytes, operations and gas`() throws {
        let operations = (0..<40).map { large($0, bytes: 10_000) }
        let (byBytes, answers) = try run(operations, World.configuration())
        #expect(blocks(of: answers).values.allSatisfy { $0 <= 6 }, "64 KiB hold six of them")
        #expect(byBytes.ledger.status.operations == 40)
        let (_, byCount) = try run((0..<100).map { World.operation($0) }, World.configuration(blockOperationsMax: 7))
        #expect(blocks(of: byCount).values.allSatisfy { $0 <= 7 })
        var configuration = World.configuration(blockOperationsMax: 1_000)
        configuration.blockGasMax = 30_000
        let (_, byGas) = try run((0..<300).map { World.operation($0, from: $0 % 8) }, configuration)
        #expect(blocks(of: byGas).values.allSatisfy { $0 <= LedgerLimits.chunkOperationsMax })
    }

    @Test func `a violation inside a linked group drops the group`() throws {
        let test = try TestLedger()
        let answers = test.run([
            World.operation(1, amount: 4, isLinked: true), World.operation(2, .silentTransfer, amount: 5),
        ])
        for answer in answers {
            guard case .linkedFailed(_, 1, .refused(.conservationViolated)) = answer else {
                Issue.record("not dropped: \(answer)")
                continue
            }
        }
        #expect(test.balance(0) == 1_000)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.conservationViolations == 1)
    }

    @Test(arguments: [(280 << 10, 1 << 20), (1 << 20, 280 << 10)])
    func `a log goes on with segments of another size`(_ sizes: (Int, Int)) throws {
        let first = try TestLedger(configuration: World.configuration(segmentBytes: sizes.0))
        for number in 0..<90 { first.run([World.operation(number)]) }
        first.ledger.drainAndStop()
        let second = try TestLedger(
            storage: MemoryStorage(content: first.storage.durableImage),
            configuration: World.configuration(segmentBytes: sizes.1))
        for number in 90..<200 { second.run([World.operation(number)]) }
        second.ledger.drainAndStop()
        let third = try TestLedger(storage: MemoryStorage(content: second.storage.durableImage), starts: false)
        #expect(third.ledger.status.head == second.ledger.status.head)
        #expect(third.ledger.status.operations == 200)
    }

    @Test func `what waits for the anchors is bounded, and the log does not wait for the next one`() {
        let service = AnchorService(
            tracker: MerkleStateRoot(), file: nil, pending: MergedChanges(), block: 0, digest: .zero,
            intervalMilliseconds: 1_000, waitingBytesMax: 1 << 16, report: { _ in })
        var half = ByteBuffer()
        var number: UInt64 = 0
        while half.count <= 1 << 15 {
            half.append(StateDiff(storage: [StorageChange(address: World.token, slot: U256(number % 50), value: 1)]))
            number += 1
        }
        #expect(service.hasRoom)
        service.put(block: 1, digest: .zero, writes: half.bytes)
        #expect(service.hasRoom)
        service.put(block: 2, digest: .zero, writes: half.bytes)
        #expect(service.hasRoom && service.waitingByteCount == 0, "who fills it merges it, whenever the next anchor is due")
        #expect(service.anchorNow().block == 2)
        #expect(service.hasRoom)
    }

    @Test func `without anchors what waits for them is merged by the log thread, and the log never waits`() {
        let service = AnchorService(
            tracker: MerkleStateRoot(), file: nil, pending: MergedChanges(), block: 0, digest: .zero,
            intervalMilliseconds: 0, waitingBytesMax: 1 << 14, report: { _ in })
        let expected = MerkleStateRoot()
        let last = MergedChanges()
        for block in 1...200 {
            var writes = ByteBuffer()
            for slot in 0..<20 {
                let change = StorageChange(address: World.token, slot: U256(UInt64(slot)), value: U256(UInt64(block)))
                writes.append(StateDiff(storage: [change]))
            }
            #expect(service.hasRoom)
            service.put(block: UInt64(block), digest: .zero, writes: writes.bytes)
            #expect(service.waitingByteCount < 1 << 15)
            last.merge(encoded: writes.bytes)
        }
        expected.apply(last)
        #expect(service.anchorNow() == Anchor(block: 200, stateRoot: expected.root()))
    }
}
