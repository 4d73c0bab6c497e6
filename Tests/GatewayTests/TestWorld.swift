import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Testing
import Tokens
import Wire

/// A server of its own, in this process, with an empty data folder.
final class TestWorld: @unchecked Sendable {
    // Unchecked: everything but the counter of ids is set once; the counter is under `lock`.
    /// The game of all tests, loaded once.
    static let game = Result {
        try Game.load(
            folder: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("GameData").path)
    }

    let gateway: Gateway
    let game: Game
    let folder: String
    private let lock = NSLock()
    private var lastID: UInt64 = 0

    init(folder: String, change: (inout GatewayConfiguration) -> Void = { _ in }) throws {
        self.folder = folder
        game = try Self.game.get()
        var configuration = GatewayConfiguration(dataFolder: folder, game: game)
        configuration.port = 0
        configuration.handlesSignals = false
        configuration.ledger.segmentBytes = 4 << 20
        change(&configuration)
        gateway = try Gateway(configuration)
    }

    /// A folder that does not exist yet.
    static func newFolder() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("hoard-gateway-\(UUID().uuidString)").path
    }

    /// Serves while `body` runs on a thread of its own, where it may block.
    static func serve(
        folder: String = newFolder(), keepsFolder: Bool = false,
        change: (inout GatewayConfiguration) -> Void = { _ in }, prepare: (Gateway) -> Void = { _ in },
        _ body: @escaping @Sendable (TestWorld) throws -> Void
    ) async throws {
        let world = try TestWorld(folder: folder, change: change)
        prepare(world.gateway)
        async let served: Void = world.gateway.serve()
        let result = await onThread { try body(world) }
        world.gateway.stop()
        try await served
        if !keepsFolder { try? FileManager.default.removeItem(atPath: folder) }
        try result.get()
    }

    /// Runs something that blocks on a thread of its own.
    static func onThread(
        _ body: @escaping @Sendable () throws -> Void
    ) async -> Result<Void, any Error> {
        await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: Result { try body() }) }
        }
    }

    /// A token of this server; blocks.
    func token(_ role: SessionRole, _ subject: String, folder: String? = nil) throws -> String {
        let authority = try TokenAuthority(dataFolder: folder ?? self.folder)
        let done = DispatchSemaphore(value: 0)
        let box = Box<Result<String, any Error>?>(nil)
        Task {
            do {
                box.value = .success(
                    try await authority.mint(role: role, subject: subject, ttlSeconds: 600))
            } catch { box.value = .failure(error) }
            done.signal()
        }
        done.wait()
        return try box.value!.get()
    }

    /// A client with an open session.
    func client(_ role: SessionRole, _ subject: String) throws -> RawClient {
        try RawClient(port: gateway.boundPort, token: try token(role, subject))
    }

    /// An operation id that no test has used in this world.
    func id() -> Wire.OperationID {
        lock.withLock {
            lastID += 1
            return Wire.OperationID(high: 0x0102_0304, low: lastID)
        }
    }

    /// An action by name.
    func action(
        _ name: String, _ fields: [String: FieldValue], actor: Account = .zero
    ) throws -> ActionBody {
        let (code, payload) = try game.encodePayload(action: name, fields: fields)
        return ActionBody(code: code, actor: actor, payload: payload)
    }

    /// Coins from one player to another.
    func transfer(
        _ amount: UInt64, to name: String, actor: Account = .zero
    ) throws -> ActionBody {
        try action(
            "transferCoins",
            [
                "to": .account(Address(Account(playerName: name))), "asset": .number(1),
                "amount": .number(amount),
            ], actor: actor)
    }

    /// Coins out of a faucet for a player.
    func grant(_ amount: UInt64, to name: String) throws -> ActionBody {
        try action(
            "grant",
            [
                "player": .account(Address(Account(playerName: name))),
                "faucet": .account(Address(Account(label: "hoard:faucet:load"))),
                "reason": .number(1), "lines": .lines([AssetLine(asset: 1, amount: amount)]),
            ])
    }

    /// A player with coins.
    func player(_ name: String, coins: UInt64) throws -> RawClient {
        let server = try client(.server, "match-1")
        let reply = try server.perform(try grant(coins, to: name), id: id())
        #expect(reply.status == .applied, "\(reply)")
        return try client(.player, name)
    }
}

/// A value that a task hands to a thread that waits for it.
final class Box<Value>: @unchecked Sendable {
    // Unchecked: written before a semaphore is signalled and read after it was waited for.
    var value: Value
    init(_ value: Value) { self.value = value }
}
