import EVM
import Glibc
import Testing

@testable import Ledger

/// The end of the log: what only looks durable, and what only looks like a record.
@Suite struct LogTailTests {
    @Test func `what a failed sync has left in the system's cache is made durable before a restart counts on it`() throws {
        // A disk that forgets what a failed sync did not write, as Linux does: a later sync succeeds and proves nothing.
        for seed in 0..<UInt64(24) {
            let test = try MemoryLedger(configuration: World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 1))
            #expect(test.run([World.operation(0)])[0].isFresh)
            test.disk.plan { $0.kind == .sync && $0.path.contains("/log/segment-") ? .fails(code: EIO) : .succeeds }
            _ = test.ledger.submit([.operation(World.operation(1))])
            while test.ledger.status.failure == nil { usleep(200) }
            test.ledger.drainAndStop()
            test.disk.plan(nil)
            // The process starts anew, the system has not: the record is in its cache, whole.
            let again = try MemoryLedger(disk: test.disk)
            #expect(again.ledger.status.operations == 2)
            let answer = again.run([World.operation(1)])[0]
            #expect(answer.receipt != nil && !answer.isFresh, "the restart answers for it")
            let disk = again.disk.crashed(seed: seed)
            again.ledger.drainAndStop()
            let third = try MemoryLedger(disk: disk)
            #expect(third.ledger.status.operations == 2, "an operation that was answered is gone, seed \(seed)")
            #expect(third.run([World.operation(1)])[0].receipt == answer.receipt)
            third.ledger.drainAndStop()
        }
    }

    /// The bytes of a record that would prove its predecessors durable.
    private func forgedRecord(_ logKey: UInt64) -> [UInt8] {
        var record = ByteBuffer()
        LogRecordLayout.begin(&record)
        record.appendZeros(64)
        let header = MicroBlockHeader(
            number: 99, timestampMilliseconds: 9_000, gasUsed: 1, operationCount: 1, clockMode: .wall, parent: .zero,
            prevrandao: .zero, transactionsDigest: .zero, writesDigest: .zero, resultsDigest: .zero)
        var scratch = ByteBuffer()
        LogRecordLayout.finish(&record, header: header, digest: header.digest, logKey: logKey, scratch: &scratch)
        LogRecordLayout.stamp(&record, durable: 98)
        return [UInt8](record.bytes)
    }

    private func operation(_ number: Int, _ data: [UInt8]) -> Operation {
        Operation(
            id: World.id(number),
            transaction: .session(
                sender: World.player(0), to: World.token, data: [StandInMachine.Call.revert.rawValue] + data,
                gasLimit: 100_000), ticket: UInt64(number))
    }

    /// What opening says of a log whose last record lost its first page, with these bytes at a page boundary within it.
    private func opensWithTornTail(holding forged: [UInt8], key: UInt64?) throws -> Bool {
        let log = "/world/log/segment-00000000"
        let page = 4_096
        var configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 1)
        configuration.idSeed = 3
        let test = try MemoryLedger(configuration: configuration)
        if let key {
            // A world from before keys, whose records carry what everybody knows.
            test.ledger.drainAndStop()
            let old = MemoryDisk()
            try old.makeFolder("/world/log")
            old.put("/world/world", Array("hoard world 1\ngenesis \(World.genesis().digest.hex)\n".utf8))
            #expect(World.genesis().digest.word.l3 == key)
            let world = try MemoryLedger(disk: old, configuration: configuration)
            return try tear(world, log, page, forged, configuration)
        }
        return try tear(test, log, page, forged, configuration)
    }

    private func tear(
        _ test: MemoryLedger, _ log: String, _ page: Int, _ forged: [UInt8], _ configuration: LedgerConfiguration
    ) throws -> Bool {
        // Where call data begins in a record: asked of a record whose data is known.
        let marker = [UInt8](repeating: 0xab, count: 3 * page)
        test.run([operation(0, marker)])
        let bytes = try #require(test.disk.bytes(log))
        let offset = try #require(bytes.indices.first { bytes[$0..<min($0 + 16, bytes.count)].allSatisfy { $0 == 0xab } })
        var data = [UInt8](repeating: 0xcd, count: 3 * page)
        data.replaceSubrange(page - offset..<page - offset + forged.count, with: forged)
        test.run([operation(1, data)])
        test.ledger.drainAndStop()
        let disk = test.disk.crashed(seed: 0, keepsEverything: true)
        var torn = try #require(disk.bytes(log))
        let second = 4 * page
        #expect(Array(torn[second + page..<second + page + 4]) == Array("HBR1".utf8), "the forged record is on a page")
        torn.replaceSubrange(second..<second + page, with: [UInt8](repeating: 0, count: page))
        disk.put(log, torn)
        do {
            let again = try MemoryLedger(disk: disk, configuration: configuration, starts: false)
            #expect(again.ledger.status.operations == 1)
            return true
        } catch {
            guard case .damagedLog = error else { throw error }
            return false
        }
    }

    @Test func `a record in call data cannot make a torn tail look like damage, since nobody knows the log's key`() throws {
        let known = World.genesis().digest.word.l3
        #expect(try opensWithTornTail(holding: forgedRecord(known), key: nil))
        #expect(try !opensWithTornTail(holding: forgedRecord(known), key: known), "without a key it does: the test can fail")
    }

    @Test func `a bit of the world file that flips, or a key that is another, never lets a log be cut`() throws {
        let configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 1)
        let test = try MemoryLedger(configuration: configuration)
        for number in 0..<5 { test.run([World.operation(number)]) }
        test.ledger.drainAndStop()
        let disk = test.disk.crashed(seed: 0, keepsEverything: true)
        let text = try #require(disk.bytes("/world/world"))
        let log = try #require(disk.bytes("/world/log/segment-00000000"))
        for bit in 0..<text.count * 8 {
            let copy = disk.crashed(seed: 0, keepsEverything: true)
            copy.flip("/world/world", bit: bit)
            if let again = try? MemoryLedger(disk: copy, configuration: configuration, starts: false) {
                #expect(again.ledger.status.operations == 5, "bit \(bit) of \(String(decoding: text, as: UTF8.self))")
            }
            #expect(copy.bytes("/world/log/segment-00000000") == log, "bit \(bit)")
        }
        // A whole file with another key, and one of the first version, as an older program would have made it.
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        for other in ["\(lines[0].dropLast())1\n\(lines[1])\n", "\(lines[0].dropLast())1\n\(lines[1])\nlog 77\n"] {
            let copy = disk.crashed(seed: 0, keepsEverything: true)
            copy.put("/world/world", Array(other.utf8))
            let error = #expect(throws: LedgerError.self) {
                try MemoryLedger(disk: copy, configuration: configuration, starts: false)
            }
            #expect(error?.description.contains("another key") == true, "\(String(describing: error))")
            #expect(copy.bytes("/world/log/segment-00000000") == log)
        }
    }

    /// An operation whose record takes four pages, so that segments end with blank ones.
    private func long(_ number: Int) -> Operation { operation(number, [UInt8](repeating: 0xab, count: 3 * 4_096)) }

    private static let segmented: LedgerConfiguration = {
        var configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 1)
        configuration.idSeed = 3
        return configuration
    }()

    /// A world of several segments, and where the records of each end.
    private func segmentedWorld() throws -> (disk: MemoryDisk, status: LedgerStatus, ends: [(path: String, end: Int)]) {
        let test = try MemoryLedger(configuration: Self.segmented)
        for number in 0..<60 { test.run([long(number)]) }
        test.ledger.drainAndStop()
        let disk = test.disk.crashed(seed: 0, keepsEverything: true)
        var ends: [(path: String, end: Int)] = []
        for path in disk.paths where path.contains("/log/segment-") {
            let bytes = try #require(disk.bytes(path))
            let used = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            ends.append((path, (used + 4_095) / 4_096 * 4_096))
        }
        return (disk, test.ledger.status, ends)
    }

    @Test func `bits that flip behind the last record of a segment that is not the last do not matter`() throws {
        let (disk, status, ends) = try segmentedWorld()
        let full = ends.filter { $0.end > 0 }.dropLast()
        #expect(full.count >= 3 && full.allSatisfy { $0.end < 280 << 10 }, "there is nothing blank to flip: \(ends)")
        var generator = SeededGenerator(state: 4)
        for round in 0..<40 {
            let copy = disk.crashed(seed: 0, keepsEverything: true)
            for (path, end) in full where round % 2 == 0 || path == full.first?.path {
                copy.flip(path, bit: Int.random(in: end * 8..<(280 << 10) * 8, using: &generator))
            }
            let again = try MemoryLedger(disk: copy, configuration: Self.segmented)
            #expect(again.ledger.status.head == status.head, "round \(round)")
            #expect(again.ledger.status.recoveryNotes.contains { $0.contains("belong to no record") })
            #expect(again.run([long(1_000)])[0].isFresh)
            again.ledger.drainAndStop()
            let third = try MemoryLedger(disk: copy.crashed(seed: UInt64(round)), configuration: Self.segmented, starts: false)
            #expect(third.ledger.status.head == again.ledger.status.head, "round \(round)")
        }
    }

    @Test func `what stands behind the last record of a segment is damage where the next segment does not go on there`() throws {
        let (disk, _, ends) = try segmentedWorld()
        for (place, segment) in ends.filter({ $0.end > 0 }).dropLast().enumerated() {
            // The last record of a segment, and the first of the next: each is missed, blank pages or not.
            for (path, byte) in [(segment.path, segment.end - 4 * 4_096 + 300), (ends[place + 1].path, 300)] {
                for flipsBlank in [false, true] {
                    let copy = disk.crashed(seed: 0, keepsEverything: true)
                    copy.flip(path, bit: byte * 8)
                    if flipsBlank { copy.flip(segment.path, bit: segment.end * 8 + 77) }
                    let error = #expect(throws: LedgerError.self) {
                        try MemoryLedger(disk: copy, configuration: Self.segmented, starts: false)
                    }
                    guard case .damagedLog = error else {
                        Issue.record("\(path), byte \(byte): \(String(describing: error))")
                        continue
                    }
                }
            }
        }
    }

    @Test func `a slow disk lets the queue fill, refuses what is too much as busy, and is caught up with by itself`() throws {
        var configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 4)
        configuration.queueOperationsMax = 1_024
        let test = try MemoryLedger(configuration: configuration)
        test.disk.plan {
            if $0.kind == .sync, $0.path.contains("/log/") { usleep(30_000) }
            return .succeeds
        }
        var taken = 0
        var refused = 0
        // As many as the disk lets through while they come in depends on the machine; that it ends does not.
        for number in 10_000..<60_000 where refused < 100 {
            if test.ledger.submit([.operation(World.operation(number))]) == 1 { taken += 1 } else { refused += 1 }
        }
        #expect(refused > 0, "what the queue has no room for the gateway answers with busy")
        #expect(test.ledger.queuedCount <= 1_024 && test.ledger.status.failure == nil)
        test.disk.plan(nil)
        #expect(test.desk.wait(for: taken).count == taken, "everything taken is answered")
        #expect(test.run([World.operation(5_000)])[0].isFresh)
        test.ledger.drainAndStop()
    }
}
