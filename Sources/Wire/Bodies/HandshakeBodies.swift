/// The first frame of a client (kind 1): who it is.
public struct HelloBody: WireBody {
    /// A JSON Web Token with subject, role and expiry.
    public var token: String
    /// What the client calls itself, for diagnostics.
    public var clientName: String

    /// A hello.
    public init(token: String, clientName: String) {
        self.token = token
        self.clientName = clientName
    }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(text: token, bytesMax: WireLimits.tokenBytesMax)
        buffer.append(text: clientName, bytesMax: WireLimits.nameBytesMax)
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        token = try reader.text(bytesMax: WireLimits.tokenBytesMax)
        clientName = try reader.text(bytesMax: WireLimits.nameBytesMax)
        try reader.end()
    }
}

/// The server's answer to a good hello (kind 2).
public struct WelcomeBody: WireBody {
    /// The number that every later frame of this connection carries.
    public var session: UInt64
    /// What the session may do.
    public var role: Role
    /// Operations that may be in flight at once.
    public var credit: UInt32
    /// Bytes of a frame at most.
    public var frameBytesMax: UInt32
    /// Actions of a batch at most.
    public var batchItemsMax: UInt32
    /// The account that the session acts for; zero for servers and operators, which name one in each action.
    public var account: Account
    /// The server's clock, milliseconds since 1970.
    public var serverMilliseconds: UInt64
    /// Which world this is: the digest of its genesis, 32 bytes.
    public var worldID: [UInt8]

    /// A welcome.
    public init(
        session: UInt64, role: Role, credit: UInt32, frameBytesMax: UInt32, batchItemsMax: UInt32, account: Account,
        serverMilliseconds: UInt64, worldID: [UInt8]
    ) {
        precondition(worldID.count == 32, "a world id has 32 bytes, not \(worldID.count)")
        self.session = session
        self.role = role
        self.credit = credit
        self.frameBytesMax = frameBytesMax
        self.batchItemsMax = batchItemsMax
        self.account = account
        self.serverMilliseconds = serverMilliseconds
        self.worldID = worldID
    }

    /// Appends the body's 88 bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: session)
        buffer.append(littleEndian: UInt32(role.rawValue))
        buffer.append(littleEndian: credit)
        buffer.append(littleEndian: frameBytesMax)
        buffer.append(littleEndian: batchItemsMax)
        buffer.append(account)
        buffer.append(littleEndian: UInt32(0))
        buffer.append(littleEndian: serverMilliseconds)
        buffer.append(contentsOf: worldID)
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(88)
        session = reader.number()
        let rawRole = reader.number(UInt32.self)
        guard let known = UInt8(exactly: rawRole).flatMap(Role.init(rawValue:)) else {
            throw .unknownKind(have: Int(rawRole))
        }
        role = known
        credit = reader.number()
        frameBytesMax = reader.number()
        batchItemsMax = reader.number()
        account = reader.account()
        reader.skip(4)
        serverMilliseconds = reader.number()
        worldID = Array(try reader.slice(32))
        try reader.end()
    }
}

/// Eight bytes that come back unchanged (kinds 11 and 12).
public struct PingBody: WireBody {
    /// The sender's own value.
    public var value: UInt64

    /// A ping.
    public init(value: UInt64) { self.value = value }

    /// Appends the body's 8 bytes.
    public func encode(into buffer: inout [UInt8]) { buffer.append(littleEndian: value) }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(8)
        value = reader.number()
        try reader.end()
    }
}

/// What was wrong and what would be right (kind 13); also why a connection ends (kind 14).
public struct ErrorBody: WireBody {
    /// Which error; see `ErrorCode`.
    public var code: UInt16
    /// The value that arrived.
    public var have: UInt64
    /// The value that would have been right, or the limit.
    public var need: UInt64
    /// A sentence for people.
    public var message: String

    /// An error.
    public init(code: ErrorCode, have: UInt64 = 0, need: UInt64 = 0, message: String) {
        self.code = code.rawValue
        self.have = have
        self.need = need
        self.message = message
    }

    /// The error frame for bytes that could not be read.
    public init(_ error: WireError) {
        self.init(code: error.code, have: error.have, need: error.need, message: error.message)
    }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: code)
        buffer.append(littleEndian: UInt16(0))
        buffer.append(littleEndian: UInt32(0))
        buffer.append(littleEndian: have)
        buffer.append(littleEndian: need)
        buffer.append(text: message, bytesMax: WireLimits.messageBytesMax)
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(24)
        code = reader.number()
        reader.skip(6)
        have = reader.number()
        need = reader.number()
        message = try reader.text(bytesMax: WireLimits.messageBytesMax)
        try reader.end()
    }
}
