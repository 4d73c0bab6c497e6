/// Makes a run from ids that come in the order of their hashes.
final class IdRunBuilder {
    private let hash: IdHash
    private let path: String
    private let disk: any Disk
    private let appender: DiskAppender
    private let filter: IdFilter
    private var info: IdRunInfo
    private let page = UnsafeMutableRawBufferPointer.allocate(byteCount: LedgerLimits.pageBytes, alignment: 4_096)
    private var inPage = 0
    private var rank = 0
    private var lastHash: UInt64 = 0

    /// Begins a run of so many ids.
    init(disk: any Disk, folder: String, sequence: UInt64, count: Int, hash: IdHash) throws(LogError) {
        self.disk = disk
        self.hash = hash
        info = IdRunInfo(sequence: sequence, count: count, filterChecksum: 0)
        path = folder + "/" + info.name
        appender = DiskAppender(try disk.open(path, .replace))
        filter = IdFilter(info)
        clearPage()
    }

    deinit { page.deallocate() }

    private func clearPage() {
        page.initializeMemory(as: UInt8.self, repeating: 0)
        inPage = 0
    }

    /// Appends the next id.
    func append(_ record: IdRecord, _ hash: UInt64) throws(LogError) {
        precondition(hash >= lastHash && rank < info.count, "ids come in the order of their hashes")
        lastHash = hash
        filter.set(rank, hash)
        rank += 1
        IdPage.set(page, inPage, record)
        inPage += 1
        if inPage == IdRunInfo.recordsPerPage { try writePage() }
    }

    private func writePage() throws(LogError) {
        guard inPage > 0 else { return }
        IdPage.seal(page, count: inPage)
        try appender.append(UnsafeRawBufferPointer(page))
        clearPage()
    }

    /// Writes what is left and makes the run durable; its name becomes so with the folder's next sync.
    func finish() throws(LogError) -> IdRun {
        precondition(rank == info.count, "a run has as many ids as were promised")
        try writePage()
        try appender.restartChecksum()
        filter.complete()
        try appender.append(UnsafeRawBufferPointer(filter.bytes))
        try appender.finish()
        info.filterChecksum = appender.checksum
        return IdRun(info: info, file: try disk.open(path, .read), path: path, filter: filter)
    }
}

/// Makes a run from the ids of a table, in bounded pieces.
final class IdRunFromTable {
    private let builder: IdRunBuilder
    private var entries: [(hash: UInt64, record: IdRecord)] = []
    private var next = 0

    init(_ table: IdTable, disk: any Disk, folder: String, sequence: UInt64, hash: IdHash) throws(LogError) {
        builder = try IdRunBuilder(disk: disk, folder: folder, sequence: sequence, count: table.count, hash: hash)
        entries.reserveCapacity(table.count)
        table.forEach { entry in
            precondition(entry.location != OperationEntry.undecided, "an undecided id cannot be durable")
            entries.append((hash(entry.id), IdRecord(id: entry.id, location: entry.location)))
        }
        // Ids break ties, so that the file does not depend on the table's order.
        entries.sort {
            $0.hash != $1.hash
                ? $0.hash < $1.hash
                : ($0.record.id.high, $0.record.id.low) < ($1.record.id.high, $1.record.id.low)
        }
    }

    /// Writes the next piece; returns the run once it is whole.
    func advance() throws(LogError) -> IdRun? {
        let end = min(entries.count, next + LedgerLimits.backgroundRecords)
        while next < end {
            try builder.append(entries[next].record, entries[next].hash)
            next += 1
        }
        return next == entries.count ? try builder.finish() : nil
    }
}

/// Makes one run from several, in bounded pieces.
final class IdRunMerge {
    private let builder: IdRunBuilder
    private var sources: [IdRunReader]
    private let hash: IdHash

    init(
        _ runs: [IdRun], disk: any Disk, folder: String, sequence: UInt64, hash: IdHash
    ) throws(LogError) {
        self.hash = hash
        let count = runs.reduce(0) { $0 + $1.info.count }
        builder = try IdRunBuilder(disk: disk, folder: folder, sequence: sequence, count: count, hash: hash)
        sources = []
        for run in runs {
            sources.append(try IdRunReader(run, folder: folder, hash: hash))
        }
    }

    /// Writes the next piece; returns the run once it is whole.
    func advance() throws(LogError) -> IdRun? {
        for _ in 0..<LedgerLimits.backgroundRecords {
            var least: Int?
            for index in sources.indices where !sources[index].isAtEnd {
                if least == nil || sources[index].hash < sources[least!].hash { least = index }
            }
            guard let least else { return try builder.finish() }
            try builder.append(sources[least].record, sources[least].hash)
            try sources[least].advance()
        }
        return nil
    }
}

/// Reads the ids of a run in order.
private final class IdRunReader {
    private static let pagesAtOnce = 64
    private let file: any DiskFile
    private let path: String
    private let info: IdRunInfo
    private let key: IdHash
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: pagesAtOnce * LedgerLimits.pageBytes, alignment: 4_096)
    private var rank = 0
    private(set) var record = IdRecord(id: OperationID(high: 0, low: 0), location: 0)
    private(set) var hash: UInt64 = 0

    init(_ run: IdRun, folder: String, hash: IdHash) throws(LogError) {
        file = run.file
        info = run.info
        path = folder + "/" + run.info.name
        key = hash
        try load()
    }

    deinit { buffer.deallocate() }

    var isAtEnd: Bool { rank == info.count }

    func advance() throws(LogError) {
        rank += 1
        try load()
    }

    private func load() throws(LogError) {
        guard rank < info.count else { return }
        let page = rank / IdRunInfo.recordsPerPage
        let inBuffer = page % Self.pagesAtOnce
        if inBuffer == 0, rank % IdRunInfo.recordsPerPage == 0 {
            let bytes = min(Self.pagesAtOnce, info.pageCount - page) * LedgerLimits.pageBytes
            try file.readAll(
                at: page * LedgerLimits.pageBytes, into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<bytes]), of: path)
        }
        let start = inBuffer * LedgerLimits.pageBytes
        let view = UnsafeRawBufferPointer(rebasing: buffer[start..<start + LedgerLimits.pageBytes])
        if rank % IdRunInfo.recordsPerPage == 0, !IdPage.isWhole(view) {
            throw LogError(call: "read", file: path, reason: "page \(page) is damaged")
        }
        record = IdPage.record(view, rank % IdRunInfo.recordsPerPage)
        hash = key(record.id)
    }
}
