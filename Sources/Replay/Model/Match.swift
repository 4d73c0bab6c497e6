/// A match as an importer hands it over: its events in the order in which they count, and what the importer knows
/// besides.
public struct Match: Sendable, Equatable {
    /// The name; players are named `<match>/<slot>`.
    public var name: String
    /// Which importer read it, `lol-match-v4` for example.
    public var format: String
    /// The events, by time and then in their order at one instant.
    public var events: [MatchEvent]
    /// How far a recorded balance may be from the ledger and still count as exact: 1 where the record is rounded.
    public var tolerance: Int64
    /// Items that have no price, each once, by number and name as far as known, in the order of their appearance.
    public var unknownItems: [String]
    /// What names items have, where numbers stand in the record.
    public var itemNames: [String: String]
    /// Rules that were applied and oddities of the record, as sentences for people.
    public var notes: [String]

    /// A match with its events; order and numbers are the importer's business.
    public init(
        name: String, format: String, events: [MatchEvent], tolerance: Int64 = 0, unknownItems: [String] = [],
        itemNames: [String: String] = [:], notes: [String] = []
    ) {
        self.name = name
        self.format = format
        self.events = events
        self.tolerance = tolerance
        self.unknownItems = unknownItems
        self.itemNames = itemNames
        self.notes = notes
    }

    /// How often each kind occurs.
    public var counts: [MatchEventKind: Int] {
        events.reduce(into: [:]) { $0[$1.kind, default: 0] += 1 }
    }

    /// The players in the order of their first appearance, without the game itself.
    public var players: [String] {
        var seen: Set<String> = [slotOfTheGame]
        var players: [String] = []
        for event in events {
            for slot in [event.actor, event.counterparty].compactMap({ $0 }) where seen.insert(slot).inserted {
                players.append(slot)
            }
        }
        return players
    }
}
