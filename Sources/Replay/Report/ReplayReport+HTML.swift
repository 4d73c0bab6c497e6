import Foundation

extension ReplayReport {
    /// The report as one page with charts, without outside resources.
    public var html: String {
        var page = HTMLPage(title: "Replay of \(plan.matchName)")
        page.facts(facts)
        addParts(to: &page)
        return page.text
    }

    /// Reports of matches that were played in one world as one page: an overview, then a section for each.
    public static func html(_ reports: [ReplayReport]) -> String {
        guard reports.count != 1 else { return reports[0].html }
        var page = HTMLPage(title: "Replay of \(reports.count) matches")
        page.paragraph("All matches were played at once in one world: root and seconds are those of all together.")
        let anchors = reports.indices.map { "match-\($0 + 1)" }
        page.table(
            ["match", "format", "events", "applied", "refused", "exact", "root", "seconds"], reports.map(\.overviewRow),
            anchors: anchors)
        page.facts(reports.last?.worldFacts ?? [])
        for (report, anchor) in zip(reports, anchors) {
            page.section(report.plan.matchName, anchor: anchor)
            page.facts(report.matchFacts)
            report.addParts(to: &page)
        }
        return page.text
    }

    private var overviewRow: [String] {
        [
            plan.matchName, match.format, "\(match.events.count)", "\(tally.applied)", "\(tally.refused)",
            tally.snapshots.isEmpty ? "-" : "\(tally.exact) of \(tally.snapshots.count)",
            ledger.stateRoot.map { String($0.prefix(12)) } ?? "-", String(format: "%.3f", tally.seconds),
        ]
    }

    private func addParts(to page: inout HTMLPage) {
        for warning in warnings { page.paragraph(warning, isWarning: true) }
        EconomyPage.charts(figures, in: &page, name: slot)
        page.heading("Answers")
        page.paragraph(
            "How long the ledger took to answer: p50 \(milliseconds(0.5)), p99 \(milliseconds(0.99)), p99.9 \(milliseconds(0.999)), slowest \(milliseconds(1)).")
        page.chart(SVGChart.columns(latencyCounts.map { Double($0.count) }, xLabels: latencyLabels))
        page.heading("Players")
        page.table(
            ["player", "earned", "spent", "sold", "returned", "traded", "balance", "exact", "furthest"],
            totals().map {
                [
                    slot($0.player), "\($0.earned)", "\($0.spent)", "\($0.sold)", "\($0.returned)", "\($0.traded)",
                    "\($0.balance)", "\($0.exact) of \($0.checked)", "\($0.furthest)",
                ]
            })
        if !comparisons.isEmpty {
            page.heading("Recorded sums")
            page.table(
                ["player", "what", "recorded", "rebuilt", "ratio"],
                comparisons.map {
                    [$0.total.actor, $0.total.measure.rawValue, "\($0.total.amount)", "\($0.rebuilt)", String(format: "%.3f", $0.ratio)]
                })
        }
        page.heading("Events")
        page.table(
            ["kind", "count"],
            MatchEventKind.allCases.compactMap { kind in match.counts[kind].map { [kind.rawValue, "\($0)"] } })
        addRefusals(to: &page)
    }

    private var facts: [(String, String)] { matchFacts + worldFacts }

    /// What is to be said of the match alone.
    private var matchFacts: [(String, String)] {
        var facts = [
            ("format", match.format), ("events", "\(match.events.count)"), ("applied", "\(tally.applied)"),
            ("clamped", "\(tally.clamped)"), ("refused", "\(tally.refused)"),
            ("left out", "\(match.leftOut.reduce(0) { $0 + $1.count })"),
        ]
        if let exactPercent {
            facts.append(
                (
                    "recorded balances met",
                    "\(tally.exact) of \(tally.snapshots.count) (\(String(format: "%.1f", exactPercent)) %)"
                ))
        }
        return facts
    }

    /// What is to be said of the world that it was played in.
    private var worldFacts: [(String, String)] {
        var facts: [(String, String)] = []
        if let season {
            facts.append(("matches together", "\(season.matches)"))
            facts.append(("operations together", "\(season.operations)"))
        }
        facts.append(("seconds", String(format: "%.3f", tally.seconds)))
        if let root = ledger.stateRoot { facts.append(("state root", root)) }
        if let digest = ledger.operationsDigest { facts.append(("operations digest", digest)) }
        if let conserved = ledger.conserved { facts.append(("every asset sums to zero", conserved ? "yes" : "NO")) }
        return facts
    }

    private func addRefusals(to page: inout HTMLPage) {
        if !tally.refusals.isEmpty {
            page.heading("Refused by the ledger")
            page.table(
                ["why", "code", "count", "first events"],
                tally.refusals.map {
                    [$0.message, "\($0.code)", "\($0.count)", $0.events.map { "\($0)" }.joined(separator: ", ")]
                })
        }
        if !match.leftOut.isEmpty {
            page.heading("Left out")
            page.table(["why", "count"], match.leftOut.map { [$0.reason, "\($0.count)"] })
        }
        if !partings.isEmpty {
            page.heading("Where record and ledger part")
            page.table(
                ["player", "minute", "by", "deals since the balance before"],
                partings.prefix(40).map {
                    [slot($0.player), "\($0.timeMilliseconds / 60_000)", "\($0.change)", $0.items.joined(separator: ", ")]
                })
        }
        if !(match.notes + plan.notes).isEmpty {
            page.heading("Rules applied")
            for note in match.notes + plan.notes.prefix(20) { page.paragraph(note) }
        }
    }

    private func slot(_ player: String) -> String {
        player.hasPrefix(plan.matchName + "/") ? String(player.dropFirst(plan.matchName.count + 1)) : player
    }

    private func milliseconds(_ quantile: Double) -> String {
        String(format: "%.2f ms", tally.latencyMilliseconds(quantile))
    }

    /// Answers by how long they took, in steps of a factor of two from 1/64 ms on.
    private var latencyCounts: [(limit: Double, count: Int)] {
        var counts = (0..<20).map { (limit: pow(2, Double($0) - 6), count: 0) }
        for latency in tally.latenciesNanoseconds {
            let milliseconds = Double(latency) / 1e6
            let place = counts.firstIndex { milliseconds <= $0.limit } ?? counts.count - 1
            counts[place].count += 1
        }
        while counts.count > 2, counts.last?.count == 0 { counts.removeLast() }
        return counts
    }

    private var latencyLabels: [String] {
        let limits = latencyCounts.map(\.limit)
        return [0, limits.count / 2, limits.count - 1].map { SVGChart.text(limits[$0]) + " ms" }
    }
}

/// The charts of an economy, shared by all pages.
enum EconomyPage {
    /// Who is drawn: more lines than that tell nothing.
    static let playersMax = 12

    /// Net worth, supply, faucets and sinks, purchases.
    static func charts(_ figures: EconomyFigures, in page: inout HTMLPage, name: (String) -> String) {
        let labels = timeLabels(figures.times)
        let richest = figures.players.sorted { (figures.worths[$0] ?? 0, $1) > (figures.worths[$1] ?? 0, $0) }
            .prefix(playersMax)
        page.heading("Net worth per player")
        page.paragraph(
            "Money and things at their last known prices\(figures.players.count > playersMax ? "; the \(playersMax) richest of \(figures.players.count) players" : "").")
        page.chart(
            SVGChart.lines(
                richest.map { SVGChart.Series(name: name($0), values: padded(figures.netWorth[$0] ?? [], figures)) },
                xLabels: labels))
        page.heading("Money supply")
        page.chart(
            SVGChart.lines(
                [
                    SVGChart.Series(name: "held by players", values: figures.supply.map(Double.init)),
                    SVGChart.Series(name: "issued by faucets", values: figures.issued.map(Double.init)),
                    SVGChart.Series(name: "taken by sinks and fees", values: figures.drained.map(Double.init)),
                ], xLabels: labels))
        page.heading("Faucets")
        page.chart(SVGChart.bars(figures.faucets.map { ($0.key, Double($0.value)) }, colour: "#2ca02c"))
        page.heading("Sinks")
        page.chart(SVGChart.bars(figures.sinks.map { ($0.key, Double($0.value)) }, colour: "#d62728"))
        page.heading("Purchases over time")
        page.chart(SVGChart.columns(figures.purchases.map(Double.init), xLabels: labels))
        page.facts([
            ("velocity", String(format: "%.2f", figures.velocity)), ("Gini of net worth", String(format: "%.3f", figures.gini)),
        ])
    }

    private static func padded(_ values: [Int64], _ figures: EconomyFigures) -> [Double] {
        values.map(Double.init) + Array(repeating: 0, count: max(0, figures.times.count - values.count))
    }

    /// Minutes of a match; days where it lasted longer.
    static func timeLabels(_ times: [Int64]) -> [String] {
        guard let first = times.first, let last = times.last else { return [] }
        let span = last - first
        let (unit, name): (Double, String) =
            span > 259_200_000 ? (86_400_000, "d") : span > 21_600_000 ? (3_600_000, "h") : span > 180_000 ? (60_000, "min") : (1_000, "s")
        return (0...4).map { SVGChart.text((Double(first) + Double(span) * Double($0) / 4) / unit) + " " + name }
    }
}
