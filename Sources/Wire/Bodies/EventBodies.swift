/// Whose events a subscription is about.
public enum SubscriptionScope: UInt8, Sendable, CaseIterable {
    /// The session's own account.
    case own = 0
    /// The account that the frame names; roles server and operator.
    case account = 1
    /// Every account; roles server and operator.
    case all = 2
}

/// Begins or ends the flow of events (kind 9); answered by the same frame with the cursor from which events will come.
public struct SubscribeBody: WireBody {
    /// True begins, false ends.
    public var isActive: Bool
    /// Whose events.
    public var scope: SubscriptionScope
    /// The first event wanted; zero for whatever comes next. Events before the server's oldest are gone.
    public var cursor: UInt64
    /// The account, for scope `account`.
    public var account: Account

    /// A subscription.
    public init(isActive: Bool, scope: SubscriptionScope, cursor: UInt64 = 0, account: Account = .zero) {
        self.isActive = isActive
        self.scope = scope
        self.cursor = cursor
        self.account = account
    }

    /// Appends the body's 40 bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: UInt64(isActive ? 1 : 0) | UInt64(scope.rawValue) << 8)
        buffer.append(littleEndian: cursor)
        buffer.append(account)
        buffer.append(littleEndian: UInt32(0))
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(40)
        let active = reader.number(UInt8.self)
        if active > 1 { throw .unknownKind(have: Int(active)) }
        isActive = active == 1
        let rawScope = reader.number(UInt8.self)
        guard let known = SubscriptionScope(rawValue: rawScope) else { throw .unknownKind(have: Int(rawScope)) }
        scope = known
        try reader.reserved(UInt16.self)
        try reader.reserved(UInt32.self)
        cursor = reader.number()
        account = reader.account()
        try reader.reserved(UInt32.self)
        try reader.end()
    }
}

/// What happened to an account.
public enum EventKind: UInt16, Sendable, CaseIterable {
    /// An amount of an asset came in (above zero) or went out (below zero).
    case transfer = 1
}

/// One change of one account by one final operation (kind 10).
public struct EventBody: WireBody {
    /// The event's place in the order of all events; rises by one or more from event to event of a subscription.
    public var cursor: UInt64
    /// The micro-block.
    public var block: UInt64
    /// The operation's place in it.
    public var index: UInt32
    /// What happened.
    public var kind: EventKind
    /// The operation.
    public var operationID: OperationID
    /// What moved.
    public var asset: UInt64
    /// How much, as the account sees it: above zero came in, below zero went out.
    public var amount: Int64
    /// Whose change this is.
    public var account: Account
    /// Where it came from or went to.
    public var counterparty: Account

    /// The cursor of an event: its block, the operation's place in it, and the event's place in that, so that cursors mean the same after a restart.
    public static func cursor(block: UInt64, index: UInt32, place: Int) -> UInt64 {
        block << 28 | UInt64(index) << 14 | UInt64(min(place, 0x3fff))
    }

    /// An event.
    public init(
        cursor: UInt64, block: UInt64, index: UInt32, kind: EventKind, operationID: OperationID, asset: UInt64,
        amount: Int64, account: Account, counterparty: Account
    ) {
        self.cursor = cursor
        self.block = block
        self.index = index
        self.kind = kind
        self.operationID = operationID
        self.asset = asset
        self.amount = amount
        self.account = account
        self.counterparty = counterparty
    }

    /// Appends the body's 96 bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(fixed: 96) { body in
            body.put(cursor, at: 0)
            body.put(block, at: 8)
            body.put(index, at: 16)
            body.put(UInt32(kind.rawValue), at: 20)
            body.put(operationID, at: 24)
            body.put(asset, at: 40)
            body.put(amount, at: 48)
            body.put(account, at: 56)
            body.put(counterparty, at: 76)
        }
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(96)
        cursor = reader.number()
        block = reader.number()
        index = reader.number()
        let rawKind = reader.number(UInt16.self)
        guard let known = EventKind(rawValue: rawKind) else { throw .unknownKind(have: Int(rawKind)) }
        kind = known
        reader.skip(2)
        operationID = reader.operationID()
        asset = reader.number()
        amount = reader.number()
        account = reader.account()
        counterparty = reader.account()
        try reader.end()
    }
}
