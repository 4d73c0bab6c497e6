/// One event of a match in the canonical form: every importer makes these, and everything after an importer reads
/// only these.
public struct MatchEvent: Sendable, Equatable {
    /// The number of the event in its match; operation ids are made of it.
    public var sequence: Int64
    /// Milliseconds since the start of the match; may be negative.
    public var timeMilliseconds: Int64
    public var kind: MatchEventKind
    /// The slot of the player that the event is about.
    public var actor: String
    public var counterparty: String?
    public var item: String?
    public var quantity: Int64?
    public var unitPrice: Int64?
    public var amount: Int64?
    public var currency: String?
    public var fee: Int64?
    /// The number of an earlier event that this one belongs to.
    public var reference: Int64?
    /// Why, in the words of the record.
    public var source: String?

    /// An event with what most kinds need; the rest is set afterwards.
    public init(
        sequence: Int64 = 0, timeMilliseconds: Int64, kind: MatchEventKind, actor: String, counterparty: String? = nil,
        item: String? = nil, quantity: Int64? = nil, unitPrice: Int64? = nil, amount: Int64? = nil,
        currency: String? = nil, fee: Int64? = nil, reference: Int64? = nil, source: String? = nil
    ) {
        self.sequence = sequence
        self.timeMilliseconds = timeMilliseconds
        self.kind = kind
        self.actor = actor
        self.counterparty = counterparty
        self.item = item
        self.quantity = quantity
        self.unitPrice = unitPrice
        self.amount = amount
        self.currency = currency
        self.fee = fee
        self.reference = reference
        self.source = source
    }
}

/// The slot of the game itself, which is never a player.
public let slotOfTheGame = "0"
