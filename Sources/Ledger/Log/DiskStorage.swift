internal import Glibc

/// Segments as files of a folder: written once with zeros, then overwritten in place with direct writes where the file
/// system allows them. On a preallocated file a sync has no metadata to write.
public final class DiskStorage: LogStorage, @unchecked Sendable {
    // Sendable: the descriptors are guarded by `lock`; reads and writes are calls to the system.
    private let folder: String
    private let isReadOnly: Bool
    private let usesDirectWrites: Bool
    private let lock = SystemMutex()
    private var descriptors: [UInt32: Int32] = [:]

    #if arch(x86_64)
        private static let directFlag: Int32 = 0o40000
    #else
        private static let directFlag: Int32 = 0o200000
    #endif

    /// The segments of a folder, which exists.
    public init(folder: String, isReadOnly: Bool = false, usesDirectWrites: Bool = true) {
        self.folder = folder
        self.isReadOnly = isReadOnly
        self.usesDirectWrites = usesDirectWrites
    }

    deinit {
        for descriptor in descriptors.values { close(descriptor) }
    }

    private func path(_ segment: UInt32) -> String {
        let digits = String(segment)
        return folder + "/segment-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private func failure(_ call: String, _ file: String) -> LogError {
        let code = errno
        return LogError(call: call, file: file, code: code, reason: String(cString: strerror(code)))
    }

    /// The numbers of the segments that exist, ascending.
    public func segments() throws(LogError) -> [UInt32] {
        guard let directory = opendir(folder) else { throw failure("opendir", folder) }
        defer { closedir(directory) }
        var numbers: [UInt32] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("segment-"), let number = UInt32(name.dropFirst(8)) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    private func descriptor(_ segment: UInt32) throws(LogError) -> Int32 {
        lock.lock()
        defer { lock.unlock() }
        if let known = descriptors[segment] { return known }
        let file = path(segment)
        let mode = (isReadOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC
        var opened: Int32 = -1
        if usesDirectWrites, !isReadOnly { opened = open(file, mode | Self.directFlag) }
        if opened < 0 { opened = open(file, mode) }
        guard opened >= 0 else { throw failure("open", file) }
        descriptors[segment] = opened
        return opened
    }

    /// The bytes of a segment.
    public func byteCount(of segment: UInt32) throws(LogError) -> Int {
        var status = stat()
        guard fstat(try descriptor(segment), &status) == 0 else { throw failure("fstat", path(segment)) }
        return Int(status.st_size)
    }

    /// Makes a segment of zeros and makes it durable; does nothing where it exists.
    public func create(segment: UInt32, byteCount: Int) throws(LogError) {
        let file = path(segment)
        if access(file, F_OK) == 0 { return }
        let unfinished = folder + "/unfinished-" + String(segment)
        let opened = open(unfinished, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw failure("open", unfinished) }
        defer { close(opened) }
        let reserved = posix_fallocate(opened, 0, off_t(byteCount))
        if reserved != 0 && reserved != EOPNOTSUPP && reserved != EINVAL {
            throw LogError(
                call: "fallocate", file: unfinished, code: reserved, reason: String(cString: strerror(reserved)))
        }
        try fillWithZeros(opened, byteCount, unfinished)
        guard fsync(opened) == 0 else { throw failure("fsync", unfinished) }
        guard rename(unfinished, file) == 0 else { throw failure("rename", unfinished) }
        try DiskStorage.syncFolder(folder)
    }

    private func fillWithZeros(_ file: Int32, _ byteCount: Int, _ name: String) throws(LogError) {
        let blockBytes = 1 << 20
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 4_096)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var offset = 0
        while offset < byteCount {
            let written = pwrite(file, zeros.baseAddress!, min(blockBytes, byteCount - offset), off_t(offset))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw failure("write", name) }
            offset += written
        }
    }

    /// Makes the names in a folder durable.
    static func syncFolder(_ folder: String) throws(LogError) {
        let opened = open(folder, O_RDONLY | O_CLOEXEC)
        guard opened >= 0, fsync(opened) == 0 else {
            let code = errno
            if opened >= 0 { close(opened) }
            throw LogError(call: "fsync", file: folder, code: code, reason: String(cString: strerror(code)))
        }
        close(opened)
    }

    /// Overwrites part of a segment.
    public func write(segment: UInt32, offset: Int, _ parts: [UnsafeRawBufferPointer]) throws(LogError) {
        let file = try descriptor(segment)
        var place = offset
        for part in parts {
            var done = 0
            while done < part.count {
                let written = pwrite(file, part.baseAddress! + done, part.count - done, off_t(place + done))
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw failure("write", path(segment)) }
                done += written
            }
            place += part.count
        }
    }

    /// Returns when everything written to the segment is durable.
    public func sync(segment: UInt32) throws(LogError) {
        guard fdatasync(try descriptor(segment)) == 0 else { throw failure("fdatasync", path(segment)) }
    }

    /// Fills the buffer from the segment.
    public func read(
        segment: UInt32, offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(LogError) {
        let file = try descriptor(segment)
        var done = 0
        while done < buffer.count {
            let count = pread(file, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path(segment)) }
            guard count > 0 else {
                throw LogError(call: "read", file: path(segment), reason: "ends at byte \(offset + done)")
            }
            done += count
        }
    }
}
