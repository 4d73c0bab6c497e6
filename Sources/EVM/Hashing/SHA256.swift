import CCrypto

/// SHA-256 fetched once: the look-up by name costs more than hashing a small input.
private nonisolated(unsafe) let sha256Method = EVP_MD_fetch(nil, "SHA256", nil)

/// SHA-256 of a buffer (libcrypto, which uses the processor's SHA instructions).
public func sha256(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    digest32(bytes, sha256Method)
}

/// SHA-256 of an array.
public func sha256(_ bytes: [UInt8]) -> Hash256 {
    bytes.withUnsafeBytes { sha256($0) }
}

private func digest32(_ bytes: UnsafeRawBufferPointer, _ method: OpaquePointer?) -> Hash256 {
    var digest = InlineArray<32, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &digest) { buffer in
        let output = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        precondition(EVP_Digest(bytes.baseAddress, bytes.count, output, nil, method, nil) == 1, "SHA-256 failed")
        return Hash256(loading: UnsafeRawPointer(output))
    }
}

/// SHA-256 over bytes that arrive in pieces; belongs to one thread at a time.
public final class SHA256Stream {
    private let context: OpaquePointer
    private let copy: OpaquePointer

    /// A stream without bytes.
    public init() {
        context = EVP_MD_CTX_new()!
        copy = EVP_MD_CTX_new()!
        reset()
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_CTX_free(copy)
    }

    /// Forgets all bytes.
    public func reset() {
        precondition(EVP_DigestInit_ex(context, sha256Method, nil) == 1, "SHA-256 failed")
    }

    /// Appends bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 failed")
    }

    /// Appends bytes.
    public func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Appends the 32 bytes of a digest.
    public func update(_ digest: Hash256) {
        var bytes = InlineArray<32, UInt8>(repeating: 0)
        withUnsafeMutableBytes(of: &bytes) { buffer in
            digest.store(at: buffer.baseAddress!)
            update(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The digest of all bytes so far; more may follow.
    public func finalizedCopy() -> Hash256 {
        precondition(EVP_MD_CTX_copy_ex(copy, context) == 1, "SHA-256 failed")
        var digest = InlineArray<32, UInt8>(repeating: 0)
        return withUnsafeMutableBytes(of: &digest) { buffer in
            let output = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            precondition(EVP_DigestFinal_ex(copy, output, nil) == 1, "SHA-256 failed")
            return Hash256(loading: UnsafeRawPointer(output))
        }
    }
}
