internal import FoundationEssentials
internal import JWTKit

/// Mints and verifies the tokens of a data folder.
///
/// The secret in `token.key` signs and verifies HS256; public keys in `keys/` verify ES256 and
/// EdDSA tokens that somebody else signs. A token may name its key (`kid`); without a name each
/// key of its algorithm is tried.
public final class TokenAuthority: Sendable {
    private let keys: [TokenKey]
    private let ring: KeyRing
    private let nowSeconds: @Sendable () -> Int64

    /// Loads the keys of a data folder and makes the secret at first use.
    public convenience init(dataFolder: String) throws(TokenError) {
        try self.init(dataFolder: dataFolder) { Int64(Date().timeIntervalSince1970) }
    }

    /// The same with a clock of the caller's, in seconds since 1970.
    public init(
        dataFolder: String, nowSeconds: @escaping @Sendable () -> Int64
    ) throws(TokenError) {
        let secret = try TokenKeyFiles.secret(dataFolder: dataFolder)
        keys =
            [TokenKey(id: nil, material: .secret(secret))]
            + (try TokenKeyFiles.publicKeys(dataFolder: dataFolder))
        ring = KeyRing(keys)
        self.nowSeconds = nowSeconds
    }

    /// A token signed with the folder's secret.
    public func mint(
        role: SessionRole, subject: String, ttlSeconds: Int64
    ) async throws -> String {
        let bytes = subject.utf8.count
        guard (1...TokenLimits.subjectBytesMax).contains(bytes) else {
            throw TokenError("a subject has 1 to \(TokenLimits.subjectBytesMax) bytes, not \(bytes)")
        }
        guard (1...TokenLimits.lifeSecondsMax).contains(ttlSeconds) else {
            throw TokenError(
                "a token lives 1 to \(TokenLimits.lifeSecondsMax) s, not \(ttlSeconds)")
        }
        let now = nowSeconds()
        let payload = TokenPayload(
            sub: subject, role: role.rawValue, exp: Double(now + ttlSeconds), iat: Double(now))
        return try await ring.collection(0).sign(payload)
    }

    /// What the token says, or exactly why it is refused.
    public func verify(_ token: String) async -> Result<SessionClaims, TokenRefusal> {
        let bytes = token.utf8.count
        if bytes > TokenLimits.tokenBytesMax {
            return .failure(.tooLong(haveBytes: bytes, maxBytes: TokenLimits.tokenBytesMax))
        }
        do throws(TokenRefusal) {
            let candidates = try candidates(for: try TokenHeader(of: token))
            return .success(try check(try await payload(of: token, candidates)))
        } catch {
            return .failure(error)
        }
    }

    /// The keys that may have signed a token with this header.
    private func candidates(for header: TokenHeader) throws(TokenRefusal) -> [Int] {
        guard let algorithm = header.alg else { throw .broken("its header names no algorithm") }
        if algorithm.lowercased() == "none" { throw .algorithmNone }
        guard ["HS256", "ES256", "EdDSA"].contains(algorithm) else {
            throw .algorithmUnknown(clipped(algorithm))
        }
        if let id = header.kid {
            guard let index = keys.firstIndex(where: { $0.id == id }) else {
                throw .unknownKey(id: clipped(id), known: keys.compactMap(\.id))
            }
            guard keys[index].algorithm == algorithm else {
                throw .algorithmOfAnotherKey(have: algorithm, need: keys[index].algorithm)
            }
            return [index]
        }
        let indices = keys.indices.filter { keys[$0].algorithm == algorithm }
        guard !indices.isEmpty else {
            throw .unknownKey(id: "(any for \(algorithm))", known: keys.compactMap(\.id))
        }
        return indices
    }

    private func payload(
        of token: String, _ candidates: [Int]
    ) async throws(TokenRefusal) -> TokenPayload {
        for index in candidates {
            do {
                return try await ring.collection(index).verify(token, as: TokenPayload.self)
            } catch let error as JWTError where error.errorType == .signatureVerificationFailed {
                continue
            } catch let error as JWTError where error.errorType == .malformedToken {
                throw .broken("its claims cannot be read")
            } catch is DecodingError {
                throw .broken("its claims cannot be read")
            } catch {
                // A signature of the wrong size or shape for the key.
                continue
            }
        }
        throw .wrongSignature
    }

    private func check(_ payload: TokenPayload) throws(TokenRefusal) -> SessionClaims {
        guard let subject = payload.sub else { throw .subjectMissing }
        if subject.isEmpty { throw .subjectEmpty }
        let bytes = subject.utf8.count
        if bytes > TokenLimits.subjectBytesMax {
            throw .subjectTooLong(haveBytes: bytes, maxBytes: TokenLimits.subjectBytesMax)
        }
        guard let roleName = payload.role else { throw .roleMissing }
        guard let role = SessionRole(rawValue: roleName) else {
            throw .roleUnknown(clipped(roleName))
        }
        guard let expiry = payload.exp, let expires = Int64(exactly: expiry.rounded(.down)) else {
            throw .expiryMissing
        }
        let now = nowSeconds()
        if now >= expires { throw .expired(secondsAgo: now.subtractingReportingOverflow(expires).partialValue) }
        if let issued = payload.iat, issued > Double(now + TokenLimits.clockSkewSeconds) {
            let seconds = Int64(exactly: (issued - Double(now)).rounded(.down)) ?? .max
            throw .issuedInFuture(seconds: seconds, maxSeconds: TokenLimits.clockSkewSeconds)
        }
        return SessionClaims(subject: subject, role: role, expiresSeconds: expires)
    }

    /// What a stranger wrote, cut to what fits an answer.
    private func clipped(_ text: String) -> String {
        String(text.prefix(64))
    }
}

/// One collection per key, so that each token is checked with exactly the key that it names:
/// a collection of many falls back to its default for an unknown name.
private actor KeyRing {
    private let keys: [TokenKey]
    private var collections: [Int: JWTKeyCollection] = [:]

    init(_ keys: [TokenKey]) {
        self.keys = keys
    }

    func collection(_ index: Int) async -> JWTKeyCollection {
        if let made = collections[index] { return made }
        let collection = JWTKeyCollection()
        switch keys[index].material {
        case .secret(let bytes):
            await collection.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256)
        case .es256(let key): await collection.add(ecdsa: key)
        case .eddsa(let key): await collection.add(eddsa: key)
        }
        collections[index] = collection
        return collection
    }
}

/// The claims as they stand in a token; all are optional so that each absence has its own answer.
private struct TokenPayload: JWTPayload {
    var sub: String?
    var role: String?
    var exp: Double?
    var iat: Double?

    /// The claims are checked by the authority, with its clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}

/// What a token's header says about its key.
private struct TokenHeader: Decodable {
    var alg: String?
    var kid: String?

    init(of token: String) throws(TokenRefusal) {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw .broken("it has \(parts.count) parts separated by dots, need 3")
        }
        var text = String(decoding: parts[0], as: UTF8.self)
            .replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: text) else {
            throw .broken("its header is not base64url")
        }
        do {
            self = try JSONDecoder().decode(TokenHeader.self, from: data)
        } catch {
            throw .broken("its header is not JSON with alg and kid")
        }
    }
}
