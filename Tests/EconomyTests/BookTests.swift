import EVM
import Economy
import Testing
import Wire

/// A world whose blocks end as the server ends them.
final class BookWorld {
    let world: TestWorld
    let clearing: BookClearing
    /// Orders of the open block.
    private(set) var open: [NewOrder] = []
    /// Receipts of the last block's clearings.
    private(set) var cleared: [Receipt] = []

    init() throws {
        world = try TestWorld()
        guard let clearing = world.game.clearing else { throw TestFailure("the game has no books") }
        self.clearing = clearing
    }

    static func id(_ number: Int) -> [UInt8] { [UInt8](repeating: 9, count: 14) + [UInt8(number >> 8), UInt8(number & 255)] }

    func perform(
        _ action: String, as role: Role = .player, by: String, _ fields: [String: FieldValue]
    ) throws -> ReplyBody {
        let reply = try world.perform(action, as: role, by: by, fields)
        if let receipt = world.receipt, reply.status == .applied { open += clearing.orders(in: receipt) }
        return reply
    }

    @discardableResult
    func order(
        _ number: Int, _ side: UInt64, by: String, _ price: UInt64, _ quantity: UInt64, asset: UInt64 = 65_536, currency: UInt64 = 1
    ) throws -> ReplyBody {
        try perform(
            "order", by: by,
            [
                "order": .id(Self.id(number)), "side": .number(side), "asset": .number(asset), "currency": .number(currency),
                "price": .number(price), "quantity": .number(quantity),
            ])
    }

    func cancel(_ number: Int, by: String) throws -> ReplyBody {
        try perform("cancelOrder", by: by, ["order": .id(Self.id(number))])
    }

    /// Ends the block; returns the gas of its dearest clearing.
    @discardableResult
    func close() throws -> UInt64 {
        cleared = try clearing.transactions(clearing: open).map(world.run)
        open = []
        for receipt in cleared where !receipt.succeeded { throw TestFailure("a clearing ended with \(receipt.outcome)") }
        return cleared.map(\.gasUsed).max() ?? 0
    }

    /// The words of an answer by name.
    func ask(_ view: String, _ values: [String: FieldValue]) throws -> [String: [UInt64]] {
        guard let definition = world.game.views.first(where: { $0.name == view }) else { throw TestFailure("no view \(view)") }
        guard case .view(_, let bytes) = try world.ask(try definition.query(values)), let parts = definition.read(bytes) else {
            throw TestFailure("no answer to \(view)")
        }
        return Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0.words.map(\.l0)) })
    }

    func state(_ number: Int) throws -> (state: UInt64, left: UInt64) {
        let order = try ask("order", ["order": .id(Self.id(number))])
        return (order["state"]?[0] ?? 99, order["left"]?[0] ?? 99)
    }
}

/// Order books: one price for all, and nothing to be gained by being first.
struct BookTests {
    /// The refusals of orders, and of a clearing by somebody else.
    static let refusalCodes: Set<UInt16> = [184, 185, 186, 187, 188, 189, 196]
    private static let stock = [1, 2, 65_536, 65_540, 65_543].map { AssetLine(asset: $0, amount: 100_000) }

    private static func world(_ players: [String] = ["anna", "ben", "carl", "dora"]) throws -> BookWorld {
        let book = try BookWorld()
        for player in players { try book.world.give(player, stock) }
        return book
    }

    /// What anna and ben offer and ask, and what comes of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let bids: [(price: UInt64, quantity: UInt64)]
        let asks: [(price: UInt64, quantity: UInt64)]
        let price: UInt64
        let filled: [UInt64]
        let why: String
        var testDescription: String { why }
    }

    static let rows = [
        Row(bids: [(10, 5)], asks: [(11, 5)], price: 0, filled: [0, 0], why: "nobody meets"),
        Row(bids: [(10, 5)], asks: [(10, 5)], price: 10, filled: [5, 5], why: "both name the price"),
        Row(bids: [(20, 5)], asks: [(11, 5)], price: 15, filled: [5, 5], why: "the middle, rounded down"),
        Row(bids: [(20, 5)], asks: [(11, 9)], price: 11, filled: [5, 5], why: "too much is offered: the lowest price"),
        Row(bids: [(20, 9)], asks: [(11, 5)], price: 20, filled: [5, 5], why: "too much is wanted: the highest price"),
        Row(bids: [(20, 5), (14, 1)], asks: [(11, 5)], price: 17, filled: [5, 0, 5], why: "who goes away with nothing bounds the price"),
        Row(bids: [(20, 5), (14, 1)], asks: [(11, 5), (15, 3)], price: 14, filled: [5, 0, 5, 0], why: "on both sides"),
        Row(bids: [(10, 6), (10, 3)], asks: [(10, 3)], price: 10, filled: [2, 1, 3], why: "in proportion at the price"),
        Row(bids: [(10, 1), (10, 1), (10, 1)], asks: [(10, 2)], price: 10, filled: [0, 1, 1, 2], why: "what does not divide goes by ids"),
        Row(bids: [(12, 4), (10, 6)], asks: [(9, 7)], price: 10, filled: [4, 3, 7], why: "the better one first, the rest at the price"),
    ]

    @Test(arguments: rows)
    func `a book is cleared at the one price at which most is exchanged`(row: Row) throws {
        let book = try Self.world()
        for (place, bid) in row.bids.enumerated() { #expect(try book.order(place, 1, by: "anna", bid.price, bid.quantity).status == .applied) }
        let asks = row.bids.count
        for (place, ask) in row.asks.enumerated() { #expect(try book.order(asks + place, 2, by: "ben", ask.price, ask.quantity).status == .applied) }
        try book.close()
        let quantities = (row.bids + row.asks).map(\.quantity)
        for (place, filled) in row.filled.enumerated() {
            let order = try book.state(place)
            #expect(quantities[place] - order.left == filled, "order \(place)")
            #expect(order.state == (order.left == 0 ? 4 : 2), "order \(place)")
        }
        let told = try book.ask("book", ["asset": .number(65_536), "currency": .number(1)])
        let volume = row.filled.prefix(asks).reduce(0, +)
        #expect(told["price"]?[0] == row.price && told["volume"]?[0] == volume && told["open"]?[0] == 1)
        // What rests is shown, best first.
        let rests = zip(row.bids, row.filled).map { ($0.price, $0.quantity - $1) }.filter { $0.1 > 0 }.sorted { $0.0 > $1.0 }
        #expect(told["bidPrices"].map { Array($0.prefix { $0 > 0 }) } == rests.map(\.0))
        let fee = (row.price * volume * 250 + 9_999) / 10_000
        #expect(try book.world.balance(of: "anna", 1) == 100_000 - Int64(row.price * volume + rests.reduce(0) { $0 + $1.0 * $1.1 }))
        if row.asks.count == 1 { #expect(try book.world.balance(of: "ben", 1) == 100_000 + Int64(row.price * volume - fee)) }
    }

    @Test(arguments: [UInt64](1...6))
    func `the order of submission within a block changes nothing`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let first = (0..<12).map { (number: $0, side: UInt64(1 + random.below(2)), by: ["anna", "ben", "carl", "dora"][random.below(4)], price: UInt64(5 + random.below(20)), quantity: UInt64(1 + random.below(30))) }
        let second = (0..<12).map { (number: 20 + $0, side: UInt64(1 + random.below(2)), by: ["anna", "ben", "carl", "dora"][random.below(4)], price: UInt64(5 + random.below(20)), quantity: UInt64(1 + random.below(30))) }
        var worlds: [TestWorld] = []
        for turn in 0..<3 {
            let book = try Self.world()
            for block in [first, second] {
                let shuffled = turn == 0 ? block : turn == 1 ? block.reversed() : block.shuffled(using: &random)
                for one in shuffled { #expect(try book.order(one.number, one.side, by: one.by, one.price, one.quantity).status == .applied) }
                try book.close()
            }
            worlds.append(book.world)
        }
        #expect(worlds[0].slots == worlds[1].slots && worlds[0].slots == worlds[2].slots, "every slot of every contract")
        #expect(worlds[0].accounts == worlds[1].accounts && worlds[0].accounts == worlds[2].accounts)
    }

    @Test func `whoever surrounds another's order within a block pays for it`() throws {
        let book = try Self.world()
        try book.order(1, 2, by: "ben", 10, 5)
        try book.order(2, 2, by: "ben", 15, 10)
        try book.close()
        let before = try book.world.balance(of: "carl", 1)
        // carl sees anna's order and buys before it and sells behind it, in the same block.
        try book.order(3, 1, by: "carl", 20, 5)
        try book.order(4, 1, by: "anna", 20, 10)
        try book.order(5, 2, by: "carl", 11, 5)
        try book.close()
        let told = try book.ask("book", ["asset": .number(65_536), "currency": .number(1)])
        let price = Int64(told["price"]?[0] ?? 0)
        #expect(price > 0 && told["volume"]?[0] == 15)
        #expect(try book.state(3).left == 0 && book.state(4).left == 0 && book.state(5).left == 0)
        let fee = (5 * price * 250 + 9_999) / 10_000
        #expect(try book.world.balance(of: "carl", 1) == before - fee, "he bought and sold at one price")
    }

    @Test func `nobody but the system clears a book`() throws {
        let book = try Self.world()
        try book.order(1, 1, by: "anna", 10, 5)
        try book.order(2, 2, by: "ben", 10, 5)
        let transaction = try #require(book.clearing.transactions(clearing: book.open).first)
        let senders = [
            NamedAccount.player("anna"), NamedAccount.authority(.server), NamedAccount.authority(.operator), NamedAccount.treasury,
            NamedAccount.escrow("book"), Address.zero,
        ]
        for sender in senders {
            let forged = Transaction.session(sender: sender, to: transaction.to, data: transaction.data, gasLimit: transaction.gasLimit)
            let receipt = try book.world.run(forged)
            #expect(receipt.outcome == .reverted && receipt.output.prefix(4) == [0x46, 0x83, 0xa4, 0x6b], "\(sender)")
        }
        #expect(try book.state(1) == (1, 5), "still new")
        // No session has that account: an actor is a player's or the session's own, a role's prefix is another.
        #expect(transaction.sender.bytes.prefix(12).elementsEqual("hoard:system".utf8))
        try book.close()
        #expect(try book.state(1).state == 4)
    }

    @Test func `the ids of a clearing rise, and what is no new order of the book is passed over`() throws {
        let book = try Self.world()
        try book.order(1, 1, by: "anna", 10, 5)
        try book.order(2, 2, by: "ben", 10, 5, asset: 65_540)
        try book.order(3, 2, by: "ben", 9, 2)
        #expect(try book.cancel(3, by: "ben").status == .applied)
        let others = book.open.map(\.id) + [U256(77)]
        var data = [UInt8](try #require(book.clearing.transactions(clearing: book.open).first).data[0..<100])
        for word in [U256(others.count)] + others.sorted() { data += word.bigEndianBytes }
        let system = NamedAccount.system(lane: 0)
        let receipt = try book.world.run(.session(sender: system, to: book.clearing.contract, data: data, gasLimit: 16_000_000))
        #expect(receipt.succeeded)
        #expect(try book.state(1) == (2, 5) && book.state(2) == (1, 5) && book.state(3) == (3, 0))
        var twice = [UInt8](data[0..<100])
        for word in [U256(2), others[0], others[0]] { twice += word.bigEndianBytes }
        #expect(try book.world.run(.session(sender: system, to: book.clearing.contract, data: twice, gasLimit: 16_000_000)).outcome == .reverted)
    }

    @Test func `orders are refused with their reasons, and an order that was never cleared is asked for again or taken back`() throws {
        let book = try Self.world()
        let code = Dictionary(uniqueKeysWithValues: book.world.game.refusals.map { ($0.name, $0.code) })
        #expect(try book.order(1, 1, by: "anna", 10, 5).status == .applied)
        #expect(try book.order(1, 1, by: "ben", 10, 5).refusalCode == code["orderExists"])
        #expect(try book.order(2, 3, by: "anna", 10, 5).refusalCode == code["badSide"])
        #expect(try book.order(2, 1, by: "anna", 10, 5, asset: 65_537).refusalCode == code["bookClosed"])
        #expect(try book.order(2, 1, by: "anna", 10, 5, currency: 2).refusalCode == code["bookClosed"])
        #expect(try book.order(2, 1, by: "anna", .max, 2).refusalCode == code["amountTooLarge"])
        #expect(try book.order(2, 1, by: "anna", 1_000, 101).refusalCode == code["insufficientCoins"])
        #expect(try book.order(2, 2, by: "anna", 1_000, 100_001).refusalCode == code["insufficientItems"])
        #expect(try book.cancel(1, by: "ben").refusalCode == code["notYourOrder"])
        #expect(try book.cancel(7, by: "ben").refusalCode == code["orderUnknown"])
        // As if the clearing had failed: the order stays new.
        let lost = BookWorld.id(1)
        #expect(try book.state(1).state == 1)
        #expect(try book.world.perform("renewOrder", by: "ben", ["order": .id(lost)]).refusalCode == code["notYourOrder"])
        #expect(try book.perform("renewOrder", by: "anna", ["order": .id(lost)]).status == .applied)
        try book.close()
        #expect(try book.state(1) == (2, 5))
        #expect(try book.perform("renewOrder", by: "anna", ["order": .id(lost)]).refusalCode == code["orderNotOpen"])
        #expect(try book.cancel(1, by: "anna").result0 == 50)
        #expect(try book.cancel(1, by: "anna").refusalCode == code["orderNotOpen"])
        #expect(try book.world.balance(of: "anna", 1) == 100_000)
        // A closed book takes no orders, and gives back what rests.
        try book.order(4, 2, by: "ben", 10, 5)
        try book.close()
        let close: [String: FieldValue] = ["asset": .number(65_536), "currency": .number(1), "open": .number(0)]
        #expect(try book.perform("setBook", as: .operator, by: "root", close).status == .applied)
        #expect(try book.order(5, 1, by: "anna", 10, 5).refusalCode == code["bookClosed"])
        #expect(try book.cancel(4, by: "ben").status == .applied)
        #expect(try book.perform("setBook", as: .server, by: "game", close).status == .refused)
    }

    @Test func `a full side keeps the best, and the dearest clearing stays within its gas`() throws {
        let book = try Self.world()
        for start in [0, 20] {
            for number in 0..<20 { try book.order(start + number, 2, by: ["anna", "ben", "carl"][number % 3], 100 + UInt64(start + number), 3) }
            try book.close()
        }
        // Four better ones push the four worst out.
        for number in 0..<4 { try book.order(100 + number, 2, by: "ben", 50, 3) }
        try book.close()
        for number in 36..<40 { #expect(try book.state(number) == (5, 0)) }
        #expect(try book.state(35) == (2, 3) && book.state(100) == (2, 3))
        #expect(try book.world.balance(NamedAccount.escrow("book"), 65_536) == 1 + 40 * 3)
        // One order sells to a whole side of players who never had the item, the dearest thing that one order can call for.
        for start in [200, 220] {
            for number in start..<(start + 20) {
                try book.world.give("p\(number)", [AssetLine(asset: 1, amount: 1_000)])
                #expect(try book.order(number, 1, by: "p\(number)", 20, 3).status == .applied)
            }
            try book.close()
        }
        try book.order(300, 2, by: "dora", 10, 40 * 3)
        let one = try book.close()
        #expect(try book.state(300).left == 0)
        #expect(one <= BookClearing.gasForEach, "\(one)")
        // The dearest block: as many orders as a book takes at once, all filled, against a full side.
        for start in [400, 420] {
            for number in start..<(start + 20) {
                try book.world.give("p\(number)", [AssetLine(asset: 1, amount: 1_000)])
                #expect(try book.order(number, 1, by: "p\(number)", 20, 4).status == .applied)
            }
            try book.close()
        }
        for number in 500..<532 {
            try book.world.give("q\(number)", [AssetLine(asset: 65_536, amount: 5)])
            #expect(try book.order(number, 2, by: "q\(number)", 10, 5).status == .applied)
        }
        let all = try book.close()
        #expect(try book.ask("book", ["asset": .number(65_536), "currency": .number(1)])["volume"]?[0] == 160)
        print("one order against a full side: \(one) gas; 32 against 40, all filled: \(all) gas")
        #expect(all < 12_000_000, "\(all)")
    }
}
