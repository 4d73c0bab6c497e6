import EVM
import Synchronization
import Testing

@testable import Ledger

/// Blocks with their receipts, read from files that may be damaged or be written meanwhile.
@Suite struct BlockArchiveTests {
    /// A clock that stands until it is moved.
    private final class StandingClock: LedgerClock {
        let seconds = Atomic<UInt64>(1_000)
        func monotonicNanoseconds() -> UInt64 { seconds.load(ordering: .relaxed) * 1_000_000_000 }
        func wallMilliseconds() -> UInt64 { seconds.load(ordering: .relaxed) * 1_000 }
        func pass(seconds count: UInt64) { seconds.wrappingAdd(count, ordering: .relaxed) }
    }

    private final class Nobody: BlockObserver {
        func blockIsDurable(_ block: DurableBlock) {}
    }

    private static let patience = LedgerLimits.receiptDoubtNanoseconds / 1_000_000_000
    private static let receipts = MemoryLedger.folder + "/receipts"
    private static let blocks: UInt64 = 40
    private let genesis = World.genesis()
    private let disk = MemoryDisk()
    private let clock = StandingClock()
    /// Where the record of each block begins, and where the last one ends.
    private let places: [Int]

    /// A world of blocks with one operation each, which nobody holds.
    init() throws {
        let test = try MemoryLedger(disk: disk, genesis: genesis)
        for number in 1...Int(Self.blocks) { test.run([World.operation(number, from: number % 8, to: (number + 1) % 8)]) }
        test.ledger.drainAndStop()
        // Recovery has stored all receipts, and they are in their file before anybody observes.
        let again = try MemoryLedger(disk: disk, genesis: genesis, starts: false)
        try again.ledger.observe(Nobody())
        again.ledger.drainAndStop()
        var places = [ReceiptRecord.fileHeadBytes]
        let content = disk.bytes(Self.receipts)!
        content.withUnsafeBytes { bytes in
            while let place = places.last, place < bytes.count,
                let length = ReceiptRecord.wholeLength(UnsafeRawBufferPointer(rebasing: bytes[place...]))
            {
                places.append(place + ReceiptRecord.paddedBytes(length))
            }
        }
        self.places = places
    }

    private var archive: BlockArchive {
        get throws {
            try BlockArchive(
                folder: MemoryLedger.folder, genesisDigest: genesis.digest,
                world: LedgerWorld(clock: clock, threads: RealThreads(), disk: disk))
        }
    }

    /// The blocks that a visit sees; `isKnown` says where their receipts begin, else that is looked for.
    private func visit(from first: UInt64 = 1, isKnown: Bool = true, _ doubt: inout ReceiptDoubt?) throws -> [UInt64] {
        var seen: [UInt64] = []
        try archive.visit(
            from: first, to: Self.blocks, receiptsOffset: isKnown ? places[Int(first) - 1] : nil, doubt: &doubt
        ) { block in
            seen.append(block.header.number)
            return true
        }
        return seen
    }

    private func lock() throws -> any DiskLock { try #require(try disk.lock(MemoryLedger.folder + "/lock")) }

    private func flip(_ place: Int) { disk.flip(Self.receipts, bit: place * 8 + 3) }

    /// What a visit that must not succeed says.
    private func complaint(_ body: () throws -> Void) throws -> String {
        let error = #expect(throws: LedgerError.self) { try body() }
        return try #require(error).description
    }

    @Test func `the world of these tests has settled records and others on the last page`() throws {
        #expect(places.count == Int(Self.blocks) + 1)
        #expect(disk.bytes(Self.receipts)!.count > 2 * LedgerLimits.pageBytes)
        var doubt: ReceiptDoubt?
        #expect(try visit(&doubt) == Array(1...Self.blocks) && doubt == nil)
        #expect(try visit(from: 30, isKnown: false, &doubt) == Array(30...Self.blocks) && doubt == nil)
    }

    // The transaction, the length of the receipt, the checksum.
    @Test(arguments: [60, 7, 21]) func `a record on the last page that never changes is damaged`(_ place: Int) throws {
        let lock = try lock()
        let last = places[places.count - 2]
        flip(last + place)
        var doubt: ReceiptDoubt?
        for _ in 0..<3 {
            #expect(try visit(&doubt) == Array(1..<Self.blocks), "it may be on its way")
            #expect(doubt != nil)
            clock.pass(seconds: Self.patience / 3 - 1)
        }
        clock.pass(seconds: 6)
        let text = try complaint { _ = try visit(&doubt) }
        #expect(text == "read \(Self.receipts): byte \(last) does not hold receipt 0 of block \(Self.blocks)")
        lock.unlock()
    }

    @Test func `a record on the last page that changes was on its way`() throws {
        let lock = try lock()
        let last = places[places.count - 2]
        flip(last + 60)
        var doubt: ReceiptDoubt?
        _ = try visit(&doubt)
        clock.pass(seconds: Self.patience + 1)
        // Another part of it arrives, and then the rest.
        flip(last + 70)
        #expect(try visit(&doubt) == Array(1..<Self.blocks))
        clock.pass(seconds: Self.patience - 1)
        #expect(try visit(&doubt) == Array(1..<Self.blocks))
        flip(last + 60)
        flip(last + 70)
        #expect(try visit(&doubt) == Array(1...Self.blocks) && doubt == nil)
        lock.unlock()
    }

    @Test func `a record is damaged at once where the file goes on behind it`() throws {
        let lock = try lock()
        let last = places[places.count - 2]
        flip(last + 60)
        var doubt: ReceiptDoubt?
        _ = try visit(&doubt)
        try disk.open(Self.receipts, .update).resize(disk.bytes(Self.receipts)!.count + LedgerLimits.pageBytes)
        #expect(try complaint { _ = try visit(&doubt) }.contains("byte \(last) "))
        lock.unlock()
    }

    @Test func `a record is damaged at once where no server holds the world`() throws {
        let last = places[places.count - 2]
        flip(last + 60)
        var doubt: ReceiptDoubt?
        #expect(try complaint { _ = try visit(&doubt) }.contains("byte \(last) "))
        try lock().unlock()
    }

    @Test(arguments: [60, 7, 21]) func `a damaged record on a page in front is an error at once`(_ place: Int) throws {
        let lock = try lock()
        flip(places[4] + place)
        var doubt: ReceiptDoubt?
        #expect(try complaint { _ = try visit(&doubt) }.contains("byte \(places[4]) does not hold receipt 0 of block 5"))
        lock.unlock()
    }

    // Where the block looked for begins is found by way of every record in front of it.
    @Test(arguments: [60, 7, 21]) func `looking for a block ends at what is damaged`(_ place: Int) throws {
        let lock = try lock()
        flip(places[4] + place)
        var doubt: ReceiptDoubt?
        #expect(
            try complaint { _ = try visit(from: 9, isKnown: false, &doubt) }
                == "read \(Self.receipts): byte \(places[4]) does not hold a whole record")
        lock.unlock()
    }

    @Test(arguments: [60, 7, 21]) func `looking for a block waits for what may be on its way`(_ place: Int) throws {
        let lock = try lock()
        let unsure = places[places.count - 3]
        flip(unsure + place)
        var doubt: ReceiptDoubt?
        #expect(try visit(from: Self.blocks, isKnown: false, &doubt) == [])
        let first = doubt
        #expect(first != nil)
        clock.pass(seconds: Self.patience - 1)
        #expect(try visit(from: Self.blocks, isKnown: false, &doubt) == [])
        #expect(doubt == first)
        clock.pass(seconds: 1)
        #expect(try complaint { _ = try visit(from: Self.blocks, isKnown: false, &doubt) }.contains("byte \(unsure) "))
        lock.unlock()
    }

    @Test func `a whole record in another one's place is an error`() throws {
        let lock = try lock()
        var doubt: ReceiptDoubt?
        let last = places.count - 2
        let text = try complaint {
            try archive.visit(from: 39, to: 40, receiptsOffset: places[last], doubt: &doubt) { _ in true }
        }
        #expect(text.contains("byte \(places[last]) does not hold receipt 0 of block 39") && doubt == nil)
        lock.unlock()
    }

    @Test func `what the file does not have yet is waited for without end`() throws {
        let lock = try lock()
        let file = try disk.open(Self.receipts, .update)
        // A record that a full disk has cut in two, blanks in its place, and nothing at all.
        let last = places[places.count - 2]
        for cut in [last + 50, last] {
            try file.resize(cut)
            if cut == last { try file.resize((last / LedgerLimits.pageBytes + 1) * LedgerLimits.pageBytes) }
            var doubt: ReceiptDoubt?
            for _ in 0..<3 {
                #expect(try visit(&doubt) == Array(1..<Self.blocks) && doubt == nil)
                clock.pass(seconds: Self.patience + 1)
            }
        }
        try file.resize(places[6])
        var doubt: ReceiptDoubt?
        #expect(try visit(from: 30, isKnown: false, &doubt) == [] && doubt == nil)
        lock.unlock()
    }
}
