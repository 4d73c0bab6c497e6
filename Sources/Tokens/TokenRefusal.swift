/// Why a token is not accepted, with the two things that disagree.
public enum TokenRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLong(haveBytes: Int, maxBytes: Int)
    case broken(String)
    case algorithmNone
    case algorithmUnknown(String)
    case unknownKey(id: String, known: [String])
    case algorithmOfAnotherKey(have: String, need: String)
    case wrongSignature
    case roleMissing
    case roleUnknown(String)
    case subjectMissing
    case subjectEmpty
    case subjectTooLong(haveBytes: Int, maxBytes: Int)
    case expiryMissing
    case expired(secondsAgo: Int64)
    case issuedInFuture(seconds: Int64, maxSeconds: Int64)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .tooLong(let have, let max): "the token has \(have) bytes, at most \(max)"
        case .broken(let why): "the token is broken: \(why)"
        case .algorithmNone: "the token is not signed (algorithm none)"
        case .algorithmUnknown(let name):
            "the token's algorithm is \(name); accepted are HS256, ES256 and EdDSA"
        case .unknownKey(let id, let known):
            "the token names the key \(id); known are \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .algorithmOfAnotherKey(let have, let need):
            "the token's algorithm is \(have), its key is for \(need)"
        case .wrongSignature: "the token's signature is wrong"
        case .roleMissing: "the token has no role"
        case .roleUnknown(let role):
            "the token's role is \(role); known are player, server and operator"
        case .subjectMissing: "the token has no subject"
        case .subjectEmpty: "the token's subject is empty"
        case .subjectTooLong(let have, let max):
            "the token's subject has \(have) bytes, at most \(max)"
        case .expiryMissing: "the token has no expiry"
        case .expired(let seconds): "the token expired \(seconds) s ago"
        case .issuedInFuture(let seconds, let max):
            "the token was issued \(seconds) s in the future, at most \(max)"
        }
    }

    /// The first of the two numbers that disagree, 0 when there are none.
    public var have: UInt64 {
        switch self {
        case .tooLong(let have, _), .subjectTooLong(let have, _): UInt64(clamping: have)
        case .expired(let seconds), .issuedInFuture(let seconds, _): UInt64(clamping: seconds)
        default: 0
        }
    }

    /// The second of the two numbers that disagree, 0 when there are none.
    public var need: UInt64 {
        switch self {
        case .tooLong(_, let max), .subjectTooLong(_, let max): UInt64(clamping: max)
        case .issuedInFuture(_, let max): UInt64(clamping: max)
        default: 0
        }
    }
}

/// Why the keys could not be loaded or a token not be minted.
public struct TokenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence for people, with the file.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
