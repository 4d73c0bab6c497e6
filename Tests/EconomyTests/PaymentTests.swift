import EVM
import Economy
import Testing
import Wire

/// Real money: a receipt counts once, a refused one never, and what the store gives back is taken back as far as the rules go.
struct PaymentTests {
    /// Refusals that are met here.
    static let refusalCodes: Set<UInt16> = [156, 157, 158, 159, 168]

    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let receipt: FieldValue = .id(Array(sha256(Array("apple:1000000123".utf8)).bytes.prefix(16)))

    init() throws { world = try TestWorld() }

    private func deliver(_ product: UInt64 = 3, _ quantity: UInt64 = 1, to player: Address? = nil, as role: Role = .server, _ other: FieldValue? = nil) throws -> ReplyBody {
        try world.perform(
            "deliverReceipt", as: role, by: "store",
            ["receipt": other ?? receipt, "player": .account(player ?? anna), "product": .number(product), "quantity": .number(quantity)])
    }

    private func revoke(as role: Role = .operator, of player: Address? = nil) throws -> ReplyBody {
        try world.perform("revokeReceipt", as: role, by: "olga", ["receipt": receipt, "player": .account(player ?? anna), "reason": .number(2)])
    }

    private func refuse() throws -> ReplyBody {
        try world.perform("refuseReceipt", as: .server, by: "store", ["receipt": receipt, "player": .account(anna), "reason": .number(1)])
    }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    @Test func `a receipt is delivered once, whoever sends it and for whatever product`() throws {
        #expect(try deliver(as: .player).refusalCode == 10)
        #expect(try deliver(as: .operator).refusalCode == 10)
        expect(try deliver(99), 157, 99, 0)
        #expect(try deliver(3, 2).result1 == 2)
        expect(try deliver(3, 2), 156, 1, 0)
        expect(try deliver(1, 1, to: NamedAccount.player("ben")), 156, 1, 0)
        expect(try refuse(), 156, 1, 0)
        #expect(try world.balance(of: "anna", 1) == 2_000 && world.balance(of: "anna", 2) == 100 && world.balance(of: "anna", 65_569) == 2)
        #expect(try world.balance(NamedAccount.faucet("payments"), 2) == -101)
    }

    @Test func `a refused receipt is never delivered`() throws {
        #expect(try refuse().result0 == 1)
        expect(try refuse(), 156, 2, 0)
        expect(try deliver(), 156, 2, 0)
        expect(try revoke(), 158, 2, 1)
        #expect(try world.balance(of: "anna", 1) == 0)
    }

    @Test func `a revoked receipt takes back once what it brought, below zero as far as the debt limit, items as many as are left`() throws {
        expect(try revoke(), 158, 0, 1)
        #expect(try deliver(3, 3).status == .applied)
        // The player has spent everything, has sold one item and hides in an escrow what is left of the coins.
        _ = try world.perform("transferCoins", ["to": .account(NamedAccount.player("ben")), "asset": .number(1), "amount": .number(3_000)])
        _ = try world.perform("transferItem", ["to": .account(NamedAccount.player("ben")), "asset": .number(65_569), "amount": .number(1)])
        expect(try revoke(of: NamedAccount.player("ben")), 168, RefusalTests.first8(NamedAccount.player("ben")), RefusalTests.first8(anna))
        #expect(try revoke(as: .player).refusalCode == 10)
        let reply = try revoke(as: .server)
        // 3,000 gold, 150 gems and two items; one item is gone.
        #expect((reply.result0, reply.result1) == (3_152, 1), "\(reply.message)")
        #expect(try world.balance(of: "anna", 1) == -3_000 && world.balance(of: "anna", 2) == 0 && world.balance(of: "anna", 65_569) == 0)
        expect(try revoke(), 158, 3, 1)
        expect(try deliver(), 156, 3, 0)
        // The one who got them keeps them: only who has paid owes.
        #expect(try world.balance(of: "ben", 1) == 3_000)
        #expect(try world.balance(NamedAccount.sink("payments"), 1) == 3_001)
    }

    @Test func `a debt ends at the limit, and the rest is told`() throws {
        let limit = Int64(try #require(world.game.catalog.currencies.last).debtLimit)
        #expect(try deliver(2, 40).status == .applied)
        _ = try world.perform("transferCoins", ["to": .account(NamedAccount.player("ben")), "asset": .number(2), "amount": .number(22_000)])
        let reply = try revoke()
        #expect((Int64(reply.result0), Int64(reply.result1)) == (limit, 22_000 - limit))
        #expect(try world.balance(of: "anna", 2) == -limit)
    }

    @Test func `a product is published for good`() throws {
        func set(_ product: UInt64, _ line: FieldValue) throws -> ReplyBody {
            try world.perform("setProduct", as: .operator, by: "olga", ["product": .number(product), "lines": line])
        }
        expect(try set(1, RefusalTests.lines(2, 5)), 159, 1, 0)
        #expect(try set(50, RefusalTests.lines(2, 5)).status == .applied)
        expect(try set(51, RefusalTests.lines(2, .max / 65_535 + 1)), 102, .max / 65_535 + 1, .max / 65_535)
        #expect(try deliver(50, 65_535).status == .applied)
        #expect(try world.balance(of: "anna", 2) == 5 * 65_535)
    }

    /// What the contract should hold, in plain dictionaries.
    private struct Model {
        var receipts: [Int: (state: Int, player: Int, lines: [AssetLine], quantity: Int64)] = [:]
        var balances: [[UInt64: Int64]] = [[:], [:], [:]]
        let limits: [UInt64: Int64] = [1: 100_000, 2: 10_000]

        mutating func revoke(_ number: Int) {
            guard let known = receipts[number] else { return }
            receipts[number]?.state = 3
            for line in known.lines {
                let have = balances[known.player][line.asset] ?? 0
                balances[known.player][line.asset] = have - min(Int64(line.amount) * known.quantity, max(0, have + (limits[line.asset] ?? 0)))
            }
        }
    }

    @Test func `random receipts, deliveries, refusals, spendings and refunds follow a plain model`() throws {
        var random = SplitMix(state: 31)
        var model = Model()
        let names = ["anna", "ben", "carl"]
        for _ in 0..<500 {
            let number = random.below(60)
            let name: FieldValue = .id([UInt8](repeating: 3, count: 15) + [UInt8(number)])
            let before = model.receipts[number]
            let who = random.below(3)
            let reply: ReplyBody
            let expected: Bool
            switch random.below(5) {
            case 0, 1:
                let product = world.game.catalog.products[random.below(3)]
                let quantity = 1 + random.below(20)
                reply = try deliver(product.product, UInt64(quantity), to: NamedAccount.player(names[who]), name)
                expected = before == nil
                if expected {
                    model.receipts[number] = (1, who, product.lines, Int64(quantity))
                    for line in product.lines { model.balances[who][line.asset, default: 0] += Int64(line.amount) * Int64(quantity) }
                }
            case 2:
                reply = try world.perform("refuseReceipt", as: .server, by: "store", ["receipt": name, "player": .account(anna)])
                expected = before == nil
                if expected { model.receipts[number] = (2, 0, [], 0) }
            case 3:
                let owner = NamedAccount.player(names[before?.player ?? who])
                reply = try world.perform("revokeReceipt", as: .server, by: "store", ["receipt": name, "player": .account(owner)])
                expected = before?.state == 1
                if expected { model.revoke(number) }
            default:
                let asset = [1, 2, 65_569][random.below(3)] as UInt64
                let amount = Int64(1 + random.below(asset < 3 ? 6_000 : 5))
                reply = try world.perform(
                    asset < 65_536 ? "transferCoins" : "transferItem", by: names[who],
                    ["to": .account(NamedAccount.player("dora")), "asset": .number(asset), "amount": .number(UInt64(amount))])
                expected = model.balances[who][asset] ?? 0 >= amount
                if expected { model.balances[who][asset, default: 0] -= amount }
            }
            #expect((reply.status == .applied) == expected, "\(reply.message)")
            for (place, name) in names.enumerated() {
                for asset in [1, 2, 65_569] as [UInt64] {
                    #expect(try world.balance(of: name, asset) == model.balances[place][asset] ?? 0)
                }
            }
        }
        #expect(model.receipts.values.contains { $0.state == 3 } && model.balances.contains { $0.values.contains { $0 < 0 } })
    }
}
