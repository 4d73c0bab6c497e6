internal import EVM

/// Writes the RLP of one trie node into memory of its own, with room for the list header in front.
struct TrieNodeWriter {
    /// A branch of 16 digests is 532 bytes; a leaf with an account under 160.
    static let capacity = 1024
    private static let headerRoom = 4
    private let base: UnsafeMutablePointer<UInt8>
    private var count = TrieNodeWriter.headerRoom

    /// Memory for one node; `deallocate` gives it back.
    init() { base = .allocate(capacity: Self.capacity) }

    func deallocate() { base.deallocate() }

    /// Begins the next node.
    @inline(__always)
    mutating func begin() { count = Self.headerRoom }

    @inline(__always)
    mutating func append(byte: UInt8) {
        base[count] = byte
        count &+= 1
    }

    /// Appends a number as an RLP string without leading zeros.
    mutating func append(number: U256) {
        let width = number.byteWidthUsed
        if width == 1 && number.l0 < 0x80 { return append(byte: UInt8(truncatingIfNeeded: number.l0)) }
        append(byte: 0x80 &+ UInt8(truncatingIfNeeded: width))
        for index in (0..<width).reversed() {
            let limb = index < 16 ? (index < 8 ? number.l0 : number.l1) : (index < 24 ? number.l2 : number.l3)
            append(byte: UInt8(truncatingIfNeeded: limb &>> UInt64(truncatingIfNeeded: 8 &* (index & 7))))
        }
    }

    /// Appends a digest as an RLP string.
    mutating func append(digest: Hash256) {
        append(byte: 0xA0)
        digest.store(at: base + count)
        count &+= 32
    }

    /// Appends a child of a branch or extension.
    mutating func append(reference: TrieReference) {
        let length = Int(reference.count)
        if length == 32 { append(byte: 0xA0) }
        withUnsafeBytes(of: reference.bytes) { bytes in
            (base + count).update(from: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), count: length)
        }
        count &+= length
    }

    /// Appends nibbles `start` up to `end` of a key in hex-prefix form (appendix C of the Yellow Paper).
    mutating func append(path key: TrieKey, from start: Int, to end: Int, isLeaf: Bool) {
        let nibbles = end - start
        var index = start
        if nibbles > 1 { append(byte: 0x80 &+ UInt8(1 &+ nibbles / 2)) }
        let flag: UInt8 = isLeaf ? 0x20 : 0
        if nibbles & 1 == 1 {
            append(byte: flag | 0x10 | UInt8(key.nibble(index)))
            index += 1
        } else {
            append(byte: flag)
        }
        while index < end {
            append(byte: UInt8(key.nibble(index) << 4 | key.nibble(index &+ 1)))
            index += 2
        }
    }

    /// Appends the content of another node as an RLP string, the value of a leaf.
    mutating func append(string value: UnsafeRawBufferPointer) {
        precondition(value.count < 256, "the value of a leaf has one length byte at most")
        if value.count > 1 || value[0] >= 0x80 {
            if value.count < 56 {
                append(byte: 0x80 &+ UInt8(value.count))
            } else {
                append(byte: 0xB8)
                append(byte: UInt8(value.count))
            }
        }
        for byte in value { append(byte: byte) }
    }

    /// What was appended, without a header.
    var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + Self.headerRoom, count: count - Self.headerRoom)
    }

    /// Puts the header of a list in front of what was appended and returns the whole.
    mutating func finishList() -> UnsafeRawBufferPointer {
        let length = count - Self.headerRoom
        var start = Self.headerRoom - 1
        if length < 56 {
            base[start] = 0xC0 + UInt8(length)
        } else if length < 256 {
            base[start] = UInt8(length)
            start -= 1
            base[start] = 0xF8
        } else {
            base[start] = UInt8(length & 255)
            base[start - 1] = UInt8(length >> 8)
            start -= 2
            base[start] = 0xF9
        }
        return UnsafeRawBufferPointer(start: base + start, count: count - start)
    }
}
