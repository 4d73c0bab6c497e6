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
    private let context: UnsafeMutablePointer<SHA256_CTX>

    /// A stream without bytes.
    public init() {
        context = .allocate(capacity: 1)
        context.initialize(to: SHA256_CTX())
        reset()
    }

    /// A stream that goes on where `state` was taken; nil where that is no state.
    public convenience init?(state: [UInt8]) {
        guard state.count == MemoryLayout<SHA256_CTX>.size else { return nil }
        self.init()
        UnsafeMutableRawBufferPointer(start: context, count: state.count).copyBytes(from: state)
        guard context.pointee.num < 64, context.pointee.md_len == 32 else { return nil }
    }

    deinit { context.deallocate() }

    /// Forgets all bytes.
    public func reset() {
        precondition(SHA256_Init(context) == 1, "SHA-256 failed")
    }

    /// What it takes to go on from here: the words of the hash, the bytes of an unfinished block, their counts, as the
    /// library keeps them (little endian on every machine that this runs on).
    public var state: [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: context, count: MemoryLayout<SHA256_CTX>.size))
    }

    /// Appends bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        precondition(SHA256_Update(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 failed")
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
        var copy = context.pointee
        var digest = InlineArray<32, UInt8>(repeating: 0)
        return withUnsafeMutableBytes(of: &digest) { buffer in
            let output = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            precondition(SHA256_Final(output, &copy) == 1, "SHA-256 failed")
            return Hash256(loading: UnsafeRawPointer(output))
        }
    }
}
