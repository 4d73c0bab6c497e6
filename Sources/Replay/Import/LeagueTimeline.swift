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

    /// The object that holds the frames: the root, `timeline`, `info`, or `timeline.info`.
    static func locate(_ root: JSONReader) -> JSONReader? {
        let candidates = [
            root, root.optional("timeline"), root.optional("info"), root.optional("timeline")?.optional("info"),
            root.optional("timeline_json"),
        ]
        for case let candidate? in candidates {
            guard let frames = candidate.optional("frames")?.node.elements else { continue }
            if frames.isEmpty || frames.contains(where: { $0["participantFrames"] != nil }) { return candidate }
        }
        return nil
    }

    /// Reads a whole match, which is what both importers do.
    static func match(_ source: MatchSource, format: String, prices: PriceTable?) throws(ImportError) -> Match {
        guard let root = source.root, let located = locate(root) else {
            throw ImportError(
                file: source.file, problem: "has no timeline",
                remedy: "\"frames\" with \"participantFrames\" are needed")
        }
        let timeline = try LeagueTimeline(located, name: name(root, located) ?? "lol-" + source.contentName)
        var accounts = LeagueAccounts(timeline: timeline, prices: prices)
        return accounts.match(format: format)
    }

    init(_ reader: JSONReader, name: String) throws(ImportError) {
        self.name = name
        let frameReaders = try reader.required("frames", "an array of frames is needed").elements()
        guard !frameReaders.isEmpty else { throw reader.error("has no frames", "a match has at least one") }
        var frames: [Frame] = []
        var deals: [Deal] = []
        for frame in frameReaders {
            frames.append(try Self.frame(frame))
            for event in try frame.optional("events")?.elements() ?? [] {
                if let deal = try Self.deal(event) { deals.append(deal) }
            }
        }
        // The sort must keep what stands first at one instant first.
        self.frames = frames.enumerated().sorted {
            ($0.element.timeMilliseconds, $0.offset) < ($1.element.timeMilliseconds, $1.offset)
        }.map(\.element)
        self.deals = deals.enumerated().sorted {
            ($0.element.timeMilliseconds, $0.offset) < ($1.element.timeMilliseconds, $1.offset)
        }.map(\.element)
    }

    private static func name(_ root: JSONReader, _ timeline: JSONReader) throws(ImportError) -> String? {
        for holder in [root.optional("metadata"), root.optional("timeline")?.optional("metadata")] {
            if let name = try holder?.optionalText("matchId") { return "lol-" + name.prefix(36) }
        }
        for holder in [root.optional("match"), root.optional("match")?.optional("info"), timeline, root] {
            if let name = try holder?.optionalText("gameId") { return "lol-" + name.prefix(36) }
        }
        return nil
    }

    private static func frame(_ reader: JSONReader) throws(ImportError) -> Frame {
        let time = try reader.integer("timestamp", in: JSONReader.times)
        guard let participants = reader.optional("participantFrames") else {
            return Frame(timeMilliseconds: time, wallets: [])
        }
        var wallets: [Wallet] = []
        for (key, entry) in try entries(participants) where !entry.node.isNull {
            guard let slot = try entry.optionalInteger("participantId") ?? Int64(key), slot != 0 else { continue }
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

    private static func deal(_ reader: JSONReader) throws(ImportError) -> Deal? {
        guard let type = try reader.optionalText("type") else { return nil }
        let kind: Deal.Kind
        switch type {
        case "ITEM_PURCHASED": kind = .purchased(item: try reader.integer("itemId", in: items))
        case "ITEM_SOLD": kind = .sold(item: try reader.integer("itemId", in: items))
        case "ITEM_DESTROYED": kind = .destroyed(item: try reader.integer("itemId", in: items))
        case "ITEM_UNDO":
            kind = .undone(
                before: try reader.optionalInteger("beforeId") ?? 0, after: try reader.optionalInteger("afterId") ?? 0,
                gold: try reader.optionalInteger("goldGain"))
        case "CHAMPION_KILL":
            kind = .kill(victim: try reader.integer("victimId"), bounty: try reader.optionalInteger("bounty"))
            return Deal(
                timeMilliseconds: try reader.integer("timestamp", in: JSONReader.times),
                slot: try reader.optionalInteger("killerId") ?? 0, kind: kind)
        default: return nil
        }
        return Deal(
            timeMilliseconds: try reader.integer("timestamp", in: JSONReader.times),
            slot: try reader.integer("participantId"), kind: kind)
    }
}
