internal import EVM
internal import Glibc

/// The data folder of one world: its `world` file says which, its `lock` file keeps a second server out.
final class WorldFolder {
    /// The version of everything in the folder.
    static let formatVersion = 1
    let path: String
    private var lockFile: Int32 = -1

    /// The folder of the log's segments.
    var logPath: String { path + "/log" }
    /// The file of spilled receipts.
    var receiptsPath: String { path + "/receipts" }
    /// The file of anchors.
    var anchorsPath: String { path + "/anchors" }

    /// Opens the folder for one server, making it where there is none.
    init(creating path: String, genesisDigest: Hash256) throws(LedgerError) {
        self.path = path
        do throws(LogError) {
            try Self.makeFolders(path)
        } catch {
            throw .disk(error)
        }
        try lock()
        if access(path + "/world", F_OK) != 0 {
            do throws(LogError) {
                guard try DiskStorage(folder: logPath).segments().isEmpty else {
                    throw LogError(call: "open", file: path + "/world", reason: "is missing, but the folder has a log")
                }
                try writeWorldFile(genesisDigest)
            } catch {
                throw .disk(error)
            }
        }
        try Self.check(path, genesisDigest)
    }

    /// Opens an existing folder to read; takes no lock.
    init(reading path: String, genesisDigest: Hash256) throws(LedgerError) {
        self.path = path
        try Self.check(path, genesisDigest)
    }

    deinit { unlock() }

    /// Lets another server have the folder.
    func unlock() {
        if lockFile >= 0 { close(lockFile) }
        lockFile = -1
    }

    private static func failure(_ call: String, _ file: String) -> LogError {
        let code = errno
        return LogError(call: call, file: file, code: code, reason: String(cString: strerror(code)))
    }

    private static func makeFolders(_ path: String) throws(LogError) {
        var prefix = ""
        for part in (path + "/log").split(separator: "/", omittingEmptySubsequences: false) {
            prefix += prefix.isEmpty && part.isEmpty ? "/" : (prefix.hasSuffix("/") || prefix.isEmpty ? "" : "/") + part
            if prefix == "/" || part.isEmpty { continue }
            if mkdir(prefix, 0o700) != 0 && errno != EEXIST { throw failure("mkdir", prefix) }
        }
        if access(path, W_OK | X_OK) != 0 { throw failure("write", path) }
    }

    private func lock() throws(LedgerError) {
        let name = path + "/lock"
        lockFile = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lockFile >= 0 else { throw .disk(Self.failure("open", name)) }
        guard flock(lockFile, LOCK_EX | LOCK_NB) == 0 else { throw .folderInUse(folder: path) }
    }

    private func writeWorldFile(_ genesisDigest: Hash256) throws(LogError) {
        let unfinished = path + "/world.unfinished"
        let text = "hoard world \(Self.formatVersion)\ngenesis \(genesisDigest.hex)\n"
        let file = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure("open", unfinished) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard write(file, bytes, bytes.count) == bytes.count else { throw Self.failure("write", unfinished) }
        guard fsync(file) == 0 else { throw Self.failure("fsync", unfinished) }
        guard rename(unfinished, path + "/world") == 0 else { throw Self.failure("rename", unfinished) }
        try DiskStorage.syncFolder(path)
    }

    private static func check(_ path: String, _ genesisDigest: Hash256) throws(LedgerError) {
        let (version, digest) = try read(path)
        guard version == formatVersion else {
            throw .formatVersion(folder: path, have: version, need: formatVersion)
        }
        guard digest == genesisDigest else { throw .wrongWorld(folder: path, have: digest, need: genesisDigest) }
    }

    /// Format version and genesis digest of a folder's world.
    static func read(_ path: String) throws(LedgerError) -> (version: Int, genesisDigest: Hash256) {
        let file = open(path + "/world", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .disk(failure("open", path + "/world")) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .disk(failure("read", path + "/world")) }
        let lines = String(decoding: bytes[0..<count], as: UTF8.self).split(separator: "\n")
        let head = lines.first?.split(separator: " ") ?? []
        guard head.count == 3, head[0] == "hoard", head[1] == "world", let version = Int(head[2]) else {
            throw .badWorldFile(folder: path, reason: "the first line is not `hoard world VERSION`")
        }
        if version != formatVersion { return (version, .zero) }
        let second = lines.count > 1 ? lines[1].split(separator: " ") : []
        guard second.count == 2, second[0] == "genesis", let digest = Hash256(hex: second[1]) else {
            throw .badWorldFile(folder: path, reason: "the second line is not `genesis DIGEST`")
        }
        return (version, digest)
    }
}
