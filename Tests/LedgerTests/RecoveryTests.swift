import EVM
import Testing

@testable import Ledger

@Suite struct RecoveryTests {
    /// Runs `count` operations in separate blocks and returns the storage and what the ledger then says.
    private func filled(
        _ count: Int, configuration: LedgerConfiguration = World.configuration()
    ) throws -> (storage: MemoryStorage, status: LedgerStatus, root: Hash256, answers: [Answer]) {
        let test = try TestLedger(configuration: configuration)
        for number in 0..<count {
            test.run([World.operation(number, from: number % 8, to: (number + 1) % 8, amount: UInt64(number % 7))])
        }
        test.ledger.drainAndStop()
        return (
            MemoryStorage(content: test.storage.durableImage), test.ledger.status, test.ledger.stateRoot().stateRoot,
            test.desk.all
        )
    }

    private func reopen(_ content: [UInt32: [UInt8]]) throws -> TestLedger {
        try TestLedger(storage: MemoryStorage(content: content))
    }

    @Test func `a ledger opened again is the same and goes on`() throws {
        let before = try filled(20)
        let again = try reopen(before.storage.image)
        let status = again.ledger.status
        #expect(status.blocks == before.status.blocks)
        #expect(status.head == before.status.head)
        #expect(status.operationsDigest == before.status.operationsDigest)
        #expect(status.operations == 20)
        #expect(status.gas == before.status.gas)
        #expect(again.ledger.stateRoot().stateRoot == before.root)
        let repeated = again.run([World.operation(3, from: 3, to: 4, amount: 3)])
        #expect(repeated[0].receipt == before.answers[3].receipt)
        #expect(!repeated[0].isFresh)
        #expect(again.run([World.operation(99)])[0].isFresh)
        again.ledger.drainAndStop()
        #expect(again.ledger.status.blocks == before.status.blocks + 1)
        let third = try reopen(again.storage.durableImage)
        #expect(third.ledger.status.head == again.ledger.status.head)
    }

    @Test func `recovery crosses segments`() throws {
        var configuration = World.configuration(segmentBytes: 280 << 10)
        configuration.blockBytesMax = 64 << 10
        let test = try TestLedger(configuration: configuration)
        for number in 0..<200 { test.run([World.operation(number, from: number % 8, amount: 1)]) }
        test.ledger.drainAndStop()
        #expect(test.storage.image.count >= 3)
        let again = try TestLedger(
            storage: MemoryStorage(content: test.storage.durableImage), configuration: configuration)
        #expect(again.ledger.status.head == test.ledger.status.head)
        #expect(again.run([World.operation(1_000)])[0].isFresh)
        again.ledger.drainAndStop()
    }

    @Test func `a record torn at any byte is cut off and the log goes on`() throws {
        let before = try filled(3, configuration: World.configuration(segmentBytes: 280 << 10))
        let image = before.storage.image
        let last = 2 * 4_096
        let recordBytes = 4_096 - image[0]![last..<last + 4_096].reversed().prefix { $0 == 0 }.count
        #expect(recordBytes > 300)
        for length in 0..<recordBytes {
            var torn = image
            torn[0]!.replaceSubrange(last + length..<last + 4_096, with: repeatElement(0, count: 4_096 - length))
            let again = try TestLedger(
                storage: MemoryStorage(content: torn), configuration: World.configuration(segmentBytes: 280 << 10),
                starts: length % 61 == 0)
            #expect(again.ledger.status.blocks == 2, "cut at \(length)")
            #expect(!again.storage.image[0]![last..<last + 4_096].contains { $0 != 0 })
            guard length % 61 == 0 else { continue }
            #expect(again.run([World.operation(50)])[0].isFresh)
            again.ledger.drainAndStop()
            #expect(try reopen(again.storage.durableImage).ledger.status.blocks == 3, "cut at \(length)")
        }
    }

    @Test func `a flipped bit before the tail stops recovery and names the place`() throws {
        let before = try filled(4)
        var generator = SeededGenerator(state: 1)
        for _ in 0..<300 {
            var image = before.storage.image
            let record = Int.random(in: 0..<3, using: &generator)
            let length = 4_096 - image[0]![record * 4_096..<(record + 1) * 4_096].reversed().prefix { $0 == 0 }.count
            let byte = record * 4_096 + Int.random(in: 0..<length, using: &generator)
            image[0]![byte] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            do {
                _ = try TestLedger(storage: MemoryStorage(content: image), starts: false)
                Issue.record("byte \(byte) was not noticed")
            } catch let error as LedgerError {
                guard case .damagedLog(0, record * 4_096, UInt64(record + 1), _) = error else {
                    Issue.record("byte \(byte): \(error)")
                    continue
                }
            }
        }
    }

    @Test func `a lost page before the tail is damage`() throws {
        let before = try filled(4)
        var image = before.storage.image
        image[0]!.replaceSubrange(4_096..<8_192, with: repeatElement(0, count: 4_096))
        #expect(throws: LedgerError.self) { try TestLedger(storage: MemoryStorage(content: image), starts: false) }
    }

    @Test func `verify agrees with the ledger and finds a block that lies`() throws {
        let before = try filled(5)
        let genesis = World.genesis()
        var numbers: [UInt64] = []
        let report = try Ledger.verify(
            storage: before.storage.files, genesis: genesis, executor: World.executor(genesis), anchors: [],
            progress: { numbers.append($0) })
        #expect(report.ok)
        #expect(report.blocks == 5 && report.transactions == 5)
        #expect(report.head == before.status.head)
        #expect(report.stateRoot == before.root)
        #expect(report.operationsDigest == before.status.operationsDigest)
        #expect(numbers == [1, 2, 3, 4, 5])
        let forged = try forge(before.storage.image, block: 3)
        let bad = try Ledger.verify(
            storage: MemoryStorage(content: forged).files, genesis: genesis, executor: World.executor(genesis), anchors: [],
            progress: { _ in })
        #expect(!bad.ok)
        #expect(bad.firstBadBlock == 3)
    }

    /// Changes the amount in a block's only operation and makes every checksum and digest of that record fit again.
    private func forge(_ image: [UInt32: [UInt8]], block: Int) throws -> [UInt32: [UInt8]] {
        var image = image
        let start = (block - 1) * 4_096
        var buffer = ByteBuffer()
        image[0]!.withUnsafeBytes { bytes in
            let view = LogRecordLayout.parse(
                UnsafeRawBufferPointer(rebasing: bytes[start...]), logKey: World.genesis().digest.word.l3)!
            buffer.append(raw: view.bytes)
        }
        buffer.overwrite(at: buffer.count - 1, fixed: UInt8(200))
        var reader = ByteReader(buffer.bytes, from: LogRecordLayout.headBytes)
        var header = try MicroBlockHeader(from: &reader)
        header.transactionsDigest = sha256(buffer.bytes(from: LogRecordLayout.operationsOffset))
        var scratch = ByteBuffer()
        LogRecordLayout.finish(
            &buffer, header: header, digest: header.digest, logKey: World.genesis().digest.word.l3,
            scratch: &scratch)
        LogRecordLayout.stamp(&buffer, durable: UInt64(block - 1))
        image[0]!.replaceSubrange(start..<start + 4_096, with: buffer.bytes)
        return image
    }

    @Test func `what a killed process wrote without syncing is durable before the next run begins`() throws {
        let storage = MemoryStorage()
        let configuration = World.configuration(segmentBytes: 280 << 10)
        let test = try TestLedger(storage: storage, configuration: configuration)
        for number in 0..<100 { test.run([World.operation(number)]) }
        test.ledger.drainAndStop()
        // The process dies between write and sync; the system lives on and still has all that was written.
        let killed = MemoryStorage(content: storage.image, isDurable: false)
        let again = try TestLedger(storage: killed, configuration: configuration)
        #expect(killed.image.count >= 2)
        #expect(killed.durableImage == killed.image)
        again.ledger.drainAndStop()
    }

    @Test func `linked groups and reverts are executed again as they were`() throws {
        let test = try TestLedger()
        test.run([
            World.operation(1, amount: 2, isLinked: true), World.operation(2, amount: 3), World.operation(3, .revert),
            World.operation(4, isLinked: true), World.operation(5, .revert), World.operation(6, .halt),
        ])
        test.ledger.drainAndStop()
        let again = try reopen(test.storage.durableImage)
        #expect(again.ledger.status.head == test.ledger.status.head)
        #expect(again.ledger.status.operations == 4)
        #expect(again.run([World.operation(5)])[0].isFresh, "a dropped group left its ids free")
        again.ledger.drainAndStop()
    }
}
