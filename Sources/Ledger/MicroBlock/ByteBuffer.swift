internal import EVM

/// A growable buffer on page-aligned raw memory that canonical encodings are appended to and that is reused.
struct ByteBuffer: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private(set) var capacity: Int

    /// An empty buffer with room for `capacity` bytes, in whole pages.
    init(capacity: Int = 4_096) {
        self.capacity = (max(capacity, 1) + 4_095) & ~4_095
        base = .allocate(byteCount: self.capacity, alignment: 4_096)
    }

    deinit { base.deallocate() }

    /// The bytes written so far; valid until the next append.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// The bytes from an offset to the end.
    func bytes(from offset: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + offset, count: count - offset)
    }

    /// Forgets everything behind the first `count` bytes.
    mutating func truncate(to count: Int) {
        precondition(count <= self.count, "a buffer can only be cut")
        self.count = count
    }

    /// Makes room for `extra` more bytes.
    @inline(__always)
    mutating func reserve(_ extra: Int) {
        if count &+ extra > capacity { grow(extra) }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        MemoryGrowth.note()
        var larger = capacity * 2
        while larger < count + extra { larger *= 2 }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 4_096)
        memory.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = memory
        capacity = larger
    }

    /// Appends zeros.
    mutating func appendZeros(_ zeros: Int) {
        reserve(zeros)
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: zeros)
        count += zeros
    }

    /// Appends one byte.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// Appends a number of fixed width, little endian.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(fixed number: Number) {
        reserve(MemoryLayout<Number>.size)
        base.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
        count &+= MemoryLayout<Number>.size
    }

    /// Appends a number in groups of seven bits, least significant first.
    @inline(__always)
    mutating func append(variable number: UInt64) {
        reserve(10)
        var rest = number
        while rest >= 0x80 {
            base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
            count &+= 1
            rest &>>= 7
        }
        base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// Appends 20 bytes.
    @inline(__always)
    mutating func append(_ address: Address) {
        reserve(20)
        address.store(at: base + count)
        count &+= 20
    }

    /// Appends 32 bytes, big endian.
    @inline(__always)
    mutating func append(_ word: U256) {
        reserve(32)
        (base + count).storeBytes(of: word.l3.bigEndian, as: UInt64.self)
        (base + count).storeBytes(of: word.l2.bigEndian, toByteOffset: 8, as: UInt64.self)
        (base + count).storeBytes(of: word.l1.bigEndian, toByteOffset: 16, as: UInt64.self)
        (base + count).storeBytes(of: word.l0.bigEndian, toByteOffset: 24, as: UInt64.self)
        count &+= 32
    }

    /// Appends the count of the word's significant bytes, then these, least significant first.
    @inline(__always)
    mutating func append(minimal word: U256) {
        reserve(33)
        let top =
            word.l3 != 0
            ? 256 &- word.l3.leadingZeroBitCount
            : word.l2 != 0
                ? 192 &- word.l2.leadingZeroBitCount
                : word.l1 != 0 ? 128 &- word.l1.leadingZeroBitCount : 64 &- word.l0.leadingZeroBitCount
        let bytes = (top &+ 7) &>> 3
        base.storeBytes(of: UInt8(truncatingIfNeeded: bytes), toByteOffset: count, as: UInt8.self)
        let place = base + count + 1
        place.storeBytes(of: word.l0.littleEndian, as: UInt64.self)
        place.storeBytes(of: word.l1.littleEndian, toByteOffset: 8, as: UInt64.self)
        place.storeBytes(of: word.l2.littleEndian, toByteOffset: 16, as: UInt64.self)
        place.storeBytes(of: word.l3.littleEndian, toByteOffset: 24, as: UInt64.self)
        count &+= bytes &+ 1
    }

    /// Appends the id's 16 bytes.
    @inline(__always)
    mutating func append(_ id: OperationID) {
        reserve(16)
        (base + count).storeBytes(of: id.high.bigEndian, as: UInt64.self)
        (base + count).storeBytes(of: id.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        count &+= 16
    }

    /// Appends bytes without their count.
    @inline(__always)
    mutating func append(raw bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        count &+= bytes.count
    }

    /// Appends the count of the bytes, then the bytes.
    @inline(__always)
    mutating func append(counted bytes: [UInt8]) {
        append(variable: UInt64(bytes.count))
        bytes.withUnsafeBytes { append(raw: $0) }
    }

    /// Overwrites a number of fixed width, little endian.
    mutating func overwrite<Number: FixedWidthInteger>(at offset: Int, fixed number: Number) {
        precondition(offset + MemoryLayout<Number>.size <= count, "overwriting beyond the end")
        base.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    /// Overwrites bytes.
    mutating func overwrite(at offset: Int, raw bytes: UnsafeRawBufferPointer) {
        precondition(offset + bytes.count <= count, "overwriting beyond the end")
        if let start = bytes.baseAddress { (base + offset).copyMemory(from: start, byteCount: bytes.count) }
    }
}
