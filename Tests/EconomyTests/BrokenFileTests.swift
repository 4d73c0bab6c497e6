import Economy
import Foundation
import Testing

/// One mistake in a file of the game folder, and the line that the loader answers with.
struct BrokenFile: Sendable, CustomTestStringConvertible {
    let file: String
    let replace: String
    let with: String
    let expected: String
    var testDescription: String { expected }

    init(_ file: String, _ replace: String, _ with: String, _ expected: String) {
        self.file = file
        self.replace = replace
        self.with = with
        self.expected = expected
    }
}

/// A wrong file is refused with file, line, field, what is wrong and what would be right.
struct BrokenFileTests {
    static let rows: [BrokenFile] = [
        BrokenFile(
            "Actions/purchase.json", "\"code\": 3", "\"code\": \"3\"",
            "Actions/purchase.json:3:11: code: \"3\" is not a number here; write a whole number from 1 to 1023"),
        BrokenFile(
            "Actions/purchase.json", "\"code\": 3", "\"code\": 0",
            "Actions/purchase.json:3:11: code: 0 is not a number here; write a whole number from 1 to 1023"),
        BrokenFile(
            "Actions/purchase.json", "\"code\": 3", "\"code\": 33",
            "its name or code 33 is taken by grant; give each action its own"),
        BrokenFile(
            "Actions/purchase.json", "\"name\": \"purchase\"", "\"name\": \"buy\"",
            "Actions/purchase.json:2:11: name: \"buy\" is not the name of the file; write \"purchase\""),
        BrokenFile(
            "Actions/purchase.json", "\"authority\": \"actor\"", "\"authority\": \"king\"",
            "authority: \"king\" is no authority; write actor, server, operator or server|operator"),
        BrokenFile(
            "Actions/purchase.json", "\"type\": \"u32\", \"unit\": \"times\"", "\"type\": \"u33\", \"unit\": \"times\"",
            "Actions/purchase.json:8:34: payload[1].type: \"u33\" is no type; types are u8, u16, u32, u64, u128"),
        BrokenFile(
            "Actions/purchase.json", "\"promise\": \"nonzero\"", "\"promise\": \"currency\"",
            "payload[0].promise: \"currency\" cannot be promised of u32; it is for asset"),
        BrokenFile(
            "Actions/purchase.json", "{\"field\": \"quantity\"}", "{\"field\": \"number\"}",
            "call.arguments[1].field: there is no field \"number\" in the payload; the fields are offer, quantity, maxCost"
        ),
        BrokenFile(
            "Actions/purchase.json", "purchase(uint256,uint256,uint256[4])", "purchase(uint256)",
            "call.function: shop has no function purchase(uint256); there is purchase(uint256,uint256,uint256[4])"),
        BrokenFile(
            "Actions/purchase.json", "\"count\": 4", "\"count\": 3",
            "call.arguments[2]: the field maxCost is u64 x 3, the function takes uint256[4]; give the field a type that fits"
        ),
        BrokenFile(
            "Actions/purchase.json", "\"contract\": \"shop\"", "\"contract\": \"stall\"",
            "call.contract: there is no contract \"stall\" in genesis.json; contracts are auctions, book, commodities, gems, gold, items, keeper, loot, mail"),
        BrokenFile(
            "Catalog/books.json", "{\"asset\": 65536, \"currency\": 1}", "{\"asset\": 65540, \"currency\": 1}",
            "books[1]: the book of 65540 and 1 stands there twice; write it once"),
        BrokenFile(
            "Catalog/books.json", "\"asset\": 65543", "\"asset\": 8454181",
            "books[3].asset: 8454181 is bound to its player; write an item that players may sell"),
        BrokenFile(
            "Catalog/books.json", "\"asset\": 65543", "\"asset\": 65999",
            "books[3].asset: 65999 is not an item of the catalog; write the asset of a stackable item"),
        BrokenFile(
            "Catalog/books.json", "\"currency\": 2", "\"currency\": 3",
            "books[2].currency: 3 is not a currency; currencies are 1 to 2"),
        BrokenFile(
            "Actions/purchase.json", "\"result1\": \"paid\"", "\"result1\": \"price\"",
            "reply.result1: the event has no parameter \"price\"; its parameters are player, offer, quantity, paid"),
        BrokenFile(
            "Actions/purchase.json", "\"event\": \"Purchased(address,uint256,uint256,uint256)\"",
            "\"event\": \"Bought()\"",
            "reply.event: shop has no event Bought(); there is"),
        BrokenFile(
            "Actions/purchase.json", "\"says\": \"Buy", "\"extra\": 1, \"says\": \"Buy",
            "extra: there is no field \"extra\"; the fields are name, code"),
        BrokenFile(
            "Actions/purchase.json", "\"soldOut\"", "\"soldout\"",
            "there is no refusal \"soldout\" in errors.json; name one that stands there"),
        BrokenFile("Actions/purchase.json", "\"gasLimit\": 1500000,", "", "the field \"gasLimit\" is missing; add it"),
        BrokenFile("Actions/purchase.json", "\"code\": 3,", "\"code\" 3,", "Actions/purchase.json:3:"),
        BrokenFile(
            "Actions/purchase.json", "\"code\": 3,", "\"code\": 3, \"code\": 3,",
            "the field code stands there twice; write it once"),
        BrokenFile(
            "Actions/grant.json", "\"lane\": \"player\"", "\"lane\": \"reason\"",
            "lane: \"reason\" is no account of the payload"),
        BrokenFile(
            "Actions/grant.json", "{\"field\": \"player\"}, {\"field\": \"faucet\"}",
            "{\"field\": \"reason\"}, {\"field\": \"faucet\"}",
            "call.arguments[0]: the field reason is u32, the function takes address"),
        BrokenFile(
            "Actions/errors.json", "\"selector\": \"0x", "\"selector\": \"0xf",
            "is not the selector of InsufficientCoins(uint256,uint256); write \"0x"),
        BrokenFile(
            "Actions/errors.json", "\"code\": 101", "\"code\": 100",
            "insufficientItems and insufficientCoins share a code or a name; give each refusal its own"),
        BrokenFile(
            "Catalog/currencies.json", "\"asset\": 2", "\"asset\": 3",
            "currencies[1].asset: asset 3 is out of order; currencies are numbered without a gap: 2"),
        BrokenFile(
            "Catalog/items.json", "\"asset\": 65537", "\"asset\": 65536",
            "asset 65536 stands there twice; give each item a number of its own"),
        BrokenFile(
            "Catalog/items.json", "\"asset\": 65537", "\"asset\": 5",
            "items[1].asset: 5 is not a number here; write a whole number from 65536 to 16777215"),
        BrokenFile(
            "Catalog/offers.json", "\"costs\": [[1, 2]]", "\"costs\": [[7, 2]]",
            "offers[0].costs[0][0]: asset 7 is not in the catalog; write the number of a currency or an item"),
        BrokenFile(
            "Catalog/offers.json", "\"costs\": [[1, 2]]", "\"costs\": [[1, -2]]",
            "offers[0].costs[0][1]: -2 is not a number here; write a whole number from 1"),
        BrokenFile(
            "Catalog/offers.json", "\"closes\": 1893455999", "\"closes\": 5",
            "closes: the offer closes at 5 and opens at 1767225600; write more than 1767225600"),
        BrokenFile(
            "Catalog/accounts.json", "\"player:banker\"", "\"banker\"",
            "credits[0].account: \"banker\" is no account; write player:NAME, treasury, faucet:NAME, sink:NAME or escrow:NAME"),
        BrokenFile(
            "Genesis/genesis.json", "\"prague\"", "\"berlin\"",
            "fork: \"berlin\" is no fork for the contracts; write one of prague, osaka"),
        BrokenFile(
            "Genesis/genesis.json", "\"artifact\": \"trade\"", "\"artifact\": \"barter\"",
            "contracts[5]: there is no compiled contract \"barter\"; there are auctions, book, coins, commodities, items, keeper, loot, mail, market, payments, rewards"
        ),
        BrokenFile(
            "Genesis/genesis.json", "{\"number\": 250}", "{\"text\": \"250\"}",
            "contracts[5]: the argument feeBasisPoints is uint256, not text"),
        BrokenFile(
            "Genesis/genesis.json", "{\"number\": 250}", "{\"number\": 25000}",
            "contracts[5]: deploying trade ended with reverted"),
        BrokenFile(
            "Genesis/genesis.json", "setFaucet(address,bool)", "setFaucet(address)",
            "rewards has no function setFaucet(address); there is"),
        BrokenFile(
            "Genesis/genesis.json", "\"from\": \"faucet:genesis\"", "\"from\": \"sink:genesis\"",
            "is not a faucet; only faucets hand out: faucet:NAME or faucet:*"),
        BrokenFile(
            "Catalog/loot.json", "\"sure\": [[65571, 1]]", "\"sure\": [[65571, 0]]",
            "tables[1].sure[0][1]: 0 is not a number here; write a whole number from 1 to 281474976710655"),
        BrokenFile(
            "Catalog/loot.json", "\"entry\": 5", "\"entry\": 7",
            "tables[0].pity.entry: 7 is not a number here; write a whole number from 1 to 6"),
        BrokenFile(
            "Catalog/loot.json", "\"table\": 3}", "\"table\": 99}",
            "boxes[2].table: there is no table 99; write the number of one in \"tables\""),
        BrokenFile(
            "Catalog/loot.json", "\"draws\": 2", "\"draws\": 7",
            "tables[0].draws: 7 draws, but 6 entries come at most 1 times each; draw at most 6"),
        BrokenFile(
            "Catalog/loot.json", "\"days\": 7", "\"days\": 8",
            "streak.days: table 18 is missing or a matter of chance; write a table of sure lines for each day"),
        BrokenFile(
            "Catalog/loot.json", "[1, 5, 15]", "[1, 5, 4]", "tables[0].sure[0][2]: 4 is less than 5; write 5 or more"),
        BrokenFile(
            "Contracts/build/coins.json", "\"bytecode\": \"0x", "\"bytecode\": \"0xzz",
            "the code is not hexadecimal; run scripts/compile-contracts"),
    ]

    /// A copy of the game folder, removed when the value goes.
    final class Copy {
        let path: String
        init() throws {
            path = NSTemporaryDirectory() + "hoard-game-\(UUID().uuidString)"
            try FileManager.default.copyItem(
                atPath: URL(fileURLWithPath: TestWorld.gameFolder).resolvingSymlinksInPath().path, toPath: path)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func edit(_ file: String, _ change: (String) -> String) throws {
            let text = try String(contentsOfFile: path + "/" + file, encoding: .utf8)
            let changed = change(text)
            #expect(changed != text, "\(file) has nothing to change")
            try changed.write(toFile: path + "/" + file, atomically: true, encoding: .utf8)
        }

        func problems() -> [String] {
            do throws(GameDataError) {
                _ = try Game.load(folder: path)
                return []
            } catch { return error.problems.map(\.description) }
        }
    }

    @Test(arguments: rows)
    func `is refused with its place and its cure`(row: BrokenFile) throws {
        let copy = try Copy()
        try copy.edit(row.file) { text in
            guard let range = text.range(of: row.replace) else { return text }
            return text.replacingCharacters(in: range, with: row.with)
        }
        let problems = copy.problems()
        #expect(problems.contains { $0.contains(row.expected) }, "\(problems.joined(separator: "\n"))")
        #expect(
            problems.allSatisfy { $0.contains("; ") && $0.contains(".json") }, "\(problems.joined(separator: "\n"))")
    }

    @Test func `all mistakes are told at once`() throws {
        let copy = try Copy()
        try copy.edit("Catalog/items.json") { $0.replacingOccurrences(of: "\"asset\": 65537", with: "\"asset\": 5") }
        try copy.edit("Genesis/genesis.json") { $0.replacingOccurrences(of: "\"prague\"", with: "\"berlin\"") }
        try copy.edit("Actions/sell.json") { $0.replacingOccurrences(of: "\"item\"", with: "\"thing\"") }
        let problems = copy.problems()
        for file in ["Catalog/items.json:", "Genesis/genesis.json:", "Actions/sell.json:"] {
            #expect(problems.contains { $0.hasPrefix(file) }, "\(file) \(problems)")
        }
    }

    @Test(arguments: ["Actions/errors.json", "Catalog/items.json", "Genesis/genesis.json", "Contracts/build/shop.json"])
    func `a missing or empty file is named`(file: String) throws {
        let copy = try Copy()
        try copy.edit(file) { _ in "" }
        #expect(copy.problems().contains { $0.hasPrefix(file) || $0.contains("\"shop\"") })
        try FileManager.default.removeItem(atPath: copy.path + "/" + file)
        #expect(copy.problems().contains { $0.hasPrefix(file) || $0.contains("\"shop\"") })
    }
}
