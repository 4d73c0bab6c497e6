import EVM
import Testing

@testable import Ledger

@Suite struct EncodedReceiptTests {
    private static let topic = U256(77)

    private static func log(_ topics: LogTopics, _ data: [UInt8]) -> EmittedLog {
        EmittedLog(address: World.token, topics: topics, data: data)
    }

    @Test(arguments: [Outcome.success, .reverted, .halted(.outOfGas)])
    func `a receipt comes back whole`(_ outcome: Outcome) {
        var receipt = Receipt(outcome: outcome, gasUsed: 51_234, output: [1, 2, 3])
        receipt.createdAddress = World.player(3)
        receipt.logs = [Self.log([], []), Self.log([Self.topic, .zero, U256(5), .max], [9, 8, 7])]
        let encoded = EncodedReceipt(receipt)
        #expect(encoded.decoded() == receipt)
        #expect(encoded.succeeded == receipt.succeeded)
        #expect(encoded == EncodedReceipt(receipt))
        receipt.gasUsed += 1
        #expect(encoded != EncodedReceipt(receipt))
    }

    @Test func `of what took effect the last log like the named one comes alone`() {
        var receipt = Receipt(outcome: .success, gasUsed: 9, output: [4])
        receipt.logs = [
            Self.log([Self.topic, U256(1)], [1]), Self.log([Self.topic, U256(2)], [2]),
            Self.log([Self.topic, U256(3), .zero], [3]), Self.log([U256(78), U256(4)], [4]), Self.log([], [5]),
        ]
        let encoded = EncodedReceipt(receipt)
        let part = encoded.decoded(withLog: Self.topic, topicCount: 2)
        #expect(part.logs == [receipt.logs[1]] && part.gasUsed == 9 && part.succeeded && part.output.isEmpty)
        #expect(encoded.decoded(withLog: Self.topic, topicCount: 3).logs == [receipt.logs[2]])
        #expect(encoded.decoded(withLog: Self.topic, topicCount: 4).logs.isEmpty)
    }

    @Test func `of what failed the output comes, which names the reason`() {
        var receipt = Receipt(outcome: .reverted, gasUsed: 9, output: [4, 5, 6])
        receipt.logs = []
        #expect(EncodedReceipt(receipt).decoded(withLog: Self.topic, topicCount: 1) == receipt)
    }

    @Test func `memory that an answer refers to is not used again`() {
        var pool = SharedBytesPool()
        let first = pool.take()
        first.buffer.append(Receipt(outcome: .success, gasUsed: 1, output: [1]))
        var answer: EncodedReceipt? = EncodedReceipt(first, offset: 0, count: first.buffer.count)
        let place = first.buffer.base
        func giveBack(_ memory: consuming SharedBytes) { pool.keep(memory) }
        giveBack(first)
        let second = pool.take()
        #expect(second.buffer.base != place)
        #expect(answer?.decoded().output == [1])
        answer = nil
    }

    @Test func `memory that nobody refers to is used again, empty`() {
        var pool = SharedBytesPool()
        var place: UnsafeMutableRawPointer?
        func use() {
            let memory = pool.take()
            memory.buffer.append(Receipt(outcome: .success, gasUsed: 1, output: [1]))
            place = memory.buffer.base
            pool.keep(memory)
        }
        use()
        let again = pool.take()
        #expect(again.buffer.base == place && again.buffer.count == 0)
    }

    @Test func `no more memory is kept than a few blocks of the usual size need`() {
        final class Weak {
            weak var memory: SharedBytes?
            init(_ memory: SharedBytes) { self.memory = memory }
        }
        var pool = SharedBytesPool()
        func keep(_ capacity: Int) -> Weak {
            let memory = SharedBytes(capacity: capacity)
            pool.keep(memory)
            return Weak(memory)
        }
        let usual = (0..<10).map { _ in keep(64 << 10) }
        #expect(usual.map { $0.memory != nil } == (0..<10).map { $0 >= 10 - LedgerLimits.resultBuffersKept })
        #expect(keep(LedgerLimits.resultBytesKept * 2).memory == nil)
    }

    @Test func `receipts of answers stay what they were while their blocks are used again`() throws {
        let folder = TemporaryFolder()
        let genesis = World.genesis()
        let ledger = try Ledger(
            genesis: genesis, folder: folder.path, configuration: World.configuration(), executor: World.executor(genesis))
        let desk = Desk()
        ledger.start { desk.take($0) }
        for part in 0..<60 {
            // No block's receipts are those of another.
            let operations = (0..<64).map { World.operation(part * 64 + $0, from: $0 % 8, to: ($0 + 1) % 8, amount: UInt64(part + 1)) }
            #expect(ledger.submit(operations.map { .operation($0) }) == 64)
            desk.wait(for: (part + 1) * 64)
        }
        let answers = desk.wait(for: 60 * 64)
        ledger.drainAndStop()
        let inspection = try LedgerInspection(folder: folder.path, genesis: genesis, executor: World.executor(genesis))
        for answer in answers {
            #expect(try inspection.entry(World.id(Int(answer.ticket)))?.receipt == answer.receipt)
        }
    }
}
