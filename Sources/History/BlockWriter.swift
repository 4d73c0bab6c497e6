internal import EVM
internal import Economy
internal import Foundation
internal import GRDB
internal import Ledger

/// Enters blocks into the tables, within one transaction; counts are gathered and written at its end.
struct BlockWriter {
    private struct PriceKey: Hashable {
        var asset: UInt64
        var currency: UInt64
        var minute: UInt64
    }

    private struct Price {
        var units: UInt64 = 0
        var paid: UInt64 = 0
        var low: UInt64 = .max
        var high: UInt64 = 0
    }

    private struct FlowKey: Hashable {
        var asset: UInt64
        var minute: UInt64
        var house: Flow
    }

    private struct ActionKey: Hashable {
        var name: String
        var outcome: String
        var minute: UInt64
    }

    private let database: Database
    private let game: Game
    private let blockStatement: Statement
    private let operationStatement: Statement
    private let accountStatement: Statement
    private let itemStatement: Statement
    private var prices: [PriceKey: Price] = [:]
    private var flows: [FlowKey: UInt64] = [:]
    private var actions: [ActionKey: (count: UInt64, gas: UInt64)] = [:]
    private var names: [NameKey: String] = [:]
    /// Operations that accounts have sent, of those that sent one now.
    private var sentCounts: [Address: UInt64] = [:]

    /// What tells the actions of a game apart.
    private struct NameKey: Hashable {
        var to: Address?
        var selector: UInt32
        var prefix: UInt64
    }

    init(_ database: Database, _ game: Game) throws {
        self.database = database
        self.game = game
        blockStatement = try database.cachedStatement(
            sql: """
                INSERT INTO blocks (number, digest, durable, header, bloom, state, operations, results)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        operationStatement = try database.cachedStatement(sql: "INSERT INTO operations (id, block, place) VALUES (?, ?, ?)")
        accountStatement = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO accounts (address, block, place, nonce) VALUES (?, ?, ?, ?)")
        itemStatement = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO items (asset, block, place) VALUES (?, ?, ?)")
    }

    /// Enters one block, the next of the index.
    mutating func add(_ block: HistoryBlock, _ progress: inout HistoryStore.Progress) throws {
        guard progress.last == 0 || block.number == progress.last + 1 && block.header.parent == progress.digest else {
            throw HistoryError("block \(block.number) does not follow block \(progress.last) of the index")
        }
        if progress.last == 0 {
            progress.first = block.number
            progress.resultsState = block.number == 1 ? SHA256Stream().state : nil
        }
        try blockStatement.execute(arguments: [
            Int64(block.number), block.digest.data, Int64(block.durableMilliseconds), Data(block.header.encoded),
            Data(block.bloom.bytes), progress.resultsState.map { Data($0) }, Data(block.operations), Data(block.results),
        ])
        let minute = block.header.timestampMilliseconds / 60_000
        for (place, entry) in block.entries.enumerated() { try add(entry.entry, block.number, place, minute) }
        if let state = progress.resultsState, let stream = SHA256Stream(state: state) {
            block.results.withUnsafeBytes { stream.update($0) }
            guard stream.finalizedCopy() == block.header.resultsDigest else {
                throw HistoryError("the results of block \(block.number) are not those that its header names")
            }
            progress.resultsState = stream.state
        }
        progress.last = block.number
        progress.digest = block.digest
        progress.operations += UInt64(block.header.operationCount)
        progress.receiptsOffset = progress.receiptsOffset.map { $0 + block.receiptsBytes }
    }

    private mutating func add(_ entry: LedgerEntry, _ number: UInt64, _ place: Int, _ minute: UInt64) throws {
        let block = Int64(number)
        let movements = entry.receipt.succeeded ? game.movements(of: entry.receipt) : []
        try operationStatement.execute(arguments: [Data(entry.id.bytes), block, place])
        var accounts: Set<Address> = [entry.transaction.sender]
        var assets: Set<UInt64> = []
        for movement in movements where movement.amount > 0 {
            note(movement, minute)
            // A house takes part in most operations: its history is the flows, minute by minute.
            if game.catalog.houses[movement.from] == nil { accounts.insert(movement.from) }
            if game.catalog.houses[movement.to] == nil { accounts.insert(movement.to) }
            if movement.asset > Self.lastCurrency { assets.insert(movement.asset) }
        }
        let sender = entry.transaction.sender
        let sent = try sentCounts[sender] ?? HistoryStore.sentCount(database, sender)
        sentCounts[sender] = sent + 1
        for account in accounts {
            try accountStatement.execute(arguments: [
                Data(account.bytes), block, place, account == sender ? Int64(clamping: sent) : nil,
            ])
        }
        for asset in assets { try itemStatement.execute(arguments: [Int64(clamping: asset), block, place]) }
        notePrice(movements, assets, minute)
        let key = ActionKey(name: name(of: entry.transaction), outcome: Self.outcome(entry.receipt), minute: minute)
        let before = actions[key] ?? (0, 0)
        actions[key] = (before.count + 1, before.gas + entry.receipt.gasUsed)
    }

    /// The last number of a currency.
    private static let lastCurrency: UInt64 = 65_535

    static func outcome(_ receipt: Receipt) -> String {
        switch receipt.outcome {
        case .success: "applied"
        case .reverted: "refusedByContract"
        case .halted: "halted"
        }
    }

    private mutating func name(of transaction: Transaction) -> String {
        var selector: UInt32 = 0
        for byte in transaction.data.prefix(4) { selector = selector << 8 | UInt32(byte) }
        // The addresses of game servers and operators begin with "hoar" and go on with "d:server" or "d:operat".
        let sender = transaction.sender.word
        let key = NameKey(
            to: transaction.to, selector: selector,
            prefix: sender.l2 == 0x686f_6172 ? sender.l1 : 0)
        if let known = names[key] { return known }
        let name = transaction.kind == .session ? game.actionName(of: transaction) ?? "other" : "signed"
        if transaction.kind == .session { names[key] = name }
        return name
    }

    private mutating func note(_ movement: AssetMovement, _ minute: UInt64) {
        let from = game.catalog.houses[movement.from]
        let to = game.catalog.houses[movement.to]
        func add(_ house: Flow) {
            flows[FlowKey(asset: movement.asset, minute: minute, house: house), default: 0] &+= movement.amount
        }
        if from == .faucet { add(.issued) }
        if to == .sink || to == .faucet { add(.sunk) }
        if to == .treasury { add(.treasury) }
        add(.moved)
    }

    /// One kind of item for coins of one kind: that is a price.
    private mutating func notePrice(_ movements: [AssetMovement], _ assets: Set<UInt64>, _ minute: UInt64) {
        guard assets.count == 1, let asset = assets.first,
            let item = movements.first(where: { $0.asset == asset }),
            movements.allSatisfy({ $0.asset != asset || $0.to == item.to })
        else { return }
        let units = movements.reduce(UInt64(0)) { $1.asset == asset ? $0 &+ $1.amount : $0 }
        let coins = movements.filter { $0.asset <= Self.lastCurrency && $0.from == item.to }
        guard let currency = coins.first?.asset, coins.allSatisfy({ $0.asset == currency }), units > 0 else { return }
        let paid = coins.reduce(UInt64(0)) { $0 &+ $1.amount }
        let each = paid / units
        let key = PriceKey(asset: asset, currency: currency, minute: minute)
        var price = prices[key] ?? Price()
        price.units &+= units
        price.paid &+= paid
        price.low = min(price.low, each)
        price.high = max(price.high, each)
        prices[key] = price
    }

    /// Writes what was gathered, and how far the index has come.
    func finish(_ progress: HistoryStore.Progress) throws {
        func number(_ value: UInt64) -> Int64 { Int64(clamping: value) }
        for (key, price) in prices {
            try database.cachedStatement(
                sql: """
                    INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET units = units + excluded.units,
                    paid = paid + excluded.paid, low = min(low, excluded.low), high = max(high, excluded.high)
                    """
            ).execute(arguments: [
                number(key.asset), number(key.currency), number(key.minute), number(price.units), number(price.paid),
                number(price.low), number(price.high),
            ])
        }
        for (key, units) in flows {
            try database.cachedStatement(
                sql: "INSERT INTO flows VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET units = units + excluded.units"
            ).execute(arguments: [number(key.asset), number(key.minute), key.house.rawValue, number(units)])
        }
        for (key, sum) in actions {
            try database.cachedStatement(
                sql: """
                    INSERT INTO actions VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET count = count + excluded.count, gas = gas + excluded.gas
                    """
            ).execute(arguments: [key.name, key.outcome, number(key.minute), number(sum.count), number(sum.gas)])
            try database.cachedStatement(
                sql: """
                    INSERT INTO totals VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET count = count + excluded.count, gas = gas + excluded.gas
                    """
            ).execute(arguments: [key.name, key.outcome, number(sum.count), number(sum.gas)])
        }
        for (account, count) in sentCounts {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO senders VALUES (?, ?)").execute(arguments: [
                Data(account.bytes), number(count),
            ])
        }
        let known: [(String, (any DatabaseValueConvertible)?)] = [
            ("first", number(progress.first)), ("last", number(progress.last)), ("digest", progress.digest.data),
            ("receiptsOffset", progress.receiptsOffset), ("resultsState", progress.resultsState.map { Data($0) }),
            ("operations", number(progress.operations)),
        ]
        for (name, value) in known {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO meta VALUES (?, ?)").execute(arguments: [name, value])
        }
    }
}

/// Where units of an asset went, by the kind of the accounts.
public enum Flow: Int, Sendable, CaseIterable {
    /// Out of a faucet.
    case issued = 0
    /// Into a sink, or back into a faucet.
    case sunk = 1
    /// Into the treasury.
    case treasury = 2
    /// From any account to any.
    case moved = 3
}
