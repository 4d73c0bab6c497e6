import EVM
import Glibc
import Synchronization
import Testing

@testable import Ledger

/// Whole pages written past the system's cache: the log's zeros, and receipts on the way to their file.
@Suite struct DirectWriteTests {
    /// Keeps the work that it is given and never runs it.
    private final class IdleThreads: ThreadHost {
        struct Done: RunningWork { func join() {} }
        func start(_ work: any StepWork, name: String, stackBytes: Int, niceLevel: Int32) -> any RunningWork { Done() }
    }

    private static let path = "/world/receipts"
    private let disk = MemoryDisk()

    init() throws { try disk.makeFolder("/world") }

    private func append(_ number: Int, byteCount: Int, to store: ReceiptStore) throws -> UInt64 {
        var encoded = ByteBuffer()
        encoded.append(Receipt(outcome: .success, gasUsed: UInt64(number)))
        return try [UInt8](repeating: UInt8(number % 251), count: byteCount).withUnsafeBytes {
            try store.append(id: World.id(number), block: 1, index: 0, transaction: $0, receipt: encoded.bytes)
        }
    }

    @Test func `behind the last record its page is zeros`() throws {
        let store = try ReceiptStore(disk: disk, path: Self.path, chunksInMemory: 1)
        for number in 0..<300 {
            _ = try append(number, byteCount: 1_000 + number, to: store)
            if number % 3 != 2 { continue }
            try store.handOver()
            let content = disk.bytes(Self.path)!
            #expect(content.count == (store.end + LedgerLimits.pageBytes - 1) / LedgerLimits.pageBytes * LedgerLimits.pageBytes)
            #expect(content[store.end...].allSatisfy { $0 == 0 })
        }
    }

    /// A store whose spiller works when it is told to.
    private func idleStore() throws -> (ReceiptStore, ReceiptSpiller) {
        let store = try ReceiptStore(disk: disk, path: Self.path, chunksInMemory: 1)
        let world = LedgerWorld(clock: RealClock(), threads: IdleThreads(), disk: disk)
        _ = store.startSpilling(world, shared: LedgerShared(configuration: World.configuration(), status: LedgerStatus()))
        return (store, try #require(store.spiller))
    }

    @Test func `a chunk stays in memory until all of it is in the file`() throws {
        let (store, spiller) = try idleStore()
        var places: [UInt64] = []
        // The first chunk is in the file up to its middle, where a checkpoint was.
        for number in 0..<3_000 {
            places.append(try append(number, byteCount: 1_000, to: store))
            if number == 500 {
                try store.handOver()
                #expect(spiller.step() == .worked && spiller.end == store.end)
            }
        }
        for number in places.indices { #expect(try store.read(places[number]).transaction.first == UInt8(number % 251)) }
        while spiller.step() == .worked {}
        _ = try append(3_000, byteCount: LedgerLimits.receiptChunkBytes, to: store)
        for number in places.indices { #expect(try store.read(places[number]).transaction.first == UInt8(number % 251)) }
    }

    @Test func `a part that the disk refuses is written again`() throws {
        let (store, spiller) = try idleStore()
        let first = try append(1, byteCount: 9_000, to: store)
        try store.handOver()
        let second = try append(2, byteCount: 9_000, to: store)
        try store.handOver()
        // Of the first part the pages, and of the next try the last page, do not get there.
        for refused in [1, 2] {
            let writes = Tally()
            disk.plan { call in
                guard call.kind == .write else { return .succeeds }
                return writes.increment() == refused - 1 ? .fails(code: ENOSPC) : .succeeds
            }
            let before = spiller.end
            guard case .waitsUntil = spiller.step() else {
                Issue.record("it does not try again")
                return
            }
            #expect(spiller.end == before)
        }
        disk.plan(nil)
        #expect(spiller.step() == .worked && spiller.step() == .worked && spiller.step() == .waits)
        let again = try ReceiptStore(disk: disk, path: Self.path, chunksInMemory: 1, end: store.end, isReadOnly: true)
        #expect(try again.read(first).transaction == [UInt8](repeating: 1, count: 9_000))
        #expect(try again.read(second).transaction == [UInt8](repeating: 2, count: 9_000))
    }

    @Test func `a segment is written with zeros from end to end and synced before it has its name`() throws {
        let calls = Mutex<[DiskCall]>([])
        disk.plan { call in
            calls.withLock { $0.append(call) }
            return .succeeds
        }
        try DiskStorage(disk: disk, folder: "/world").create(segment: 7, byteCount: 5 << 19)
        let kinds = calls.withLock { $0.map(\.kind) }.filter { [.preallocate, .write, .sync, .rename, .syncFolder].contains($0) }
        #expect(kinds == [.preallocate, .write, .write, .write, .sync, .rename, .syncFolder])
        var end = 0
        for call in calls.withLock({ $0 }) where call.kind == .write {
            #expect(call.offset == end)
            end += call.byteCount
        }
        #expect(end == 5 << 19)
        #expect(disk.bytes("/world/" + DiskStorage.name(7)) == [UInt8](repeating: 0, count: 5 << 19))
    }

    @Test func `where writes past the cache are refused they go through it`() throws {
        // No device of characters takes them.
        let direct = Glibc.open("/dev/null", O_RDWR | SystemDisk.directFlag)
        #expect(direct < 0, "nothing is tested")
        let file = try SystemDisk.shared.open("/dev/null", .update, isDirect: true)
        // Not aligned, so that it would not be taken past the cache.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 10, alignment: 1)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 1)
        try file.write(at: 0, UnsafeRawBufferPointer(bytes))
    }
}
