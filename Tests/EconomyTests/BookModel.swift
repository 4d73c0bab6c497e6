import EVM
import Economy
import Wire

/// What order books should do, in plain dictionaries: the price is looked for among all prices, one by one.
struct BookModel {
    struct Order {
        var owner: Address
        var isBuy: Bool
        var asset: UInt64
        var currency: UInt64
        var price: UInt64
        var quantity: UInt64
        var left: UInt64
        /// 1 new, 2 resting, 3 cancelled, 4 filled, 5 pushed out.
        var state: UInt64 = 1
    }

    static let escrow = NamedAccount.escrow("book")
    /// Orders that rest on a side at most.
    static let restingMax = 40
    /// No price of the tests is above this.
    static let priceMax: UInt64 = 60

    /// Balances, royalties, and how things are paid.
    var books = SalesModel()
    var orders: [[UInt8]: Order] = [:]
    /// Price and volume of the last exchange by asset and currency.
    var last: [SalesModel.Holding: (price: UInt64, volume: UInt64)] = [:]

    mutating func order(_ id: [UInt8], _ order: Order) -> Bool {
        guard orders[id] == nil else { return false }
        orders[id] = order
        return order.isBuy
            ? books.move(order.owner, Self.escrow, order.currency, order.price * order.quantity)
            : books.move(order.owner, Self.escrow, order.asset, order.quantity)
    }

    mutating func cancel(_ id: [UInt8], by: Address) -> Bool {
        guard let order = orders[id], order.owner == by, order.state <= 2 else { return false }
        return end(id, state: 3)
    }

    private mutating func end(_ id: [UInt8], state: UInt64) -> Bool {
        guard let order = orders[id] else { return false }
        orders[id]?.state = state
        orders[id]?.left = 0
        return order.isBuy
            ? books.move(Self.escrow, order.owner, order.currency, order.price * order.left)
            : books.move(Self.escrow, order.owner, order.asset, order.left)
    }

    /// Clears a book: everything new and everything that rests takes part.
    mutating func clear(_ asset: UInt64, _ currency: UInt64) {
        let all = orders.filter { $0.value.asset == asset && $0.value.currency == currency && $0.value.state <= 2 }
        let ids = all.keys.sorted { $0.lexicographicallyPrecedes($1) }
        func sum(_ isBuy: Bool, _ matches: (UInt64) -> Bool) -> UInt64 {
            all.values.filter { $0.isBuy == isBuy && matches($0.price) }.reduce(0) { $0 + $1.left }
        }
        let prices = 1...Self.priceMax
        let volume = prices.map { price in min(sum(true) { $0 >= price }, sum(false) { $0 <= price }) }.max() ?? 0
        if volume > 0 {
            // Prices at which those who want a better one can all be served, and as much as possible is exchanged.
            let right = prices.filter { price in
                sum(true) { $0 >= price } >= volume && sum(false) { $0 <= price } >= volume
                    && sum(true) { $0 > price } <= volume && sum(false) { $0 < price } <= volume
            }
            let price = (right[0] + right[right.count - 1]) / 2
            last[.init(account: .zero, asset: asset << 8 | currency)] = (price, volume)
            for isBuy in [true, false] {
                let better = sum(isBuy) { isBuy ? $0 > price : $0 < price }
                let wanted = sum(isBuy) { $0 == price }
                var before: UInt64 = 0
                for id in ids {
                    guard let order = all[id], order.isBuy == isBuy else { continue }
                    if isBuy ? order.price > price : order.price < price { fill(id, order.left, price) }
                    guard order.price == price else { continue }
                    let share = (before + order.left) * (volume - better) / wanted - before * (volume - better) / wanted
                    before += order.left
                    if share > 0 { fill(id, share, price) }
                }
            }
        }
        rest(ids)
    }

    private mutating func fill(_ id: [UInt8], _ quantity: UInt64, _ price: UInt64) {
        guard let order = orders[id] else { return }
        orders[id]?.left -= quantity
        if order.left == quantity { orders[id]?.state = 4 }
        if order.isBuy {
            _ = books.move(Self.escrow, order.owner, order.asset, quantity)
            _ = books.move(Self.escrow, order.owner, order.currency, (order.price - price) * quantity)
        } else {
            _ = books.pay(Self.escrow, order.owner, order.currency, price * quantity, for: [order.asset])
        }
    }

    /// The best of each side stay, the others get back what they gave.
    private mutating func rest(_ ids: [[UInt8]]) {
        for isBuy in [true, false] {
            let open = ids.filter { orders[$0]!.isBuy == isBuy && orders[$0]!.state <= 2 }.sorted {
                let (a, b) = (orders[$0]!.price, orders[$1]!.price)
                return a == b ? $0.lexicographicallyPrecedes($1) : isBuy ? a > b : a < b
            }
            for (place, id) in open.enumerated() {
                if place < Self.restingMax { orders[id]?.state = 2 } else { _ = end(id, state: 5) }
            }
        }
    }

    /// What the escrow must hold of an asset, its first unit apart.
    func owed(_ asset: UInt64) -> Int64 {
        orders.values.filter { $0.state <= 2 }.reduce(0) { sum, order in
            if order.isBuy { return sum + (order.currency == asset ? Int64(order.price * order.left) : 0) }
            return sum + (order.asset == asset ? Int64(order.left) : 0)
        }
    }
}
