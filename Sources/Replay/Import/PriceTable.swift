/// What items cost, what they are made of, and what the shop pays for them, at one patch of a game.
public struct PriceTable: Sendable, Equatable {
    /// One item of the table.
    public struct Item: Sendable, Equatable {
        public var name: String
        /// The price with everything it is made of; nil when the table has none.
        public var total: Int64?
        /// What the shop pays for it; nil when the table has no figure.
        public var sell: Int64?
        /// What it is made of, once for each piece.
        public var from: [String]
        /// What it can become a part of.
        public var into: [String]
        /// Its number, where the table is by names.
        public var number: Int64?

        /// An item with its figures.
        public init(name: String, total: Int64?, sell: Int64? = nil, from: [String] = [], into: [String] = []) {
            self.name = name
            self.total = total
            self.sell = sell
            self.from = from
            self.into = into
        }
    }

    /// By the item's number or name, as the record writes it.
    public var items: [String: Item]
    /// The file it came from, for messages.
    public var file: String

    /// A table made in place.
    public init(items: [String: Item], file: String = "") {
        self.items = items
        self.file = file
    }

    /// Reads a table from a file.
    public init(path: String) throws(ImportError) {
        try self.init(MatchSource(path: path))
    }

    /// Reads a table: an object by item, each with `gold {total, sell}` or `cost` or `price` and `sell`; a Data
    /// Dragon file with its `data` around it too.
    public init(_ source: MatchSource) throws(ImportError) {
        guard let root = source.root else {
            if case .other(let fault) = source.content {
                throw ImportError(
                    file: source.file, line: fault.line, problem: "column \(fault.column): \(fault.message)",
                    remedy: "a price table is one JSON object, item by item")
            }
            throw ImportError(
                file: source.file, problem: "is JSON Lines", remedy: "a price table is one JSON object, item by item")
        }
        let table = root.optional("data") ?? root
        guard case .object(let members) = table.node.value, !members.isEmpty else {
            throw table.error("is \(table.node.description)", "a price table is an object with one key for each item")
        }
        var items: [String: Item] = [:]
        for member in members {
            let reader = JSONReader(member.node, file: source.file, path: "\(table.path).\(member.key)")
            guard case .object = member.node.value else {
                throw reader.error(
                    "is \(member.node.description)",
                    "an item is an object like {\"gold\": {\"total\": 300, \"sell\": 210}}")
            }
            items[member.key] = try Self.item(reader, key: member.key)
        }
        self.items = items
        file = source.file
    }

    private static func item(_ reader: JSONReader, key: String) throws(ImportError) -> Item {
        let gold = reader.optional("gold")
        let holder = gold ?? reader
        var item = Item(name: key, total: nil)
        for nameKey in ["dname", "name"] {
            if let name = try reader.optionalText(nameKey) { item.name = name }
        }
        for priceKey in gold == nil ? ["price", "cost"] : ["total"] {
            if let price = try holder.optionalInteger(priceKey) { item.total = price }
        }
        item.sell = try holder.optionalInteger("sell")
        for price in [item.total, item.sell].compactMap({ $0 })
        where !(0...JSONReader.purses.upperBound).contains(price) {
            throw reader.error("has the price \(price)", "a price is 0 to \(JSONReader.purses.upperBound)")
        }
        item.number = try reader.optionalInteger("id")
        item.from = try names(reader.optional("from") ?? reader.optional("components"))
        item.into = try names(reader.optional("into"))
        return item
    }

    private static func names(_ reader: JSONReader?) throws(ImportError) -> [String] {
        guard let reader else { return [] }
        var names: [String] = []
        for element in try reader.elements() {
            guard let name = element.node.text ?? element.node.integer.map({ "\($0)" }) else {
                throw element.error("is \(element.node.description)", "an item's number or name is needed")
            }
            names.append(name)
        }
        return names
    }
}
