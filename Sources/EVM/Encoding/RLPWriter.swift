/// Appends RLP to one growing buffer; lists nest through closures.
public struct RLPWriter: Sendable {
    /// Everything written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 64) {
        bytes.reserveCapacity(capacity)
    }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Appends a string of bytes.
    public mutating func append(_ string: some Collection<UInt8>) {
        if string.count == 1, let byte = string.first, byte < 0x80 {
            bytes.append(byte)
            return
        }
        appendHeader(count: string.count, base: 0x80)
        bytes.append(contentsOf: string)
    }

    /// Appends a number without leading zeros.
    public mutating func append(_ number: UInt64) {
        append(U256(number))
    }

    /// Appends a number without leading zeros.
    public mutating func append(_ number: U256) {
        let width = number.byteWidthUsed
        if width == 1 && number.l0 < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: number.l0))
            return
        }
        bytes.append(0x80 + UInt8(width))
        appendTail(number, count: width)
    }

    /// Appends the twenty bytes of an address.
    public mutating func append(_ address: Address) {
        bytes.append(0x80 + 20)
        appendTail(address.word, count: 20)
    }

    /// Appends the 32 bytes of a digest.
    public mutating func append(_ digest: Hash256) {
        bytes.append(0x80 + 32)
        appendTail(digest.word, count: 32)
    }

    /// Appends an item tree.
    public mutating func append(_ item: RLPItem) {
        switch item {
        case .bytes(let string): append(string)
        case .list(let items): appendList { list in for item in items { list.append(item) } }
        }
    }

    /// Appends a list whose content the closure writes.
    public mutating func appendList(_ content: (inout RLPWriter) -> Void) {
        let start = bytes.count
        content(&self)
        let count = bytes.count - start
        if count < 56 {
            bytes.insert(0xC0 + UInt8(count), at: start)
            return
        }
        let width = (Int.bitWidth - count.leadingZeroBitCount + 7) / 8
        var header: [UInt8] = [0xF7 + UInt8(width)]
        for index in (0..<width).reversed() { header.append(UInt8(truncatingIfNeeded: count >> (8 * index))) }
        bytes.insert(contentsOf: header, at: start)
    }

    /// Appends bytes that are RLP already.
    public mutating func appendEncoded(_ encoded: some Collection<UInt8>) {
        bytes.append(contentsOf: encoded)
    }

    /// Appends the header of a list whose content of `count` bytes follows.
    public mutating func appendListHeader(contentCount count: Int) {
        appendHeader(count: count, base: 0xC0)
    }

    private mutating func appendHeader(count: Int, base: UInt8) {
        if count < 56 {
            bytes.append(base + UInt8(count))
            return
        }
        let width = (Int.bitWidth - count.leadingZeroBitCount + 7) / 8
        bytes.append(base + 55 + UInt8(width))
        for index in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: count >> (8 * index))) }
    }

    private mutating func appendTail(_ word: U256, count: Int) {
        var buffer = InlineArray<32, UInt8>(repeating: 0)
        withUnsafeMutableBytes(of: &buffer) { raw in
            word.storeBigEndian(at: raw.baseAddress!)
            bytes.append(contentsOf: raw[(32 - count)...])
        }
    }
}
