public import EVM

/// An amount between two of an asset, as a table gives it.
public struct LootLine: Sendable, Equatable {
    /// The asset: a currency or a stackable item.
    public let asset: UInt64
    /// How many at least.
    public let least: UInt64
    /// How many at most.
    public let most: UInt64

    /// A line of a table.
    public init(asset: UInt64, least: UInt64, most: UInt64) {
        self.asset = asset
        self.least = least
        self.most = most
    }

    /// The line as loot.vy keeps it, with the weight of an entry; 0 for a line that is sure.
    public func word(weight: UInt64) -> U256 {
        let low = U256(weight) | U256(most) << 32 | U256(least) << 80
        return low | U256(asset) << 128
    }
}

/// An entry of a table, drawn by weight.
public struct LootEntry: Sendable, Equatable {
    /// How often it comes, against the sum of all weights.
    public let weight: UInt64
    /// What it gives.
    public let gives: LootLine

    /// An entry of a table.
    public init(weight: UInt64, gives: LootLine) {
        self.weight = weight
        self.gives = gives
    }
}

/// What can come out of a box, a recipe or a reward.
public struct LootTable: Sendable, Equatable {
    /// Its number.
    public let table: UInt64
    /// What people call it.
    public let name: String
    /// Lines that come each time.
    public let sure: [LootLine]
    /// How many entries are drawn.
    public let draws: UInt64
    /// How often one entry may come in one roll.
    public let repeatsMax: UInt64
    /// Entries that are drawn by weight.
    public let entries: [LootEntry]
    /// The entry, from 1, that comes for sure after so many rolls without it; 0 for none.
    public let pityEntry: UInt64
    /// After how many rolls without the pity entry it comes.
    public let pityAfter: UInt64
    /// How often one player is rewarded from it in a day, a week, a season; 0 for no cap.
    public let caps: [UInt64]

    /// A table of these lines and entries.
    public init(
        table: UInt64, name: String, sure: [LootLine], draws: UInt64, repeatsMax: UInt64, entries: [LootEntry],
        pityEntry: UInt64, pityAfter: UInt64, caps: [UInt64]
    ) {
        self.table = table
        self.name = name
        self.sure = sure
        self.draws = draws
        self.repeatsMax = repeatsMax
        self.entries = entries
        self.pityEntry = pityEntry
        self.pityAfter = pityAfter
        self.caps = caps
    }

    /// The word of its terms, as loot.vy keeps it.
    public var word: U256 {
        var word = U256(UInt64(sure.count) | UInt64(entries.count) << 8 | draws << 16 | repeatsMax << 24)
        word = word | U256(pityAfter) << 32 | U256(pityEntry) << 48 | U256(1 as UInt64) << 104
        for (index, cap) in caps.enumerated() { word = word | U256(cap) << (56 + 16 * index) }
        return word
    }

    /// The words of its sure lines, unused ones zero.
    public var sureWords: [U256] { Self.padded(sure.map { $0.word(weight: 0) }, EconomyLimits.tableSureMax) }

    /// The words of its entries, unused ones zero.
    public var entryWords: [U256] {
        Self.padded(entries.map { $0.gives.word(weight: $0.weight) }, EconomyLimits.tableEntriesMax)
    }

    /// The hash of its odds, as the contract publishes it.
    public var odds: Hash256 { keccak256(([word] + sureWords + entryWords).flatMap(\.bigEndianBytes)) }

    private static func padded(_ words: [U256], _ count: Int) -> [U256] {
        words + [U256](repeating: .zero, count: count - words.count)
    }
}

/// A recipe or a loot box: what is used up, and the table that it draws from.
public struct LootBox: Sendable, Equatable {
    /// Its number.
    public let box: UInt64
    /// What people call it.
    public let name: String
    /// What is used up.
    public let costs: [AssetLine]
    /// The table.
    public let table: UInt64
}

/// An item that comes by itself with time.
public struct Energy: Sendable, Equatable {
    /// The item.
    public let asset: UInt64
    /// How much comes by itself at most.
    public let most: UInt64
    /// How long one takes to come.
    public let refillSeconds: UInt64
}

/// The rewards for days in a row.
public struct Streak: Sendable, Equatable {
    /// The table of the first day; those of the others follow it.
    public let firstTable: UInt64
    /// How many days until the first comes again.
    public let days: UInt64
}

/// What Catalog/loot.json says.
public struct LootCatalog: Sendable, Equatable {
    /// Tables by number.
    public internal(set) var tables: [LootTable] = []
    /// Recipes and loot boxes.
    public internal(set) var boxes: [LootBox] = []
    /// Energies.
    public internal(set) var energies: [Energy] = []
    /// The rewards for days in a row, where there are any.
    public internal(set) var streak: Streak?
}
