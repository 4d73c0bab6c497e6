public import EVM
internal import Glibc
public import Ledger
internal import Synchronization

/// An operation of a block with what readers of blocks ask for.
public struct HistoryEntry: Sendable {
    /// Place, id, transaction and receipt.
    public var entry: LedgerEntry
    /// Gas of the operations up to this one.
    public var cumulativeGas: UInt64
    /// Logs of the operations before it in its block.
    public var firstLogIndex: Int
}

/// A durable block with the encoded forms that the ledger had of it; decoded when somebody asks.
public final class HistoryBlock: @unchecked Sendable {
    // Sendable: what changes is under `decoded`.
    private struct Decoded {
        var entries: [HistoryEntry] = []
        var places: [OperationID: Int] = [:]
        var receiptsBytes = 0
    }

    /// The head.
    public let header: MicroBlockHeader
    /// Its digest: the block's hash.
    public let digest: Hash256
    /// Operations and results as the ledger encodes them, and the write sets where they were kept.
    public let operations: [UInt8]
    /// See `operations`.
    public let results: [UInt8]
    /// See `operations`.
    public let writes: [UInt8]
    /// Milliseconds since 1970 when it was durable; 0 where it was read from disk.
    public let durableMilliseconds: UInt64
    private let decoded = Mutex<Decoded?>(nil)
    private let bloomBytes = Mutex<LogsBloom?>(nil)

    /// A copy of what the log thread shows.
    init(_ block: DurableBlock, keepsWrites: Bool = false, isLive: Bool = true) {
        header = block.header
        digest = block.digest
        operations = [UInt8](block.operations)
        results = [UInt8](block.results)
        writes = keepsWrites ? [UInt8](block.writes) : []
        durableMilliseconds = isLive ? Self.wallMilliseconds() : 0
    }

    /// A block as the index holds it.
    init(
        header: MicroBlockHeader, digest: Hash256, operations: [UInt8], results: [UInt8], bloom: LogsBloom?,
        durableMilliseconds: UInt64
    ) {
        self.header = header
        self.digest = digest
        self.operations = operations
        self.results = results
        writes = []
        self.durableMilliseconds = durableMilliseconds
        bloomBytes.withLock { $0 = bloom }
    }

    static func wallMilliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// The number.
    public var number: UInt64 { header.number }
    /// About as many bytes as it takes in memory.
    public var byteCount: Int { operations.count + results.count + writes.count + 512 }

    private func withDecoded<Value: Sendable>(_ body: (Decoded) -> Value) -> Value {
        decoded.withLock { state in
            if let known = state { return body(known) }
            let made = decode()
            state = made
            return body(made)
        }
    }

    private func decode() -> Decoded {
        var made = Decoded()
        let count = Int(header.operationCount)
        let read = operations.withUnsafeBytes { operations in
            results.withUnsafeBytes { results in
                try? BlockCoding.entries(block: number, count: count, operations: operations, results: results)
            }
        }
        guard let read else { preconditionFailure("block \(number) cannot be read back") }
        made.receiptsBytes = read.receiptsBytes
        made.entries.reserveCapacity(count)
        var gas: UInt64 = 0
        var logs = 0
        for entry in read.entries {
            gas += entry.receipt.gasUsed
            made.places[entry.id] = made.entries.count
            made.entries.append(HistoryEntry(entry: entry, cumulativeGas: gas, firstLogIndex: logs))
            logs += entry.receipt.logs.count
        }
        return made
    }

    /// The operations with their receipts.
    public var entries: [HistoryEntry] { withDecoded { $0.entries } }

    /// How many operations succeeded; cheap, also where nobody has asked for the entries.
    public var appliedCount: Int {
        let count = results.withUnsafeBytes {
            try? BlockCoding.successCount(count: Int(header.operationCount), results: $0)
        }
        guard let count else { preconditionFailure("the results of block \(number) cannot be read back") }
        return count
    }

    /// Where an operation stands in the block.
    public func place(of id: OperationID) -> Int? { withDecoded { $0.places[id] } }

    /// Bytes that its receipts take in the ledger's file.
    var receiptsBytes: Int { withDecoded { $0.receiptsBytes } }

    /// The filter over all logs.
    public var bloom: LogsBloom {
        if let known = bloomBytes.withLock({ $0 }) { return known }
        var bloom = LogsBloom()
        var addresses: Set<Address> = []
        var words: Set<U256> = []
        for entry in entries {
            for log in entry.entry.receipt.logs {
                // Few addresses and topics make most logs of a block.
                let isNew = addresses.insert(log.address).inserted
                let topics = log.topics.filter { words.insert($0).inserted }
                if isNew || !topics.isEmpty {
                    bloom.insert(EmittedLog(address: log.address, topics: LogTopics(topics), data: []))
                }
            }
        }
        bloomBytes.withLock { $0 = bloom }
        return bloom
    }

    /// What the block changed, one write set an operation; empty where they were not kept.
    public var changes: [StateDiff] { writes.withUnsafeBytes { (try? BlockCoding.changes($0)) ?? [] } }
}
