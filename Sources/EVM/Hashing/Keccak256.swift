/// Bytes that keccak256 absorbs between two permutations.
private let keccakRateBytes = 136

/// keccak256, the original padding of Ethereum, of `count` bytes at `bytes`; allocates nothing.
public func keccak256(_ bytes: UnsafeRawPointer, count: Int) -> Hash256 {
    var state = KeccakState()
    var cursor = bytes
    var left = count
    while left >= keccakRateBytes {
        state.absorb(cursor, lanes: 17)
        state.permute()
        cursor += keccakRateBytes
        left &-= keccakRateBytes
    }
    let wholeLanes = left &>> 3
    state.absorb(cursor, lanes: wholeLanes)
    var last: UInt64 = 0
    for index in 0..<(left & 7) {
        let byte = cursor.load(fromByteOffset: 8 &* wholeLanes &+ index, as: UInt8.self)
        last |= UInt64(byte) &<< UInt64(8 &* index)
    }
    last |= 1 &<< UInt64(8 &* (left & 7))
    state.lanes[wholeLanes] ^= last
    state.lanes[16] ^= 1 &<< 63
    state.permute()
    return Hash256(
        word: U256(
            state.lanes[3].byteSwapped, state.lanes[2].byteSwapped, state.lanes[1].byteSwapped,
            state.lanes[0].byteSwapped))
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
