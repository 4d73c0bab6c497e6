import EVM
import Economy
import Testing
import Wire

/// Random orders and cancellations of random players in several books, block by block, checked against the model.
final class BookRun {
    let book: BookWorld
    var model = BookModel()
    var random: SplitMix
    let players = (0..<6).map { "player\($0)" }
    let pairs: [(asset: UInt64, currency: UInt64)] = [(65_536, 1), (65_540, 1), (65_540, 2)]
    let assets: [UInt64] = [1, 2, 65_536, 65_540]
    let houses: [Address]
    private var nextID = 0
    var exchanged: UInt64 = 0
    var applied = 0
    var refused = 0

    init(seed: UInt64) throws {
        book = try BookWorld()
        random = SplitMix(state: seed)
        houses = Array(book.world.game.catalog.houses.keys)
        for player in players { try book.world.give(player, assets.map { AssetLine(asset: $0, amount: 2_000) }) }
        let royalty: [String: FieldValue] = ["asset": .number(65_540), "receiver": .account(address(5)), "basisPoints": .number(333)]
        guard try book.world.perform("setRoyalty", as: .operator, by: "root", royalty).status == .applied else { throw TestFailure("no royalty") }
        model.books.royalties[65_540] = (address(5), 333)
        for account in houses + players.indices.map(address) {
            for asset in assets { model.books.balances[.init(account: account, asset: asset)] = try book.world.balance(account, asset) }
        }
    }

    private func address(_ player: Int) -> Address { NamedAccount.player(players[player]) }

    /// One block: some orders and cancellations, then its end.
    func block() throws {
        book.world.timestampSeconds += UInt64(random.below(40_000))
        var touched: Set<SalesModel.Holding> = []
        for _ in 0..<(1 + random.below(24)) {
            var next = model
            let (expected, reply, pair) = random.below(4) == 0 ? try cancel(&next) : try order(&next)
            guard (reply.status == .applied) == expected else { throw TestFailure("the model says \(expected), the contract: \(reply.message)") }
            if expected {
                model = next
                applied += 1
                if let pair { touched.insert(.init(account: .zero, asset: pair.asset << 8 | pair.currency)) }
            } else {
                refused += 1
            }
        }
        for pair in pairs where touched.contains(.init(account: .zero, asset: pair.asset << 8 | pair.currency)) {
            let before = model.last[.init(account: .zero, asset: pair.asset << 8 | pair.currency)]
            model.clear(pair.asset, pair.currency)
            if let last = model.last[.init(account: .zero, asset: pair.asset << 8 | pair.currency)], before == nil || before! != last { exchanged += last.volume }
        }
        try book.close()
    }

    private func order(_ next: inout BookModel) throws -> (Bool, ReplyBody, (asset: UInt64, currency: UInt64)?) {
        let (who, pair, side) = (random.below(players.count), pairs[random.below(pairs.count)], UInt64(1 + random.below(2)))
        let number = random.below(12) == 0 ? random.below(nextID + 1) : nextID
        nextID = max(nextID, number + 1)
        // Few prices, so that many meet at one.
        let (price, quantity) = (UInt64(8 + random.below(random.below(3) == 0 ? 40 : 6)), UInt64(1 + random.below(random.below(9) == 0 ? 900 : 40)))
        let reply = try book.order(number, side, by: players[who], price, quantity, asset: pair.asset, currency: pair.currency)
        let order = BookModel.Order(
            owner: address(who), isBuy: side == 1, asset: pair.asset, currency: pair.currency, price: price, quantity: quantity, left: quantity)
        return (next.order(BookWorld.id(number), order), reply, pair)
    }

    private func cancel(_ next: inout BookModel) throws -> (Bool, ReplyBody, (asset: UInt64, currency: UInt64)?) {
        let number = random.below(max(1, nextID))
        let owner = players.indices.first { address($0) == model.orders[BookWorld.id(number)]?.owner } ?? 0
        let who = random.below(6) == 0 ? random.below(players.count) : owner
        let reply = try book.cancel(number, by: players[who])
        return (next.cancel(BookWorld.id(number), by: address(who)), reply, nil)
    }

    /// Every balance and every order is the model's, every asset sums to zero, and the escrow holds what it owes.
    func check() throws {
        for asset in assets {
            var sum: Int64 = 0
            for account in houses + players.indices.map(address) {
                let have = try book.world.balance(account, asset)
                guard have == model.books.has(account, asset) else {
                    throw TestFailure("\(account) has \(have) of \(asset), the model \(model.books.has(account, asset))")
                }
                sum += have
            }
            guard sum == 0 else { throw TestFailure("asset \(asset) sums to \(sum)") }
            let held = model.books.has(BookModel.escrow, asset) - 1
            guard held == model.owed(asset) else { throw TestFailure("the escrow of \(asset) holds \(held) and owes \(model.owed(asset))") }
        }
        for number in 0..<nextID {
            guard let order = model.orders[BookWorld.id(number)] else { continue }
            let state = try book.state(number)
            guard state == (order.state, order.left) else { throw TestFailure("order \(number) is \(state), the model says \(order)") }
        }
        for pair in pairs {
            guard let last = model.last[.init(account: .zero, asset: pair.asset << 8 | pair.currency)] else { continue }
            let told = try book.ask("book", ["asset": .number(pair.asset), "currency": .number(pair.currency)])
            guard told["price"]?[0] == last.price, told["volume"]?[0] == last.volume else { throw TestFailure("last \(last), told \(told)") }
            // What rests does not cross.
            let (bid, ask) = (told["bidPrices"]?[0] ?? 0, told["askPrices"]?[0] ?? 0)
            guard bid == 0 || ask == 0 || bid < ask else { throw TestFailure("a bid of \(bid) rests beside an ask of \(ask)") }
        }
    }
}

/// Order books do what a plain model does, whatever the players do.
struct BookPropertyTests {
    @Test(arguments: [UInt64](1...6))
    func `random orders and cancellations in several blocks keep the books, seed by seed`(seed: UInt64) throws {
        let run = try BookRun(seed: seed)
        for _ in 0..<14 {
            try run.block()
            try run.check()
        }
        print("book seed \(seed): \(run.applied) applied, \(run.refused) refused, \(run.exchanged) exchanged")
        #expect(run.applied > 80 && run.refused > 5 && run.exchanged > 300)
    }
}
