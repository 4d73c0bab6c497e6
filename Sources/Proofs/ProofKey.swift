internal import CCrypto

/// The public half of a world's key, Ed25519 (RFC 8032): what clients are given once and keep.
public struct ProofPublicKey: Sendable, Hashable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// The key with these bytes; nil unless there are 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The key in 64 hexadecimal digits, with or without 0x; nil otherwise.
    public init?(hex text: String) {
        guard let bytes = ProofHex.bytes(of: text) else { return nil }
        self.init(bytes: bytes)
    }

    /// 64 hexadecimal digits.
    public var hex: String { ProofHex.digits(of: bytes) }
    /// As `hex`.
    public var description: String { hex }

    /// Whether a signature over a message is this key's.
    public func isValid(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard signature.count == 64, let key = EVP_PKEY_new_raw_public_key(NID_ED25519, nil, bytes, bytes.count) else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// The secret half of a world's key.
public struct ProofKey: Sendable {
    private let secret: [UInt8]
    /// The public half.
    public let publicKey: ProofPublicKey

    /// The key of a secret; nil unless it has 32 bytes.
    public init?(secret: [UInt8]) {
        guard secret.count == 32, let key = EVP_PKEY_new_raw_private_key(NID_ED25519, nil, secret, secret.count) else { return nil }
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, let publicKey = ProofPublicKey(bytes: bytes) else { return nil }
        self.secret = secret
        self.publicKey = publicKey
    }

    /// The signature over a message, 64 bytes: always the same for the same message.
    func signature(over message: [UInt8]) -> [UInt8] {
        let key = EVP_PKEY_new_raw_private_key(NID_ED25519, nil, secret, secret.count)
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        let isSigned =
            EVP_DigestSignInit(context, nil, nil, nil, key) == 1
            && EVP_DigestSign(context, &signature, &count, message, message.count) == 1 && count == 64
        precondition(isSigned, "Ed25519 failed")
        return signature
    }
}

/// Bytes as hexadecimal digits and back.
public enum ProofHex {
    /// Two lower-case digits a byte.
    public static func digits(of bytes: [UInt8]) -> String {
        let alphabet = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes that digits give, with or without 0x; nil for an odd count or another character.
    public static func bytes(of text: String) -> [UInt8]? {
        let digits = Array((text.hasPrefix("0x") ? text.dropFirst(2) : text[...]).unicodeScalars)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[place]), let low = value(digits[place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: Unicode.Scalar) -> UInt8? {
        switch digit {
        case "0"..."9": UInt8(digit.value - 48)
        case "a"..."f": UInt8(digit.value - 87)
        case "A"..."F": UInt8(digit.value - 55)
        default: nil
        }
    }
}
