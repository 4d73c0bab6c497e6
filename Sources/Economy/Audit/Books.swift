public import EVM

/// Double-entry books of what moved: each movement is credited to the account that gave it and debited to the one that got it, under the
/// code of what it was for.
public struct Books: Sendable {
    /// One side of the books: all players together, or one house by its name.
    public typealias Side = String

    /// What is written to one account under one code, in one asset.
    public struct Entry: Sendable, Hashable {
        /// What it was for.
        public var code: String
        /// Whose account.
        public var side: Side
        /// What moved; a unique thing counts under the first number of its kind.
        public var asset: UInt64
    }

    /// What an account got and gave.
    public struct Sums: Sendable, Equatable {
        /// What it got.
        public var debit: UInt128 = 0
        /// What it gave.
        public var credit: UInt128 = 0
        /// What it has more than before.
        public var net: Int128 { Int128(debit) - Int128(credit) }
    }

    /// The name of all players' account.
    public static let players = "players"
    /// The code of what the house keeps of a sale between players.
    public static let fee = "fee"

    /// The sums by code, account and asset.
    public private(set) var sums: [Entry: Sums] = [:]
    /// The actions that stand under a code.
    public private(set) var actions: [String: Set<String>] = [:]
    /// Movements that were entered.
    public private(set) var movementCount: UInt64 = 0
    /// Operations that moved something.
    public private(set) var operationCount: UInt64 = 0
    private let game: Game
    private let sales: Set<Address>
    private let houses: [Address: Side]

    /// Empty books of a game.
    public init(game: Game) {
        self.game = game
        sales = Set(["trade", "market", "auctions"].compactMap { game.contracts[$0] })
        houses = Dictionary(uniqueKeysWithValues: game.catalog.houses.keys.compactMap { address in game.catalog.houseName(address).map { (address, $0) } })
    }

    /// The codes of the actions that have a name of their own in the books; another action is its own code.
    static let codes: [String: String] = [
        "purchase": "purchase", "sell": "buyback", "deliverReceipt": "delivery", "revokeReceipt": "clawback", "refund": "refund",
        "grant": "reward", "reward": "reward", "checkIn": "reward", "settleRoll": "loot", "claimRoll": "loot", "openBox": "loot", "craft": "craft",
        "correct": "correction", "adjustUp": "adjustment", "adjustDown": "adjustment", "transferCoins": "transfer", "transferItem": "transfer",
        "trade": "trade", "swap": "trade", "swapBaskets": "trade", "proposeTrade": "trade", "acceptTrade": "trade", "cancelTrade": "trade",
        "expireTrade": "trade", "signedSwap": "trade", "listItem": "market", "buyListing": "market", "cancelListing": "market",
        "expireListing": "market", "openAuction": "auction", "bid": "auction", "claimAuction": "auction", "cancelAuction": "auction",
        "settleAuction": "auction", "sendMail": "mail", "claimMail": "mail", "expireMail": "mail", "spendEnergy": "energy",
    ]

    /// Enters what an operation moved.
    public mutating func take(_ transaction: Transaction, _ receipt: Receipt) {
        guard receipt.succeeded else { return }
        let movements = game.movements(of: receipt).filter { $0.amount > 0 }
        guard !movements.isEmpty else { return }
        let action = game.actionName(of: transaction) ?? "other"
        let isSale = transaction.to.map(sales.contains) ?? false
        operationCount += 1
        for movement in movements { enter(movement, Self.codes[action] ?? action, action, isSale) }
    }

    private mutating func enter(_ movement: AssetMovement, _ usual: String, _ action: String, _ isSale: Bool) {
        let code = isSale && movement.to == NamedAccount.treasury ? Self.fee : usual
        let asset = movement.asset >> 32 == 0 ? movement.asset : (movement.asset >> 32) << 32
        movementCount += 1
        actions[code, default: []].insert(action)
        sums[Entry(code: code, side: side(movement.from), asset: asset), default: Sums()].credit += UInt128(movement.amount)
        sums[Entry(code: code, side: side(movement.to), asset: asset), default: Sums()].debit += UInt128(movement.amount)
    }

    private func side(_ account: Address) -> Side { houses[account] ?? Self.players }

    /// The codes that have entries, by name.
    public var codes: [String] { actions.keys.sorted() }

    /// The entries of one code, by asset and account.
    public func entries(of code: String) -> [(entry: Entry, sums: Sums)] {
        sums.filter { $0.key.code == code }.map { ($0.key, $0.value) }.sorted { ($0.entry.asset, $0.entry.side) < ($1.entry.asset, $1.entry.side) }
    }

    /// The sums of each account over all codes.
    public var accounts: [(side: Side, asset: UInt64, sums: Sums)] {
        struct Key: Hashable {
            var asset: UInt64
            var side: Side
        }
        var all: [Key: Sums] = [:]
        for (entry, sums) in sums {
            all[Key(asset: entry.asset, side: entry.side), default: Sums()].debit += sums.debit
            all[Key(asset: entry.asset, side: entry.side), default: Sums()].credit += sums.credit
        }
        return all.map { ($0.key.side, $0.key.asset, $0.value) }.sorted { ($0.asset, $0.side) < ($1.asset, $1.side) }
    }

    /// The assets whose debits and credits differ under a code; none, unless the books are wrong.
    public func unbalanced(_ code: String) -> [UInt64] {
        var nets: [UInt64: Int128] = [:]
        for (entry, sums) in sums where entry.code == code { nets[entry.asset, default: 0] += sums.net }
        return nets.filter { $0.value != 0 }.keys.sorted()
    }
}
