import Foundation

/// What the ledger of the server says after a replay; the caller asks it, because only the caller knows the server.
public struct LedgerSummary: Sendable, Equatable {
    public var blocks: UInt64?
    public var stateRoot: String?
    public var operationsDigest: String?
    public var head: String?
    /// Whether every asset sums to zero over all accounts.
    public var conserved: Bool?

    /// What is known; nil where the server is not ours to ask.
    public init(
        blocks: UInt64? = nil, stateRoot: String? = nil, operationsDigest: String? = nil, head: String? = nil,
        conserved: Bool? = nil
    ) {
        self.blocks = blocks
        self.stateRoot = stateRoot
        self.operationsDigest = operationsDigest
        self.head = head
        self.conserved = conserved
    }
}

/// The report of one replay, as text for people and as JSON for programs.
public struct ReplayReport: Sendable {
    /// Below this share of exact balances, in percent, a price table is taken to be the wrong one: right ones gave 63
    /// and more,
    /// wrong ones 50 and less.
    public static let fittingPercent = 55.0

    public let match: Match
    public let plan: ReplayPlan
    public let tally: ReplayTally
    public let ledger: LedgerSummary
    /// What all copies came to together, where there were several.
    public var season: SeasonTally?

    /// The report of a finished replay.
    public init(match: Match, plan: ReplayPlan, tally: ReplayTally, ledger: LedgerSummary) {
        self.match = match
        self.plan = plan
        self.tally = tally
        self.ledger = ledger
    }

    /// The share of recorded balances that the ledger met, in percent; nil when none was recorded.
    public var exactPercent: Double? {
        tally.snapshots.isEmpty ? nil : Double(tally.exact) * 100 / Double(tally.snapshots.count)
    }

    /// What deserves attention, as sentences.
    public var warnings: [String] {
        var warnings = match.warnings
        let isPriced = !match.unknownItems.isEmpty || !match.itemNames.isEmpty
        if let ratio = medianRatio(.bought) {
            // What is gone at the end of a match without timeline has no price.
            if abs(1 - ratio) > 0.1, match.format != "lol-match-summary" {
                warnings.append(
                    String(
                        format: "what was spent is rebuilt to %.0f %% in the median: the price table is probably of another patch (--prices FILE)",
                        ratio * 100))
            }
        } else if let exactPercent, isPriced, exactPercent < Self.fittingPercent {
            warnings.append(
                String(
                    format:
                        "only %.1f %% of the recorded balances are met: the price table is probably of another patch (--prices FILE)",
                    exactPercent))
        }
        if !match.unknownItems.isEmpty {
            warnings.append(
                "\(match.unknownItems.count) items have no price and cost nothing: \(match.unknownItems.prefix(20).joined(separator: ", "))\(match.unknownItems.count > 20 ? ", ..." : "")"
            )
        }
        if tally.busy > 0 {
            warnings.append(
                "the server was busy \(tally.busy) times: operations were sent again, their order may differ from the record"
            )
        }
        if tally.repeated > 0 {
            warnings.append("\(tally.repeated) events had been applied before: this ledger has seen the match")
        }
        if ledger.conserved == false { warnings.append("an asset does not sum to zero over all accounts") }
        return warnings
    }

    /// One JSON object on one line, with the keys that `hoard replay --json` promises.
    public var json: String {
        let events = MatchEventKind.allCases.compactMap { kind in
            match.counts[kind].map { "\"\(kind.rawValue)\":\($0)" }
        }
        let latency = [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)].map {
            "\"\($0.0)\":\(number(tally.latencyMilliseconds($0.1)))"
        }
        let parts = [
            "\"match\":\(CanonicalWriter.quoted(plan.matchName))", "\"format\":\(CanonicalWriter.quoted(match.format))",
            "\"events\":{\(events.joined(separator: ","))}", "\"applied\":\(tally.applied)",
            "\"clamped\":\(tally.clamped)",
            "\"refused\":\(tally.refused)",
            "\"leftOut\":{\(match.leftOut.map { "\(CanonicalWriter.quoted($0.reason)):\($0.count)" }.joined(separator: ","))}",
            "\"totals\":[\(comparisons.map(comparisonJSON).joined(separator: ","))]",
            "\"snapshots\":{\"checked\":\(tally.snapshots.count),\"exact\":\(tally.exact)}",
            "\"refusals\":[\(tally.refusals.map { "{\"reason\":\(CanonicalWriter.quoted($0.message)),\"count\":\($0.count)}" }.joined(separator: ","))]",
            "\"warnings\":[\(warnings.map(CanonicalWriter.quoted).joined(separator: ","))]",
            "\"notes\":[\((match.notes + plan.notes.prefix(10)).map(CanonicalWriter.quoted).joined(separator: ","))]",
            "\"players\":[\(totals().map(playerJSON).joined(separator: ","))]",
            "\"unknownItems\":[\(match.unknownItems.map(CanonicalWriter.quoted).joined(separator: ","))]",
            "\"blocks\":\(ledger.blocks.map { "\($0)" } ?? "null")", "\"stateRoot\":\(text(ledger.stateRoot))",
            "\"operationsDigest\":\(text(ledger.operationsDigest))", "\"head\":\(text(ledger.head))",
            "\"conserved\":\(ledger.conserved.map { "\($0)" } ?? "null")", "\"seconds\":\(number(tally.seconds))",
            "\"latencyMilliseconds\":{\(latency.joined(separator: ","))}",
        ]
        return "{\((parts + [seasonJSON].compactMap { $0 }).joined(separator: ","))}"
    }

    private func comparisonJSON(_ comparison: Comparison) -> String {
        "{\"player\":\(CanonicalWriter.quoted(comparison.total.actor)),\"measure\":\"\(comparison.total.measure.rawValue)\",\"recorded\":\(comparison.total.amount),\"rebuilt\":\(comparison.rebuilt)}"
    }

    private func playerJSON(_ total: PlayerTotals) -> String {
        let figures = [
            ("earned", total.earned), ("spent", total.spent), ("sold", total.sold), ("returned", total.returned), ("traded", total.traded),
            ("balance", total.balance), ("checked", Int64(total.checked)), ("exact", Int64(total.exact)), ("furthest", total.furthest),
        ]
        return "{\"player\":\(CanonicalWriter.quoted(total.player)),\(figures.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    }

    private var seasonJSON: String? {
        season.map {
            "\"season\":{\"matches\":\($0.matches),\"operations\":\($0.operations),\"applied\":\($0.applied),\"clamped\":\($0.clamped),\"refused\":\($0.refused),\"checked\":\($0.checked),\"exact\":\($0.exact),\"seconds\":\(number($0.seconds))}"
        }
    }

    private func text(_ text: String?) -> String { text.map(CanonicalWriter.quoted) ?? "null" }

    private func number(_ value: Double) -> String { String(format: "%.3f", value) }
}
