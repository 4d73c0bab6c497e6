/// What a frame carries.
public enum FrameKind: UInt8, Sendable, CaseIterable {
    case hello = 1
    case welcome = 2
    case action = 3
    case batch = 4
    case reply = 5
    case batchReply = 6
    case query = 7
    case result = 8
    case subscribe = 9
    case event = 10
    case ping = 11
    case pong = 12
    case error = 13
    case goodbye = 14
}

/// Bits 0 to 15 of a frame's flags; unknown bits are ignored.
public struct FrameFlags: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt16

    /// Flags with these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The actions of this batch succeed or fail as one.
    public static let linked = FrameFlags(rawValue: 1)
}

/// The 48 bytes before every body.
public struct FrameHeader: Sendable, Equatable {
    /// What the body is; a number, since a peer may send one that is not known here.
    public var rawKind: UInt8
    /// Bits that say more about the body.
    public var flags: FrameFlags
    /// The session that the server gave in its welcome; zero before.
    public var session: UInt64
    /// The sender's own number for this frame; the answer carries it again.
    public var requestID: UInt64
    /// The operation that the frame is about; zero where there is none.
    public var operationID: OperationID

    /// A header.
    public init(
        kind: FrameKind, flags: FrameFlags = [], session: UInt64, requestID: UInt64, operationID: OperationID = .zero
    ) {
        rawKind = kind.rawValue
        self.flags = flags
        self.session = session
        self.requestID = requestID
        self.operationID = operationID
    }

    /// The kind; nil where it is not known here.
    public var kind: FrameKind? { FrameKind(rawValue: rawKind) }

    init(reading bytes: UnsafeRawBufferPointer) {
        rawKind = bytes[5]
        flags = FrameFlags(rawValue: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self)))
        session = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        requestID = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        operationID = OperationID(reading: bytes, at: 32)
    }
}
