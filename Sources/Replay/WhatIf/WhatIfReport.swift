import Foundation

/// Two runs of one economy side by side: as it was, and as it would have been.
public struct WhatIfReport: Sendable {
    /// An operation that the record has and that could not happen any more.
    public struct Invalidated: Sendable, Equatable {
        public var player: String
        public var what: String
        public var reason: String
        public var timeMilliseconds: Int64
        /// Whether something was bought with it.
        public var isPurchase: Bool

        /// One operation.
        public init(player: String, what: String, reason: String, timeMilliseconds: Int64, isPurchase: Bool) {
            self.player = player
            self.what = what
            self.reason = reason
            self.timeMilliseconds = timeMilliseconds
            self.isPurchase = isPurchase
        }
    }

    public let name: String
    public let base: EconomyFigures
    public let changed: EconomyFigures
    public let invalidated: [Invalidated]
    /// State roots of both ends.
    public let roots: (base: String, changed: String)

    /// What deserves attention, as sentences.
    public var notes: [String] = []

    /// What is assumed, in every answer.
    public static let assumption =
        "Behaviour is held fixed: everyone tries what the record says, at the time that it says, and nobody reacts to the change."

    /// A comparison of two runs.
    public init(
        name: String, base: EconomyFigures, changed: EconomyFigures, invalidated: [Invalidated],
        roots: (base: String, changed: String)
    ) {
        self.name = name
        self.base = base
        self.changed = changed
        self.invalidated = invalidated
        self.roots = roots
    }

    /// Who bought before and could not buy something now, and how often, the most often first.
    public var losers: [(player: String, count: Int)] {
        var counts: [String: Int] = [:]
        for entry in invalidated where entry.isPurchase { counts[entry.player, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// The figures in rows: name, before, after.
    public var rows: [(name: String, base: Double, changed: Double)] {
        func sum(_ values: [String: Int64]) -> Double { values.values.reduce(0) { $0 + Double($1) } }
        return [
            ("money supply at the end", Double(base.supply.last ?? 0), Double(changed.supply.last ?? 0)),
            ("issued by faucets", sum(base.faucets), sum(changed.faucets)),
            ("taken by sinks and fees", sum(base.sinks), sum(changed.sinks)),
            ("volume", Double(base.volume), Double(changed.volume)),
            ("velocity", base.velocity, changed.velocity),
            ("price index", 1, changed.priceIndex(against: base)),
            ("purchases", Double(base.purchases.reduce(0, +)), Double(changed.purchases.reduce(0, +))),
            ("players who bought", Double(base.buyers.count), Double(changed.buyers.count)),
            ("Gini of net worth", base.gini, changed.gini),
            (
                "median net worth", Self.median(base.worths.values.map(Double.init)),
                Self.median(changed.worths.values.map(Double.init))
            ),
        ]
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// Invalidated operations by reason, the most frequent first.
    public var reasons: [(reason: String, count: Int)] {
        var counts: [String: Int] = [:]
        for entry in invalidated { counts[entry.reason, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    // MARK: Telling

    /// For people.
    public var text: String {
        var lines = ["What if, in \(name)", "  \(Self.assumption)"] + notes.map { "  NOTE: \($0)" } + [""]
        lines.append("  " + pad("", 26) + pad("as it was", 18, right: true) + pad("changed", 18, right: true) + pad("by", 10, right: true))
        for row in rows {
            lines.append(
                "  " + pad(row.name, 26) + pad(shown(row.base), 18, right: true) + pad(shown(row.changed), 18, right: true)
                    + pad(difference(row.base, row.changed), 10, right: true))
        }
        lines += ["", "  \(invalidated.count) operations of the record could not happen any more"]
        lines += reasons.prefix(8).map { "    \($0.count) x \($0.reason)" }
        for entry in invalidated.prefix(12) {
            lines.append("    \(clock(entry.timeMilliseconds)) \(entry.player): \(entry.what)")
        }
        if invalidated.count > 12 { lines.append("    ... and \(invalidated.count - 12) more") }
        let losers = losers
        lines.append(
            losers.isEmpty
                ? "  everyone could still buy what he bought"
                : "  \(losers.count) players could no longer buy all they bought: "
                    + losers.prefix(12).map { "\($0.player) (\($0.count))" }.joined(separator: ", "))
        lines.append("  state root \(roots.base) became \(roots.changed)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs.
    public var json: String {
        func quoted(_ text: String) -> String { CanonicalWriter.quoted(text) }
        let figures = rows.map { "\(quoted($0.name)):{\"base\":\($0.base),\"changed\":\($0.changed)}" }
        let reasons = reasons.map { "{\"reason\":\(quoted($0.reason)),\"count\":\($0.count)}" }
        let losers = losers.map { "{\"player\":\(quoted($0.player)),\"purchases\":\($0.count)}" }
        let list = invalidated.prefix(1_000).map {
            "{\"t\":\($0.timeMilliseconds),\"player\":\(quoted($0.player)),\"what\":\(quoted($0.what)),\"reason\":\(quoted($0.reason))}"
        }
        func series(_ figures: EconomyFigures) -> String {
            let worth = figures.players.map { "\(quoted($0)):\(figures.netWorth[$0] ?? [])" }.joined(separator: ",")
            return "{\"t\":\(figures.times),\"supply\":\(figures.supply),\"issued\":\(figures.issued),\"drained\":\(figures.drained),\"netWorth\":{\(worth)}}"
        }
        return
            "{\"name\":\(quoted(name)),\"assumption\":\(quoted(Self.assumption)),\"notes\":[\(notes.map(quoted).joined(separator: ","))],\"figures\":{\(figures.joined(separator: ","))},\"invalidated\":\(invalidated.count),\"reasons\":[\(reasons.joined(separator: ","))],\"noLongerBuy\":[\(losers.joined(separator: ","))],\"operations\":[\(list.joined(separator: ","))],\"base\":\(series(base)),\"changed\":\(series(changed)),\"baseRoot\":\(quoted(roots.base)),\"changedRoot\":\(quoted(roots.changed))}"
    }

    /// One page with charts of both.
    public var html: String {
        var page = HTMLPage(title: "What if, in \(name)")
        page.paragraph(Self.assumption)
        for note in notes { page.paragraph(note) }
        page.table(
            ["", "as it was", "changed", "by"],
            rows.map { [$0.name, shown($0.base), shown($0.changed), difference($0.base, $0.changed)] })
        let labels = EconomyPage.timeLabels(base.times)
        func pair(_ title: String, _ one: [Int64], _ other: [Int64]) {
            page.heading(title)
            page.chart(
                SVGChart.lines(
                    [
                        SVGChart.Series(name: "as it was", values: one.map(Double.init)),
                        SVGChart.Series(name: "changed", values: other.map(Double.init)),
                    ], xLabels: labels))
        }
        pair("Money supply", base.supply, changed.supply)
        pair("Issued by faucets", base.issued, changed.issued)
        pair("Taken by sinks and fees", base.drained, changed.drained)
        let richest = base.players.sorted { (base.worths[$0] ?? 0, $1) > (base.worths[$1] ?? 0, $0) }
        for player in richest.prefix(6) {
            pair("Net worth of \(player)", base.netWorth[player] ?? [], changed.netWorth[player] ?? [])
        }
        page.heading("Operations that could not happen any more")
        page.table(["why", "count"], reasons.map { [$0.reason, "\($0.count)"] })
        page.table(
            ["player", "what", "when"],
            invalidated.prefix(200).map { [$0.player, $0.what, clock($0.timeMilliseconds)] })
        page.heading("Who could no longer buy")
        page.table(["player", "purchases lost"], losers.prefix(200).map { [$0.player, "\($0.count)"] })
        page.facts([("state root as it was", roots.base), ("state root changed", roots.changed)])
        return page.text
    }

    private func shown(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(format: "%.0f", value) : String(format: "%.3f", value)
    }

    private func difference(_ base: Double, _ changed: Double) -> String {
        if base == changed { return "-" }
        return base == 0 ? "new" : String(format: "%+.1f %%", (changed - base) / abs(base) * 100)
    }

    private func clock(_ milliseconds: Int64) -> String {
        let seconds = abs(milliseconds) / 1_000
        return (milliseconds < 0 ? "-" : "") + String(format: "%d:%02d", seconds / 60, seconds % 60)
    }

    private func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }
}

extension WhatIfReport {
    /// A match as it was beside the same under a change, both played by the same function.
    public static func compare(
        _ match: Match, _ change: EconomyChange, play: (Match) throws -> ReplayReport
    ) throws -> WhatIfReport {
        let changed = ChangedMatch(match, change)
        let base = try play(match)
        let after = try play(changed.match)
        var invalidated: [Invalidated] = []
        let applied = after.tally.appliedSequences
        let reasons = after.tally.reasonsBySequence
        for event in match.events where base.tally.appliedSequences.contains(event.sequence) && !applied.contains(event.sequence) {
            // A reward of nothing is no operation and takes nothing from anyone.
            if event.kind == .reward, changed.forbidden[event.sequence] == nil, reasons[event.sequence] == nil { continue }
            let item = event.item.map { match.itemNames[$0] ?? $0 }
            invalidated.append(
                Invalidated(
                    player: event.actor, what: [event.kind.rawValue, item].compactMap { $0 }.joined(separator: " of "),
                    reason: changed.forbidden[event.sequence] ?? reasons[event.sequence] ?? "its event did not happen",
                    timeMilliseconds: event.timeMilliseconds,
                    isPurchase: event.kind == .purchase || event.kind == .buyLots))
        }
        var report = WhatIfReport(
            name: match.name, base: base.figures, changed: after.figures, invalidated: invalidated,
            roots: (base.ledger.stateRoot ?? "", after.ledger.stateRoot ?? ""))
        report.notes = change.idle(in: match)
        return report
    }
}
