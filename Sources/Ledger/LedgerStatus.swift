public import EVM

/// A state root together with the block that it belongs to.
public struct Anchor: Sendable, Equatable {
    /// The block after which the state has this root.
    public var block: UInt64
    /// The Merkle Patricia root.
    public var stateRoot: Hash256
}

/// Where a ledger stands; everything counts durable blocks only.
public struct LedgerStatus: Sendable {
    /// The number of the last durable block.
    public var blocks: UInt64 = 0
    /// Its digest.
    public var head: Hash256 = .zero
    /// Its time.
    public var timestampMilliseconds: UInt64 = 0
    /// Operations in all blocks.
    public var operations: UInt64 = 0
    /// SHA-256 over id, outcome, gas, return data and logs of all operations, in order.
    public var operationsDigest: Hash256 = .zero
    /// Gas used by all operations.
    public var gas: UInt64 = 0
    /// Operations, and linked groups, that were refused since the start of the process.
    public var refused: UInt64 = 0
    /// Operations whose effects broke an asset rule since the start of the process.
    public var conservationViolations: UInt64 = 0
    /// The last of them.
    public var lastViolation: ConservationViolation?
    /// Operations that ended blocks since the start of the process.
    public var closings: UInt64 = 0
    /// How many of them failed or were left out.
    public var closingsFailed: UInt64 = 0
    /// The last anchor.
    public var anchor: Anchor?
    /// Durations of write and sync together.
    public var syncs = LatencyHistogram()
    /// Writes to the log; each holds one or more blocks.
    public var writes: UInt64 = 0
    /// What the executor has done since the start of the process; nil where it executes one operation after the other.
    public var parallel: ParallelStatistics?
    /// Why the disk takes no writes for now; nil while it does.
    public var stall: String?
    /// How often the disk has refused writes for a while since the start of the process.
    public var stalls: UInt64 = 0
    /// Checkpoints made since the start of the process.
    public var checkpoints: UInt64 = 0
    /// The block of the last checkpoint; 0 where there is none.
    public var checkpointBlock: UInt64 = 0
    /// Why the last try to make a checkpoint has failed; nil where it has not.
    public var checkpointFailure: String?
    /// What recovery found wrong with checkpoints that it could do without.
    public var recoveryNotes: [String] = []
    /// Why the ledger answers nothing any more; nil while it is well.
    public var failure: String?

    /// Operations in a block on average.
    public var operationsPerBlock: Double { blocks == 0 ? 0 : Double(operations) / Double(blocks) }
}

/// Bytes in memory, by what they are for.
package struct LedgerMemoryUse: Sendable {
    package var accounts: Int
    package var accountBytes: Int
    package var slots: Int
    package var slotBytes: Int
    /// Ids in memory and on disk together; the bytes are those in memory.
    package var ids: Int
    package var idBytes: Int
    package var receiptBytes: Int
}

/// Counts of durations in buckets of about 3 percent width.
public struct LatencyHistogram: Sendable {
    private static let stepsPerDoubling = 32
    private var counts = [UInt64](repeating: 0, count: 60 * stepsPerDoubling)
    /// Durations recorded.
    public private(set) var count: UInt64 = 0
    /// The longest.
    public private(set) var maximumNanoseconds: UInt64 = 0

    /// An empty histogram.
    public init() {}

    /// Adds one duration.
    public mutating func record(nanoseconds: UInt64) {
        counts[Self.bucket(nanoseconds)] += 1
        count += 1
        maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
    }

    private static func bucket(_ value: UInt64) -> Int {
        if value < UInt64(stepsPerDoubling) { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let step = Int(value >> UInt64(exponent - 5)) - stepsPerDoubling
        return (exponent - 4) * stepsPerDoubling + step
    }

    private static func upperBound(_ bucket: Int) -> UInt64 {
        if bucket < stepsPerDoubling { return UInt64(bucket) }
        let exponent = bucket / stepsPerDoubling + 4
        return (UInt64(bucket % stepsPerDoubling + stepsPerDoubling + 1) << UInt64(exponent - 5)) - 1
    }

    /// The duration that this share (0 to 1) of all is not longer than; 0 when there are none.
    public func quantileNanoseconds(_ share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((Double(count) * share).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, amount) in counts.enumerated() {
            seen += amount
            if seen >= rank { return min(Self.upperBound(bucket), maximumNanoseconds) }
        }
        return maximumNanoseconds
    }
}
