/// An action that lies in a frame; valid only as long as the frame's bytes are.
public struct ActionView {
    /// Which action; GameData/Actions lists them.
    public let code: UInt16
    /// The operation's own time in milliseconds; zero for none.
    public let clockMilliseconds: UInt64
    /// Who acts; zero for the session's own account.
    public let actor: Account
    /// The action's fields, packed, where they lie.
    public let payload: UnsafeRawBufferPointer

    /// An action whose payload lies elsewhere.
    public init(code: UInt16, clockMilliseconds: UInt64, actor: Account, payload: UnsafeRawBufferPointer) {
        self.code = code
        self.clockMilliseconds = clockMilliseconds
        self.actor = actor
        self.payload = payload
    }

    /// Reads an action that takes up exactly these bytes.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try self.init(reading: &reader)
        try reader.end()
    }

    @inline(__always)
    init(reading reader: inout BodyReader) throws(WireError) {
        try reader.need(ActionBody.headBytes)
        code = reader.number()
        try reader.reserved(UInt16.self)
        let count = Int(reader.number(UInt32.self))
        if count > WireLimits.payloadBytesMax {
            throw .payloadOverLimit(have: count, maximum: WireLimits.payloadBytesMax)
        }
        clockMilliseconds = reader.number()
        actor = reader.account()
        try reader.reserved(UInt32.self)
        payload = try reader.slice(count)
    }
}

/// A batch that lies in a frame, checked as a whole when it is made: going through it cannot fail and copies nothing.
public struct BatchView: Sequence {
    /// An action of the batch with the operation that it is.
    public struct Item {
        /// The operation's id.
        public let operationID: OperationID
        /// What is asked for, where it lies.
        public let action: ActionView
    }

    /// How many actions there are; at least one.
    public let count: Int
    private let body: UnsafeRawBufferPointer

    /// Checks a batch that takes up exactly these bytes.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(8)
        count = Int(reader.number(UInt32.self))
        try reader.reserved(UInt32.self)
        if count == 0 || count > WireLimits.batchItemsMax {
            throw .batchItems(have: count, maximum: WireLimits.batchItemsMax)
        }
        for _ in 0..<count { _ = try Self.item(&reader) }
        try reader.end()
        self.body = body
    }

    /// The number of actions, exactly.
    public var underestimatedCount: Int { count }

    /// Goes through the actions in their order.
    public func makeIterator() -> Iterator { Iterator(left: count, reader: BodyReader(body)) }

    /// A place among the actions of a batch.
    public struct Iterator: IteratorProtocol {
        private var left: Int
        private var reader: BodyReader

        init(left: Int, reader: BodyReader) {
            self.left = left
            self.reader = reader
            self.reader.skip(8)
        }

        /// The next action, or nil after the last.
        public mutating func next() -> Item? {
            if left == 0 { return nil }
            left -= 1
            // Cannot fail: the view was checked when it was made.
            return try? BatchView.item(&reader)
        }
    }

    @inline(__always)
    private static func item(_ reader: inout BodyReader) throws(WireError) -> Item {
        try reader.need(OperationID.byteCount)
        let id = reader.operationID()
        return Item(operationID: id, action: try ActionView(reading: &reader))
    }
}
