/// What each kind of event must have, as a table; the importer of the canonical form refuses what breaks it.
enum EventRules {
    /// One field of an event.
    enum Field: String {
        case actor, counterparty, item, amount
        case reference = "ref"
        case itemOrAmount = "item or amount"
    }

    static let needed: [MatchEventKind: [Field]] = [
        .price: [.item],
        .credit: [.actor, .amount],
        .reward: [.actor, .itemOrAmount],
        .charge: [.actor, .amount],
        .purchase: [.actor, .item],
        .craft: [.actor, .item],
        .destroy: [.actor, .item],
        .sell: [.actor, .item],
        .undo: [.actor],
        .refund: [.actor, .amount, .reference],
        .trade: [.actor, .counterparty, .item, .amount],
        .transfer: [.actor, .counterparty, .itemOrAmount],
        .buyLots: [.actor, .item],
        .sellLots: [.actor, .item],
        .tribute: [.actor, .counterparty, .itemOrAmount],
        .kill: [],
        .snapshot: [.actor, .amount],
    ]

    /// What is wrong with an event and what would be right; nil when nothing is.
    static func problem(of event: MatchEvent) -> (wrong: String, right: String)? {
        for field in needed[event.kind] ?? [] where !has(event, field) {
            let wrong =
                field == .actor && event.actor == slotOfTheGame
                ? "the actor is the game itself" : "\(field.rawValue) is missing"
            return (wrong, "a \(event.kind.rawValue) needs \(names(event.kind))")
        }
        if event.actor == event.counterparty {
            return ("actor and counterparty are the same", "a \(event.kind.rawValue) needs two")
        }
        return nil
    }

    private static func has(_ event: MatchEvent, _ field: Field) -> Bool {
        switch field {
        // What moves from or to the game itself is a transfer that the planner reads as a reward or charge.
        case .actor: event.actor != slotOfTheGame || event.kind == .transfer
        case .counterparty: event.counterparty != nil
        case .item: event.item != nil
        case .amount: event.amount != nil
        case .reference: event.reference != nil
        case .itemOrAmount: event.item != nil || event.amount != nil
        }
    }

    private static func names(_ kind: MatchEventKind) -> String {
        (needed[kind] ?? []).map(\.rawValue).joined(separator: ", ")
    }
}
