internal import EVM

/// What is wrong with encoded bytes, and where.
public struct CodingError: Error, Sendable, Equatable {
    /// The place, counted from the start of what was being read.
    public var offset: Int
    /// What was expected there.
    public var expected: String
}

/// Reads canonical encodings from memory; never reads beyond the end.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    /// A reader that starts at an offset.
    init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Whether everything has been read.
    var isAtEnd: Bool { offset == bytes.count }

    private mutating func take(_ count: Int, _ expected: @autoclosure () -> String) throws(CodingError) -> Int {
        guard count >= 0, bytes.count - offset >= count else { throw CodingError(offset: offset, expected: expected()) }
        defer { offset += count }
        return offset
    }

    /// Reads one byte.
    mutating func byte() throws(CodingError) -> UInt8 { bytes[try take(1, "a byte")] }

    /// Reads a number of fixed width, little endian.
    mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws(CodingError) -> Number {
        let start = try take(MemoryLayout<Number>.size, "a number")
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
    }

    /// Reads a number in groups of seven bits.
    mutating func variable() throws(CodingError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try byte()
            if shift == 63, byte > 1 { break }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        throw CodingError(offset: offset, expected: "a number below 2^64")
    }

    /// Reads a count of things that take at least `bytesEach` bytes each.
    mutating func count(bytesEach: Int) throws(CodingError) -> Int {
        let number = try variable()
        guard number <= UInt64((bytes.count - offset) / bytesEach) else {
            throw CodingError(offset: offset, expected: "a count that fits into the rest")
        }
        return Int(number)
    }

    /// Reads an address.
    mutating func address() throws(CodingError) -> Address {
        let start = try take(20, "an address")
        return Address(loading: bytes.baseAddress! + start)
    }

    /// Reads a 256-bit word.
    mutating func word() throws(CodingError) -> U256 {
        let start = try take(32, "a word")
        return Hash256(loading: bytes.baseAddress! + start).word
    }

    /// Reads a word as its significant bytes with their count before them.
    mutating func minimalWord() throws(CodingError) -> U256 {
        let count = Int(try byte())
        guard count <= 32 else { throw CodingError(offset: offset - 1, expected: "at most 32 bytes") }
        let start = try take(count, "the bytes of a word")
        if count > 0, bytes[start + count - 1] == 0 {
            throw CodingError(offset: start + count - 1, expected: "a significant byte")
        }
        var limbs: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &limbs) { memory in
            memory.copyBytes(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
        }
        return U256(
            UInt64(littleEndian: limbs.0), UInt64(littleEndian: limbs.1), UInt64(littleEndian: limbs.2),
            UInt64(littleEndian: limbs.3))
    }

    /// Reads a digest.
    mutating func digest() throws(CodingError) -> Hash256 { Hash256(word: try word()) }

    /// Reads an operation id.
    mutating func operationID() throws(CodingError) -> OperationID {
        let start = try take(16, "an operation id")
        return OperationID(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)))
    }

    /// Reads bytes with their count before them.
    mutating func counted() throws(CodingError) -> [UInt8] { [UInt8](try countedView()) }

    /// The bytes that have their count before them, without copying.
    mutating func countedView() throws(CodingError) -> UnsafeRawBufferPointer {
        let count = try count(bytesEach: 1)
        let start = try take(count, "bytes")
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }
}
