internal import EVM
package import Economy
package import Ledger

/// Ends micro-blocks by clearing the order books in which they have new orders.
final class MarketCloser: BlockCloser {
    private let clearing: BookClearing
    private var orders: [NewOrder] = []

    /// For the books of a game.
    init(_ clearing: BookClearing) { self.clearing = clearing }

    /// Orders of one block.
    var callsMax: Int { BookClearing.ordersMax }
    /// What clearing costs for each of them at most.
    var gasForEach: UInt64 { BookClearing.gasForEach }

    /// Whether a transaction may make an order.
    func mayCall(_ transaction: Transaction) -> Bool { clearing.mayOrder(transaction) }

    /// Notes the orders of an operation.
    func note(_ receipt: Receipt) { orders += clearing.orders(in: receipt) }

    /// The clearings of the block.
    func closing() -> [Transaction] {
        if orders.isEmpty { return [] }
        defer { orders.removeAll(keepingCapacity: true) }
        return clearing.transactions(clearing: orders)
    }
}

extension Ledger {
    /// Has every block that is made from now on end with the clearing of the game's order books, where it has any; before
    /// `start`.
    package func clearBooks(of game: Game) {
        if let clearing = game.clearing { endBlocks(with: MarketCloser(clearing)) }
    }
}
