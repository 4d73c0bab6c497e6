internal import EVM

/// Where the whole records of a log end.
struct LogEnd: Equatable {
    /// The segment that the next record belongs to.
    var segment: UInt32
    /// Its place there.
    var offset: Int
    /// Whether bytes of an unfinished record lie behind it.
    var hasTornTail: Bool
    /// The last records, which nothing behind them names as durable.
    var unproven: [LogExtent] = []
    /// Places behind the last record of a segment that hold something, although the next segment goes on where that record
    /// ends: nothing is missing there.
    var strays: [LogStray] = []
}

/// Bytes between the last record of a segment and its end that belong to no record.
struct LogStray: Equatable {
    var segment: UInt32
    var offset: Int
    /// The block that the next segment begins with.
    var next: UInt64
}

/// Where one record lies.
struct LogExtent: Equatable {
    /// The number of its block.
    var block: UInt64
    /// Its segment.
    var segment: UInt32
    /// Its place there.
    var offset: Int
    /// Its bytes with the padding.
    var byteCount: Int
}

/// Reads the records of a log in order and decides what the first bad one is: the torn end of the log, or damage.
///
/// A record names the last block that was durable when it was written. A whole record behind a bad one that names the
/// bad one, or a later block, as durable proves damage; without such a proof the bad record was being written at a crash.
struct LogScanner {
    private let storage: DiskStorage
    private let segments: [UInt32]
    private let logKey: UInt64
    private var index = 0
    private var offset = 0
    private var memory: SegmentMemory?
    /// The last record: its number, its digest, and where it lies.
    private(set) var lastNumber: UInt64 = 0
    private(set) var lastDigest: Hash256
    private(set) var place: (segment: UInt32, offset: Int) = (0, 0)
    /// Blocks that are read but not handed out, and the digest that the last of them must have.
    private let skipped: UInt64
    private let skippedDigest: Hash256?
    /// Whether the block before the next one is known.
    private(set) var isAnchored = true
    private var strays: [LogStray] = []
    private var unproven: [LogExtent] = []
    /// Where the log ends; set when `next` has returned nil.
    private(set) var end: LogEnd?

    /// A scanner from the first block of a world on.
    init(storage: DiskStorage, genesisDigest: Hash256, logKey: UInt64? = nil) throws(LedgerError) {
        skipped = 0
        skippedDigest = nil
        self.storage = storage
        self.logKey = logKey ?? genesisDigest.word.l3
        lastDigest = genesisDigest
        do throws(LogError) {
            segments = try storage.segments()
            try Self.refuseOtherKey(storage, segments, self.logKey)
        } catch {
            throw .disk(error)
        }
        for (index, number) in segments.enumerated() where number != UInt32(index) {
            throw .damagedLog(segment: UInt32(index), offset: 0, block: 1, reason: "the segment is missing")
        }
    }

    /// A scanner of the blocks behind `block`, which has this digest where one is given; what lies far before it is not
    /// read, and may be gone.
    init(
        storage: DiskStorage, genesisDigest: Hash256, logKey: UInt64? = nil, after block: UInt64, digest: Hash256?
    ) throws(LedgerError) {
        self.storage = storage
        self.logKey = logKey ?? genesisDigest.word.l3
        skipped = block
        skippedDigest = digest
        lastNumber = block
        lastDigest = digest ?? .zero
        isAnchored = false
        do throws(LogError) {
            segments = try storage.segments()
            try Self.refuseOtherKey(storage, segments, self.logKey)
            for place in segments.indices.dropFirst() where segments[place] != segments[place - 1] + 1 {
                throw LogError(call: "read", file: "segment \(segments[place - 1] + 1)", reason: "is missing")
            }
            var place = segments.count - 1
            while place > 0 {
                if let first = try Self.firstNumber(storage, segments[place], self.logKey), first <= block + 1 { break }
                place -= 1
            }
            index = max(0, place)
        } catch {
            throw .disk(error)
        }
    }

    /// A log whose first record is whole but carries another key is not torn: its `world` file is not the right one.
    private static func refuseOtherKey(
        _ storage: DiskStorage, _ segments: [UInt32], _ logKey: UInt64
    ) throws(LogError) {
        guard let segment = segments.first else { return }
        let byteCount = try storage.byteCount(of: segment)
        guard byteCount >= LedgerLimits.pageBytes else { return }
        let head = SegmentMemory(index: 0, byteCount: LedgerLimits.pageBytes)
        try storage.read(segment: segment, offset: 0, into: head.bytes)
        let bytes = UnsafeRawBufferPointer(head.bytes)
        guard let length = LogRecordLayout.paddedLength(atStartOf: bytes), length <= byteCount else { return }
        let key = LogRecordLayout.key(atStartOf: bytes)
        guard key != logKey else { return }
        let whole = SegmentMemory(index: 0, byteCount: length)
        try storage.read(segment: segment, offset: 0, into: whole.bytes)
        guard LogRecordLayout.parse(UnsafeRawBufferPointer(whole.bytes), logKey: key) != nil else { return }
        throw LogError(
            call: "read", file: "segment \(segment)", reason: "its records carry another key than the world file")
    }

    /// The number of a segment's first block, where a whole record begins there.
    static func firstNumber(
        _ storage: DiskStorage, _ segment: UInt32, _ logKey: UInt64
    ) throws(LogError) -> UInt64? {
        let byteCount = try storage.byteCount(of: segment)
        guard byteCount >= LedgerLimits.pageBytes else { return nil }
        let head = SegmentMemory(index: 0, byteCount: LedgerLimits.pageBytes)
        try storage.read(segment: segment, offset: 0, into: head.bytes)
        guard let length = LogRecordLayout.paddedLength(atStartOf: UnsafeRawBufferPointer(head.bytes)),
            length <= byteCount
        else { return nil }
        let whole = SegmentMemory(index: 0, byteCount: length)
        try storage.read(segment: segment, offset: 0, into: whole.bytes)
        return LogRecordLayout.parse(UnsafeRawBufferPointer(whole.bytes), logKey: logKey)?.number
    }

    /// Removes the segments that hold only blocks before this one, the oldest first, so that what is left never has a gap.
    static func truncate(_ storage: DiskStorage, before block: UInt64, logKey: UInt64) throws(LogError) {
        let segments = try storage.segments()
        for place in segments.indices.dropLast() {
            guard let next = try firstNumber(storage, segments[place + 1], logKey), next <= block else {
                return
            }
            try storage.remove(segment: segments[place])
        }
    }

    /// The next whole record that is to be handed out, or nil at the end; the view is valid until the next call.
    mutating func next() throws(LedgerError) -> LogRecordLayout.View? {
        while let record = try nextOfAll() {
            if record.number > skipped { return record }
            if record.number == skipped, let skippedDigest, record.digest != skippedDigest {
                throw .badBlock(
                    number: skipped, field: "digest", have: record.digest.hex, need: skippedDigest.hex)
            }
        }
        // The last block of a checkpoint is never cut off the log with those before it.
        if lastNumber < skipped || !isAnchored && skipped > 0 {
            throw .blocksMissing(head: isAnchored ? lastNumber : 0, anchored: skipped)
        }
        return nil
    }

    /// The next whole record, also one that is only read over.
    mutating func nextOfAll() throws(LedgerError) -> LogRecordLayout.View? {
        guard end == nil else { return nil }
        while index < segments.count {
            let bytes = try load(index)
            if let record = parse(bytes, offset) {
                try check(record)
                place = (segments[index], offset)
                offset += LogRecordLayout.paddedLength(record.length)
                return record
            }
            let hasRest = isDirty(bytes, from: offset)
            if !isAnchored, hasRest { throw damage("the log does not begin with a whole record") }
            if try !provesDamageOrMore(hasRest: hasRest) {
                let hasRemains = try hasRemainsBehind()
                end = LogEnd(
                    segment: segments[index], offset: offset, hasTornTail: hasRest || hasRemains, unproven: unproven,
                    strays: strays)
                return nil
            }
            if hasRest { strays.append(LogStray(segment: segments[index], offset: offset, next: lastNumber + 1)) }
            index += 1
            offset = 0
        }
        end = LogEnd(segment: UInt32(segments.count), offset: 0, hasTornTail: false, unproven: unproven, strays: strays)
        return nil
    }

    /// Accepts a record as the successor of the last one.
    private mutating func check(_ record: LogRecordLayout.View) throws(LedgerError) {
        if !isAnchored, record.number <= skipped {
            // The first record of what is left of the log: what came before it is in the snapshot.
            lastNumber = record.number - 1
            lastDigest = record.header.parent
        }
        isAnchored = true
        let expected = lastNumber + 1
        guard record.number == expected else {
            throw damage("block \(record.number) stands where block \(expected) belongs")
        }
        guard record.header.parent == lastDigest || (skippedDigest == nil && lastDigest == .zero) else { throw damage("the block does not continue the chain") }
        guard record.durable < expected else { throw damage("the block names itself durable") }
        lastNumber = expected
        lastDigest = record.digest
        unproven.removeAll { $0.block <= record.durable }
        unproven.append(
            LogExtent(
                block: record.number, segment: segments[index], offset: offset,
                byteCount: LogRecordLayout.paddedLength(record.length)))
    }

    private func damage(_ reason: String) -> LedgerError {
        .damagedLog(segment: segments[index], offset: offset, block: lastNumber + 1, reason: reason)
    }

    /// No record is whole at the present place. True: the log goes on in the next segment. False: it ends here.
    ///
    /// Where something stands at the present place, although no record, the log goes on only if the next segment's first
    /// record names the last one as its parent: then no record is missing, and what stands here never was one.
    private mutating func provesDamageOrMore(hasRest: Bool) throws(LedgerError) -> Bool {
        let expected = lastNumber + 1
        for later in index..<segments.count {
            let bytes = try load(later)
            var place = later == index ? offset + LedgerLimits.pageBytes : 0
            while place < bytes.count {
                guard let record = parse(bytes, place) else {
                    place += LedgerLimits.pageBytes
                    continue
                }
                if later == index + 1, place == 0, record.number == expected,
                    !hasRest || record.header.parent == lastDigest
                {
                    return true
                }
                if record.durable >= expected {
                    _ = try load(index)
                    throw damage("no whole record, but block \(record.number) behind it proves that it was durable")
                }
                place += LogRecordLayout.paddedLength(record.length)
            }
        }
        return false
    }

    /// Whether the segments behind the present one hold anything.
    private mutating func hasRemainsBehind() throws(LedgerError) -> Bool {
        for later in segments.indices where later > index {
            if isDirty(try load(later), from: 0) { return true }
        }
        return false
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> LogRecordLayout.View? {
        guard offset < bytes.count else { return nil }
        return LogRecordLayout.parse(UnsafeRawBufferPointer(rebasing: bytes[offset...]), logKey: logKey)
    }

    private func isDirty(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Bool {
        var place = offset
        while place + 8 <= bytes.count {
            if bytes.load(fromByteOffset: place, as: UInt64.self) != 0 { return true }
            place += 8
        }
        return false
    }

    private mutating func load(_ index: Int) throws(LedgerError) -> UnsafeRawBufferPointer {
        if let memory, memory.index == index { return UnsafeRawBufferPointer(memory.bytes) }
        memory = nil
        do throws(LogError) {
            let byteCount = try storage.byteCount(of: segments[index])
            guard byteCount % LedgerLimits.pageBytes == 0 else {
                throw LogError(call: "read", file: "segment \(segments[index])", reason: "has \(byteCount) bytes")
            }
            let loaded = SegmentMemory(index: index, byteCount: byteCount)
            try storage.read(segment: segments[index], offset: 0, into: loaded.bytes)
            memory = loaded
            return UnsafeRawBufferPointer(loaded.bytes)
        } catch {
            throw .disk(error)
        }
    }

    /// Overwrites everything behind the end with zeros, so that no remains can be taken for a record later, and makes
    /// all that was read durable: a killed process may have written without syncing.
    ///
    /// To sync is not enough for the last records: where a sync has failed, the system may hold them for clean and hand
    /// them out, although the disk has never got them. So they are written once more.
    static func cut(_ storage: DiskStorage, at end: LogEnd) throws(LogError) {
        for record in end.unproven {
            let memory = SegmentMemory(index: 0, byteCount: record.byteCount)
            try storage.read(segment: record.segment, offset: record.offset, into: memory.bytes)
            try storage.write(segment: record.segment, offset: record.offset, [UnsafeRawBufferPointer(memory.bytes)])
        }
        for segment in try storage.segments() {
            if end.hasTornTail, segment >= end.segment {
                try clear(storage, segment, from: segment == end.segment ? end.offset : 0)
            }
            try storage.sync(segment: segment)
        }
    }

    /// Overwrites the pages that are not blank.
    private static func clear(
        _ storage: DiskStorage, _ segment: UInt32, from start: Int
    ) throws(LogError) {
        let byteCount = try storage.byteCount(of: segment)
        let memory = SegmentMemory(index: 0, byteCount: byteCount - start)
        try storage.read(segment: segment, offset: start, into: memory.bytes)
        let zeros = SegmentMemory(index: 0, byteCount: LedgerLimits.pageBytes)
        zeros.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        for offset in stride(from: 0, to: memory.bytes.count, by: LedgerLimits.pageBytes) {
            let page = UnsafeRawBufferPointer(rebasing: memory.bytes[offset..<offset + LedgerLimits.pageBytes])
            guard page.contains(where: { $0 != 0 }) else { continue }
            try storage.write(segment: segment, offset: start + offset, [UnsafeRawBufferPointer(zeros.bytes)])
        }
    }
}

/// One segment in memory.
private final class SegmentMemory {
    let index: Int
    let bytes: UnsafeMutableRawBufferPointer

    init(index: Int, byteCount: Int) {
        self.index = index
        bytes = .allocate(byteCount: byteCount, alignment: 4_096)
    }

    deinit { bytes.deallocate() }
}
