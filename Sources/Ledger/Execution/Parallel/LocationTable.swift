internal import EVM
internal import Glibc
internal import Synchronization

/// Records with exact keys that one worker makes while many look for them without locks.
///
/// Open addressing over indexes of records; a record is complete before its index is entered, and never moves.
struct LocationTable<Record>: ~Copyable {
    /// Records at most; the memory is taken from the system page by page as it is used.
    static var recordsMax: Int { 1 << 19 }

    private let records: UnsafeMutablePointer<Record>
    private let buckets: UnsafeMutablePointer<Atomic<UInt32>>
    private let mask: UnsafeMutablePointer<Int>

    /// Where the next record is made.
    struct Cursor {
        fileprivate var next = 0
    }

    init() {
        records = Self.reserve(MemoryLayout<Record>.stride * Self.recordsMax).bindMemory(
            to: Record.self, capacity: Self.recordsMax)
        buckets = Self.reserve(MemoryLayout<Atomic<UInt32>>.stride * Self.recordsMax * 2).bindMemory(
            to: Atomic<UInt32>.self, capacity: Self.recordsMax * 2)
        mask = OwnLines.allocate(1023)
    }

    deinit {
        munmap(records, MemoryLayout<Record>.stride * Self.recordsMax)
        munmap(buckets, MemoryLayout<Atomic<UInt32>>.stride * Self.recordsMax * 2)
        OwnLines.release(mask)
    }

    private static func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { preconditionFailure("the system gives no address space") }
        return memory
    }

    /// Empties the table for a run that is expected to make so many records.
    func begin(expected: Int) {
        var wanted = 1024
        while wanted < expected * 2, wanted < Self.recordsMax * 2 { wanted *= 2 }
        // Whatever was entered lies below the former mask.
        let former = mask.pointee + 1
        memset(buckets, 0, former * MemoryLayout<Atomic<UInt32>>.stride)
        mask.pointee = wanted - 1
    }

    /// The record of a key, or nil.
    @inline(__always)
    func find(hash: UInt64, holds: (UnsafeMutablePointer<Record>) -> Bool) -> UnsafeMutablePointer<Record>? {
        let mask = mask.pointee
        var bucket = Int(truncatingIfNeeded: hash) & mask
        while true {
            let found = buckets[bucket].load(ordering: .acquiring)
            if found == 0 { return nil }
            let record = records + Int(found) - 1
            if holds(record) { return record }
            bucket = (bucket &+ 1) & mask
        }
    }

    /// Whether so many records can still be made.
    func hasRoom(_ count: Int, _ cursor: Cursor) -> Bool {
        cursor.next + count <= min(Self.recordsMax, (mask.pointee + 1) / 2)
    }

    /// Makes a record of a key that has none. One worker at a time may do so, while others look for keys; there must
    /// be room.
    func insert(
        hash: UInt64, cursor: inout Cursor, make: (UnsafeMutablePointer<Record>) -> Void
    ) -> UnsafeMutablePointer<Record> {
        precondition(hasRoom(1, cursor), "the table is full")
        let mask = mask.pointee
        let record = records + cursor.next
        make(record)
        cursor.next += 1
        var bucket = Int(truncatingIfNeeded: hash) & mask
        while buckets[bucket].load(ordering: .relaxed) != 0 { bucket = (bucket &+ 1) & mask }
        buckets[bucket].store(UInt32(truncatingIfNeeded: cursor.next), ordering: .releasing)
        return record
    }
}
