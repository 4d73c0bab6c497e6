import CShims

/// keccak256, the original padding of Ethereum, of `count` bytes at `bytes`; allocates nothing.
public func keccak256(_ bytes: UnsafeRawPointer, count: Int) -> Hash256 {
    var digest = InlineArray<32, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &digest) { buffer in
        let start = buffer.baseAddress!
        hoard_keccak256(
            start.assumingMemoryBound(to: UInt8.self), bytes.assumingMemoryBound(to: UInt8.self), count)
        return Hash256(loading: start)
    }
}

/// keccak256 of a buffer.
public func keccak256(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    guard let start = bytes.baseAddress else { return .emptyCode }
    return keccak256(start, count: bytes.count)
}

/// keccak256 of an array.
public func keccak256(_ bytes: [UInt8]) -> Hash256 {
    bytes.withUnsafeBytes { keccak256($0) }
}

/// keccak256 of a span.
public func keccak256(_ bytes: RawSpan) -> Hash256 {
    bytes.withUnsafeBytes { keccak256($0) }
}

/// keccak256 of the 32 bytes of a word: the secure key of a storage slot.
public func keccak256(_ word: U256) -> Hash256 {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
        word.storeBigEndian(at: buffer.baseAddress!)
        return keccak256(UnsafeRawPointer(buffer.baseAddress!), count: 32)
    }
}

/// keccak256 of the 20 bytes of an address: the secure key of an account.
public func keccak256(_ address: Address) -> Hash256 {
    var bytes = InlineArray<20, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
        address.store(at: buffer.baseAddress!)
        return keccak256(UnsafeRawPointer(buffer.baseAddress!), count: 20)
    }
}
