import EVM
import Economy
import Foundation
import Testing
import Wire

/// Every function of every contract, called by players with the words that break sums: nothing but what is a player's succeeds, and the books balance.
struct ExtremeCallTests {
    /// What anybody may call; all other functions that change something are refused to everybody who is not named.
    static let open: [String: Set<String>] = [
        "coins": ["transfer", "approve", "transferFrom"],
        "items": ["transfer", "safeTransferFrom", "safeBatchTransferFrom", "setApprovalForAll"],
        "shop": ["purchase", "sell"], "trade": ["propose", "accept", "cancel", "bindKey", "signedSwap", "voidSwap"],
        "market": ["list", "buy", "cancel"], "auctions": ["open", "bid", "claim", "cancel"], "mail": ["claim"], "loot": ["request", "claim", "craft"],
        "book": ["order", "renew", "cancel"],
    ]
    /// What needs more than luck: allowances, signatures, letters, boxes, a listing or auction or order that is there.
    static let needsMore: Set<String> = [
        "transferFrom", "safeTransferFrom", "safeBatchTransferFrom", "signedSwap", "accept", "claim", "request", "craft",
    ]
    static let deployed = ["coins": ["gold", "gems"]]
    static let assets: [UInt64] = [1, 2, 65_536, 65_540, 65_571, 8_454_181, 2 << 32 | 7]

    struct Function {
        let contract: String
        let signature: String
        let types: [String]
        var name: String { String(signature.prefix { $0 != "(" }) }
    }

    /// The functions of a compiled contract that change something.
    static func functions(_ contract: String) throws -> [Function] {
        let path = TestWorld.gameFolder + "/Contracts/build/\(contract).json"
        let data = try #require(FileManager.default.contents(atPath: path))
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require(root["abi"] as? [[String: Any]]).compactMap { entry in
            guard entry["type"] as? String == "function", let name = entry["name"] as? String, entry["stateMutability"] as? String == "nonpayable"
            else { return nil }
            let types = (entry["inputs"] as? [[String: Any]] ?? []).compactMap { $0["type"] as? String }
            return Function(contract: contract, signature: "\(name)(\(types.joined(separator: ",")))", types: types)
        }
    }

    let world: TestWorld
    let players = ["anna", "ben", "carl"].map { NamedAccount.player($0) }
    /// Whose balances count: everybody who can have got anything.
    let accounts: [Address]

    init() throws {
        world = try TestWorld()
        for name in ["anna", "ben"] {
            try world.give(name, Self.assets.filter { $0 < Catalog.firstUnique }.map { AssetLine(asset: $0, amount: 1_000_000) })
        }
        try world.give("anna", [AssetLine(asset: 2 << 32 | 7, amount: 1)])
        let others = [Address.zero, Address(word: U256.one << 160 &- .one)] + world.game.contracts.values.sorted { $0.word < $1.word }
        accounts = players + others + world.game.catalog.houses.keys.sorted { $0.word < $1.word }
    }

    /// What an account has by the contracts' own word; the zero account too, which a query cannot name.
    private func held(_ account: Address, _ asset: UInt64) throws -> Int64 {
        let isCoin = asset < Catalog.firstItem
        let request = world.game.request(
            contract: asset == 1 ? "gold" : isCoin ? "gems" : "items", function: isCoin ? "signedBalanceOf(address)" : "signedBalanceOf(address,uint256)",
            words: isCoin ? [account.word] : [account.word, U256(asset)])
        return Int64(bitPattern: U256(bigEndian: world.call(try #require(request)).output.prefix(32)).l0)
    }

    private func word(_ type: String, _ random: inout SplitMix) -> U256 {
        switch type {
        case "address":
            if random.below(20) == 0 { return .max }
            return random.below(2) == 0 ? players[random.below(3)].word : accounts[random.below(accounts.count)].word
        case "bool": return U256(UInt64(random.below(8) == 0 ? 2 : random.below(2)))
        default: break
        }
        let now = U256(world.timestampSeconds)
        let asset = Self.assets[random.below(Self.assets.count)]
        switch random.below(16) {
        case 0: return .max
        case 1: return U256.one << (random.below(2) == 0 ? 64 : 128)
        case 2: return U256.one << (random.below(2) == 0 ? 64 : 128) &- .one
        case 3: return U256.one << (random.below(2) == 0 ? 255 : 160)
        case 4: return .zero
        case 5, 6: return U256(asset)
        case 7: return now &+ U256(UInt64(random.below(50)))
        case 8: return U256(asset) << 128 | U256(UInt64(random.below(4)))
        case 9: return U256(asset) << 128 | U256(UInt64.max)
        case 10: return U256(UInt64.max) << 128 | .one
        default: return U256(UInt64(random.below(7)))
        }
    }

    /// Arguments that mean something; nil where none are known.
    private func honest(_ function: Function, _ random: inout SplitMix) -> [U256]? {
        let (id, few, later) = (U256(UInt64(1 + random.below(30))), U256(UInt64(1 + random.below(5))), U256(world.timestampSeconds + UInt64(random.below(40))))
        let line = U256(65_536 as UInt64) << 128 | few
        switch "\(function.contract).\(function.name)" {
        case "trade.propose": return [id, players[random.below(3)].word, line, .zero, .zero, .zero, line, .zero, .zero, .zero, later]
        case "market.list": return [id, 65_536, few, 1, few, later]
        case "market.buy": return [id, few, 999]
        case "auctions.open": return [id, 65_536, few, 1, few, U256(UInt64(random.below(2) * 90)), 500, later, few]
        case "auctions.bid": return [id, U256(UInt64(random.below(100)))]
        case "book.order": return [id, U256(UInt64(1 + random.below(2))), 65_536, 1, few, few]
        case "shop.purchase": return [few, few, 999, 999, 999, 999]
        case "shop.sell": return [65_536, few, .zero]
        case "market.cancel", "auctions.cancel", "auctions.claim", "book.cancel", "book.renew", "trade.accept", "trade.cancel": return [id]
        default: return nil
        }
    }

    private func calldata(_ function: Function, _ random: inout SplitMix) -> [UInt8] {
        if random.below(3) > 0, var words = honest(function, &random) {
            // All of it, or all but one.
            if random.below(3) > 0 { words[random.below(words.count)] = word("uint256", &random) }
            return TestWorld.calldata(function.signature, words)
        }
        var words: [U256] = []
        var tails = 0
        for type in function.types {
            if type.hasSuffix("[]") || type == "bytes" || type == "string" {
                words.append(U256(UInt64(0xffff)))
                tails += 1
            } else if let bracket = type.firstIndex(of: "["), let count = Int(type[type.index(after: bracket)...].dropLast()) {
                // Most lists of lines end early.
                let used = random.below(3) == 0 ? count : random.below(min(count, 3))
                words += (0..<count).map { $0 < used ? word(String(type[..<bracket]), &random) : .zero }
            } else {
                words.append(word(type, &random))
            }
        }
        // What has a length of its own is empty, or lies outside.
        let head = words.count
        for place in words.indices where words[place] == 0xffff { words[place] = random.below(6) == 0 ? .max : U256(UInt64(head * 32)) }
        return TestWorld.calldata(function.signature, words + [U256](repeating: .zero, count: min(tails, 1)))
    }

    @Test(arguments: ["coins", "items", "shop", "trade", "market", "auctions", "mail", "loot", "book", "royalties", "rewards", "settlement", "keeper", "payments", "commodities"])
    func `extreme words bring nobody anything, and only what is a player's to do succeeds`(_ contract: String) throws {
        var random = SplitMix(state: UInt64(contract.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))
        let functions = try Self.functions(contract)
        #expect(Set(functions.map(\.name)).isSuperset(of: Self.open[contract] ?? []))
        var done: [String: Int] = [:]
        for turn in 0..<400 {
            world.timestampSeconds += UInt64(random.below(3))
            for function in functions {
                let isOpen = Self.open[contract]?.contains(function.name) ?? false
                if !isOpen, turn >= 40 { continue }
                let names = Self.deployed[contract] ?? [contract]
                let receipt = try world.run(
                    .session(
                        sender: players[random.below(3)], to: try world.contract(names[random.below(names.count)]), data: calldata(function, &random),
                        gasLimit: 3_000_000))
                if receipt.succeeded { done[function.name, default: 0] += 1 }
                #expect(isOpen || !receipt.succeeded, "\(contract).\(function.signature) is open to players")
            }
        }
        for name in Self.open[contract] ?? [] where !Self.needsMore.contains(name) { #expect(done[name] != nil, "\(contract).\(name) never succeeds") }
        print("extreme calls of \(contract): \(functions.count) functions, succeeded: \(done.sorted { $0.key < $1.key })")
        for asset in Self.assets {
            var sum: Int64 = 0
            for account in accounts { sum += try held(account, asset) }
            #expect(sum == 0, "asset \(asset) sums to \(sum) after calls of \(contract)")
        }
        for player in players {
            for asset in Self.assets { #expect(try held(player, asset) >= 0) }
        }
    }
}
