internal import Synchronization

/// Looks for entries in a flat table: the part of it that no insertion writes while its shards do not grow. Whoever has a copy
/// of it looks without touching the table or its owner, whose lines and reference counts would travel between cores.
struct FlatTableFinder<Entry: FlatEntry>: BitwiseCopyable {
    /// Where a part of the entries is. How many they are is kept elsewhere: other cores would lose this line at every insertion.
    struct Shard: BitwiseCopyable {
        var places: UnsafeMutablePointer<Entry>
        var mask: Int
    }

    let shards: UnsafeMutablePointer<Shard>
    let shardBits: UInt64
    let seed: HashSeed

    /// The hash of a key in this table.
    @inline(__always)
    func hash(_ key: Entry.Key) -> UInt64 { Entry.hash(key, seed) }

    /// The number of the shard where a key of this hash is.
    @inline(__always)
    func shardNumber(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> (64 &- shardBits)) }

    /// The place of a key, or nil; valid until the next insertion or removal.
    @inline(__always)
    func find(_ key: Entry.Key) -> UnsafeMutablePointer<Entry>? {
        let hash = self.hash(key)
        let shard = shards + shardNumber(hash)
        let places = shard.pointee.places
        let mask = shard.pointee.mask
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let place = places + index
            if place.pointee.holds(key) { return place }
            if place.pointee.isVacant { return nil }
            index = (index &+ 1) & mask
        }
    }
}

extension FlatTableFinder where Entry: SharedFlatEntry {
    /// The place of a key, or nil, found while another thread claims places (`FlatTable.claim`).
    @inline(__always)
    func findBesideClaims(_ key: Entry.Key) -> UnsafeMutablePointer<Entry>? {
        let hash = self.hash(key)
        let shard = shards + shardNumber(hash)
        let places = shard.pointee.places
        let mask = shard.pointee.mask
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let place = places + index
            if Entry.presence(place).pointee.load(ordering: .acquiring) == 0 { return nil }
            if place.pointee.holds(key) { return place }
            index = (index &+ 1) & mask
        }
    }
}
