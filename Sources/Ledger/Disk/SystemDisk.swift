internal import Glibc

/// The files of this machine.
public final class SystemDisk: Disk, Sendable {
    /// The one that everybody shares; it has no state.
    public static let shared = SystemDisk()

    #if arch(x86_64)
        /// Asks for writes past the system's cache.
        static let directFlag: Int32 = 0o40000
    #else
        /// Asks for writes past the system's cache.
        static let directFlag: Int32 = 0o200000
    #endif

    private init() {}

    fileprivate static func failure(_ call: String, _ path: String, code: Int32 = errno) -> LogError {
        LogError(call: call, file: path, code: code, reason: String(cString: strerror(code)))
    }

    /// Opens a file.
    public func open(
        _ path: String, _ opening: DiskOpening, isDirect: Bool
    ) throws(LogError) -> any DiskFile {
        let flags: Int32 =
            switch opening {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT
            case .replace: O_RDWR | O_CREAT | O_TRUNC
            }
        var opened: Int32 = -1
        if isDirect { opened = Glibc.open(path, flags | O_CLOEXEC | Self.directFlag, 0o600) }
        if opened < 0 { opened = Glibc.open(path, flags | O_CLOEXEC, 0o600) }
        guard opened >= 0 else { throw Self.failure("open", path) }
        return SystemFile(opened, path)
    }

    /// The names in a folder.
    public func list(_ folder: String) throws(LogError) -> [String] {
        guard let directory = opendir(folder) else { throw Self.failure("opendir", folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes a folder and those above it.
    public func makeFolder(_ path: String) throws(LogError) {
        var prefix = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            prefix += prefix.isEmpty && part.isEmpty ? "/" : (prefix.hasSuffix("/") || prefix.isEmpty ? "" : "/") + part
            if prefix == "/" || part.isEmpty { continue }
            if mkdir(prefix, 0o700) == 0 {
                try syncFolder(Self.parent(of: prefix))
            } else if errno != EEXIST {
                throw Self.failure("mkdir", prefix)
            }
        }
        if access(path, W_OK | X_OK) != 0 { throw Self.failure("write", path) }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Gives a file another name.
    public func rename(_ path: String, to newPath: String) throws(LogError) {
        guard Glibc.rename(path, newPath) == 0 else { throw Self.failure("rename", path) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(LogError) {
        guard unlink(path) == 0 else { throw Self.failure("unlink", path) }
    }

    /// Makes the names in a folder durable.
    public func syncFolder(_ path: String) throws(LogError) {
        let opened = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw Self.failure("open", path) }
        defer { close(opened) }
        guard fsync(opened) == 0 else { throw Self.failure("fsync", path) }
    }

    /// Locks a file with flock.
    public func lock(_ path: String) throws(LogError) -> (any DiskLock)? {
        let opened = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw Self.failure("open", path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(opened)
            if code == EWOULDBLOCK { return nil }
            throw Self.failure("flock", path, code: code)
        }
        return SystemLock(opened)
    }
}

/// A file descriptor.
private final class SystemFile: DiskFile, Sendable {
    private let descriptor: Int32
    private let path: String

    init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func byteCount() throws(LogError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemDisk.failure("fstat", path) }
        return Int(status.st_size)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemDisk.failure("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(LogError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SystemDisk.failure("write", path) }
            done += count
        }
    }

    func sync() throws(LogError) {
        guard fdatasync(descriptor) == 0 else { throw SystemDisk.failure("fdatasync", path) }
    }

    func preallocate(_ byteCount: Int) throws(LogError) {
        let code = posix_fallocate(descriptor, 0, off_t(byteCount))
        if code != 0 && code != EOPNOTSUPP && code != EINVAL {
            throw SystemDisk.failure("fallocate", path, code: code)
        }
    }

    func resize(_ byteCount: Int) throws(LogError) {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw SystemDisk.failure("ftruncate", path) }
    }
}

/// A descriptor with a lock on it.
private final class SystemLock: DiskLock, @unchecked Sendable {
    // Sendable: the descriptor is guarded by `mutex`.
    private let mutex = SystemMutex()
    private var descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { unlock() }

    func unlock() {
        mutex.lock()
        defer { mutex.unlock() }
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
