import EVM
import Economy
import Foundation
import Testing
import Wire

/// Questions that the game's data declares: what they ask, what comes back, and files that are wrong.
struct ViewTests {
    let world: TestWorld
    let game: Game

    init() throws {
        world = try TestWorld()
        game = world.game
        try world.give("anna", [AssetLine(asset: 1, amount: 500), AssetLine(asset: 65_536, amount: 9)])
        try world.give("ben", [AssetLine(asset: 1, amount: 500)])
    }

    private func ask(_ name: String, _ texts: [String: String], by subject: String = "anna") throws -> [String: [U256]] {
        let (view, query) = try FieldText(game: game).query(name, texts)
        guard case .view(let code, let words) = try world.ask(query, by: subject) else { throw TestFailure("no answer from \(name)") }
        #expect(code == view.code)
        let results = try #require(view.read(words))
        return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0.words) })
    }

    @Test func `a listing, what was sold of it, and the prices of the day`() throws {
        let now = world.timestampSeconds
        let unknown = try ask("listing", ["listing": "#ore"])
        #expect(unknown["state"] == [0] && unknown["seller"] == [0])
        let id = try #require(FieldText.id("#ore"))
        _ = try world.perform(
            "listItem",
            [
                "listing": .id(id), "asset": .number(65_536), "quantity": .number(5), "currency": .number(1), "unitPrice": .number(7),
                "expires": .number(now + 60),
            ])
        _ = try world.perform("buyListing", by: "ben", ["listing": .id(id), "quantity": .number(2), "maxCost": .number(14)])
        let listing = try ask("listing", ["listing": "#ore"])
        #expect(listing["state"] == [1] && listing["sold"] == [2] && listing["offered"] == [5] && listing["unitPrice"] == [7])
        #expect(listing["seller"] == [NamedAccount.player("anna").word] && listing["expires"] == [U256(now + 60)])
        let today = now / 86_400
        let history = try ask("history", ["asset": "65536", "currency": "gold", "firstDay": "\(today - 1)"])
        #expect(history["sold"]?[1] == 2 && history["paid"]?[1] == 14 && history["sold"]?[0] == 0 && history["sold"]?.count == 31)
    }

    @Test func `a trade with both sides, an auction with the least next bid`() throws {
        let now = world.timestampSeconds
        let id = try #require(FieldText.id("#swap"))
        _ = try world.perform(
            "proposeTrade",
            [
                "trade": .id(id), "counterparty": .account(NamedAccount.player("ben")), "gives": RefusalTests.lines(65_536, 3),
                "wants": RefusalTests.lines(1, 40), "expires": .number(now),
            ])
        let trade = try ask("trade", ["trade": "#swap"])
        #expect(trade["state"] == [1] && trade["gives"]?.first == U256(65_536) << 64 | 3 && trade["wants"]?.first == U256(1) << 64 | 40)
        #expect(trade["counterparty"] == [NamedAccount.player("ben").word])
        _ = try world.perform(
            "openAuction",
            [
                "auction": .id(id), "asset": .number(65_536), "quantity": .number(1), "currency": .number(1), "reserve": .number(10),
                "stepBasisPoints": .number(500), "closes": .number(now + 60),
            ])
        _ = try world.perform("bid", by: "ben", ["auction": .id(id), "amount": .number(21)])
        let auction = try ask("auction", ["auction": "#swap"])
        #expect(auction["bid"] == [21] && auction["bidder"] == [NamedAccount.player("ben").word] && auction["least"] == [23])
    }

    @Test func `the asker's own account stands where none is named`() throws {
        _ = try world.perform("spendEnergy", as: .server, by: "game", ["player": .account(NamedAccount.player("anna")), "asset": .number(8_454_181), "amount": .number(3)])
        #expect(try ask("energy", ["asset": "energy"])["amount"] == [7])
        #expect(try ask("energy", ["asset": "energy"], by: "ben")["amount"] == [10])
        #expect(try ask("energy", ["asset": "energy", "account": "player:anna"], by: "ben")["amount"] == [7])
        #expect(try ask("frozen", [:])["frozen"] == [0])
    }

    @Test func `every view is answered, and what does not exist is not found`() throws {
        for view in game.views {
            let query = try view.query([:])
            if view.name == "energy" { continue }  // Asset 0 is no energy: the contract refuses.
            guard case .view(view.code, let words) = try world.ask(query) else {
                Issue.record("\(view.name) has no answer")
                continue
            }
            #expect(words.count == view.wordCount * 32)
        }
        #expect(try world.ask(QueryBody(kind: .view, subject: 999)) == .notFound(.view))
        #expect(try world.ask(QueryBody(kind: .view, subject: 5)) == .notFound(.view))
        #expect(throws: FieldTextError.self) { try FieldText(game: game).query("listings", [:]) }
        #expect(throws: FieldTextError.self) { try FieldText(game: game).query("listing", ["id": "#a"]) }
        #expect(throws: FieldTextError.self) { try FieldText(game: game).query("odds", ["table": "\(UInt64(1) << 32)"]) }
    }

    @Test(arguments: [
        ("\"from\": \"id\"", "\"from\": \"number\"", "arguments[0].from: \"number\" is none of the choices; write one of account, id, idHigh, idLow, limit"),
        ("\"audience\": \"all\"", "\"audience\": \"everybody\"", "audience: \"everybody\" is none of the choices; write one of all, own, server"),
        ("listingOf(uint256)", "listing(uint256)", "function: market has no function listing(uint256); there is "),
        ("listingOf(uint256)", "cancel(uint256)", "function: cancel(uint256) changes the state; name a function that only looks"),
        ("\"contract\": \"market\"", "\"contract\": \"bazaar\"", "contract: there is no contract \"bazaar\" in genesis.json; contracts are auctions, book, commodities"),
        (", {\"name\": \"unitPrice\"}", "", "results: the results are 7 words; listingOf(uint256) returns 8"),
        ("[{\"name\": \"listing\", \"from\": \"id\"}]", "[]", "arguments: there are 0 arguments; listingOf(uint256) takes 1 of one word each"),
        ("\"code\": 2", "\"code\": 3", "its code 3 is taken by history; give each view its own"),
    ])
    func `a view that is wrong is refused with its place and its cure`(_ old: String, _ new: String, _ expected: String) throws {
        let copy = try BrokenFileTests.Copy()
        try copy.edit("Views/listing.json") { $0.replacingOccurrences(of: old, with: new) }
        let problems = copy.problems()
        #expect(problems.contains { $0.hasPrefix("Views/listing.json") && $0.contains(expected) }, "\(problems)")
    }

    @Test(arguments: [
        ("Catalog/items.json", "\"name\": \"energy\", \"bound\": true", "\"name\": \"energy\"", "numbers from 8388608 on are bound; write \"bound\": true, or a number below"),
        ("Catalog/items.json", "\"name\": \"iron sword\"", "\"name\": \"iron sword\", \"bound\": true", "bound: 65571 is below 8388608, where nothing is bound"),
        ("Catalog/items.json", "\"last\": 2097151", "\"last\": 9000000", "last: the range crosses 8388608, from which on items are bound; make two ranges of it"),
        ("Catalog/loot.json", "\"asset\": 8454181", "\"asset\": 65571", "energies[0].asset: 65571 can be given away, so that new accounts would fill up others; write a bound item"),
        ("Catalog/offers.json", "\"lines\": [[2, 100]]", "\"lines\": []", "products[0].lines: the product brings nothing; write at least one [asset, amount]"),
        ("Catalog/offers.json", "\"product\": 2", "\"product\": 1", "products[1].product: product 1 stands there twice; give each product a number of its own"),
        ("Actions/listItem.json", "\"rate\": {\"count\": 60", "\"rate\": {\"count\": 0", "rate.count: 0 is not a number here; write a whole number from 1 to 100000"),
        ("Actions/grant.json", "\"reply\":", "\"rate\": {\"count\": 1, \"seconds\": 1}, \"reply\":", "rate: only what players ask for has a rate; leave it out: game servers and operators are trusted"),
        ("Actions/freezeAccount.json", "{\"session\": true}", "{\"field\": \"reason\"}", "the field reason is u32, the function takes address"),
    ])
    func `bound things, products and rates are checked`(_ file: String, _ old: String, _ new: String, _ expected: String) throws {
        let copy = try BrokenFileTests.Copy()
        try copy.edit(file) { text in
            guard let range = text.range(of: old) else { return text }
            return text.replacingCharacters(in: range, with: new)
        }
        let problems = copy.problems()
        #expect(problems.contains { $0.hasPrefix(file) && $0.contains(expected) }, "\(problems)")
    }
}
