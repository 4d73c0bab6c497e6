import EVM
import Economy
import Testing
import Wire

/// A payload becomes the calldata, sender and contract that its action's file says, byte for byte.
struct MappingTests {
    static let anna = NamedAccount.player("anna")
    static let ben = NamedAccount.player("ben")

    struct Row: Sendable, CustomTestStringConvertible {
        let action: String
        let role: Role
        let fields: [String: FieldValue]
        let contract: String
        let signature: String
        let words: [U256]
        var lane: Address?
        var testDescription: String { action }
    }

    static func line(_ asset: UInt64, _ amount: UInt64) -> U256 { U256(amount, 0, asset, 0) }

    static let rows: [Row] = [
        Row(
            action: "transferCoins", role: .player,
            fields: ["to": .account(ben), "asset": .number(2), "amount": .number(0x0102_0304_0506_0708)],
            contract: "gems",
            signature: "transfer(address,uint256)", words: [ben.word, U256(0x0102_0304_0506_0708 as UInt64)]),
        Row(
            action: "purchase", role: .player,
            fields: ["offer": .number(7), "quantity": .number(0x0a0b_0c0d), "maxCost": .numbers([1, 2, 3, .max])],
            contract: "shop", signature: "purchase(uint256,uint256,uint256[4])",
            words: [7, 0x0a0b_0c0d, 1, 2, 3, U256(UInt64.max)]),
        Row(
            action: "acceptTrade", role: .player, fields: ["trade": .id([UInt8](1...16))], contract: "trade",
            signature: "accept(uint256)", words: [U256(0x090a_0b0c_0d0e_0f10, 0x0102_0304_0506_0708, 0, 0)]),
        Row(
            action: "trade", role: .server,
            fields: [
                "first": .account(anna), "second": .account(ben),
                "firstGives": .lines([AssetLine(asset: 1, amount: 9)]),
                "secondGives": .lines([AssetLine(asset: 1 << 32 | 3, amount: 1)]),
            ], contract: "trade", signature: "swap(address,address,uint256,uint256)",
            words: [anna.word, ben.word, line(1, 9), line(1 << 32 | 3, 1)], lane: anna),
        Row(
            action: "grant", role: .server,
            fields: [
                "player": .account(ben), "faucet": .account(NamedAccount.faucet("load")), "reason": .number(77),
                "lines": .lines([AssetLine(asset: 1, amount: 5), AssetLine(asset: 65_536, amount: 6)]),
            ], contract: "rewards", signature: "grant(address,address,uint256,uint256[8])",
            words: [ben.word, NamedAccount.faucet("load").word, 77, line(1, 5), line(65_536, 6), 0, 0, 0, 0, 0, 0],
            lane: ben),
        Row(
            action: "refund", role: .operator,
            fields: [
                "original": .id([UInt8](repeating: 255, count: 16)), "from": .account(anna), "to": .account(ben),
                "line": .lines([AssetLine(asset: 2, amount: 1)]), "reason": .number(4),
            ], contract: "settlement", signature: "refund(uint256,address,address,uint256,uint256)",
            words: [U256(.max, .max, 0, 0), anna.word, ben.word, line(2, 1), 4], lane: ben),
        Row(
            action: "closeOffer", role: .operator, fields: ["offer": .number(9)], contract: "shop",
            signature: "close(uint256)", words: [9], lane: .zero),
    ]

    @Test(arguments: rows)
    func `maps to its call`(row: Row) throws {
        let game = try TestWorld.sharedGame.get()
        let (code, payload) = try game.encodePayload(action: row.action, fields: row.fields)
        let session = SessionIdentity(role: row.role, subject: "anna")
        let transaction = try game.map(ActionBody(code: code, payload: payload), session: session).get()
        let selector = keccak256(Array(row.signature.utf8)).bytes.prefix(4)
        #expect(transaction.data == selector + row.words.flatMap(\.bigEndianBytes))
        #expect(transaction.to == game.contracts[row.contract])
        #expect(transaction.kind == .session && transaction.nonce == nil && transaction.gasPrice == .zero)
        let action = try #require(game.actionsByName[row.action])
        #expect(transaction.gasLimit == action.gasLimit)
        if let lane = row.lane {
            let prefix = row.role == .server ? "hoard:server" : "hoard:operat"
            #expect(transaction.sender.bytes == Array(prefix.utf8) + lane.bytes.prefix(8))
        } else {
            #expect(transaction.sender == Self.anna)
        }
    }

    @Test func `an authority action without a lane takes that of the actor`() throws {
        let game = try TestWorld.sharedGame.get()
        let (code, payload) = try game.encodePayload(action: "closeOffer", fields: ["offer": .number(9)])
        let body = ActionBody(code: code, actor: Account(Self.ben), payload: payload)
        let transaction = try game.map(body, session: SessionIdentity(role: .operator, subject: "root")).get()
        #expect(transaction.sender.bytes == Array("hoard:operat".utf8) + Self.ben.bytes.prefix(8))
    }

    @Test func `an account of the wire and an address are the same bytes`() throws {
        for seed in 0..<50 {
            let bytes = (0..<20).map { UInt8(truncatingIfNeeded: seed * 31 + $0 * 7) }
            let account = try #require(Account(bytes: bytes))
            #expect(Address(account).bytes == bytes)
            #expect(Account(Address(bytes: bytes)) == account)
        }
        #expect(Account(NamedAccount.player("zoë")) == Account(playerName: "zoë"))
        #expect(Account(NamedAccount.faucet("load")) == Account(label: "hoard:faucet:load"))
        #expect(Account(NamedAccount.treasury) == Account(label: "hoard:treasury"))
    }

    @Test func `a payload that cannot be encoded says why`() throws {
        let game = try TestWorld.sharedGame.get()
        func failure(_ action: String, _ fields: [String: FieldValue]) -> PayloadError? {
            do throws(PayloadError) {
                _ = try game.encodePayload(action: action, fields: fields)
                return nil
            } catch { return error }
        }
        #expect(failure("fly", [:]) == .unknownAction("fly"))
        #expect(failure("purchase", ["ofer": .number(1)]) == .unknownField("ofer"))
        #expect(failure("purchase", ["offer": .account(Self.ben)]) == .wrongKind(field: "offer", type: .u32))
        #expect(
            failure("purchase", ["offer": .number(1 << 32)])
                == .tooLarge(field: "offer", have: 1 << 32, maximum: 0xffff_ffff))
        #expect(
            failure("purchase", ["maxCost": .numbers([1, 2, 3, 4, 5])])
                == .tooLarge(field: "maxCost", have: 5, maximum: 4))
        #expect(failure("acceptTrade", ["trade": .id([1])]) == .wrongKind(field: "trade", type: .id))
    }

    @Test func `a halted call is answered with its gas`() throws {
        let game = try TestWorld.sharedGame.get()
        let receipt = Receipt(outcome: .halted(.outOfGas), gasUsed: 1_500_000)
        let reply = game.replyBody(3, receipt)
        #expect((reply.status, reply.refusalCode) == (.refusedByContract, 27))
        #expect((reply.have, reply.need, reply.gasUsed) == (1_500_000, 1_500_000, 1_500_000))
    }

    @Test(arguments: [[], [1, 2, 3], [UInt8](repeating: 7, count: 68), [UInt8](repeating: 0, count: 36)] as [[UInt8]])
    func `a revert without a known reason has its own code`(output: [UInt8]) throws {
        let game = try TestWorld.sharedGame.get()
        let reply = game.reply(3, Receipt(outcome: .reverted, gasUsed: 30_000, output: output))
        #expect((reply.status, reply.refusalCode) == (1, 26))
    }

    @Test func `the first state is the same each time`() throws {
        let first = try TestWorld.sharedGame.get().genesis
        let second = try Game.load(folder: TestWorld.gameFolder).genesis
        #expect(first == second)
        #expect(first.accounts == first.accounts.sorted { $0.address < $1.address })
    }

    @Test func `busy balances begin at one unit`() throws {
        let world = try TestWorld()
        let assets = world.game.catalog.currencies.map(\.asset) + world.game.catalog.items.map(\.asset)
        for account in world.game.catalog.houses.keys {
            for asset in assets { #expect(try world.balance(account, asset) != 0, "\(account) \(asset)") }
        }
    }
}
