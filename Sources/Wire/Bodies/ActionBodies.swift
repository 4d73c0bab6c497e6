/// One thing that a player or a game server asks for (kind 3).
public struct ActionBody: WireBody {
    /// Bytes before the payload.
    public static let headBytes = 40

    /// Which action; GameData/Actions lists them.
    public var code: UInt16
    /// The match's own time in milliseconds, on servers whose clock is that of the operations; zero elsewhere.
    public var clockMilliseconds: UInt64
    /// Who acts; zero for the session's own account.
    public var actor: Account
    /// The action's fields, packed, as its file in GameData/Actions lists them.
    public var payload: [UInt8]

    /// An action.
    public init(code: UInt16, clockMilliseconds: UInt64 = 0, actor: Account = .zero, payload: [UInt8]) {
        self.code = code
        self.clockMilliseconds = clockMilliseconds
        self.actor = actor
        self.payload = payload
    }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        Self.encodeHead(
            code: code, clockMilliseconds: clockMilliseconds, actor: actor, payloadBytes: payload.count, into: &buffer)
        buffer.append(contentsOf: payload)
    }

    /// Appends the 40 bytes before a payload that the caller appends.
    public static func encodeHead(
        code: UInt16, clockMilliseconds: UInt64, actor: Account, payloadBytes: Int, into buffer: inout [UInt8]
    ) {
        buffer.append(fixed: headBytes) { head in
            head.put(UInt32(code), at: 0)
            head.put(UInt32(payloadBytes), at: 4)
            head.put(clockMilliseconds, at: 8)
            head.put(actor, at: 16)
            head.put(UInt32(0), at: 36)
        }
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        self.init(try ActionView(body: body))
    }

    /// A copy of an action that lies in a frame.
    public init(_ view: ActionView) {
        self.init(
            code: view.code, clockMilliseconds: view.clockMilliseconds, actor: view.actor, payload: Array(view.payload))
    }
}

/// An action of a batch with the operation that it is.
public struct BatchItem: Sendable, Equatable {
    /// The operation's id.
    public var operationID: OperationID
    /// What is asked for.
    public var action: ActionBody

    /// An item of a batch.
    public init(operationID: OperationID, action: ActionBody) {
        self.operationID = operationID
        self.action = action
    }
}

/// Several actions in one frame (kind 4); with flag `linked` they succeed or fail as one.
public struct BatchBody: WireBody {
    /// The actions, in order.
    public var items: [BatchItem]

    /// A batch.
    public init(items: [BatchItem]) { self.items = items }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: UInt64(items.count))
        for item in items {
            buffer.append(item.operationID)
            item.action.encode(into: &buffer)
        }
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        let view = try BatchView(body: body)
        items = []
        items.reserveCapacity(view.count)
        for item in view {
            items.append(BatchItem(operationID: item.operationID, action: ActionBody(item.action)))
        }
    }
}
