import EVM

/// What stands differently in two catalogs, and the operator's actions that bring a running world from one to the other.
public struct CatalogDifference: Sendable {
    /// An action that makes a part of the difference.
    public struct Step: Sendable, Equatable {
        /// The action's name.
        public var action: String
        /// Its fields.
        public var fields: [String: FieldValue]

        /// An action with its fields.
        public init(action: String, fields: [String: FieldValue]) {
            self.action = action
            self.fields = fields
        }
    }

    /// The differences in words, one a line.
    public private(set) var lines: [String] = []
    /// Drafts of offers, which take effect together with the version.
    public private(set) var drafts: [Step] = []
    /// What takes effect at once.
    public private(set) var immediate: [Step] = []
    /// Differences that no action makes: a world keeps its currencies, items and accounts.
    public private(set) var impossible: [String] = []

    /// Whether both say the same.
    public var isEmpty: Bool { lines.isEmpty }

    /// What `next` says differently from `present`.
    public init(from present: Catalog, to next: Catalog) {
        compareOffers(present, next)
        compareRules(present, next)
        compareBooks(present, next)
        compareProducts(present, next)
        compareLoot(present.loot, next.loot)
        compareWorld(present, next)
    }

    /// The step that writes an offer into the draft of a version.
    public static func draft(_ step: Step, version: UInt64) -> Step {
        Step(action: step.action, fields: step.fields.merging(["version": .number(version)]) { $1 })
    }

    private mutating func compareOffers(_ present: Catalog, _ next: Catalog) {
        let before = Dictionary(uniqueKeysWithValues: present.offers.map { ($0.offer, $0) })
        let after = Dictionary(uniqueKeysWithValues: next.offers.map { ($0.offer, $0) })
        for offer in next.offers {
            let old = before[offer.offer]
            if old.map({ Self.terms(of: $0) != Self.terms(of: offer) }) ?? true {
                let was = old.map { "was \(Self.words($0)), becomes " } ?? "is new: "
                lines.append("offer \(offer.offer) (\(offer.name)) \(was)\(Self.words(offer))")
                drafts.append(Step(action: "draftOffer", fields: Self.terms(of: offer)))
            }
            compareExtras(old, offer)
        }
        for offer in present.offers where after[offer.offer] == nil {
            lines.append("offer \(offer.offer) (\(offer.name)) is taken off sale")
            // Terms that were over long ago: nobody can buy, and what was sold stays counted.
            let over = Self.terms(of: offer).merging(["opens": .number(0), "closes": .number(1)]) { $1 }
            drafts.append(Step(action: "draftOffer", fields: over))
        }
    }

    private mutating func compareExtras(_ old: Offer?, _ offer: Offer) {
        if old?.window != offer.window {
            let window = offer.window ?? OfferWindow(cap: 0, seconds: old?.window?.seconds ?? 1)
            lines.append("offer \(offer.offer) (\(offer.name)): \(window.cap) times in \(window.seconds) s for one player, 0 for any number")
            immediate.append(
                Step(
                    action: "limitOffer",
                    fields: ["offer": .number(offer.offer), "cap": .number(window.cap), "windowSeconds": .number(window.seconds)]))
        }
        let segments = Set((old?.segmentPrices ?? []).map(\.segment) + offer.segmentPrices.map(\.segment)).sorted()
        for segment in segments {
            let costs = offer.segmentPrices.first { $0.segment == segment }?.costs ?? []
            if old?.segmentPrices.first(where: { $0.segment == segment })?.costs ?? [] == costs { continue }
            lines.append("offer \(offer.offer) (\(offer.name)) costs segment \(segment) \(Self.words(costs))")
            immediate.append(
                Step(
                    action: "setSegmentPrice",
                    fields: ["offer": .number(offer.offer), "segment": .number(segment), "costs": .lines(costs)]))
        }
    }

    private mutating func compareRules(_ present: Catalog, _ next: Catalog) {
        for asset in Set(present.buybacks.map(\.asset) + next.buybacks.map(\.asset)).sorted() {
            let old = present.buybacks.first { $0.asset == asset }
            let new = next.buybacks.first { $0.asset == asset }
            if old == new { continue }
            lines.append("item \(asset) is bought back for \(new.map { "\($0.price) of \($0.currency)" } ?? "nothing")")
            immediate.append(
                Step(
                    action: "setBuyback",
                    fields: [
                        "asset": .number(asset), "currency": .number(new?.currency ?? old?.currency ?? 1),
                        "price": .number(new?.price ?? 0),
                    ]))
        }
        for asset in Set(present.royalties.map(\.asset) + next.royalties.map(\.asset)).sorted() {
            let old = present.royalties.first { $0.asset == asset }
            let new = next.royalties.first { $0.asset == asset }
            guard old != new, let receiver = (new ?? old)?.receiver else { continue }
            lines.append("item \(asset) has a royalty of \(new?.basisPoints ?? 0) basis points")
            immediate.append(
                Step(
                    action: "setRoyalty",
                    fields: [
                        "asset": .number(asset), "receiver": .account(receiver), "basisPoints": .number(new?.basisPoints ?? 0),
                    ]))
        }
    }

    private mutating func compareBooks(_ present: Catalog, _ next: Catalog) {
        let changes = next.books.filter { !present.books.contains($0) }.map { ($0, UInt64(1)) }
            + present.books.filter { !next.books.contains($0) }.map { ($0, UInt64(0)) }
        for (book, open) in changes {
            lines.append("the book of item \(book.asset) in currency \(book.currency) \(open == 1 ? "opens" : "closes to new orders")")
            immediate.append(
                Step(action: "setBook", fields: ["asset": .number(book.asset), "currency": .number(book.currency), "open": .number(open)]))
        }
    }

    private mutating func compareProducts(_ present: Catalog, _ next: Catalog) {
        let before = Dictionary(uniqueKeysWithValues: present.products.map { ($0.product, $0) })
        for product in next.products where before[product.product]?.lines != product.lines {
            if before[product.product] != nil {
                impossible.append("product \(product.product) (\(product.name)) is published for good; give the changed one a number of its own")
            } else {
                lines.append("product \(product.product) (\(product.name)) is new: \(Self.words(product.lines))")
                immediate.append(Step(action: "setProduct", fields: ["product": .number(product.product), "lines": .lines(product.lines)]))
            }
        }
        for product in present.products where !next.products.contains(where: { $0.product == product.product }) {
            impossible.append("product \(product.product) (\(product.name)) cannot be taken away; take it out of the stores")
        }
    }

    private mutating func compareLoot(_ present: LootCatalog, _ next: LootCatalog) {
        let before = Dictionary(uniqueKeysWithValues: present.tables.map { ($0.table, $0) })
        for table in next.tables where before[table.table]?.odds != table.odds {
            if before[table.table] != nil {
                impossible.append("table \(table.table) (\(table.name)) is published for good; give the changed one a number of its own")
            } else {
                lines.append("table \(table.table) (\(table.name)) is new, odds \(table.odds.hex)")
                immediate.append(Step(action: "setTable", fields: table.fields))
            }
        }
        for box in next.boxes where !present.boxes.contains(box) {
            lines.append("box \(box.box) (\(box.name)) costs \(Self.words(box.costs)) and draws from table \(box.table)")
            immediate.append(
                Step(
                    action: "setBox",
                    fields: ["box": .number(box.box), "table": .number(box.table), "costs": .lines(box.costs)]))
        }
        for box in present.boxes where !next.boxes.contains(where: { $0.box == box.box }) {
            impossible.append("box \(box.box) (\(box.name)) cannot be taken away; give it a cost that nobody has")
        }
        for energy in next.energies where !present.energies.contains(energy) {
            lines.append("energy \(energy.asset): one in \(energy.refillSeconds) s up to \(energy.most)")
            immediate.append(
                Step(
                    action: "setEnergy",
                    fields: [
                        "asset": .number(energy.asset), "most": .number(energy.most), "refillSeconds": .number(energy.refillSeconds),
                    ]))
        }
        if let streak = next.streak, streak != present.streak {
            lines.append("days in a row: \(streak.days) tables from \(streak.firstTable) on")
            immediate.append(
                Step(action: "setStreak", fields: ["firstTable": .number(streak.firstTable), "days": .number(streak.days)]))
        }
    }

    private mutating func compareWorld(_ present: Catalog, _ next: Catalog) {
        for (old, new) in zip(present.currencies, next.currencies) where old.debtLimit != new.debtLimit {
            lines.append("\(new.name): corrections drive an account at most \(new.debtLimit) below zero")
            immediate.append(Step(action: "setDebtLimit", fields: ["asset": .number(new.asset), "limit": .number(new.debtLimit)]))
        }
        func identity(_ currency: Currency) -> [String] { ["\(currency.asset)", currency.name, currency.symbol, currency.contract] }
        if present.currencies.map(identity) != next.currencies.map(identity) { impossible.append("the currencies differ: they belong to the world's genesis") }
        if present.stackable != next.stackable || present.uniqueKinds.map(\.kind) != next.uniqueKinds.map(\.kind) {
            impossible.append("the items differ: they belong to the world's genesis; keep a range of numbers free for later ones")
        }
        if present.houses != next.houses { impossible.append("faucets, sinks or escrows differ: they belong to the world's genesis") }
        if present.credits != next.credits { impossible.append("the credits differ: set them one by one with setCredit") }
    }

    private static func terms(of offer: Offer) -> [String: FieldValue] {
        [
            "offer": .number(offer.offer), "capPerPlayer": .number(offer.capPerPlayer), "stock": .number(offer.stock),
            "opens": .number(offer.opens), "closes": .number(offer.closes), "costs": .lines(offer.costs),
            "results": .lines(offer.results),
        ]
    }

    private static func words(_ lines: [AssetLine]) -> String {
        lines.isEmpty ? "nothing" : lines.map { "\($0.amount) of \($0.asset)" }.joined(separator: " and ")
    }

    private static func words(_ offer: Offer) -> String {
        let stock = offer.stock == .max ? "" : ", stock \(offer.stock)"
        let cap = offer.capPerPlayer == 0 ? "" : ", \(offer.capPerPlayer) for each player"
        let window = offer.opens == 0 && offer.closes == 0 ? "" : ", from \(offer.opens) to \(offer.closes)"
        return "\(words(offer.costs)) for \(words(offer.results))\(stock)\(cap)\(window)"
    }
}
