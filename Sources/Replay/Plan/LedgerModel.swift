/// A small model of what the contracts do to balances: enough to know which actions of a plan will be refused and
/// what every wallet holds.
public struct LedgerModel: Sendable {
    private struct Key: Hashable {
        let account: AccountName
        let asset: UInt64
    }

    private var balances: [Key: Int64] = [:]
    private var credits: [Key: Int64] = [:]
    private var refunded: Set<[UInt8]> = []

    /// An empty ledger.
    public init() {}

    /// What an account has of an asset.
    public func balance(_ account: AccountName, _ asset: UInt64) -> Int64 {
        balances[Key(account: account, asset: asset)] ?? 0
    }

    /// The sum of an asset over all accounts, which is always zero.
    public func sum(_ asset: UInt64) -> Int64 {
        balances.reduce(0) { $1.key.asset == asset ? $0 &+ $1.value : $0 }
    }

    /// Applies linked actions together: true when all were, false when one was refused and nothing happened.
    public mutating func apply(_ actions: [PlannedAction]) -> Bool {
        var journal: [(key: Key, balance: Int64)] = []
        var corrected: [[UInt8]] = []
        for action in actions where !applyOne(action, &journal, &corrected) {
            for entry in journal.reversed() { balances[entry.key] = entry.balance }
            for original in corrected { refunded.remove(original) }
            return false
        }
        return true
    }

    private mutating func applyOne(
        _ action: PlannedAction, _ journal: inout [(key: Key, balance: Int64)], _ corrected: inout [[UInt8]]
    ) -> Bool {
        if let credit = action.credit, case .account(let account)? = action.fields["player"],
            case .number(let asset)? = action.fields["asset"]
        {
            credits[Key(account: account, asset: asset)] = credit
            return true
        }
        if case .operation(let original)? = action.fields["original"] {
            guard refunded.insert(original).inserted else { return false }
            corrected.append(original)
        }
        for effect in action.effects {
            let key = Key(account: effect.account, asset: effect.asset)
            let before = balances[key] ?? 0
            let (balance, overflow) = before.addingReportingOverflow(effect.delta)
            if overflow { return false }
            if effect.delta < 0, balance < -(credits[key] ?? 0), !Self.mayOwe(effect.account) { return false }
            journal.append((key, before))
            balances[key] = balance
        }
        return true
    }

    private static func mayOwe(_ account: AccountName) -> Bool {
        if case .faucet = account { true } else { false }
    }
}
