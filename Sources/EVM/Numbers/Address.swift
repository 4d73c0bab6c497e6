/// A 20-byte account address.
public struct Address: Sendable, BitwiseCopyable {
    /// Bytes 0 to 7, big endian.
    let high: UInt64
    /// Bytes 8 to 15, big endian.
    let middle: UInt64
    /// Bytes 16 to 19, big endian.
    let low: UInt32

    /// The address of twenty bytes; another count is a bug.
    public init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == 20, "an address has 20 bytes")
        self.init(word: U256(bigEndian: bytes))
    }

    /// The low 20 bytes of a word.
    @inline(__always)
    public init(word: U256) {
        high = word.l2 &<< 32 | word.l1 &>> 32
        middle = word.l1 &<< 32 | word.l0 &>> 32
        low = UInt32(truncatingIfNeeded: word.l0)
    }

    /// Reads 20 bytes at `address`, which need not be aligned.
    @inline(__always)
    public init(loading address: UnsafeRawPointer) {
        high = UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        middle = UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        low = UInt32(bigEndian: address.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Reads 40 hexadecimal digits with or without 0x; nil when malformed.
    public init?(hex text: some StringProtocol) {
        guard let bytes = bytesFromHex(text), bytes.count == 20 else { return nil }
        self.init(bytes: bytes)
    }

    /// The address of twenty zero bytes.
    public static var zero: Address { Address(word: .zero) }

    /// The address as the low 20 bytes of a word.
    @inline(__always)
    public var word: U256 {
        U256(
            middle &<< 32 | UInt64(low), high &<< 32 | middle &>> 32, high &>> 32, 0)
    }

    /// The twenty bytes.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
            store(at: UnsafeMutableRawPointer(buffer.baseAddress!))
            count = 20
        }
    }

    /// Writes the 20 bytes at `address`, which need not be aligned.
    @inline(__always)
    public func store(at address: UnsafeMutableRawPointer) {
        address.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        address.storeBytes(of: middle.bigEndian, toByteOffset: 8, as: UInt64.self)
        address.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt32.self)
    }

    /// 40 lower-case hexadecimal digits with 0x.
    public var hex: String { "0x" + hexDigits(of: bytes) }
}

extension Address: Hashable, Comparable {
    /// Equality of all bytes.
    @inline(__always)
    public static func == (a: Address, b: Address) -> Bool {
        ((a.high ^ b.high) | (a.middle ^ b.middle) | UInt64(a.low ^ b.low)) == 0
    }

    /// The order of the bytes.
    @inline(__always)
    public static func < (a: Address, b: Address) -> Bool {
        if a.high != b.high { return a.high < b.high }
        if a.middle != b.middle { return a.middle < b.middle }
        return a.low < b.low
    }

    /// Feeds the address, mixed to one word, to the hasher.
    @inline(__always)
    public func hash(into hasher: inout Hasher) {
        hasher.combine(word.mixed(seed: 0))
    }

    /// The hash that Dictionary and Set use, keyed by the seed of the table.
    @inline(__always)
    public func _rawHashValue(seed: Int) -> Int {
        word._rawHashValue(seed: seed)
    }
}

extension Address: CustomStringConvertible {
    /// Hexadecimal.
    public var description: String { hex }
}
