/// Every maximum of the game data, with its reason.
enum EconomyLimits {
    /// Bytes of a file of the game folder: the longest is a compiled contract of 50 KB.
    static let fileBytesMax = 4 << 20
    /// Currencies: the contracts keep that many addresses in their code (assets.vy).
    static let currenciesMax: UInt64 = 16
    /// Lines of costs or of results of an offer: the shop keeps them in four words (shop.vy).
    static let offerLinesMax = 4
    /// Times in seconds: the shop keeps them in 48 bits (shop.vy).
    static let secondsMax: UInt64 = 1 << 48 - 1
    /// Bytes of a payload, so that an action fits a frame many times.
    static let payloadBytesMax = 1_024
    /// Action codes are below this: plans are looked up in a table of that size.
    static let actionCodeLimit: UInt64 = 1_024
    /// Values of one payload field.
    static let fieldCountMax: UInt64 = 64
    /// Lines of a grant (rewards.vy).
    static let grantLinesMax = 8
    /// Gas of an action or a set-up transaction: under the limit of any fork (EIP-7825).
    static let transactionGasMax: UInt64 = 16_000_000
    /// Gas of an action at least: what every transaction costs.
    static let transactionGasMin: UInt64 = 21_000
    /// Refusal codes of the game; those above are the wire's.
    static let refusalCodeMax: UInt64 = 199
    /// Items on a page of an inventory (items.vy).
    static let inventoryPageMax: UInt64 = 256
    /// Numbers of tables: a roll keeps its table in 24 bits (loot.vy).
    static let tableNumberMax: UInt64 = 1 << 24 - 1
    /// Lines of a table that come each time (loot.vy).
    static let tableSureMax = 4
    /// Entries of a table (loot.vy).
    static let tableEntriesMax = 16
    /// Draws of a roll (loot.vy).
    static let tableDrawsMax: UInt64 = 8
    /// Amounts of a table's line: 48 bits of its word (loot.vy).
    static let tableAmountMax: UInt64 = 1 << 48 - 1
    /// Tables for days in a row (loot.vy).
    static let streakDaysMax: UInt64 = 366
    /// Basis points of a royalty (royalties.vy).
    static let royaltyBasisPointsMax: UInt64 = 5_000
    /// Bytes of a player's name.
    static let playerNameBytesMax = 64
    /// What one piece of a product may bring of an asset: a receipt has up to 65,535 pieces, and all must fit 64 bits (payments.vy).
    static let productAmountMax: UInt64 = .max / 65_535
    /// Actions in a window of a rate: more are no limit.
    static let rateCountMax: UInt64 = 100_000
    /// Seconds of a rate's window: a day.
    static let rateSecondsMax: UInt64 = 86_400
    /// Players and actions that are counted at once: 40 bytes each, 10 MiB.
    static let rateEntriesMax = 262_144
    /// Numbers of views.
    static let viewCodeMax: UInt64 = 1_023
    /// Words of a view's answer: 4 KiB (WireLimits.viewWordsMax).
    static let viewWordsMax = 128
    /// Orders of one micro-block, in all books together; one book takes no more in a clearing (book.vy).
    static let blockOrdersMax = 32
    /// Gas kept free for the clearing that an order may call for: what one order that meets a full side of a book costs.
    static let clearingGasEach: UInt64 = 4_500_000
    /// Items whose slots are named as hot: two thousand offers' worth, and a second of hashing less than more.
    static let hintedItemsMax = 2_048
}
