import Testing

@testable import hoard_load

/// The load tool's own ledger: what an answered operation does to the players.
struct PlayerBookTests {
    private let start = StartingGoods(gold: 1000, itemKinds: 4, itemQuantity: 10)

    @Test func `a transfer moves gold and creates none`() {
        let book = after(.transfer, gold: 7)
        #expect(book.gold == [993, 1007])
        #expect(book.items.allSatisfy { $0 == 10 })
    }

    @Test func `a purchase costs what the answer says and brings the items`() {
        let book = after(.purchase, item: 2, quantity: 3, gold: 99, result0: 3, result1: 60)
        #expect(book.gold == [940, 1000])
        #expect(book.quantity(player: 0, item: 2) == 13)
    }

    @Test func `a trade swaps and keeps the fee`() {
        let book = after(.trade, item: 1, quantity: 2, gold: 40, result0: 0, result1: 1)
        #expect(book.gold == [1039, 960])
        #expect(book.quantity(player: 0, item: 1) == 8)
        #expect(book.quantity(player: 1, item: 1) == 12)
    }

    @Test func `a proposal puts the items into escrow, and with its acceptance it is what a trade moves`() {
        let proposal = after(.proposal, item: 1, quantity: 2, gold: 40, result0: 99)
        #expect(proposal.gold == [1000, 1000])
        #expect(proposal.quantity(player: 0, item: 1) == 8 && proposal.quantity(player: 1, item: 1) == 10)
        let acceptance = after(.acceptance, item: 1, quantity: 2, gold: 40, result1: 1)
        let trade = after(.trade, item: 1, quantity: 2, gold: 40, result1: 1)
        #expect(acceptance.gold == trade.gold)
        for (place, moved) in trade.items.enumerated() {
            #expect(moved - 10 == proposal.items[place] - 10 + acceptance.items[place] - 10)
        }
    }

    @Test(arguments: [(2, 3), (3, 0)] as [(UInt32, Int)])
    func `a craft uses items up and makes one of the next kind`(item: UInt32, made: Int) {
        let book = after(.craft, item: item, quantity: 3, gold: 0, result0: 1, result1: 1)
        #expect(book.gold == [1000, 1000])
        #expect(book.quantity(player: 0, item: Int(item)) == 7)
        #expect(book.quantity(player: 0, item: made) == 11)
    }

    @Test func `a reward gives gold and items`() {
        let book = after(.reward, item: 3, quantity: 1, gold: 5, result0: 2)
        #expect(book.gold == [1005, 1000])
        #expect(book.quantity(player: 0, item: 3) == 11)
    }

    private func after(
        _ kind: OperationKind, item: UInt32 = 0, quantity: UInt32 = 0, gold: UInt64,
        result0: UInt64 = 0, result1: UInt64 = 0
    ) -> PlayerBook {
        var book = PlayerBook(players: 2, start: start)
        let operation = LoadOperation(
            kind: kind, player: 0, counterparty: 1, item: item, quantity: quantity, gold: gold)
        book.apply(operation, result0: result0, result1: result1)
        return book
    }
}
