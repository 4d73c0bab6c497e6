extension [UInt8] {
    /// Appends a number, least significant byte first.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends the 20 bytes of an account.
    mutating func append(_ account: Account) {
        append(littleEndian: account.head)
        append(littleEndian: account.middle)
        append(littleEndian: account.tail)
    }

    /// Appends the 16 bytes of an operation id.
    mutating func append(_ id: OperationID) {
        append(littleEndian: id.high.byteSwapped)
        append(littleEndian: id.low.byteSwapped)
    }

    /// Appends a two-byte length and the text, cut to `bytesMax` bytes at a character's edge.
    mutating func append(text: String, bytesMax: Int) {
        var cut = text
        while cut.utf8.count > bytesMax { cut.removeLast() }
        append(littleEndian: UInt16(cut.utf8.count))
        append(contentsOf: cut.utf8)
    }
}

/// Reads fixed-size fields from a body of known length; the caller checks `need(_:)` before it reads.
struct BodyReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Throws unless `count` more bytes are there.
    func need(_ count: Int) throws(WireError) {
        if bytes.count - offset < count { throw .bodyTooShort(have: bytes.count, need: offset + count) }
    }

    /// Throws unless everything has been read.
    func end() throws(WireError) {
        if offset != bytes.count { throw .bodyTooLong(have: bytes.count, need: offset) }
    }

    @inline(__always)
    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: type)
        offset += MemoryLayout<Number>.size
        return Number(littleEndian: value)
    }

    mutating func account() -> Account {
        let value = Account(reading: bytes, at: offset)
        offset += Account.byteCount
        return value
    }

    mutating func operationID() -> OperationID {
        let value = OperationID(reading: bytes, at: offset)
        offset += OperationID.byteCount
        return value
    }

    mutating func skip(_ count: Int) { offset += count }

    /// The next `count` bytes, in place.
    mutating func slice(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        try need(count)
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        offset += count
        return part
    }

    /// A two-byte length and so many bytes of UTF-8.
    mutating func text() throws(WireError) -> String {
        try need(2)
        let count = Int(number(UInt16.self))
        return String(decoding: try slice(count), as: UTF8.self)
    }
}
