/// What a file is opened for.
public enum DiskOpening: Sendable {
    /// To read a file that exists.
    case read
    /// To read and write a file that exists.
    case update
    /// To read and write a file, made empty where there is none.
    case create
    /// To read and write a file that is empty, whatever was there.
    case replace
}

/// One open file.
///
/// Any thread may use it; whoever writes a range that another one reads at the same time gets either content.
public protocol DiskFile: AnyObject, Sendable {
    /// The file's length.
    func byteCount() throws(LogError) -> Int
    /// Fills the buffer from an offset on; returns fewer bytes only at the file's end.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int
    /// Writes all the bytes at an offset. For a direct file offset, count and memory are multiples of 4096.
    func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(LogError)
    /// Returns when content and length are durable.
    func sync() throws(LogError)
    /// Reserves space for so many bytes, where the file system can.
    func preallocate(_ byteCount: Int) throws(LogError)
    /// Cuts the file, or prolongs it with zeros.
    func resize(_ byteCount: Int) throws(LogError)
}

/// Everything that a world does with its files: the system's disk in production, one in memory with faults in tests
/// and in the simulator.
///
/// Names are durable only after `syncFolder`, content only after `DiskFile.sync`.
public protocol Disk: AnyObject, Sendable {
    /// Opens a file; `isDirect` asks for writes past the system's cache, where the file system allows it.
    func open(_ path: String, _ opening: DiskOpening, isDirect: Bool) throws(LogError) -> any DiskFile
    /// The names in a folder, in no particular order.
    func list(_ folder: String) throws(LogError) -> [String]
    /// Makes a folder and those above it, durably, as far as they are not there, and checks that the last can be written.
    func makeFolder(_ path: String) throws(LogError)
    /// Gives a file another name; a file that had this name is gone.
    func rename(_ path: String, to newPath: String) throws(LogError)
    /// Removes a file; its memory goes when nobody has it open any more.
    func remove(_ path: String) throws(LogError)
    /// Returns when the names in a folder are durable.
    func syncFolder(_ path: String) throws(LogError)
    /// Locks a file, made where there is none, until the lock is dropped or its holder dies; nil where somebody has it.
    func lock(_ path: String) throws(LogError) -> (any DiskLock)?
}

/// A lock that is held until `unlock` or until nobody refers to it.
public protocol DiskLock: AnyObject, Sendable {
    /// Lets others have it.
    func unlock()
}

extension DiskFile {
    /// Fills the whole buffer; an end before that is an error.
    func readAll(at offset: Int, into buffer: UnsafeMutableRawBufferPointer, of path: String) throws(LogError) {
        let count = try read(at: offset, into: buffer)
        guard count == buffer.count else {
            throw LogError(call: "read", file: path, reason: "ends at byte \(offset + count)")
        }
    }
}

extension Disk {
    /// Opens a file through the system's cache.
    func open(_ path: String, _ opening: DiskOpening) throws(LogError) -> any DiskFile {
        try open(path, opening, isDirect: false)
    }

    /// Opens a file to read, or nil where there is none.
    func openIfThere(_ path: String) throws(LogError) -> (any DiskFile)? {
        do throws(LogError) {
            return try open(path, .read, isDirect: false)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    /// The whole content of a file.
    func content(_ path: String) throws(LogError) -> [UInt8] {
        let file = try open(path, .read, isDirect: false)
        var bytes = [UInt8](repeating: 0, count: try file.byteCount())
        var failure: LogError?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(LogError) {
                try file.readAll(at: 0, into: buffer, of: path)
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Makes a file of this content that is there whole or not at all, whatever happens.
    func replaceWhole(folder: String, name: String, _ bytes: UnsafeRawBufferPointer) throws(LogError) {
        let unfinished = folder + "/" + name + ".unfinished"
        let file = try open(unfinished, .replace, isDirect: false)
        try file.write(at: 0, bytes)
        try file.sync()
        try rename(unfinished, to: folder + "/" + name)
        try syncFolder(folder)
    }
}
