/// How a match is laid onto the world of the server.
public struct PlanOptions: Sendable {
    /// What the clock of the world shows when the match's time is zero, in milliseconds: negative times stay positive
    /// clocks.
    public var epochMilliseconds: Int64 = 1_800_000_000_000
    /// The asset of each currency that a record may name.
    public var currencies: [String: UInt64] = ["gold": 1, "gems": 2]
    /// The currency of events that name none.
    public var defaultCurrency = "gold"
    /// The fee that the world's trade contract keeps, in parts of 10,000 and rounded up; trades at another fee are played as linked
    /// transfers.
    public var tradeFeeBasisPoints: Int64 = 250
    /// The faucet that rewards come from, and the sink that spending goes to.
    public var faucet = "match"
    public var sink = "match"
    /// Overrides the match's name in the names of players and operations, so that copies of one match can be played
    /// side by side.
    public var matchName: String?

    /// The world that GameData describes.
    public init() {}
}

/// Why a match cannot be laid onto the world.
public struct PlanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The event that it is about.
    public let sequence: Int64
    public let problem: String

    public var description: String { "event \(sequence): \(problem)" }
}
