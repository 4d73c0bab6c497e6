import EVM
import Economy
import Testing
import Wire

/// Random swaps under random keys, some signed by the wrong ones, some late, some again, checked against the model of sales and a dictionary of keys.
struct SwapPropertyTests {
    private static let players = (0..<4).map { "player\($0)" }
    private static let assets: [UInt64] = [1, 2, 65_536, 65_571]

    private static func basket(_ random: inout SplitMix) -> [AssetLine] {
        (0..<random.below(4)).map { _ in AssetLine(asset: assets[random.below(4)], amount: UInt64(1 + random.below(60))) }
    }

    @Test(arguments: [UInt64](1...3))
    func `random signed swaps keep the books, seed by seed`(seed: UInt64) throws {
        let world = try TestWorld()
        var random = SplitMix(state: seed)
        let wallets = (1...5).map { WalletKey(UInt8($0)) }
        let players = Self.players.map { NamedAccount.player($0) }
        var model = SalesModel()
        for player in Self.players { try world.give(player, Self.assets.map { AssetLine(asset: $0, amount: 900) }) }
        let royalty: [String: FieldValue] = ["asset": .number(65_571), "receiver": .account(players[3]), "basisPoints": .number(777)]
        #expect(try world.perform("setRoyalty", as: .operator, by: "root", royalty).status == .applied)
        model.royalties[65_571] = (players[3], 777)
        for account in players + [NamedAccount.treasury] {
            for asset in Self.assets { model.balances[.init(account: account, asset: asset)] = try world.balance(account, asset) }
        }
        // Whose key signs for a player; none at first.
        var keys: [Address: Int] = [:]
        var used: Set<Int> = []
        var applied: [String: Int] = [:]
        var refused = 0
        for _ in 0..<110 {
            world.timestampSeconds += UInt64(random.below(3))
            let kind = ["bindKey", "voidSwap", "signedSwap", "signedSwap", "signedSwap"][random.below(5)]
            let (who, number) = (random.below(4), random.below(90))
            let id = [UInt8](repeating: 4, count: 15) + [UInt8(number)]
            var next = model
            let reply: ReplyBody
            let expected: Bool
            if kind == "bindKey" {
                let key = random.below(6)
                keys[players[who]] = key == 5 ? nil : key
                reply = try world.perform(kind, by: Self.players[who], ["key": .account(key == 5 ? .zero : wallets[key].address)])
                expected = true
            } else if kind == "voidSwap" {
                reply = try world.perform(kind, by: Self.players[who], ["trade": .id(id)])
                expected = used.insert(number).inserted
            } else {
                let (first, second) = (players[who], players[random.below(4)])
                let (gives, wants, expires) = (Self.basket(&random), Self.basket(&random), world.timestampSeconds + 9 - UInt64(random.below(10) == 0 ? 10 : 0))
                var fields: [String: FieldValue] = [
                    "first": .account(first), "second": .account(second), "firstGives": .lines(gives), "secondGives": .lines(wants), "trade": .id(id),
                    "expires": .number(expires),
                ]
                let digest = try #require(SignedSwap(fields: fields)).digest(chainID: world.game.genesis.chainID, contract: try world.contract("trade"))
                var areRight = true
                for (field, account) in [("firstSignature", first), ("secondSignature", second)] {
                    let signer = random.below(12) == 0 ? random.below(5) : keys[account] ?? random.below(5)
                    areRight = areRight && signer == keys[account]
                    let (r, s, v) = wallets[signer].sign(digest)
                    fields[field] = .words([r, s, v])
                }
                reply = try world.perform(kind, by: Self.players[random.below(4)], fields)
                expected = areRight && expires >= world.timestampSeconds && !used.contains(number) && next.swap(first, second, gives, wants)
                if expected { used.insert(number) }
            }
            #expect((reply.status == .applied) == expected, "\(kind): \(reply.message)")
            if expected {
                model = next
                applied[kind, default: 0] += 1
            } else {
                refused += 1
            }
            for account in players + [NamedAccount.treasury] {
                for asset in Self.assets { #expect(try world.balance(account, asset) == model.has(account, asset), "\(kind)") }
            }
        }
        print("swaps seed \(seed): applied \(applied.sorted { $0.key < $1.key }), refused \(refused)")
        #expect((applied["signedSwap"] ?? 0) > 8 && refused > 15)
    }
}
