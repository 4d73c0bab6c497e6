public import EVM

/// A call that reads and changes nothing.
public struct ViewRequest: Sendable, Equatable {
    /// The contract.
    public var to: Address
    /// The call.
    public var data: [UInt8]
}

/// What an account has of an asset.
public struct BalanceView: Sendable, Equatable {
    /// The signed balance, or the nearest 64-bit number.
    public var amount: Int64
    /// How far below zero it may go.
    public var credit: UInt64
}

/// A page of what an account holds.
public struct InventoryView: Sendable, Equatable {
    /// Items with their amounts, by asset; unique ones in the order in which the contract lists them.
    public var lines: [AssetLine]
    /// Where the next page starts; 0 when there is none.
    public var next: UInt64
}

/// An offer as it stands now.
public struct OfferView: Sendable, Equatable {
    /// Whether it is on sale, its window apart.
    public var isActive: Bool
    /// How often one player may take it; 0 for no cap.
    public var capPerPlayer: UInt64
    /// How often it may be taken in all; `UInt64.max` for no limit.
    public var stock: UInt64
    /// First second of sale; 0 for at once.
    public var opens: UInt64
    /// First second off sale again; 0 for no end.
    public var closes: UInt64
    /// How often it was taken; not counted where the stock has no limit.
    public var sold: UInt64
    /// What it costs.
    public var costs: [AssetLine]
    /// What the buyer gets.
    public var results: [AssetLine]
}

/// Where the questions go, and how the answers are read.
struct GameQueries: Sendable {
    /// The contracts of currency 1, 2, ...
    let currencies: [Address]
    /// The contract of the items.
    let items: Address
    /// The contract of the shop.
    let shop: Address

    private static let coinBalance = ABIEncoder.selector("signedBalanceOf(address)")
    private static let itemBalance = ABIEncoder.selector("signedBalanceOf(address,uint256)")
    private static let inventory = ABIEncoder.selector("inventory(address,uint256,uint256)")
    private static let offer = ABIEncoder.selector("offerOf(uint256)")

    func balance(_ account: Address, _ asset: UInt64) -> ViewRequest? {
        if asset >= Catalog.firstItem {
            return ViewRequest(
                to: items, data: Self.itemBalance + ABIEncoder.encode([.address(account), .number(asset)]))
        }
        guard asset >= 1, asset <= UInt64(currencies.count) else { return nil }
        return ViewRequest(
            to: currencies[Int(asset) - 1], data: Self.coinBalance + ABIEncoder.encode([.address(account)]))
    }

    func inventory(_ account: Address, from asset: UInt64, limit: UInt64) -> ViewRequest {
        let page = min(max(limit, 1), EconomyLimits.inventoryPageMax)
        return ViewRequest(
            to: items,
            data: Self.inventory + ABIEncoder.encode([.address(account), .number(asset), .number(page)]))
    }

    func offer(_ offer: UInt64) -> ViewRequest {
        ViewRequest(to: shop, data: Self.offer + ABIEncoder.encode([.number(offer)]))
    }

    static func decodeBalance(_ output: [UInt8]) -> BalanceView? {
        let reader = ABIReader(bytes: output)
        guard let amount = reader.word(0) else { return nil }
        return BalanceView(amount: clamped(amount), credit: reader.word(1)?.clampedToUInt64 ?? 0)
    }

    static func decodeInventory(_ output: [UInt8]) -> InventoryView? {
        let reader = ABIReader(bytes: output)
        guard let assets = reader.list(at: 0), let amounts = reader.list(at: 1), let next = reader.word(2),
            assets.count == amounts.count
        else { return nil }
        let lines = zip(assets, amounts).map { AssetLine(asset: $0.clampedToUInt64, amount: $1.clampedToUInt64) }
        return InventoryView(lines: lines, next: next.clampedToUInt64)
    }

    /// The offer, or nil where there is none.
    static func decodeOffer(_ output: [UInt8]) -> OfferView? {
        let reader = ABIReader(bytes: output)
        let words = (0..<16).map { reader.word($0) ?? .zero }
        guard output.count == 16 * 32, !words[0].isZero else { return nil }
        func lines(_ range: Range<Int>) -> [AssetLine] {
            words[range].filter { !$0.isZero }.map { AssetLine(asset: $0.l2, amount: $0.l0) }
        }
        return OfferView(
            isActive: !words[1].isZero, capPerPlayer: words[2].l0, stock: words[3].l0, opens: words[4].l0,
            closes: words[5].l0, sold: words[6].l0, costs: lines(8..<12), results: lines(12..<16))
    }

    /// The nearest 64-bit number of a signed word.
    static func clamped(_ word: U256) -> Int64 {
        if word.isNegative {
            return word.l1 & word.l2 & word.l3 == .max && Int64(bitPattern: word.l0) < 0
                ? Int64(bitPattern: word.l0) : .min
        }
        return word.fitsUInt64 && word.l0 <= UInt64(Int64.max) ? Int64(word.l0) : .max
    }
}
