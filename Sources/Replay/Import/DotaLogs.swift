/// The logs of one player of a Dota 2 match, wherever the year of the record keeps them.
struct DotaLogs {
    /// An entry of a log.
    struct Entry {
        let timeMilliseconds: Int64
        let key: String
    }

    /// Gold earned until a time.
    struct Sample {
        let timeMilliseconds: Int64
        let gold: Int64
    }

    /// In the order in which a log is looked for.
    private let holders: [JSONReader]
    private let sharedTimes: JSONReader?
    private let shop: DotaShop

    init(_ player: JSONReader, root: JSONReader, place: Int, hero: Int64?, shop: DotaShop) throws(ImportError) {
        self.shop = shop
        var holders = [player]
        // STRATZ keeps them so.
        for key in ["stats", "playback_data"] { if let inner = player.optional(key) { holders.append(inner) } }
        if let parsed = player.optional(anyOf: ["parsedPlayer", "parsed_player", "parsed_data", "parsed"]) {
            holders.append(parsed)
        }
        let data = root.optional(anyOf: ["parsed_data", "parsedData", "parsed"])
        if let players = data?.optional("players")?.children, place < players.count {
            holders.append(players[place].reader)
        }
        if let players = root.optional(anyOf: ["parsedPlayers", "parsed_players"])?.children, place < players.count {
            holders.append(players[place].reader)
        }
        // The oldest shape keeps logs by hero; `hero_to_slot` says whose it is.
        let heroes = data?.optional("heroes")?.children ?? []
        let number = data?.optional("hero_to_slot")?.children.first { $0.reader.node.integer == Int64(place) }?.key
        for entry in heroes {
            let owns = entry.reader.optional("slot")?.node.integer == Int64(place)
                || entry.reader.optional("hero_id")?.node.integer.map { $0 == hero } == true
                || number != nil && entry.reader.optional("hero_id")?.node.integer == Int64(number ?? "")
            if owns { holders.append(entry.reader) }
        }
        // Without any of these, heroes stand in the order of the players.
        let named = heroes.filter { $0.key.hasPrefix("npc_dota_hero_") }
        if !holders.contains(where: { $0.path.contains(".heroes.") }), named.count == root.optional("players")?.children.count, place < named.count {
            holders.append(named[place].reader)
        }
        self.holders = holders
        sharedTimes = data?.optional("times") ?? root.optional("times")
    }

    /// The first of several names that any holder has.
    func reader(_ keys: String...) -> JSONReader? { reader(anyOf: keys) }

    private func reader(anyOf keys: [String]) -> JSONReader? {
        for key in keys {
            for holder in holders {
                if let found = holder.optional(key) { return found }
            }
        }
        return nil
    }

    /// The entries of a log by time; nil where there is none.
    func entries(_ keys: String...) throws(ImportError) -> [Entry]? {
        guard let log = reader(anyOf: keys) else { return nil }
        var entries: [Entry] = []
        for child in log.children where !child.reader.node.isNull {
            let entry = child.reader
            guard case .object = entry.node.value else {
                // `{"tango": -80}`, `{"tango": [-80, 90]}` and `[[-80, "tango"]]` have been seen as logs, too.
                if log.node.elements == nil {
                    for time in (entry.node.elements ?? [entry.node]).compactMap(\.decimal) where abs(time) < 1e9 {
                        entries.append(Entry(timeMilliseconds: Int64(time * 1_000), key: Self.itemName(child.key)))
                    }
                } else if let pair = entry.node.elements, pair.count == 2, let time = pair[0].decimal, abs(time) < 1e9, let key = pair[1].text {
                    entries.append(Entry(timeMilliseconds: Int64(time * 1_000), key: Self.itemName(key)))
                }
                continue
            }
            guard let time = entry.optional(anyOf: ["time", "t", "game_time"]) else { continue }
            let number = entry.optional("item_id")?.node.integer
            let key = try entry.optionalText(anyOf: ["key", "item", "value"]) ?? number.map { shop.key(number: $0) ?? "\($0)" } ?? ""
            let seconds = try time.decimal()
            guard abs(seconds) < 1e9 else { throw time.error("is \(time.node.description)", "seconds of a match") }
            let count = max(1, min(100, entry.optional("charges") == nil ? entry.optional("count")?.node.integer ?? 1 : 1))
            for _ in 0..<count {
                entries.append(Entry(timeMilliseconds: Int64(seconds * 1_000), key: Self.itemName(key)))
            }
        }
        return Self.byTime(entries)
    }

    /// What was bought, by time; nil where there is no log.
    func purchases() throws(ImportError) -> [Entry]? { try entries("purchase_log", "timeline", "item_purchases", "purchase_events") }

    /// Entries in the order of time, at one instant in that of the record.
    static func byTime(_ entries: [Entry]) -> [Entry] {
        entries.enumerated().sorted {
            ($0.element.timeMilliseconds, $0.offset) < ($1.element.timeMilliseconds, $1.offset)
        }.map(\.element)
    }

    /// What was earned by when: `gold_t` or, earlier, `gold`, once a minute.
    func samples() throws(ImportError) -> [Sample] {
        guard let gold = reader("gold_t", "goldT", "gold").flatMap({ $0.node.elements == nil ? arrayOfGold() : $0 })
        else { return try samplesByMinute() }
        let times = holders.compactMap { $0.optional("times") }.first { $0.node.elements != nil } ?? sharedTimes
        let seconds = times?.node.elements?.map { $0.decimal ?? 0 }
        var samples: [Sample] = []
        for (index, sample) in try gold.elements().enumerated() where !sample.node.isNull {
            let time = seconds.flatMap { index < $0.count ? $0[index] : nil } ?? Double(index) * 60
            guard abs(time) < 1e9 else { throw sample.error("has the time \(time)", "seconds of a match") }
            samples.append(Sample(timeMilliseconds: Int64(time * 1_000), gold: try sample.scaled(1)))
        }
        return samples.sorted { $0.timeMilliseconds < $1.timeMilliseconds }
    }

    /// What came in each minute, added up.
    private func samplesByMinute() throws(ImportError) -> [Sample] {
        let minutes = holders.compactMap { $0.optional("gold_per_minute") }.first { $0.node.elements != nil }
        var samples: [Sample] = []
        var sum: Int64 = 0
        for (index, minute) in try (minutes?.elements() ?? []).enumerated() where !minute.node.isNull {
            sum += try minute.scaled(1)
            samples.append(Sample(timeMilliseconds: Int64(index) * 60_000, gold: sum))
        }
        return samples
    }

    /// `gold` is a number in the player and an array in the older logs.
    private func arrayOfGold() -> JSONReader? {
        holders.compactMap { $0.optional("gold") }.first { $0.node.elements != nil }
    }

    /// An item's name without the prefix that some years have.
    static func itemName(_ key: String) -> String {
        key.hasPrefix("item_") ? String(key.dropFirst(5)) : key
    }
}

/// Prices and recipes of Dota's shop, by the names of `dotaconstants`.
struct DotaShop {
    private let prices: PriceTable?
    private let keysByNumber: [Int64: String]

    init(prices: PriceTable?) {
        self.prices = prices
        var keys: [Int64: String] = [:]
        for (key, item) in prices?.items ?? [:] { if let number = item.number { keys[number] = key } }
        keysByNumber = keys
    }

    /// The name of an item by its number.
    func key(number: Int64) -> String? { keysByNumber[number] }

    /// The name for people.
    func name(_ key: String) -> String? { prices?.items[key]?.name }

    /// What an item costs with all its parts.
    func total(_ key: String) -> Int64? { prices?.items[key]?.total }

    /// What it is made of.
    func parts(_ key: String) -> [String] { prices?.items[key]?.from ?? [] }

    /// What is paid when it stands in the log: an assembled item costs what its parts leave. Nil without a price.
    func cost(_ key: String) -> Int64? {
        if let total = total(key) {
            return max(0, parts(key).reduce(total) { $0 - (self.total($1) ?? 0) })
        }
        guard key.hasPrefix("recipe_") else { return nil }
        let made = String(key.dropFirst(7))
        return total(made) == nil ? nil : cost(made)
    }
}
