/// Why a replay cannot go on.
public enum ReplayError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The game of the server has not what the plan needs.
    case gameDoesNotFit(String)
    /// The server could not be reached, or the connection was lost.
    case connection(String)
    /// The server gave an answer that makes no sense here.
    case answer(String)

    public var description: String {
        switch self {
        case .gameDoesNotFit(let problem): "the game does not fit the replay: \(problem)"
        case .connection(let problem): "the connection to the server: \(problem)"
        case .answer(let problem): "the server answered strangely: \(problem)"
        }
    }
}
