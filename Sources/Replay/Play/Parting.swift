/// A place where the record and the ledger part: the difference of a player's balance changed since the balance before.
public struct Parting: Sendable, Equatable {
    /// The full name of the player.
    public let player: String
    /// When the balance was recorded.
    public let timeMilliseconds: Int64
    /// By how much the record is above what the difference so far explains.
    public let change: Int64
    /// What the player bought, sold or took back since the balance before, by item.
    public let items: [String]

    /// A parting.
    public init(player: String, timeMilliseconds: Int64, change: Int64, items: [String]) {
        self.player = player
        self.timeMilliseconds = timeMilliseconds
        self.change = change
        self.items = items
    }
}

extension ReplayReport {
    /// Where record and ledger part, in the order of the match: one wrong price shows here once, though it makes
    /// every later balance wrong.
    public var partings: [Parting] {
        var lastDifference: [String: Int64] = [:]
        var lastTime: [String: Int64] = [:]
        var deals: [String: [MatchEvent]] = [:]
        for event in match.events where [.purchase, .craft, .sell, .undo].contains(event.kind) {
            deals["\(plan.matchName)/\(event.actor)", default: []].append(event)
        }
        var partings: [Parting] = []
        for snapshot in tally.snapshots {
            guard let balance = snapshot.balance else { continue }
            let check = snapshot.check
            let key = "\(check.player) \(check.asset)"
            let difference = BalanceDifference.of(check.recorded, less: balance)
            let change = BalanceDifference.of(difference, less: lastDifference[key] ?? 0)
            let since = lastTime[key] ?? .min
            lastTime[key] = check.timeMilliseconds
            // Rounding wanders by a unit; only a step starts a new difference.
            guard change.magnitude > check.tolerance.magnitude else { continue }
            lastDifference[key] = difference
            let items = (deals[check.player] ?? [])
                .filter { $0.timeMilliseconds >= since && $0.timeMilliseconds < check.timeMilliseconds }
                .compactMap { $0.item.map(name) }
            partings.append(
                Parting(
                    player: check.player, timeMilliseconds: check.timeMilliseconds, change: change, items: items))
        }
        return partings
    }

    private func name(_ item: String) -> String { match.itemNames[item] ?? item }

    /// The first partings as lines of text, and how many there are.
    func partingLines(_ countMax: Int = 8) -> [String] {
        let partings = partings
        guard !partings.isEmpty else { return [] }
        var lines = ["  record and ledger part \(partings.count) times:"]
        for parting in partings.prefix(countMax) {
            let minute = parting.timeMilliseconds / 60_000
            let shown = parting.items.prefix(8).joined(separator: ", ") + (parting.items.count > 8 ? ", ..." : "")
            let items = parting.items.isEmpty ? "no deal" : shown
            let sign = parting.change > 0 ? "+" : ""
            lines.append("    \(parting.player) before minute \(minute): \(sign)\(parting.change) (\(items))")
        }
        if partings.count > countMax { lines.append("    ... and \(partings.count - countMax) more") }
        return lines
    }
}
