public import EVM
internal import Glibc

/// What a backup holds, or what a restore has brought back.
public struct BackupReport: Sendable, Equatable {
    /// The last block, which the copy can be opened at.
    public var block: UInt64 = 0
    /// Its digest.
    public var head = Hash256.zero
    /// The block of the checkpoint in it; 0 where there is none.
    public var checkpointBlock: UInt64 = 0
    /// Bytes copied.
    public var byteCount = 0
}

extension Ledger {
    /// Copies a world into an empty folder, also while a server works on it: the newest checkpoint, then every whole
    /// record of the log behind it. Everything answered before the call is in the copy.
    ///
    /// The copy's `world` file is written last: a folder without it is no backup.
    public static func backup(
        folder path: String, to target: String, genesis: LedgerGenesis, progress: (UInt64) -> Void = { _ in }
    ) throws(LedgerError) -> BackupReport {
        try backup(folder: path, to: target, genesis: genesis, disk: SystemDisk.shared, progress: progress)
    }

    /// As above, on any disk.
    package static func backup(
        folder path: String, to target: String, genesis: LedgerGenesis, disk: any Disk, progress: (UInt64) -> Void
    ) throws(LedgerError) -> BackupReport {
        let source = try WorldFolder(disk: disk, reading: path, genesisDigest: genesis.digest)
        var failure: LedgerError?
        for _ in 0..<WorldCopy.attemptsMax {
            do throws(LedgerError) {
                var copy = try WorldCopy(source, to: target, genesisDigest: genesis.digest)
                return try copy.run(progress)
            } catch {
                // A server that makes checkpoints meanwhile removes what they replace, files and segments: then the newer
                // ones are copied. Real damage is still there at the last attempt.
                switch error {
                case .disk(let inner) where inner.isNotFound: break
                case .damagedLog, .blocksMissing: break
                default: throw error
                }
                failure = error
            }
        }
        throw failure ?? .configuration(reason: "no attempt was made")
    }
}

/// One attempt to copy a world.
struct WorldCopy {
    /// Attempts against a server whose checkpoints replace what is being copied.
    static let attemptsMax = 5
    /// Times that a damaged place is read again, since a record that is just being written looks the same.
    private static let secondLooks = 5
    private let source: WorldFolder
    private let target: String
    private let genesisDigest: Hash256
    private var report = BackupReport()
    private var disk: any Disk { source.disk }

    init(_ source: WorldFolder, to target: String, genesisDigest: Hash256) throws(LedgerError) {
        self.source = source
        self.target = target
        self.genesisDigest = genesisDigest
        do throws(LogError) {
            try source.disk.makeFolder(target + "/log")
            try source.disk.makeFolder(target + "/checkpoints")
            if try source.disk.openIfThere(target + "/world") != nil {
                throw LogError(call: "open", file: target + "/world", reason: "is there already; a backup needs a folder of its own")
            }
        } catch {
            throw .disk(error)
        }
    }

    /// Copies everything; the world file last.
    mutating func run(_ progress: (UInt64) -> Void) throws(LedgerError) -> BackupReport {
        let checkpoint: Checkpoint?
        do throws(LogError) {
            try clearTarget()
            checkpoint = try copyCheckpoint()
        } catch {
            throw .disk(error)
        }
        try copyLog(checkpoint, progress)
        do throws(LogError) {
            try copyAnchors()
            try copyOthers()
            try disk.syncFolder(target + "/checkpoints")
            try disk.syncFolder(target + "/log")
            let world = try disk.content(source.path + "/world")
            try write(world, folder: target, name: "world")
        } catch {
            throw .disk(error)
        }
        return report
    }

    /// Removes what an earlier attempt has left.
    private func clearTarget() throws(LogError) {
        for folder in ["/log", "/checkpoints"] {
            for name in try disk.list(target + folder) { try disk.remove(target + folder + "/" + name) }
        }
    }

    private func write(_ bytes: [UInt8], folder: String, name: String) throws(LogError) {
        var buffer = ByteBuffer()
        bytes.withUnsafeBytes { buffer.append(raw: $0) }
        try disk.replaceWhole(folder: folder, name: name, buffer.bytes)
    }

    /// Copies the newest checkpoint with its files and the receipts that belong to it.
    private mutating func copyCheckpoint() throws(LogError) -> Checkpoint? {
        guard let block = try source.checkpoints.blocks().first else { return nil }
        let checkpoint = try source.checkpoints.read(block, genesisDigest: genesisDigest)
        // Opened before anything is copied, so that nobody can take them away.
        var files: [(name: String, file: any DiskFile)] = []
        for name in checkpoint.names {
            files.append((name, try disk.open(source.checkpoints.path + "/" + name, .read)))
        }
        for (name, file) in files {
            try copy(file, try file.byteCount(), to: target + "/checkpoints/" + name)
        }
        let receipts = try disk.open(source.receiptsPath, .read)
        try copy(receipts, checkpoint.position.receiptsEnd, to: target + "/receipts")
        try disk.syncFolder(target)
        let copied = CheckpointFolder(disk: disk, path: target + "/checkpoints")
        try copied.check(checkpoint)
        try copied.publish(checkpoint)
        report.checkpointBlock = block
        return checkpoint
    }

    private mutating func copy(_ file: any DiskFile, _ byteCount: Int, to path: String) throws(LogError) {
        let appender = DiskAppender(try disk.open(path, .replace))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4_096)
        defer { buffer.deallocate() }
        var done = 0
        while done < byteCount {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(buffer.count, byteCount - done)])
            try file.readAll(at: done, into: part, of: path)
            try appender.append(UnsafeRawBufferPointer(part))
            done += part.count
        }
        try appender.finish()
        report.byteCount += byteCount
    }

    /// Copies the log record by record, each checked, up to the first that is not whole: all of them were written in order,
    /// so none before it is missing.
    private mutating func copyLog(_ checkpoint: Checkpoint?, _ progress: (UInt64) -> Void) throws(LedgerError) {
        let from = DiskStorage(disk: disk, folder: source.logPath, isReadOnly: true)
        let to = DiskStorage(disk: disk, folder: target + "/log", usesDirectWrites: false)
        report.block = checkpoint?.position.block ?? 0
        report.head = checkpoint?.position.digest ?? genesisDigest
        var last: (number: UInt64, digest: Hash256)?
        var looks = 0
        while true {
            do throws(LedgerError) {
                var scanner = try makeScanner(from, checkpoint, last)
                while let record = try scanner.nextOfAll() {
                    if let last, record.number <= last.number { continue }
                    try put(record, scanner.place, from, to)
                    last = (record.number, record.digest)
                    looks = 0
                    progress(record.number)
                }
                break
            } catch {
                guard case .damagedLog = error, looks < Self.secondLooks else { throw error }
                looks += 1
                usleep(50_000)
            }
        }
        if let last, last.number > report.block { (report.block, report.head) = (last.number, last.digest) }
        if let checkpoint, report.block == checkpoint.position.block, last?.number ?? 0 < report.block {
            throw .blocksMissing(head: last?.number ?? 0, anchored: report.block)
        }
        do throws(LogError) {
            for segment in try to.segments() { try to.sync(segment: segment) }
        } catch {
            throw .disk(error)
        }
    }

    /// All of the log where it begins with the first block, else what lies behind the checkpoint.
    private func makeScanner(
        _ storage: DiskStorage, _ checkpoint: Checkpoint?, _ last: (number: UInt64, digest: Hash256)?
    ) throws(LedgerError) -> LogScanner {
        if let last {
            return try LogScanner(
                storage: storage, genesisDigest: genesisDigest, logKey: source.logKey, after: last.number, digest: last.digest)
        }
        let first: UInt32?
        do throws(LogError) {
            first = try storage.segments().first
        } catch {
            throw .disk(error)
        }
        if let checkpoint, first != 0 {
            return try LogScanner(
                storage: storage, genesisDigest: genesisDigest, logKey: source.logKey, after: checkpoint.position.block,
                digest: checkpoint.position.digest)
        }
        return try LogScanner(storage: storage, genesisDigest: genesisDigest, logKey: source.logKey)
    }

    private mutating func put(
        _ record: LogRecordLayout.View, _ place: (segment: UInt32, offset: Int), _ from: DiskStorage, _ to: DiskStorage
    ) throws(LedgerError) {
        do throws(LogError) {
            try to.create(segment: place.segment, byteCount: try from.byteCount(of: place.segment))
            var padded = ByteBuffer(capacity: LogRecordLayout.paddedLength(record.length))
            padded.append(raw: record.bytes)
            padded.appendZeros(LogRecordLayout.paddedLength(record.length) - record.length)
            try to.write(segment: place.segment, offset: place.offset, [padded.bytes])
            report.byteCount += padded.count
        } catch {
            throw .disk(error)
        }
    }

    /// Copies the anchors of blocks that are in the copy: a later one would prove that blocks are missing.
    private func copyAnchors() throws(LogError) {
        let anchors = try AnchorFile(disk: disk, path: source.anchorsPath, isReadOnly: true).load()
        let copied = try AnchorFile(disk: disk, path: target + "/anchors", isReadOnly: false)
        for anchor in anchors where anchor.block <= report.block { try copied.append(anchor) }
    }

    /// Copies what others keep in the folder: keys, notes.
    private func copyOthers() throws(LogError) {
        let known: Set = ["world", "lock", "anchors", "receipts", "log", "checkpoints"]
        for name in try disk.list(source.path).sorted() where !known.contains(name) && !name.hasSuffix(".unfinished") {
            guard let content = try? disk.content(source.path + "/" + name) else { continue }
            try write(content, folder: target, name: name)
        }
    }
}

extension CheckpointFolder {
    /// Reads every byte of a checkpoint's files and throws where one is damaged.
    func check(_ checkpoint: Checkpoint) throws(LogError) {
        for info in checkpoint.state { try check(info) }
        for info in checkpoint.ids { try check(info) }
    }

    /// Reads a run of state.
    func check(_ info: StateRunInfo) throws(LogError) {
        let reader = try StateRunReader(disk: disk, folder: path, info: info)
        while reader.current != nil { try reader.advance() }
    }

    /// Reads a run of ids.
    func check(_ info: IdRunInfo) throws(LogError) {
        let run = try IdRun(disk: disk, folder: path, info: info)
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: LedgerLimits.pageBytes, alignment: 4_096)
        defer { page.deallocate() }
        for number in 0..<info.pageCount { try IdPage.load(number, of: run.file, path + "/" + info.name, into: page) }
    }
}
