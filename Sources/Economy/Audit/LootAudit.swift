public import EVM
import Foundation

/// Recomputes every roll of a log from the revealed seeds, and tests the frequencies against the published odds.
///
/// Receipts are taken in their order. What a roll gave is compared with what the table gives for its value, and the value, once the seed
/// of its epoch has been seen, with what seed, id, player and nonce make of it.
public struct LootAudit: Sendable {
    /// How the entries of a table came.
    public struct TableReport: Sendable, Equatable {
        /// The table.
        public var table: UInt64
        /// How often each entry was drawn first, draws by pity apart.
        public var counts: [UInt64]
        /// The sum of (have - expected)^2 / expected over the entries.
        public var chiSquare: Double
        /// Entries less one.
        public var degrees: Int
        /// How likely chance alone makes it as bad as this.
        public var likelihood: Double
    }

    /// A roll that is not what it should be.
    public struct Finding: Sendable, Equatable, CustomStringConvertible {
        /// The roll's id, or the table's number for a reward.
        public var roll: U256
        /// Whose it is.
        public var player: Address
        /// What is wrong, with both values.
        public var description: String
    }

    private struct Roll {
        var id: U256
        var player: Address
        var epoch: UInt64
        var nonce: UInt64
        var chance: U256
    }

    private struct Key: Hashable {
        var table: UInt64
        var player: Address
    }

    private let contract: Address?
    private let tables: [UInt64: LootTable]
    private let movements: @Sendable (Receipt) -> [AssetMovement]
    private var commitments: [UInt64: U256] = [:]
    private var seeds: [UInt64: U256] = [:]
    private var unproven: [UInt64: [Roll]] = [:]
    private var waiting: Set<U256> = []
    private var misses: [Key: UInt64] = [:]
    private var counts: [UInt64: [UInt64]] = [:]
    /// Rolls whose value and results are what they must be.
    public private(set) var proven = 0
    /// What is wrong.
    public private(set) var findings: [Finding] = []

    /// Rolls that are recorded, whose epoch's seed is not revealed yet.
    public var unprovenCount: Int { unproven.values.reduce(0) { $0 + $1.count } }
    /// Rolls that were asked for and not settled yet.
    public var waitingCount: Int { waiting.count }

    /// An audit of the rolls of a game, by the tables of its catalog.
    public init(game: Game) {
        contract = game.contracts["loot"]
        tables = Dictionary(uniqueKeysWithValues: game.catalog.loot.tables.map { ($0.table, $0) })
        movements = { game.movements(of: $0) }
    }

    private static let opened = ABIEncoder.topic("EpochOpened(uint256,uint256)")
    private static let revealed = ABIEncoder.topic("EpochRevealed(uint256,uint256)")
    private static let requested = ABIEncoder.topic("RollRequested(address,uint256,uint256,uint256,uint256)")
    private static let rolled = ABIEncoder.topic("Rolled(address,uint256,uint256,uint256,uint256,uint256,uint256)")

    /// Takes the next receipt of the log.
    public mutating func take(_ receipt: Receipt) {
        guard receipt.succeeded else { return }
        for log in receipt.logs where log.address == contract {
            let data = ABIReader(bytes: log.data)
            guard let topic = log.topics.first, log.topics.count >= 2, let first = data.word(0) else { continue }
            switch topic {
            case Self.opened: commitments[log.topics[1].clampedToUInt64] = first
            case Self.revealed: reveal(log.topics[1].clampedToUInt64, first)
            case Self.requested: waiting.insert(first)
            case Self.rolled: take(log, data, receipt)
            default: break
            }
        }
    }

    private mutating func take(_ log: EmittedLog, _ data: ABIReader, _ receipt: Receipt) {
        guard log.topics.count == 3, let id = data.word(0), let epoch = data.word(1)?.clampedToUInt64,
            let nonce = data.word(2)?.clampedToUInt64, let chance = data.word(3), let picks = data.word(4)
        else { return }
        let player = Address(word: log.topics[1])
        let number = log.topics[2].clampedToUInt64
        waiting.remove(id)
        // A table without chance belongs to no epoch: nothing is to be proven.
        guard epoch != 0 else { return }
        let roll = Roll(id: id, player: player, epoch: epoch, nonce: nonce, chance: chance)
        guard let table = tables[number] else {
            findings.append(Finding(roll: id, player: player, description: "table \(number) is not in the catalog"))
            return
        }
        let key = Key(table: number, player: player)
        let draw = table.draw(chance: chance, misses: misses[key] ?? 0)
        misses[key] = draw.misses
        if let first = draw.picks.first, !draw.isPity {
            counts[number, default: [UInt64](repeating: 0, count: table.entries.count)][Int(first) - 1] += 1
        }
        if picks != U256(draw.pickWord) {
            findings.append(
                Finding(roll: id, player: player, description: "entries \(picks) came, the value gives \(draw.pickWord)"))
        }
        let given = movements(receipt).filter { $0.to == player }.map { AssetLine(asset: $0.asset, amount: $0.amount) }
        if given != draw.lines {
            findings.append(Finding(roll: id, player: player, description: "\(given) was given, the value gives \(draw.lines)"))
        }
        if let seed = seeds[epoch] { prove(roll, seed) } else { unproven[epoch, default: []].append(roll) }
    }

    private mutating func reveal(_ epoch: UInt64, _ seed: U256) {
        let hash = keccak256(seed.bigEndianBytes).word
        if commitments[epoch] != hash {
            findings.append(
                Finding(roll: .zero, player: .zero, description: "the seed of epoch \(epoch) is not the one committed to"))
        }
        seeds[epoch] = seed
        for roll in unproven.removeValue(forKey: epoch) ?? [] { prove(roll, seed) }
    }

    private mutating func prove(_ roll: Roll, _ seed: U256) {
        let right = LootTable.chance(seed: seed, roll: roll.id, player: roll.player, nonce: roll.nonce)
        if roll.chance == right {
            proven += 1
        } else {
            findings.append(
                Finding(roll: roll.id, player: roll.player, description: "value \(roll.chance), the seed gives \(right)"))
        }
    }

    /// How the entries of each table came, by table.
    public func tableReports() -> [TableReport] {
        counts.keys.sorted().compactMap { number in
            guard let table = tables[number], let counts = counts[number], counts.count > 1 else { return nil }
            let total = Double(counts.reduce(0, +))
            let weights = table.entries.map { Double($0.weight) }
            let sum = weights.reduce(0, +)
            let chiSquare = zip(counts, weights).reduce(0.0) { result, pair in
                let expected = total * pair.1 / sum
                return result + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
            }
            return TableReport(
                table: number, counts: counts, chiSquare: chiSquare, degrees: counts.count - 1,
                likelihood: Self.likelihood(chiSquare, degrees: counts.count - 1))
        }
    }

    /// How likely a chi-square of so many degrees of freedom is at least this: the regularised upper gamma function.
    public static func likelihood(_ chiSquare: Double, degrees: Int) -> Double {
        let a = Double(degrees) / 2
        let x = chiSquare / 2
        guard x > 0 else { return 1 }
        let scale = exp(-x + a * log(x) - lgamma(a))
        if x < a + 1 {
            var term = 1 / a
            var sum = term
            var n = a
            while term > sum * 1e-15 {
                n += 1
                term *= x / n
                sum += term
            }
            return 1 - sum * scale
        }
        // The continued fraction, by the modified method of Lentz.
        var b = x + 1 - a
        var c = 1e300
        var d = 1 / b
        var fraction = d
        for i in 1..<500 {
            let factor = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / nonzero(factor * d + b)
            c = nonzero(b + factor / c)
            let change = d * c
            fraction *= change
            if abs(change - 1) < 1e-15 { break }
        }
        return scale * fraction
    }

    private static func nonzero(_ number: Double) -> Double { abs(number) < 1e-300 ? 1e-300 : number }
}
