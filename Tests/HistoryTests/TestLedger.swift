import EVM
import Economy
import Foundation
import Gateway
import History
import Ledger
import Synchronization
import Wire

/// The ledger's operation id, told from that of the wire.
typealias LedgerID = HistoryOperationID

/// A ledger with the project's own game in a folder of its own, and a history that follows it.
final class TestLedger: @unchecked Sendable {
    // Sendable: used by one test's thread; answers are counted under a lock.
    static let game = Result {
        try Game.load(
            folder: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("GameData").path)
    }

    let folder: String
    let game: Game
    let genesis: LedgerGenesis
    let ledger: Ledger
    let history: History
    private let answered = Mutex(0)
    private var submitted = 0
    private var nextID: UInt64 = 1

    init(folder: String? = nil, feed: BlockFeed = BlockFeed()) throws {
        let path =
            folder ?? FileManager.default.temporaryDirectory.appendingPathComponent("hoard-history-\(UUID().uuidString)").path
        self.folder = path
        game = try Self.game.get()
        genesis = Gateway.ledgerGenesis(of: game)
        var configuration = LedgerConfiguration()
        configuration.segmentBytes = 4 << 20
        configuration.keepsLog = true
        configuration.anchorMilliseconds = 0
        ledger = try Ledger(genesis: genesis, folder: path, configuration: configuration)
        history = try History(dataFolder: path, genesis: genesis, game: game, durable: ledger.status.blocks, feed: feed)
        try ledger.observe(feed)
        ledger.start { [self] answers in answered.withLock { $0 += answers.count } }
    }

    /// Submits transactions and waits until all are answered.
    func submit(_ transactions: [Transaction], idBase: UInt64 = 0) throws {
        for transaction in transactions {
            let operation = LedgerOperation(id: LedgerID(high: idBase, low: nextID), transaction: transaction)
            nextID += 1
            submitted += 1
            guard ledger.submit([.operation(operation)]) == 1 else { throw Failed(what: "the queue is full") }
        }
        for _ in 0..<5_000 {
            if answered.withLock({ $0 }) >= submitted { return }
            usleep(1_000)
        }
        throw Failed(what: "no answer")
    }

    /// A grant of gold by a game server.
    func grant(_ amount: UInt64, to name: String) throws -> Transaction {
        try action(
            "grant", .init(role: .server, subject: "game"),
            [
                "player": .account(NamedAccount.player(name)), "faucet": .account(NamedAccount.faucet("load")),
                "reason": .number(1), "lines": .lines([AssetLine(asset: 1, amount: amount)]),
            ])
    }

    /// Gold from a player to another.
    func transfer(_ amount: UInt64, from name: String, to other: String) throws -> Transaction {
        try action(
            "transferCoins", .init(role: .player, subject: name),
            ["to": .account(NamedAccount.player(other)), "asset": .number(1), "amount": .number(amount)])
    }

    private func action(_ name: String, _ session: SessionIdentity, _ fields: [String: FieldValue]) throws -> Transaction {
        let (code, payload) = try game.encodePayload(action: name, fields: fields)
        let mapped = payload.withUnsafeBytes { game.map(code: code, actor: .zero, payload: $0, session: session) }
        switch mapped {
        case .success(let transaction): return transaction
        case .failure(let refusal): throw Failed(what: refusal.message)
        }
    }

    /// Ends the ledger; the folder stays.
    func stop() { ledger.drainAndStop() }

    /// Removes everything.
    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

/// Why a test cannot go on.
struct Failed: Error {
    let what: String
}
