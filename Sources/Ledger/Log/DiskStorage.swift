/// The segments of a log as files of a folder: written once with zeros, then overwritten in place with direct writes where
/// the file system allows them. On a preallocated file a sync has no metadata to write.
///
/// What they lie on is the `Disk`, the one seam between a world and its files.
final class DiskStorage: @unchecked Sendable {
    // Sendable: the open files are guarded by `lock`.
    private let disk: any Disk
    private let folder: String
    private let isReadOnly: Bool
    private let usesDirectWrites: Bool
    private let lock = SystemMutex()
    private var files: [UInt32: any DiskFile] = [:]

    /// The segments of a folder, which exists.
    init(disk: any Disk, folder: String, isReadOnly: Bool = false, usesDirectWrites: Bool = true) {
        self.disk = disk
        self.folder = folder
        self.isReadOnly = isReadOnly
        self.usesDirectWrites = usesDirectWrites
    }

    /// The name of a segment's file.
    static func name(_ segment: UInt32) -> String {
        let digits = String(segment)
        return "segment-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private func path(_ segment: UInt32) -> String { folder + "/" + Self.name(segment) }

    /// The numbers of the segments that exist, ascending.
    func segments() throws(LogError) -> [UInt32] {
        try disk.list(folder).compactMap { $0.hasPrefix("segment-") ? UInt32($0.dropFirst(8)) : nil }.sorted()
    }

    private func file(_ segment: UInt32) throws(LogError) -> any DiskFile {
        lock.lock()
        defer { lock.unlock() }
        if let known = files[segment] { return known }
        let opened = try disk.open(
            path(segment), isReadOnly ? .read : .update, isDirect: usesDirectWrites && !isReadOnly)
        files[segment] = opened
        return opened
    }

    /// The bytes of a segment.
    func byteCount(of segment: UInt32) throws(LogError) -> Int { try file(segment).byteCount() }

    /// Makes a segment of zeros and makes it durable; does nothing where it exists.
    func create(segment: UInt32, byteCount: Int) throws(LogError) {
        if try disk.openIfThere(path(segment)) != nil { return }
        let unfinished = folder + "/unfinished-" + String(segment)
        // Past the cache, where 64 MiB of zeros would each time take as many fresh pages.
        let file = try disk.open(unfinished, .replace, isDirect: usesDirectWrites)
        try file.preallocate(byteCount)
        try fillWithZeros(file, byteCount)
        try file.sync()
        try disk.rename(unfinished, to: path(segment))
        try disk.syncFolder(folder)
    }

    private func fillWithZeros(_ file: any DiskFile, _ byteCount: Int) throws(LogError) {
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4_096)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var offset = 0
        while offset < byteCount {
            let count = min(zeros.count, byteCount - offset)
            try file.write(at: offset, UnsafeRawBufferPointer(rebasing: zeros[0..<count]))
            offset += count
        }
    }

    /// Removes a segment.
    func remove(segment: UInt32) throws(LogError) {
        lock.withLock { files[segment] = nil }
        try disk.remove(path(segment))
    }

    /// Overwrites part of a segment.
    func write(segment: UInt32, offset: Int, _ parts: [UnsafeRawBufferPointer]) throws(LogError) {
        let file = try file(segment)
        var place = offset
        for part in parts {
            try file.write(at: place, part)
            place += part.count
        }
    }

    /// Returns when everything written to the segment is durable.
    func sync(segment: UInt32) throws(LogError) { try file(segment).sync() }

    /// Fills the buffer from the segment.
    func read(segment: UInt32, offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError) {
        try file(segment).readAll(at: offset, into: buffer, of: path(segment))
    }
}
