public import EVM
public import Ledger

/// Which logs are wanted, as eth_getLogs says it.
public struct LogFilter: Sendable, Equatable {
    /// Written by one of these; by anybody where it is empty.
    public var addresses: Set<Address>
    /// At each place one of these; anything where the set is nil.
    public var topics: [Set<U256>?]

    /// A filter.
    public init(addresses: Set<Address> = [], topics: [Set<U256>?] = []) {
        self.addresses = addresses
        self.topics = topics
    }

    /// Whether a log is wanted.
    public func matches(_ log: EmittedLog) -> Bool {
        guard addresses.isEmpty || addresses.contains(log.address), topics.count <= log.topics.count else { return false }
        for (place, wanted) in topics.enumerated() {
            if let wanted, !wanted.contains(log.topics[place]) { return false }
        }
        return true
    }

    /// What tells from a block's filter alone whether it may hold such a log.
    public var bloomTest: @Sendable ([UInt8]) -> Bool {
        let wanted =
            [addresses.map { Self.bits(keccak256($0)) }]
            + topics.compactMap { $0 }.map { $0.map { Self.bits(keccak256($0)) } }
        let groups = wanted.filter { !$0.isEmpty }
        return { bloom in
            groups.allSatisfy { group in
                group.contains { bits in bits.allSatisfy { bloom[255 - $0 / 8] & (1 << UInt8($0 % 8)) != 0 } }
            }
        }
    }

    private static func bits(_ digest: Hash256) -> [Int] {
        [UInt64(48), 32, 16].map { Int(truncatingIfNeeded: digest.word.l3 >> $0) & 2_047 }
    }
}

/// A log with its place in the chain. It keeps its operation, not the whole block: thousands of logs may come of as many blocks.
public struct FoundLog: Sendable {
    /// The head of the block.
    public var block: MicroBlockHeader
    /// The digest of the block.
    public var digest: Hash256
    /// The operation in it.
    public var entry: HistoryEntry
    /// The log's place among those of the operation.
    public var place: Int
    /// A log of an operation of a block.
    public init(block: HistoryBlock, entry: HistoryEntry, place: Int) {
        self.block = block.header
        digest = block.digest
        self.entry = entry
        self.place = place
    }

    /// The log.
    public var log: EmittedLog { entry.entry.receipt.logs[place] }
    /// Its place among those of the block.
    public var index: Int { entry.firstLogIndex + place }
}

extension HistoryBlock {
    /// The wanted logs of the block.
    public func logs(_ filter: LogFilter) -> [FoundLog] {
        var found: [FoundLog] = []
        for entry in entries {
            for (place, log) in entry.entry.receipt.logs.enumerated() where filter.matches(log) {
                found.append(FoundLog(block: self, entry: entry, place: place))
            }
        }
        return found
    }
}

extension History {
    /// The wanted logs of a range of blocks, in order; too long a range, or too many logs, is an error.
    public func logs(
        _ filter: LogFilter, from first: UInt64, to last: UInt64, limit: Int = HistoryLimits.logsMax
    ) throws(HistoryError) -> [FoundLog] {
        guard first <= last else { return [] }
        guard last - first < HistoryLimits.logBlocksMax else {
            throw HistoryError(
                "\(last - first + 1) blocks; one query looks at \(HistoryLimits.logBlocksMax) at most", isLimit: true)
        }
        var found: [FoundLog] = []
        var bytes = 0
        func take(_ block: HistoryBlock) throws(HistoryError) {
            let logs = block.logs(filter)
            found += logs
            bytes += logs.reduce(0) { $0 + $1.log.data.count }
            let isLong = bytes > HistoryLimits.logBytesMax
            guard found.count <= limit, !isLong else {
                throw HistoryError(
                    "more than \(isLong ? "\(HistoryLimits.logBytesMax) bytes in" : "\(limit)") logs; ask for fewer blocks"
                        + (block.number > first ? ", such as \(first) to \(block.number - 1)" : ""), isLimit: true)
            }
        }
        let test = filter.bloomTest
        let recent = recentBlocks(from: first).filter { $0.number <= last }
        let indexedLast = recent.first.map { $0.number - 1 } ?? last
        let reached = indexedBlock
        let needed = min(last, indexedLast, head)
        guard needed < first || needed <= reached else {
            throw HistoryError(
                "blocks \(max(first, reached + 1)) to \(needed) are not in the index yet; ask again later", isEarly: true)
        }
        if first <= indexedLast {
            try store.blocks(from: first, to: min(last, indexedLast), matching: test) { try take($0) }
        }
        for block in recent where test(block.bloom.bytes) { try take(block) }
        return found
    }
}
