public import EventLoop
public import Ledger
public import Tokens

/// Why a gateway cannot start.
public enum GatewayError: Error, Sendable, CustomStringConvertible {
    /// The world cannot be opened.
    case ledger(LedgerError)
    /// The keys of tokens cannot be loaded.
    case tokens(TokenError)
    /// The address cannot be listened on.
    case listen(LoopError)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .ledger(let error): error.description
        case .tokens(let error): error.description
        case .listen(let error): error.description
        }
    }
}
