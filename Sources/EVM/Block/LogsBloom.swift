/// The 2,048-bit filter by which a block says which addresses and topics its logs may hold.
public struct LogsBloom: Sendable, Equatable {
    /// Bytes of a filter.
    public static let byteCount = 256

    /// The bytes, most significant bit first.
    public private(set) var bytes: [UInt8]

    /// A filter that holds nothing.
    public init() { bytes = Array(repeating: 0, count: Self.byteCount) }

    /// A filter of 256 bytes; another count is a bug.
    public init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == Self.byteCount, "a bloom filter has 256 bytes")
        self.bytes = Array(bytes)
    }

    /// Enters the address and the topics of a log.
    public mutating func insert(_ log: EmittedLog) {
        insert(keccak256(log.address))
        for topic in log.topics { insert(keccak256(topic)) }
    }

    /// Enters everything that another filter holds.
    public mutating func formUnion(_ other: LogsBloom) {
        for index in 0..<Self.byteCount { bytes[index] |= other.bytes[index] }
    }

    /// Sets the three bits that the first six bytes of a digest name.
    private mutating func insert(_ digest: Hash256) {
        let top = digest.word.l3
        for shift in [UInt64(48), 32, 16] {
            let bit = Int(truncatingIfNeeded: top &>> shift) & 2047
            bytes[Self.byteCount - 1 - bit / 8] |= 1 << UInt8(bit % 8)
        }
    }
}
