/// What shall be different in a replayed economy: a small JSON file.
public struct EconomyChange: Sendable, Equatable {
    /// How a number changes.
    public enum Figure: Sendable, Equatable {
        case value(Int64)
        case factor(Double)

        /// The number after the change, never below zero.
        func of(_ number: Int64) -> Int64 {
            switch self {
            case .value(let value): value
            case .factor(let factor): Int64(max(0, min(9e18, (Double(number) * factor).rounded())))
            }
        }
    }

    /// Terms of an offer of the shop.
    public struct Offer: Sendable, Equatable {
        public var price: Figure?
        public var capPerPlayer: UInt32?
        public var stock: UInt64?
    }

    /// What the shop asks for an item; `*` for all that are not named.
    public var prices: [String: Figure] = [:]
    /// What the shop pays for an item.
    public var sellPrices: [String: Figure] = [:]
    /// Currency that is handed out, by source or kind; `*` for all.
    public var rewards: [String: Figure] = [:]
    /// Items that are handed out, by item; `*` for all.
    public var drops: [String: Figure] = [:]
    /// Fees in basis points: `trade` of trades and sales between players, `lots` of the shared market, `tribute`.
    public var fees: [String: Int64] = [:]
    /// How many of an item one player may buy at most; `*` for each item that is not named.
    public var caps: [String: Int64] = [:]
    /// Weights in tables of loot of a running world: by table, then by entry, counted from 1, or by its item; `*` for all.
    public var loot: [String: [String: Figure]] = [:]
    /// Offers of a running world by number; `*` for all.
    public var offers: [String: Offer] = [:]

    /// A change of nothing.
    public init() {}

    static let keys = ["prices", "sellPrices", "rewards", "drops", "fees", "caps", "loot", "offers"]

    /// Reads a change from a file.
    public init(path: String) throws(ImportError) {
        try self.init(MatchSource(path: path))
    }

    /// Reads a change.
    public init(_ source: MatchSource) throws(ImportError) {
        guard let root = source.object, case .object = root.node.value else {
            throw ImportError(
                file: source.file, problem: "is no change",
                remedy: "it is one JSON object, {\"prices\": {\"*\": {\"factor\": 1.2}}, \"rewards\": {\"*\": {\"factor\": 0.9}}}")
        }
        for child in try Self.members(root) {
            let reader = child.reader
            switch child.key {
            case "prices": prices = try Self.figures(reader)
            case "sellPrices": sellPrices = try Self.figures(reader)
            case "rewards": rewards = try Self.figures(reader)
            case "drops": drops = try Self.figures(reader)
            case "fees": fees = try Self.numbers(reader, upTo: 10_000, names: ["trade", "lots", "tribute"])
            case "caps": caps = try Self.numbers(reader, upTo: 1_000_000_000, names: nil)
            case "loot":
                for table in try Self.members(reader) { loot[table.key] = try Self.figures(table.reader) }
            case "offers":
                for offer in try Self.members(reader) { offers[offer.key] = try Self.offer(offer.reader) }
            default:
                throw reader.error(
                    "the key \"\(child.key)\" is unknown", "keys are \(Self.keys.joined(separator: ", "))")
            }
        }
    }

    /// The members of an object; an error for anything else, and for a name that stands twice.
    private static func members(_ reader: JSONReader) throws(ImportError) -> [(key: String, reader: JSONReader)] {
        guard case .object = reader.node.value else {
            throw reader.error("is \(reader.node.description)", "an object: what changes, by name, or * for all")
        }
        var names: Set<String> = []
        for child in reader.children where !names.insert(child.key).inserted {
            throw child.reader.error("\"\(child.key)\" stands twice", "each name once")
        }
        return reader.children
    }

    private static func figures(_ reader: JSONReader) throws(ImportError) -> [String: Figure] {
        var figures: [String: Figure] = [:]
        for child in try members(reader) { figures[child.key] = try figure(child.reader) }
        return figures
    }

    private static func figure(_ reader: JSONReader) throws(ImportError) -> Figure {
        if case .object(let members) = reader.node.value {
            for member in members where member.key != "factor" {
                throw reader.error("\"\(member.key)\" is unknown", "a whole number, or {\"factor\": 1.2}")
            }
            let factor = try reader.required("factor", "a whole number, or {\"factor\": 1.2}")
            let number = try factor.decimal()
            guard (0...1_000_000).contains(number) else { throw factor.error("is \(number)", "a factor of 0 to 1,000,000") }
            return .factor(number)
        }
        guard let number = reader.node.integer, JSONReader.purses.contains(number), number >= 0 else {
            throw reader.error("is \(reader.node.description)", "a whole number of 0 or more, or {\"factor\": 1.2}")
        }
        return .value(number)
    }

    private static func numbers(
        _ reader: JSONReader, upTo most: Int64, names: [String]?
    ) throws(ImportError) -> [String: Int64] {
        var numbers: [String: Int64] = [:]
        for child in try members(reader) {
            if let names, !names.contains(child.key) {
                throw child.reader.error("\"\(child.key)\" is unknown", "one of \(names.joined(separator: ", "))")
            }
            numbers[child.key] = try number(child.reader, upTo: most)
        }
        return numbers
    }

    private static func number(_ reader: JSONReader, upTo most: Int64) throws(ImportError) -> Int64 {
        let number = try reader.integer()
        guard (0...most).contains(number) else { throw reader.error("is \(number)", "0 to \(most)") }
        return number
    }

    private static func offer(_ reader: JSONReader) throws(ImportError) -> Offer {
        var offer = Offer()
        for child in try members(reader) {
            switch child.key {
            case "price": offer.price = try figure(child.reader)
            case "capPerPlayer": offer.capPerPlayer = UInt32(try number(child.reader, upTo: Int64(UInt32.max)))
            case "stock": offer.stock = UInt64(try number(child.reader, upTo: .max))
            default: throw child.reader.error("\"\(child.key)\" is unknown", "price, capPerPlayer or stock")
            }
        }
        return offer
    }

    /// What the change names that a match does not have, as sentences: a slip of the pen would look like a change without effect.
    func idle(in match: Match) -> [String] {
        if self == EconomyChange() { return ["the change is empty: both runs are the same"] }
        var names: [String: Set<String>] = [:]
        for event in match.events {
            let group: String
            switch event.kind {
            case .purchase: group = "prices"
            case .sell: group = "sellPrices"
            case .trade:
                group = "prices"
                names["fees", default: []].insert("trade")
            case .reward:
                group = event.item == nil ? "rewards" : "drops"
                if event.item == nil { names[group, default: []].formUnion([event.source ?? "", event.kind.rawValue]) }
            case .buyLots, .sellLots:
                group = "lots"
                names["fees", default: []].insert("lots")
            case .tribute:
                group = "tribute"
                names["fees", default: []].insert("tribute")
            default: continue
            }
            if let item = event.item { names[group, default: []].formUnion([item, match.itemNames[item] ?? item]) }
        }
        names["caps"] = names["prices"]
        let named = [
            ("prices", Array(prices.keys)), ("sellPrices", Array(sellPrices.keys)), ("rewards", Array(rewards.keys)),
            ("drops", Array(drops.keys)), ("fees", Array(fees.keys)), ("caps", Array(caps.keys)), ("loot", Array(loot.keys)), ("offers", Array(offers.keys)),
        ]
        return named.flatMap { group, keys in
            keys.sorted().filter { names[group]?.contains($0) != true && !($0 == "*" && names[group]?.isEmpty == false) }
                .map { "\(group): the match has no \"\($0)\", so that this changes nothing" }
        }
    }

    /// The change for a name, or that for all.
    func find(_ figures: [String: Figure], _ names: String?...) -> Figure? {
        for name in names.compactMap({ $0 }) { if let found = figures[name] { return found } }
        return figures["*"]
    }
}

/// A match as it would have been under a change; behaviour is held fixed: everyone does what the record says, as far as it goes.
public struct ChangedMatch: Sendable {
    public private(set) var match: Match
    /// Events that the change forbids, by their number, with the reason.
    public private(set) var forbidden: [Int64: String] = [:]

    /// The match under the change.
    public init(_ match: Match, _ change: EconomyChange) {
        self.match = match
        var bought: [String: Int64] = [:]
        /// Purchases that happen, and what they count towards a cap.
        var purchases: [Int64: (key: String, count: Int64)] = [:]
        /// What events were for before and are for under the change, for refunds of them.
        var amounts: [Int64: (before: Int64, after: Int64)] = [:]
        var events: [MatchEvent] = []
        for original in match.events {
            var event = original
            let name = event.item.flatMap { match.itemNames[$0] }
            switch event.kind {
            case .purchase:
                let count = event.quantity ?? 1
                if let cap = event.item.flatMap({ change.caps[$0] }) ?? name.flatMap({ change.caps[$0] }) ?? change.caps["*"] {
                    let key = "\(event.actor) \(event.item ?? "")"
                    if bought[key, default: 0] + count > cap {
                        forbidden[event.sequence] = "over the cap of \(cap)"
                        continue
                    }
                    bought[key, default: 0] += count
                    purchases[event.sequence] = (key, count)
                }
                if let figure = change.find(change.prices, event.item, name) { Self.price(&event, figure, count) }
            case .sell:
                if let figure = change.find(change.sellPrices, event.item, name) { Self.price(&event, figure, event.quantity ?? 1) }
            case .reward:
                if event.item == nil, let figure = change.find(change.rewards, event.source, event.kind.rawValue) {
                    event.amount = figure.of(event.amount ?? 0)
                } else if event.item != nil, let figure = change.find(change.drops, event.item, name) {
                    event.quantity = figure.of(event.quantity ?? 1)
                }
            case .undo:
                // What was given back is not had: it may be bought again.
                if let undone = event.reference.flatMap({ purchases.removeValue(forKey: $0) }) {
                    bought[undone.key, default: 0] -= undone.count
                }
            case .refund:
                // The same share of what was paid.
                if let paid = event.reference.flatMap({ amounts[$0] }), paid.before > 0, let amount = event.amount {
                    event.amount = Self.share(amount, of: paid.before, in: paid.after)
                }
            case .destroy:
                if let reference = event.reference, forbidden[reference] != nil {
                    forbidden[event.sequence] = "what it was for did not happen"
                    continue
                }
            case .trade:
                if let figure = change.find(change.prices, event.item, name) { Self.price(&event, figure, event.quantity ?? 1) }
                if let points = change.fees["trade"] {
                    event.fee = Self.fee(event.amount ?? 0, points)
                } else if let fee = event.fee, let before = original.amount, let after = event.amount, before != after {
                    // The rule that made the fee makes it of the other price too.
                    let isWorlds = fee == Self.fee(before, Self.worldFeePoints)
                    event.fee = isWorlds ? Self.fee(after, Self.worldFeePoints) : before > 0 ? Self.share(fee, of: before, in: after) : fee
                }
                event.fee = min(event.fee ?? 0, event.amount ?? 0)
            case .buyLots, .sellLots: event.fee = change.fees["lots"] ?? event.fee
            case .tribute: event.fee = change.fees["tribute"] ?? event.fee
            default: break
            }
            if let before = original.amount, let after = event.amount, before != after { amounts[event.sequence] = (before, after) }
            events.append(event)
        }
        self.match.events = events
    }

    /// The world's own fee of a trade, in basis points.
    private static let worldFeePoints = Int64(PlanOptions().tradeFeeBasisPoints)

    /// A fee in basis points, rounded up.
    private static func fee(_ amount: Int64, _ points: Int64) -> Int64 {
        let (product, rest) = (amount / 10_000 * points, amount % 10_000 * points)
        return product + (rest + 9_999) / 10_000
    }

    /// The same share of another whole.
    private static func share(_ part: Int64, of whole: Int64, in other: Int64) -> Int64 {
        Int64(max(0, min(9e18, (Double(part) / Double(whole) * Double(other)).rounded())))
    }

    /// A fixed price replaces the item's; what parts took off it still comes off.
    private static func price(_ event: inout MatchEvent, _ figure: EconomyChange.Figure, _ count: Int64) {
        switch figure {
        case .factor: event.amount = figure.of(event.amount ?? 0)
        case .value(let price):
            let unit = event.unitPrice ?? (count > 0 ? (event.amount ?? 0) / count : 0)
            let difference = (price &- unit).multipliedReportingOverflow(by: count)
            event.amount = max(0, (event.amount ?? 0) &+ (difference.overflow ? 0 : difference.partialValue))
        }
        event.unitPrice = figure.of(event.unitPrice ?? 0)
    }
}
