internal import EVM
internal import Foundation
internal import GRDB
internal import Ledger

extension HistoryStore {
    /// A block of the index.
    func block(_ number: UInt64) throws(HistoryError) -> HistoryBlock? {
        try reading { try Self.block($0, "number = ?", Int64(clamping: number)) }
    }

    /// The block with this digest.
    func block(digest: Hash256) throws(HistoryError) -> HistoryBlock? {
        try reading { try Self.block($0, "digest = ?", digest.data) }
    }

    private static func block(
        _ database: Database, _ condition: String, _ argument: any DatabaseValueConvertible
    ) throws -> HistoryBlock? {
        let row = try Row.fetchOne(
            database, sql: "SELECT digest, durable, header, bloom, operations, results FROM blocks WHERE \(condition)",
            arguments: [argument])
        return try row.map(block)
    }

    private static func block(_ row: Row) throws -> HistoryBlock {
        let header: Data = row["header"]
        let digest: Data = row["digest"]
        let bloom: Data = row["bloom"]
        let operations: Data = row["operations"]
        let results: Data = row["results"]
        let durable: Int64 = row["durable"]
        guard let decoded = MicroBlockHeader(encoded: [UInt8](header)), digest.count == 32,
            bloom.count == LogsBloom.byteCount
        else { throw HistoryError("a block of the index is damaged; delete the folder history and start again") }
        return HistoryBlock(
            header: decoded, digest: Hash256(bytes: digest), operations: [UInt8](operations), results: [UInt8](results),
            bloom: LogsBloom(bytes: bloom), durableMilliseconds: UInt64(clamping: durable))
    }

    /// Where the operation of an id stands.
    func place(of id: OperationID) throws(HistoryError) -> (block: UInt64, place: Int)? {
        try reading { database in
            try Row.fetchOne(
                database, sql: "SELECT block, place FROM operations WHERE id = ?", arguments: [Data(id.bytes)]
            ).map { (UInt64($0["block"] as Int64), $0["place"] as Int) }
        }
    }

    /// The state of the running digest of results before a block; nil where it is not known.
    func resultsState(before number: UInt64) throws(HistoryError) -> [UInt8]? {
        try reading { database in
            try Data.fetchOne(
                database, sql: "SELECT state FROM blocks WHERE number = ?", arguments: [Int64(clamping: number)]
            ).map { [UInt8]($0) }
        }
    }

    /// The blocks of a range whose filter may hold what the test looks for, in order.
    func blocks(
        from first: UInt64, to last: UInt64, matching test: ([UInt8]) -> Bool, _ body: (HistoryBlock) throws -> Void
    ) throws(HistoryError) {
        try reading { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT number, bloom FROM blocks WHERE number BETWEEN ? AND ? ORDER BY number",
                arguments: [Int64(clamping: first), Int64(clamping: last)])
            while let row = try rows.next() {
                let bloom: Data = row["bloom"]
                guard test([UInt8](bloom)) else { continue }
                let number: Int64 = row["number"]
                if let block = try Self.block(database, "number = ?", number) { try body(block) }
            }
        }
    }

    /// How many operations each account had sent before the one at its place in a block; nil where the block is not in the index.
    func nonces(of senders: [(account: Address, place: Int)], in block: UInt64) throws(HistoryError) -> [UInt64]? {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: "SELECT nonce FROM accounts WHERE address = ? AND block = ? AND place = ?")
            var nonces: [UInt64] = []
            for (account, place) in senders {
                let row: [any DatabaseValueConvertible] = [Data(account.bytes), Int64(clamping: block), place]
                guard let nonce = try Int64.fetchOne(statement, arguments: StatementArguments(row)) else { return nil }
                nonces.append(UInt64(clamping: nonce))
            }
            return nonces
        }
    }

    /// How many operations each of these accounts has sent, and the last block of the index, read together.
    func sentCounts(of accounts: Set<Address>) throws(HistoryError) -> (counts: [Address: UInt64], last: UInt64) {
        try reading { database in
            let last = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE name='last'") ?? 0
            var counts: [Address: UInt64] = [:]
            for account in accounts { counts[account] = try Self.sentCount(database, account) }
            return (counts, UInt64(clamping: last))
        }
    }

    /// How many operations an account has sent.
    static func sentCount(_ database: Database, _ account: Address) throws -> UInt64 {
        let statement = try database.cachedStatement(sql: "SELECT count FROM senders WHERE address = ?")
        return UInt64(clamping: try Int64.fetchOne(statement, arguments: [Data(account.bytes)]) ?? 0)
    }

    /// The latest operations of an account before a place, the newest first.
    func operations(
        of account: Address, before: (block: UInt64, place: Int)?, limit: Int
    ) throws(HistoryError) -> [(block: UInt64, place: Int)] {
        try places("accounts", "address", Data(account.bytes), before, limit)
    }

    /// The latest operations that moved an asset before a place, the newest first.
    func operations(
        moving asset: UInt64, before: (block: UInt64, place: Int)?, limit: Int
    ) throws(HistoryError) -> [(block: UInt64, place: Int)] {
        try places("items", "asset", Int64(clamping: asset), before, limit)
    }

    private func places(
        _ table: String, _ column: String, _ key: any DatabaseValueConvertible,
        _ before: (block: UInt64, place: Int)?, _ limit: Int
    ) throws(HistoryError) -> [(block: UInt64, place: Int)] {
        let bound = before ?? (UInt64(Int64.max), 0)
        return try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT block, place FROM \(table) WHERE \(column) = ? AND (block, place) < (?, ?)
                    ORDER BY block DESC, place DESC LIMIT ?
                    """,
                arguments: [key, Int64(clamping: bound.block), bound.place, min(limit, HistoryLimits.rowsMax)]
            ).map { (UInt64($0["block"] as Int64), $0["place"] as Int) }
        }
    }

    /// Units by asset and way since a minute.
    func flows(since minute: UInt64) throws(HistoryError) -> [FlowRow] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: "SELECT asset, house, total(units) AS sum FROM flows WHERE minute >= ? GROUP BY asset, house",
                arguments: [Int64(clamping: minute)]
            ).compactMap { row in
                guard let flow = Flow(rawValue: row["house"]) else { return nil }
                return FlowRow(asset: UInt64(row["asset"] as Int64), flow: flow, units: row["sum"])
            }
        }
    }

    /// Units by way and minute of one asset since a minute.
    func flowSeries(asset: UInt64, since minute: UInt64) throws(HistoryError) -> [FlowPoint] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: "SELECT minute, house, units FROM flows WHERE asset = ? AND minute >= ? ORDER BY minute LIMIT 20000",
                arguments: [Int64(clamping: asset), Int64(clamping: minute)]
            ).compactMap { row in
                guard let flow = Flow(rawValue: row["house"]) else { return nil }
                return FlowPoint(minute: UInt64(row["minute"] as Int64), flow: flow, units: row["units"])
            }
        }
    }

    /// Counts by action and outcome over all blocks of the index.
    func totals() throws(HistoryError) -> [ActionTotal] {
        try reading { database in
            try Row.fetchAll(database, sql: "SELECT name, outcome, count, gas FROM totals ORDER BY name, outcome").map {
                ActionTotal(
                    name: $0["name"], outcome: $0["outcome"], count: UInt64(clamping: $0["count"] as Int64),
                    gas: UInt64(clamping: $0["gas"] as Int64))
            }
        }
    }

    /// The items that most was paid for since a minute.
    func topItems(since minute: UInt64, limit: Int) throws(HistoryError) -> [ItemSales] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT asset, currency, total(units) AS sold, total(paid) AS income, min(low) AS least, max(high) AS most
                    FROM prices WHERE minute >= ? GROUP BY asset, currency ORDER BY income DESC LIMIT ?
                    """,
                arguments: [Int64(clamping: minute), min(limit, HistoryLimits.rowsMax)]
            ).map {
                ItemSales(
                    asset: UInt64($0["asset"] as Int64), currency: UInt64($0["currency"] as Int64), units: $0["sold"],
                    paid: $0["income"], low: $0["least"], high: $0["most"])
            }
        }
    }

    /// What was paid for an item, minute by minute.
    func prices(of asset: UInt64, since minute: UInt64) throws(HistoryError) -> [PricePoint] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT currency, minute, units, paid, low, high FROM prices WHERE asset = ? AND minute >= ?
                    ORDER BY minute LIMIT 20000
                    """,
                arguments: [Int64(clamping: asset), Int64(clamping: minute)]
            ).map {
                PricePoint(
                    currency: UInt64($0["currency"] as Int64), minute: UInt64($0["minute"] as Int64), units: $0["units"],
                    paid: $0["paid"], low: $0["low"], high: $0["high"])
            }
        }
    }
}

/// Units of an asset that went one way.
public struct FlowRow: Sendable, Equatable {
    /// The asset.
    public var asset: UInt64
    /// The way.
    public var flow: Flow
    /// How many.
    public var units: Double
}

/// Units that went one way in one minute.
public struct FlowPoint: Sendable, Equatable {
    /// Minutes since 1970.
    public var minute: UInt64
    /// The way.
    public var flow: Flow
    /// How many.
    public var units: Double
}

/// How often an action had an outcome.
public struct ActionTotal: Sendable, Equatable {
    /// The action's name; `signed` for signed transactions, `other` where the game knows none.
    public var name: String
    /// applied, refusedByContract or halted.
    public var outcome: String
    /// How often.
    public var count: UInt64
    /// Gas of all of them.
    public var gas: UInt64
}

/// What was paid for an item.
public struct ItemSales: Sendable, Equatable {
    /// The item.
    public var asset: UInt64
    /// Paid in this currency.
    public var currency: UInt64
    /// Units sold.
    public var units: Double
    /// Coins paid.
    public var paid: Double
    /// The lowest and the highest price of a unit.
    public var low: Int64
    /// See `low`.
    public var high: Int64
}

/// What was paid for an item in one minute.
public struct PricePoint: Sendable, Equatable {
    /// Paid in this currency.
    public var currency: UInt64
    /// Minutes since 1970.
    public var minute: UInt64
    /// Units sold.
    public var units: Int64
    /// Coins paid.
    public var paid: Int64
    /// The lowest and the highest price of a unit.
    public var low: Int64
    /// See `low`.
    public var high: Int64
}
