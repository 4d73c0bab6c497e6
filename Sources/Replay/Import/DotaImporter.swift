/// Reads Dota 2 matches as OpenDota parses them, now and in earlier years: logs in the player, in its `parsedPlayer`, in
/// `parsed_data.players`, or in `parsed_data.heroes`, where the log of purchases was called `timeline`.
public struct DotaImporter: MatchImporter {
    public let format = "dota2-opendota"
    public let looksFor = "\"players\" with \"player_slot\", or with \"purchase_log\", \"timeline\" or \"gold_t\""

    /// Keys of which a player of such a match has some.
    private static let marks = [
        "player_slot", "purchase_log", "parsedPlayer", "gold_t", "gold_spent", "gold_per_min", "timeline", "itembuys",
        "purchase",
    ]

    /// An importer of OpenDota's matches.
    public init() {}

    /// Whether somewhere stand players with such keys.
    public func recognises(_ source: MatchSource) -> Bool {
        source.root.flatMap { Self.locate($0, allowsList: !source.isPart) } != nil
    }

    /// The match with every purchase priced by the table.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        guard let root = source.root, let located = Self.locate(root, allowsList: !source.isPart) else {
            throw ImportError(file: source.file, problem: "has no players", remedy: looksFor)
        }
        var accounts = DotaAccounts(located, prices: prices)
        return try accounts.match(format: format, contentName: source.contentName)
    }

    /// The object that has the players, or the bare list of them.
    private static func locate(_ root: JSONReader, allowsList: Bool) -> JSONReader? {
        root.nearest { reader in
            if allowsList, let elements = reader.node.elements { return elements.prefix(10).contains(where: isBarePlayer) }
            guard case .object = reader.node.value, let players = reader.optional("players") else { return false }
            return players.children.contains { child in
                marks.count { child.reader.optional($0) != nil } >= (child.reader.optional("player_slot") == nil ? 2 : 1)
                    && child.reader.optional("participantId") == nil
            }
        }
    }

    /// Whether an element that stands in no match is a player: it says who, and what was bought or earned.
    private static func isBarePlayer(_ node: JSONNode) -> Bool {
        func has(_ keys: [String]) -> Bool { keys.contains { node.loosely($0)?.isNull == false } }
        return has(["player_slot", "hero_id", "isRadiant"]) && has(["purchase_log", "timeline", "parsedPlayer", "gold_t", "gold_spent", "purchase"])
    }
}

/// Turns the logs of the players into canonical events.
struct DotaAccounts {
    /// What every hero begins with; the record does not say it.
    static let startGold: Int64 = 625
    /// Keys of `gold_reasons`, sums over the whole match.
    private enum Reason {
        static let death = "1"
        static let buyback = "2"
        static let sale = "6"
    }

    private let root: JSONReader
    private let shop: DotaShop
    private var builder = MatchBuilder()
    private var match = Match(name: "", format: "", events: [])
    private var bags: [String: [String: Int]] = [:]
    private var unknown: Set<String> = []
    private var assembled = 0
    private var withoutTimes = 0
    private var endMilliseconds: Int64 = 0
    private var withLogs = 0
    private var withGold = 0

    init(_ root: JSONReader, prices: PriceTable?) {
        self.root = root
        shop = DotaShop(prices: prices)
    }

    /// The whole match.
    mutating func match(format: String, contentName: String) throws(ImportError) -> Match {
        let name = try root.optionalText("match_id") ?? contentName
        match.name = "dota-" + name.prefix(35)
        match.format = format
        let players = root.optional("players") ?? root
        endMilliseconds = try end(players)
        for (index, child) in players.children.enumerated() where !child.reader.node.isNull {
            try take(child.reader, index: index)
        }
        match.events = builder.ordered()
        guard withLogs + withGold > 0, !match.events.isEmpty else {
            throw players.error(
                "no player has gold or purchases", "a parsed match has \"purchase_log\" and \"gold_t\": ask OpenDota to parse it, POST /request/MATCH")
        }
        if withLogs == 0 {
            match.warnings.append(
                "the match is not parsed: there is neither \"purchase_log\" nor \"gold_t\", so that purchases are what was held at the end; ask OpenDota to parse it, POST /request/MATCH")
        }
        addNotes()
        return match
    }

    /// The end of the match: what it says, or the last moment of any log.
    private func end(_ players: JSONReader) throws(ImportError) -> Int64 {
        if let told = try root.optional(anyOf: ["duration", "duration_seconds"])?.scaled(1_000), told > 0 { return told }
        var last: Int64 = 0
        for (index, child) in players.children.enumerated() where !child.reader.node.isNull {
            let logs = try DotaLogs(child.reader, root: root, place: index, hero: nil, shop: shop)
            for entry in try logs.purchases() ?? [] { last = max(last, entry.timeMilliseconds) }
            for entry in try logs.entries("kills_log", "herokills") ?? [] { last = max(last, entry.timeMilliseconds) }
            for first in try logs.entries("first_purchase_time") ?? [] { last = max(last, first.timeMilliseconds) }
            last = max(last, try logs.samples().last?.timeMilliseconds ?? 0)
        }
        return last
    }

    private mutating func addNotes() {
        match.notes = [
            "every player begins with \(Self.startGold) gold",
            "income is known by the minute and credited at the start of it; what deaths cost is charged at the end, what sales brought is given at the start: the record has their sums alone",
        ]
        if assembled > 0 { match.notes.append("\(assembled) assembled items cost their recipe alone, and use up their parts") }
        if withoutTimes > 0 {
            match.notes.append("\(withoutTimes) purchases are known by number and not by time: they stand at the end")
        }
        if builder.giftCount > 0 {
            match.notes.append("\(builder.giftCount) times gold was missing by the record for what was bought: given then")
        }
    }

    // MARK: One player

    private mutating func take(_ player: JSONReader, index: Int) throws(ImportError) {
        let slot = try player.optional("player_slot")?.integer() ?? Int64(index)
        // 0 to 4 and 128 to 132; 0 would be the game itself.
        let place = slot >= 128 ? slot - 123 : slot
        let actor = "\(place + 1)"
        let logs = try DotaLogs(player, root: root, place: Int(place), hero: player.optional("hero_id")?.node.integer, shop: shop)
        let reasons = logs.reader("gold_reasons", "gold_log")
        func sum(_ key: String) throws(ImportError) -> Int64 {
            abs(try reasons?.optional(key)?.scaled(1) ?? 0)
        }
        let purchases = try purchases(logs, player)
        let samples = try logs.samples()
        if !samples.isEmpty || logs.reader("purchase_log", "timeline", "purchase", "itembuys", "item_purchases") != nil { withLogs += 1 }
        if !purchases.isEmpty || player.optional(anyOf: ["gold", "gold_spent", "gold_per_min"])?.node.decimal ?? 0 > 0 { withGold += 1 }
        let first = min(samples.first?.timeMilliseconds ?? 0, purchases.first?.timeMilliseconds ?? 0)
        builder.income(Self.startGold, to: actor, at: first, source: "start")
        builder.income(try sum(Reason.sale), to: actor, at: first, source: "sales")
        try play(actor, samples, purchases, buybacks: try buybacks(logs), buybackSum: try sum(Reason.buyback))
        let lost = min(try sum(Reason.death), max(0, builder.held(actor)))
        builder.income(-lost, to: actor, at: endMilliseconds, source: "deaths")
        if let gold = try player.optional("gold")?.scaled(1) {
            builder.add(endMilliseconds, .snapshot, actor) { $0.amount = gold }
        }
        if let spent = try player.optional("gold_spent")?.scaled(1), spent > 0 {
            match.totals.append(RecordedTotal(actor: actor, measure: .bought, amount: spent))
        }
        try kills(logs, actor)
    }

    /// Income and purchases in the order of time: what an interval brings is there from its start.
    private mutating func play(
        _ actor: String, _ samples: [DotaLogs.Sample], _ purchases: [DotaLogs.Entry], buybacks: [Int64],
        buybackSum: Int64
    ) throws(ImportError) {
        var steps: [(time: Int64, order: Int, purchase: DotaLogs.Entry?, amount: Int64, source: String)] = []
        for (sample, following) in zip(samples, samples.dropFirst()) {
            steps.append((sample.timeMilliseconds, 0, nil, following.gold - sample.gold, "interval"))
        }
        if let first = samples.first, first.gold != 0 {
            steps.append((first.timeMilliseconds, 0, nil, first.gold, "interval"))
        }
        for (index, time) in buybacks.enumerated() {
            // The record has the sum of all; the last one takes what does not divide.
            let each = buybackSum / Int64(buybacks.count)
            let amount = index == buybacks.count - 1 ? buybackSum - each * Int64(index) : each
            steps.append((time, 2, nil, -amount, "buyback"))
        }
        for purchase in purchases { steps.append((purchase.timeMilliseconds, 1, purchase, 0, "")) }
        let sorted = steps.enumerated().sorted {
            ($0.element.time, $0.element.order, $0.offset) < ($1.element.time, $1.element.order, $1.offset)
        }
        for step in sorted.map(\.element) {
            if let purchase = step.purchase {
                buy(purchase.key, actor, at: step.time)
            } else {
                if step.amount < 0 { builder.provide(-step.amount, to: actor, at: step.time) }
                builder.income(step.amount, to: actor, at: step.time, source: step.source)
            }
        }
    }

    /// An item that stands assembled in the log costs its recipe; its parts were bought before and go into it.
    private mutating func buy(_ key: String, _ actor: String, at time: Int64) {
        let parts = shop.parts(key)
        var cost = shop.cost(key)
        if cost == nil, unknown.insert(key).inserted { match.unknownItems.append(key) }
        if !parts.isEmpty {
            assembled += 1
            let recipe = "recipe_" + key
            if bags[actor]?[recipe] ?? 0 > 0 {
                bags[actor]?[recipe]? -= 1
                cost = 0
            }
        }
        let amount = cost ?? 0
        builder.provide(amount, to: actor, at: time)
        builder.note(actor, "", -amount)
        let sequence = builder.add(time, .purchase, actor) {
            $0.item = key
            $0.quantity = 1
            $0.unitPrice = shop.total(key)
            $0.amount = amount
        }
        for part in parts where bags[actor]?[part] ?? 0 > 0 {
            bags[actor]?[part]? -= 1
            builder.add(time, .destroy, actor) {
                $0.item = part
                $0.quantity = 1
                $0.reference = sequence
            }
        }
        bags[actor, default: [:]][key, default: 0] += 1
        match.itemNames[key] = shop.name(key)
    }

    // MARK: Logs

    private mutating func purchases(_ logs: DotaLogs, _ player: JSONReader) throws(ImportError) -> [DotaLogs.Entry] {
        if let entries = try logs.purchases(), !entries.isEmpty { return entries }
        var entries: [DotaLogs.Entry] = []
        // The first of each may have its time, the others stand at the end.
        let firsts = logs.reader("first_purchase_time")
        var timed = 0
        for child in logs.reader("purchase", "itembuys")?.children ?? [] {
            let first = firsts?.optional(child.key)?.node.decimal.flatMap { abs($0) < 1e9 ? Int64($0 * 1_000) : nil }
            for place in 0..<min(1_000, max(0, child.reader.node.integer ?? 0)) {
                if place == 0, first != nil { timed += 1 }
                entries.append(
                    DotaLogs.Entry(
                        timeMilliseconds: place == 0 ? first ?? endMilliseconds : endMilliseconds, key: DotaLogs.itemName(child.key)))
            }
        }
        if timed > 0 { entries = DotaLogs.byTime(entries) }
        if entries.isEmpty {
            // Neither log nor counts: what the player held at the end is all that is known.
            for key in (0...5).map({ "item_\($0)" }) + (0...2).map({ "backpack_\($0)" }) {
                guard let number = player.optional(key)?.node.integer, number != 0 else { continue }
                entries.append(
                    DotaLogs.Entry(timeMilliseconds: endMilliseconds, key: shop.key(number: number) ?? "\(number)"))
            }
        }
        withoutTimes += entries.count - timed
        return entries
    }

    private func buybacks(_ logs: DotaLogs) throws(ImportError) -> [Int64] {
        try logs.entries("buyback_log", "buybacks")?.map(\.timeMilliseconds) ?? []
    }

    private mutating func kills(_ logs: DotaLogs, _ actor: String) throws(ImportError) {
        for kill in try logs.entries("kills_log", "herokills") ?? [] {
            builder.add(kill.timeMilliseconds, .kill, actor) { $0.source = kill.key }
        }
    }
}
