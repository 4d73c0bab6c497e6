/// What one player earned, spent and ended with, out of the events that the ledger applied; in the match's main
/// currency.
public struct PlayerTotals: Sendable, Equatable {
    /// The full name.
    public let player: String
    public var earned: Int64 = 0
    public var spent: Int64 = 0
    public var sold: Int64 = 0
    /// Undone and refunded, below zero where undone sales outweigh.
    public var returned: Int64 = 0
    /// From and to other players.
    public var traded: Int64 = 0
    public var checked = 0
    public var exact = 0
    /// The difference of the ledger from the record that is furthest from zero.
    public var furthest: Int64 = 0

    /// What is left.
    public var balance: Int64 { earned &- spent &+ sold &+ returned &+ traded }
}

extension ReplayReport {
    /// The totals of every player, in the order of their appearance, in one asset.
    public func totals(asset: UInt64 = 1) -> [PlayerTotals] {
        var totals = Dictionary(uniqueKeysWithValues: plan.players.map { ($0, PlayerTotals(player: $0)) })
        for action in plan.actions where tally.appliedSequences.contains(action.sequence) {
            for effect in action.effects where effect.asset == asset {
                guard case .player(let player) = effect.account else { continue }
                let delta = effect.delta
                switch action.kind {
                case .reward: totals[player]?.earned &+= delta
                case .purchase, .craft, .charge, .destroy, .buyLots: totals[player]?.spent &-= delta
                case .sell, .sellLots: totals[player]?.sold &+= delta
                case .undo, .refund: totals[player]?.returned &+= delta
                default: totals[player]?.traded &+= delta
                }
            }
        }
        for snapshot in tally.snapshots {
            let player = snapshot.check.player
            totals[player]?.checked += 1
            if snapshot.isExact { totals[player]?.exact += 1 }
            guard let balance = snapshot.balance else { continue }
            let difference = BalanceDifference.of(balance, less: snapshot.check.recorded)
            if difference.magnitude > (totals[player]?.furthest ?? 0).magnitude {
                totals[player]?.furthest = difference
            }
        }
        return plan.players.compactMap { totals[$0] }
    }
}
