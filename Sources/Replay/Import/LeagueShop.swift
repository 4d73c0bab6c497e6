/// Prices and recipes of the shop: what an item costs, and which of the things destroyed with a purchase went into it.
struct LeagueShop {
    private static let piecesMax = 256

    private let prices: PriceTable?
    private(set) var unknownItems: [String] = []
    private var unknown: Set<Int64> = []
    /// Parts that the table's recipe does not name: the table is of another patch.
    private(set) var partsOutsideRecipe = 0

    init(prices: PriceTable?) {
        self.prices = prices
    }

    /// What an item costs in all; an item without a price costs nothing and is noted.
    mutating func total(_ item: Int64) -> Int64 {
        entry(item)?.total ?? missing(item)
    }

    /// What the shop pays for an item.
    mutating func sellPrice(_ item: Int64) -> Int64 {
        entry(item)?.sell ?? missing(item)
    }

    /// What a part takes off the price of what it goes into.
    mutating func credit(_ item: Int64) -> Int64 {
        LeagueRules.partialCredits[item] ?? total(item)
    }

    /// The name of an item in the table.
    func name(_ item: Int64) -> String? { prices?.items["\(item)"]?.name }

    /// Which of the destroyed things went into an item, as positions in the list: those of its recipe, dearest first,
    /// then what is a part of something by the table although not of this.
    mutating func parts(of item: Int64, among destroyed: [Int64]) -> [Int] {
        guard let recipe = entry(item), !recipe.from.isEmpty else { return [] }
        var open = pieces(of: item)
        var taken: [Int] = []
        var rest: [Int] = []
        let dearestFirst = destroyed.indices.sorted { left, right in
            let (leftPrice, rightPrice) = (price(destroyed[left]), price(destroyed[right]))
            return leftPrice == rightPrice ? left < right : leftPrice > rightPrice
        }
        for position in dearestFirst {
            let part = LeagueRules.freeVariants[destroyed[position]] ?? destroyed[position]
            if let count = open[part], count > 0 {
                open[part] = count - 1
                for (piece, number) in pieces(of: part) { open[piece] = max(0, (open[piece] ?? 0) - number) }
                taken.append(position)
            } else {
                rest.append(position)
            }
        }
        for position in rest where entry(destroyed[position])?.into.isEmpty == false {
            partsOutsideRecipe += 1
            taken.append(position)
        }
        return taken.sorted()
    }

    private func entry(_ item: Int64) -> PriceTable.Item? {
        prices?.items["\(LeagueRules.freeVariants[item] ?? item)"] ?? prices?.items["\(item)"]
    }

    private func price(_ item: Int64) -> Int64 { entry(item)?.total ?? 0 }

    /// Everything an item is made of, parts of parts too.
    private func pieces(of item: Int64) -> [Int64: Int] {
        var pieces: [Int64: Int] = [:]
        var open = [item]
        var count = 0
        // A recipe has a dozen pieces; a table that goes in circles must not hang us.
        while let next = open.popLast(), count < Self.piecesMax {
            for part in entry(next)?.from.prefix(Self.piecesMax) ?? [] {
                guard let number = Int64(part) else { continue }
                pieces[number, default: 0] += 1
                open.append(number)
                count += 1
            }
        }
        return pieces
    }

    private mutating func missing(_ item: Int64) -> Int64 {
        if unknown.insert(item).inserted { unknownItems.append(name(item).map { "\(item) (\($0))" } ?? "\(item)") }
        return 0
    }
}
