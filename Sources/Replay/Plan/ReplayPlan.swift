/// Everything a replay will send, in order: it depends on the match alone.
public struct ReplayPlan: Sendable, Equatable {
    /// The name that players and operations carry.
    public let matchName: String
    public let steps: [PlanStep]
    /// The full names of the players, in the order of their appearance.
    public let players: [String]
    /// Events that could not become an action, as sentences for people.
    public let notes: [String]
    /// The time of the first and the last event.
    public let firstMilliseconds: Int64
    public let lastMilliseconds: Int64
    let epochMilliseconds: Int64

    /// The actions among the steps.
    public var actions: [PlannedAction] {
        steps.compactMap { if case .action(let action) = $0 { action } else { nil } }
    }

    /// The recorded balances among the steps.
    public var checks: [SnapshotCheck] {
        steps.compactMap { if case .check(let check) = $0 { check } else { nil } }
    }

    /// How many recorded balances the model of the ledger meets.
    public var expectedExact: Int {
        checks.count { BalanceDifference.isWithin($0.tolerance, $0.expected, $0.recorded) }
    }
}
