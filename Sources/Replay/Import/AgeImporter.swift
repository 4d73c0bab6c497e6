/// Reads the commands of Age of Empires II: what players asked for, which the game may have granted or not.
public struct AgeImporter: MatchImporter {
    public let format = "aoe2-commands"
    public let looksFor = "entries with \"player_id\" and an \"action\" (BUY, SELL, TRIBUTE, QUEUE, BUILD, RESEARCH)"

    private static let words: Set<String> = [
        "BUY", "SELL", "TRIBUTE", "QUEUE", "DE_QUEUE", "BUILD", "RESEARCH", "RESIGN", "DELETE", "DE_TRIBUTE",
    ]

    /// An importer of such commands.
    public init() {}

    /// Whether one of the first entries is such a command.
    public func recognises(_ source: MatchSource) -> Bool { source.hasEntry(where: Self.isCommand) }

    private static func isCommand(_ entry: JSONNode) -> Bool {
        let holder = entry.loosely("payload") ?? entry.loosely("params") ?? entry
        let player = holder.loosely("player_id") ?? entry.loosely("player_id") ?? entry.loosely("player")
        // What has a price is a sale of some other game.
        guard player != nil, ["price", "unit_price", "item"].allSatisfy({ entry.loosely($0) == nil }) else { return false }
        return (entry.loosely("action") ?? entry.loosely("type"))?.text.map(word).map(words.contains) ?? false
    }

    /// The match; units, buildings and technologies cost what the table says, if there is one.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        var commands: [AgeCommand] = []
        let entries = try source.entries(where: Self.isCommand)
        let unit: Int64 = entries.contains(where: AgeCommand.tellsSeconds) ? 1_000 : 1
        for entry in entries { commands.append(try AgeCommand(entry, unit: unit)) }
        var accounts = AgeAccounts(prices: prices)
        var match = accounts.match(commands, name: "aoe2-" + source.contentName, format: format)
        if unit != 1 { match.notes.append("times have fractions: they are taken to be seconds") }
        return match
    }

    /// The word of a command, however it is written.
    static func word(_ text: String) -> String {
        text.uppercased().replacing("ACTION.", with: "").replacing(" ", with: "_")
    }
}

/// One command of the record.
struct AgeCommand {
    let time: Int64
    let word: String
    /// Nil where the record names none.
    let player: Int64?
    let receiver: Int64?
    let resource: AgeRules.Resource?
    /// What is bought, built or researched.
    let subject: Int64?
    /// In thousandths.
    let amount: Int64
    /// Nil where it says none.
    let feeBasisPoints: Int64?

    /// Reads a command; a unit of its time is so many milliseconds.
    init(_ reader: JSONReader, unit: Int64) throws(ImportError) {
        guard case .object = reader.node.value else { throw reader.error("is \(reader.node.description)", "a command") }
        let payload = reader.optional(anyOf: ["payload", "params"])
        func find(_ keys: String...) -> JSONReader? { payload?.optional(anyOf: keys) ?? reader.optional(anyOf: keys) }
        guard let word = try reader.optionalText(anyOf: ["action", "type"]) else {
            throw reader.error("has no \"action\"", "each entry is a command like {\"t\": 936, \"action\": \"BUY\", ...}")
        }
        self.word = AgeImporter.word(word)
        time = try Self.time(reader, unit)
        player = try find("player_id", "player").map(Self.player)
        receiver = try find("player_id_to", "target_player_id", "to")?.integer()
        resource = try find("resource_id", "resource").map { resource throws(ImportError) in
            guard let known = AgeRules.Resource(resource.node) else {
                throw resource.error("is \(resource.node.description)", "0 food, 1 wood, 2 stone or 3 gold")
            }
            return known
        }
        subject = find("unit_id", "building_id", "technology_id", "object_type_id")?.node.integer
        amount = try find("amount")?.scaled(AgeRules.scale) ?? AgeRules.scale
        feeBasisPoints = try find("fee").map { fee throws(ImportError) in
            let share = try fee.decimal()
            guard (0...10).contains(share) else { throw fee.error("is \(share)", "a share, 0.3 for 30 %") }
            return Int64((share * 10_000).rounded())
        }
    }

    /// A number, or an object that has one.
    private static func player(_ reader: JSONReader) throws(ImportError) -> Int64 {
        try (reader.optional(anyOf: ["number", "player_id", "id"]) ?? reader).integer()
    }

    private static let timeKeys = ["t", "timestamp", "time"]

    /// Whether the time is a number with a fraction, as nobody counts milliseconds.
    static func tellsSeconds(_ reader: JSONReader) -> Bool {
        if case .decimal(let time) = reader.optional(anyOf: timeKeys)?.node.value { time != time.rounded() } else { false }
    }

    private static func time(_ reader: JSONReader, _ unit: Int64) throws(ImportError) -> Int64 {
        guard let time = reader.optional(anyOf: timeKeys) else {
            throw reader.error("has no time", "\"t\" in milliseconds")
        }
        guard let text = time.node.text, text.contains(":") else { return try time.scaled(unit) }
        // 0:12:34.567000
        var seconds = 0.0
        for part in text.split(separator: ":") {
            guard let number = Double(part) else { throw time.error("is \(time.node.description)", "hours:minutes:seconds") }
            seconds = seconds * 60 + number
        }
        guard abs(seconds) < 1e9 else { throw time.error("is \(time.node.description)", "hours:minutes:seconds") }
        return Int64((seconds * 1_000).rounded())
    }
}

/// Turns commands into canonical events.
struct AgeAccounts {
    private let prices: PriceTable?
    private var builder = MatchBuilder()
    private var resignedAt: [Int64: Int64] = [:]
    private var researched: [Int64: Set<Int64>] = [:]
    private var unpriced: Set<String> = []

    init(prices: PriceTable?) { self.prices = prices }

    /// The whole match; every command is an event, or counted with a reason.
    mutating func match(_ commands: [AgeCommand], name: String, format: String) -> Match {
        var match = Match(name: name, format: format, events: [])
        match.scale = AgeRules.scale
        match.recordedCount = commands.count
        let sorted = commands.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        for command in sorted where command.word == "RESIGN" {
            if let player = command.player, resignedAt[player] == nil { resignedAt[player] = command.time }
        }
        gather(sorted)
        var gone: Set<Int64> = []
        for command in sorted {
            guard let player = command.player, player > 0 else {
                match.leaveOut("\(command.word): of no player")
                continue
            }
            guard !gone.contains(player) else {
                match.leaveOut("\(command.word): after RESIGN")
                continue
            }
            if command.word == "RESIGN" { gone.insert(player) }
            if let reason = take(command, "\(player)", &match) { match.leaveOut("\(command.word): \(reason)") }
        }
        match.events = builder.ordered()
        match.notes = [
            "amounts are in thousandths of a resource; food, wood and stone are items, gold is the currency",
            "the record tells neither what players had nor what they gathered: each begins with \(AgeRules.startText) and gathers \(AgeRules.incomeText) a minute until the end or RESIGN",
            "one market for all players: a lot is 100, prices begin at 100 (stone 130), move by 3 with each lot, stay within 20 and 9,999; commission 30 %, 15 % after Guilds",
            "what a player asks for beyond what he has is clamped to that, or refused where that is nothing",
        ]
        return match
    }

    /// Income by the minute, at the start of each, for everyone who ever commands.
    private mutating func gather(_ commands: [AgeCommand]) {
        let players = Set(commands.flatMap { [$0.player, $0.receiver] }.compactMap { $0 }.filter { $0 > 0 }).sorted()
        let last = commands.last?.time ?? 0
        let first = min(0, commands.first?.time ?? 0)
        for player in players {
            let end = min(last, resignedAt[player] ?? last)
            for resource in AgeRules.Resource.allCases {
                give(resource, AgeRules.start(resource), "\(player)", at: first, source: "start")
            }
            for time in stride(from: 0, through: max(0, end), by: 60_000) where end - time < 1_000_000_000 {
                for resource in AgeRules.Resource.allCases {
                    give(resource, AgeRules.income(resource), "\(player)", at: time, source: "interval")
                }
            }
        }
    }

    private mutating func give(
        _ resource: AgeRules.Resource, _ whole: Int64, _ player: String, at time: Int64, source: String
    ) {
        builder.add(time, .reward, player) {
            $0.item = resource.item
            $0.quantity = resource == .gold ? nil : whole * AgeRules.scale
            $0.amount = resource == .gold ? whole * AgeRules.scale : nil
            $0.source = source
        }
    }

    /// Adds the event of a command, or says why there is none.
    private mutating func take(_ command: AgeCommand, _ player: String, _ match: inout Match) -> String? {
        switch command.word {
        case "BUY", "SELL": trade(command, player)
        case "TRIBUTE", "DE_TRIBUTE": tribute(command, player)
        case "QUEUE", "DE_QUEUE", "TRAIN": make("unit", command, player, &match)
        case "BUILD", "WALL", "GATE": make("building", command, player, &match)
        case "RESEARCH": research(command, player, &match)
        case "DELETE": "does not say what"
        default: "moves nothing"
        }
    }

    private mutating func trade(_ command: AgeCommand, _ player: String) -> String? {
        guard let resource = command.resource else { return "does not say what" }
        if resource == .gold { return "gold has no price in gold" }
        let lots = command.amount / AgeRules.scale
        if lots <= 0 { return "asks for no lot" }
        let hasGuilds = researched[command.player ?? 0]?.contains(AgeRules.guilds) ?? false
        builder.add(command.time, command.word == "BUY" ? .buyLots : .sellLots, player) {
            $0.item = resource.item
            $0.quantity = lots
            $0.unitPrice = resource == .stone ? 130 : 100
            $0.fee = hasGuilds ? 1_500 : 3_000
        }
        return nil
    }

    private mutating func tribute(_ command: AgeCommand, _ player: String) -> String? {
        guard let resource = command.resource else { return "does not say what" }
        guard let receiver = command.receiver, receiver > 0, receiver != command.player else { return "to no other player" }
        if command.amount <= 0 { return "asks for nothing" }
        builder.add(command.time, .tribute, player) {
            $0.counterparty = "\(receiver)"
            $0.item = resource.item
            $0.quantity = resource == .gold ? nil : command.amount
            $0.amount = resource == .gold ? command.amount : nil
            $0.fee = command.feeBasisPoints ?? 3_000
        }
        return nil
    }

    private mutating func make(
        _ kind: String, _ command: AgeCommand, _ player: String, _ match: inout Match
    ) -> String? {
        guard let subject = command.subject else { return "does not say what" }
        let count = kind == "unit" ? command.amount / AgeRules.scale : 1
        if count <= 0 { return "asks for nothing" }
        let item = "\(kind) \(subject)"
        let price = prices?.items[item]?.total ?? prices?.items["\(subject)"]?.total
        if price == nil, unpriced.insert(item).inserted { match.unknownItems.append(item) }
        builder.add(command.time, price == nil ? .craft : .purchase, player) {
            $0.item = item
            $0.quantity = count
            guard let price else { return }
            $0.unitPrice = price * AgeRules.scale
            $0.amount = price * AgeRules.scale * count
        }
        return nil
    }

    private mutating func research(_ command: AgeCommand, _ player: String, _ match: inout Match) -> String? {
        guard let technology = command.subject else { return "does not say what" }
        guard researched[command.player ?? 0, default: []].insert(technology).inserted else { return "asked for before" }
        return make("technology", command, player, &match)
    }
}

/// What the game is taken to do where the record is silent.
enum AgeRules {
    /// Fractions of a resource are seen in tributes.
    static let scale: Int64 = 1_000
    /// The technology that halves the market's commission.
    static let guilds: Int64 = 15

    /// The four resources, by the game's numbers.
    enum Resource: Int64, CaseIterable {
        case food, wood, stone, gold

        init?(_ node: JSONNode) {
            if let number = node.integer {
                self.init(rawValue: number)
            } else {
                let name = node.text?.lowercased()
                guard let known = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
                self = known
            }
        }

        /// The item that stands for it; gold is the currency.
        var item: String? { self == .gold ? nil : "\(self)" }
    }

    /// What a player begins with.
    static func start(_ resource: Resource) -> Int64 { resource == .gold ? 100 : 200 }

    /// What a player gathers in a minute.
    static func income(_ resource: Resource) -> Int64 {
        switch resource {
        case .food: 300
        case .wood: 250
        case .stone: 50
        case .gold: 150
        }
    }

    static var startText: String { text(start) }
    static var incomeText: String { text(income) }

    private static func text(_ amount: (Resource) -> Int64) -> String {
        Resource.allCases.map { "\(amount($0)) \($0)" }.joined(separator: ", ")
    }
}
