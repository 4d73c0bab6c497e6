public import EVM

/// Follows what moved through a log: the way of a unique thing, and where a stock of coins or items came from.
///
/// Coins have no marks of their own: the ones that came first go first. Each account holds lots, each with the operation and the faucet
/// that it came from; a movement hands lots on, the oldest first, and splits the last one.
public struct Lineage: Sendable {
    /// A stop on the way of an asset.
    public struct Step: Sendable, Equatable {
        /// The micro-block.
        public var block: UInt64
        /// The operation's id, as the caller writes it.
        public var operation: String
        /// What moved.
        public var movement: AssetMovement
    }

    /// So many units that came into the world together.
    public struct Lot: Sendable, Equatable {
        /// The micro-block of their issue.
        public var block: UInt64
        /// The operation that issued them.
        public var operation: String
        /// The faucet.
        public var faucet: Address
        /// How many of them.
        public var amount: UInt64
        /// Hands that they went through since.
        public var hands: Int

        /// So many units of one issue.
        public init(block: UInt64, operation: String, faucet: Address, amount: UInt64, hands: Int) {
            self.block = block
            self.operation = operation
            self.faucet = faucet
            self.amount = amount
            self.hands = hands
        }
    }

    private let asset: UInt64
    private let faucets: Set<Address>
    private var lots: [Address: [Lot]] = [:]
    /// Every movement of the asset, in order.
    public private(set) var steps: [Step] = []

    /// Follows one asset of a game.
    public init(asset: UInt64, catalog: Catalog) {
        self.asset = asset
        faucets = Set(catalog.houses.filter { $0.value == .faucet }.keys)
    }

    /// Takes the movements of the next operation of the log.
    public mutating func take(_ movements: [AssetMovement], block: UInt64, operation: String) {
        for movement in movements where movement.asset == asset && movement.amount > 0 {
            steps.append(Step(block: block, operation: operation, movement: movement))
            var moved: [Lot]
            if faucets.contains(movement.from) {
                moved = [Lot(block: block, operation: operation, faucet: movement.from, amount: movement.amount, hands: 0)]
            } else {
                moved = takeOldest(movement.amount, from: movement.from)
                for index in moved.indices { moved[index].hands += 1 }
            }
            lots[movement.to, default: []] += moved
        }
    }

    /// Where what an account has came from, the oldest first.
    public func lots(of account: Address) -> [Lot] { lots[account] ?? [] }

    /// Every account that has lots.
    var holders: [Address] { lots.filter { !$0.value.isEmpty }.keys.sorted() }

    /// Whether an account issues.
    func isFaucet(_ account: Address) -> Bool { faucets.contains(account) }

    private mutating func takeOldest(_ amount: UInt64, from account: Address) -> [Lot] {
        var rest = amount
        var taken: [Lot] = []
        var held = lots[account] ?? []
        var used = 0
        while rest > 0, used < held.count {
            if held[used].amount <= rest {
                rest -= held[used].amount
                taken.append(held[used])
                used += 1
            } else {
                var part = held[used]
                part.amount = rest
                held[used].amount -= rest
                taken.append(part)
                rest = 0
            }
        }
        held.removeFirst(used)
        lots[account] = held
        // What an account spent on credit, or had since genesis, has no lot.
        if rest > 0 { taken.append(Lot(block: 0, operation: "", faucet: account, amount: rest, hands: 0)) }
        return taken
    }
}
