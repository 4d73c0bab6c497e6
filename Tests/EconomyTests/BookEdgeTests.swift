import EVM
import Economy
import Testing
import Wire

/// Order books at the edges: the most, the dearest, the smallest, and one's own orders that meet.
struct BookEdgeTests {
    let book: BookWorld
    let treasury = NamedAccount.treasury
    let escrow = NamedAccount.escrow("book")
    let potion: UInt64 = 65_536

    init() throws { book = try BookWorld() }

    /// A balance as the contracts have it, also where 64 bits are too few.
    private func held(_ account: Address, _ asset: UInt64) throws -> U256 {
        let isCoin = asset < Catalog.firstItem
        let request = book.world.game.request(
            contract: isCoin ? "gold" : "items", function: isCoin ? "signedBalanceOf(address)" : "signedBalanceOf(address,uint256)",
            words: isCoin ? [account.word] : [account.word, U256(asset)])
        return U256(bigEndian: book.world.call(try #require(request)).output.prefix(32))
    }

    private func held(_ player: String, _ asset: UInt64) throws -> U256 { try held(NamedAccount.player(player), asset) }

    @Test func `as many as a number holds are exchanged in one clearing, to the last one`() throws {
        let most = U256(UInt64.max)
        for _ in 0..<3 {
            try book.world.give("anna", [AssetLine(asset: potion, amount: .max)])
            try book.world.give("ben", [AssetLine(asset: 1, amount: .max)])
        }
        let before = try held(treasury, 1)
        for number in 0..<3 {
            #expect(try book.order(number, 2, by: "anna", 1, .max).status == .applied)
            #expect(try book.order(10 + number, 1, by: "ben", 1, .max).status == .applied)
        }
        #expect(try book.order(20, 1, by: "ben", 1, 1).status == .refusedByContract, "nothing is left")
        try book.close()
        for number in [0, 1, 2, 10, 11, 12] { #expect(try book.state(number) == (4, 0)) }
        #expect(try held("ben", potion) == most &+ most &+ most && held("ben", 1) == .zero && held("anna", potion) == .zero)
        let fees = try held(treasury, 1) &- before
        // 2.5 % of each order, rounded up.
        let fee = U256(UInt64.max / 40 + 1)
        #expect(try fees == fee &+ fee &+ fee && held("anna", 1) == most &+ most &+ most &- fees)
        #expect(try held(escrow, 1) == .one && held(escrow, potion) == .one)
    }

    @Test func `the dearest price there is, and the middle of it and nothing`() throws {
        for _ in 0..<2 { try book.world.give("ben", [AssetLine(asset: 1, amount: .max)]) }
        try book.world.give("anna", [AssetLine(asset: potion, amount: 2)])
        let ben = try held("ben", 1)
        #expect(try book.order(1, 1, by: "ben", .max, 1).status == .applied)
        #expect(try book.order(2, 2, by: "anna", .max, 1).status == .applied)
        try book.close()
        #expect(try book.state(1) == (4, 0) && book.state(2) == (4, 0) && held("ben", 1) == ben &- U256(UInt64.max))
        #expect(try book.order(3, 1, by: "ben", .max, 1).status == .applied)
        #expect(try book.order(4, 2, by: "anna", 1, 1).status == .applied)
        try book.close()
        #expect(try book.state(3) == (4, 0) && book.state(4) == (4, 0))
        #expect(try held("ben", 1) == ben &- U256(UInt64.max) &- U256(UInt64(1) << 63), "the middle of 1 and 2^64 - 1")
        #expect(try held(escrow, 1) == .one && held(escrow, potion) == .one)
    }

    @Test func `dust pays its fee, and the seller gets what is left, which is nothing`() throws {
        try book.world.give("anna", [AssetLine(asset: potion, amount: 20)])
        try book.world.give("ben", [AssetLine(asset: 1, amount: 20)])
        let before = try held(treasury, 1)
        for number in 0..<20 { #expect(try book.order(number, 2, by: "anna", 1, 1).status == .applied) }
        #expect(try book.order(30, 1, by: "ben", 1, 20).status == .applied)
        try book.close()
        #expect(try held("anna", 1) == .zero && held("ben", potion) == 20 && held(treasury, 1) &- before == 20)
    }

    @Test func `an owner's own orders meet like anybody's, and win him nothing`() throws {
        try book.world.give("anna", [AssetLine(asset: 1, amount: 1_000), AssetLine(asset: potion, amount: 50)])
        let royalty: [String: FieldValue] = ["asset": .number(potion), "receiver": .account(NamedAccount.player("carl")), "basisPoints": .number(1_000)]
        #expect(try book.world.perform("setRoyalty", as: .operator, by: "root", royalty).status == .applied)
        let before = try held(treasury, 1)
        for number in 0..<8 { #expect(try book.order(number, 2 - UInt64(number % 2), by: "anna", number % 2 == 0 ? 9 : 11, 5).status == .applied) }
        try book.close()
        // Four sales of 5 at the middle, 10: a royalty of 5 and a fee of 2 each.
        #expect(try held("anna", potion) == 50 && held("anna", 1) == 972)
        #expect(try held("carl", 1) == 20 && held(treasury, 1) &- before == 8)
        #expect(try held(escrow, 1) == .one && held(escrow, potion) == .one)
    }

    @Test func `an order that is cancelled in its own block takes no part, and comes back whole`() throws {
        for name in ["anna", "ben"] { try book.world.give(name, [AssetLine(asset: 1, amount: 100), AssetLine(asset: potion, amount: 10)]) }
        #expect(try book.order(1, 2, by: "anna", 10, 5).status == .applied)
        #expect(try book.order(2, 1, by: "ben", 10, 5).status == .applied)
        #expect(try book.cancel(1, by: "anna").status == .applied)
        #expect(try book.order(1, 2, by: "anna", 10, 5).refusalCode == 184, "its id is used up")
        try book.close()
        #expect(try book.state(1) == (3, 0) && book.state(2) == (2, 5))
        #expect(try held("anna", potion) == 10 && held("anna", 1) == 100)
    }
}
