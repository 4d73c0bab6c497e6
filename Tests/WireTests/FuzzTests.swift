import Testing
import Wire

/// Bytes of chance never crash, never read outside, never get through.
struct FuzzTests {
    /// Reads a body of any kind; what matters is that it ends.
    static let readers: [@Sendable ([UInt8]) throws -> Void] = [
        { _ = try Bytes.read(HelloBody.self, $0) }, { _ = try Bytes.read(WelcomeBody.self, $0) },
        { _ = try Bytes.read(ActionBody.self, $0) }, { _ = try Bytes.read(BatchBody.self, $0) },
        { _ = try Bytes.read(ReplyBody.self, $0) }, { _ = try Bytes.read(BatchReplyBody.self, $0) },
        { _ = try Bytes.read(QueryBody.self, $0) }, { _ = try Bytes.read(ResultBody.self, $0) },
        { _ = try Bytes.read(SubscribeBody.self, $0) }, { _ = try Bytes.read(EventBody.self, $0) },
        { _ = try Bytes.read(PingBody.self, $0) }, { _ = try Bytes.read(ErrorBody.self, $0) },
    ]

    @Test(arguments: 1...8)
    func `random bytes as a body are read or refused`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<400 {
            let count = Int.random(in: 0...200, using: &random)
            // Small numbers are likelier to pass the first checks.
            let isSmall = Bool.random(using: &random)
            let bytes = (0..<count).map { _ in
                isSmall ? UInt8.random(in: 0...3, using: &random) : UInt8.random(in: 0...255, using: &random)
            }
            for read in Self.readers { _ = try? read(bytes) }
        }
    }

    @Test(arguments: 1...8)
    func `changed golden bodies are read or refused`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for golden in GoldenFrame.all {
            let original = Array(golden.encoded[48...])
            for _ in 0..<60 {
                var body = original
                for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
                    let place = Int.random(in: 0..<body.count, using: &random)
                    switch Int.random(in: 0...2, using: &random) {
                    case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: body.remove(at: place)
                    default: body.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    }
                }
                for read in Self.readers { _ = try? read(body) }
            }
        }
    }

    @Test(arguments: 1...16)
    func `a stream of changed frames gives only frames that were sent`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let sent = FramingTests.whole
        for _ in 0..<60 {
            var stream = FramingTests.stream
            let place = Int.random(in: 0..<stream.count, using: &random)
            stream[place] ^= UInt8.random(in: 1...255, using: &random)
            var decoder = FrameDecoder(frameBytesMax: 4_096)
            var found: [DecodedFrame] = []
            let cut = Int.random(in: 0...stream.count, using: &random)
            do {
                try Bytes.feed(&decoder, Array(stream[..<cut]), &found)
                try Bytes.feed(&decoder, Array(stream[cut...]), &found)
            } catch {}
            #expect(found == Array(sent.prefix(found.count)) && found.count < sent.count)
            #expect(decoder.pendingBytes <= 4_096)
        }
    }

    @Test func `random bytes are no frames`() {
        var random = SeededRandom(seed: 99)
        for _ in 0..<2_000 {
            var bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &random) }
            // A good beginning, so that not everything fails at the magic.
            bytes.replaceSubrange(0..<5, with: [0x48, 0x52, 0x44, 0x31, 1])
            let frames = (try? Bytes.frames(in: [bytes])) ?? []
            #expect(frames.isEmpty)
        }
    }
}
