import EVM
import Testing

@testable import Ledger

/// Ends a block in which somebody has moved `calling` coins with one transfer of as many coins as there were such calls.
final class CountingCloser: BlockCloser, @unchecked Sendable {
    // Sendable: used by one sequencer.
    static let calling: UInt64 = 7
    var callsMax = 4
    var gasForEach: UInt64 = 0
    /// What is asked for: one transfer, one that fails, one that cannot run, one whose books do not balance, one for each call, or too many.
    enum Kind { case one, failing, impossible, unbalanced, each, tooMany }
    let kind: Kind
    private var calls = 0

    init(_ kind: Kind = .one) { self.kind = kind }

    func mayCall(_ transaction: Transaction) -> Bool {
        transaction.data.count == 29 && transaction.data.last == UInt8(Self.calling)
    }

    func note(_ receipt: Receipt) {
        if receipt.logs.contains(where: { $0.data == U256(Self.calling).bigEndianBytes }) { calls += 1 }
    }

    func closing() -> [Transaction] {
        defer { calls = 0 }
        if calls == 0 { return [] }
        let count = kind == .each ? calls : kind == .tooMany ? calls + 3 : 1
        return (0..<count).map { _ in
            var transaction = Transaction.session(
                sender: World.player(6), to: World.token,
                data: World.data(kind == .unbalanced ? .silentTransfer : .transfer, to: World.player(7), amount: kind == .failing ? 9_999 : kind == .one ? UInt64(calls) : 1),
                gasLimit: 100_000)
            if kind == .impossible { transaction.nonce = 77 }
            return transaction
        }
    }
}

/// What ends micro-blocks.
@Suite struct BlockCloserTests {
    private func ledger(
        _ closer: any BlockCloser = CountingCloser(), storage: MemoryStorage = MemoryStorage(),
        genesis: LedgerGenesis = World.genesis(), configuration: LedgerConfiguration = World.configuration()
    ) throws -> TestLedger {
        let test = try TestLedger(storage: storage, genesis: genesis, configuration: configuration, starts: false)
        test.ledger.endBlocks(with: closer)
        return test
    }

    private func calling(_ number: Int, isLinked: Bool = false) -> Operation {
        World.operation(number, from: number % 4, to: 5, amount: CountingCloser.calling, isLinked: isLinked)
    }

    /// The blocks of a log: how many operations each has, and whether one of them ended it.
    private func blocks(_ storage: MemoryStorage) throws -> [(count: Int, last: Bool)] {
        let genesis = World.genesis()
        var scanner = try LogScanner(storage: storage.files, genesisDigest: genesis.digest, logKey: genesis.digest.word.l3)
        var found: [(count: Int, last: Bool)] = []
        while let record = try scanner.next() {
            let operations = try ReplayBlock(record).operations
            let ending = operations.indices.filter { operations[$0].transaction.sender == World.player(6) }
            #expect(ending.isEmpty || ending == Array((operations.count - ending.count)..<operations.count), "closings come last")
            found.append((operations.count, !ending.isEmpty))
        }
        return found
    }

    private func closings(_ test: TestLedger) -> [(id: OperationID, block: UInt64, index: UInt32, receipt: Receipt)] {
        test.desk.all.compactMap {
            guard case .closing(let id, let block, let index, let receipt) = $0 else { return nil }
            return (id, block, index, receipt)
        }
    }

    @Test func `a block that calls for it is ended by one operation behind all others`() throws {
        let test = try ledger()
        // The last but one moves as many coins, but its transaction does not say so: it was not counted, and does not call.
        var silent = World.operation(4, amount: CountingCloser.calling)
        silent.transaction.data += [0]
        let operations = [calling(1), World.operation(2), calling(3), silent]
        _ = test.ledger.submit(operations.map { .operation($0) })
        test.start()
        test.desk.wait(for: 5)
        let closing = try #require(closings(test).first)
        #expect(closing.index == 4 && closing.receipt.succeeded)
        #expect(test.balance(7) == 1_002, "two calls")
        test.run([World.operation(8)])
        test.ledger.drainAndStop()
        #expect(closings(test).count == 1, "a block without a call has no end of its own")
        #expect(test.ledger.status.operations == 6 && test.ledger.status.closings == 1 && test.ledger.status.closingsFailed == 0)
        let found = try blocks(test.storage)
        #expect(found.map(\.count) == [5, 1] && found.map(\.last) == [true, false])
    }

    @Test func `a log with ends is the same for whoever reads it without a closer`() throws {
        let test = try ledger(CountingCloser(.each))
        test.start()
        for number in 0..<30 { test.run([number % 3 == 0 ? calling(number) : World.operation(number, from: number % 4)]) }
        test.ledger.drainAndStop()
        let again = try TestLedger(storage: MemoryStorage(content: test.storage.durableImage), starts: false)
        #expect(again.ledger.status.head == test.ledger.status.head)
        #expect(again.ledger.stateRoot().stateRoot == test.ledger.stateRoot().stateRoot)
        #expect(again.ledger.status.operations == 40)
        let genesis = World.genesis()
        let report = try Ledger.verify(
            storage: test.storage.files, genesis: genesis, executor: World.executor(genesis), anchors: [], progress: { _ in })
        #expect(report.ok && report.head == test.ledger.status.head && report.transactions == 40)
        // What is asked for again is the original: no block is ended twice for it.
        again.ledger.endBlocks(with: CountingCloser(.each))
        again.start()
        let repeated = again.run([calling(3), calling(6)])
        #expect(repeated.allSatisfy { $0.receipt != nil && !$0.isFresh })
        again.ledger.drainAndStop()
        #expect(again.ledger.status.closings == 0 && again.ledger.status.operations == 40)
    }

    @Test func `a crash keeps a block and its end, or neither`() throws {
        for seed in 0..<40 as Range<UInt64> {
            let test = try ledger()
            test.start()
            for number in 0..<6 { test.run([calling(number)]) }
            _ = test.ledger.submit((10..<20).map { .operation(calling($0)) })
            let image = test.storage.crashImage(seed: seed)
            test.ledger.drainAndStop()
            let again = try TestLedger(storage: MemoryStorage(content: image), starts: false)
            let found = try blocks(again.storage)
            #expect(found.count >= 6 && found.allSatisfy(\.last), "seed \(seed): \(found)")
        }
    }

    @Test func `a disk that fails at any call leaves no block without its end`() throws {
        var kept: Set<Int> = []
        for call in 1...16 {
            let storage = MemoryStorage()
            storage.setFault(.failing(call: call))
            guard let test = try? ledger(storage: storage) else { continue }
            test.start()
            for number in 0..<4 { _ = test.ledger.submit((0..<5).map { .operation(calling(number * 5 + $0)) }) }
            test.desk.wait(for: 25, milliseconds: 150)
            test.ledger.drainAndStop()
            guard let again = try? TestLedger(storage: MemoryStorage(content: storage.durableImage), starts: false) else { continue }
            let found = try blocks(again.storage)
            #expect(found.allSatisfy { $0.last }, "call \(call): \(found)")
            let answered = test.desk.all.count { $0.isFresh }
            #expect(found.reduce(0) { $0 + $1.count } >= answered, "call \(call)")
            kept.insert(found.count)
        }
        #expect(kept.count > 1, "\(kept)")
    }

    @Test(arguments: [CountingCloser.Kind.failing, .impossible, .unbalanced, .tooMany])
    func `an end that fails harms nobody`(_ kind: CountingCloser.Kind) throws {
        let test = try ledger(CountingCloser(kind))
        _ = test.ledger.submit([calling(1), World.operation(2), calling(3)].map { .operation($0) })
        test.start()
        let first = test.desk.wait(for: 3)
        #expect(first.prefix(3).map(\.ticket) == [1, 2, 3] && first.prefix(3).allSatisfy(\.isFresh))
        #expect(test.run([World.operation(9)]).contains { $0.isFresh && $0.ticket == 9 })
        test.ledger.drainAndStop()
        let status = test.ledger.status
        switch kind {
        case .failing: #expect(status.operations == 5 && status.closings == 1 && status.closingsFailed == 1)
        case .impossible, .unbalanced:
            #expect(status.operations == 4 && status.closings == 1 && status.closingsFailed == 1)
            #expect(status.refused == 1 && status.conservationViolations == (kind == .unbalanced ? 1 : 0), "an operator hears of it")
        default: #expect(status.operations == 6 && status.closings == 5 && status.closingsFailed == 3)
        }
        let again = try TestLedger(storage: MemoryStorage(content: test.storage.durableImage), starts: false)
        #expect(again.ledger.status.head == status.head)
    }

    /// The id that the end of the second block has: a first block of one operation, then one that calls, at fixed times.
    private func secondEnd(_ kind: CountingCloser.Kind, first: OperationID) throws -> (test: TestLedger, ends: [OperationID]) {
        let configuration = World.configuration(clockMode: .operations)
        let test = try ledger(CountingCloser(kind), configuration: configuration)
        test.start()
        var operation = World.operation(50, clock: 10_000)
        operation.id = first
        test.run([operation])
        var call = calling(51)
        call.clockMilliseconds = 11_000
        test.run([call])
        test.run([World.operation(52, clock: 12_000)])
        return (test, closings(test).map(\.id))
    }

    @Test func `the id of an end that somebody has used before stays his, and the block goes without`() throws {
        let foreseen = try #require(try secondEnd(.one, first: World.id(50)).ends.first)
        let (test, ends) = try secondEnd(.one, first: foreseen)
        #expect(ends.isEmpty && test.ledger.status.closings == 1 && test.ledger.status.closingsFailed == 1)
        var again = World.operation(50, clock: 10_000)
        again.id = foreseen
        guard case .final(_, 1, 0, _, true)? = test.run([again]).last else {
            Issue.record("not the first receipt")
            return
        }
        test.ledger.drainAndStop()
        let configuration = World.configuration(clockMode: .operations)
        let restarted = try TestLedger(
            storage: MemoryStorage(content: test.storage.durableImage), configuration: configuration, starts: false)
        #expect(restarted.ledger.status.head == test.ledger.status.head)
    }

    @Test(arguments: [CountingCloser.Kind.impossible, .unbalanced])
    func `an end that is refused keeps no id, no gas, no room and no coins`(_ kind: CountingCloser.Kind) throws {
        let id = try #require(try secondEnd(.one, first: World.id(50)).ends.first)
        let (test, ends) = try secondEnd(kind, first: World.id(50))
        #expect(ends.isEmpty && test.ledger.status.closingsFailed == 1)
        #expect(test.run([.lookup(ReceiptLookup(id: id, ticket: 7))]) == [.notFound(ticket: 7)])
        var operation = World.operation(60, clock: 12_000)
        operation.id = id
        #expect(test.run([operation]).contains { $0.isFresh && $0.ticket == 60 }, "the id is free")
        #expect(test.balance(6) == 1_000 && test.balance(7) == 1_000)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.gas == 4 * 30_000, "four transfers of players")
        // Blocks of a full queue take as many calls as the first.
        let full = try ledger(CountingCloser(kind))
        _ = full.ledger.submit((0..<48).map { .operation(calling($0)) })
        full.start()
        full.desk.wait(for: 48)
        full.ledger.drainAndStop()
        let counts = try blocks(full.storage).map(\.count)
        #expect(counts.reduce(0, +) == 48 && counts.count { $0 == 4 } >= 6, "\(counts)")
        #expect(full.ledger.status.operations == 48 && full.ledger.status.closingsFailed == UInt64(counts.count))
        let again = try TestLedger(storage: MemoryStorage(content: full.storage.durableImage), starts: false)
        #expect(again.ledger.status.head == full.ledger.status.head && again.ledger.status.operationsDigest == full.ledger.status.operationsDigest)
    }

    @Test(arguments: [3, 4, 5, 8, 64])
    func `a block with its end keeps to the limits, whatever waits`(_ operationsMax: Int) throws {
        var configuration = World.configuration(blockOperationsMax: operationsMax)
        configuration.blockBytesMax = 8 << 10
        let test = try ledger(CountingCloser(.each), configuration: configuration)
        let operations = (0..<120).map { $0 % 5 < 3 ? calling($0) : World.operation($0, from: $0 % 4) }
        _ = test.ledger.submit(operations.map { .operation($0) })
        test.start()
        test.desk.wait(for: 120 + 72)
        test.ledger.drainAndStop()
        let ends = closings(test)
        #expect(ends.count == 72 && ends.allSatisfy { $0.receipt.succeeded })
        let found = try blocks(test.storage)
        #expect(found.allSatisfy { $0.count <= operationsMax }, "\(found.map(\.count))")
        var calls: [UInt64: Int] = [:]
        for end in ends { calls[end.block, default: 0] += 1 }
        #expect(calls.values.allSatisfy { $0 <= 4 }, "at most four calls a block")
    }

    @Test func `gas is kept free for the end of a block`() throws {
        let closer = CountingCloser(.each)
        closer.callsMax = 30
        closer.gasForEach = 40_000
        var configuration = World.configuration(blockOperationsMax: 200)
        configuration.blockGasMax = 200_000
        let test = try ledger(closer, configuration: configuration)
        _ = test.ledger.submit((0..<60).map { .operation(calling($0)) })
        test.start()
        test.desk.wait(for: 120)
        test.ledger.drainAndStop()
        var calls: [UInt64: Int] = [:]
        for end in closings(test) { calls[end.block, default: 0] += 1 }
        #expect(calls.values.reduce(0, +) == 60)
        #expect(calls.values.allSatisfy { $0 <= 6 }, "\(calls.values.sorted())")
    }

    @Test func `a linked group with more calls than a block may have is refused`() throws {
        let test = try ledger()
        test.start()
        let group = (0..<5).map { calling($0, isLinked: $0 < 4) }
        let reason = LinkedFailure.refused(.groupTooLong(count: 5, maximum: 4))
        #expect(test.run(group)[0] == .linkedFailed(ticket: 0, failedIndex: 0, reason: reason))
        let fitting = test.run((10..<14).map { calling($0, isLinked: $0 < 13) })
        #expect(fitting.filter(\.isFresh).count == 4)
        test.ledger.drainAndStop()
        #expect(closings(test).count == 1)
    }

    @Test func `ends find room in clock mode operations and in a queue that is full`() throws {
        var configuration = World.configuration(clockMode: .operations)
        configuration.queueOperationsMax = LedgerLimits.linkedOperationsMax
        let genesis = World.genesis(coins: 100_000)
        let test = try ledger(genesis: genesis, configuration: configuration)
        var operations = (0..<1_100).map { calling($0) }
        for place in operations.indices { operations[place].clockMilliseconds = 10_000 + UInt64(place / 10) }
        let taken = test.ledger.submit(operations.map { .operation($0) })
        #expect(taken == LedgerLimits.linkedOperationsMax, "the queue takes no more")
        test.start()
        test.ledger.drainAndStop()
        #expect(test.desk.all.count { $0.isFresh } == taken)
        #expect(test.ledger.status.closingsFailed == 0 && test.ledger.status.closings >= UInt64(taken / 4))
        let again = try TestLedger(
            storage: MemoryStorage(content: test.storage.durableImage), genesis: genesis, configuration: configuration, starts: false)
        #expect(again.ledger.status.head == test.ledger.status.head)
    }
}
