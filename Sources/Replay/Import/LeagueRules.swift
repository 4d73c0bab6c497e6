/// The rules of the game's shop that the record and the price table do not say, each seen in recordings;
/// docs/MATCHES.md gives the evidence.
enum LeagueRules {
    /// Items given free that count as a real one when they become part of another.
    static let freeVariants: [Int64: Int64] = [2422: 1001, 2419: 2420, 2421: 2420, 2423: 2420, 2424: 2420]
    /// Free stopwatches take less off the price of what they become part of than bought ones.
    static let partialCredits: [Int64: Int64] = [2423: 250, 2424: 250]
    /// How far below zero a wallet was seen at most is 980.
    static let debtLimit: Int64 = 1_000
    /// What the game takes when a purchase leads into debt.
    static let lendingFee: Int64 = 50
    /// Both sides of the record are rounded to whole gold.
    static let tolerance: Int64 = 1
    static let currency = "gold"
}
