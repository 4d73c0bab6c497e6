/// Reads League of Legends matches that came without their timeline: what each earned and spent in all, and held at the end.
public struct LeagueSummaryImporter: MatchImporter {
    public let format = "lol-match-summary"
    public let looksFor = "\"participants\" with \"goldEarned\", where there is no timeline"

    /// An importer of matches without timeline.
    public init() {}

    /// Whether somewhere stand participants who earned gold.
    public func recognises(_ source: MatchSource) -> Bool { source.root.flatMap(Self.locate) != nil }

    /// What was earned is given at the start; what was held is bought at the end, and the rest of what was spent is charged.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        guard let root = source.root, let located = Self.locate(root), let participants = located.optional("participants")
        else { throw ImportError(file: source.file, problem: "has no participants", remedy: looksFor) }
        var shop = LeagueShop(prices: prices)
        var builder = MatchBuilder()
        let name = try located.optionalText(anyOf: ["gameId", "matchId"]) ?? source.contentName
        var match = Match(name: "lol-" + name.prefix(36), format: format, events: [])
        // In seconds; earlier in milliseconds.
        let duration = try located.optional("gameDuration")?.scaled(1) ?? 0
        let end = max(1, duration > 100_000 ? duration : duration * 1_000)
        for (index, child) in participants.children.enumerated() {
            let holder = child.reader.optional("stats") ?? child.reader
            guard let earned = try holder.optional("goldEarned")?.scaled(1) else { continue }
            let actor = "\(child.reader.optional("participantId")?.node.integer ?? Int64(index) + 1)"
            let spent = try holder.optional("goldSpent")?.scaled(1) ?? 0
            builder.income(earned, to: actor, at: 0, source: "whole match")
            var open = spent
            for place in 0...6 {
                guard let item = holder.optional("item\(place)")?.node.integer, item > 0 else { continue }
                let price = shop.total(item)
                builder.provide(price, to: actor, at: end)
                builder.note(actor, "", -price)
                open -= price
                match.itemNames["\(item)"] = shop.name(item)
                builder.add(end, .purchase, actor) {
                    $0.item = "\(item)"
                    $0.quantity = 1
                    $0.unitPrice = price
                    $0.amount = price
                }
            }
            if open > 0 {
                builder.provide(open, to: actor, at: end)
                builder.income(-open, to: actor, at: end, source: "spent on what is gone")
            }
            if spent > 0 { match.totals.append(RecordedTotal(actor: actor, measure: .bought, amount: spent)) }
        }
        match.unknownItems = shop.unknownItems
        match.events = builder.ordered()
        guard !match.events.isEmpty else { throw participants.error("nobody earned gold") }
        match.notes = ["there is no timeline: purchases are what was held at the end, and what else was spent is charged"]
        return match
    }

    private static func locate(_ root: JSONReader) -> JSONReader? {
        root.nearest { reader in
            reader.optional("participants")?.children.contains { child in
                (child.reader.optional("stats") ?? child.reader).optional("goldEarned")?.node.integer != nil
            } ?? false
        }
    }
}
