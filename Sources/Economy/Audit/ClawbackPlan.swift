public import EVM

/// What taking back the units of some operations would take, from whom: a plan, nothing is changed by it.
///
/// The units are followed first in, first out to whoever has them now. What lies in houses by now (was spent in the shop, lost as a fee, used up) is gone;
/// it can be forgiven, or be laid on those who got the units first, who may go into debt.
public struct ClawbackPlan: Sendable, Equatable {
    /// What happens to units that lie in houses by now.
    public enum Gone: String, Sendable, CaseIterable {
        /// Nobody pays for them.
        case forgive
        /// Who got them first pays for them.
        case origin
    }

    /// One account's part.
    public struct Part: Sendable, Equatable {
        /// The operation that issued the units.
        public var original: String
        /// Who gives.
        public var account: Address
        /// Units that the account has now.
        public var held: UInt64
        /// Units that it pays for although they are gone.
        public var owed: UInt64
        /// Through how many hands the held ones came at most.
        public var hands: Int
    }

    /// The parts, by operation and account.
    public private(set) var parts: [Part] = []
    /// Units that the operations issued.
    public private(set) var issued: UInt64 = 0
    /// Units that lie in houses by now.
    public private(set) var gone: UInt64 = 0
    /// Operations of which no unit was ever issued.
    public private(set) var unknown: [String] = []

    /// The plan for the units of an asset that some operations issued.
    public init(_ lineage: Lineage, operations: [String], houses: [Address: HouseKind], gone rule: Gone) {
        for operation in operations {
            let origins = lineage.issues(of: operation)
            if origins.isEmpty {
                unknown.append(operation)
                continue
            }
            issued += origins.reduce(0) { $0 + $1.amount }
            var found: [Address: Part] = [:]
            var spent: UInt64 = 0
            for (account, lot) in lineage.lots(ofOperation: operation) {
                if houses[account] != nil, houses[account] != .escrow {
                    spent += lot.amount
                } else {
                    var part = found[account] ?? Part(original: operation, account: account, held: 0, owed: 0, hands: 0)
                    part.held += lot.amount
                    part.hands = max(part.hands, lot.hands)
                    found[account] = part
                }
            }
            gone += spent
            if rule == .origin, spent > 0 {
                // Each origin owes at most what it got, the first ones first.
                var rest = spent
                for origin in origins {
                    let owed = min(rest, origin.amount)
                    var part = found[origin.account] ?? Part(original: operation, account: origin.account, held: 0, owed: 0, hands: 0)
                    part.owed += owed
                    found[origin.account] = part
                    rest -= owed
                }
            }
            parts += found.values.filter { $0.held + $0.owed > 0 }.sorted { $0.account < $1.account }
        }
    }
}

extension Lineage {
    /// Who got what an operation issued, in order.
    func issues(of operation: String) -> [(account: Address, amount: UInt64)] {
        steps.filter { $0.operation == operation && isFaucet($0.movement.from) }.map { ($0.movement.to, $0.movement.amount) }
    }

    /// The lots of an operation and who has them.
    func lots(ofOperation operation: String) -> [(account: Address, lot: Lot)] {
        holders.flatMap { account in lots(of: account).filter { $0.operation == operation }.map { (account, $0) } }
    }
}
