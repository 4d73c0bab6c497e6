/// What the protocol or the server objects to, in an error frame (kinds 13 and 14) and as the refusal code of a reply.
///
/// Codes below 200 are the game's; GameData/Actions/errors.json lists them.
public enum ErrorCode: UInt16, Sendable, CaseIterable {
    /// Nothing.
    case none = 0
    /// A frame does not begin with "HRD1"; the connection is closed.
    case badMagic = 201
    /// A version that is not spoken here; the connection is closed.
    case unsupportedVersion = 202
    /// A frame that is too long or shorter than its header; the connection is closed.
    case badLength = 203
    /// A checksum that is not the one of the frame; the connection is closed.
    case badChecksum = 204
    /// A frame kind, query kind or scope that does not exist; the frame is passed over.
    case unknownKind = 205
    /// A body whose fields do not fit its length or its rules; the frame is passed over.
    case badBody = 206
    /// Something other than hello before the handshake, or a second hello; the connection is closed.
    case handshakeFirst = 207
    /// The token was refused, and the message says why; the connection is closed.
    case tokenRefused = 208
    /// The frame names another session than this connection's.
    case wrongSession = 209
    /// The session's role may not ask for this.
    case roleNotAllowed = 210
    /// A player asks about an account that is not its own.
    case notOwnAccount = 211
    /// The server proves no receipts, or not this one, and the message says why.
    case proofUnavailable = 212
    /// More in flight than the session's credit, or a full queue: send it again after `retryAfterMilliseconds`.
    case busy = 215
    /// The operation id stands for another operation already.
    case operationConflict = 216
    /// An operation id of zero.
    case operationIDMissing = 217
    /// Another member of the linked batch failed; `have` is its index.
    case linkedFailed = 218
    /// The ledger cannot take operations (its disk failed), and the message says why.
    case ledgerFailed = 219
    /// The server is stopping.
    case stopping = 220
    /// The connection did not read its replies in time; it is closed.
    case tooSlow = 221
    /// More connections than the server holds; the connection is closed.
    case tooManyConnections = 222
    /// The transaction could not be part of a micro-block (nonce, gas), and the message says why.
    case transactionRefused = 223
    /// The books would not balance, an error of a contract; nothing was applied.
    case conservationViolated = 224
}
