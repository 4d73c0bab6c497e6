/// Why a proof is not accepted, with what stands in it and what would have to.
public enum ProofError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes are no proof, or not a whole one.
    case malformed(offset: Int, expected: String)
    /// It is signed by another key than those that are trusted.
    case wrongKey(have: String, trusted: [String])
    /// The signature does not fit the head.
    case badSignature
    /// It is of another world.
    case otherWorld(have: String, need: String)
    /// It is of another operation.
    case otherOperation(have: String, need: String)
    /// The receipt is not in the block that the head names.
    case notIncluded(root: String, need: String)
    /// The key file cannot be made or read.
    case keyFile(String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .malformed(let offset, let expected): "byte \(offset) is wrong: expected \(expected)"
        case .wrongKey(let have, let trusted):
            "signed by the key \(have), which is not trusted; trusted: \(trusted.joined(separator: ", "))"
        case .badSignature: "the signature does not fit the head: something in it was changed, or another key signed"
        case .otherWorld(let have, let need): "of the world \(have), not of \(need)"
        case .otherOperation(let have, let need): "of the operation \(have), not of \(need)"
        case .notIncluded(let root, let need):
            "the receipt is not in the signed block: its path leads to the root \(root), the head names \(need)"
        case .keyFile(let reason): reason
        }
    }
}
