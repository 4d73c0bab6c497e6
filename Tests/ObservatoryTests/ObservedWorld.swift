import EVM
import Economy
import Foundation
import Gateway
import History
import Ledger
import Logging
import Proofs
import Synchronization
import Testing
import Wire

@testable import Observatory

/// A server with an observatory, in this process, with an empty data folder.
final class ObservedWorld: @unchecked Sendable {
    // Sendable: everything is set once but what is under a lock.
    static let game = Result {
        try Game.load(
            folder: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("GameData").path)
    }

    let game: Game
    let gateway: Gateway
    let observatory: Observatory
    let port: Int
    private let nextID = Atomic<UInt64>(1)

    private init(_ folder: String, _ change: (inout ObservatoryConfiguration) -> Void) throws {
        game = try Self.game.get()
        var configuration = GatewayConfiguration(dataFolder: folder, game: game)
        configuration.port = 0
        configuration.handlesSignals = false
        configuration.ledger.segmentBytes = 4 << 20
        configuration.ledger.keepsLog = true
        gateway = try Gateway(configuration)
        var observing = ObservatoryConfiguration(dataFolder: folder)
        observing.port = 0
        observing.indexesInIdleTime = false
        observing.proofKey = ProofKey(secret: [UInt8](repeating: 7, count: 32))
        change(&observing)
        observatory = try Observatory(observing, gateway: gateway, game: game, logger: Logger(label: "test"))
        port = try observatory.start()
    }

    /// Serves while `body` runs on a thread of its own, where it may block.
    static func serve(
        change: (inout ObservatoryConfiguration) -> Void = { _ in }, _ body: @escaping @Sendable (ObservedWorld) throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-observed-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let world = try ObservedWorld(folder, change)
        async let served: Void = world.gateway.serve()
        let result: Result<Void, any Error> = await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: Result { try body(world) }) }
        }
        world.gateway.stop()
        try await served
        world.observatory.stop()
        try result.get()
    }

    /// Has an action executed; returns its receipt. Blocks.
    @discardableResult
    func play(_ name: String, _ session: SessionIdentity, _ fields: [String: FieldValue]) throws -> (id: HistoryOperationID, receipt: Receipt) {
        let (code, payload) = try game.encodePayload(action: name, fields: fields)
        let mapped = payload.withUnsafeBytes { game.map(code: code, actor: .zero, payload: $0, session: session) }
        guard case .success(let transaction) = mapped else { throw Failed(what: "\(mapped)") }
        return try submit(transaction)
    }

    /// Has a transaction executed as an operation, whatever comes of it; its id. Blocks.
    func execute(_ transaction: Transaction) throws -> HistoryOperationID { try submit(transaction).id }

    private func submit(_ transaction: Transaction) throws -> (id: HistoryOperationID, receipt: Receipt) {
        let id = HistoryOperationID(high: 7, low: nextID.wrappingAdd(1, ordering: .relaxed).newValue)
        let done = DispatchSemaphore(value: 0)
        let answer = Mutex<Answer?>(nil)
        let isTaken = gateway.submit(LedgerOperation(id: id, transaction: transaction)) { said in
            answer.withLock { $0 = said }
            done.signal()
        }
        guard isTaken, done.wait(timeout: .now() + 20) == .success,
            case .final(_, _, _, let receipt, _)? = answer.withLock({ $0 })
        else { throw Failed(what: "no receipt: \(String(describing: answer.withLock { $0 }))") }
        return (id, receipt.decoded())
    }

    /// Gold for a player.
    @discardableResult
    func grant(_ amount: UInt64, to name: String) throws -> (id: HistoryOperationID, receipt: Receipt) {
        try play(
            "grant", SessionIdentity(role: .server, subject: "game"),
            [
                "player": .account(NamedAccount.player(name)), "faucet": .account(NamedAccount.faucet("load")),
                "reason": .number(1), "lines": .lines([AssetLine(asset: 1, amount: amount)]),
            ])
    }

    /// Gold from a player to another.
    @discardableResult
    func transfer(_ amount: UInt64, from name: String, to other: String) throws -> (id: HistoryOperationID, receipt: Receipt) {
        try play(
            "transferCoins", SessionIdentity(role: .player, subject: name),
            ["to": .account(NamedAccount.player(other)), "asset": .number(1), "amount": .number(amount)])
    }

    /// What the service answers to a text. Blocks.
    func answer(_ text: String) throws -> JSON? {
        let done = DispatchSemaphore(value: 0)
        let said = Mutex<[UInt8]?>(nil)
        observatory.service.answer(Array(text.utf8), caller: nil) { bytes in
            said.withLock { $0 = bytes }
            done.signal()
        }
        guard done.wait(timeout: .now() + 30) == .success else { throw Failed(what: "no answer to \(text.prefix(200))") }
        guard let bytes = said.withLock({ $0 }) else { return nil }
        return try JSONReader.value(bytes)
    }

    /// The result of a method; an error is thrown.
    func result(_ method: String, _ parameters: JSON = []) throws -> JSON {
        let request: JSON = ["jsonrpc": "2.0", "id": "1", "method": .string(method), "params": parameters]
        let answer = try #require(try answer(String(decoding: request.encoded, as: UTF8.self)))
        if let error = answer["error"] {
            throw Failed(what: "\(method): \(String(decoding: error.encoded, as: UTF8.self))")
        }
        return try #require(answer["result"], "\(method) gives no result")
    }

    /// The code of the error of a method; nil where it has none.
    func errorCode(_ method: String, _ parameters: JSON = []) throws -> Int? {
        let request: JSON = ["jsonrpc": "2.0", "id": "1", "method": .string(method), "params": parameters]
        guard case .number(let code)? = try answer(String(decoding: request.encoded, as: UTF8.self))?["error"]?["code"] else {
            return nil
        }
        return Int(code)
    }
}

/// Why a test cannot go on.
struct Failed: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}
