internal import EVM
internal import Glibc

/// Durable commits through the block log beside bare writes and syncs of the same size, in turns.
public enum CommitMeasurement {
    /// Nanoseconds of each commit and of each bare write; the files are removed again.
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
        let bare = try disk.open(path + "/" + DiskStorage.name(1), .update, isDirect: true)
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
