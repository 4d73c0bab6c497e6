/// Reads events of StarCraft II replays: resources sent between players, and what each had every ten seconds.
public struct StarcraftImporter: MatchImporter {
    public let format = "sc2-events"
    public let looksFor = "entries with \"minerals\" and \"vespene\" and a \"type\" (trade, stats, unit_born, unit_init)"

    /// An importer of StarCraft II.
    public init() {}

    /// Whether one of the first entries has both resources.
    public func recognises(_ source: MatchSource) -> Bool { source.hasEntry(where: Self.isEvent) }

    private static func isEvent(_ entry: JSONNode) -> Bool {
        entry.loosely("minerals") != nil && entry.loosely("vespene") != nil || entry.loosely("minerals_current") != nil
            || entry.loosely("m_stats") != nil
    }

    /// The match in minerals and vespene.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        var accounts = StarcraftAccounts()
        for entry in try source.entries(where: Self.isEvent) { try accounts.take(entry) }
        return accounts.match(name: "sc2-" + source.contentName, format: format)
    }
}

/// What is known of the resources of each player while the events pass by.
struct StarcraftAccounts {
    static let minerals = "minerals"
    static let vespene = "vespene"

    /// What a player had, and had collected, at a sample.
    private struct Sample {
        let time: Int64
        let actor: String
        let bank: [Int64]
        /// Minerals had, spent and lost together; nil where the record has not all of them.
        let collected: Int64?
    }

    private enum Entry {
        case trade(from: String, to: String, amounts: [Int64])
        case unit(actor: String, name: String, costs: [Int64], isInit: Bool)
        case sample(Sample)
    }

    private var entries: [(time: Int64, entry: Entry)] = []
    private var leftOut: [String] = []
    private var builder = MatchBuilder()
    private var sent: [String: Int64] = [:]
    private var received: [String: Int64] = [:]
    /// Whose structures grow out of workers.
    private var larvaPlayers: Set<String> = []

    // MARK: Reading

    /// Takes one entry of the record.
    mutating func take(_ reader: JSONReader) throws(ImportError) {
        guard case .object = reader.node.value else { throw reader.error("is \(reader.node.description)", "an event") }
        let type = try reader.optionalText(anyOf: ["type", "event", "_event"]) ?? ""
        let time = try Self.time(reader)
        if let from = reader.optional(anyOf: ["from", "sender"]), let to = reader.optional(anyOf: ["to", "recipient"]) {
            let amounts = [
                try reader.optional(Self.minerals)?.scaled(1) ?? 0, try reader.optional(Self.vespene)?.scaled(1) ?? 0,
            ]
            return entries.append((time, .trade(from: try slot(from), to: try slot(to), amounts: amounts)))
        }
        let owner = reader.optional(anyOf: ["pid", "player", "player_id", "control_pid", "m_playerId", "m_controlPlayerId"])
        if let owner, let stats = reader.optional("m_stats") {
            return entries.append((time, .sample(try Self.score(stats, at: time, actor: try slot(owner)))))
        }
        let bank = reader.optional(anyOf: ["minerals_current", Self.minerals])
        let name = try reader.optionalText(anyOf: ["unit", "unit_type_name"])
        if let owner, let bank, name == nil {
            let gas = try reader.optional(anyOf: ["vespene_current", Self.vespene])?.scaled(1) ?? 0
            let balances = [try bank.scaled(1), gas]
            return entries.append(
                (
                    time,
                    .sample(
                        Sample(
                            time: time, actor: try slot(owner), bank: balances,
                            collected: try Self.collected(reader, bank: balances[0])))
                ))
        }
        if let owner, let name, ["unit_born", "unit_init"].contains(Self.plain(type)) {
            let costs = [try bank?.scaled(1) ?? 0, try reader.optional(Self.vespene)?.scaled(1) ?? 0]
            let actor = try slot(owner)
            if name == StarcraftRules.larvaWorker { larvaPlayers.insert(actor) }
            return entries.append((time, .unit(actor: actor, name: name, costs: costs, isInit: Self.plain(type) == "unit_init")))
        }
        leftOut.append("\(type.isEmpty ? "an entry without a type" : type): moves nothing")
    }

    private static func time(_ reader: JSONReader) throws(ImportError) -> Int64 {
        if let time = reader.optional(anyOf: ["t", "time_ms", "milliseconds"]) { return try time.scaled(1) }
        if let seconds = reader.optional(anyOf: ["second", "seconds", "time"]) { return try seconds.scaled(1_000) }
        // Sixteen frames are a second of the game.
        if let frame = reader.optional(anyOf: ["frame", "gameloop", "_gameloop"]) { return try frame.scaled(1_000) / 16 }
        throw reader.error("has no time", "\"t\" in milliseconds, \"second\" or \"frame\"")
    }

    private static func collected(_ reader: JSONReader, bank: Int64) throws(ImportError) -> Int64? {
        let groups = [
            ["min_used_cur", "minerals_used_current"], ["min_used_prog", "minerals_used_in_progress"],
            ["min_lost", "minerals_lost"],
        ]
        var sum = bank
        for group in groups {
            guard let part = reader.optional(anyOf: group) else { return nil }
            sum += try part.scaled(1)
        }
        return sum
    }

    /// What s2protocol writes: the same figures for army, economy and technology apart.
    private static func score(_ stats: JSONReader, at time: Int64, actor: String) throws(ImportError) -> Sample {
        func sum(_ start: String) throws(ImportError) -> Int64? {
            let parts = stats.children.filter { $0.key.hasPrefix("m_scoreValue" + start) }
            var sum: Int64 = 0
            for part in parts { sum += try part.reader.scaled(1) }
            return parts.isEmpty ? nil : sum
        }
        let bank = try sum("MineralsCurrent") ?? 0
        var collected: Int64? = bank
        for group in ["MineralsUsedCurrent", "MineralsUsedInProgress", "MineralsLost"] {
            let part = try sum(group)
            collected = collected.flatMap { sum in part.map { sum + $0 } }
        }
        return Sample(time: time, actor: actor, bank: [bank, try sum("VespeneCurrent") ?? 0], collected: collected)
    }

    private static func plain(_ type: String) -> String {
        let lower = type.lowercased()
        if lower.contains("born") { return "unit_born" }
        return lower.contains("init") ? "unit_init" : lower
    }

    private func slot(_ reader: JSONReader) throws(ImportError) -> String {
        guard let text = reader.node.text ?? reader.node.integer.map({ "\($0)" }), !text.isEmpty, text.utf8.count <= 23
        else { throw reader.error("is \(reader.node.description)", "a player's number or short name is needed") }
        return text
    }

    // MARK: Telling

    /// The whole match.
    mutating func match(name: String, format: String) -> Match {
        var match = Match(name: name, format: format, events: [])
        match.currencies = [Self.minerals, Self.vespene]
        for reason in leftOut { match.leaveOut(reason) }
        let sorted = entries.map { begun($0.time, $0.entry) }.enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }.map(\.element)
        var samples: [String: [Sample]] = [:]
        for case .sample(let sample) in sorted.map(\.entry) {
            // Some records say the last one twice.
            if samples[sample.actor]?.last?.time == sample.time {
                match.leaveOut("stats: said twice")
            } else {
                samples[sample.actor, default: []].append(sample)
            }
        }
        var next: [String: Int] = [:]
        for (time, entry) in sorted {
            switch entry {
            case .trade(let from, let to, let amounts): trade(from, to, amounts, at: time, &match)
            case .unit(let actor, let name, let costs, _):
                if actor == slotOfTheGame { match.leaveOut("unit: of the game itself") } else { unit(name, actor, costs, at: time) }
            case .sample(let sample):
                let index = next[sample.actor] ?? 0
                guard let own = samples[sample.actor], index < own.count, own[index].time == sample.time else { continue }
                next[sample.actor] = index + 1
                self.sample(sample, following: index + 1 < own.count ? own[index + 1] : nil, isFirst: index == 0)
            }
        }
        match.events = builder.ordered()
        match.totals =
            sent.sorted { $0.key < $1.key }.map { RecordedTotal(actor: $0.key, measure: .sent, amount: $0.value) }
            + received.sorted { $0.key < $1.key }.map { RecordedTotal(actor: $0.key, measure: .received, amount: $0.value) }
        match.notes = notes(hasSamples: !samples.isEmpty)
        return match
    }

    private func notes(hasSamples: Bool) -> [String] {
        var notes = ["minerals are the world's first currency, vespene its second"]
        if hasSamples {
            notes += [
                "minerals of an interval are what was had, spent and lost at its end less the same at its start; a recorded balance is checked against what the units begun in the interval cost, then what the log leaves out (upgrades, hurried or broken off production) is charged or given back",
                "a unit is paid when it is begun: its birth less its time of production, structures when they appear; what something grew out of was paid before",
            ]
            notes.append("vespene has no such sums: its income is what makes the balances agree")
        }
        if builder.giftCount > 0 {
            notes.append("\(builder.giftCount) times a player sent or spent what the record does not say he had: given then")
        }
        return notes
    }

    private mutating func trade(
        _ from: String, _ to: String, _ amounts: [Int64], at time: Int64, _ match: inout Match
    ) {
        guard from != to, from != slotOfTheGame, to != slotOfTheGame else {
            return match.leaveOut("trade: not between two players")
        }
        if amounts.allSatisfy({ $0 <= 0 }) { return match.leaveOut("trade: of nothing") }
        for (currency, amount) in zip([Self.minerals, Self.vespene], amounts) where amount > 0 {
            builder.provide(amount, to: from, at: time, currency: currency)
            builder.add(time, .transfer, from) {
                $0.counterparty = to
                $0.amount = amount
                $0.currency = currency
            }
            builder.note(from, currency, -amount)
            builder.note(to, currency, amount)
            if currency == Self.minerals {
                sent[from, default: 0] += amount
                received[to, default: 0] += amount
            }
        }
    }

    /// The same entry; a unit at the time of its order, and without the price of what it grew out of.
    private func begun(_ time: Int64, _ entry: Entry) -> (time: Int64, entry: Entry) {
        guard time > 0, case .unit(let actor, let name, var costs, let isInit) = entry else { return (time, entry) }
        if name == StarcraftRules.archon { costs = [0, 0] }
        if let origin = StarcraftRules.origins[name] {
            costs = [max(0, costs[0] - origin.minerals), max(0, costs[1] - origin.vespene)]
        } else if isInit, larvaPlayers.contains(actor), costs[0] > 0 {
            costs[0] = max(0, costs[0] - StarcraftRules.larvaWorkerMinerals)
        }
        let lead = isInit ? 0 : (StarcraftRules.productionSeconds[name] ?? 0) * 1_000
        return (max(1, time - lead), .unit(actor: actor, name: name, costs: costs, isInit: isInit))
    }

    /// A unit or structure is paid when it is begun.
    private mutating func unit(_ name: String, _ actor: String, _ costs: [Int64], at time: Int64) {
        guard time > 0 else {
            // What is there from the start was not bought.
            builder.add(time, .reward, actor) {
                $0.item = name
                $0.quantity = 1
                $0.source = "start"
            }
            return
        }
        builder.provide(costs[0], to: actor, at: time, currency: Self.minerals)
        builder.note(actor, Self.minerals, -costs[0])
        builder.add(time, .purchase, actor) {
            $0.item = name
            $0.quantity = 1
            $0.unitPrice = costs[0]
            $0.amount = costs[0]
            $0.currency = Self.minerals
        }
        if costs[1] > 0 {
            builder.provide(costs[1], to: actor, at: time, currency: Self.vespene)
            builder.income(-costs[1], to: actor, at: time, currency: Self.vespene, source: name)
        }
    }

    /// The recorded balance is checked, what the log leaves out is settled, and the income of the interval that begins
    /// is credited.
    private mutating func sample(_ sample: Sample, following: Sample?, isFirst: Bool) {
        for (place, currency) in [Self.minerals, Self.vespene].enumerated() {
            let recorded = sample.bank[place]
            if !isFirst, place == 0, sample.collected != nil {
                builder.add(sample.time, .snapshot, sample.actor) {
                    $0.amount = recorded
                    $0.currency = currency
                }
            }
            let difference = recorded - builder.held(sample.actor, currency)
            builder.income(
                difference, to: sample.actor, at: sample.time, currency: currency,
                source: isFirst ? "start" : "not in the log")
            guard let following else { continue }
            if place == 0, let now = sample.collected, let then = following.collected {
                let income = then - now
                if income < 0 { builder.provide(-income, to: sample.actor, at: sample.time, currency: currency) }
                builder.income(income, to: sample.actor, at: sample.time, currency: currency, source: "interval")
            }
        }
    }
}
