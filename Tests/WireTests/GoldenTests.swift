import Testing
import Wire

/// Every body has one form on the wire, and nobody may change it unnoticed.
struct GoldenTests {
    @Test(arguments: GoldenFrame.all)
    func `a frame is encoded to the bytes that the document shows`(_ golden: GoldenFrame) throws {
        let expected = try #require(GoldenBytes.frames[golden.name])
        #expect(Bytes.hex(golden.encoded) == expected)
    }

    @Test(arguments: GoldenFrame.all)
    func `the bytes that the document shows are decoded to the frame`(_ golden: GoldenFrame) throws {
        let bytes = Bytes.fromHex(try #require(GoldenBytes.frames[golden.name]))
        let found = try Bytes.frames(in: [bytes])
        #expect(found.count == 1)
        let frame = try #require(found.first)
        #expect(frame.header == golden.header)
        let body = try frame.body.withUnsafeBytes { try golden.read($0) }
        let isEqual = Self.equal(body, golden.body)
        #expect(isEqual)
    }

    @Test func `every kind of frame has a golden one`() {
        #expect(Set(GoldenFrame.all.map(\.header.rawKind)) == Set(FrameKind.allCases.map(\.rawValue)))
        #expect(Set(GoldenFrame.all.map(\.name)) == Set(GoldenBytes.frames.keys))
    }

    private static func equal<Body: WireBody>(_ left: Body, _ right: any WireBody) -> Bool {
        left == right as? Body
    }
}

extension GoldenFrame {
    /// The whole frame as the code writes it.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        FrameEncoder.append(header, body, to: &bytes)
        return bytes
    }
}
