import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Testing
import Tokens
import Wire

/// Order books in a running server: every block that has orders ends with their clearing.
struct BookServerTests {
    private static let players = ["ann", "bob", "cid", "dee"]
    private static let assets: [UInt64] = [1, 2, 65_536, 65_540, 65_543]

    private static func id(_ number: UInt64) -> [UInt8] { [UInt8](repeating: 5, count: 8) + U256(number).bigEndianBytes.suffix(8) }

    private static func order(
        _ world: TestWorld, _ number: UInt64, _ side: UInt64, _ price: UInt64, _ quantity: UInt64, asset: UInt64 = 65_536,
        currency: UInt64 = 1, actor: Account = .zero
    ) throws -> ActionBody {
        try world.action(
            "order",
            [
                "order": .id(id(number)), "side": .number(side), "asset": .number(asset), "currency": .number(currency),
                "price": .number(price), "quantity": .number(quantity),
            ], actor: actor)
    }

    private static func grant(_ world: TestWorld, _ server: RawClient, _ player: String) throws {
        let action = try world.action(
            "grant",
            [
                "player": .account(NamedAccount.player(player)), "faucet": .account(NamedAccount.faucet("load")),
                "lines": .lines(assets.map { AssetLine(asset: $0, amount: 100_000) }),
            ])
        #expect(try server.perform(action, id: world.id()).status == .applied)
    }

    @Test func `a fill is heard by whom it concerns, under the operation that ended the block`() async throws {
        try await TestWorld.serve { world in
            let server = try world.client(.server, "match-1")
            for player in Self.players { try Self.grant(world, server, player) }
            let (ann, bob) = (try world.client(.player, "ann"), try world.client(.player, "bob"))
            let offer = try bob.perform(try Self.order(world, 1, 2, 10, 5), id: world.id())
            #expect(offer.status == .applied && offer.result0 == 5 && offer.result1 == 5)
            _ = try bob.ask(.subscribe, SubscribeBody(isActive: true, scope: .own))
            let id = world.id()
            let bought = try ann.perform(try Self.order(world, 2, 1, 12, 3), id: id)
            #expect(bought.status == .applied && bought.result1 == 36)
            let heard = try bob.read().decode(EventBody.self)
            // The middle of 10 and 10: what bob has left bounds the price. The fee of 30 is one coin.
            #expect(heard.asset == 1 && heard.amount == 29 && heard.block == bought.block && heard.index == bought.index + 1)
            #expect(heard.operationID != id && heard.operationID != .zero)
            #expect(try ann.balance(1) == 100_000 - 30 && ann.balance(65_536) == 100_003)
            // Whoever asks for that operation gets its receipt; whoever sends it again gets a conflict.
            let receipt = try ann.ask(.query, QueryBody(kind: .receipt, operationID: heard.operationID)).decode(ResultBody.self)
            guard case .receipt(let reply) = receipt.answer else {
                Issue.record("\(receipt.answer)")
                return
            }
            #expect(reply.block == bought.block && reply.index == bought.index + 1)
            #expect(try ann.perform(try Self.order(world, 3, 1, 1, 1), id: heard.operationID).status == .conflict)
            let status = world.gateway.ledgerStatus
            #expect(status.closings == 2 && status.closingsFailed == 0)
        }
    }

    /// Sends orders and cancellations of all players without waiting in between, and reads all replies.
    private static func trade(_ world: TestWorld, first: UInt64, seed: UInt64) throws {
        let server = try world.client(.server, "match-1")
        var state = seed
        func below(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var number = first
        for _ in 0..<4 {
            var bytes: [UInt8] = []
            for _ in 0..<110 {
                let actor = Account(playerName: players[Int(below(4))])
                let action =
                    below(5) == 0
                    ? try world.action("cancelOrder", ["order": .id(id(first + below(number - first + 1)))], actor: actor)
                    : below(9) == 0
                        ? try world.action(
                            "transferItem", ["to": .account(NamedAccount.player("eve")), "asset": .number(65_536), "amount": .number(1)], actor: actor)
                        : try order(
                            world, number, 1 + below(2), 8 + below(9), 1 + below(40), asset: [65_536, 65_540, 65_543][Int(below(3))], actor: actor)
                number += 1
                bytes += server.frame(.action, id: world.id(), action)
            }
            server.send(bytes)
            var applied = 0
            for _ in 0..<110 where try server.read().decode(ReplyBody.self).status == .applied { applied += 1 }
            #expect(applied > 60, "\(applied)")
        }
    }

    /// What everybody has, houses too.
    private static func balances(_ world: TestWorld) throws -> [Int64] {
        let server = try world.client(.server, "match-1")
        let accounts = (players + ["eve"]).map { NamedAccount.player($0) } + world.game.catalog.houses.keys.sorted()
        return try accounts.flatMap { account in try assets.map { try server.balance($0, of: Account(account)) ?? .min } }
    }

    @Test(arguments: [ExecutorChoice.sequential, .parallel])
    func `a log with clearings is the same for recovery, for verification, and for both executors`(_ executor: ExecutorChoice) async throws {
        let folder = TestWorld.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let change: @Sendable (inout GatewayConfiguration) -> Void = {
            $0.executor = executor
            $0.workers = 2
            $0.ledger.keepsLog = true
            // A checkpoint in the middle: the second start begins there.
            $0.ledger.checkpointOperations = 300
        }
        let before = Box<[Int64]>([])
        let head = Box(Hash256.zero)
        try await TestWorld.serve(folder: folder, keepsFolder: true, change: change) { world in
            let server = try world.client(.server, "match-1")
            for player in Self.players { try Self.grant(world, server, player) }
            try Self.trade(world, first: 1_000, seed: 7)
            let status = world.gateway.ledgerStatus
            #expect(status.closings > 10 && status.closingsFailed == 0 && status.conservationViolations == 0, "\(status.closings)")
            before.value = try Self.balances(world)
        }
        for place in Self.assets.indices {
            let sum = stride(from: place, to: before.value.count, by: Self.assets.count).reduce(0) { $0 + before.value[$1] }
            #expect(sum == 0, "asset \(Self.assets[place])")
        }
        try await TestWorld.serve(folder: folder, keepsFolder: true, change: change) { world in
            #expect(try Self.balances(world) == before.value)
            // Ids go on where the first server's ended.
            for _ in 0..<2_000 { _ = world.id() }
            try Self.trade(world, first: 9_000, seed: 8)
            let status = world.gateway.ledgerStatus
            #expect(status.closings > 10 && status.closingsFailed == 0 && status.conservationViolations == 0)
            head.value = status.head
        }
        let game = try TestWorld.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        let codes = CodeCache()
        let machines = (0..<2).map { _ in Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: codes) }
        let parallel = ParallelExecutor(machines: machines, rules: genesis.rules, hotSlots: game.hotSlots.map { ($0.contract, $0.slot) })
        let reports = [
            try Ledger.verify(folder: folder, genesis: genesis),
            try Ledger.verify(folder: folder, genesis: genesis, executor: parallel) { _ in },
        ]
        for report in reports { #expect(report.ok && report.head == head.value, "\(report)") }
        #expect(reports[0].stateRoot == reports[1].stateRoot && reports[0].operationsDigest == reports[1].operationsDigest)
    }
}
