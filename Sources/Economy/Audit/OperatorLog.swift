public import EVM

/// Reads from receipts what operators did to the books: who, whom, how much and why.
public struct OperatorLog: Sendable {
    /// One act.
    public struct Entry: Sendable, Equatable {
        /// frozen, unfrozen, given, taken, corrected or revoked.
        public var what: String
        /// The account of the session that did it.
        public var actor: Address
        /// Whose books.
        public var account: Address
        /// The other side, where something moved: a house, or who got it.
        public var other: Address?
        /// What moved; 0 for nothing, or for several things.
        public var asset: UInt64
        /// How much.
        public var amount: UInt64
        /// The operation or the receipt that was corrected, where one is named.
        public var original: U256?
        /// Why, as the studio counts its reasons.
        public var reason: UInt64
        /// Why, in words.
        public var note: String
    }

    private let keeper: Address?
    private let payments: Address?

    /// A reader of the acts in a game's log.
    public init(game: Game) {
        keeper = game.contracts["keeper"]
        payments = game.contracts["payments"]
    }

    private static let froze = ABIEncoder.topic("AccountFroze(address,address,bool,uint256,uint256)")
    private static let adjusted = ABIEncoder.topic("Adjusted(address,address,address,uint256,uint256,bool,uint256,uint256)")
    private static let corrected = ABIEncoder.topic("Corrected(uint256,address,address,address,uint256,uint256,uint256,uint256)")
    private static let revoked = ABIEncoder.topic("Revoked(address,uint256,address,uint256,uint256,uint256,uint256)")

    /// The acts of one receipt, in order.
    public func entries(of receipt: Receipt) -> [Entry] {
        guard receipt.succeeded else { return [] }
        return receipt.logs.compactMap { log in
            guard log.address == keeper || log.address == payments, log.topics.count >= 3 else { return nil }
            let words = (0..<5).map { ABIReader(bytes: log.data).word($0) ?? .zero }
            func account(_ place: Int) -> Address { log.topics.count > place ? Address(word: log.topics[place]) : .zero }
            func entry(_ what: String, _ actor: Int, _ whose: Int, _ other: Address?, _ moved: (U256, U256), _ why: (U256, U256)) -> Entry {
                Entry(
                    what: what, actor: account(actor), account: account(whose), other: other, asset: moved.0.clampedToUInt64,
                    amount: moved.1.clampedToUInt64, original: nil, reason: why.0.clampedToUInt64, note: Self.text(why.1))
            }
            switch log.topics[0] {
            case Self.froze: return entry(words[0].isZero ? "unfrozen" : "frozen", 2, 1, nil, (.zero, .zero), (words[1], words[2]))
            case Self.adjusted:
                return entry(words[2].isZero ? "taken" : "given", 2, 1, account(3), (words[0], words[1]), (words[3], words[4]))
            case Self.corrected:
                var made = entry("corrected", 2, 3, Address(word: words[0]), (words[1], words[2]), (words[3], words[4]))
                made.original = log.topics[1]
                return made
            case Self.revoked:
                var made = entry("revoked", 3, 1, nil, (.zero, words[0]), (words[2], words[3]))
                made.original = log.topics[2]
                return made
            default: return nil
            }
        }
    }

    /// A word as the text that it holds.
    private static func text(_ word: U256) -> String {
        String(decoding: word.bigEndianBytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
