import EVM
import Testing

@testable import Ledger

@Suite struct ReceiptStoreTests {
    @Test(arguments: [1, 2, 100]) func `records come back from memory and from the file`(_ chunks: Int) throws {
        let folder = TemporaryFolder()
        let store = try ReceiptStore(disk: SystemDisk.shared, path: folder.path + "/receipts", chunksInMemory: chunks)
        var generator = SeededGenerator(state: 5)
        var expected: [(UInt64, [UInt8], Receipt)] = []
        for number in 0..<3_000 {
            let large = number % 1_000 == 999
            let body = [UInt8](
                repeating: UInt8(number % 251), count: large ? 3 << 20 : Int.random(in: 0..<4_000, using: &generator))
            let receipt = Receipt(outcome: .success, gasUsed: UInt64(number), output: [UInt8(number % 250)])
            var encoded = ByteBuffer()
            encoded.append(receipt)
            let location = try body.withUnsafeBytes { bytes in
                try store.append(id: World.id(number), block: UInt64(number), index: 3, transaction: bytes, receipt: encoded.bytes)
            }
            #expect(location != 0)
            expected.append((location, body, receipt))
        }
        for (number, record) in expected.enumerated() {
            let stored = try store.read(record.0)
            #expect(stored.block == UInt64(number) && stored.index == 3)
            #expect(stored.transaction == record.1)
            #expect(stored.receipt == record.2)
        }
        #expect(store.memoryByteCount <= (chunks + LedgerLimits.receiptChunksBehindMax) * (4 << 20))
        try store.handOver()
        #expect(store.fileByteCount == store.end)
        let again = try ReceiptStore(
            disk: SystemDisk.shared, path: folder.path + "/receipts", chunksInMemory: chunks, end: store.end)
        for number in [0, 1, 999, 1_500, 2_999] {
            #expect(try again.read(expected[number].0).receipt == expected[number].2)
        }
        folder.flip("receipts", at: Int(expected[7].0) + 60)
        #expect(throws: LogError.self) { try again.read(expected[7].0) }
    }

    @Test(arguments: [false, true]) func `a file goes on behind any record, as if it had never stopped`(_ onSystem: Bool) throws {
        let folder = TemporaryFolder()
        let disk: any Disk = if onSystem { SystemDisk.shared } else { MemoryDisk() }
        let path = onSystem ? folder.path + "/receipts" : "/world/receipts"
        if !onSystem { try disk.makeFolder("/world") }
        var generator = SeededGenerator(state: 9)
        let bodies = (0..<600).map { _ in
            [UInt8](repeating: .random(in: 0...255, using: &generator), count: Int.random(in: 0..<5_000, using: &generator))
        }
        var encoded = ByteBuffer()
        encoded.append(Receipt(outcome: .success, gasUsed: 1))
        func append(_ number: Int, to store: ReceiptStore) throws -> UInt64 {
            try bodies[number].withUnsafeBytes {
                try store.append(id: World.id(number), block: 1, index: 0, transaction: $0, receipt: encoded.bytes)
            }
        }
        let whole = try ReceiptStore(disk: nil, path: "receipts", chunksInMemory: .max)
        let expected = try (0..<600).map { try append($0, to: whole) }
        var store = try ReceiptStore(disk: disk, path: path, chunksInMemory: 1)
        for number in 0..<600 {
            #expect(try append(number, to: store) == expected[number])
            // Handed over in the middle of pages, gone on with, and now and then opened again behind what was written.
            if number % 7 == 3 { try store.handOver() }
            if number % 41 == 40 {
                try store.handOver()
                let end = store.end
                // What a crash leaves behind the last checkpoint.
                _ = try append(0, to: store)
                try store.handOver()
                store = try ReceiptStore(disk: disk, path: path, chunksInMemory: 1, end: end)
            }
        }
        try store.handOver()
        let again = try ReceiptStore(disk: disk, path: path, chunksInMemory: 1, end: store.end, isReadOnly: true)
        for number in 0..<600 {
            #expect(try again.read(expected[number]).transaction == bodies[number])
            #expect(try store.read(expected[number]).transaction == bodies[number])
        }
    }

    @Test func `a repeat finds its receipt in the file`() throws {
        let folder = TemporaryFolder()
        var configuration = World.configuration()
        configuration.receiptChunksInMemory = 1
        let genesis = World.genesis()
        let ledger = try Ledger(
            genesis: genesis, folder: folder.path, configuration: configuration, executor: World.executor(genesis))
        let desk = Desk()
        ledger.start { desk.take($0) }
        for part in 0..<40 {
            let operations = (0..<256).map { World.operation(part * 256 + $0, from: $0 % 8, to: ($0 + 1) % 8) }
            #expect(ledger.submit(operations.map { .operation($0) }) == 256)
            desk.wait(for: (part + 1) * 256)
        }
        _ = ledger.submit([.operation(World.operation(5, from: 5, to: 6))])
        let answers = desk.wait(for: 40 * 256 + 1)
        #expect(answers.last?.receipt == answers[5].receipt)
        #expect(answers.last?.isFresh == false)
        ledger.drainAndStop()
    }
}
