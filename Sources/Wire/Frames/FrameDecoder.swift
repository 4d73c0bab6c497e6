/// Cuts a stream of bytes into frames, in place; keeps only the beginning of a frame whose end has not arrived.
public struct FrameDecoder: Sendable {
    /// Bytes of a frame at most; a server raises it after the handshake.
    public var frameBytesMax: Int
    private var pending: [UInt8] = []

    /// A decoder at the beginning of a stream.
    public init(frameBytesMax: Int) { self.frameBytesMax = frameBytesMax }

    /// Bytes kept of a frame that is not whole yet.
    public var pendingBytes: Int { pending.count }

    /// Hands every whole frame in the kept bytes and `bytes` to `body`, whose buffer is valid during the call; stops early when `body` returns false.
    ///
    /// Throws where the framing is broken; the stream cannot be read on then.
    public mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ body: (FrameHeader, UnsafeRawBufferPointer) -> Bool
    ) throws(WireError) {
        var rest = bytes
        if !pending.isEmpty {
            guard try completePending(&rest, body) else { return }
        }
        while let length = try wholeLength(rest) {
            let frame = UnsafeRawBufferPointer(rebasing: rest[..<length])
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            guard try deliver(frame, body) else { return }
        }
        pending.append(contentsOf: rest)
    }

    /// Completes the kept frame from the beginning of `rest`; returns whether to go on with what is left.
    private mutating func completePending(
        _ rest: inout UnsafeRawBufferPointer, _ body: (FrameHeader, UnsafeRawBufferPointer) -> Bool
    ) throws(WireError) -> Bool {
        take(12, from: &rest)
        if pending.count < 12 {
            try checkBeginning()
            return false
        }
        let length = try pendingLength()
        take(length, from: &rest)
        if pending.count < length { return false }
        var frame: [UInt8] = []
        swap(&frame, &pending)
        var goOn = false
        var failure: WireError?
        frame.withUnsafeBytes { whole in
            do throws(WireError) { goOn = try deliver(whole, body) } catch { failure = error }
        }
        if let failure { throw failure }
        frame.removeAll(keepingCapacity: true)
        if frame.capacity <= 4_096 { pending = frame }
        return goOn
    }

    /// Moves bytes from the beginning of `rest` to the kept ones until there are `target`.
    private mutating func take(_ target: Int, from rest: inout UnsafeRawBufferPointer) {
        let missing = max(0, min(target - pending.count, rest.count))
        pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<missing]))
        rest = UnsafeRawBufferPointer(rebasing: rest[missing...])
    }

    private func checkBeginning() throws(WireError) {
        var failure: WireError?
        pending.withUnsafeBytes { bytes in
            do throws(WireError) { _ = try wholeLength(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func pendingLength() throws(WireError) -> Int {
        var length = 0
        var failure: WireError?
        pending.withUnsafeBytes { bytes in
            do throws(WireError) { length = try Self.length(bytes, maximum: frameBytesMax) } catch { failure = error }
        }
        if let failure { throw failure }
        return length
    }

    /// The length of the frame at the beginning of `bytes`; nil while it is not whole.
    private func wholeLength(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Int? {
        if bytes.count < 12 {
            if bytes.count >= 4 { try Self.checkMagic(bytes) }
            if bytes.count >= 5 { try Self.checkVersion(bytes) }
            return nil
        }
        let length = try Self.length(bytes, maximum: frameBytesMax)
        return length <= bytes.count ? length : nil
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, maximum: Int) throws(WireError) -> Int {
        try checkMagic(bytes)
        try checkVersion(bytes)
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        if length < WireLimits.headerBytes { throw .lengthUnderHeader(have: length, minimum: WireLimits.headerBytes) }
        if length > maximum { throw .lengthOverLimit(have: length, maximum: maximum) }
        return length
    }

    private static func checkMagic(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        let magic = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        if magic != WireLimits.magic { throw .badMagic(have: magic, need: WireLimits.magic) }
    }

    private static func checkVersion(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        if bytes[4] != WireLimits.version { throw .version(have: bytes[4], need: WireLimits.version) }
    }

    private func deliver(
        _ frame: UnsafeRawBufferPointer, _ body: (FrameHeader, UnsafeRawBufferPointer) -> Bool
    ) throws(WireError) -> Bool {
        guard let base = frame.baseAddress else { return true }
        let have = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let need = FrameChecksum.of(base, count: frame.count)
        if have != need { throw .checksum(have: have, need: need) }
        return body(
            FrameHeader(reading: frame), UnsafeRawBufferPointer(rebasing: frame[WireLimits.headerBytes...]))
    }
}
