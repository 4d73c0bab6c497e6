public import Wire

/// Why a client cannot go on, or why one question has no answer.
public enum ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection could be made.
    case cannotConnect(String)
    /// The server answered the hello with an error.
    case refused(ErrorBody)
    /// The connection ended before the answer came; an operation may or may not have been applied: send it again with the same id.
    case connectionLost(String)
    /// The server sent something that is not the protocol.
    case brokenAnswer(WireError)
    /// The server objected to one frame.
    case objection(ErrorBody)
    /// The answer is of another kind than the question.
    case unexpectedAnswer(String)
    /// The client was closed.
    case closed

    /// A sentence for people.
    public var description: String {
        switch self {
        case .cannotConnect(let why): why
        case .refused(let error): "the server refused the session: \(error.message) (code \(error.code))"
        case .connectionLost(let why): "the connection ended: \(why)"
        case .brokenAnswer(let error): "the server's answer cannot be read: \(error.message)"
        case .objection(let error): "\(error.message) (code \(error.code), have \(error.have), need \(error.need))"
        case .unexpectedAnswer(let what): "an unexpected answer: \(what)"
        case .closed: "the client was closed"
        }
    }
}
