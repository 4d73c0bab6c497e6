/// The part of a League of Legends recording that its economy needs, the same for match-v4 and match-v5.
struct LeagueTimeline {
    /// What a participant had at the time of a frame.
    struct Wallet {
        let slot: Int64
        let current: Int64?
        let total: Int64
    }

    /// A frame: the time of its sample and the wallets, by slot.
    struct Frame {
        let timeMilliseconds: Int64
        let wallets: [Wallet]
    }

    /// An event of the shop, or a kill.
    struct Deal {
        enum Kind {
            case purchased(item: Int64)
            case sold(item: Int64)
            case destroyed(item: Int64)
            case undone(before: Int64, after: Int64, gold: Int64?)
            case kill(victim: Int64, bounty: Int64?)
        }

        let timeMilliseconds: Int64
        let slot: Int64
        let kind: Kind
    }

    /// Item numbers; larger ones have no asset number of their own.
    static let items: ClosedRange<Int64> = 0...9_999_999

    let name: String
    /// In the order of time.
    let frames: [Frame]
    /// In the order of time, at one instant in that of the record: frames lie about which events are theirs.
    let deals: [Deal]

    /// The object that holds the frames, however it is wrapped: the root, `timeline`, `info`, `timeline.info` and others.
    static func locate(_ root: JSONReader, allowsList: Bool = true) -> JSONReader? {
        root.nearest { reader in
            // The frames alone.
            if allowsList, reader.node.elements?.prefix(8).contains(where: { $0.loosely("participantFrames") != nil }) == true { return true }
            guard let frames = reader.optional("frames")?.node.elements else { return false }
            if frames.contains(where: { $0.loosely("participantFrames") != nil }) { return true }
            let isNamed = reader.optional("frameInterval") != nil || reader.optional("participants") != nil
            return frames.isEmpty && (isNamed || root.optional("timeline") != nil || reader.path == root.path)
        }
    }

    /// Reads a whole match, which is what both importers do.
    static func match(_ source: MatchSource, format: String, prices: PriceTable?) throws(ImportError) -> Match {
        guard let root = source.root, let located = locate(root) else {
            throw ImportError(
                file: source.file, problem: "has no timeline",
                remedy: "\"frames\" with \"participantFrames\" are needed")
        }
        let timeline = try LeagueTimeline(located, root: root, name: name(root, located) ?? "lol-" + source.contentName)
        var accounts = LeagueAccounts(timeline: timeline, prices: prices)
        return accounts.match(format: format)
    }

    init(_ reader: JSONReader, root: JSONReader, name: String) throws(ImportError) {
        self.name = name
        let frameReaders = try (reader.node.elements == nil ? reader.required("frames", "an array of frames is needed") : reader).elements()
        guard !frameReaders.isEmpty else { throw reader.error("has no frames", "a match has at least one") }
        var frames: [Frame] = []
        var deals: [Deal] = []
        let slots = LeagueSlots(reader, root: root)
        for frame in frameReaders where !frame.node.isNull {
            frames.append(try Self.frame(frame, slots))
            for event in try frame.optional("events")?.elements() ?? [] where !event.node.isNull {
                if let deal = try Self.deal(event, slots) { deals.append(deal) }
            }
        }
        guard frames.contains(where: { !$0.wallets.isEmpty }) else {
            throw reader.error("no frame has a participant", "\"participantFrames\" with \"totalGold\" tell what was earned")
        }
        // The sort must keep what stands first at one instant first.
        self.frames = frames.filter { !$0.wallets.isEmpty }.enumerated().sorted {
            ($0.element.timeMilliseconds, $0.offset) < ($1.element.timeMilliseconds, $1.offset)
        }.map(\.element)
        self.deals = deals.enumerated().sorted {
            ($0.element.timeMilliseconds, $0.offset) < ($1.element.timeMilliseconds, $1.offset)
        }.map(\.element)
    }

    private static func name(_ root: JSONReader, _ timeline: JSONReader) throws(ImportError) -> String? {
        for key in ["matchId", "gameId"] {
            let holders = [timeline, root, root.nearest(depth: 3) { $0.optional(key) != nil }].compactMap { $0 }
            for holder in holders { if let name = try holder.optionalText(key) { return "lol-" + name.prefix(36) } }
        }
        return nil
    }

    private static func frame(_ reader: JSONReader, _ slots: LeagueSlots) throws(ImportError) -> Frame {
        let time = try reader.integer("timestamp", in: JSONReader.times)
        guard let participants = reader.optional("participantFrames") else {
            return Frame(timeMilliseconds: time, wallets: [])
        }
        var wallets: [Wallet] = []
        for (key, entry) in try entries(participants) where !entry.node.isNull {
            guard let slot = try entry.optionalInteger("participantId") ?? slots.slot(named: key), slot != 0 else { continue }
            wallets.append(
                Wallet(
                    slot: slot,
                    current: try entry.optional("currentGold") == nil
                        ? nil : entry.integer("currentGold", in: JSONReader.purses),
                    total: try entry.integer("totalGold", in: JSONReader.purses)))
        }
        return Frame(timeMilliseconds: time, wallets: wallets.sorted { $0.slot < $1.slot })
    }

    private static func entries(_ reader: JSONReader) throws(ImportError) -> [(String, JSONReader)] {
        if case .object(let members) = reader.node.value {
            return members.map { ($0.key, JSONReader($0.node, file: reader.file, path: "\(reader.path).\($0.key)")) }
        }
        return try reader.elements().enumerated().map { ("\($0 + 1)", $1) }
    }

    private static func deal(_ reader: JSONReader, _ slots: LeagueSlots) throws(ImportError) -> Deal? {
        guard let type = try reader.optionalText(anyOf: ["type", "eventType"]) else { return nil }
        let kind: Deal.Kind
        switch type.uppercased() {
        case "ITEM_PURCHASED": kind = .purchased(item: try reader.integer("itemId", in: items))
        case "ITEM_SOLD": kind = .sold(item: try reader.integer("itemId", in: items))
        case "ITEM_DESTROYED": kind = .destroyed(item: try reader.integer("itemId", in: items))
        case "ITEM_UNDO":
            kind = .undone(
                before: try reader.optional(anyOf: ["beforeId", "itemBefore"])?.integer() ?? 0,
                after: try reader.optional(anyOf: ["afterId", "itemAfter"])?.integer() ?? 0,
                gold: try reader.optionalInteger("goldGain"))
        case "CHAMPION_KILL":
            let hasVictim = reader.optional(anyOf: ["victimId", "victimPuuid"]) != nil
            kind = .kill(
                victim: hasVictim ? try slots.slot(reader, "victimId", "victimPuuid") : 0, bounty: try reader.optionalInteger("bounty"))
            let hasKiller = reader.optional(anyOf: ["killerId", "killerPuuid"]) != nil
            return Deal(
                timeMilliseconds: try reader.integer("timestamp", in: JSONReader.times),
                slot: hasKiller ? try slots.slot(reader, "killerId", "killerPuuid") : 0, kind: kind)
        default: return nil
        }
        return Deal(
            timeMilliseconds: try reader.integer("timestamp", in: JSONReader.times),
            slot: try slots.slot(reader, "participantId", "puuid"), kind: kind)
    }
}

/// The slots of participants that are named by a number, or by their puuid.
struct LeagueSlots {
    private var byName: [String: Int64] = [:]

    /// Looks for the participants beside the frames, in `metadata` and in the match.
    init(_ timeline: JSONReader, root: JSONReader) {
        let lists = [timeline.optional("participants"), root.nearest(depth: 3) { $0.path.hasSuffix(".participants") }]
        for list in lists.compactMap({ $0 }) {
            for (index, child) in list.children.enumerated() {
                let place = child.reader.optional("participantId")?.node.integer ?? Int64(index) + 1
                let name = child.reader.node.text ?? child.reader.optional("puuid")?.node.text
                if let name, byName[name] == nil { byName[name] = place }
            }
        }
    }

    /// The slot behind a key: a number itself, or a known name.
    func slot(named key: String) -> Int64? { Int64(key) ?? byName[key] }

    /// The slot that an event names, by number or by name.
    func slot(_ reader: JSONReader, _ key: String, _ nameKey: String) throws(ImportError) -> Int64 {
        if let number = reader.optional(key), let slot = number.node.integer ?? number.node.text.flatMap({ byName[$0] }) {
            return slot
        }
        if let name = reader.optional(nameKey)?.node.text, let slot = byName[name] { return slot }
        return try reader.integer(key)
    }
}
