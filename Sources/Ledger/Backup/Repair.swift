public import EVM

/// What a repair has put back.
public struct RepairReport: Sendable, Equatable {
    /// One record of the log.
    public struct Record: Sendable, Equatable {
        /// The block.
        public var block: UInt64
        /// Where it lies.
        public var segment: UInt32
        /// Its place there.
        public var offset: Int
    }

    /// Records of the log, in order.
    public var records: [Record] = []
    /// Files of checkpoints.
    public var files: [String] = []
    /// The last block; the chain up to it is whole.
    public var block: UInt64 = 0
    /// Its digest.
    public var head = Hash256.zero
}

extension Ledger {
    /// Puts back from a backup what is damaged in a world: records of the log, where the chain proves that the backup's are
    /// the very ones, and files of checkpoints, where name, length and checksums agree. Everything else stays as it is.
    /// No server may run.
    public static func repair(
        folder path: String, from backup: String, genesis: LedgerGenesis
    ) throws(LedgerError) -> RepairReport {
        try repair(folder: path, from: backup, genesis: genesis, disk: SystemDisk.shared)
    }

    /// As above, on any disk.
    package static func repair(
        folder path: String, from backup: String, genesis: LedgerGenesis, disk: any Disk
    ) throws(LedgerError) -> RepairReport {
        _ = try WorldFolder(disk: disk, reading: path, genesisDigest: genesis.digest)
        let world = try WorldFolder(disk: disk, creating: path, genesisDigest: genesis.digest)
        let source = try WorldFolder(disk: disk, reading: backup, genesisDigest: genesis.digest)
        defer { world.unlock() }
        guard world.logKey == source.logKey else {
            throw .disk(
                LogError(call: "read", file: backup + "/world", reason: "is no backup of this world: its log has another key"))
        }
        var repair = LogRepair(world, source, genesisDigest: genesis.digest)
        return try repair.run()
    }
}

/// The repair of one world.
struct LogRepair {
    private let world: WorldFolder
    private let source: WorldFolder
    private let genesisDigest: Hash256
    private let log: DiskStorage
    private let spare: DiskStorage
    private var report = RepairReport()

    init(_ world: WorldFolder, _ source: WorldFolder, genesisDigest: Hash256) {
        self.world = world
        self.source = source
        self.genesisDigest = genesisDigest
        log = DiskStorage(disk: world.disk, folder: world.logPath, usesDirectWrites: false)
        spare = DiskStorage(disk: source.disk, folder: source.logPath, isReadOnly: true)
    }

    /// Repairs checkpoints, then one damaged place of the log after the other until the chain is whole.
    mutating func run() throws(LedgerError) -> RepairReport {
        do throws(LogError) {
            try repairCheckpoints()
            try repairReceipts()
        } catch {
            throw .disk(error)
        }
        while true {
            var scanner = try makeScanner()
            var last = (number: scanner.lastNumber, digest: scanner.lastDigest)
            do throws(LedgerError) {
                while let record = try scanner.nextOfAll() { last = (record.number, record.digest) }
            } catch {
                guard case .damagedLog(let segment, let offset, _, _) = error else { throw error }
                if !scanner.isAnchored {
                    try putBackFirst(of: segment, cause: error)
                    continue
                }
                try putBack(behind: last, at: (segment, offset), cause: error)
                continue
            }
            let needed = try lastKnownBlock()
            if last.number < needed, let end = scanner.end {
                try putBack(
                    behind: last, at: (end.segment, end.offset),
                    cause: .blocksMissing(head: last.number, anchored: needed), upTo: needed)
                continue
            }
            report.block = last.number
            report.head = last.digest
            return report
        }
    }

    private func makeScanner() throws(LedgerError) -> LogScanner {
        do throws(LogError) {
            try makeMissingSegments()
            if try log.segments().first ?? 0 != 0 {
                for block in try world.checkpoints.blocks().reversed() {
                    guard let checkpoint = try? world.checkpoints.read(block, genesisDigest: genesisDigest) else { continue }
                    return try scanner(behind: checkpoint)
                }
            }
        } catch {
            throw .disk(error)
        }
        return try LogScanner(storage: log, genesisDigest: genesisDigest, logKey: world.logKey)
    }

    private func scanner(behind checkpoint: Checkpoint) throws(LogError) -> LogScanner {
        do throws(LedgerError) {
            return try LogScanner(
                storage: log, genesisDigest: genesisDigest, logKey: world.logKey, after: checkpoint.position.block,
                digest: checkpoint.position.digest)
        } catch {
            throw LogError(call: "read", file: world.logPath, reason: error.description)
        }
    }

    /// Segments between others that are gone, made again without content.
    private func makeMissingSegments() throws(LogError) {
        let there = try log.segments()
        guard let first = there.first, let last = there.last else { return }
        for segment in first...last where !there.contains(segment) {
            try log.create(segment: segment, byteCount: try log.byteCount(of: last))
        }
    }

    /// The last block that an anchor or a checkpoint proves to have been durable.
    private func lastKnownBlock() throws(LedgerError) -> UInt64 {
        do throws(LogError) {
            let anchored = try AnchorFile(disk: world.disk, path: world.anchorsPath, isReadOnly: true).load().last?.block
            return max(anchored ?? 0, try world.checkpoints.blocks().first ?? 0)
        } catch {
            throw .disk(error)
        }
    }

    /// Writes the backup's records behind `last` into the gap that begins at a place, if the chain fits on both sides.
    private mutating func putBack(
        behind last: (number: UInt64, digest: Hash256), at place: (segment: UInt32, offset: Int), cause: LedgerError,
        upTo needed: UInt64? = nil
    ) throws(LedgerError) {
        let next = try nextWhole(behind: place)
        var scanner = try LogScanner(
            storage: spare, genesisDigest: genesisDigest, logKey: source.logKey, after: last.number,
            digest: last.number == 0 ? genesisDigest : last.digest)
        var position = place
        var digest = last.digest
        var found: [(place: RepairReport.Record, bytes: ByteArray)] = []
        do throws(LogError) {
            while let record = try backupRecord(&scanner) {
                if let next, record.number >= next.number { break }
                if let needed, record.number > needed { break }
                guard record.header.parent == digest else { throw notTheSame(record.number) }
                position = try self.place(for: record, at: position)
                found.append(
                    (
                        RepairReport.Record(block: record.number, segment: position.segment, offset: position.offset),
                        ByteArray(padded: record)
                    ))
                position.offset += LogRecordLayout.paddedLength(record.length)
                digest = record.digest
            }
            // Nothing is written before both ends of the chain fit.
            if let next, next.parent != digest { throw notTheSame(next.number) }
            for record in found {
                try log.write(segment: record.place.segment, offset: record.place.offset, [record.bytes.buffer.bytes])
                try log.sync(segment: record.place.segment)
                report.records.append(record.place)
            }
        } catch {
            throw .disk(error)
        }
        // The backup ends before the gap does: what is wrong is said as it was found.
        if found.isEmpty { throw cause }
    }

    /// Writes the backup's records in front of the first whole one of a log whose beginning is gone, where they lead to that
    /// one's parent and lay exactly there.
    private mutating func putBackFirst(of segment: UInt32, cause: LedgerError) throws(LedgerError) {
        guard let next = try nextWhole(behind: (segment, 0)), next.segment == segment else { throw cause }
        do throws(LogError) {
            guard try spare.segments().contains(segment) else { throw noHelp(next.number) }
            let byteCount = try spare.byteCount(of: segment)
            guard next.offset <= byteCount else { throw noHelp(next.number) }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4_096)
            defer { memory.deallocate() }
            try spare.read(segment: segment, offset: 0, into: memory)
            var found: [(place: RepairReport.Record, bytes: ByteArray)] = []
            var offset = 0
            var last: LogRecordLayout.View?
            while offset < next.offset {
                let rest = UnsafeRawBufferPointer(rebasing: memory[offset...])
                guard let record = LogRecordLayout.parse(rest, logKey: source.logKey),
                    last.map({ record.header.parent == $0.digest && record.number == $0.number + 1 }) ?? true
                else { throw noHelp(next.number) }
                found.append(
                    (RepairReport.Record(block: record.number, segment: segment, offset: offset), ByteArray(padded: record)))
                offset += LogRecordLayout.paddedLength(record.length)
                last = record
            }
            guard let last, offset == next.offset, last.digest == next.parent, last.number + 1 == next.number else {
                throw noHelp(next.number)
            }
            for record in found {
                try log.write(segment: segment, offset: record.place.offset, [record.bytes.buffer.bytes])
                report.records.append(record.place)
            }
            try log.sync(segment: segment)
        } catch {
            throw .disk(error)
        }
    }

    private func noHelp(_ block: UInt64) -> LogError {
        LogError(
            call: "read", file: source.path,
            reason: "the backup does not hold what lay in front of block \(block) in its segment; `hoard restore` can help")
    }

    private func backupRecord(_ scanner: inout LogScanner) throws(LogError) -> LogRecordLayout.View? {
        do throws(LedgerError) {
            return try scanner.next()
        } catch {
            throw LogError(call: "read", file: source.path, reason: "the backup does not help: \(error.description)")
        }
    }

    private func notTheSame(_ block: UInt64) -> LogError {
        LogError(
            call: "read", file: source.path,
            reason: "block \(block) does not continue the chain there; the backup has parted from this world")
    }

    private func place(
        for record: LogRecordLayout.View, at position: (segment: UInt32, offset: Int)
    ) throws(LogError) -> (segment: UInt32, offset: Int) {
        if position.offset + LogRecordLayout.paddedLength(record.length) <= (try log.byteCount(of: position.segment)) {
            return position
        }
        try log.create(segment: position.segment + 1, byteCount: try log.byteCount(of: position.segment))
        return (position.segment + 1, 0)
    }

    /// The first whole record behind a damaged place.
    private func nextWhole(
        behind place: (segment: UInt32, offset: Int)
    ) throws(LedgerError) -> (number: UInt64, parent: Hash256, segment: UInt32, offset: Int)? {
        do throws(LogError) {
            for segment in try log.segments() where segment >= place.segment {
                let byteCount = try log.byteCount(of: segment)
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4_096)
                defer { memory.deallocate() }
                try log.read(segment: segment, offset: 0, into: memory)
                var offset = segment == place.segment ? place.offset : 0
                while offset < byteCount {
                    let rest = UnsafeRawBufferPointer(rebasing: memory[offset...])
                    if let record = LogRecordLayout.parse(rest, logKey: world.logKey) {
                        return (record.number, record.header.parent, segment, offset)
                    }
                    offset += LedgerLimits.pageBytes
                }
            }
            return nil
        } catch {
            throw .disk(error)
        }
    }

    /// Copies files of checkpoints that are damaged here and good in the backup.
    private mutating func repairCheckpoints() throws(LogError) {
        for block in try world.checkpoints.blocks() {
            let name = Checkpoint.name(block)
            if (try? world.checkpoints.read(block, genesisDigest: genesisDigest)) == nil,
                (try? source.checkpoints.read(block, genesisDigest: genesisDigest)) != nil
            {
                try copy(name)
            }
            guard let checkpoint = try? world.checkpoints.read(block, genesisDigest: genesisDigest) else { continue }
            for info in checkpoint.state where isDamaged({ () throws(LogError) in try world.checkpoints.check(info) }) {
                if !isDamaged({ () throws(LogError) in try source.checkpoints.check(info) }) { try copy(info.name) }
            }
            for info in checkpoint.ids where isDamaged({ () throws(LogError) in try world.checkpoints.check(info) }) {
                if !isDamaged({ () throws(LogError) in try source.checkpoints.check(info) }) { try copy(info.name) }
            }
        }
    }

    /// Puts back records of receipts that a checkpoint counts on; the same bytes at the same place in the backup.
    private mutating func repairReceipts() throws(LogError) {
        var end = 0
        for block in try world.checkpoints.blocks() {
            guard let checkpoint = try? world.checkpoints.read(block, genesisDigest: genesisDigest) else { continue }
            end = max(end, checkpoint.position.receiptsEnd)
        }
        guard end > 0 else { return }
        let file = try world.disk.open(world.receiptsPath, .create)
        let spare = try source.disk.openIfThere(source.receiptsPath)
        var place = ReceiptRecord.fileHeadBytes
        while place < end {
            if let record = try Self.record(file, place) {
                place += record.count
                continue
            }
            guard let spare, let record = try Self.record(spare, place) else {
                throw LogError(
                    call: "read", file: world.receiptsPath,
                    reason: "the record at byte \(place) is damaged, and the backup has none there")
            }
            var failure: LogError?
            record.withUnsafeBytes { bytes in
                do throws(LogError) { try file.write(at: place, bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            report.files.append("receipts at byte \(place)")
            place += record.count
        }
        try file.sync()
    }

    /// The padded record at a place, or nil where it is not whole.
    private static func record(_ file: any DiskFile, _ place: Int) throws(LogError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        guard let length = try read(file, place, into: &bytes), length <= LedgerLimits.receiptBytesMax else { return nil }
        let padded = ReceiptRecord.paddedBytes(length)
        if padded > bytes.count {
            bytes = [UInt8](repeating: 0, count: padded)
            _ = try read(file, place, into: &bytes)
        }
        return bytes.withUnsafeBytes { ReceiptRecord.decode($0) } == nil ? nil : [UInt8](bytes[0..<padded])
    }

    private static func read(_ file: any DiskFile, _ place: Int, into bytes: inout [UInt8]) throws(LogError) -> Int? {
        var failure: LogError?
        var length: Int?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(LogError) {
                let count = try file.read(at: place, into: buffer)
                length = ReceiptRecord.length(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
            } catch { failure = error }
        }
        if let failure { throw failure }
        return length
    }

    private func isDamaged(_ check: () throws(LogError) -> Void) -> Bool { (try? check()) == nil }

    private mutating func copy(_ name: String) throws(LogError) {
        var buffer = ByteBuffer()
        let content = try source.disk.content(source.checkpoints.path + "/" + name)
        content.withUnsafeBytes { buffer.append(raw: $0) }
        try world.disk.replaceWhole(folder: world.checkpoints.path, name: name, buffer.bytes)
        report.files.append(name)
    }
}

/// A padded record in memory of its own.
private final class ByteArray {
    var buffer: ByteBuffer

    init(padded record: LogRecordLayout.View) {
        let length = LogRecordLayout.paddedLength(record.length)
        buffer = ByteBuffer(capacity: length)
        buffer.append(raw: record.bytes)
        buffer.appendZeros(length - record.length)
    }
}
