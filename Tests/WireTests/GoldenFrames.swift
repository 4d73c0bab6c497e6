import Testing
import Wire

/// A frame as the code describes it, with the name that it has in docs/WIRE.md.
struct GoldenFrame: Sendable, CustomTestStringConvertible {
    let name: String
    let header: FrameHeader
    let body: any WireBody
    /// Reads a body of the same type.
    let read: @Sendable (UnsafeRawBufferPointer) throws -> any WireBody

    init<Body: WireBody>(_ name: String, _ header: FrameHeader, _ body: Body) {
        self.name = name
        self.header = header
        self.body = body
        read = { try Body(body: $0) }
    }

    var testDescription: String { name }

    static let alice = Account(playerName: "alice")
    static let bob = Account(playerName: "bob")
    static let operation = OperationID(high: 0x0192_f0c1_a2b3_0001, low: 0x0203_0405_0607_0809)
    static let other = OperationID(high: 0x0192_f0c1_a2b3_000a, low: 0x0203_0405_0607_0809)

    private static func header(
        _ kind: FrameKind, _ requestID: UInt64, _ operation: OperationID = .zero, flags: FrameFlags = [],
        session: UInt64 = 7
    ) -> FrameHeader {
        FrameHeader(kind: kind, flags: flags, session: session, requestID: requestID, operationID: operation)
    }

    private static func little(_ numbers: [UInt64], _ bytes: Int = 8) -> [UInt8] {
        numbers.flatMap { number in (0..<bytes).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) } }
    }

    private static let purchase = little([1, 2], 4) + little([4, 0, 0, 0])
    private static let applied = ReplyBody(
        status: .applied, block: 41, index: 3, gasUsed: 58_000, result0: 2, result1: 4)

    /// One frame of each kind, and one of each form that a body can have.
    static let all: [GoldenFrame] = questions + answers + queries + results

    private static let questions: [GoldenFrame] = [
        GoldenFrame(
            "hello", header(.hello, 1, session: 0), HelloBody(token: "eyJ.example.token", clientName: "stranger")),
        GoldenFrame(
            "welcome", header(.welcome, 1),
            WelcomeBody(
                session: 7, role: .player, credit: 1_024, frameBytesMax: 1_048_576, batchItemsMax: 1_024,
                account: alice, serverMilliseconds: 1_767_225_600_000, worldID: Array(0..<32))),
        GoldenFrame("action", header(.action, 2, operation), ActionBody(code: 3, payload: purchase)),
        GoldenFrame(
            "batch", header(.batch, 3, flags: .linked),
            BatchBody(items: [
                BatchItem(operationID: operation, action: ActionBody(code: 1, payload: bob.bytes + little([1, 5]))),
                BatchItem(
                    operationID: other,
                    action: ActionBody(
                        code: 1, clockMilliseconds: 90_000, actor: alice, payload: bob.bytes + little([1, 6]))),
            ])),
        GoldenFrame(
            "subscribe", header(.subscribe, 8), SubscribeBody(isActive: true, scope: .account, account: bob)),
        GoldenFrame("ping", header(.ping, 10), PingBody(value: 0x0123_4567_89ab_cdef)),
    ]

    private static let answers: [GoldenFrame] = [
        GoldenFrame("reply-applied", header(.reply, 2, operation), applied),
        GoldenFrame(
            "reply-refused", header(.reply, 2, operation),
            ReplyBody(
                status: .refusedByContract, refusalCode: 100, repeated: true, block: 41, index: 3, gasUsed: 30_000,
                have: 1, need: 4, message: "There are 1 coins to spend, 4 are needed.")),
        GoldenFrame(
            "reply-busy", header(.reply, 2, operation),
            ReplyBody(
                status: .busy, refusalCode: ErrorCode.busy.rawValue, retryAfterMilliseconds: 20, have: 1_025,
                need: 1_024, message: "1025 in flight; this session's credit is 1024")),
        GoldenFrame(
            "batch-reply", header(.batchReply, 3),
            BatchReplyBody(items: [
                BatchReplyItem(
                    operationID: operation,
                    reply: ReplyBody(
                        status: .refused, refusalCode: ErrorCode.linkedFailed.rawValue, have: 1,
                        message: "action 1 of the linked batch failed, so none was applied")),
                BatchReplyItem(
                    operationID: other, reply: ReplyBody(status: .refused, refusalCode: 101, have: 0, need: 6)),
            ])),
        GoldenFrame(
            "event", header(.event, 0, operation),
            EventBody(
                cursor: 41 << 28, block: 41, index: 0, kind: .transfer, operationID: operation, asset: 1, amount: -4,
                account: alice, counterparty: bob)),
        GoldenFrame("pong", header(.pong, 10), PingBody(value: 0x0123_4567_89ab_cdef)),
        GoldenFrame("error", header(.error, 11), ErrorBody(.bodyTooShort(have: 44, need: 88))),
        GoldenFrame("goodbye", header(.goodbye, 0), ErrorBody(code: .stopping, message: "the server is stopping")),
    ]

    private static let queries: [GoldenFrame] = [
        GoldenFrame("query-balance", header(.query, 4), QueryBody(kind: .balance, subject: 1)),
        GoldenFrame(
            "query-inventory", header(.query, 5),
            QueryBody(kind: .inventory, limit: 10, account: alice, subject: 65_536)),
        GoldenFrame("query-offer", header(.query, 6), QueryBody(kind: .offer, subject: 36)),
        GoldenFrame("query-receipt", header(.query, 7), QueryBody(kind: .receipt, subject: 3, operationID: operation)),
        GoldenFrame(
            "query-view", header(.query, 8),
            QueryBody(kind: .view, limit: 20_454, subject: 3, operationID: OperationID(high: 65_536, low: 1))),
        GoldenFrame("query-receipt-proof", header(.query, 10), QueryBody(kind: .receiptProof, operationID: operation)),
    ]

    private static func result(_ name: String, _ requestID: UInt64, _ answer: QueryAnswer) -> GoldenFrame {
        GoldenFrame(name, header(.result, requestID), ResultBody(block: 41, answer: answer))
    }

    private static let unused = AssetAmount(asset: 0, amount: 0)
    private static let results: [GoldenFrame] = [
        result("result-balance", 4, .balance(asset: 1, amount: -250)),
        result(
            "result-inventory", 5,
            .inventory(
                items: [AssetAmount(asset: 65_536, amount: 3), AssetAmount(asset: 65_539, amount: 1)], next: 65_540)),
        result(
            "result-offer", 6,
            .offer(
                OfferState(
                    offer: 36, isOpen: true, stock: 100, sold: 12, capPerPlayer: 3, opensAtSeconds: 1_767_225_600,
                    closesAtSeconds: 1_893_455_999,
                    costs: [AssetAmount(asset: 1, amount: 60), AssetAmount(asset: 2, amount: 5), unused, unused],
                    results: [
                        AssetAmount(asset: 65_571, amount: 1), AssetAmount(asset: 65_572, amount: 1),
                        AssetAmount(asset: 65_536, amount: 5), unused,
                    ]))),
        result("result-receipt", 7, .receipt(applied)),
        result("result-not-found", 7, .notFound(.receipt)),
        result(
            "result-refused", 4,
            .refused(.balance, ErrorBody(code: .notOwnAccount, message: "a player asks about itself only"))),
        result("result-view", 8, .view(code: 5, words: [UInt8](repeating: 0, count: 31) + [17])),
        result("result-receipt-proof", 10, .receiptProof(Array("HRDPROOF".utf8) + [0, 0, 0, 0, 0])),
        result("result-server-status", 9, .serverStatus(#"{"blocks":41}"#)),
    ]
}
