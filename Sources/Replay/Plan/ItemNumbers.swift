/// Gives each item of a match its asset number: numbered items keep their number, named ones count up as they appear.
struct ItemNumbers {
    /// Numbered items: 2^20 + number; the catalog of the world keeps 2^20 to 2^21 - 1 for items of recorded matches.
    static let firstNumbered: UInt64 = 1_048_576
    /// Named items, and numbers that are too large: from the middle of that range on.
    static let firstNamed: UInt64 = 1_572_864
    static let each = 524_288

    private var named: [String: UInt64] = [:]

    /// The asset of an item; nil when the file has more names than there are numbers.
    mutating func asset(_ item: String) -> UInt64? {
        if let number = UInt64(item), number < UInt64(Self.each) { return Self.firstNumbered + number }
        if let known = named[item] { return known }
        guard named.count < Self.each else { return nil }
        let asset = Self.firstNamed + UInt64(named.count)
        named[item] = asset
        return asset
    }
}
