/// Everything of the gateway that has a maximum, each with its reason.
public struct GatewayLimits: Sendable {
    /// Connections at once: what the descriptors allow, after `descriptorsReserved`, is the other
    /// bound; this one keeps a flood of strangers from taking all memory.
    public var connectionsMax = 65_536

    /// Descriptors kept for the block log, the receipts, the listener and whatever else opens files.
    public var descriptorsReserved = 256

    /// How long a stranger may hold a connection without a hello. Players behind slow networks
    /// need seconds; a server whose clients connect ahead of time needs a minute or two.
    public var helloMillisecondsMax: UInt64 = 120_000

    /// Operations and queries of one player in flight: a batch of the wire's largest size fits,
    /// and one player cannot fill the ledger's queue.
    public var playerCredit: UInt32 = 1_024

    /// The same for a game server, which carries thousands of players: a quarter of the ledger's
    /// queue, so that four of them keep it full.
    public var serverCredit: UInt32 = 8_192

    /// The same for an operator, who types.
    public var operatorCredit: UInt32 = 1_024

    /// Turns in a row that have brought little while nothing else was under way, before the loop believes that somebody is alone
    /// and waits for the disk itself: nobody else comes meanwhile, or a crowd would show itself in one of them.
    public var solitaryTurnsMin = 8

    /// Bytes of one frame that a player may send: a batch of 1,024 actions with 64 bytes of payload
    /// fits, and the half frames of thousands of players cannot take all memory. Servers and
    /// operators have the wire's own limit.
    public var playerFrameBytesMax = 131_072

    /// Operations and queries in flight over all sessions. It bounds the tickets, the answers that
    /// wait for the loop, and with them memory; twice the ledger's queue, since what is taken in
    /// is still executed, written and answered.
    public var ticketsMax = 65_536

    /// When to try again after `busy`: about the time in which the ledger empties its queue.
    public var busyRetryMilliseconds: UInt32 = 20

    /// Accounts that one session may subscribe to; more is what scope `all` is for.
    public var subscriptionsPerSession = 1_024

    /// Recent events kept for subscribers that come back: some seconds of a busy world, 7 MB.
    public var recentEventsMax = 65_536

    /// How long a stopping server waits for answers that are on their way.
    public var drainMillisecondsMax: UInt64 = 30_000

    /// How long a stopping server waits for its clients to take their last bytes.
    public var farewellMillisecondsMax: UInt64 = 3_000

    /// After a failure of the ledger: how long operations that it had taken in wait for its own
    /// answers before they are answered with the failure.
    public var failureGraceMilliseconds: UInt64 = 1_000

    /// How often sessions are looked at for those that never said hello.
    public var sweepMilliseconds: UInt64 = 1_000

    /// The limits with their default values.
    public init() {}
}
