/// What can happen in a match: the words of the canonical form, in docs/MATCHES.md one by one.
public enum MatchEventKind: String, Sendable, CaseIterable {
    /// The price of an item from here on.
    case price
    /// How far below zero a player may go from here on.
    case credit
    /// The game gives a player currency or items.
    case reward
    /// The game takes currency from a player.
    case charge
    /// A player buys from the shop of the game.
    case purchase
    /// A player makes an item out of others.
    case craft
    /// Something of a player is used up: alone, or for the purchase or craft that `ref` names.
    case destroy
    /// A player sells to the shop of the game.
    case sell
    /// An earlier event of the same player is taken back as a whole.
    case undo
    /// Money for an earlier event is given back; what it bought is kept.
    case refund
    /// A player gives another an item for currency, both at once.
    case trade
    /// A player gives another currency or items for nothing.
    case transfer
    /// A player buys lots of a resource from the market that all players of the match share.
    case buyLots
    /// A player sells lots of a resource to that market.
    case sellLots
    /// A player sends a resource, as far as it goes, and pays a fee on top.
    case tribute
    /// A player defeats another; tells the story, moves nothing.
    case kill
    /// The recorded balance of a player, checked against the ledger.
    case snapshot
}
