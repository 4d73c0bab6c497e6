import EVM
import Economy
import Testing
import Wire

/// The gas of each action once its accounts hold what it touches; printed, and held under a bound.
struct GasTests {
    static let anna = NamedAccount.player("anna")
    static let ben = NamedAccount.player("ben")

    /// Name, action, role, fields, gas at most.
    static let rows: [(name: String, action: String, role: Role, fields: [String: FieldValue], most: UInt64)] = [
        (
            "coins sent", "transferCoins", .player, ["to": .account(ben), "asset": .number(1), "amount": .number(3)],
            40_000
        ),
        (
            "items sent", "transferItem", .player,
            ["to": .account(ben), "asset": .number(65_536), "amount": .number(3)], 41_000
        ),
        (
            "purchase, one cost, one result", "purchase", .player,
            ["offer": .number(1), "quantity": .number(2), "maxCost": .numbers([100])], 69_000
        ),
        (
            "purchase, two costs, four results", "purchase", .player,
            ["offer": .number(36), "quantity": .number(1), "maxCost": .numbers([60, 5])], 140_000
        ),
        ("sold back", "sell", .player, ["asset": .number(65_536), "quantity": .number(1)], 70_000),
        (
            "trade, coins for items", "trade", .server,
            [
                "first": .account(anna), "second": .account(ben), "firstGives": RefusalTests.lines(1, 400),
                "secondGives": RefusalTests.lines(65_536, 2),
            ], 75_000
        ),
        (
            "grant, coins and an item", "grant", .server,
            RefusalTests.grant(.lines([AssetLine(asset: 1, amount: 5), AssetLine(asset: 65_536, amount: 1)])), 68_000
        ),
        (
            "exchange, coins for an item", "exchange", .server,
            RefusalTests.exchange(pays: RefusalTests.lines(1, 10), gets: RefusalTests.lines(65_536, 1)), 76_000
        ),
        (
            "refund", "refund", .server,
            [
                "original": .id([UInt8](repeating: 1, count: 16)), "from": .account(ben), "to": .account(anna),
                "line": RefusalTests.lines(1, 3),
            ], 75_000
        ),
    ]

    @Test func `actions stay within their gas`() throws {
        let world = try TestWorld()
        let stock = [1, 2, 65_536, 65_552, 65_571, 65_572].map { AssetLine(asset: $0, amount: 10_000) }
        try world.give("anna", stock)
        try world.give("ben", stock)
        for row in Self.rows {
            for attempt in 0..<2 {
                if attempt == 1, row.action == "refund" { continue }
                let reply = try world.perform(row.action, as: row.role, by: "anna", row.fields)
                #expect(reply.status == .applied, "\(row.name): \(reply.message)")
                if attempt == 1 || row.action == "refund" {
                    print("gas: \(row.name): \(reply.gasUsed)")
                    #expect(reply.gasUsed <= row.most, "\(row.name)")
                }
            }
        }
    }
}
