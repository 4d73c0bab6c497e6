extension UnsafeMutableRawPointer {
    /// Writes a number at a place, least significant byte first.
    @inline(__always)
    func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    /// Writes the 20 bytes of an account.
    @inline(__always)
    func put(_ account: Account, at offset: Int) {
        storeBytes(of: account.head, toByteOffset: offset, as: UInt64.self)
        storeBytes(of: account.middle, toByteOffset: offset + 8, as: UInt64.self)
        storeBytes(of: account.tail, toByteOffset: offset + 16, as: UInt32.self)
    }

    /// Writes the 16 bytes of an operation id.
    @inline(__always)
    func put(_ id: OperationID, at offset: Int) {
        storeBytes(of: id.high.bigEndian, toByteOffset: offset, as: UInt64.self)
        storeBytes(of: id.low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
    }
}

extension [UInt8] {
    /// Appends `count` bytes, every one of which `write` must write; one copy whatever the number of fields.
    @inline(__always)
    mutating func append(fixed count: Int, _ write: (UnsafeMutableRawPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { memory in
            guard let base = memory.baseAddress else { return }
            write(base)
            append(contentsOf: UnsafeRawBufferPointer(memory))
        }
    }

    /// Appends a number, least significant byte first.
    mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(littleEndian number: Number) {
        append(fixed: MemoryLayout<Number>.size) { $0.put(number, at: 0) }
    }

    /// Appends the 20 bytes of an account.
    mutating func append(_ account: Account) {
        append(fixed: Account.byteCount) { $0.put(account, at: 0) }
    }

    /// Appends the 16 bytes of an operation id.
    mutating func append(_ id: OperationID) {
        append(fixed: OperationID.byteCount) { $0.put(id, at: 0) }
    }

    /// Appends a two-byte length and the text, cut to `bytesMax` bytes at a character's edge.
    mutating func append(text: String, bytesMax: Int) {
        let count = text.bytesFitting(bytesMax)
        append(littleEndian: UInt16(count))
        if count == 0 { return }
        var text = text
        text.withUTF8 { append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[..<count])) }
    }
}

extension String {
    /// How many of the text's bytes fit into `bytesMax` without cutting a character's encoding in two.
    func bytesFitting(_ bytesMax: Int) -> Int {
        let bytes = utf8
        if bytes.count <= bytesMax { return bytes.count }
        var end = bytes.index(bytes.startIndex, offsetBy: bytesMax)
        while bytes[end] & 0xc0 == 0x80 { end = bytes.index(before: end) }
        return bytes.distance(from: bytes.startIndex, to: end)
    }
}

/// Reads fixed-size fields from a body of known length; the caller checks `need(_:)` before it reads.
struct BodyReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Throws unless `count` more bytes are there.
    @inline(__always)
    func need(_ count: Int) throws(WireError) {
        if bytes.count - offset < count { throw .bodyTooShort(have: bytes.count, need: offset + count) }
    }

    /// Throws unless everything has been read.
    @inline(__always)
    func end() throws(WireError) {
        if offset != bytes.count { throw .bodyTooLong(have: bytes.count, need: offset) }
    }

    @inline(__always)
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type = Number.self) -> Number {
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: type)
        offset += MemoryLayout<Number>.size
        return Number(littleEndian: value)
    }

    @inline(__always)
    mutating func account() -> Account {
        let value = Account(reading: bytes, at: offset)
        offset += Account.byteCount
        return value
    }

    @inline(__always)
    mutating func operationID() -> OperationID {
        let value = OperationID(reading: bytes, at: offset)
        offset += OperationID.byteCount
        return value
    }

    /// Passes over bytes that a later version of the other side may use.
    @inline(__always)
    mutating func skip(_ count: Int) { offset += count }

    /// Reads a field that a client must leave zero.
    @inline(__always)
    mutating func reserved<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws(WireError) {
        let value = number(type)
        if value != 0 { throw .reservedNotZero(have: UInt64(value)) }
    }

    /// The next `count` bytes, in place.
    @inline(__always)
    mutating func slice(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        try need(count)
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        offset += count
        return part
    }

    /// A two-byte length, at most `bytesMax`, and so many bytes of UTF-8.
    @inline(__always)
    mutating func text(bytesMax: Int) throws(WireError) -> String {
        try need(2)
        let count = Int(number(UInt16.self))
        if count > bytesMax { throw .textOverLimit(have: count, maximum: bytesMax) }
        return count == 0 ? "" : String(decoding: try slice(count), as: UTF8.self)
    }
}
