import Testing
import Wire

/// A body that does not fit is refused with both numbers, never read beyond its end.
struct BodyTests {
    static let bodies = GoldenFrame.all

    @Test(arguments: bodies)
    func `a body cut anywhere is refused`(_ golden: GoldenFrame) {
        let body = Array(golden.encoded[48...])
        for count in 0..<body.count {
            let cut = Array(body[..<count])
            #expect(throws: WireError.self, "\(count) of \(body.count) bytes") {
                try cut.withUnsafeBytes { _ = try golden.read($0) }
            }
        }
    }

    @Test(arguments: bodies)
    func `bytes behind a body are refused`(_ golden: GoldenFrame) {
        let long = Array(golden.encoded[48...]) + [0]
        #expect(throws: WireError.self) { try long.withUnsafeBytes { _ = try golden.read($0) } }
    }

    /// Places of bytes that a client must leave zero, by golden frame.
    static let reserved: [(String, [Int])] = [
        ("action", [2, 3, 36, 37, 38, 39]), ("batch", [4, 5, 6, 7, 26, 27, 60, 63]),
        ("query-balance", [2, 3, 28, 31]), ("subscribe", [2, 3, 4, 5, 6, 7, 36, 39]),
    ]

    @Test(arguments: reserved)
    func `reserved bytes of a client must be zero`(_ name: String, _ places: [Int]) throws {
        let golden = try #require(GoldenFrame.all.first { $0.name == name })
        for place in places {
            var body = Array(golden.encoded[48...])
            body[place] = 1
            let error = #expect(throws: WireError.self) { try body.withUnsafeBytes { _ = try golden.read($0) } }
            #expect(error?.code == .badBody)
        }
    }

    @Test func `a payload over the limit is refused even if its bytes are there`() {
        let max = WireLimits.payloadBytesMax
        var bytes: [UInt8] = []
        ActionBody(code: 1, payload: [UInt8](repeating: 0, count: max + 1)).encode(into: &bytes)
        #expect(throws: WireError.payloadOverLimit(have: max + 1, maximum: max)) {
            try Bytes.read(ActionBody.self, bytes)
        }
    }

    @Test(arguments: [0, 1_025, UInt32.max])
    func `a batch of no actions or too many is refused`(_ count: UInt32) {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(8 * $0)) } + [0, 0, 0, 0]
        #expect(throws: WireError.batchItems(have: Int(count), maximum: 1_024)) {
            try Bytes.read(BatchBody.self, bytes)
        }
    }

    @Test func `a full batch is read in place and in order`() throws {
        let items = (0..<WireLimits.batchItemsMax).map { index in
            BatchItem(
                operationID: OperationID(high: 1, low: UInt64(index)),
                action: ActionBody(
                    code: UInt16(index), payload: [UInt8](repeating: UInt8(index & 255), count: index % 50)))
        }
        var bytes: [UInt8] = []
        BatchBody(items: items).encode(into: &bytes)
        try bytes.withUnsafeBytes { body in
            let view = try BatchView(body: body)
            #expect(view.count == items.count)
            #expect(view.map { BatchItem(operationID: $0.operationID, action: ActionBody($0.action)) } == items)
        }
        #expect(try Bytes.read(BatchBody.self, bytes).items == items)
    }

    @Test func `the answer to a full batch with the longest messages fits into a frame`() {
        let long = String(repeating: "é", count: 1_000)
        let item = BatchReplyItem(operationID: .zero, reply: ReplyBody(status: .refused, message: long))
        var bytes: [UInt8] = []
        BatchReplyBody(items: Array(repeating: item, count: WireLimits.batchItemsMax)).encode(into: &bytes)
        #expect(bytes.count + WireLimits.headerBytes <= WireLimits.frameBytesMax)
    }

    @Test func `a long message is cut between characters`() throws {
        for lead in ["", "a", "ab", "abc"] {
            var bytes: [UInt8] = []
            ErrorBody(code: .busy, message: lead + String(repeating: "🂡", count: 400)).encode(into: &bytes)
            let read = try Bytes.read(ErrorBody.self, bytes).message
            #expect(read.utf8.count <= WireLimits.messageBytesMax && read.utf8.count > WireLimits.messageBytesMax - 4)
            #expect(!read.contains("\u{fffd}"))
        }
    }

    @Test func `text that is no UTF-8 does no harm`() throws {
        let bytes: [UInt8] = [4, 0, 0xff, 0xfe, 0xc3, 0x28, 0, 0]
        #expect(try Bytes.read(HelloBody.self, bytes).token.contains("\u{fffd}"))
    }

    @Test func `what a client does not know is refused by number`() throws {
        #expect(throws: WireError.unknownKind(have: 7)) {
            try Bytes.read(QueryBody.self, [7, 0] + [UInt8](repeating: 0, count: 54))
        }
        #expect(throws: WireError.unknownKind(have: 3)) {
            try Bytes.read(SubscribeBody.self, [1, 3] + [UInt8](repeating: 0, count: 38))
        }
        #expect(throws: WireError.unknownKind(have: 9)) {
            try Bytes.read(ReplyBody.self, [9, 0] + [UInt8](repeating: 0, count: 64))
        }
    }

    @Test(arguments: ErrorCode.allCases)
    func `an error of any code survives the wire with its numbers`(_ code: ErrorCode) throws {
        var bytes: [UInt8] = []
        let error = ErrorBody(code: code, have: .max, need: 1, message: "why")
        error.encode(into: &bytes)
        #expect(try Bytes.read(ErrorBody.self, bytes) == error)
    }
}
