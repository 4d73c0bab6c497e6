/// Reads League of Legends matches of the match-v4 API: `{match, timeline}` or a timeline alone.
public struct LeagueMatchV4Importer: MatchImporter {
    public let format = "lol-match-v4"
    public let looksFor = "\"timeline\" with \"frames\" that have \"participantFrames\", or such frames alone"

    /// An importer of match-v4.
    public init() {}

    /// Whether there is a timeline with the frames of the game.
    public func recognises(_ source: MatchSource) -> Bool {
        guard let root = source.root else { return false }
        return LeagueTimeline.locate(root, allowsList: !source.isPart) != nil
    }

    /// A match without its timeline, where it does not say what was earned either.
    public func nearMiss(_ source: MatchSource) -> String? {
        let match = source.root?.nearest { reader in
            reader.optional("participants")?.children.first?.reader.optional(anyOf: ["championId", "championName"]) != nil
        }
        return match == nil ? nil : "it is of League of Legends, and has neither a timeline nor what players earned"
    }

    /// The match with every deal priced by the table.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        try LeagueTimeline.match(source, format: format, prices: prices)
    }
}
