/// Reads League of Legends matches of the match-v5 API: a timeline in `info` beside `metadata`, without that wrapper,
/// or next to its match.
public struct LeagueMatchV5Importer: MatchImporter {
    public let format = "lol-match-v5"
    public let looksFor =
        "\"info\" with \"frames\" that have \"participantFrames\", or \"frames\" beside \"participants\""

    /// An importer of match-v5.
    public init() {}

    /// Whether the timeline is one of match-v5: it names the participants, which that of match-v4 does not.
    public func recognises(_ source: MatchSource) -> Bool {
        guard let root = source.root, let timeline = LeagueTimeline.locate(root, allowsList: !source.isPart) else { return false }
        return timeline.optional("participants") != nil || timeline.path.hasSuffix(".info")
    }

    /// The match with every deal priced by the table.
    public func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match {
        try LeagueTimeline.match(source, format: format, prices: prices)
    }
}
