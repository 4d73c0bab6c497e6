/// Reads rows of completed sales, or of anything that a mapping explains: CSV, JSON Lines, or a list in a JSON document.
public struct TableImporter: MatchImporter {
    public let format = "table"
    public let looksFor =
        "rows with an item and a price (item, price, time, buyer, seller, quantity), or any rows with --mapping FILE"

    /// How columns of sales are called where no mapping says it.
    private static let spellings: [(field: String, names: [String])] = [
        ("item", ["item", "item_name", "item_id", "market_hash_name", "sku", "product", "asset", "name"]),
        ("unitPrice", ["unit_price", "price", "sale_price", "sold_price", "price_each"]),
        ("amount", ["total", "total_price", "paid"]),
        ("t", ["t", "time", "timestamp", "date", "sold_at", "created_at", "time_sold", "when"]),
        ("actor", ["seller", "seller_id", "from", "vendor"]),
        ("counterparty", ["buyer", "buyer_id", "to", "customer", "player", "player_id", "user", "user_id"]),
        ("quantity", ["quantity", "qty", "count", "volume"]),
        ("fee", ["fee", "commission"]),
        ("currency", ["currency"]),
    ]

    /// An importer of rows.
    public init() {}

    /// Whether a mapping was given, or the rows have an item, a price, and a time or a party.
    public func recognises(_ source: MatchSource) -> Bool {
        if source.mapping != nil { return true }
        if case .other = source.content {
            return (try? CSVTable.rows(source.bytes, countMax: 1).first).map(Self.isSale) ?? false
        }
        if source.hasEntry(where: Self.isSale) { return true }
        return source.root.flatMap { TableShapes.rows($0.node)?.first }.map(Self.isSale) ?? false
    }

    /// Whether a row says what was sold for how much, and when or by whom.
    private static func isSale(_ row: JSONNode) -> Bool {
        let fields = fields(of: row)
        return fields["item"] != nil && (fields["unitPrice"] ?? fields["amount"]) != nil
            && (fields["t"] ?? fields["actor"] ?? fields["counterparty"]) != nil
    }

    /// The rows as events by the mapping, or by the usual names of columns.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        let rows = try Self.rows(source, at: source.mapping?.rows)
        let mapping: TableMapping
        if let given = source.mapping {
            mapping = given
            try Self.checkColumns(given, rows, source.file)
        } else {
            guard !rows.isEmpty else { throw ImportError(file: source.file, problem: "has no rows") }
            let fields = Self.fields(of: Self.together(rows))
            mapping = TableMapping(fields: fields, scale: Self.hasFractions(rows, fields) ? 100 : 1)
        }
        var reading = TableReading(mapping: mapping, prices: prices)
        return try reading.match(rows, name: mapping.match ?? "table-" + source.contentName, format: format)
    }

    /// A column that no row has is a slip of the pen.
    private static func checkColumns(_ mapping: TableMapping, _ rows: [JSONReader], _ file: String) throws(ImportError) {
        for (field, source) in mapping.fields.sorted(by: { $0.key < $1.key }) {
            guard let column = source.column, !rows.isEmpty, !rows.contains(where: { $0.cell(column) != nil }) else { continue }
            let known = rows[0].children.map(\.key).prefix(20).joined(separator: ", ")
            throw ImportError(
                file: file, problem: "no row has the column \"\(column)\", which the mapping names for \(field)",
                remedy: known.isEmpty ? "" : "the first row has \(known)")
        }
    }

    private static func rows(_ source: MatchSource, at path: String?) throws(ImportError) -> [JSONReader] {
        if case .other(let fault) = source.content {
            do throws(CSVTable.Fault) {
                return try CSVTable.rows(source.bytes).map { JSONReader($0, file: source.file) }
            } catch {
                let isJSON = [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(source.bytes.first { $0 > 0x20 && $0 < 0x80 })
                throw ImportError(
                    file: source.file, line: isJSON ? fault.line : error.line,
                    problem: isJSON ? "column \(fault.column): \(fault.message)" : error.problem, remedy: isJSON ? "" : error.remedy)
            }
        }
        guard let path, let root = source.root else {
            let isRow = source.mapping == nil ? isSale : MatchSource.isObject
            let rows = try source.entries(where: isRow)
            guard let root = source.root, rows.count <= 1, let shaped = TableShapes.rows(root.node) else { return rows }
            return shaped.map { JSONReader($0, file: source.file) }
        }
        var place = root
        for key in path.split(separator: ".") where key != "$" {
            place = try place.required(String(key), "the mapping says that the rows are at \(path)")
        }
        return place.children.map(\.reader)
    }

    private static func fields(of row: JSONNode) -> [String: TableMapping.Source] {
        var fields: [String: TableMapping.Source] = [:]
        for (field, names) in spellings {
            guard let name = names.first(where: { row.loosely($0)?.isNull == false }) ?? names.first(where: { row.loosely($0) != nil })
            else { continue }
            var column = name
            if let inner = row.loosely(name), MatchSource.isObject(inner) {
                // `"seller": {"id": 7}`, `"price": {"amount": 3}`.
                let keys = ["name", "id", "amount", "value", "currency", "code"]
                guard let key = keys.first(where: { inner.loosely($0) != nil }) else { continue }
                column += "." + key
            }
            fields[field] = TableMapping.Source(column: column)
        }
        return fields
    }

    /// One row with the keys of all: what the first row leaves out, a later one may say.
    private static func together(_ rows: [JSONReader]) -> JSONNode {
        var members: [JSONNode.Member] = []
        var places: [String: Int] = [:]
        for row in rows {
            for member in row.node.members {
                if let place = places[member.key] {
                    if members[place].node.isNull { members[place] = member }
                } else {
                    places[member.key] = members.count
                    members.append(member)
                }
            }
        }
        return JSONNode(value: .object(members), line: 1)
    }

    private static func hasFractions(_ rows: [JSONReader], _ fields: [String: TableMapping.Source]) -> Bool {
        let columns = ["unitPrice", "amount", "fee"].compactMap { fields[$0]?.column }
        return rows.contains { row in
            columns.contains { column in
                guard let node = row.cell(column)?.node else { return false }
                guard let number = node.decimal ?? node.text.flatMap(WrittenNumber.plain).flatMap(Double.init) else { return false }
                return number != number.rounded()
            }
        }
    }
}

/// Turns rows into events.
struct TableReading {
    /// Whoever is not named: the game's own store, and a customer.
    static let store = "store"
    static let customer = "customer"

    private let mapping: TableMapping
    private let prices: PriceTable?
    private var builder = MatchBuilder()
    private var renamed: [String: String] = [:]
    /// In times like 05/06/2024; nil where the rows do not tell.
    private var dayFirst: Bool?

    init(mapping: TableMapping, prices: PriceTable?) {
        self.mapping = mapping
        self.prices = prices
    }

    /// The whole match.
    mutating func match(_ rows: [JSONReader], name: String, format: String) throws(ImportError) -> Match {
        var match = Match(name: String(name.prefix(40)), format: format, events: [])
        match.scale = mapping.scale
        match.currencies = mapping.currencies
        match.recordedCount = rows.count
        if let column = mapping.fields["t"]?.column {
            dayFirst = WrittenTime.dayFirst(rows.lazy.compactMap { $0.cell(column)?.node.text })
        }
        var times: [Int64] = []
        for (index, row) in rows.enumerated() { times.append(try time(row) ?? Int64(index)) }
        // Times of the wall count from the first row.
        let first = times.min() ?? 0
        let start = abs(first) > 100_000_000_000 || (times.max() ?? 0) - first > 100_000_000_000 ? first : min(first, 0)
        let order = rows.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        for index in order {
            guard times[index] - start <= JSONReader.times.upperBound else {
                throw rows[index].error("is more than 31 years after the first row", "check the column of the time")
            }
            if let reason = try take(rows[index], at: times[index] - start, &match) { match.leaveOut(reason) }
        }
        match.events = builder.ordered()
        if match.events.isEmpty, let row = rows.first {
            let reasons = match.leftOut.map { "\($0.count) x \($0.reason)" }.joined(separator: ", ")
            throw row.error("no row became an event: \(reasons)", "check which column is which, or explain them by --mapping FILE")
        }
        CanonicalPrices.fill(&match, table: prices)
        if mapping.scale != 1 { match.notes.append("amounts are in parts of \(mapping.scale)") }
        if !renamed.isEmpty { match.notes.append("\(renamed.count) parties have long names: they are named by a hash") }
        if builder.giftCount > 0 {
            match.notes.append("\(builder.giftCount) times a party used what no row before says it has: given then")
        }
        return match
    }

    /// Adds the event of a row, or says why there is none.
    private mutating func take(_ row: JSONReader, at time: Int64, _ match: inout Match) throws(ImportError) -> String? {
        let kind = try kind(row)
        guard let kind else { return "a kind that the mapping does not know" }
        let item = try text("item", row)
        let quantity = try number("quantity", row, money: false) ?? 1
        if quantity <= 0 { return "a quantity of \(quantity)" }
        let unitPrice = try number("unitPrice", row, money: true)
        var amount = try number("amount", row, money: true)
        if [unitPrice, amount].contains(where: { $0 ?? 0 < 0 }) { return "a price below zero" }
        if amount == nil, let unitPrice {
            let (product, overflow) = unitPrice.multipliedReportingOverflow(by: quantity)
            if overflow { throw row.error("\(quantity) at \(unitPrice) do not fit into 63 bits") }
            amount = product
        }
        if kind == .trade, mapping.fields["item"] != nil, item == nil { return "without an item" }
        if kind == .trade, amount == nil, (mapping.fields["unitPrice"] ?? mapping.fields["amount"]) != nil { return "without a price" }
        let named = try text("actor", row)
        var actor = slot(named ?? (kind == .trade ? Self.store : Self.customer))
        var counterparty: String?
        if let other = try text("counterparty", row) { counterparty = slot(other) }
        if kind == .trade, counterparty == nil { counterparty = Self.customer }
        if ![.trade, .transfer, .tribute].contains(kind), named == nil, let other = counterparty {
            (actor, counterparty) = (other, nil)
        }
        if actor == counterparty { return "both parties are the same" }
        let currency = try text("currency", row)
        if let currency, !match.currencies.contains(currency), currency != "gold", currency != "gems" {
            match.currencies.append(currency)
        }
        let fee = try number("fee", row, money: true)
        provide(kind, actor, counterparty, item, quantity, (amount ?? 0) + (kind == .purchase ? fee ?? 0 : 0), currency, time)
        var event = MatchEvent(timeMilliseconds: time, kind: kind, actor: actor)
        event.counterparty = counterparty
        event.item = item
        event.quantity = item == nil ? nil : quantity
        event.unitPrice = unitPrice
        event.amount = amount
        event.currency = currency
        event.fee = fee
        if let problem = EventRules.problem(of: event) { throw row.error(problem.wrong, problem.right) }
        builder.add(time, kind, actor) { added in
            let sequence = added.sequence
            added = event
            added.sequence = sequence
        }
        return nil
    }

    /// Gives what the row uses and keeps the books for the rows after it.
    private mutating func provide(
        _ kind: MatchEventKind, _ actor: String, _ counterparty: String?, _ item: String?, _ quantity: Int64,
        _ amount: Int64, _ currency: String?, _ time: Int64
    ) {
        guard mapping.provides else { return }
        let thing = item.map { "item " + $0 } ?? ""
        switch kind {
        case .trade:
            builder.provide(quantity, to: actor, at: time, item: item)
            builder.provide(amount, to: counterparty ?? "", at: time, currency: currency)
            builder.note(actor, thing, -quantity)
            builder.note(counterparty ?? "", thing, quantity)
            builder.note(counterparty ?? "", currency ?? "", -amount)
            // What the treasury keeps is not known here; the seller is taken to have nothing of it.
        case .purchase:
            builder.provide(amount, to: actor, at: time, currency: currency)
            builder.note(actor, currency ?? "", -amount)
            builder.note(actor, thing, quantity)
        case .sell:
            builder.provide(quantity, to: actor, at: time, item: item)
            builder.note(actor, thing, -quantity)
            builder.note(actor, currency ?? "", amount)
        case .reward:
            builder.note(actor, item == nil ? currency ?? "" : thing, item == nil ? amount : quantity)
        case .charge:
            builder.provide(amount, to: actor, at: time, currency: currency)
            builder.note(actor, currency ?? "", -amount)
        case .transfer where actor != slotOfTheGame:
            if item == nil {
                builder.provide(amount, to: actor, at: time, currency: currency)
                builder.note(actor, currency ?? "", -amount)
            } else {
                builder.provide(quantity, to: actor, at: time, item: item)
                builder.note(actor, thing, -quantity)
            }
        default: break
        }
    }

    // MARK: Fields

    private func kind(_ row: JSONReader) throws(ImportError) -> MatchEventKind? {
        guard let source = mapping.fields["kind"] else { return .trade }
        guard let word = try text("kind", row) else { return nil }
        return source.words[word] ?? MatchEventKind(rawValue: word)
    }

    private func cell(_ field: String, _ row: JSONReader) -> JSONReader? {
        mapping.fields[field]?.column.flatMap { row.cell($0) }
    }

    private func text(_ field: String, _ row: JSONReader) throws(ImportError) -> String? {
        if let value = mapping.fields[field]?.value { return value }
        guard let cell = cell(field, row) else { return nil }
        switch cell.node.value {
        case .text(let text): return text.isEmpty ? nil : text
        case .integer(let number): return "\(number)"
        default: throw cell.error("is \(cell.node.description)", "a text or number is needed for \(field)")
        }
    }

    private func number(_ field: String, _ row: JSONReader, money: Bool) throws(ImportError) -> Int64? {
        let scale = mapping.fields[field]?.scale ?? (money ? mapping.scale : 1)
        if let value = mapping.fields[field]?.value {
            guard let number = Double(value), abs(number) < 1e12 else {
                throw row.error("the mapping's value of \(field) is \"\(value)\"", "a number")
            }
            return Int64((number * Double(scale)).rounded())
        }
        guard let cell = cell(field, row) else { return nil }
        if let text = cell.node.text, let plain = WrittenNumber.plain(text) {
            return try JSONReader(JSONNode(value: .text(plain), line: cell.node.line), file: cell.file, path: cell.path).scaled(scale)
        }
        return try cell.scaled(scale)
    }

    private func time(_ row: JSONReader) throws(ImportError) -> Int64? {
        guard let cell = cell("t", row) else { return nil }
        let unit = mapping.fields["t"]?.unit
        if unit != "text", let number = cell.node.decimal {
            // Seconds since 1970 have ten digits, milliseconds thirteen.
            let isSeconds = unit == "s" || unit == nil && abs(number) < 100_000_000_000 && abs(number) > 100_000_000
            guard abs(number) < 1e14 else { throw cell.error("is \(cell.node.description)", "a time") }
            return Int64(isSeconds ? number * 1_000 : number)
        }
        let isDayFirst = ["dmy": true, "mdy": false][unit ?? ""] ?? dayFirst
        if let text = cell.node.text, let time = WrittenTime.milliseconds(text, dayFirst: isDayFirst) { return time }
        let isOpen = isDayFirst == nil && cell.node.text.flatMap { WrittenTime.milliseconds($0, dayFirst: true) } != nil
        throw cell.error(
            "is \(cell.node.description)",
            isOpen
                ? "day or month first? Write 2024-05-01T12:34:56Z, or let a mapping say {\"t\": {\"column\": ..., \"unit\": \"dmy\"}} or \"mdy\""
                : "a time: a number, or 2024-05-01T12:34:56Z")
    }

    /// A party as a slot: long names become a hash.
    private mutating func slot(_ name: String) -> String {
        guard name.utf8.count > CanonicalImporter.slotBytesMax else { return name }
        if let known = renamed[name] { return known }
        let short = String(SlotHash.hex(name).prefix(20))
        renamed[name] = short
        return short
    }
}

extension JSONReader {
    /// What a row has in a column: a key, or `a.b` for a key within one.
    fileprivate func cell(_ column: String) -> JSONReader? {
        if let found = optional(column) { return found }
        guard column.contains(".") else { return nil }
        var place: JSONReader? = self
        for key in column.split(separator: ".") { place = place?.optional(String(key)) }
        return place
    }
}
