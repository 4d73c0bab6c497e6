import EVM
import Economy
import Foundation
import Testing
import Wire

/// Lineage, differences of catalogs, names of actions.
struct AuditTests {
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")
    let carl = NamedAccount.player("carl")
    let faucet = NamedAccount.faucet("rewards")

    @Test func `coins are followed first in, first out, back to their faucet and operation`() throws {
        var lineage = Lineage(asset: 1, catalog: try TestWorld.sharedGame.get().catalog)
        func move(_ from: Address, _ to: Address, _ amount: UInt64, _ operation: String) {
            lineage.take([AssetMovement(asset: 1, amount: amount, from: from, to: to)], block: UInt64(lineage.steps.count + 1), operation: operation)
        }
        move(faucet, anna, 10, "a")
        move(faucet, anna, 20, "b")
        move(anna, ben, 15, "c")
        move(ben, carl, 12, "d")
        lineage.take([AssetMovement(asset: 2, amount: 5, from: faucet, to: anna)], block: 9, operation: "other")
        #expect(lineage.lots(of: anna) == [.init(block: 2, operation: "b", faucet: faucet, amount: 15, hands: 0)])
        #expect(lineage.lots(of: ben) == [.init(block: 2, operation: "b", faucet: faucet, amount: 3, hands: 1)])
        #expect(
            lineage.lots(of: carl) == [
                .init(block: 1, operation: "a", faucet: faucet, amount: 10, hands: 2),
                .init(block: 2, operation: "b", faucet: faucet, amount: 2, hands: 2),
            ])
        #expect(lineage.steps.map(\.operation) == ["a", "b", "c", "d"])
    }

    @Test func `lots of all accounts together are what faucets issued, whatever moves`() throws {
        var lineage = Lineage(asset: 1, catalog: try TestWorld.sharedGame.get().catalog)
        var random = SplitMix(state: 8)
        let players = (0..<6).map { NamedAccount.player("p\($0)") }
        var has = [Address: UInt64]()
        for step in 0..<400 {
            let (from, to) = (players[random.below(6)], players[random.below(6)])
            let amount: UInt64
            if random.below(3) == 0 {
                amount = UInt64(1 + random.below(50))
                lineage.take([AssetMovement(asset: 1, amount: amount, from: faucet, to: to)], block: UInt64(step), operation: "\(step)")
            } else {
                amount = UInt64(random.below(Int(has[from, default: 0]) + 1))
                lineage.take([AssetMovement(asset: 1, amount: amount, from: from, to: to)], block: UInt64(step), operation: "\(step)")
                has[from, default: 0] -= amount
            }
            has[to, default: 0] += amount
            for player in players {
                #expect(lineage.lots(of: player).reduce(0) { $0 + $1.amount } == has[player, default: 0])
                #expect(lineage.lots(of: player).allSatisfy { $0.faucet == faucet && $0.amount > 0 })
            }
        }
    }

    @Test func `the difference of two catalogs brings a running world from one to the other`() throws {
        let copy = try BrokenFileTests.Copy()
        try copy.edit("Catalog/offers.json") {
            $0.replacingOccurrences(of: "\"name\": \"mana potion\", \"costs\": [[1, 9]]", with: "\"name\": \"mana potion\", \"costs\": [[1, 12]]")
                .replacingOccurrences(
                    of: "    {\"offer\": 3, \"name\": \"stamina potion\", \"costs\": [[1, 16]], \"results\": [[65538, 1]], \"stock\": \"unlimited\"},\n",
                    with: "    {\"offer\": 700, \"name\": \"new\", \"costs\": [[2, 1]], \"results\": [[65538, 3]], \"stock\": 5},\n")
                .replacingOccurrences(
                    of: "\"results\": [[65536, 1]], \"stock\": \"unlimited\"}",
                    with: "\"results\": [[65536, 1]], \"stock\": \"unlimited\", \"window\": {\"cap\": 2, \"seconds\": 60}}")
                .replacingOccurrences(of: "{\"asset\": 65536, \"currency\": 1, \"price\": 1}", with: "{\"asset\": 65536, \"currency\": 1, \"price\": 2}")
        }
        let world = try TestWorld()
        let next = try Game.load(folder: copy.path)
        let difference = CatalogDifference(from: world.game.catalog, to: next.catalog)
        #expect(difference.impossible.isEmpty, "\(difference.impossible)")
        #expect(difference.lines.count == 5, "\(difference.lines)")
        #expect(CatalogDifference(from: next.catalog, to: next.catalog).isEmpty)
        for step in difference.immediate + difference.drafts.map({ CatalogDifference.draft($0, version: 3) }) {
            #expect(try world.perform(step.action, as: .operator, by: "root", step.fields).status == .applied)
        }
        let publish: [String: FieldValue] = ["version": .number(3), "starts": .number(world.timestampSeconds + 1)]
        #expect(try world.perform("publishCatalog", as: .operator, by: "root", publish).status == .applied)
        world.timestampSeconds += 1
        for offer in next.catalog.offers {
            guard case .offer(let state) = try world.ask(QueryBody(kind: .offer, subject: offer.offer)) else { throw TestFailure("no offer") }
            let costs = state.costs.filter { $0.amount > 0 }.map { AssetLine(asset: $0.asset, amount: $0.amount) }
            #expect((costs, state.stock, state.closesAtSeconds) == (offer.costs, offer.stock, offer.closes))
        }
        guard case .offer(let gone) = try world.ask(QueryBody(kind: .offer, subject: 3)) else { throw TestFailure("no offer") }
        #expect(gone.closesAtSeconds == 1)
    }

    @Test func `a changed table or a new item cannot be published`() throws {
        let copy = try BrokenFileTests.Copy()
        try copy.edit("Catalog/loot.json") { $0.replacingOccurrences(of: "\"weight\": 400", with: "\"weight\": 401") }
        try copy.edit("Catalog/items.json") {
            $0.replacingOccurrences(of: "{\"asset\": 65572, \"name\": \"leather armour\"}", with: "{\"asset\": 65574, \"name\": \"x\"}, {\"asset\": 65572, \"name\": \"leather armour\"}")
        }
        let difference = CatalogDifference(
            from: try TestWorld.sharedGame.get().catalog, to: try Game.load(folder: copy.path).catalog)
        #expect(difference.impossible.count == 2, "\(difference.impossible)")
    }

    @Test func `every action is known again by its transaction`() throws {
        let game = try TestWorld.sharedGame.get()
        for action in game.actions.values {
            var fields: [String: FieldValue] = [:]
            for field in action.payload {
                switch field.promise {
                case .currency: fields[field.name] = .number(1)
                case .item, .asset: fields[field.name] = .number(65_536)
                case .account, .giver: fields[field.name] = .account(ben)
                case .faucet, .source: fields[field.name] = .account(faucet)
                case .sink: fields[field.name] = .account(NamedAccount.treasury)
                case .line, .lines: fields[field.name] = RefusalTests.lines(1, 1)
                case .nonzero:
                    switch field.type {
                    case .id: fields[field.name] = .id([UInt8](repeating: 1, count: 16))
                    case .hash: fields[field.name] = .words([1])
                    default: fields[field.name] = .number(1)
                    }
                case .linesOrNone, nil: break
                }
            }
            let (code, payload) = try game.encodePayload(action: action.name, fields: fields)
            let session = SessionIdentity(role: action.authority.first ?? .player, subject: "anna")
            let transaction = try game.map(ActionBody(code: code, payload: payload), session: session).get()
            #expect(game.actionName(of: transaction) == action.name)
        }
    }
}
