import EVM
import Testing
import Wire

@testable import Economy

/// The books put each movement under what it was for, and balance.
struct BooksTests {
    private func perform(_ world: TestWorld, _ books: inout Books, _ action: String, as role: Role = .player, by subject: String = "anna", _ fields: [String: FieldValue]) throws {
        let (code, payload) = try world.game.encodePayload(action: action, fields: fields)
        let transaction = try world.game.map(ActionBody(code: code, payload: payload), session: SessionIdentity(role: role, subject: subject)).get()
        books.take(transaction, try world.run(transaction))
    }

    @Test func `a grant, a purchase, a sale with its fee and a refused one stand under their codes`() throws {
        let world = try TestWorld()
        var books = Books(game: world.game)
        let anna = NamedAccount.player("anna")
        let lines: FieldValue = .lines([AssetLine(asset: 1, amount: 1_000), AssetLine(asset: 65_536, amount: 5)])
        let bo = NamedAccount.player("bo")
        for player in [anna, bo] {
            try perform(
                world, &books, "grant", as: .server, by: "arena",
                ["player": .account(player), "faucet": .account(NamedAccount.faucet("rewards")), "reason": .number(1), "lines": lines])
        }
        try perform(world, &books, "purchase", ["offer": .number(1), "quantity": .number(2), "maxCost": .numbers([1_000, 0, 0, 0])])
        try perform(
            world, &books, "trade", as: .server, by: "arena",
            [
                "first": .account(anna), "second": .account(bo), "firstGives": .lines([AssetLine(asset: 1, amount: 400)]),
                "secondGives": .lines([AssetLine(asset: 65_536, amount: 1)]),
            ])
        let before = books.movementCount
        try perform(world, &books, "transferCoins", by: "cleo", ["to": .account(anna), "asset": .number(1), "amount": .number(5)])
        #expect(books.movementCount == before, "what was refused has moved nothing")
        #expect(books.codes.contains("reward") && books.codes.contains("purchase"))
        func sums(_ code: String, _ side: String, _ asset: UInt64 = 1) -> Books.Sums { books.sums[Books.Entry(code: code, side: side, asset: asset)] ?? Books.Sums() }
        #expect(sums("reward", "faucet:rewards") == Books.Sums(debit: 0, credit: 2_000))
        #expect(sums("reward", "players") == Books.Sums(debit: 2_000, credit: 0))
        #expect(sums("reward", "players", 65_536).debit == 10)
        #expect(sums("purchase", "treasury").debit > 0 && sums("purchase", "treasury") == Books.Sums(debit: sums("purchase", "players").credit, credit: 0))
        #expect(sums("fee", "treasury").debit == 10 && sums("trade", "players").debit == 390, "2.5 % of 400")
        #expect(books.actions["fee"] == ["trade"] && books.actions["purchase"] == ["purchase"])
        for code in books.codes { #expect(books.unbalanced(code).isEmpty, "\(code)") }
        for asset in Set(books.accounts.map(\.asset)) {
            #expect(books.accounts.filter { $0.asset == asset }.reduce(0) { $0 + $1.sums.net } == 0)
        }
        // What the books say of a house is what its contract says, from the first state on.
        let fresh = try TestWorld()
        for (side, asset, sums) in books.accounts where side == "treasury" || side == "faucet:rewards" {
            let house = side == "treasury" ? NamedAccount.treasury : NamedAccount.faucet("rewards")
            func balance(_ world: TestWorld) throws -> Int64 {
                guard case .balance(_, let amount) = try world.ask(QueryBody(kind: .balance, account: Account(house), subject: asset)) else { return .min }
                return amount
            }
            #expect(Int128(try balance(fresh)) + sums.net == Int128(try balance(world)), "\(side) \(asset)")
        }
    }
}
