/// Gives each item of a match its asset number: numbered items keep their number, named ones count up as they appear.
struct ItemNumbers {
    /// Numbered items: 1,000,000 + number, clear of the catalog of the world.
    static let firstNumbered: UInt64 = 1_000_000
    /// Named items: from here on, below the limit of 2^24 kinds.
    static let firstNamed: UInt64 = 12_000_000
    static let namedMax = 4_000_000

    private var named: [String: UInt64] = [:]

    /// The asset of an item; nil when the file has more names than there are numbers.
    mutating func asset(_ item: String) -> UInt64? {
        if let number = UInt64(item), number < 10_000_000 { return Self.firstNumbered + number }
        if let known = named[item] { return known }
        guard named.count < Self.namedMax else { return nil }
        let asset = Self.firstNamed + UInt64(named.count)
        named[item] = asset
        return asset
    }
}
