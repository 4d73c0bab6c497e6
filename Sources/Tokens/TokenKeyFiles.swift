internal import Crypto
internal import FoundationEssentials
internal import JWTKit

#if canImport(Glibc)
    internal import Glibc
#endif

/// A key that tokens are checked with.
struct TokenKey: Sendable {
    /// What the key is made of.
    enum Material: Sendable {
        case secret([UInt8])
        case es256(ES256PublicKey)
        case eddsa(EdDSA.PublicKey)
    }

    /// The key id that tokens name it by; nil for the secret of the data folder.
    let id: String?
    let material: Material

    /// The algorithm's name in a token's header.
    var algorithm: String {
        switch material {
        case .secret: "HS256"
        case .es256: "ES256"
        case .eddsa: "EdDSA"
        }
    }
}

/// The key files of a data folder.
enum TokenKeyFiles {
    /// The secret in `token.key`, made at first use with mode 0600.
    static func secret(dataFolder: String) throws(TokenError) -> [UInt8] {
        let path = dataFolder + "/token.key"
        if access(path, F_OK) != 0 {
            mkdir(dataFolder, 0o755)
            try makeSecret(path)
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw TokenError("\(path) has mode \(mode), others could read the secret; need 600")
        }
        let text = String(decoding: try read(path), as: UTF8.self)
        let digits = text.filter { !$0.isWhitespace }
        guard let secret = bytes(hex: digits), secret.count >= 32 else {
            throw TokenError(
                "\(path) holds \(digits.count) digits; need at least 64 hexadecimal ones")
        }
        return secret
    }

    /// Writes a secret aside and links it into place, so that whoever looks finds all of it.
    private static func makeSecret(_ path: String) throws(TokenError) {
        let digits = SymmetricKey(size: .bits256).withUnsafeBytes { key in
            key.map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
        let aside = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", aside) }
        defer { unlink(aside) }
        let line = Array((digits + "\n").utf8)
        let written = write(descriptor, line, line.count)
        let synced = fsync(descriptor)
        guard close(descriptor) == 0, synced == 0, written == line.count else {
            throw failure("write", aside)
        }
        // Somebody else may have been first: then that secret holds.
        if link(aside, path) != 0, errno != EEXIST { throw failure("create", path) }
    }

    /// The public keys in `keys/*.pem` and `keys/*.jwk`, in order of their names.
    static func publicKeys(dataFolder: String) throws(TokenError) -> [TokenKey] {
        let folder = dataFolder + "/keys"
        guard let directory = opendir(folder) else { return [] }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".pem") || name.hasSuffix(".jwk") { names.append(name) }
        }
        closedir(directory)
        guard names.count <= TokenLimits.keysMax else {
            throw TokenError("\(folder) holds \(names.count) keys, at most \(TokenLimits.keysMax)")
        }
        var keys: [TokenKey] = []
        for name in names.sorted() {
            let path = folder + "/" + name
            let text = String(decoding: try read(path), as: UTF8.self)
            let stem = String(name.dropLast(4))
            let key =
                name.hasSuffix(".pem") ? try pem(text, stem, path) : try jwk(text, stem, path)
            if keys.contains(where: { $0.id == key.id }) {
                throw TokenError("\(path): the key id \(key.id ?? "") is taken by another file")
            }
            keys.append(key)
        }
        return keys
    }

    private static func pem(
        _ text: String, _ id: String, _ path: String
    ) throws(TokenError) -> TokenKey {
        if let key = try? ES256PublicKey(pem: text) { return TokenKey(id: id, material: .es256(key)) }
        if let key = try? EdDSA.PublicKey(pem: text) {
            return TokenKey(id: id, material: .eddsa(key))
        }
        throw TokenError("\(path) is no public key in PEM form for ES256 (P-256) or EdDSA (Ed25519)")
    }

    private static func jwk(
        _ text: String, _ stem: String, _ path: String
    ) throws(TokenError) -> TokenKey {
        do {
            let key = try JWK(json: text)
            let id = key.keyIdentifier?.string ?? stem
            switch (key.keyType, key.curve, key.x, key.y) {
            case (.ecdsa, .some(.ecdsa(.p256)), .some(let x), .some(let y)):
                return TokenKey(id: id, material: .es256(try ES256PublicKey(parameters: (x, y))))
            case (.octetKeyPair, .some(.eddsa(.ed25519)), .some(let x), _):
                return TokenKey(
                    id: id, material: .eddsa(try EdDSA.PublicKey(x: x, curve: .ed25519)))
            default: break
            }
        } catch {}
        throw TokenError("\(path) is no public JWK of kty EC with crv P-256 or OKP with crv Ed25519")
    }

    private static func read(_ path: String) throws(TokenError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: TokenLimits.keyFileBytesMax + 1)
        let count = Glibc.read(descriptor, &content, content.count)
        guard count >= 0 else { throw failure("read", path) }
        guard count <= TokenLimits.keyFileBytesMax else {
            throw TokenError("\(path) has more than \(TokenLimits.keyFileBytesMax) bytes")
        }
        return Array(content[..<count])
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.utf8.map { UInt8(ascii: "0") <= $0 && $0 < 128 ? Character(UnicodeScalar($0)).hexDigitValue : nil }
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            result.append(UInt8(high << 4 | low))
        }
        return result
    }

    private static func failure(_ verb: String, _ path: String) -> TokenError {
        TokenError("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
