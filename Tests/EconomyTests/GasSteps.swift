import EVM
import Economy
import Wire

/// What is done for the gas of the actions that GasBaselineTests has no step of its own for.
struct GasSteps {
    typealias Step = (name: String, action: String, role: Role, by: String, fields: [String: FieldValue])

    let world: TestWorld
    let attempt: UInt8
    private let anna = NamedAccount.player("anna")
    private let ben = NamedAccount.player("ben")

    init(_ world: TestWorld, attempt: UInt8) {
        self.world = world
        self.attempt = attempt
    }

    private var now: UInt64 { world.timestampSeconds }
    private func id(_ number: UInt8) -> FieldValue { .id([UInt8](repeating: number, count: 15) + [attempt + 1]) }
    private func coins(_ amount: UInt64) -> FieldValue { RefusalTests.lines(1, amount) }
    private func item(_ amount: UInt64) -> FieldValue { RefusalTests.lines(65_536, amount) }

    /// What players and game servers do with what they have.
    func everyday() throws -> [Step] {
        let lots: [String: FieldValue] = [
            "player": .account(anna), "market": .number(1), "asset": .number(65_540), "currency": .number(1), "lots": .number(2), "commission": .number(3_000),
            "unitSize": .number(1), "firstPrice": .number(100),
        ]
        let (annas, bens) = (WalletKey(3 + attempt).address, WalletKey(5 + attempt).address)
        return [
            ("transferCoins", "transferCoins", .player, "anna", ["to": .account(ben), "asset": .number(1), "amount": .number(3)]),
            ("transferItem", "transferItem", .player, "anna", ["to": .account(ben), "asset": .number(65_536), "amount": .number(3)]),
            ("sell", "sell", .player, "anna", ["asset": .number(65_536), "quantity": .number(2)]),
            (
                "grant, coins and an item", "grant", .server, "game",
                [
                    "player": .account(anna), "faucet": .account(NamedAccount.faucet("rewards")),
                    "lines": .lines([AssetLine(asset: 1, amount: 9), AssetLine(asset: 65_536, amount: 1)]),
                ]
            ),
            (
                "trade", "trade", .server, "game",
                ["first": .account(anna), "second": .account(ben), "firstGives": item(1), "secondGives": coins(40)]
            ),
            (
                "exchange, coins for an item", "exchange", .server, "game",
                [
                    "player": .account(anna), "to": .account(NamedAccount.sink("match")), "from": .account(NamedAccount.faucet("match")), "pays": coins(9),
                    "gets": item(1),
                ]
            ),
            ("refund", "refund", .server, "game", ["original": id(30), "from": .account(NamedAccount.treasury), "to": .account(anna), "line": coins(1)]),
            ("buyLots, two", "buyLots", .server, "game", lots), ("sellLots, two", "sellLots", .server, "game", lots),
            (
                "tribute", "tribute", .server, "game",
                ["sender": .account(anna), "receiver": .account(ben), "asset": .number(1), "amount": .number(50), "feeBasisPoints": .number(3_000)]
            ),
            ("refuseReceipt", "refuseReceipt", .server, "store", ["receipt": id(31), "player": .account(anna)]),
            ("checkIn", "checkIn", .server, "game", ["player": .account(anna)]),
            ("bindKey", "bindKey", .player, "anna", ["key": .account(annas)]),
            ("bindKey, again", "bindKey", .player, "ben", ["key": .account(bens)]),
            ("voidSwap", "voidSwap", .player, "anna", ["trade": id(32)]),
            ("signedSwap, an item for coins", "signedSwap", .player, "carl", try swap()),
            (
                "order, never cleared", "order", .player, "anna",
                ["order": id(33), "side": .number(1), "asset": .number(65_543), "currency": .number(1), "price": .number(3), "quantity": .number(5)]
            ),
            ("renewOrder", "renewOrder", .player, "anna", ["order": id(33)]), ("cancelOrder, new", "cancelOrder", .player, "anna", ["order": id(33)]),
        ]
    }

    private func swap() throws -> [String: FieldValue] {
        let fields: [String: FieldValue] = [
            "first": .account(anna), "second": .account(ben), "firstGives": item(1), "secondGives": coins(40), "trade": id(34), "expires": .number(now),
        ]
        guard let swap = SignedSwap(fields: fields) else { throw TestFailure("no swap") }
        let digest = swap.digest(chainID: world.game.genesis.chainID, contract: try world.contract("trade"))
        func words(_ key: UInt8) -> FieldValue {
            let (r, s, v) = WalletKey(key).sign(digest)
            return .words([r, s, v])
        }
        return fields.merging(["firstSignature": words(3 + attempt), "secondSignature": words(5 + attempt)]) { $1 }
    }

    /// What begins now and is over 100 seconds later.
    func beginnings() -> [Step] {
        let epoch = 2 + 2 * UInt64(attempt)
        let commitment = keccak256(U256(UInt64(7)).bigEndianBytes).word
        let auction: [String: FieldValue] = [
            "asset": .number(65_536), "quantity": .number(1), "currency": .number(1), "reserve": .number(10), "stepBasisPoints": .number(500),
            "closes": .number(now + 60),
        ]
        let terms: [String: FieldValue] = ["asset": .number(65_536), "quantity": .number(9), "currency": .number(1), "unitPrice": .number(7), "expires": .number(now)]
        return [
            (
                "proposeTrade, third", "proposeTrade", .player, "anna",
                ["trade": id(40), "counterparty": .account(ben), "gives": item(2), "wants": coins(50), "expires": .number(now)]
            ),
            ("listItem, again", "listItem", .player, "anna", terms.merging(["listing": id(41)]) { $1 }),
            (
                "sendMail, coins", "sendMail", .server, "game",
                ["mail": id(42), "player": .account(anna), "faucet": .account(NamedAccount.faucet("rewards")), "expires": .number(now), "lines": coins(5)]
            ),
            ("openAuction, third", "openAuction", .player, "anna", auction.merging(["auction": id(43)]) { $1 }),
            ("openAuction, fourth", "openAuction", .player, "anna", auction.merging(["auction": id(44)]) { $1 }),
            ("bid, the only one", "bid", .player, "ben", ["auction": id(43), "amount": .number(20)]),
            ("openEpoch", "openEpoch", .server, "game", ["epoch": .number(epoch), "commitment": .words([commitment])]),
            ("openBox, again", "openBox", .player, "anna", ["box": .number(1), "roll": id(45)]),
            ("openEpoch, again", "openEpoch", .server, "game", ["epoch": .number(epoch + 1), "commitment": .words([1])]),
            ("revealEpoch", "revealEpoch", .server, "game", ["epoch": .number(epoch), "seed": .words([7])]),
        ]
    }

    /// What is done with it then.
    func endings() -> [Step] {
        [
            ("expireTrade", "expireTrade", .server, "game", ["trade": id(40)]), ("expireListing", "expireListing", .server, "game", ["listing": id(41)]),
            ("expireMail, coins", "expireMail", .server, "game", ["mail": id(42)]), ("claimAuction", "claimAuction", .player, "ben", ["auction": id(43)]),
            ("settleAuction, nobody bid", "settleAuction", .server, "game", ["auction": id(44)]),
            ("claimRoll, three lines", "claimRoll", .player, "anna", ["roll": id(45)]),
        ]
    }

    /// The rules of the game, as operators set them.
    func rules() -> [Step] {
        let number = UInt64(200 + attempt)
        let terms: [String: FieldValue] = ["offer": .number(number), "stock": .number(50), "costs": coins(3), "results": item(1)]
        let table = LootTable(
            table: number, name: "", sure: [LootLine(asset: 1, least: 7, most: 7)], draws: 0, repeatsMax: 1, entries: [], pityEntry: 0, pityAfter: 0,
            caps: [2, 5, 6])
        let (version, other) = (UInt64(10 + 2 * attempt), UInt64(attempt))
        let pair: [String: FieldValue] = ["asset": .number(65_544), "currency": .number(1)]
        return [
            ("publishOffer", "publishOffer", .operator, "olga", terms), ("updateOffer", "updateOffer", .operator, "olga", terms),
            ("limitOffer", "limitOffer", .operator, "olga", ["offer": .number(number), "cap": .number(9), "windowSeconds": .number(60)]),
            ("setSegmentPrice", "setSegmentPrice", .operator, "olga", ["offer": .number(number), "segment": .number(1), "costs": coins(2)]),
            ("setSegment", "setSegment", .server, "game", ["player": .account(ben), "segment": .number(1 + other)]),
            ("draftOffer", "draftOffer", .operator, "olga", terms.merging(["version": .number(version)]) { $1 }),
            ("publishCatalog", "publishCatalog", .operator, "olga", ["version": .number(version), "starts": .number(now + 50)]),
            ("withdrawCatalog", "withdrawCatalog", .operator, "olga", ["version": .number(version)]),
            ("closeOffer", "closeOffer", .operator, "olga", ["offer": .number(number)]),
            ("setBuyback", "setBuyback", .operator, "olga", pair.merging(["price": .number(2 + other)]) { $1 }),
            ("setBook", "setBook", .operator, "olga", pair.merging(["open": .number(1)]) { $1 }),
            ("setTable, one line", "setTable", .operator, "olga", table.fields),
            ("setBox", "setBox", .operator, "olga", ["box": .number(number), "table": .number(number), "costs": coins(4)]),
            ("setStreak, one day", "setStreak", .operator, "olga", ["firstTable": .number(number), "days": .number(1)]),
            ("setSeason", "setSeason", .operator, "olga", ["number": .number(20 + other)]),
            ("setEnergy", "setEnergy", .operator, "olga", ["asset": .number(8_454_181), "most": .number(20), "refillSeconds": .number(60)]),
            ("setProduct, one line", "setProduct", .operator, "olga", ["product": .number(number), "lines": coins(9)]),
            ("setRoyalty", "setRoyalty", .operator, "olga", ["asset": .number(65_572), "receiver": .account(ben), "basisPoints": .number(100 + other)]),
            ("setCredit", "setCredit", .operator, "olga", ["player": .account(ben), "asset": .number(2), "limit": .number(5 + other)]),
            ("setDebtLimit", "setDebtLimit", .operator, "olga", ["asset": .number(2), "limit": .number(500 + other)]),
        ]
    }
}
