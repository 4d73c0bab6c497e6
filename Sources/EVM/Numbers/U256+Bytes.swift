extension U256 {
    /// Reads up to 32 big-endian bytes; more is a bug.
    public init(bigEndian bytes: some Sequence<UInt8>) {
        var value = U256.zero
        var count = 0
        for byte in bytes {
            count += 1
            precondition(count <= 32, "a word has at most 32 bytes")
            value = value << 8
            value.l0 |= UInt64(byte)
        }
        self = value
    }

    /// Reads up to 32 big-endian bytes; more is a bug.
    public init(bigEndian bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= 32, "a word has at most 32 bytes")
        if bytes.count == 32 {
            self.init(loadingBigEndian: bytes.baseAddress!)
            return
        }
        var value = U256.zero
        for byte in bytes {
            value = value << 8
            value.l0 |= UInt64(byte)
        }
        self = value
    }

    /// Reads 32 big-endian bytes at `address`, which need not be aligned.
    @inline(__always)
    public init(loadingBigEndian address: UnsafeRawPointer) {
        self.init(
            UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 24, as: UInt64.self)),
            UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
            UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 0, as: UInt64.self)))
    }

    /// Writes 32 big-endian bytes at `address`, which need not be aligned.
    @inline(__always)
    public func storeBigEndian(at address: UnsafeMutableRawPointer) {
        address.storeBytes(of: l3.bigEndian, toByteOffset: 0, as: UInt64.self)
        address.storeBytes(of: l2.bigEndian, toByteOffset: 8, as: UInt64.self)
        address.storeBytes(of: l1.bigEndian, toByteOffset: 16, as: UInt64.self)
        address.storeBytes(of: l0.bigEndian, toByteOffset: 24, as: UInt64.self)
    }

    /// The 32 bytes, most significant first.
    public var bigEndianBytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            storeBigEndian(at: UnsafeMutableRawPointer(buffer.baseAddress!))
            count = 32
        }
    }

    /// The bytes without leading zeros, most significant first; none for zero.
    public var minimalBigEndianBytes: [UInt8] {
        Array(bigEndianBytes.suffix(byteWidthUsed))
    }
}
