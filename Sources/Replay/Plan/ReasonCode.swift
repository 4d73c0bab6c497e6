/// Why an exchange or a grant of a replay happens, as the number that goes into the contract's event.
enum ReasonCode {
    /// The code of each kind of event, the same for ever.
    static func code(_ kind: MatchEventKind) -> UInt64 {
        switch kind {
        case .reward: 1
        case .purchase: 2
        case .craft: 3
        case .destroy: 4
        case .sell: 5
        case .undo: 6
        case .refund: 7
        case .charge: 8
        case .trade: 9
        case .transfer: 10
        case .buyLots: 11
        case .sellLots: 12
        case .tribute: 13
        case .price, .credit, .kill, .snapshot: 0
        }
    }
}
