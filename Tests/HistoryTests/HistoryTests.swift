import EVM
import Economy
import Foundation
import Ledger
import Testing

@testable import History

/// The index follows the log, and can be made again from it.
struct HistoryTests {
    /// Everything that the index says, as one text.
    private func content(_ history: History) throws -> String {
        var text = "first \(history.firstBlock) last \(history.indexedBlock) operations \(history.indexedOperations)\n"
        for number in history.firstBlock...history.indexedBlock {
            let block = try #require(try history.store.block(number))
            text += "\(number) \(block.digest) \(block.header.gasUsed) \(hexDigits(of: block.bloom.bytes.suffix(32)))"
            text += " \(keccak256(block.operations)) \(keccak256(block.results))"
            text += " \(keccak256(try history.resultsState(before: number) ?? []))\n"
            for entry in block.entries {
                text += "  \(entry.entry.id) \(entry.cumulativeGas) \(entry.firstLogIndex) \(try history.nonces(of: [entry.entry])[0])\n"
            }
        }
        for total in try history.totals() { text += "\(total)\n" }
        for row in try history.flows(since: 0) { text += "\(row)\n" }
        for name in ["ann", "bob", "cleo"] {
            text += "\(name) \(try history.operations(of: NamedAccount.player(name), limit: 500).map(\.entry.id))\n"
        }
        return text
    }

    private func index(_ history: History) {
        while history.step() {}
    }

    private func play(_ world: TestLedger, rounds: Int) throws {
        for round in 0..<rounds {
            try world.submit([
                try world.grant(UInt64(100 + round), to: "ann"), try world.transfer(7, from: "ann", to: "bob"),
                try world.transfer(1_000_000, from: "bob", to: "cleo"),
            ])
        }
    }

    @Test func `blocks, receipts and the way of players are in the index, and the same after it was deleted`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        try play(world, rounds: 8)
        index(world.history)
        #expect(world.history.indexFailure == nil)
        let totals = Dictionary(
            uniqueKeysWithValues: try world.history.totals().map { ("\($0.name) \($0.outcome)", $0.count) })
        #expect(totals == ["grant applied": 8, "transferCoins applied": 8, "transferCoins refusedByContract": 8])
        let gold = try world.history.flows(since: 0).filter { $0.asset == 1 }
        #expect(gold.first { $0.flow == .issued }?.units == Double((100..<108).reduce(0, +)))
        let ann = try world.history.operations(of: NamedAccount.player("ann"), limit: 100)
        #expect(ann.count == 16, "eight grants that ann received and eight transfers that she sent")
        #expect(ann.first?.entry.block ?? 0 >= ann.last?.entry.block ?? 0, "the newest first")
        let before = try content(world.history)
        world.stop()

        // Only files are left to make it again from.
        try FileManager.default.removeItem(atPath: world.folder + "/history")
        let again = try TestLedger(folder: world.folder)
        #expect(again.history.indexedBlock == 0)
        index(again.history)
        #expect(again.history.indexFailure == nil)
        #expect(try content(again.history) == before)
        again.stop()
    }

    @Test func `an index that was away goes on where it stood, past a restart of the ledger`() throws {
        let first = try TestLedger()
        defer { first.remove() }
        try play(first, rounds: 3)
        index(first.history)
        let reached = first.history.indexedBlock
        try play(first, rounds: 3)
        first.stop()
        let second = try TestLedger(folder: first.folder)
        #expect(second.history.indexedBlock == reached)
        try second.submit([try second.grant(5, to: "cleo")], idBase: 9)
        index(second.history)
        #expect(second.history.indexFailure == nil)
        #expect(second.history.indexedBlock == second.ledger.status.blocks)
        #expect(second.history.indexedOperations == 19)
        second.stop()
    }

    @Test func `what a full feed drops is read from the log`() throws {
        let world = try TestLedger(feed: BlockFeed(bytesMax: 4_000))
        defer { world.remove() }
        try play(world, rounds: 20)
        #expect(world.history.feed.droppedCount > 0, "nothing was dropped, so nothing is tested")
        // A part of the answer would look like all of it.
        let head = world.history.head
        #expect(throws: HistoryError.self) { try world.history.logs(LogFilter(), from: 1, to: head) }
        index(world.history)
        // What the receipts' file does not have yet comes once the ledger ends.
        world.stop()
        let after = try TestLedger(folder: world.folder)
        index(after.history)
        #expect(after.history.indexFailure == nil)
        #expect(after.history.indexedOperations == 60)
        after.stop()
    }

    @Test func `a receipt that may be damaged is remembered from look to look`() throws {
        let first = try TestLedger()
        defer { first.remove() }
        try play(first, rounds: 4)
        first.stop()
        // All receipts are in their file now, and this ledger may write it.
        let world = try TestLedger(folder: first.folder)
        let url = URL(fileURLWithPath: world.folder + "/receipts")
        var content = try Data(contentsOf: url)
        let last = try #require(content.lastIndex { $0 != 0 })
        content[last] ^= 0x10
        let file = try FileHandle(forWritingTo: url)
        try file.seek(toOffset: UInt64(last))
        try file.write(contentsOf: Data([content[last]]))
        try file.close()
        while world.history.step() {}
        let doubt = try #require(world.history.doubt)
        #expect(!world.history.step() && world.history.doubt == doubt, "the first look counts")
        #expect(world.history.indexFailure == nil && world.history.indexedBlock < world.ledger.status.blocks)
        // Nobody writes any more.
        world.stop()
        #expect(!world.history.step())
        #expect(world.history.indexFailure?.contains("\(world.folder)/receipts: byte ") == true)
    }

    @Test func `logs by filter are those that reading every block finds`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        try play(world, rounds: 6)
        let head = world.history.head
        let all = try world.history.logs(LogFilter(), from: 1, to: head)
        #expect(all.count >= 12)
        let sample = try #require(all.last)
        let filters = [
            LogFilter(addresses: [sample.log.address]), LogFilter(topics: [[sample.log.topics[0]]]),
            LogFilter(topics: [nil, [sample.log.topics.last ?? .zero]]), LogFilter(addresses: [.zero]),
            LogFilter(addresses: [sample.log.address], topics: [[sample.log.topics[0], U256.one]]),
        ]
        for isIndexed in [false, true] {
            if isIndexed { index(world.history) }
            for filter in filters {
                let found = try world.history.logs(filter, from: 1, to: head)
                let wanted = all.filter { filter.matches($0.log) }
                #expect(found.map(\.index) == wanted.map(\.index) && found.map(\.block.number) == wanted.map(\.block.number))
            }
        }
        #expect(throws: HistoryError.self) { try world.history.logs(LogFilter(), from: 1, to: head, limit: 3) }
        world.stop()
    }

    @Test func `nonces from memory are those of the index`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        try play(world, rounds: 5)
        func nonces() throws -> [[UInt64]] {
            try (1...world.history.head).map { number in
                let block = try #require(try world.history.block(number))
                return try world.history.nonces(of: block.entries.map(\.entry))
            }
        }
        let fromMemory = try nonces()
        index(world.history)
        #expect(try nonces() == fromMemory)
        #expect(fromMemory.flatMap { $0 }.max() == 4, "three senders, five operations of each")
        for number in 1...world.history.head {
            let block = try #require(try world.history.block(number))
            #expect(block.appliedCount == block.entries.count { $0.entry.receipt.succeeded })
        }
        world.stop()
    }

    @Test func `the index of another world is replaced`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        try play(world, rounds: 1)
        index(world.history)
        world.stop()
        var other = world.genesis
        other.chainID = 5
        let store = try HistoryStore(path: world.folder + "/history/index.sqlite", world: other.digest)
        #expect(try store.progress() == HistoryStore.Progress())
    }

    @Test func `a signed transaction's hash is that of its bytes, and begins with its id`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        let raw: [UInt8] = [0xf8, 1, 2, 3]
        let kept = try world.history.keep(signed: raw)
        #expect(kept.hash == keccak256(raw))
        #expect(Array(kept.hash.bytes.prefix(16)) == kept.id.bytes)
        world.stop()
    }
}
