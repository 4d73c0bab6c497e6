internal import Gateway
internal import Tokens

/// An authority that knows its clients by name, so that signatures take no time; the verdict may come later.
final class SimulatedTokens: TokenChecker {
    func check(
        _ token: String, _ verdict: @escaping @Sendable (Result<SessionClaims, TokenRefusal>) -> Void
    ) {
        let parts = token.split(separator: ":")
        guard parts.count == 2, let role = SessionRole(rawValue: String(parts[0])) else {
            return verdict(.failure(.wrongSignature))
        }
        verdict(.success(SessionClaims(subject: String(parts[1]), role: role, expiresSeconds: .max)))
    }
}
