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

    /// The error number of work that was broken off from outside: it says nothing of any file.
    static let interrupted = EINTR

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
    /// Whether records of so many bytes can be appended without making room for them first.
    func hasRoomAtOnce(byteCount: Int) -> Bool
    /// Returns when everything appended is durable.
    func sync() throws(LogError)
}
