internal import CShims

/// Appends frames to a buffer that its owner reuses: `begin`, then the body, then `end`.
public enum FrameEncoder {
    /// Appends a header whose length and checksum are filled in by `end`; returns where the frame begins.
    public static func begin(_ header: FrameHeader, in buffer: inout [UInt8]) -> Int {
        let start = buffer.count
        buffer.append(fixed: WireLimits.headerBytes) { frame in
            frame.put(WireLimits.magic, at: 0)
            frame.put(WireLimits.version, at: 4)
            frame.put(header.rawKind, at: 5)
            frame.put(header.flags.rawValue, at: 6)
            frame.put(UInt64(0), at: 8)
            frame.put(header.session, at: 16)
            frame.put(header.requestID, at: 24)
            frame.put(header.operationID, at: 32)
        }
        return start
    }

    /// Fills in length and checksum of the frame that began at `start` and ends with the buffer.
    public static func end(_ start: Int, in buffer: inout [UInt8]) {
        let count = buffer.count - start
        precondition(
            count <= WireLimits.frameBytesMax, "a frame of \(count) bytes, at most \(WireLimits.frameBytesMax)")
        precondition(start >= 0 && count >= WireLimits.headerBytes, "a frame of \(count) bytes has no header")
        buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let frame = base + start
            frame.put(UInt32(count), at: 8)
            frame.put(FrameChecksum.of(UnsafeRawPointer(frame), count: count), at: 12)
        }
    }

    /// Appends a whole frame.
    public static func append(_ header: FrameHeader, _ body: some WireBody, to buffer: inout [UInt8]) {
        let start = begin(header, in: &buffer)
        body.encode(into: &buffer)
        end(start, in: &buffer)
    }
}

/// CRC-32C over a whole frame whose checksum field counts as zero.
enum FrameChecksum {
    /// The checksum of a frame of at least 48 bytes.
    @inline(__always)
    static func of(_ frame: UnsafeRawPointer, count: Int) -> UInt32 {
        // The first 16 bytes with the field at 12 cleared, whatever it holds.
        let length = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        var head = (
            frame.loadUnaligned(fromByteOffset: 0, as: UInt64.self), UInt64(length).littleEndian
        )
        let beginning = withUnsafePointer(to: &head) { hoard_crc32c(0, $0, 16) }
        return hoard_crc32c(beginning, frame + 16, count - 16)
    }
}

/// A body that can be written behind a frame header and read from one.
public protocol WireBody: Sendable, Equatable {
    /// Appends the body's bytes.
    func encode(into buffer: inout [UInt8])
    /// Reads a body that takes up exactly these bytes; fails with the numbers that disagree and never reads outside.
    init(body: UnsafeRawBufferPointer) throws(WireError)
}
