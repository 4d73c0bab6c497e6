/// Which column or key of a studio's own rows is which field of an event: a small JSON file, so that no code is needed.
public struct TableMapping: Sendable, Equatable {
    /// One field of the events.
    public struct Source: Sendable, Equatable {
        /// The column or key, `a.b` for a key within one; nil for a value that is the same in all rows.
        public var column: String?
        public var value: String?
        /// What the column's number is multiplied by; money by the scale of all money where there is none of its own.
        public var scale: Int64?
        /// For `t`: `s`, `ms`, `text`, or `dmy` and `mdy` for what comes first in `05/06/2024`.
        public var unit: String?
        /// For `kind`: what the words of the column mean.
        public var words: [String: MatchEventKind] = [:]

        /// A column as it stands.
        public init(column: String? = nil, value: String? = nil) {
            self.column = column
            self.value = value
        }
    }

    /// The name of the match; that of the content's hash when nil.
    public var match: String?
    /// Where the list of rows is in a document, `data.sales`; the nearest list when nil.
    public var rows: String?
    public var fields: [String: Source]
    /// What the money of the rows is multiplied by to become whole.
    public var scale: Int64
    /// The words for currencies in the rows, the main one first.
    public var currencies: [String]
    /// Whether what a row uses is given where the rows before it do not say where it came from.
    public var provides = true

    /// A mapping made in place.
    public init(fields: [String: Source], scale: Int64 = 1, currencies: [String] = []) {
        self.fields = fields
        self.scale = scale
        self.currencies = currencies
    }

    static let names = ["t", "kind", "actor", "counterparty", "item", "quantity", "unitPrice", "amount", "currency", "fee"]

    /// Reads a mapping from a file.
    public init(path: String) throws(ImportError) {
        let source = try MatchSource(path: path)
        guard let root = source.object, case .object = root.node.value else {
            throw ImportError(
                file: path, problem: "is no mapping",
                remedy: "it is one JSON object, {\"kind\": {\"value\": \"trade\"}, \"t\": {\"column\": \"sold_at\"}, \"item\": \"sku\", ...}")
        }
        match = try root.optionalText("match")
        rows = try root.optionalText("rows")
        scale = try root.optionalInteger("scale") ?? 1
        provides = root.node["provides"]?.value != .boolean(false)
        currencies = []
        fields = [:]
        guard (1...1_000_000).contains(scale) else { throw root.error("scale is \(scale)", "it is 1 to 1,000,000") }
        for name in try root.optional("currencies")?.elements() ?? [] { currencies.append(name.node.text ?? "") }
        let others: Set = ["match", "rows", "scale", "currencies", "provides"]
        for child in root.children where !others.contains(child.key) {
            guard Self.names.contains(child.key) else {
                throw child.reader.error(
                    "the field \"\(child.key)\" is unknown", "fields are \(Self.names.joined(separator: ", "))")
            }
            fields[child.key] = try Self.source(child.reader)
        }
        guard fields["item"] != nil || fields["amount"] != nil else {
            throw root.error("maps neither item nor amount", "an event moves one of them")
        }
    }

    private static func source(_ reader: JSONReader) throws(ImportError) -> Source {
        if let text = reader.node.text { return Source(column: text) }
        guard case .object = reader.node.value else {
            throw reader.error("is \(reader.node.description)", "the name of a column, or {\"column\": ..., \"scale\": ...}")
        }
        var source = Source(column: try reader.optionalText("column"), value: try reader.optionalText("value"))
        source.scale = try reader.optionalInteger("scale")
        if let scale = source.scale, !(1...1_000_000).contains(scale) {
            throw reader.error("scale is \(scale)", "it is 1 to 1,000,000")
        }
        source.unit = try reader.optionalText("unit")
        if let unit = source.unit, !["s", "ms", "text", "dmy", "mdy"].contains(unit) {
            throw reader.error("the unit is \"\(unit)\"", "s, ms, text, dmy or mdy")
        }
        for word in reader.optional("words")?.children ?? [] {
            guard let text = word.reader.node.text, let kind = MatchEventKind(rawValue: text) else {
                throw word.reader.error(
                    "is \(word.reader.node.description)",
                    "one of \(MatchEventKind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            source.words[word.key] = kind
        }
        guard source.column != nil || source.value != nil else {
            throw reader.error("names neither column nor value", "one of them")
        }
        return source
    }
}
