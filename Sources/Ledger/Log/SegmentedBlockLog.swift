/// The log on numbered segments: records lie one after the other on full pages, and never across two segments.
///
/// The next segment is made in the background when the present one is half full.
public final class SegmentedBlockLog: BlockLog, @unchecked Sendable {
    // Sendable: used by one thread at a time; the background thread touches only the storage and `preparation`.
    private let storage: DiskStorage
    /// Bytes of segments to come, and of the present one, which may have been made with another setting.
    private let segmentBytes: Int
    private var presentBytes: Int
    private var segment: UInt32
    private var offset: Int
    private var lastNumber: UInt64
    private var touched: [UInt32] = []
    private let threads: (any ThreadHost)?
    private var preparation: SegmentPreparation?
    private var preparing: (any RunningWork)?
    private var hasFailed = false

    /// A log that goes on behind the record `lastNumber`, which ends at `offset` of `segment`.
    init(
        storage: DiskStorage, segmentBytes: Int, segment: UInt32, offset: Int, lastNumber: UInt64,
        threads: (any ThreadHost)? = nil
    ) throws(LogError) {
        self.threads = threads
        precondition(offset % LedgerLimits.pageBytes == 0, "records begin on pages")
        self.storage = storage
        self.segmentBytes = segmentBytes
        self.segment = segment
        self.offset = offset
        self.lastNumber = lastNumber
        presentBytes = 0
        try storage.create(segment: segment, byteCount: segmentBytes)
        presentBytes = try storage.byteCount(of: segment)
    }

    deinit { preparing?.join() }

    /// Hands records over; they are durable only after `sync`.
    public func append(_ records: [LogRecord]) throws(LogError) {
        precondition(!hasFailed, "appending to a log that has failed")
        let before = (segment, offset, presentBytes, lastNumber)
        do {
            var parts: [UnsafeRawBufferPointer] = []
            var start = offset
            for record in records {
                check(record)
                if offset + record.bytes.count > presentBytes {
                    try flush(&parts, at: start)
                    try roll()
                    start = offset
                    precondition(record.bytes.count <= presentBytes, "a record is longer than a segment")
                }
                parts.append(record.bytes)
                offset += record.bytes.count
                lastNumber = record.number
            }
            try flush(&parts, at: start)
            prepareNext()
        } catch {
            // What could be written is written again with the same bytes at the same place; nobody has had an answer.
            (segment, offset, presentBytes, lastNumber) = before
            hasFailed = !error.isPassing
            throw error
        }
    }

    /// Whether the present segment has room for so many bytes.
    public func hasRoomAtOnce(byteCount: Int) -> Bool { offset + byteCount <= presentBytes }

    /// Returns when everything appended is durable.
    public func sync() throws(LogError) {
        precondition(!hasFailed, "syncing a log that has failed")
        do {
            for segment in touched { try storage.sync(segment: segment) }
            touched.removeAll(keepingCapacity: true)
        } catch {
            hasFailed = true
            throw error
        }
    }

    private func check(_ record: LogRecord) {
        precondition(record.number == lastNumber + 1, "block \(record.number) after block \(lastNumber)")
        precondition(record.bytes.count % LedgerLimits.pageBytes == 0, "a record is not padded")
    }

    private func flush(_ parts: inout [UnsafeRawBufferPointer], at start: Int) throws(LogError) {
        guard !parts.isEmpty else { return }
        try storage.write(segment: segment, offset: start, parts)
        if touched.last != segment { touched.append(segment) }
        parts.removeAll(keepingCapacity: true)
    }

    private func roll() throws(LogError) {
        preparation = nil
        preparing?.join()
        preparing = nil
        // Made already, unless that has failed.
        try storage.create(segment: segment + 1, byteCount: segmentBytes)
        let byteCount = try storage.byteCount(of: segment + 1)
        segment += 1
        offset = 0
        presentBytes = byteCount
    }

    private func prepareNext() {
        guard let threads, preparation == nil, offset >= presentBytes / 2 else { return }
        let work = SegmentPreparation(storage: storage, segment: segment + 1, byteCount: segmentBytes)
        preparation = work
        preparing = threads.start(work, name: "hoard-segment")
    }
}

/// The work of making one segment; where that fails, the log makes it itself when it needs it.
private final class SegmentPreparation: StepWork, Sendable {
    let waitPoint = WaitPoint(spinMicroseconds: 0)
    private let storage: DiskStorage
    private let segment: UInt32
    private let byteCount: Int

    init(storage: DiskStorage, segment: UInt32, byteCount: Int) {
        self.storage = storage
        self.segment = segment
        self.byteCount = byteCount
    }

    func step() -> StepOutcome {
        try? storage.create(segment: segment, byteCount: byteCount)
        return .finished
    }
}
