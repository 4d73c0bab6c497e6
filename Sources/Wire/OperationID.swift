/// The 128-bit name that a client gives an operation, applied at most once for ever.
///
/// By convention the first six bytes are milliseconds since 1970, big endian, and the rest is random, so that ids sort by time.
public struct OperationID: Sendable, Hashable, Comparable {
    /// Bytes 0 to 7, big endian.
    public let high: UInt64
    /// Bytes 8 to 15, big endian.
    public let low: UInt64

    /// No operation.
    public static let zero = OperationID(high: 0, low: 0)

    /// How many bytes an id has.
    public static let byteCount = 16

    /// An id from its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id with these bytes; nil unless there are 16.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self = bytes.withUnsafeBytes { OperationID(reading: $0, at: 0) }
    }

    /// The id that `text` gives in 32 hexadecimal digits, with or without 0x; nil otherwise.
    public init?(hex text: String) {
        guard let bytes = HexText.bytes(of: text) else { return nil }
        self.init(bytes: bytes)
    }

    init(reading bytes: UnsafeRawBufferPointer, at offset: Int) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
    }

    /// The id that follows a convention: time first, then 80 random bits that the caller gives.
    public init(milliseconds: UInt64, random: (UInt64, UInt64)) {
        high = milliseconds << 16 | random.0 & 0xffff
        low = random.1
    }

    /// The 16 bytes in order.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(self)
        return bytes
    }

    /// 32 hexadecimal digits.
    public var hex: String { HexText.digits(of: bytes) }

    /// Orders ids as their bytes.
    public static func < (left: OperationID, right: OperationID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
