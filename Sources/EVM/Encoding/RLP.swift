/// A decoded RLP value: bytes or a list.
public indirect enum RLPItem: Sendable, Equatable {
    /// A string of bytes.
    case bytes([UInt8])
    /// A list of values.
    case list([RLPItem])
}

/// Why bytes are not canonical RLP; offsets are in bytes from the start of the input.
public enum RLPError: Error, Sendable, Equatable {
    /// An item at `offset` needs more bytes than are there.
    case truncated(offset: Int, have: Int, need: Int)
    /// A byte under 0x80 was written with a length.
    case byteWithLength(offset: Int)
    /// A length was written in the long form though under 56, or with leading zeros.
    case lengthNotMinimal(offset: Int)
    /// A length does not fit in an Int.
    case lengthTooLarge(offset: Int)
    /// Bytes follow the outermost item.
    case trailingBytes(offset: Int, count: Int)
    /// Lists are nested deeper than the limit.
    case tooDeep(offset: Int, max: Int)
    /// A list stands where bytes are wanted.
    case expectedBytes(offset: Int)
    /// Bytes stand where a list is wanted.
    case expectedList(offset: Int)
    /// A number has a leading zero byte.
    case leadingZero(offset: Int)
    /// A value has another size than its field.
    case wrongSize(offset: Int, have: Int, need: Int)
}

/// The maxima of RLP decoding.
public enum RLPLimits {
    /// Lists inside lists: far above any structure of Ethereum, far below what a thread's stack holds.
    public static let depthMax = 512
}

/// Recursive length prefix encoding, appendix B of the Yellow Paper.
public enum RLP {
    /// The canonical encoding of an item.
    public static func encode(_ item: RLPItem) -> [UInt8] {
        var writer = RLPWriter()
        writer.append(item)
        return writer.bytes
    }

    /// The encoding of a string of bytes.
    public static func encode(bytes: [UInt8]) -> [UInt8] {
        var writer = RLPWriter()
        writer.append(bytes)
        return writer.bytes
    }

    /// Decodes exactly one canonical item that spans all bytes.
    public static func decode(_ bytes: [UInt8]) throws(RLPError) -> RLPItem {
        var reader = RLPReader(bytes)
        let item = try decodeItem(&reader, depth: 0)
        try reader.finish()
        return item
    }

    private static func decodeItem(_ reader: inout RLPReader, depth: Int) throws(RLPError) -> RLPItem {
        guard try reader.nextIsList() else { return .bytes(Array(try reader.readBytes())) }
        if depth == RLPLimits.depthMax { throw .tooDeep(offset: reader.position, max: RLPLimits.depthMax) }
        var list = try reader.readList()
        var items: [RLPItem] = []
        while !list.isAtEnd { items.append(try decodeItem(&list, depth: depth + 1)) }
        return .list(items)
    }
}
