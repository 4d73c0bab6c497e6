/// What is wrong with received bytes, with the two values that disagree.
public enum WireError: Error, Sendable, Equatable {
    /// The first four bytes of a frame are not "HRD1".
    case badMagic(have: UInt32, need: UInt32)
    /// A version that this code does not speak.
    case version(have: UInt8, need: UInt8)
    /// A frame longer than allowed.
    case lengthOverLimit(have: Int, maximum: Int)
    /// A frame shorter than its header.
    case lengthUnderHeader(have: Int, minimum: Int)
    /// The CRC-32C of the frame is another than the header says.
    case checksum(have: UInt32, need: UInt32)
    /// The body ends before its fields do.
    case bodyTooShort(have: Int, need: Int)
    /// Bytes are left after the body's last field.
    case bodyTooLong(have: Int, need: Int)
    /// A frame kind, query kind or role that does not exist.
    case unknownKind(have: Int)
    /// More items than a batch may hold, or none.
    case batchItems(have: Int, maximum: Int)
    /// A payload longer than any action's.
    case payloadOverLimit(have: Int, maximum: Int)
    /// A text longer than its field may be.
    case textOverLimit(have: Int, maximum: Int)
    /// A field that must be zero is not.
    case reservedNotZero(have: UInt64)

    /// Whether the stream cannot be read on: the next frame's beginning is not known any more.
    public var breaksFraming: Bool {
        switch self {
        case .badMagic, .version, .lengthOverLimit, .lengthUnderHeader, .checksum: true
        default: false
        }
    }

    /// The number that arrived.
    public var have: UInt64 {
        switch self {
        case .badMagic(let have, _), .checksum(let have, _): UInt64(have)
        case .version(let have, _): UInt64(have)
        case .lengthOverLimit(let have, _), .lengthUnderHeader(let have, _), .bodyTooShort(let have, _),
            .bodyTooLong(let have, _), .unknownKind(let have), .batchItems(let have, _), .payloadOverLimit(let have, _),
            .textOverLimit(let have, _):
            UInt64(have)
        case .reservedNotZero(let have): have
        }
    }

    /// The number that would have been right, or the limit.
    public var need: UInt64 {
        switch self {
        case .badMagic(_, let need), .checksum(_, let need): UInt64(need)
        case .version(_, let need): UInt64(need)
        case .lengthOverLimit(_, let need), .lengthUnderHeader(_, let need), .bodyTooShort(_, let need),
            .bodyTooLong(_, let need), .batchItems(_, let need), .payloadOverLimit(_, let need),
            .textOverLimit(_, let need):
            UInt64(need)
        case .unknownKind, .reservedNotZero: 0
        }
    }

    /// The code that an error frame carries.
    public var code: ErrorCode {
        switch self {
        case .badMagic: .badMagic
        case .version: .unsupportedVersion
        case .lengthOverLimit, .lengthUnderHeader: .badLength
        case .checksum: .badChecksum
        case .unknownKind: .unknownKind
        case .bodyTooShort, .bodyTooLong, .batchItems, .payloadOverLimit, .textOverLimit, .reservedNotZero: .badBody
        }
    }

    /// A sentence for people.
    public var message: String {
        switch self {
        case .badMagic(let have, let need):
            "a frame begins with \(need) (\"HRD1\"), not \(have): is this a client of another protocol?"
        case .version(let have, let need): "version \(have) is not spoken here; supported versions: \(need)"
        case .lengthOverLimit(let have, let maximum): "a frame of \(have) bytes; at most \(maximum) are taken here"
        case .lengthUnderHeader(let have, let minimum): "a frame of \(have) bytes; its header alone has \(minimum)"
        case .checksum(let have, let need): "the frame's checksum is \(have); CRC-32C over its bytes gives \(need)"
        case .bodyTooShort(let have, let need): "the body has \(have) bytes; its fields need \(need)"
        case .bodyTooLong(let have, let need): "the body has \(have) bytes; its fields end at \(need)"
        case .unknownKind(let have): "kind \(have) does not exist"
        case .batchItems(let have, let maximum): "a batch of \(have) actions; it takes 1 to \(maximum)"
        case .payloadOverLimit(let have, let maximum): "a payload of \(have) bytes; at most \(maximum)"
        case .textOverLimit(let have, let maximum): "a text of \(have) bytes; at most \(maximum) here"
        case .reservedNotZero(let have): "a field that must be zero holds \(have)"
        }
    }
}
