import Testing
import Wire

/// Frames come in pieces, broken, or from somebody who speaks something else.
struct FramingTests {
    static let stream = GoldenFrame.all.flatMap(\.encoded)
    static let whole = GoldenFrame.all.map { DecodedFrame(header: $0.header, body: Array($0.encoded[48...])) }
    static let action = GoldenFrame.all.first { $0.name == "action" }?.encoded ?? []

    @Test func `a stream split at any byte gives the same frames`() throws {
        for place in 0...Self.stream.count {
            let frames = try Bytes.frames(in: [Array(Self.stream[..<place]), Array(Self.stream[place...])])
            #expect(frames == Self.whole, "split at \(place)")
        }
    }

    @Test func `a stream that comes byte by byte gives the same frames`() throws {
        #expect(try Bytes.frames(in: Self.stream.map { [$0] }) == Self.whole)
    }

    @Test(arguments: 1...40)
    func `a stream in pieces of chance gives the same frames`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var reads: [[UInt8]] = []
        var rest = Self.stream[...]
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...(seed.isMultiple(of: 2) ? 60 : 600), using: &random))
            reads.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(try Bytes.frames(in: reads) == Self.whole)
    }

    @Test func `half a frame gives nothing and is kept`() throws {
        var decoder = FrameDecoder(frameBytesMax: 4_096)
        var found: [DecodedFrame] = []
        try Bytes.feed(&decoder, Array(Self.action[..<100]), &found)
        #expect(found.isEmpty)
        #expect(decoder.pendingBytes == 100)
        try Bytes.feed(&decoder, Array(Self.action[100...]), &found)
        #expect(found.count == 1)
        #expect(decoder.pendingBytes == 0)
    }

    @Test func `any flipped bit of a frame is noticed`() {
        for bit in 0..<Self.action.count * 8 {
            var frame = Self.action
            frame[bit / 8] ^= 1 << UInt8(bit % 8)
            // A longer length waits for bytes that never come, or is over the limit; everything else is an error at once.
            let frames = try? Bytes.frames(in: [frame], frameBytesMax: 4_096)
            #expect(frames == nil || frames?.isEmpty == true, "bit \(bit)")
        }
    }

    @Test func `a wrong checksum names what came and what is right`() {
        var frame = Self.action
        frame[60] ^= 1
        let came = UInt32(0xe83e_c4c1)
        let right = Bytes.referenceChecksum(Array(frame[..<12]) + [0, 0, 0, 0] + Array(frame[16...]))
        #expect(throws: WireError.checksum(have: came, need: right)) { try Bytes.frames(in: [frame]) }
    }

    @Test func `a length over the limit is refused before its bytes are kept`() throws {
        var decoder = FrameDecoder(frameBytesMax: 127)
        var found: [DecodedFrame] = []
        #expect(throws: WireError.lengthOverLimit(have: 128, maximum: 127)) {
            try Bytes.feed(&decoder, Array(Self.action[..<12]), &found)
        }
        #expect(decoder.pendingBytes <= 12)
        #expect(try Bytes.frames(in: [Self.action], frameBytesMax: 128).count == 1)
    }

    @Test(arguments: [0, 1, 47])
    func `a length under that of the header is refused`(_ length: UInt8) {
        var frame = Self.action
        frame[8] = length
        #expect(throws: WireError.lengthUnderHeader(have: Int(length), minimum: 48)) {
            try Bytes.frames(in: [Bytes.sealed(frame)])
        }
    }

    @Test func `another magic is refused as soon as its four bytes are there`() {
        let bytes = Array("GET / HTTP/1.1".utf8)
        let error = WireError.badMagic(have: 0x2054_4547, need: 0x3144_5248)
        #expect(throws: error) { try Bytes.frames(in: [Array(bytes[..<4])]) }
        #expect(throws: error) { try Bytes.frames(in: bytes.map { [$0] }) }
        #expect(throws: error) { try Bytes.frames(in: [Self.action + bytes]) }
    }

    @Test(arguments: [0, 2, 255])
    func `another version is refused by its number, whatever follows`(_ version: UInt8) throws {
        let error = WireError.version(have: version, need: 1)
        #expect(throws: error) { try Bytes.frames(in: [[0x48, 0x52, 0x44, 0x31, version]]) }
        var frame = Self.action
        frame[4] = version
        #expect(throws: error) { try Bytes.frames(in: [frame]) }
        // The answer is in version 1 and names the versions that there are.
        let body = ErrorBody(error)
        #expect(body.code == 202 && body.have == UInt64(version) && body.need == 1)
        #expect(body.message.contains("supported versions: 1"))
    }

    @Test func `an unknown kind within good framing is handed over`() throws {
        var frame = Self.action
        frame[5] = 99
        let frames = try Bytes.frames(in: [Bytes.sealed(frame) + Self.action])
        #expect(frames.count == 2)
        #expect(frames[0].header.kind == nil)
        #expect(frames[0].header.rawKind == 99)
    }

    @Test func `the handler can stop the decoding`() throws {
        var decoder = FrameDecoder(frameBytesMax: 4_096)
        var count = 0
        try Self.stream.withUnsafeBytes { bytes in
            try decoder.feed(bytes) { _, _ in
                count += 1
                return count < 3
            }
        }
        #expect(count == 3)
    }

    @Test func `which errors break the framing is fixed`() {
        let breaking: [WireError] = [
            .badMagic(have: 0, need: 1), .version(have: 2, need: 1), .lengthOverLimit(have: 2, maximum: 1),
            .lengthUnderHeader(have: 1, minimum: 48), .checksum(have: 1, need: 2),
        ]
        let passing: [WireError] = [
            .bodyTooShort(have: 1, need: 2), .bodyTooLong(have: 2, need: 1), .unknownKind(have: 99),
            .batchItems(have: 0, maximum: 1), .payloadOverLimit(have: 2, maximum: 1), .reservedNotZero(have: 1),
            .textOverLimit(have: 2, maximum: 1),
        ]
        for error in breaking { #expect(error.breaksFraming) }
        for error in passing { #expect(!error.breaksFraming) }
        #expect(Set((breaking + passing).map(\.code.rawValue)) == [201, 202, 203, 204, 205, 206])
    }
}
