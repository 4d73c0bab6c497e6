internal import CLibuv

/// A failing system call of the loop: what was tried, and what the machine answered.
public struct LoopError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error number as libuv gives it (negative errno).
    public let code: Int32
    /// The name of the error, such as `EADDRINUSE`.
    public let name: String
    /// One sentence for people, with what was tried.
    public let message: String

    /// An error out of a negative libuv status.
    init(status: CInt, trying attempt: String) {
        code = status
        name = uv_err_name(status).map { String(cString: $0) } ?? "E\(status)"
        let text = uv_strerror(status).map { String(cString: $0) } ?? "unknown error"
        message = "\(attempt): \(text) (\(name))"
    }

    /// The sentence.
    public var description: String { message }

    /// Throws when `status` is negative.
    static func check(_ status: CInt, trying attempt: @autoclosure () -> String) throws(LoopError) {
        if status < 0 { throw LoopError(status: status, trying: attempt()) }
    }
}

/// Why a connection ended.
public enum CloseReason: Sendable, Equatable, CustomStringConvertible {
    /// This side closed it.
    case local(String)
    /// The other side closed it.
    case peerClosed
    /// A system call failed, as when the other side resets the connection.
    case failed(LoopError)
    /// The other side did not take its bytes in time.
    case notDraining(outgoingBytes: Int, milliseconds: UInt64)
    /// More unsent bytes than memory allows.
    case outgoingOverLimit(have: Int, max: Int)
    /// The loop was closed.
    case loopClosed

    /// One sentence for diagnostics.
    public var description: String {
        switch self {
        case .local(let why): "closed by this side: \(why)"
        case .peerClosed: "closed by the other side"
        case .failed(let error): error.message
        case .notDraining(let bytes, let milliseconds):
            "did not take its bytes: \(bytes) unsent after \(milliseconds) ms"
        case .outgoingOverLimit(let have, let max): "\(have) unsent bytes, at most \(max)"
        case .loopClosed: "the event loop was closed"
        }
    }
}
