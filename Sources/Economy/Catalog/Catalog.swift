public import EVM

/// A currency of the game.
public struct Currency: Sendable, Equatable {
    /// Its asset number, from 1.
    public let asset: UInt64
    /// What people call it.
    public let name: String
    /// Its sign.
    public let symbol: String
    /// The contract of genesis.json that keeps its balances.
    public let contract: String
    /// How far below zero a correction or a revoked payment may drive an account.
    public let debtLimit: UInt64
}

/// An amount of an asset.
public struct AssetLine: Sendable, Equatable {
    /// The asset number.
    public var asset: UInt64
    /// How much of it.
    public var amount: UInt64

    /// An amount of an asset.
    public init(asset: UInt64, amount: UInt64) {
        self.asset = asset
        self.amount = amount
    }

    /// An unused line.
    public static let none = AssetLine(asset: 0, amount: 0)
}

/// A range of assets that are items, without a name each.
public struct ItemRange: Sendable, Equatable {
    /// What people call them.
    public let name: String
    /// The assets.
    public let assets: ClosedRange<UInt64>
}

/// A kind of item of which each thing is unique: asset = kind << 32 | serial.
public struct UniqueKind: Sendable, Equatable {
    /// The upper half of the asset.
    public let kind: UInt64
    /// What people call it.
    public let name: String
}

/// A stackable item.
public struct Item: Sendable, Equatable {
    /// Its asset number.
    public let asset: UInt64
    /// What people call it.
    public let name: String
}

/// An offer as it is published at genesis.
public struct Offer: Sendable, Equatable {
    /// Its number.
    public let offer: UInt64
    /// What people call it.
    public let name: String
    /// What it costs.
    public let costs: [AssetLine]
    /// What the buyer gets.
    public let results: [AssetLine]
    /// How often it may be taken in all; `UInt64.max` for no limit.
    public let stock: UInt64
    /// How often one player may take it; 0 for no cap.
    public let capPerPlayer: UInt64
    /// First second of sale; 0 for at once.
    public let opens: UInt64
    /// First second off sale again; 0 for no end.
    public let closes: UInt64
    /// How often one player may take it in each window of time, where there is such a cap.
    public let window: OfferWindow?
    /// Prices for players of a segment.
    public let segmentPrices: [SegmentPrice]
}

/// A price of an offer for players of a segment.
public struct SegmentPrice: Sendable, Equatable {
    /// The segment, from 1.
    public let segment: UInt64
    /// What the offer costs them.
    public let costs: [AssetLine]
}

/// How often one player may take an offer in each window of time.
public struct OfferWindow: Sendable, Equatable {
    /// How often.
    public let cap: UInt64
    /// How long a window is.
    public let seconds: UInt64
}

/// What the creator of an item gets of each sale.
public struct Royalty: Sendable, Equatable {
    /// The item, or any of a unique kind.
    public let asset: UInt64
    /// Who gets it.
    public let receiver: Address
    /// How much of each price.
    public let basisPoints: UInt64
}

/// A price at which the shop buys an item back at genesis.
public struct Buyback: Sendable, Equatable {
    /// The item.
    public let asset: UInt64
    /// The currency it is paid in.
    public let currency: UInt64
    /// The price of one.
    public let price: UInt64
}

/// What a product of the stores brings.
public struct Product: Sendable, Equatable {
    /// Its number.
    public let product: UInt64
    /// What people call it.
    public let name: String
    /// What it brings.
    public let lines: [AssetLine]
}

/// An order book that is open from genesis on.
public struct OrderBook: Sendable, Equatable {
    /// The item; a stackable one.
    public let asset: UInt64
    /// The currency that it is paid in.
    public let currency: UInt64
}

/// A credit that an account has from genesis on.
public struct StartCredit: Sendable, Equatable {
    /// The account.
    public let account: Address
    /// The currency.
    public let asset: UInt64
    /// How far below zero its balance may go.
    public let limit: UInt64
}

/// What there is in the game: currencies, items, offers and named accounts.
public struct Catalog: Sendable {
    /// Currencies in the order of their numbers, 1, 2, ...
    public internal(set) var currencies: [Currency] = []
    /// Stackable items by asset number.
    public internal(set) var items: [Item] = []
    /// Kinds of unique items.
    public internal(set) var uniqueKinds: [UniqueKind] = []
    /// Ranges of items without names.
    public internal(set) var ranges: [ItemRange] = []
    /// Offers published at genesis.
    public internal(set) var offers: [Offer] = []
    /// Products of the stores, for real money.
    public internal(set) var products: [Product] = []
    /// Prices at which the shop buys back from genesis on.
    public internal(set) var buybacks: [Buyback] = []
    /// Faucets by name.
    public internal(set) var faucets: [String] = []
    /// Sinks by name.
    public internal(set) var sinks: [String] = []
    /// Escrow accounts by name.
    public internal(set) var escrows: [String] = []
    /// The addresses of the escrow accounts: few, so that looking through them costs less than a table.
    var escrowAddresses: [Address] = []
    /// Royalties from genesis on.
    public internal(set) var royalties: [Royalty] = []
    /// Recipes, loot boxes, rewards and energies.
    public internal(set) var loot = LootCatalog()
    /// Order books that are open from genesis on.
    public internal(set) var books: [OrderBook] = []
    /// Credits from genesis on.
    public internal(set) var credits: [StartCredit] = []
    /// What each house account is.
    public internal(set) var houses: [Address: HouseKind] = [:]
    /// Which assets are stackable items, in order and without overlap.
    var stackable: [ClosedRange<UInt64>] = []

    /// The first asset number that is an item.
    public static let firstItem: UInt64 = 65_536
    /// The first asset number that is a unique item.
    public static let firstUnique: UInt64 = 1 << 32
    /// Stackable items are below this, as in items.vy.
    public static let stackableLimit: UInt64 = 1 << 24

    /// The bit that makes a stackable item bound, and the one that makes a unique one, as in items.vy.
    public static let boundBit: UInt64 = 1 << 23
    /// The bit of a unique item's asset number that makes it bound.
    public static let boundUniqueBit: UInt64 = 1 << 63

    /// Whether players cannot give an item away: its number says so.
    public static func isBound(_ asset: UInt64) -> Bool {
        asset >= firstUnique ? asset & boundUniqueBit != 0 : asset & boundBit != 0
    }

    /// Whether an asset is a currency of the game.
    public func isCurrency(_ asset: UInt64) -> Bool { asset &- 1 < UInt64(currencies.count) }

    /// Whether an asset is an item of the game.
    public func isItem(_ asset: UInt64) -> Bool {
        if asset >= Self.firstUnique {
            let kind = asset >> 32
            return uniqueKinds.contains { $0.kind == kind }
        }
        var low = 0
        var high = stackable.count
        while low < high {
            let middle = (low + high) / 2
            if stackable[middle].upperBound < asset { low = middle + 1 } else { high = middle }
        }
        return low < stackable.count && stackable[low].contains(asset)
    }

    /// Whether an asset is a currency or an item of the game.
    public func isAsset(_ asset: UInt64) -> Bool {
        asset < Self.firstItem ? isCurrency(asset) : isItem(asset)
    }

    /// The account that a name like `treasury`, `faucet:shop` or `player:anna` stands for; nil for an unknown one.
    public func account(named name: String) -> Address? {
        if name == "treasury" { return NamedAccount.treasury }
        guard let colon = name.firstIndex(of: ":") else { return nil }
        let rest = String(name[name.index(after: colon)...])
        switch name[..<colon] {
        case "faucet": return faucets.contains(rest) ? NamedAccount.faucet(rest) : nil
        case "sink": return sinks.contains(rest) ? NamedAccount.sink(rest) : nil
        case "escrow": return escrows.contains(rest) ? NamedAccount.escrow(rest) : nil
        case "player":
            return (1...EconomyLimits.playerNameBytesMax).contains(rest.utf8.count) ? NamedAccount.player(rest) : nil
        default: return nil
        }
    }

    /// The name of a house account, like `faucet:shop`; nil for any other.
    public func houseName(_ account: Address) -> String? {
        if account == NamedAccount.treasury { return "treasury" }
        if let name = faucets.first(where: { NamedAccount.faucet($0) == account }) { return "faucet:\(name)" }
        if let name = sinks.first(where: { NamedAccount.sink($0) == account }) { return "sink:\(name)" }
        return escrows.first { NamedAccount.escrow($0) == account }.map { "escrow:\($0)" }
    }

    /// The accounts that a name stands for, `faucet:*`, `sink:*` and `escrow:*` for all of a kind; nil for an unknown one.
    func accounts(matching name: String) -> [Address]? {
        switch name {
        case "faucet:*": faucets.map(NamedAccount.faucet)
        case "sink:*": sinks.map(NamedAccount.sink)
        case "escrow:*": escrows.map(NamedAccount.escrow)
        default: account(named: name).map { [$0] }
        }
    }
}
