internal import Glibc

/// Which call to the disk failed, on what, and why.
public struct LogError: Error, Sendable, Equatable {
    /// The call: write, sync, open, ...
    public var call: String
    /// The file.
    public var file: String
    /// The system's error number; 0 where the system did not fail but the content is wrong.
    public var code: Int32
    /// What is wrong, for people.
    public var reason: String

    /// An error with its reason.
    public init(call: String, file: String, code: Int32 = 0, reason: String) {
        self.call = call
        self.file = file
        self.code = code
        self.reason = reason
    }

    /// Whether the file is not there.
    public var isNotFound: Bool { code == ENOENT }

    /// Whether the call may succeed later without anybody having lost anything: no space, no descriptor, no memory.
    /// A failed sync never is: what the system has thrown away it does not report again.
    public var isPassing: Bool {
        guard call != "fdatasync", call != "fsync" else { return false }
        return [ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR, ENOBUFS].contains(code)
    }
}

/// A micro-block as the log keeps it: a whole record, padded with zeros to the unit of direct writes.
public struct LogRecord: @unchecked Sendable {
    // Sendable: whoever hands the record over keeps the memory alive and unchanged until the log has returned.
    /// The block's number.
    public var number: UInt64
    /// The padded record; its memory is aligned to 4096 bytes.
    public var bytes: UnsafeRawBufferPointer
}

/// Where micro-blocks become durable; the local disk now, a group of machines later.
///
/// One thread uses it. After an error nothing may be appended any more.
public protocol BlockLog: AnyObject, Sendable {
    /// Hands records over, in order; they are durable only after `sync`.
    func append(_ records: [LogRecord]) throws(LogError)
    /// Returns when everything appended is durable.
    func sync() throws(LogError)
}

/// The files of a log: numbered segments of one size each, all zeros before they are written.
///
/// The disk outside of tests; a stand-in with faults in tests.
public protocol LogStorage: AnyObject, Sendable {
    /// The numbers of the segments that exist, ascending.
    func segments() throws(LogError) -> [UInt32]
    /// The bytes of a segment.
    func byteCount(of segment: UInt32) throws(LogError) -> Int
    /// Makes a segment of zeros and makes it durable; does nothing where it exists.
    func create(segment: UInt32, byteCount: Int) throws(LogError)
    /// Removes a segment.
    func remove(segment: UInt32) throws(LogError)
    /// Overwrites part of a segment; offset, counts and memory are multiples of 4096.
    func write(segment: UInt32, offset: Int, _ parts: [UnsafeRawBufferPointer]) throws(LogError)
    /// Returns when everything written to the segment is durable.
    func sync(segment: UInt32) throws(LogError)
    /// Fills the buffer from the segment; counts of bytes beyond the segment's end are an error.
    func read(segment: UInt32, offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError)
}
