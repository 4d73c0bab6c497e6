internal import EVM
internal import Glibc

/// Durable commits through the block log beside bare writes and syncs of the same size, in turns.
public enum CommitMeasurement {
    /// Nanoseconds of each commit through the log, and of each write and sync by the system's calls alone; the files are
    /// removed again.
    public static func run(
        folder: String, recordBytes: Int, commits: Int
    ) throws(LedgerError) -> (commits: [UInt64], bare: [UInt64]) {
        do throws(LogError) {
            return try measure(folder, recordBytes, commits)
        } catch {
            throw .disk(error)
        }
    }

    private static func measure(
        _ folder: String, _ recordBytes: Int, _ commits: Int
    ) throws(LogError) -> (commits: [UInt64], bare: [UInt64]) {
        let path = folder + "/commits-\(recordBytes)"
        let disk = SystemDisk.shared
        try disk.makeFolder(path)
        let storage = DiskStorage(disk: disk, folder: path)
        let segmentBytes = max(1 << 20, recordBytes * (commits + 1))
        let log = try SegmentedBlockLog(
            storage: storage, segmentBytes: segmentBytes, segment: 0, offset: 0, lastNumber: 0)
        try storage.create(segment: 1, byteCount: segmentBytes)
        let bare = try BareFile(path + "/" + DiskStorage.name(1))
        defer {
            for name in (try? disk.list(path)) ?? [] { try? disk.remove(path + "/" + name) }
            rmdir(path)
        }
        var record = sealedRecord(byteCount: recordBytes)
        var times: (commits: [UInt64], bare: [UInt64]) = ([], [])
        for number in 0..<commits {
            let start = SystemClock.monotonicNanoseconds()
            LogRecordLayout.stamp(&record, durable: UInt64(number))
            try log.append([LogRecord(number: UInt64(number + 1), bytes: record.bytes)])
            try log.sync()
            let middle = SystemClock.monotonicNanoseconds()
            try bare.write(at: number * recordBytes, record.bytes)
            try bare.sync()
            times.commits.append(middle - start)
            times.bare.append(SystemClock.monotonicNanoseconds() - middle)
        }
        return times
    }

    /// What the seam between a world and its files costs: nanoseconds of a write of one page to the system's cache through
    /// `Disk`, and of the same by the system's call alone; medians of many, in turns.
    public static func seam(folder: String, calls: Int) throws(LedgerError) -> (through: Double, bare: Double) {
        do throws(LogError) {
            let disk: any Disk = SystemDisk.shared
            let path = folder + "/seam"
            let file = try disk.open(path, .replace)
            let bare = try BareFile(path, isDirect: false)
            defer { try? disk.remove(path) }
            let page = UnsafeMutableRawBufferPointer.allocate(byteCount: LedgerLimits.pageBytes, alignment: 4_096)
            defer { page.deallocate() }
            page.initializeMemory(as: UInt8.self, repeating: 7)
            var times: (through: [UInt64], bare: [UInt64]) = ([], [])
            let atOnce = 64
            for _ in 0..<max(1, calls / atOnce) {
                let start = SystemClock.monotonicNanoseconds()
                for _ in 0..<atOnce { try file.write(at: 0, UnsafeRawBufferPointer(page)) }
                let middle = SystemClock.monotonicNanoseconds()
                for _ in 0..<atOnce { try bare.write(at: 0, UnsafeRawBufferPointer(page)) }
                times.through.append(middle - start)
                times.bare.append(SystemClock.monotonicNanoseconds() - middle)
            }
            let medians = [times.through, times.bare].map { Double($0.sorted()[$0.count / 2]) / Double(atOnce) }
            return (medians[0], medians[1])
        } catch {
            throw .disk(error)
        }
    }

    /// A record of this padded length with noise for operations.
    private static func sealedRecord(byteCount: Int) -> ByteBuffer {
        var record = ByteBuffer(capacity: byteCount)
        LogRecordLayout.begin(&record)
        var noise: UInt64 = 1
        while record.count < byteCount - 8 {
            noise = noise &* 6_364_136_223_846_793_005 &+ 1
            record.append(fixed: noise)
        }
        let header = MicroBlockHeader(
            number: 1, timestampMilliseconds: 0, gasUsed: 0, operationCount: 1, clockMode: .wall, parent: .zero,
            prevrandao: .zero, transactionsDigest: .zero, writesDigest: .zero, resultsDigest: .zero)
        var scratch = ByteBuffer()
        LogRecordLayout.finish(&record, header: header, digest: header.digest, logKey: 0, scratch: &scratch)
        return record
    }
}

/// A file as the system has it, with nothing in between.
private struct BareFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    init(_ path: String, isDirect: Bool = true) throws(LogError) {
        self.path = path
        var opened: Int32 = -1
        if isDirect { opened = open(path, O_RDWR | O_CLOEXEC | SystemDisk.directFlag) }
        if opened < 0 { opened = open(path, O_RDWR | O_CLOEXEC) }
        descriptor = opened
        if opened < 0 { throw LogError(call: "open", file: path, code: errno, reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) == bytes.count else {
            throw LogError(call: "write", file: path, code: errno, reason: String(cString: strerror(errno)))
        }
    }

    func sync() throws(LogError) {
        guard fdatasync(descriptor) == 0 else {
            throw LogError(call: "fdatasync", file: path, code: errno, reason: String(cString: strerror(errno)))
        }
    }
}
