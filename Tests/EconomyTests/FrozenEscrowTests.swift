import EVM
import Economy
import Testing
import Wire

/// What an account has in escrow when it is frozen: nobody else gets it by what was arranged before, and it comes back to its owner.
struct FrozenEscrowTests {
    let book: BookWorld
    var world: TestWorld { book.world }
    let anna = NamedAccount.player("anna")
    let potion: UInt64 = 65_536

    init() throws {
        book = try BookWorld()
        for name in ["anna", "ben", "carl"] { try book.world.give(name, [AssetLine(asset: 1, amount: 1_000), AssetLine(asset: 65_536, amount: 100)]) }
    }

    private func id(_ number: UInt8) -> FieldValue { .id([UInt8](repeating: number, count: 16)) }

    private func setFrozen(_ isFrozen: Bool, _ name: String = "anna") throws {
        let fields: [String: FieldValue] = ["player": .account(NamedAccount.player(name)), "reason": .number(1), "note": .words([1])]
        #expect(try world.perform(isFrozen ? "freezeAccount" : "unfreezeAccount", as: .operator, by: "olga", fields).status == .applied)
    }

    private func expectFrozen(_ reply: ReplyBody, _ place: SourceLocation = #_sourceLocation) {
        #expect((reply.refusalCode, reply.have) == (149, RefusalTests.first8(anna)), "\(reply.message)", sourceLocation: place)
    }

    private func holds(_ potions: Int64, _ coins: Int64, _ name: String = "anna", _ place: SourceLocation = #_sourceLocation) throws {
        #expect(try world.balance(of: name, potion) == potions && world.balance(of: name, 1) == coins, "\(name)", sourceLocation: place)
    }

    /// anna gives all that she has away for next to nothing, in three ways that wait for an accomplice.
    private func arrange() throws {
        let later = FieldValue.number(world.timestampSeconds + 50)
        let steps: [(String, [String: FieldValue])] = [
            (
                "proposeTrade",
                ["trade": id(1), "counterparty": .account(NamedAccount.player("ben")), "gives": RefusalTests.lines(potion, 40), "wants": .lines([]), "expires": later]
            ),
            (
                "listItem",
                ["listing": id(2), "asset": .number(potion), "quantity": .number(30), "currency": .number(1), "unitPrice": .number(1), "expires": later]
            ),
            (
                "openAuction",
                [
                    "auction": id(3), "asset": .number(potion), "quantity": .number(30), "currency": .number(1), "reserve": .number(1), "buyOut": .number(9),
                    "stepBasisPoints": .number(100), "closes": later,
                ]
            ),
        ]
        for (action, fields) in steps { #expect(try world.perform(action, by: "anna", fields).status == .applied) }
    }

    @Test func `what was arranged before a freeze brings an accomplice nothing`() throws {
        try arrange()
        try setFrozen(true)
        expectFrozen(try world.perform("acceptTrade", by: "ben", ["trade": id(1)]))
        expectFrozen(try world.perform("buyListing", by: "ben", ["listing": id(2), "quantity": .number(30), "maxCost": .number(30)]))
        expectFrozen(try world.perform("bid", by: "ben", ["auction": id(3), "amount": .number(9)]))
        try holds(100, 1_000, "ben")
        // It all comes back to its owner, who can do nothing with it.
        for (action, field, number) in [("cancelTrade", "trade", 1), ("cancelListing", "listing", 2), ("cancelAuction", "auction", 3)] as [(String, String, UInt8)] {
            #expect(try world.perform(action, by: "anna", [field: id(number)]).status == .applied)
        }
        try holds(100, 1_000)
        expectFrozen(try world.perform("transferItem", by: "anna", ["to": .account(NamedAccount.player("ben")), "asset": .number(potion), "amount": .number(1)]))
    }

    @Test func `after a freeze everything goes on where it was, or comes back after its time`() throws {
        try arrange()
        try setFrozen(true)
        try setFrozen(false)
        #expect(try world.perform("acceptTrade", by: "ben", ["trade": id(1)]).status == .applied)
        try setFrozen(true)
        world.timestampSeconds += 51
        #expect(try world.perform("expireListing", as: .server, by: "game", ["listing": id(2)]).status == .applied)
        #expect(try world.perform("settleAuction", as: .server, by: "game", ["auction": id(3)]).status == .applied)
        try holds(60, 1_000)
        try holds(140, 1_000, "ben")
    }

    @Test func `a bidder who is frozen has his coins back when he is outbid, and what he won when he is not`() throws {
        func auction(_ number: UInt8) throws {
            let fields: [String: FieldValue] = [
                "auction": id(number), "asset": .number(potion), "quantity": .number(5), "currency": .number(1), "reserve": .number(10),
                "closes": .number(world.timestampSeconds + 20),
            ]
            #expect(try world.perform("openAuction", by: "ben", fields).status == .applied)
            #expect(try world.perform("bid", by: "anna", ["auction": id(number), "amount": .number(50)]).status == .applied)
        }
        try auction(1)
        try auction(2)
        try setFrozen(true)
        #expect(try world.perform("bid", by: "carl", ["auction": id(1), "amount": .number(60)]).status == .applied)
        try holds(100, 950)
        expectFrozen(try world.perform("bid", by: "anna", ["auction": id(1), "amount": .number(90)]))
        world.timestampSeconds += 20
        #expect(try world.perform("claimAuction", by: "ben", ["auction": id(2)]).status == .applied)
        try holds(105, 950)
        // A seller who is frozen after a bid: the bidder gets what he has won, the seller is paid.
        try setFrozen(true, "ben")
        #expect(try world.perform("claimAuction", by: "carl", ["auction": id(1)]).status == .applied)
        try holds(105, 940, "carl")
    }

    @Test func `an order of before a freeze is filled at the price of all, taken back, and never stops a clearing`() throws {
        try book.order(1, 2, by: "anna", 10, 5)
        try book.order(2, 1, by: "anna", 4, 5)
        try book.close()
        try setFrozen(true)
        expectFrozen(try book.order(3, 2, by: "anna", 10, 5))
        try book.order(4, 1, by: "ben", 12, 2)
        try book.order(5, 2, by: "carl", 3, 1)
        try book.close()
        #expect(try book.state(1) == (2, 4) && book.state(2) == (2, 5))
        #expect(try book.cancel(1, by: "anna").status == .applied && book.cancel(2, by: "anna").status == .applied)
        #expect(try world.balance(NamedAccount.escrow("book"), 1) == 1 && world.balance(NamedAccount.escrow("book"), potion) == 1)
    }
}
