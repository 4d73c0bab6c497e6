internal import CShims

/// An operation id with the place of its record.
struct IdRecord: Equatable {
    var id: OperationID
    /// The record's offset in the file of receipts.
    var location: UInt64
}

/// Where an id belongs in a run: a hash under a key that nobody outside knows.
struct IdHash: Sendable, Equatable {
    /// The key, drawn once for a world.
    let seed: UInt64

    /// The hash; its upper bits choose the bucket, its lower ones are the fingerprint.
    @inline(__always)
    func callAsFunction(_ id: OperationID) -> UInt64 {
        let first = HashSeed.fold(id.high ^ seed, id.low ^ 0x9e37_79b9_7f4a_7c15)
        return HashSeed.fold(first ^ id.high, seed | 1) ^ HashSeed.fold(id.low ^ first, 0xbf58_476d_1ce4_e5b9)
    }
}

/// What a manifest says of a run of ids.
struct IdRunInfo: Equatable {
    var sequence: UInt64
    var count: Int
    /// CRC-32C of the filter, which lies behind the pages.
    var filterChecksum: UInt32

    static let recordsPerPage = 170
    /// Ids in a bucket on average: the shorter, the more memory for their beginnings.
    private static let bucketIds = 8

    var pageCount: Int { (count + Self.recordsPerPage - 1) / Self.recordsPerPage }
    /// Bits of the hash that choose the bucket.
    var bucketBits: Int {
        var bits = 1
        while (Self.bucketIds << bits) < count { bits += 1 }
        return bits
    }
    var filterOffset: Int { pageCount * LedgerLimits.pageBytes }
    var filterBytes: Int { ((1 << bucketBits) + 1) * 4 + count * 2 }
    var byteCount: Int { filterOffset + filterBytes }
    var name: String { "ids-\(sequence)" }
}

/// Ids on disk, sorted by their hashes, with 16 bits of each in memory.
///
/// The memory, two and a half bytes an id, tells at once that an id is not there, but for one of 8,000; the disk decides
/// the rest by comparing the whole id, so that there is no false positive.
final class IdRun: @unchecked Sendable {
    // Sendable: `page` belongs to the thread that looks ids up, all else does not change.
    let info: IdRunInfo
    let file: any DiskFile
    private let path: String
    private let filter: IdFilter
    private let page = UnsafeMutableRawBufferPointer.allocate(byteCount: LedgerLimits.pageBytes, alignment: 4_096)
    /// Pages read because a fingerprint fitted.
    private(set) var pagesRead = 0

    /// A run whose filter is known.
    init(info: IdRunInfo, file: any DiskFile, path: String, filter: IdFilter) {
        self.info = info
        self.file = file
        self.path = path
        self.filter = filter
    }

    /// Opens a run and reads its filter.
    convenience init(disk: any Disk, folder: String, info: IdRunInfo) throws(LogError) {
        let path = folder + "/" + info.name
        let file = try disk.open(path, .read)
        guard try file.byteCount() == info.byteCount else {
            throw LogError(
                call: "read", file: path, reason: "has \(try file.byteCount()) bytes, the manifest says \(info.byteCount)")
        }
        let filter = IdFilter(info)
        try file.readAll(at: info.filterOffset, into: filter.bytes, of: path)
        guard hoard_crc32c(0, filter.bytes.baseAddress, filter.bytes.count) == info.filterChecksum, filter.isSound else {
            throw LogError(call: "read", file: path, reason: "the filter is damaged")
        }
        self.init(info: info, file: file, path: path, filter: filter)
    }

    deinit { page.deallocate() }

    /// Bytes in memory.
    var memoryByteCount: Int { filter.bytes.count }

    /// Asks for the filter's part that tells of a hash.
    @inline(__always)
    func prefetch(_ hash: UInt64) { filter.prefetch(hash) }

    /// Where the record of an id is, or nil; reads a page only where 16 bits agree.
    @inline(__always)
    func find(_ id: OperationID, _ hash: UInt64) throws(LogError) -> UInt64? {
        var rank = filter.first(hash)
        let end = filter.end(hash)
        while rank < end {
            if filter.fits(rank, hash), let location = try read(rank, id) { return location }
            rank += 1
        }
        return nil
    }

    @inline(never)
    private func read(_ rank: Int, _ id: OperationID) throws(LogError) -> UInt64? {
        pagesRead += 1
        try IdPage.load(rank / IdRunInfo.recordsPerPage, of: file, path, into: page)
        let record = IdPage.record(UnsafeRawBufferPointer(page), rank % IdRunInfo.recordsPerPage)
        return record.id == id ? record.location : nil
    }
}

/// What memory holds of a run: the first rank of each bucket, and 16 bits of each hash by rank.
final class IdFilter {
    let bytes: UnsafeMutableRawBufferPointer
    private let starts: UnsafeMutablePointer<UInt32>
    private let fingerprints: UnsafeMutablePointer<UInt16>
    private let shift: UInt64
    private let buckets: Int
    private let count: Int

    /// A filter of zeros for a run of this size.
    init(_ info: IdRunInfo) {
        bytes = .allocate(byteCount: info.filterBytes, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        buckets = 1 << info.bucketBits
        shift = UInt64(64 - info.bucketBits)
        count = info.count
        starts = bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
        fingerprints = (bytes.baseAddress! + (buckets + 1) * 4).assumingMemoryBound(to: UInt16.self)
    }

    deinit { bytes.deallocate() }

    /// Whether the ranks of the buckets ascend to the count.
    var isSound: Bool {
        var last: UInt32 = 0
        for bucket in 0...buckets {
            if starts[bucket] < last { return false }
            last = starts[bucket]
        }
        return starts[0] == 0 && Int(last) == count
    }

    @inline(__always) func first(_ hash: UInt64) -> Int { Int(starts[Int(truncatingIfNeeded: hash &>> shift)]) }
    @inline(__always) func end(_ hash: UInt64) -> Int { Int(starts[Int(truncatingIfNeeded: hash &>> shift) + 1]) }
    @inline(__always) func fits(_ rank: Int, _ hash: UInt64) -> Bool {
        fingerprints[rank] == UInt16(truncatingIfNeeded: hash)
    }
    @inline(__always) func prefetch(_ hash: UInt64) {
        hoard_prefetch(starts + Int(truncatingIfNeeded: hash &>> shift))
    }

    /// Enters the hash of the next rank; hashes ascend.
    func set(_ rank: Int, _ hash: UInt64) {
        fingerprints[rank] = UInt16(truncatingIfNeeded: hash)
        starts[Int(truncatingIfNeeded: hash &>> shift) + 1] = UInt32(rank + 1)
    }

    /// Gives buckets without ids their ranks, after the last hash.
    func complete() {
        var last: UInt32 = 0
        for bucket in 0...buckets {
            last = max(last, starts[bucket])
            starts[bucket] = last
        }
    }
}

/// How ids lie on a page: CRC-32C of the rest, count, then the ids in the order of their hashes.
enum IdPage {
    static let headBytes = 8
    static let recordBytes = 24

    /// Reads a page and checks it.
    static func load(
        _ number: Int, of file: any DiskFile, _ path: String, into page: UnsafeMutableRawBufferPointer
    ) throws(LogError) {
        try file.readAll(at: number * LedgerLimits.pageBytes, into: page, of: path)
        guard isWhole(UnsafeRawBufferPointer(page)) else {
            throw LogError(call: "read", file: path, reason: "page \(number) is damaged")
        }
    }

    static func isWhole(_ page: UnsafeRawBufferPointer) -> Bool {
        page.load(as: UInt32.self) == hoard_crc32c(0, page.baseAddress! + 4, page.count - 4)
    }

    static func count(_ page: UnsafeRawBufferPointer) -> Int { Int(page.load(fromByteOffset: 4, as: UInt32.self)) }

    static func record(_ page: UnsafeRawBufferPointer, _ index: Int) -> IdRecord {
        let place = headBytes + index * recordBytes
        return IdRecord(
            id: OperationID(
                high: page.load(fromByteOffset: place, as: UInt64.self),
                low: page.load(fromByteOffset: place + 8, as: UInt64.self)),
            location: page.load(fromByteOffset: place + 16, as: UInt64.self))
    }

    static func set(_ page: UnsafeMutableRawBufferPointer, _ index: Int, _ record: IdRecord) {
        let place = headBytes + index * recordBytes
        page.storeBytes(of: record.id.high, toByteOffset: place, as: UInt64.self)
        page.storeBytes(of: record.id.low, toByteOffset: place + 8, as: UInt64.self)
        page.storeBytes(of: record.location, toByteOffset: place + 16, as: UInt64.self)
    }

    static func seal(_ page: UnsafeMutableRawBufferPointer, count: Int) {
        page.storeBytes(of: UInt32(count), toByteOffset: 4, as: UInt32.self)
        page.storeBytes(of: hoard_crc32c(0, page.baseAddress! + 4, page.count - 4), as: UInt32.self)
    }
}
