/// What a crash run found.
struct CrashReport: Equatable {
    /// How often the server was killed.
    var kills: Int
    /// Operations that were answered as final.
    var acknowledged: UInt64
    /// Answered operations that were missing or changed afterwards.
    var lost: UInt64
    /// Answered operations that were applied again.
    var doubled: UInt64
    /// Seconds of each restart, from the start of the process until it listened.
    var restartSeconds: [Double]
    /// Balances that the book of the answers does not agree with.
    var balancesWrong: UInt64
    /// Answers that should not happen.
    var errors: UInt64
    /// Whether `hoard verify` agreed at the end.
    var isVerified: Bool

    /// Whether something is wrong.
    var hasFindings: Bool {
        lost + doubled + balancesWrong + errors > 0 || !isVerified
    }

    /// The report as one JSON object; the names of its keys are an interface.
    var json: JSONText {
        .object([
            ("kills", .count(kills)), ("acknowledged", .count(acknowledged)),
            ("lost", .count(lost)), ("doubled", .count(doubled)),
            (
                "restartSeconds",
                .object([
                    ("p50", .decimal(percentile(0.5), places: 3)),
                    ("max", .decimal(restartSeconds.max() ?? 0, places: 3)),
                ])
            ),
            ("balancesWrong", .count(balancesWrong)), ("errors", .count(errors)),
            ("verified", .truth(isVerified)),
        ])
    }

    /// The report for people.
    var text: String {
        """
        kills                 \(kills)
        acknowledged          \(acknowledged)
        lost                  \(lost)
        doubled               \(doubled)
        balances that differ  \(balancesWrong)
        other errors          \(errors)
        restart               p50 \(JSONText.number(percentile(0.5), places: 3)) s  \
        max \(JSONText.number(restartSeconds.max() ?? 0, places: 3)) s
        hoard verify          \(isVerified ? "agrees" : "does not agree")
        """
    }

    /// The smallest value that this share of the restarts did not exceed.
    func percentile(_ share: Double) -> Double {
        guard !restartSeconds.isEmpty else { return 0 }
        let sorted = restartSeconds.sorted()
        let rank = Int((Double(sorted.count) * share).rounded(.up))
        return sorted[max(0, min(sorted.count - 1, rank - 1))]
    }
}
