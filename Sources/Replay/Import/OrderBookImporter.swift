/// Reads snapshots of an order book: the best bid and ask of each item with their volumes, as the Steam market has them.
public struct OrderBookImporter: MatchImporter {
    public let format = "order-book"
    public let looksFor = "an object or list of items with \"bid\" and \"ask\""

    /// The slots of those who offer and of those who ask; the record names nobody.
    static let sellers = "sellers"
    static let buyers = "buyers"
    /// Prices are written in whole coins with two decimals.
    static let scale: Int64 = 100

    private static let bidKeys = ["bid", "best_bid", "highest_buy_order", "buy_price"]
    private static let askKeys = ["ask", "best_ask", "lowest_sell_order", "sell_price"]

    /// An importer of order books.
    public init() {}

    /// Whether there are items with both prices.
    public func recognises(_ source: MatchSource) -> Bool {
        if let root = source.root, Self.locate(root) != nil { return true }
        return source.firstEntries(5).contains { Self.isItem(JSONReader($0, file: source.file)) }
    }

    /// Every order stands: what is offered is given to the sellers, what is bid to the buyers; orders that cross trade.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        var builder = MatchBuilder()
        var match = Match(name: "book-" + source.contentName, format: format, events: [])
        match.scale = Self.scale
        var crossings = 0
        var items: [(key: String, reader: JSONReader)] = []
        if let root = source.root, let located = Self.locate(root) {
            items = located.children
        } else {
            items = try source.entries().enumerated().map { ("\($0)", $1) }
        }
        for (key, item) in items {
            guard Self.isItem(item) else {
                match.leaveOut("an entry without bid and ask")
                continue
            }
            let name = try item.optionalText(anyOf: ["name", "item"]) ?? key
            let bid = try Self.price(item, Self.bidKeys)
            let ask = try Self.price(item, Self.askKeys)
            if bid == nil, ask == nil { match.leaveOut("an item that nobody bids for or offers") }
            let wanted = bid == nil ? 0 : try Self.volume(item, ["bid_volume", "buy_order_count"])
            let offered = ask == nil ? 0 : try Self.volume(item, ["ask_volume", "sell_order_count"])
            if let price = ask ?? bid {
                builder.add(0, .price, slotOfTheGame) {
                    $0.item = name
                    $0.unitPrice = price
                    $0.amount = bid
                }
            }
            if offered > 0 {
                builder.add(0, .reward, Self.sellers) {
                    $0.item = name
                    $0.quantity = offered
                    $0.source = "ask"
                }
                builder.add(0, .snapshot, Self.sellers) {
                    $0.item = name
                    $0.amount = offered
                }
            }
            if let bid, wanted > 0 { builder.income(bid * wanted, to: Self.buyers, at: 0, source: "bid") }
            if let bid, let ask, bid >= ask, min(wanted, offered) > 0 {
                crossings += 1
                builder.add(1, .trade, Self.sellers) {
                    $0.counterparty = Self.buyers
                    $0.item = name
                    $0.quantity = min(wanted, offered)
                    $0.amount = ask * min(wanted, offered)
                    $0.fee = 0
                }
            }
        }
        match.events = builder.ordered()
        match.notes = [
            "prices are in hundredths; what is offered is given to the slot \"\(Self.sellers)\", what is bid for to \"\(Self.buyers)\"",
            "\(crossings) items have a bid that reaches the ask: they trade at the ask",
        ]
        return match
    }

    private static func locate(_ root: JSONReader) -> JSONReader? {
        root.nearest { reader in
            let children = reader.children.prefix(5)
            return !children.isEmpty && children.contains { isItem($0.reader) }
        }
    }

    private static func isItem(_ reader: JSONReader) -> Bool {
        reader.optional(anyOf: bidKeys)?.node.decimal != nil && reader.optional(anyOf: askKeys)?.node.decimal != nil
    }

    /// In hundredths; nil where there is no order, which is written as -1 or 0.
    private static func price(_ item: JSONReader, _ keys: [String]) throws(ImportError) -> Int64? {
        guard let reader = item.optional(anyOf: keys) else { return nil }
        let price = try reader.scaled(scale)
        return price > 0 ? price : nil
    }

    private static func volume(_ item: JSONReader, _ keys: [String]) throws(ImportError) -> Int64 {
        guard let reader = item.optional(anyOf: keys) else { return 1 }
        let volume = try reader.scaled(1)
        guard volume <= 1_000_000_000 else { throw reader.error("is \(volume)", "a volume is at most 10^9") }
        return max(0, volume)
    }
}
