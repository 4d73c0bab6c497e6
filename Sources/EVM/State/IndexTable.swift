/// An open-addressed table from hashes to indexes of records that lie elsewhere; empty again at every transaction.
struct IndexTable {
    /// Index plus one; 0 is an empty bucket.
    private(set) var buckets: UnsafeMutablePointer<UInt32>
    private(set) var mask: Int
    private var count = 0
    /// Buckets of the table when it is small: 1 KiB, cleared in some 10 ns; the transactions of a game touch a few dozen records.
    private static let bucketsMin = 256

    /// An empty table.
    init() {
        mask = Self.bucketsMin - 1
        buckets = .allocate(capacity: Self.bucketsMin)
        buckets.initialize(repeating: 0, count: Self.bucketsMin)
    }

    /// Gives the memory back; the table must not be used afterwards.
    func free() { buckets.deallocate() }

    /// Empties the table.
    mutating func reset() {
        if count == 0 { return }
        defer { count = 0 }
        if mask >= Self.bucketsMin, count &* 8 < mask {
            // A large transaction's table is not cleared again and again for small ones.
            buckets.deallocate()
            self = IndexTable()
        } else {
            buckets.update(repeating: 0, count: mask + 1)
        }
    }

    /// Puts an index that is not in the table under its hash; `rehash` gives the hash of any index in it.
    @inline(__always)
    mutating func insert(_ index: Int, hash: UInt64, rehash: (Int) -> UInt64) {
        if count &* 2 > mask { grow(rehash) }
        place(index, hash: hash)
        count &+= 1
    }

    @inline(__always)
    private func place(_ index: Int, hash: UInt64) {
        var bucket = Int(truncatingIfNeeded: hash) & mask
        while buckets[bucket] != 0 { bucket = (bucket &+ 1) & mask }
        buckets[bucket] = UInt32(truncatingIfNeeded: index &+ 1)
    }

    @inline(never)
    private mutating func grow(_ rehash: (Int) -> UInt64) {
        let previous = buckets
        let previousCount = mask + 1
        mask = previousCount * 2 - 1
        buckets = .allocate(capacity: mask + 1)
        buckets.initialize(repeating: 0, count: mask + 1)
        for bucket in 0..<previousCount where previous[bucket] != 0 {
            let index = Int(previous[bucket]) - 1
            place(index, hash: rehash(index))
        }
        previous.deallocate()
    }
}
