/// The log on numbered segments: records lie one after the other on full pages, and never across two segments.
///
/// The next segment is made in the background when the present one is half full.
public final class SegmentedBlockLog: BlockLog, @unchecked Sendable {
    // Sendable: used by one thread at a time; the background thread touches only the storage and `preparation`.
    private let storage: any LogStorage
    /// Bytes of segments to come, and of the present one, which may have been made with another setting.
    private let segmentBytes: Int
    private var presentBytes: Int
    private var segment: UInt32
    private var offset: Int
    private var lastNumber: UInt64
    private var touched: [UInt32] = []
    private var preparation: SegmentPreparation?
    private var hasFailed = false

    /// A log that goes on behind the record `lastNumber`, which ends at `offset` of `segment`.
    init(storage: any LogStorage, segmentBytes: Int, segment: UInt32, offset: Int, lastNumber: UInt64) throws(LogError)
    {
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

    deinit { preparation?.wait() }

    /// Hands records over; they are durable only after `sync`.
    public func append(_ records: [LogRecord]) throws(LogError) {
        precondition(!hasFailed, "appending to a log that has failed")
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
            hasFailed = true
            throw error
        }
    }

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
        if let preparation {
            preparation.wait()
            self.preparation = nil
            if let error = preparation.error { throw error }
        }
        segment += 1
        offset = 0
        try storage.create(segment: segment, byteCount: segmentBytes)
        presentBytes = try storage.byteCount(of: segment)
    }

    private func prepareNext() {
        guard preparation == nil, offset >= presentBytes / 2 else { return }
        preparation = SegmentPreparation(storage: storage, segment: segment + 1, byteCount: segmentBytes)
    }
}

/// A thread that makes one segment.
private final class SegmentPreparation: @unchecked Sendable {
    // Sendable: `error` is written before the thread ends and read after waiting for it.
    private(set) var error: LogError?
    private var thread: SystemThread?

    init(storage: any LogStorage, segment: UInt32, byteCount: Int) {
        thread = SystemThread(name: "hoard-segment") { [unowned self] in
            do throws(LogError) {
                try storage.create(segment: segment, byteCount: byteCount)
            } catch {
                self.error = error
            }
        }
    }

    deinit { wait() }

    func wait() {
        thread?.join()
        thread = nil
    }
}
