/// Where an operation stands when it is answered.
public enum ReplyStatus: UInt16, Sendable, CaseIterable {
    /// Final: applied.
    case applied = 0
    /// Final: the contract refused it; nothing moved, and a repeat gets the same answer.
    case refusedByContract = 1
    /// Not part of the ledger: it can be sent again when what was wrong has been mended.
    case refused = 2
    /// Not part of the ledger: send it again after `retryAfterMilliseconds`.
    case busy = 3
    /// The operation id stands for another operation.
    case conflict = 4
}

/// The answer to one action (kind 5).
public struct ReplyBody: WireBody {
    /// Bytes before the message.
    public static let headBytes = 64

    /// Where the operation stands.
    public var status: ReplyStatus
    /// Why it was refused: a code of GameData/Actions/errors.json below 200, an `ErrorCode` from 200; zero when applied.
    public var refusalCode: UInt16
    /// Whether this is the original answer to an operation that was applied before.
    public var repeated: Bool
    /// The micro-block that holds the operation.
    public var block: UInt64
    /// The operation's place in it, from zero.
    public var index: UInt32
    /// When to send it again, if the server was busy.
    public var retryAfterMilliseconds: UInt32
    /// Gas that the call used.
    public var gasUsed: UInt64
    /// The number that was there.
    public var have: UInt64
    /// The number that was needed, or the limit.
    public var need: UInt64
    /// The action's first result, as its file says.
    public var result0: UInt64
    /// The action's second result.
    public var result1: UInt64
    /// A sentence for people; empty when applied.
    public var message: String

    /// A reply.
    public init(
        status: ReplyStatus, refusalCode: UInt16 = 0, repeated: Bool = false, block: UInt64 = 0, index: UInt32 = 0,
        retryAfterMilliseconds: UInt32 = 0, gasUsed: UInt64 = 0, have: UInt64 = 0, need: UInt64 = 0,
        result0: UInt64 = 0, result1: UInt64 = 0, message: String = ""
    ) {
        self.status = status
        self.refusalCode = refusalCode
        self.repeated = repeated
        self.block = block
        self.index = index
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.gasUsed = gasUsed
        self.have = have
        self.need = need
        self.result0 = result0
        self.result1 = result1
        self.message = message
    }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(fixed: Self.headBytes) { head in
            head.put(status.rawValue, at: 0)
            head.put(refusalCode, at: 2)
            head.put(UInt32(repeated ? 1 : 0), at: 4)
            head.put(block, at: 8)
            head.put(index, at: 16)
            head.put(retryAfterMilliseconds, at: 20)
            head.put(gasUsed, at: 24)
            head.put(have, at: 32)
            head.put(need, at: 40)
            head.put(result0, at: 48)
            head.put(result1, at: 56)
        }
        buffer.append(text: message, bytesMax: WireLimits.messageBytesMax)
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try self.init(reading: &reader)
        try reader.end()
    }

    init(reading reader: inout BodyReader) throws(WireError) {
        try reader.need(Self.headBytes)
        let rawStatus = reader.number(UInt16.self)
        guard let known = ReplyStatus(rawValue: rawStatus) else { throw .unknownKind(have: Int(rawStatus)) }
        status = known
        refusalCode = reader.number()
        repeated = reader.number(UInt32.self) & 1 == 1
        block = reader.number()
        index = reader.number()
        retryAfterMilliseconds = reader.number()
        gasUsed = reader.number()
        have = reader.number()
        need = reader.number()
        result0 = reader.number()
        result1 = reader.number()
        message = try reader.text(bytesMax: WireLimits.messageBytesMax)
    }
}

/// The answer to one action of a batch.
public struct BatchReplyItem: Sendable, Equatable {
    /// The operation's id.
    public var operationID: OperationID
    /// Its reply.
    public var reply: ReplyBody

    /// An item of a batch's answer.
    public init(operationID: OperationID, reply: ReplyBody) {
        self.operationID = operationID
        self.reply = reply
    }
}

/// The answers to a batch, in its order (kind 6).
public struct BatchReplyBody: WireBody {
    /// One answer an action.
    public var items: [BatchReplyItem]

    /// The answer to a batch.
    public init(items: [BatchReplyItem]) { self.items = items }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: UInt64(items.count))
        for item in items {
            buffer.append(item.operationID)
            item.reply.encode(into: &buffer)
        }
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(8)
        let count = Int(reader.number(UInt32.self))
        reader.skip(4)
        if count > WireLimits.batchItemsMax { throw .batchItems(have: count, maximum: WireLimits.batchItemsMax) }
        items = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            try reader.need(OperationID.byteCount)
            let id = reader.operationID()
            items.append(BatchReplyItem(operationID: id, reply: try ReplyBody(reading: &reader)))
        }
        try reader.end()
    }
}
