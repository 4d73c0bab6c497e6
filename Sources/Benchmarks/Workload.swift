/// A kind of block that the executors are measured with.
public enum Workload: String, CaseIterable, Sendable {
    /// Transfers between pairs that share nothing.
    case independent
    /// Everybody buys the same item of the same offer: one treasury, one faucet.
    case hotShop = "hot-shop"
    /// 50 % purchases, 20 % trades, 30 % rewards among players by Zipf 1.0.
    case shopMix = "shop-mix"
    /// Each transfer spends what the one before brought.
    case chained
    /// Transfers among players by Zipf 1.0.
    case zipf
    /// Transfers among players by Zipf 1.5.
    case steepZipf = "zipf-1.5"
    /// A limited offer that sells out in the middle of the run, and is asked for all the same.
    case boundedStock = "bounded-stock"
    /// The same until its last 100 units.
    case lastingStock = "bounded-stock-100"
    /// Half transfers between strangers, half orders in 16 books that number their orders.
    case orderBook = "order-book"
    /// Transfers signed by their senders, who are recovered as part of the run.
    case signed
    /// Calls that add, revert, pay and destroy, and creations, over few contracts.
    case random

    /// What a reader should know of it.
    public var about: String {
        switch self {
        case .independent: "transfers between pairs that share nothing"
        case .hotShop: "everybody buys the same item of the same offer"
        case .shopMix: "50 % purchases, 20 % trades, 30 % rewards, players by Zipf 1.0"
        case .chained: "each transfer spends what the one before brought"
        case .zipf: "transfers among players by Zipf 1.0"
        case .steepZipf: "transfers among players by Zipf 1.5"
        case .boundedStock: "a limited offer that sells out in the middle and refuses the second half"
        case .lastingStock: "the same offer while it lasts: all is sold but the last 100 units"
        case .orderBook: "half transfers between strangers, half orders in 16 books that number their orders"
        case .signed: "transfers signed by their senders, who are recovered as part of the run"
        case .random: "calls that add, revert, pay and destroy, and creations, over few contracts"
        }
    }
}
