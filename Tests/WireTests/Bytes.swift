import Wire

/// A frame that was decoded, with a copy of its body.
struct DecodedFrame: Equatable {
    var header: FrameHeader
    var body: [UInt8]
}

/// Bytes and hexadecimal digits, and decoding as a connection does it.
enum Bytes {
    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    static func fromHex(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    /// The frames that a decoder finds when these reads arrive one after the other.
    static func frames(in reads: [[UInt8]], frameBytesMax: Int = 1 << 20) throws -> [DecodedFrame] {
        var decoder = FrameDecoder(frameBytesMax: frameBytesMax)
        var found: [DecodedFrame] = []
        for read in reads { try feed(&decoder, read, &found) }
        return found
    }

    /// Feeds one read from memory of exactly its size, so that reading beyond it is seen by memory checkers.
    static func feed(_ decoder: inout FrameDecoder, _ read: [UInt8], _ found: inout [DecodedFrame]) throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: read.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: read)
        try decoder.feed(UnsafeRawBufferPointer(memory)) { header, body in
            found.append(DecodedFrame(header: header, body: Array(body)))
            return true
        }
    }

    /// Reads a body from memory of exactly its size.
    static func read<Body: WireBody>(_ type: Body.Type, _ bytes: [UInt8]) throws -> Body {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try Body(body: UnsafeRawBufferPointer(memory))
    }

    /// CRC-32C by the loop that docs/WIRE.md prints.
    static func referenceChecksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 != 0 ? 0x82f6_3b78 : 0) }
        }
        return ~crc
    }

    /// The frame with its checksum made right again after a change.
    static func sealed(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        for index in 12..<16 { frame[index] = 0 }
        let checksum = referenceChecksum(frame)
        for index in 0..<4 { frame[12 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        return frame
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
