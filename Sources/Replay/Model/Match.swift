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
    /// What deserves attention: the record holds less than a match should.
    public var warnings: [String] = []
    /// What the record calls its currencies, where that is not gold and gems: the first is the world's first, the
    /// second its second, any more are kept as items.
    public var currencies: [String] = []
    /// How many units of the ledger are one of the record: 1,000 where amounts have fractions.
    public var scale: Int64 = 1
    /// Sums that the record holds besides balances, for comparison.
    public var totals: [RecordedTotal] = []
    /// Entries of the record, where each is an event or left out with a reason.
    public var recordedCount: Int?
    /// Entries of the record that became no event, by reason, in the order of their first appearance.
    public var leftOut: [LeftOut] = []

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

    /// Counts an entry of the record that becomes no event.
    public mutating func leaveOut(_ reason: String) {
        let index = leftOut.firstIndex { $0.reason == reason } ?? leftOut.count
        if index == leftOut.count { leftOut.append(LeftOut(reason: reason, count: 0)) }
        leftOut[index].count += 1
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

/// A sum that the record holds for a player, to be compared with what the replay comes to.
public struct RecordedTotal: Sendable, Equatable {
    /// What is summed up.
    public enum Measure: String, Sendable {
        /// What was paid for purchases.
        case bought
        /// What the player sent to others.
        case sent
        /// What the player received from others.
        case received
    }

    /// The slot of the player.
    public var actor: String
    public var measure: Measure
    public var amount: Int64

    /// A sum.
    public init(actor: String, measure: Measure, amount: Int64) {
        self.actor = actor
        self.measure = measure
        self.amount = amount
    }
}

/// Entries of a record that became no event, and why.
public struct LeftOut: Sendable, Equatable {
    public var reason: String
    public var count: Int

    /// So many entries for a reason.
    public init(reason: String, count: Int) {
        self.reason = reason
        self.count = count
    }
}
