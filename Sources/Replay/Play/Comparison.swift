/// A sum of the record beside what the replay came to.
public struct Comparison: Sendable, Equatable {
    public let total: RecordedTotal
    public let rebuilt: Int64

    /// Rebuilt over recorded; 1 where they agree.
    public var ratio: Double {
        total.amount == 0 ? (rebuilt == 0 ? 1 : .infinity) : Double(rebuilt) / Double(total.amount)
    }
}

extension ReplayReport {
    /// Every sum of the record beside what the ledger applied.
    public var comparisons: [Comparison] {
        guard !match.totals.isEmpty else { return [] }
        var sums: [String: Int64] = [:]
        func key(_ actor: String, _ measure: RecordedTotal.Measure) -> String { "\(measure.rawValue) \(actor)" }
        for event in match.events where tally.appliedSequences.contains(event.sequence) {
            let amount = event.amount ?? 0
            switch event.kind {
            case .purchase, .craft: sums[key(event.actor, .bought), default: 0] &+= amount &+ (event.fee ?? 0)
            case .transfer where event.currency == match.currencies.first:
                sums[key(event.actor, .sent), default: 0] &+= amount
                sums[key(event.counterparty ?? "", .received), default: 0] &+= amount
            default: continue
            }
        }
        return match.totals.map { Comparison(total: $0, rebuilt: sums[key($0.actor, $0.measure)] ?? 0) }
    }

    /// The middle of rebuilt over recorded, for one measure; nil where the record has no such sums.
    public func medianRatio(_ measure: RecordedTotal.Measure) -> Double? {
        let ratios = comparisons.filter { $0.total.measure == measure }.map(\.ratio).sorted()
        guard !ratios.isEmpty else { return nil }
        let middle = ratios.count / 2
        return ratios.count % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2
    }
}
