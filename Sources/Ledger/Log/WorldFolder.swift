internal import CShims
internal import EVM

/// The data folder of one world: its `world` file says which, its `lock` file keeps a second server out.
final class WorldFolder {
    /// The version of everything in the folder.
    static let formatVersion = 2
    let disk: any Disk
    let path: String
    private var lock: (any DiskLock)?
    /// What every record of the log carries and nobody outside knows, so that no call data can look like a record.
    private(set) var logKey: UInt64 = 0

    /// The folder of the log's segments.
    var logPath: String { path + "/log" }
    /// The file that a server holds locked.
    var lockPath: String { path + "/lock" }
    /// The file of spilled receipts.
    var receiptsPath: String { path + "/receipts" }
    /// The folder of checkpoints.
    var checkpoints: CheckpointFolder { CheckpointFolder(disk: disk, path: path + "/checkpoints") }
    /// The file of anchors.
    var anchorsPath: String { path + "/anchors" }

    /// Opens the folder for one server, making it where there is none.
    init(
        disk: any Disk, creating path: String, genesisDigest: Hash256, logKey: UInt64 = UInt64.random(in: 1...UInt64.max)
    ) throws(LedgerError) {
        self.disk = disk
        self.path = path
        do throws(LogError) {
            try disk.makeFolder(path + "/log")
            try disk.makeFolder(path + "/checkpoints")
            try disk.makeFolder(path)
            lock = try disk.lock(lockPath)
        } catch {
            throw .disk(error)
        }
        if lock == nil { throw .folderInUse(folder: path) }
        do throws(LogError) {
            if try disk.openIfThere(path + "/world") == nil {
                guard try DiskStorage(disk: disk, folder: logPath).segments().isEmpty, try checkpoints.blocks().isEmpty
                else {
                    throw LogError(
                        call: "open", file: path + "/world", reason: "is missing, but the folder has a log or a checkpoint")
                }
                try writeWorldFile(genesisDigest, logKey)
            }
        } catch {
            throw .disk(error)
        }
        self.logKey = try Self.check(disk, path, genesisDigest)
    }

    /// Opens an existing folder to read; takes no lock.
    init(disk: any Disk, reading path: String, genesisDigest: Hash256) throws(LedgerError) {
        self.disk = disk
        self.path = path
        self.logKey = try Self.check(disk, path, genesisDigest)
    }

    /// Lets another server have the folder.
    func unlock() {
        lock?.unlock()
        lock = nil
    }

    private func writeWorldFile(_ genesisDigest: Hash256, _ logKey: UInt64) throws(LogError) {
        let text = "hoard world \(Self.formatVersion)\ngenesis \(genesisDigest.hex)\nlog \(String(logKey, radix: 16))\n"
        var buffer = ByteBuffer()
        Array((text + "check \(Self.checksum(text))\n").utf8).withUnsafeBytes { buffer.append(raw: $0) }
        try disk.replaceWhole(folder: path, name: "world", buffer.bytes)
    }

    /// CRC-32C of what stands above it: with a wrong key no record of the log would be one of this world.
    private static func checksum(_ text: String) -> String {
        Array(text.utf8).withUnsafeBytes { String(hoard_crc32c(0, $0.baseAddress, $0.count), radix: 16) }
    }

    /// Checks that the world is this one, and returns the key of its log.
    private static func check(
        _ disk: any Disk, _ path: String, _ genesisDigest: Hash256
    ) throws(LedgerError) -> UInt64 {
        let (version, digest, logKey) = try read(disk, path)
        guard 1...formatVersion ~= version else {
            throw .formatVersion(folder: path, have: version, need: formatVersion)
        }
        guard digest == genesisDigest else { throw .wrongWorld(folder: path, have: digest, need: genesisDigest) }
        return logKey
    }

    /// Format version, genesis digest and key of the log of a folder's world; a world without a key of its own has the
    /// first bytes of the digest for one.
    static func read(
        _ disk: any Disk, _ path: String
    ) throws(LedgerError) -> (version: Int, genesisDigest: Hash256, logKey: UInt64) {
        let bytes: [UInt8]
        do throws(LogError) {
            bytes = try disk.content(path + "/world")
        } catch {
            throw .disk(error)
        }
        let lines = String(decoding: bytes.prefix(256), as: UTF8.self).split(separator: "\n")
        let head = lines.first?.split(separator: " ") ?? []
        guard head.count == 3, head[0] == "hoard", head[1] == "world", let version = Int(head[2]) else {
            throw .badWorldFile(folder: path, reason: "the first line is not `hoard world VERSION`")
        }
        guard 1...formatVersion ~= version else { return (version, .zero, 0) }
        let second = lines.count > 1 ? lines[1].split(separator: " ") : []
        guard second.count == 2, second[0] == "genesis", let digest = Hash256(hex: second[1]) else {
            throw .badWorldFile(folder: path, reason: "the second line is not `genesis DIGEST`")
        }
        if version == 1, lines.count == 2 { return (version, digest, digest.word.l3) }
        guard lines.count > 2 else { throw .badWorldFile(folder: path, reason: "the third line is not `log KEY`") }
        let third = lines[2].split(separator: " ")
        guard third.count == 2, third[0] == "log", let logKey = UInt64(third[1], radix: 16) else {
            throw .badWorldFile(folder: path, reason: "the third line is not `log KEY`")
        }
        if version == 1, lines.count == 3 { return (version, digest, logKey) }
        let text = lines[..<3].joined(separator: "\n") + "\n"
        guard lines.count == 4, lines[3] == "check \(checksum(text))" else {
            throw .badWorldFile(folder: path, reason: "the last line is not the checksum of those above it")
        }
        return (version, digest, logKey)
    }
}
