public import EVM

/// How the order books of a game are cleared: which transactions make orders, which events tell of them, and the
/// transactions that clear the books of a micro-block at its end.
public struct BookClearing: Sendable, Equatable {
    /// What a clearing is called where actions have names.
    public static let actionName = "clearBook"
    /// Orders of one micro-block in all books together.
    public static let ordersMax = EconomyLimits.blockOrdersMax
    /// Gas to be kept free at the end of a micro-block for each of its orders.
    public static let gasForEach = EconomyLimits.clearingGasEach

    private static let orders = [
        "order(uint256,uint256,uint256,uint256,uint256,uint256)", "renew(uint256)",
    ]
    private static let clear = "clear(uint256,uint256,uint256[])"
    private static let ordered = "Ordered(address,uint256,uint256,uint256,uint256,uint256,uint256,uint256)"

    /// The contract of the books.
    public let contract: Address
    private let orderSelectors: [UInt32]
    private let clearSelector: UInt32
    private let topic: U256

    /// The clearing by a deployed contract; nil where there is none, or after noting what it lacks.
    init?(_ deployed: (artifact: Artifact, address: Address)?, _ problems: ProblemList) {
        guard let deployed else { return nil }
        let functions = Self.orders + [Self.clear]
        let missing =
            functions.filter { deployed.artifact.functions[$0] == nil }
            + [Self.ordered].filter { deployed.artifact.events[$0] == nil }
        guard missing.isEmpty else {
            problems.add(
                file: "Genesis/genesis.json", "the contract \"book\" has no \(missing.joined(separator: ", "))",
                "micro-blocks are cleared through it: take book.vy, or give the contract another name")
            return nil
        }
        contract = deployed.address
        orderSelectors = Self.orders.map(Self.selector)
        clearSelector = Self.selector(Self.clear)
        topic = ABIEncoder.topic(Self.ordered)
    }

    private static func selector(_ signature: String) -> UInt32 { number(ABIEncoder.selector(signature)) }

    /// The first four bytes of a call as a number; none that a contract has where there are fewer.
    private static func number(_ data: [UInt8]) -> UInt32 {
        guard data.count >= 4 else { return 0 }
        return UInt32(data[0]) << 24 | UInt32(data[1]) << 16 | UInt32(data[2]) << 8 | UInt32(data[3])
    }

    /// Whether a transaction may make an order, and one at most: the contract takes orders from nobody but a
    /// transaction's own sender.
    public func mayOrder(_ transaction: Transaction) -> Bool {
        transaction.to == contract && orderSelectors.contains(Self.number(transaction.data))
    }

    /// Whether a transaction is a clearing.
    func isClearing(_ transaction: Transaction) -> Bool {
        transaction.to == contract && Self.number(transaction.data) == clearSelector
    }

    /// The orders that a transaction has made.
    public func orders(in receipt: Receipt) -> [NewOrder] {
        var orders: [NewOrder] = []
        for log in receipt.logs where log.address == contract && log.topics.count == 4 && log.topics.first == topic {
            guard let id = ABIReader(bytes: log.data).word(0), let asset = log.topics[2].asUInt64,
                let currency = log.topics[3].asUInt64
            else { continue }
            orders.append(NewOrder(asset: asset, currency: currency, id: id))
        }
        return orders
    }

    /// The transactions that clear the books of these orders, one for each book. They do not depend on the order in which
    /// the orders come: books go by their numbers, orders by their ids.
    public func transactions(clearing orders: [NewOrder]) -> [Transaction] {
        var transactions: [Transaction] = []
        var rest = Set(orders).sorted()[...]
        while let first = rest.first {
            let book = rest.prefix { $0.asset == first.asset && $0.currency == first.currency }
            let ids = book.prefix(Self.ordersMax).map(\.id)
            var data = ABIEncoder.selector(Self.clear)
            for word in [U256(first.asset), U256(first.currency), U256(96), U256(ids.count)] + ids { data += word.bigEndianBytes }
            transactions.append(
                .session(
                    sender: NamedAccount.system(lane: first.asset), to: contract, data: data,
                    gasLimit: EconomyLimits.transactionGasMax))
            rest = rest.dropFirst(ids.count)
        }
        return transactions
    }
}

/// An order that has not been cleared yet.
public struct NewOrder: Sendable, Hashable, Comparable {
    /// The item.
    public let asset: UInt64
    /// The currency.
    public let currency: UInt64
    /// The order's id.
    public let id: U256

    /// An order of a book.
    public init(asset: UInt64, currency: UInt64, id: U256) {
        self.asset = asset
        self.currency = currency
        self.id = id
    }

    /// By book, then by id.
    public static func < (a: NewOrder, b: NewOrder) -> Bool {
        if a.asset != b.asset { return a.asset < b.asset }
        return a.currency != b.currency ? a.currency < b.currency : a.id < b.id
    }
}
