/// How far a balance of the ledger is from the recorded one; a file may name any number, so nothing here overflows.
enum BalanceDifference {
    /// The first less the second, at the end of the range where it does not fit.
    static func of(_ first: Int64, less second: Int64) -> Int64 {
        let (difference, overflow) = first.subtractingReportingOverflow(second)
        return overflow ? (first < second ? .min : .max) : difference
    }

    /// Whether two balances are as close as the tolerance allows.
    static func isWithin(_ tolerance: Int64, _ first: Int64, _ second: Int64) -> Bool {
        of(first, less: second).magnitude <= tolerance.magnitude
    }
}
