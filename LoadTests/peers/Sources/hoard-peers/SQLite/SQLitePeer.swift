import CSQLite
import Foundation

/// Workload W on SQLite, in this process: a transaction for each batch of operations, on disk before any has ended.
final class SQLitePeer: Peer {
    /// Durable at every commit; the log is written back when it has 16,000 pages (62 MiB), not every thousand.
    static let pragmas = [
        "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=16000",
        "PRAGMA cache_size=-400000", "PRAGMA locking_mode=EXCLUSIVE",
    ]

    private let settings: PeerSettings
    private var database: OpaquePointer?
    private var statements: [OpaquePointer?] = []

    private enum Statement: Int, CaseIterable {
        case begin, commit, outcome, pay, earn, give, take, enter

        var text: String {
            switch self {
            case .begin: "BEGIN IMMEDIATE"
            case .commit: "COMMIT"
            case .outcome: "SELECT outcome FROM ledger WHERE id = ?1"
            case .pay: "UPDATE player SET gold = gold - ?2 WHERE player = ?1 AND gold >= ?2"
            case .earn: "UPDATE player SET gold = gold + ?2 WHERE player = ?1"
            case .give:
                "UPDATE inventory SET quantity = quantity - ?3 WHERE player = ?1 AND item = ?2 AND quantity >= ?3"
            case .take:
                """
                INSERT INTO inventory VALUES (?1, ?2, ?3)
                ON CONFLICT (player, item) DO UPDATE SET quantity = quantity + ?3
                """
            case .enter: "INSERT INTO ledger VALUES (?1, unixepoch(), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            }
        }
    }

    /// A peer that is not started yet.
    init(_ settings: PeerSettings) { self.settings = settings }

    func open() throws {
        guard sqlite3_open(settings.folder + "/store.sqlite", &database) == SQLITE_OK else {
            throw PeerFailure(description: "SQLite: \(message)")
        }
        for text in Self.pragmas { try execute(text) }
        try execute("BEGIN;" + settings.designText("sql") + ";COMMIT")
        try execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for statement in Statement.allCases {
            var prepared: OpaquePointer?
            let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
            guard sqlite3_prepare_v3(database, statement.text, -1, flags, &prepared, nil) == SQLITE_OK else {
                throw PeerFailure(description: "SQLite: \(message)")
            }
            statements.append(prepared)
        }
    }

    func drive(_ source: any WorkSource) throws {
        var batch: [(request: Request, outcome: Outcome)] = []
        while true {
            batch.removeAll(keepingCapacity: true)
            while batch.count < settings.pipeline, let request = source.next() { batch.append((request, .done)) }
            if batch.isEmpty { return }
            try step(.begin)
            for index in batch.indices { batch[index].outcome = try perform(batch[index].request) }
            try step(.commit)
            for (request, outcome) in batch { source.ended(request, outcome) }
        }
    }

    func totals() throws -> Totals {
        Totals(
            gold: try numbers("SELECT sum(gold) FROM player").first ?? 0,
            treasury: try numbers("SELECT coalesce(sum(treasury), 0) FROM ledger").first ?? 0,
            items: try numbers("SELECT sum(quantity) FROM inventory GROUP BY item ORDER BY item"),
            ledgerEntries: try numbers("SELECT count(*) FROM ledger").first ?? 0)
    }

    var processorTime: ProcessorTime {
        ProcessorTime.of(processID: getpid()) ?? ProcessorTime(userMicroseconds: 0, systemMicroseconds: 0)
    }

    func close() {
        for statement in statements { sqlite3_finalize(statement) }
        statements = []
        sqlite3_close(database)
        database = nil
    }

    /// One operation within a transaction; what a refused one began is taken back by hand.
    private func perform(_ request: Request) throws -> Outcome {
        let id = (request.high.bigEndian, request.low.bigEndian)
        if let known = try known(id) { return known }
        let operation = request.operation
        let player = Int64(operation.player)
        let other = Int64(operation.counterparty)
        let item = Int64(operation.item)
        let quantity = Int64(operation.quantity)
        let gold = Int64(operation.gold)
        var outcome = Outcome.done
        var treasury: Int64 = 0
        switch operation.kind {
        case .purchase:
            if try change(.pay, player, gold) {
                treasury = gold
                _ = try change(.take, player, item, quantity)
            } else {
                outcome = .refused
            }
        case .trade:
            if try !change(.give, player, item, quantity) {
                outcome = .refused
            } else if try !change(.pay, other, gold) {
                _ = try change(.take, player, item, quantity)
                outcome = .refused
            } else {
                treasury = Int64(operation.fee)
                _ = try change(.take, other, item, quantity)
                _ = try change(.earn, player, gold - treasury)
            }
        default:
            _ = try change(.earn, player, gold)
            _ = try change(.take, player, item, quantity)
        }
        let enter = statements[Statement.enter.rawValue]
        try withUnsafeBytes(of: id) { bytes in
            sqlite3_bind_blob(enter, 1, bytes.baseAddress, 16, nil)
            _ = try change(
                .enter, from: 2, Int64(operation.peerKind), player, other, item, quantity, gold,
                outcome == .done ? treasury : 0, Int64(outcome.rawValue))
        }
        return outcome
    }

    /// How an operation of this key ended before; nil when the key is new.
    private func known(_ id: (UInt64, UInt64)) throws -> Outcome? {
        let statement = statements[Statement.outcome.rawValue]
        defer { sqlite3_reset(statement) }
        return try withUnsafeBytes(of: id) { bytes in
            sqlite3_bind_blob(statement, 1, bytes.baseAddress, 16, nil)
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return nil
            case SQLITE_ROW: return Outcome(rawValue: Int(sqlite3_column_int(statement, 0)))
            default: throw PeerFailure(description: "SQLite: \(message)")
            }
        }
    }

    /// Runs a statement that changes rows; whether it changed any.
    private func change(_ name: Statement, from first: Int32 = 1, _ values: Int64...) throws -> Bool {
        let statement = statements[name.rawValue]
        for (index, value) in values.enumerated() { sqlite3_bind_int64(statement, first + Int32(index), value) }
        try step(name)
        return sqlite3_changes(database) > 0
    }

    private func step(_ name: Statement) throws {
        let statement = statements[name.rawValue]
        defer { sqlite3_reset(statement) }
        guard sqlite3_step(statement) == SQLITE_DONE else { throw PeerFailure(description: "SQLite: \(message)") }
    }

    private func execute(_ text: String) throws {
        guard sqlite3_exec(database, text, nil, nil, nil) == SQLITE_OK else {
            throw PeerFailure(description: "SQLite: \(message)")
        }
    }

    private func numbers(_ text: String) throws -> [Int64] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, text, -1, &statement, nil) == SQLITE_OK else {
            throw PeerFailure(description: "SQLite: \(message)")
        }
        defer { sqlite3_finalize(statement) }
        var found: [Int64] = []
        while sqlite3_step(statement) == SQLITE_ROW { found.append(sqlite3_column_int64(statement, 0)) }
        return found
    }

    private var message: String { String(cString: sqlite3_errmsg(database)) }
}
