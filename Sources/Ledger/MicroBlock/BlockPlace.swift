public import EVM

/// Where a recorded block stands: all of it that its operations, and those of later blocks, can see.
public struct BlockPlace: Sendable, Equatable {
    /// One more than the parent's.
    public var number: UInt64
    /// Milliseconds since 1970.
    public var timestampMilliseconds: UInt64
    /// What PREVRANDAO returns.
    public var prevrandao: Hash256
    /// What BLOCKHASH returns in later blocks; nil where they do not see it (clock mode `operations`).
    public var digest: Hash256?

    /// A place with all of its parts.
    public init(number: UInt64, timestampMilliseconds: UInt64, prevrandao: Hash256, digest: Hash256?) {
        self.number = number
        self.timestampMilliseconds = timestampMilliseconds
        self.prevrandao = prevrandao
        self.digest = digest
    }

    /// The place of the block with this head.
    public init(_ header: MicroBlockHeader) {
        self.init(
            number: header.number, timestampMilliseconds: header.timestampMilliseconds, prevrandao: header.prevrandao,
            digest: header.clockMode == .wall ? header.digest : nil)
    }
}
