/// Reads the canonical form itself: JSON Lines, one event a line, as docs/MATCHES.md describes it.
public struct CanonicalImporter: MatchImporter {
    public let format = "canonical"
    public let looksFor = "JSON Lines whose objects have a \"kind\""

    /// The name of a player is at most 64 bytes, so a match leaves room for the slots.
    static let matchNameBytesMax = 40
    static let slotBytesMax = 23
    static let keys: Set<String> = [
        "match", "seq", "t", "kind", "actor", "counterparty", "item", "quantity", "unitPrice", "amount", "currency",
        "fee", "ref", "source",
    ]

    /// An importer of the canonical form.
    public init() {}

    /// Whether the first line is an object with a kind, or the document a list of such objects.
    public func recognises(_ source: MatchSource) -> Bool {
        switch source.content {
        case .lines(let first): return first["kind"] != nil
        case .document(let node):
            return node.elements?.prefix(5).contains { entry in
                entry["kind"]?.text.map { $0 == "match" || MatchEventKind(rawValue: $0) != nil } ?? false
            } ?? false
        case .other: return false
        }
    }

    /// The match, its events by time and number.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        var reading = CanonicalReading(file: source.file, contentName: source.contentName, prices: prices)
        if let root = source.root {
            for element in try root.elements() { try reading.take(element) }
            return try reading.finish()
        }
        var start = 0
        var line = 1
        let bytes = source.bytes
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            if bytes[start..<end].contains(where: { $0 > 0x20 }) {
                var parser = JSONParser(bytes: bytes, from: start, to: end, line: line)
                let node: JSONNode
                do {
                    node = try parser.document()
                } catch {
                    throw ImportError(
                        file: source.file, line: line, problem: "column \(error.column): \(error.message)",
                        remedy: "each line is one JSON object")
                }
                try reading.take(JSONReader(node, file: source.file))
            }
            start = end + 1
            line += 1
            if line > MatchSource.entriesMax + 1 { throw MatchSource.tooMany(source.file) }
        }
        return try reading.finish()
    }
}

/// The state of reading canonical lines: what the header said, which numbers were used, which prices hold.
struct CanonicalReading {
    private let file: String
    /// The name of a match whose file says none.
    private let contentName: String
    private let prices: PriceTable?
    private var name: String?
    private var tolerance: Int64 = 0
    private var scale: Int64 = 1
    private var currencies: [String] = []
    private var notes: [String] = []
    private var events: [(event: MatchEvent, line: Int)] = []
    private var linesBySequence: [Int64: Int] = [:]

    init(file: String, contentName: String, prices: PriceTable?) {
        self.file = file
        self.contentName = contentName
        self.prices = prices
    }

    /// Reads one line.
    mutating func take(_ reader: JSONReader) throws(ImportError) {
        guard case .object = reader.node.value else {
            throw reader.error("is \(reader.node.description)", "each line is one JSON object")
        }
        guard let kind = try reader.optionalText("kind") else {
            throw reader.error("\"kind\" is missing", "it is one of \(Self.kinds)")
        }
        if let match = try reader.optionalText("match") { try setName(match, reader) }
        if kind == "match" {
            tolerance = try reader.optionalInteger("tolerance") ?? 0
            guard tolerance >= 0 else { throw reader.error("the tolerance is \(tolerance)", "it is 0 or more") }
            if let source = try reader.optionalText("source") { notes.append(source) }
            scale = try reader.optionalInteger("scale") ?? 1
            guard (1...1_000_000).contains(scale) else { throw reader.error("scale is \(scale)", "it is 1 to 1,000,000") }
            for currency in try reader.optional("currencies")?.elements() ?? [] {
                guard let name = currency.node.text, !name.isEmpty else {
                    throw currency.error("is \(currency.node.description)", "the name of a currency")
                }
                currencies.append(name)
            }
            return
        }
        guard let known = MatchEventKind(rawValue: kind) else {
            throw reader.error("the kind \"\(kind)\" is unknown", "it is one of \(Self.kinds)")
        }
        for member in reader.node.members where !CanonicalImporter.keys.contains(member.key) {
            throw reader.error(
                "the key \"\(member.key)\" is unknown",
                "the keys are \(CanonicalImporter.keys.sorted().joined(separator: ", "))")
        }
        let event = try self.event(known, reader)
        if let earlier = linesBySequence.updateValue(reader.node.line, forKey: event.sequence) {
            throw reader.error(
                "seq \(event.sequence) stands on line \(earlier) already", "each event has a number of its own")
        }
        events.append((event, reader.node.line))
    }

    /// The match in order, after the references were checked.
    func finish() throws(ImportError) -> Match {
        guard !events.isEmpty else { throw ImportError(file: file, problem: "has no events") }
        var ordered = events
        ordered.sort {
            ($0.event.timeMilliseconds, $0.event.sequence) < ($1.event.timeMilliseconds, $1.event.sequence)
        }
        for (event, line) in ordered {
            guard let reference = event.reference, linesBySequence[reference] == nil else { continue }
            throw ImportError(
                file: file, line: line, path: "$.ref", problem: "no event has the number \(reference)",
                remedy: "ref is the seq of another event of this file")
        }
        var match = Match(
            name: name ?? "match-" + contentName, format: "canonical", events: ordered.map(\.event),
            tolerance: tolerance, notes: notes)
        match.scale = scale
        match.currencies = currencies
        CanonicalPrices.fill(&match, table: prices)
        return match
    }

    static let kinds = (["match"] + MatchEventKind.allCases.map(\.rawValue)).joined(separator: ", ")

    private mutating func setName(_ match: String, _ reader: JSONReader) throws(ImportError) {
        guard !match.isEmpty, match.utf8.count <= CanonicalImporter.matchNameBytesMax else {
            throw reader.error(
                "the match's name has \(match.utf8.count) bytes", "it has 1 to \(CanonicalImporter.matchNameBytesMax)")
        }
        guard name == nil || name == match else {
            throw reader.error("the match is \"\(match)\", but \"\(name ?? "")\" before", "a file holds one match")
        }
        name = match
    }

    private func event(_ kind: MatchEventKind, _ reader: JSONReader) throws(ImportError) -> MatchEvent {
        var event = MatchEvent(
            timeMilliseconds: try reader.integer("t", in: JSONReader.times), kind: kind, actor: slotOfTheGame)
        event.sequence = try reader.optionalInteger("seq") ?? Int64(events.count)
        event.actor = try slot("actor", reader) ?? slotOfTheGame
        event.counterparty = try slot("counterparty", reader)
        event.item = try reader.optionalText("item")
        event.quantity = try number("quantity", reader)
        event.unitPrice = try number("unitPrice", reader)
        event.fee = try number("fee", reader)
        event.currency = try reader.optionalText("currency")
        event.reference = try reader.optionalInteger("ref")
        event.source = try reader.optionalText("source")
        // Only a balance can be below zero.
        event.amount = kind == .snapshot ? try reader.optionalInteger("amount") : try number("amount", reader)
        if let problem = EventRules.problem(of: event) { throw reader.error(problem.wrong, problem.right) }
        return event
    }

    private func slot(_ key: String, _ reader: JSONReader) throws(ImportError) -> String? {
        guard let slot = try reader.optionalText(key) else { return nil }
        guard !slot.isEmpty, slot.utf8.count <= CanonicalImporter.slotBytesMax else {
            throw reader.error(
                "\"\(key)\" has \(slot.utf8.count) bytes", "a slot has 1 to \(CanonicalImporter.slotBytesMax)")
        }
        return slot
    }

    private func number(_ key: String, _ reader: JSONReader) throws(ImportError) -> Int64? {
        guard let number = try reader.optionalInteger(key) else { return nil }
        guard number >= 0 else { throw reader.error("\"\(key)\" is \(number)", "it is 0 or more") }
        return number
    }
}
