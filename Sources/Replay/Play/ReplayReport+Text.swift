import Foundation

extension ReplayReport {
    /// The report for people: what the match held, what the ledger did with it, and each player's account.
    public var text: String {
        var lines = ["\(plan.matchName) (\(match.format)): \(match.events.count) events"]
        lines.append(
            "  "
                + MatchEventKind.allCases.compactMap { kind in match.counts[kind].map { "\($0) \(kind.rawValue)" } }
                .joined(separator: ", "))
        lines.append("  applied \(tally.applied), of these clamped \(tally.clamped), refused \(tally.refused)")
        for refusal in tally.refusals {
            let events = refusal.events.map(String.init).joined(separator: ", ")
            lines.append(
                "    \(refusal.count) x \(refusal.message) (event \(events)\(refusal.count > refusal.events.count ? ", ..." : ""))"
            )
        }
        if let recorded = match.recordedCount {
            let leftOut = match.leftOut.reduce(0) { $0 + $1.count }
            lines.append("  entries of the record: \(recorded), of these \(recorded - leftOut) events, \(leftOut) left out")
        }
        lines += match.leftOut.map { "    \($0.count) x \($0.reason)" }
        for measure in [RecordedTotal.Measure.bought, .sent, .received] {
            guard let ratio = medianRatio(measure) else { continue }
            let all = comparisons.filter { $0.total.measure == measure }
            lines.append(
                String(
                    format: "  \(measure.rawValue), rebuilt to recorded: median of \(all.count) players %.3f, lowest %.3f, highest %.3f",
                    ratio, all.map(\.ratio).min() ?? 0, all.map(\.ratio).max() ?? 0))
        }
        if let exactPercent {
            lines.append(
                String(
                    format: "  recorded balances: %d of %d met by the ledger (%.1f %%)", tally.exact,
                    tally.snapshots.count,
                    exactPercent))
        }
        lines += partingLines()
        lines += match.notes.map { "  note: \($0)" } + plan.notes.prefix(10).map { "  note: \($0)" }
        lines += warnings.map { "  WARNING: \($0)" }
        lines += ["", table(totals()), ""]
        lines.append(
            String(
                format: "  %.3f s, answers p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, slowest %.2f ms", tally.seconds,
                tally.latencyMilliseconds(0.5), tally.latencyMilliseconds(0.99), tally.latencyMilliseconds(0.999),
                tally.latencyMilliseconds(1)))
        if let season {
            lines.append(
                String(
                    format: "  together: \(season.matches) matches, \(season.operations) operations, applied \(season.applied), clamped \(season.clamped), refused \(season.refused), balances \(season.exact) of \(season.checked), %.3f s",
                    season.seconds))
        }
        if let blocks = ledger.blocks { lines.append("  blocks            \(blocks)") }
        if let head = ledger.head { lines.append("  head              \(head)") }
        if let root = ledger.stateRoot { lines.append("  state root        \(root)") }
        if let digest = ledger.operationsDigest { lines.append("  operations digest \(digest)") }
        if let conserved = ledger.conserved {
            lines.append("  every asset sums to zero: \(conserved ? "yes" : "NO")")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ totals: [PlayerTotals]) -> String {
        let width = max(6, totals.map { slot($0.player).count }.max() ?? 0)
        let head = ["earned", "spent", "sold", "returned", "traded", "balance", "exact", "furthest"]
        var rows = ["  " + "player".padded(to: width) + head.map { $0.leftPadded(to: 10) }.joined()]
        for total in totals {
            let cells = [
                "\(total.earned)", "\(total.spent)", "\(total.sold)", "\(total.returned)", "\(total.traded)",
                "\(total.balance)", "\(total.exact)/\(total.checked)", "\(total.furthest)",
            ]
            rows.append("  " + slot(total.player).padded(to: width) + cells.map { $0.leftPadded(to: 10) }.joined())
        }
        return rows.joined(separator: "\n")
    }

    /// The name without the match's.
    private func slot(_ player: String) -> String {
        player.hasPrefix(plan.matchName + "/") ? String(player.dropFirst(plan.matchName.count + 1)) : player
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
