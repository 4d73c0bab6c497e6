import Crypto
import Foundation
import JWTKit
import Testing
import Tokens

/// Claims that a test writes freely, to be signed.
private struct FreeClaims: JWTPayload {
    var sub: String? = "ann"
    var role: String? = "player"
    var exp: Double? = 2_000
    var iat: Double? = 900
    func verify(using algorithm: some JWTAlgorithm) {}
}

final class TokenAuthorityTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("hoard-tokens-\(UUID().uuidString)").path

    deinit {
        for path in [folder, folder + "-other"] { try? FileManager.default.removeItem(atPath: path) }
    }

    private func authority(now: Int64 = 1_000) throws -> TokenAuthority {
        try TokenAuthority(dataFolder: folder) { now }
    }

    private func secret() throws -> SymmetricKey {
        let text = try String(contentsOfFile: folder + "/token.key", encoding: .utf8)
        var bytes: [UInt8] = []
        var digits = text.trimmingCharacters(in: .whitespacesAndNewlines)[...]
        while let byte = UInt8(digits.prefix(2), radix: 16) {
            bytes.append(byte)
            digits = digits.dropFirst(2)
        }
        return SymmetricKey(data: bytes)
    }

    private func signed(_ claims: FreeClaims, kid: String? = nil) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(key: try secret()), digestAlgorithm: .sha256)
        var header = JWTHeader()
        header.kid = kid
        return try await keys.sign(claims, header: header)
    }

    private func refusal(_ token: String, now: Int64 = 1_000) async throws -> TokenRefusal? {
        switch await (try authority(now: now)).verify(token) {
        case .success: return nil
        case .failure(let refusal): return refusal
        }
    }

    @Test(arguments: SessionRole.allCases)
    func `a minted token is accepted and says who it is`(role: SessionRole) async throws {
        let authority = try authority()
        let token = try await authority.mint(role: role, subject: "Ännchen", ttlSeconds: 60)
        let claims = try await authority.verify(token).get()
        #expect(claims == SessionClaims(subject: "Ännchen", role: role, expiresSeconds: 1_060))
    }

    @Test func `the secret is made once, for its owner only, and outlives the process`() async throws {
        let token = try await authority().mint(role: .player, subject: "ann", ttlSeconds: 60)
        #expect(try await refusal(token) == nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/token.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["token.key"])
    }

    @Test func `an expired token says how long ago`() async throws {
        let token = try await authority().mint(role: .player, subject: "ann", ttlSeconds: 60)
        #expect(try await refusal(token, now: 1_059) == nil)
        #expect(try await refusal(token, now: 1_072) == .expired(secondsAgo: 12))
        #expect(TokenRefusal.expired(secondsAgo: 12).description == "the token expired 12 s ago")
    }

    @Test func `a changed token has a wrong signature`() async throws {
        let token = try await authority().mint(role: .player, subject: "ann", ttlSeconds: 60)
        let parts = token.split(separator: ".")
        let other = try await authority().mint(role: .operator, subject: "ann", ttlSeconds: 60)
            .split(separator: ".")
        #expect(try await refusal("\(parts[0]).\(other[1]).\(parts[2])") == .wrongSignature)
        #expect(try await refusal("\(parts[0]).\(parts[1]).") == .wrongSignature)
        #expect(try await refusal("\(parts[0]).\(parts[1]).AAAA") == .wrongSignature)
    }

    @Test func `a token of another folder has a wrong signature`() async throws {
        let elsewhere = try TokenAuthority(dataFolder: folder + "-other") { 1_000 }
        let token = try await elsewhere.mint(role: .player, subject: "ann", ttlSeconds: 60)
        #expect(try await refusal(token) == .wrongSignature)
    }

    @Test func `claims that are missing or wrong are named`() async throws {
        _ = try authority()
        let long = String(repeating: "x", count: 65)
        let cases: [(FreeClaims, TokenRefusal)] = [
            (FreeClaims(sub: nil), .subjectMissing),
            (FreeClaims(sub: ""), .subjectEmpty),
            (FreeClaims(sub: long), .subjectTooLong(haveBytes: 65, maxBytes: 64)),
            (FreeClaims(role: nil), .roleMissing),
            (FreeClaims(role: "king"), .roleUnknown("king")),
            (FreeClaims(exp: nil), .expiryMissing),
            (FreeClaims(exp: 1e300), .expiryMissing),
            (FreeClaims(exp: 1_000), .expired(secondsAgo: 0)),
            (FreeClaims(iat: 1_100), .issuedInFuture(seconds: 100, maxSeconds: 60)),
        ]
        for (claims, expected) in cases {
            #expect(try await refusal(try await signed(claims)) == expected)
        }
        #expect(try await refusal(try await signed(FreeClaims())) == nil)
        #expect(try await refusal(try await signed(FreeClaims(iat: nil))) == nil)
        let exact = String(repeating: "x", count: 64)
        #expect(try await refusal(try await signed(FreeClaims(sub: exact))) == nil)
    }

    @Test func `an unsigned token is refused whatever it calls itself`() async throws {
        let claims = Data(#"{"sub":"ann","role":"operator","exp":2000}"#.utf8).base64URL
        for name in ["none", "None", "NONE"] {
            let header = Data(#"{"alg":"\#(name)"}"#.utf8).base64URL
            #expect(try await refusal("\(header).\(claims).") == .algorithmNone)
        }
        let header = Data(#"{"alg":"HS512"}"#.utf8).base64URL
        #expect(try await refusal("\(header).\(claims).AAAA") == .algorithmUnknown("HS512"))
    }

    @Test(arguments: [
        ("", "1 parts"), ("a.b", "2 parts"), ("a.b.c.d", "4 parts"), ("!!!.b.c", "base64url"),
        ("bm90IGpzb24.b.c", "JSON"), ("e30.b.c", "no algorithm"),
    ])
    func `a broken token says what is broken`(token: String, part: String) async throws {
        guard case .broken(let why) = try await refusal(token) else {
            Issue.record("not refused as broken")
            return
        }
        #expect(why.contains(part))
    }

    @Test func `a token over the limit is refused with both numbers`() async throws {
        let token = String(repeating: "a", count: 5_000)
        #expect(try await refusal(token) == .tooLong(haveBytes: 5_000, maxBytes: 4_096))
    }

    @Test func `tokens of others are accepted with their public keys, and only with the right one`()
        async throws
    {
        _ = try authority()
        try FileManager.default.createDirectory(
            atPath: folder + "/keys", withIntermediateDirectories: true)
        let es256 = ES256PrivateKey()
        let eddsa = try EdDSA.PrivateKey()
        let stranger = ES256PrivateKey()
        try es256.publicKey.pemRepresentation.write(
            toFile: folder + "/keys/studio.pem", atomically: true, encoding: .utf8)
        let x = eddsa.publicKey.rawRepresentation.base64URL
        try #"{"kty":"OKP","crv":"Ed25519","kid":"partner","x":"\#(x)"}"#.write(
            toFile: folder + "/keys/anything.jwk", atomically: true, encoding: .utf8)

        func token(_ add: (JWTKeyCollection) async -> Void, kid: String?) async throws -> String {
            let keys = JWTKeyCollection()
            await add(keys)
            var header = JWTHeader()
            header.kid = kid
            return try await keys.sign(FreeClaims(), header: header)
        }
        let known = ["partner", "studio"]
        let cases: [(String, TokenRefusal?)] = [
            (try await token({ await $0.add(ecdsa: es256) }, kid: "studio"), nil),
            (try await token({ await $0.add(ecdsa: es256) }, kid: nil), nil),
            (try await token({ await $0.add(eddsa: eddsa) }, kid: "partner"), nil),
            (try await token({ await $0.add(eddsa: eddsa) }, kid: nil), nil),
            (try await token({ await $0.add(ecdsa: stranger) }, kid: "studio"), .wrongSignature),
            (try await token({ await $0.add(ecdsa: stranger) }, kid: nil), .wrongSignature),
            (
                try await token({ await $0.add(ecdsa: es256) }, kid: "nobody"),
                .unknownKey(id: "nobody", known: known)
            ),
            (
                try await token({ await $0.add(ecdsa: es256) }, kid: "partner"),
                .algorithmOfAnotherKey(have: "ES256", need: "EdDSA")
            ),
            (try await signed(FreeClaims(), kid: "hs"), .unknownKey(id: "hs", known: known)),
            (
                try await signed(FreeClaims(), kid: "studio"),
                .algorithmOfAnotherKey(have: "HS256", need: "ES256")
            ),
        ]
        for (token, expected) in cases {
            #expect(try await refusal(token) == expected)
        }
    }

    @Test func `a key file that is none is named`() throws {
        _ = try authority()
        try FileManager.default.createDirectory(
            atPath: folder + "/keys", withIntermediateDirectories: true)
        try "no key".write(toFile: folder + "/keys/bad.pem", atomically: true, encoding: .utf8)
        let error = #expect(throws: TokenError.self) { try authority() }
        #expect(error?.message.contains("bad.pem") == true)
    }

    @Test func `a secret that others can read is refused with both modes`() throws {
        _ = try authority()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: folder + "/token.key")
        let error = #expect(throws: TokenError.self) { try authority() }
        #expect(error?.message.contains("mode 644") == true)
        #expect(error?.message.contains("need 600") == true)
    }

    @Test func `a folder that cannot be written is named`() throws {
        let error = #expect(throws: TokenError.self) {
            try TokenAuthority(dataFolder: "/proc/nowhere")
        }
        #expect(error?.message.contains("/proc/nowhere") == true)
    }

    @Test func `only tokens that would be accepted are minted`() async throws {
        let authority = try authority()
        for (subject, seconds) in [("", 60), (String(repeating: "x", count: 65), 60), ("ann", 0)] {
            await #expect(throws: TokenError.self) {
                try await authority.mint(
                    role: .player, subject: subject, ttlSeconds: Int64(seconds))
            }
        }
    }
}

extension Data {
    fileprivate var base64URL: String {
        base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}
