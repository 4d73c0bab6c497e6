/// Reads snapshots of an order book: the best bid and ask of each item with their volumes, as the Steam market has them.
public struct OrderBookImporter: MatchImporter {
    public let format = "order-book"
    public let looksFor = "items with \"bid\" and \"ask\", or with \"bids\" and \"asks\", or orders with a price and a side"

    /// The slots of those who offer and of those who ask; the record names nobody.
    static let sellers = "sellers"
    static let buyers = "buyers"
    /// Prices are written in whole coins with two decimals.
    static let scale: Int64 = 100

    private static let bidKeys = ["bid", "best_bid", "highest_buy_order", "buy_price"]
    private static let askKeys = ["ask", "best_ask", "lowest_sell_order", "sell_price"]

    /// An importer of order books.
    public init() {}

    /// Whether there are items with both prices, with levels on both sides, or orders that name their side.
    public func recognises(_ source: MatchSource) -> Bool {
        do {
            return try !Self.items(source, isGlance: true).isEmpty
        } catch {
            // It is one, with a fault that reading will name.
            return true
        }
    }

    /// Orders for one item; prices in hundredths.
    private struct Item {
        let name: String
        var bids: [(price: Int64, volume: Int64)] = []
        var asks: [(price: Int64, volume: Int64)] = []
    }

    /// Every order stands: what is offered is given to the sellers, what is bid to the buyers; orders that cross trade.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        var builder = MatchBuilder()
        var match = Match(name: "book-" + source.contentName, format: format, events: [])
        match.scale = Self.scale
        var crossings = 0
        for item in try Self.items(source, isGlance: false) {
            guard let item else {
                match.leaveOut("an entry without bid and ask")
                continue
            }
            if item.bids.isEmpty, item.asks.isEmpty { match.leaveOut("an item that nobody bids for or offers") }
            if Self.tell(item, &builder) { crossings += 1 }
        }
        match.events = builder.ordered()
        match.notes = [
            "prices are in hundredths; what is offered is given to the slot \"\(Self.sellers)\", what is bid for to \"\(Self.buyers)\"",
            "\(crossings) items have a bid that reaches the ask: they trade at the ask",
        ]
        return match
    }

    /// The events of one item, and whether its orders cross.
    private static func tell(_ item: Item, _ builder: inout MatchBuilder) -> Bool {
        let bids = item.bids.enumerated().sorted { (-$0.element.price, $0.offset) < (-$1.element.price, $1.offset) }.map(\.element)
        let asks = item.asks.enumerated().sorted { ($0.element.price, $0.offset) < ($1.element.price, $1.offset) }.map(\.element)
        if let price = asks.first?.price ?? bids.first?.price {
            builder.add(0, .price, slotOfTheGame) {
                $0.item = item.name
                $0.unitPrice = price
                $0.amount = bids.first?.price
            }
        }
        let offered = asks.reduce(0) { $0 + $1.volume }
        if offered > 0 {
            builder.add(0, .reward, sellers) {
                $0.item = item.name
                $0.quantity = offered
                $0.source = "ask"
            }
            builder.add(0, .snapshot, sellers) {
                $0.item = item.name
                $0.amount = offered
            }
        }
        for bid in bids where bid.volume > 0 { builder.income(bid.price * bid.volume, to: buyers, at: 0, source: "bid") }
        var (open, place) = (asks.map(\.volume), 0)
        var crosses = false
        for bid in bids {
            var wanted = bid.volume
            while place < asks.count, asks[place].price <= bid.price, wanted > 0 {
                let count = min(wanted, open[place])
                wanted -= count
                open[place] -= count
                if count > 0 {
                    crosses = true
                    builder.add(1, .trade, sellers) {
                        $0.counterparty = buyers
                        $0.item = item.name
                        $0.quantity = count
                        $0.amount = asks[place].price * count
                        $0.fee = 0
                    }
                }
                if open[place] <= 0 { place += 1 }
            }
        }
        return crosses
    }

    // MARK: Shapes

    /// The items of the record, nil for an entry that is none; for a glance those of the first entries.
    private static func items(_ source: MatchSource, isGlance: Bool) throws(ImportError) -> [Item?] {
        func isEntry(_ node: JSONNode) -> Bool {
            let reader = JSONReader(node, file: source.file)
            return isItem(reader) || isOrder(reader)
        }
        var entries: [(key: String, reader: JSONReader)] = []
        if case .other = source.content {
            let rows = (try? CSVTable.rows(source.bytes, countMax: isGlance ? 5 : .max)) ?? []
            entries = rows.enumerated().map { ("\($0)", JSONReader($1, file: source.file)) }
        } else if let located = source.root.flatMap(locate) {
            entries = located.children
        } else if source.hasEntry(where: isEntry) {
            entries = try source.entries(where: isEntry).enumerated().map { ("\($0)", $1) }
        }
        guard entries.contains(where: { isEntry($0.reader.node) }) else { return [] }
        if isGlance { entries = Array(entries.prefix(200)) }
        if !entries.contains(where: { isItem($0.reader) }) { return try byItem(entries.map(\.reader)) }
        var items: [Item?] = []
        for (key, reader) in entries { items.append(try isItem(reader) ? item(reader, key: key) : nil) }
        return items
    }

    private static func item(_ reader: JSONReader, key: String) throws(ImportError) -> Item {
        var item = Item(name: try reader.optionalText(anyOf: ["name", "item", "symbol", "market_hash_name"]) ?? key)
        if let bids = reader.optional("bids")?.node.elements, let asks = reader.optional("asks")?.node.elements {
            item.bids = try levels(bids, reader)
            item.asks = try levels(asks, reader)
            return item
        }
        item.bids = try level(reader, bidKeys, ["bid_volume", "buy_order_count"])
        item.asks = try level(reader, askKeys, ["ask_volume", "sell_order_count"])
        return item
    }

    /// `[[100.5, 2], ...]` or `[{"price": 100.5, "size": 2}, ...]`.
    private static func levels(_ nodes: [JSONNode], _ reader: JSONReader) throws(ImportError) -> [(price: Int64, volume: Int64)] {
        var levels: [(price: Int64, volume: Int64)] = []
        for node in nodes {
            var members = node.members
            if let pair = node.elements, pair.count >= 2 {
                members = [JSONNode.Member(key: "price", node: pair[0]), JSONNode.Member(key: "volume", node: pair[1])]
            }
            let level = JSONReader(JSONNode(value: .object(members), line: node.line), file: reader.file, path: reader.path + ".levels")
            levels += try self.level(level, ["price"], volumeKeys)
        }
        return levels
    }

    /// The order that an entry has under some keys; none where its price is -1 or 0.
    private static func level(
        _ reader: JSONReader, _ priceKeys: [String], _ volumeKeys: [String]
    ) throws(ImportError) -> [(price: Int64, volume: Int64)] {
        guard let price = try price(reader, priceKeys) else { return [] }
        let volume = try volume(reader, volumeKeys)
        guard price.multipliedFullWidth(by: volume).high == 0, price &* volume >= 0, price &* volume <= 10_000_000_000_000 else {
            throw reader.error("\(volume) at \(price) hundredths are too many", "an order is worth at most 10^11")
        }
        return [(price, volume)]
    }

    private static let volumeKeys = ["volume_remain", "volume", "quantity", "size", "amount", "qty", "count"]
    private static let nameKeys = ["item", "item_name", "name", "type_id", "item_id", "symbol", "market_hash_name"]

    /// Whether an entry is one order: a price, an item and its side.
    private static func isOrder(_ reader: JSONReader) -> Bool {
        reader.optional("price")?.node.decimal != nil && isBuying(reader) != nil && reader.optional(anyOf: nameKeys) != nil
    }

    /// Nil where the side is not told.
    private static func isBuying(_ reader: JSONReader) -> Bool? {
        if let flag = reader.optional(anyOf: ["is_buy_order", "is_buy", "is_bid"]) {
            if case .boolean(let isBuying) = flag.node.value { return isBuying }
            return ["true": true, "false": false, "1": true, "0": false][flag.node.text?.lowercased() ?? ""]
        }
        let side = reader.optional(anyOf: ["side", "order_type"])?.node.text?.lowercased()
        return ["buy": true, "bid": true, "sell": false, "ask": false][side ?? ""]
    }

    /// Orders put together by item, in the order of their first appearance.
    private static func byItem(_ orders: [JSONReader]) throws(ImportError) -> [Item?] {
        var items: [Item?] = []
        var places: [String: Int] = [:]
        for order in orders {
            guard let name = try order.optionalText(anyOf: nameKeys), let isBuying = isBuying(order),
                let level = try level(order, ["price"], volumeKeys).first
            else {
                items.append(nil)
                continue
            }
            let place = places[name] ?? items.count
            if place == items.count {
                places[name] = place
                items.append(Item(name: name))
            }
            if isBuying { items[place]?.bids.append(level) } else { items[place]?.asks.append(level) }
        }
        return items
    }

    private static func locate(_ root: JSONReader) -> JSONReader? {
        root.nearest { reader in
            let children = reader.children.prefix(5)
            return !children.isEmpty && children.contains { isItem($0.reader) }
        }
    }

    private static func isItem(_ reader: JSONReader) -> Bool {
        if reader.optional("bids")?.node.elements != nil, reader.optional("asks")?.node.elements != nil { return true }
        // One of the two may be empty.
        let sides = [bidKeys, askKeys].map { keys in keys.lazy.compactMap { reader.node.loosely($0) }.first }
        return sides.allSatisfy { $0.map { $0.isNull || $0.decimal != nil } ?? false } && sides.contains { $0?.decimal != nil }
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
