public import EVM

/// What a roll of a table gave.
public struct LootDraw: Sendable, Equatable {
    /// What the player got, in the order in which the contract gives it.
    public var lines: [AssetLine] = []
    /// Entries that came, from 1, in the order of the draws.
    public var picks: [UInt64] = []
    /// Whether the first entry came by the rule of pity.
    public var isPity = false
    /// Rolls without the pity entry after this one.
    public var misses: UInt64 = 0

    /// The entries as the contract logs them: a byte each from the low one.
    public var pickWord: UInt64 { picks.enumerated().reduce(0) { $0 | $1.element << (8 * UInt64($1.offset)) } }
}

extension LootTable {
    /// The value of a roll: what everybody can recompute once the seed is known.
    public static func chance(seed: U256, roll: U256, player: Address, nonce: UInt64) -> U256 {
        hashed([seed, roll, player.word, U256(nonce)])
    }

    /// What a value makes of this table for a player with so many rolls without the pity entry; the same rules as loot.vy.
    public func draw(chance: U256, misses: UInt64) -> LootDraw {
        var draw = LootDraw()
        for (index, line) in sure.enumerated() {
            draw.lines.append(Self.amount(of: line, Self.hashed([chance, U256(index)])))
        }
        guard draws > 0 else { return draw }
        var counts = [UInt64](repeating: 0, count: entries.count)
        for index in 0..<Int(draws) {
            var place = pick(counts, Self.hashed([chance, U256(16 + index)]))
            if index == 0, pityEntry != 0, misses >= pityAfter {
                place = Int(pityEntry) - 1
                draw.isPity = true
            }
            counts[place] += 1
            draw.picks.append(UInt64(place + 1))
            draw.lines.append(Self.amount(of: entries[place].gives, Self.hashed([chance, U256(32 + index)])))
        }
        if pityEntry != 0 { draw.misses = draw.picks.contains(pityEntry) ? 0 : misses + 1 }
        return draw
    }

    private func pick(_ counts: [UInt64], _ chance: U256) -> Int {
        let allowed = entries.indices.filter { counts[$0] < repeatsMax }
        let total = allowed.reduce(UInt64(0)) { $0 + entries[$1].weight }
        var rest = (chance % U256(total)).l0
        for place in allowed {
            if rest < entries[place].weight { return place }
            rest -= entries[place].weight
        }
        preconditionFailure("the remainder is less than the sum of the weights")
    }

    private static func amount(of line: LootLine, _ chance: U256) -> AssetLine {
        AssetLine(asset: line.asset, amount: line.least + (chance % U256(line.most - line.least + 1)).l0)
    }

    private static func hashed(_ words: [U256]) -> U256 { keccak256(words.flatMap(\.bigEndianBytes)).word }
}
