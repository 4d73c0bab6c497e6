internal import CShims
internal import EVM
internal import Glibc
internal import Synchronization

/// Secret numbers drawn at start, so that nobody outside can choose keys that collide.
struct HashSeed {
    let a, b, c, d, e: UInt64

    /// Draws a seed from the system.
    init() {
        var generator = SystemRandomNumberGenerator()
        a = generator.next() | 1
        b = generator.next() | 1
        c = generator.next() | 1
        d = generator.next() | 1
        e = generator.next() | 1
    }

    /// Multiplies to 128 bits and folds.
    @inline(__always)
    static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }

    /// Mixes a word and a number.
    @inline(__always)
    func mix(_ word: U256, _ number: UInt64) -> UInt64 {
        let low = HashSeed.fold(word.l0 ^ a, word.l1 ^ b)
        let high = HashSeed.fold(word.l2 ^ c, word.l3 ^ d)
        return HashSeed.fold(low ^ e, high ^ number ^ a)
    }

    /// Mixes two numbers.
    @inline(__always)
    func mix(_ x: UInt64, _ y: UInt64) -> UInt64 {
        HashSeed.fold(HashSeed.fold(x ^ a, y ^ b) ^ c, d)
    }
}

/// What a flat table stores: key and value together. Memory of zeros is vacant.
protocol FlatEntry: BitwiseCopyable {
    associatedtype Key
    /// A place that holds nothing.
    static var vacant: Self { get }
    var isVacant: Bool { get }
    var key: Key { get }
    func holds(_ key: Key) -> Bool
    static func hash(_ key: Key, _ seed: HashSeed) -> UInt64
}

/// An entry that one thread may add while others look for entries.
protocol SharedFlatEntry: FlatEntry {
    /// Where the four bytes are that are zero in a vacant place and nowhere else.
    static var presenceOffset: Int { get }
}

extension SharedFlatEntry {
    /// What makes a place vacant or not, for threads that look while another one fills it.
    @inline(__always)
    static func presence(_ place: UnsafeMutablePointer<Self>) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (UnsafeMutableRawPointer(place) + presenceOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
}

/// An open-addressing hash table on raw memory with exact key comparison.
///
/// It is split into shards that grow one at a time, so that no insertion pays for moving the whole table.
struct FlatTable<Entry: FlatEntry>: ~Copyable {
    private typealias Shard = FlatTableFinder<Entry>.Shard

    /// How full a shard is.
    private struct Fill: BitwiseCopyable {
        var count: Int
        var countMax: Int
    }

    /// What looks for entries.
    let finder: FlatTableFinder<Entry>
    private let fills: UnsafeMutablePointer<Fill>
    private let total: UnsafeMutablePointer<Int>

    /// A table of 2^shardBits shards that holds `expected` entries without growing.
    init(shardBits: Int, expected: Int = 0) {
        precondition(shardBits > 0, "the shift by 64 bits would keep all of them")
        let shardCount = 1 << shardBits
        finder = FlatTableFinder(
            shards: .allocate(capacity: shardCount), shardBits: UInt64(shardBits), seed: HashSeed())
        fills = .allocate(capacity: shardCount)
        total = OwnLines.allocate(0)
        var places = 8
        while places * 5 / 8 * shardCount < expected { places *= 2 }
        for number in 0..<shardCount {
            (finder.shards + number).initialize(to: Self.makeShard(places: places))
            (fills + number).initialize(to: Fill(count: 0, countMax: Self.countMax(places: places)))
        }
    }

    deinit {
        for number in 0..<shardCount { free(finder.shards[number].places) }
        finder.shards.deallocate()
        fills.deallocate()
        OwnLines.release(total)
    }

    private var shardCount: Int { 1 << Int(finder.shardBits) }

    /// Entries in the table.
    var count: Int { total.pointee }

    /// Bytes that the table occupies.
    var byteCount: Int {
        var places = 0
        for number in 0..<shardCount { places += finder.shards[number].mask + 1 }
        return places * MemoryLayout<Entry>.stride
            + shardCount * (MemoryLayout<Shard>.stride + MemoryLayout<Fill>.stride)
    }

    /// The place of a key, or nil; valid until the next insertion or removal.
    @inline(__always)
    func find(_ key: Entry.Key) -> UnsafeMutablePointer<Entry>? { finder.find(key) }

    /// The hash of a key in this table.
    @inline(__always)
    func hash(_ key: Entry.Key) -> UInt64 { finder.hash(key) }

    /// Asks for the first place where a key of this hash may be, all of it.
    @inline(__always)
    func prefetch(_ hash: UInt64) {
        let shard = finder.shards + finder.shardNumber(hash)
        let place = UnsafeRawPointer(shard.pointee.places + Int(truncatingIfNeeded: hash) & shard.pointee.mask)
        hoard_prefetch(place)
        hoard_prefetch(place + (MemoryLayout<Entry>.size - 1))
    }

    /// The first place where a key may be, for prefetching.
    @inline(__always)
    func probableAddress(_ key: Entry.Key) -> UnsafeRawPointer {
        let hash = self.hash(key)
        let shard = finder.shards + finder.shardNumber(hash)
        return UnsafeRawPointer(shard.pointee.places + Int(truncatingIfNeeded: hash) & shard.pointee.mask)
    }

    /// The place of a key; where there was none, a vacant place that the caller must fill with an entry of this key.
    @inline(__always)
    func findOrClaim(_ key: Entry.Key) -> UnsafeMutablePointer<Entry> { findOrClaim(key, hash(key)) }

    /// The same for a key whose hash is known.
    @inline(__always)
    func findOrClaim(_ key: Entry.Key, _ hash: UInt64) -> UnsafeMutablePointer<Entry> {
        let number = finder.shardNumber(hash)
        let places = finder.shards[number].places
        let mask = finder.shards[number].mask
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let place = places + index
            if place.pointee.holds(key) { return place }
            if place.pointee.isVacant { break }
            index = (index &+ 1) & mask
        }
        total.pointee &+= 1
        fills[number].count &+= 1
        if fills[number].count <= fills[number].countMax { return places + index }
        return growAndClaim(number, hash)
    }

    @inline(never)
    private func growAndClaim(_ number: Int, _ hash: UInt64) -> UnsafeMutablePointer<Entry> {
        MemoryGrowth.note()
        let shard = finder.shards[number]
        let placeCount = (shard.mask + 1) * 2
        let larger = Self.makeShard(places: placeCount)
        for index in 0...shard.mask where !shard.places[index].isVacant {
            let entry = shard.places[index]
            Self.vacantPlace(larger, self.hash(entry.key)).pointee = entry
        }
        free(shard.places)
        finder.shards[number] = larger
        fills[number].countMax = Self.countMax(places: placeCount)
        return Self.vacantPlace(larger, hash)
    }

    private static func vacantPlace(_ shard: Shard, _ hash: UInt64) -> UnsafeMutablePointer<Entry> {
        var index = Int(truncatingIfNeeded: hash) & shard.mask
        while !shard.places[index].isVacant { index = (index + 1) & shard.mask }
        return shard.places + index
    }

    /// A shard in memory of zeros, which the system gives page by page as it is used. Pages of 2 MiB would make random looks
    /// cheaper by a quarter, but the system takes three times as long to clear them on a virtual machine.
    private static func makeShard(places count: Int) -> Shard {
        guard let memory = calloc(count, MemoryLayout<Entry>.stride) else {
            preconditionFailure("the system gives no memory for \(count) entries")
        }
        let places = memory.bindMemory(to: Entry.self, capacity: count)
        return Shard(places: places, mask: count - 1)
    }

    private static func countMax(places: Int) -> Int { places * 3 / 4 }

    /// Removes a key if it is there, closing the gap behind it.
    func remove(_ key: Entry.Key) {
        let hash = self.hash(key)
        let number = finder.shardNumber(hash)
        let places = finder.shards[number].places
        let mask = finder.shards[number].mask
        var gap = Int(truncatingIfNeeded: hash) & mask
        while !places[gap].holds(key) {
            if places[gap].isVacant { return }
            gap = (gap + 1) & mask
        }
        var index = gap
        while true {
            index = (index + 1) & mask
            if places[index].isVacant { break }
            let home = Int(truncatingIfNeeded: self.hash(places[index].key)) & mask
            if (index - home) & mask >= (index - gap) & mask {
                places[gap] = places[index]
                gap = index
            }
        }
        places[gap] = Entry.vacant
        fills[number].count -= 1
        total.pointee -= 1
    }

    /// Visits every entry, in no particular order.
    func forEach(_ body: (Entry) -> Void) { forEachPlace { body($0.pointee) } }

    /// Visits every entry in its place, in no particular order; nothing may be added or removed meanwhile.
    func forEachPlace(_ body: (UnsafeMutablePointer<Entry>) -> Void) {
        for number in 0..<shardCount {
            let shard = finder.shards[number]
            for index in 0...shard.mask where !shard.places[index].isVacant { body(shard.places + index) }
        }
    }
}

extension FlatTable where Entry: SharedFlatEntry {
    /// The place of a key, or a vacant one that it is to have; nil where its shard would have to grow. One thread at a time
    /// may claim, while others look (`FlatTableFinder.findBesideClaims`): the caller fills a new place at once, what makes it present last.
    @inline(__always)
    func claim(_ key: Entry.Key, _ hash: UInt64) -> (place: UnsafeMutablePointer<Entry>, isNew: Bool)? {
        let number = finder.shardNumber(hash)
        let places = finder.shards[number].places
        let mask = finder.shards[number].mask
        var place = places + Int(truncatingIfNeeded: hash) & mask
        while !place.pointee.isVacant {
            if place.pointee.holds(key) { return (place, false) }
            place = places + (place - places &+ 1) & mask
        }
        if fills[number].count >= fills[number].countMax { return nil }
        total.pointee &+= 1
        fills[number].count &+= 1
        return (place, true)
    }
}

/// An account in the table.
struct AccountEntry: SharedFlatEntry {
    var address: Address
    /// One more than the index of the code hash in the registry; 0 marks a vacant place.
    var code: UInt32
    var nonce: UInt64
    var balance: U256

    static var presenceOffset: Int { 20 }
    static var vacant: AccountEntry { AccountEntry(address: .zero, code: 0, nonce: 0, balance: .zero) }
    @inline(__always) var isVacant: Bool { code == 0 }
    @inline(__always) var key: Address { address }
    @inline(__always) func holds(_ key: Address) -> Bool { code != 0 && address == key }
    @inline(__always) static func hash(_ key: Address, _ seed: HashSeed) -> UInt64 { seed.mix(key.word, 1) }
}

/// The storage space of one account in the table of slots.
struct StorageOwnerEntry: FlatEntry {
    var address: Address
    /// The number in the slots' keys; 0 marks a vacant place.
    var number: UInt32
    /// Slots that are not zero.
    var slotCount: Int

    static var vacant: StorageOwnerEntry { StorageOwnerEntry(address: .zero, number: 0, slotCount: 0) }
    @inline(__always) var isVacant: Bool { number == 0 }
    @inline(__always) var key: Address { address }
    @inline(__always) func holds(_ key: Address) -> Bool { number != 0 && address == key }
    @inline(__always) static func hash(_ key: Address, _ seed: HashSeed) -> UInt64 { seed.mix(key.word, 2) }
}

/// The key of a slot: the owner's number and the slot.
struct SlotKey {
    var owner: UInt32
    var slot: U256
}

/// A storage slot that is not zero.
struct SlotEntry: SharedFlatEntry {
    var slot: U256
    var value: U256
    /// The owner's number; 0 marks a vacant place.
    var owner: UInt32
    /// Whether a transfer event has explained a change of it: then it is a balance, and every change needs one.
    var isBalance = false
    /// Whether many transactions change it at the same time (see `Heat`).
    var heat: UInt8 = 0

    static var presenceOffset: Int { 64 }
    static var vacant: SlotEntry { SlotEntry(slot: .zero, value: .zero, owner: 0) }
    @inline(__always) var isVacant: Bool { owner == 0 }
    @inline(__always) var key: SlotKey { SlotKey(owner: owner, slot: slot) }
    @inline(__always) func holds(_ key: SlotKey) -> Bool {
        owner == key.owner && slot.l0 == key.slot.l0 && slot.l1 == key.slot.l1 && slot.l2 == key.slot.l2
            && slot.l3 == key.slot.l3
    }
    @inline(__always) static func hash(_ key: SlotKey, _ seed: HashSeed) -> UInt64 {
        seed.mix(key.slot, UInt64(key.owner))
    }
}

/// Where the record of an operation is.
struct OperationEntry: FlatEntry {
    var id: OperationID
    /// The record's place in the receipt store, plus one; 0 marks a vacant place.
    var location: UInt64

    /// The location of an operation that was taken but whose execution has not been decided.
    static let undecided = UInt64.max

    static var vacant: OperationEntry { OperationEntry(id: OperationID(high: 0, low: 0), location: 0) }
    @inline(__always) var isVacant: Bool { location == 0 }
    @inline(__always) var key: OperationID { id }
    @inline(__always) func holds(_ key: OperationID) -> Bool {
        location != 0 && id.high == key.high && id.low == key.low
    }
    @inline(__always) static func hash(_ key: OperationID, _ seed: HashSeed) -> UInt64 {
        seed.mix(key.high, key.low)
    }
}
