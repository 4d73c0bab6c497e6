/// Reads canonical RLP item by item without building a tree; every deviation from the one canonical form throws.
public struct RLPReader: Sendable {
    private let bytes: [UInt8]
    private let end: Int
    /// Offset of the next item in the input.
    public private(set) var position: Int

    /// A reader of all items in `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
        position = 0
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether every item has been read.
    public var isAtEnd: Bool { position == end }

    /// Whether the next item is a list.
    public func nextIsList() throws(RLPError) -> Bool {
        guard position < end else { throw .truncated(offset: position, have: 0, need: 1) }
        return bytes[position] >= 0xC0
    }

    /// Throws when items are left.
    public func finish() throws(RLPError) {
        if position != end { throw .trailingBytes(offset: position, count: end - position) }
    }

    /// Reads a string of bytes.
    public mutating func readBytes() throws(RLPError) -> ArraySlice<UInt8> {
        if try nextIsList() { throw .expectedBytes(offset: position) }
        let start = position
        if bytes[start] < 0x80 {
            position = start + 1
            return bytes[start..<start + 1]
        }
        let content = try readHeader(base: 0x80)
        if content.count == 1 && bytes[content.lowerBound] < 0x80 { throw .byteWithLength(offset: start) }
        position = content.upperBound
        return bytes[content]
    }

    /// Reads a string of exactly `count` bytes.
    public mutating func readBytes(count: Int) throws(RLPError) -> ArraySlice<UInt8> {
        let start = position
        let string = try readBytes()
        if string.count != count { throw .wrongSize(offset: start, have: string.count, need: count) }
        return string
    }

    /// Reads a number of at most 256 bits without leading zeros.
    public mutating func readNumber() throws(RLPError) -> U256 {
        let start = position
        let string = try readBytes()
        if string.first == 0 { throw .leadingZero(offset: start) }
        if string.count > 32 { throw .wrongSize(offset: start, have: string.count, need: 32) }
        return U256(bigEndian: string)
    }

    /// Reads a number of at most 64 bits without leading zeros.
    public mutating func readUInt64() throws(RLPError) -> UInt64 {
        let start = position
        let string = try readBytes()
        if string.first == 0 { throw .leadingZero(offset: start) }
        if string.count > 8 { throw .wrongSize(offset: start, have: string.count, need: 8) }
        return string.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads an address.
    public mutating func readAddress() throws(RLPError) -> Address {
        Address(bytes: try readBytes(count: 20))
    }

    /// Reads a digest.
    public mutating func readHash() throws(RLPError) -> Hash256 {
        Hash256(bytes: try readBytes(count: 32))
    }

    /// Reads the header of a list and returns a reader of its items; this reader goes on behind the list.
    public mutating func readList() throws(RLPError) -> RLPReader {
        guard try nextIsList() else { throw .expectedList(offset: position) }
        let content = try readHeader(base: 0xC0)
        position = content.upperBound
        return RLPReader(bytes, content)
    }

    /// Skips one item, whose inner structure is not checked, and returns its whole encoding.
    public mutating func readEncoded() throws(RLPError) -> ArraySlice<UInt8> {
        let start = position
        if try nextIsList() {
            _ = try readList()
        } else {
            _ = try readBytes()
        }
        return bytes[start..<position]
    }

    /// The range of the content behind the header at the position.
    private func readHeader(base: UInt8) throws(RLPError) -> Range<Int> {
        let short = Int(bytes[position] - base)
        var contentStart = position + 1
        var count = short
        if short > 55 {
            let width = short - 55
            guard end - contentStart >= width else {
                throw .truncated(offset: position, have: end - contentStart, need: width)
            }
            if bytes[contentStart] == 0 { throw .lengthNotMinimal(offset: position) }
            count = 0
            for byte in bytes[contentStart..<contentStart + width] {
                if count >> 55 != 0 { throw .lengthTooLarge(offset: position) }
                count = count << 8 | Int(byte)
            }
            if count < 56 { throw .lengthNotMinimal(offset: position) }
            contentStart += width
        }
        guard end - contentStart >= count else {
            throw .truncated(offset: position, have: end - contentStart, need: count)
        }
        return contentStart..<contentStart + count
    }
}
