/// What every player of a run must have, recomputed from the answers alone: the load tool's own tiny ledger.
struct PlayerBook {
    /// Gold by player.
    private(set) var gold: [Int64]
    /// Items by player, then kind.
    private(set) var items: [Int64]
    /// How many kinds of items each player may have.
    let itemKinds: Int

    /// The book right after the set-up.
    init(players: Int, start: StartingGoods) {
        gold = Array(repeating: Int64(start.gold), count: players)
        itemKinds = start.itemKinds
        items = Array(repeating: Int64(start.itemQuantity), count: players * start.itemKinds)
    }

    /// How many items of a kind a player must have.
    func quantity(player: Int, item: Int) -> Int64 { items[player * itemKinds + item] }

    /// Applies an operation that was answered as done; the two numbers are the reply's.
    ///
    /// A purchase answers with quantity and gold paid, a trade with the fees of both sides. Additions commute, so the order
    /// of the answers does not matter.
    mutating func apply(_ operation: LoadOperation, result0: UInt64, result1: UInt64) {
        let player = Int(operation.player)
        let amount = Int64(operation.gold)
        switch operation.kind {
        case .transfer:
            gold[player] -= amount
            gold[Int(operation.counterparty)] += amount
        case .purchase:
            gold[player] -= Int64(result1)
            add(operation.quantity, of: operation.item, to: player, sign: 1)
        case .proposal:
            // What is offered stands in escrow from now on.
            add(operation.quantity, of: operation.item, to: player, sign: -1)
        case .craft:
            add(operation.quantity, of: operation.item, to: player, sign: -1)
            add(1, of: operation.crafted(itemKinds: itemKinds), to: player, sign: 1)
        case .trade, .acceptance:
            let buyer = Int(operation.counterparty)
            if operation.kind == .trade { add(operation.quantity, of: operation.item, to: player, sign: -1) }
            add(operation.quantity, of: operation.item, to: buyer, sign: 1)
            gold[buyer] -= amount
            gold[player] += amount - Int64(result0 &+ result1)
        case .reward:
            gold[player] += amount
            add(operation.quantity, of: operation.item, to: player, sign: 1)
        }
    }

    private mutating func add(_ quantity: UInt32, of item: UInt32, to player: Int, sign: Int64) {
        items[player * itemKinds + Int(item)] += sign * Int64(quantity)
    }
}
