internal import CShims

/// Appends frames to a buffer that its owner reuses: `begin`, then the body, then `end`.
public enum FrameEncoder {
    /// Appends a header whose length and checksum are filled in by `end`; returns where the frame begins.
    public static func begin(_ header: FrameHeader, in buffer: inout [UInt8]) -> Int {
        let start = buffer.count
        buffer.append(littleEndian: WireLimits.magic)
        buffer.append(littleEndian: UInt32(WireLimits.version) | UInt32(header.rawKind) << 8 | UInt32(header.flags.rawValue) << 16)
        buffer.append(littleEndian: UInt64(0))
        buffer.append(littleEndian: header.session)
        buffer.append(littleEndian: header.requestID)
        buffer.append(header.operationID)
        return start
    }

    /// Fills in length and checksum of the frame that began at `start` and ends with the buffer.
    public static func end(_ start: Int, in buffer: inout [UInt8]) {
        let count = buffer.count - start
        precondition(count <= WireLimits.frameBytesMax, "a frame of \(count) bytes, at most \(WireLimits.frameBytesMax)")
        buffer.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(count).littleEndian, toByteOffset: start + 8, as: UInt32.self)
            let checksum = hoard_crc32c(0, bytes.baseAddress! + start, count)
            bytes.storeBytes(of: checksum.littleEndian, toByteOffset: start + 12, as: UInt32.self)
        }
    }

    /// Appends a whole frame.
    public static func append(_ header: FrameHeader, _ body: some WireBody, to buffer: inout [UInt8]) {
        let start = begin(header, in: &buffer)
        body.encode(into: &buffer)
        end(start, in: &buffer)
    }
}

/// A body that can be written behind a frame header and read from one.
public protocol WireBody: Sendable, Equatable {
    /// Appends the body's bytes.
    func encode(into buffer: inout [UInt8])
    /// Reads a body that takes up exactly these bytes.
    init(body: UnsafeRawBufferPointer) throws(WireError)
}
