internal import EVM
internal import Economy
internal import Foundation
internal import GRDB
internal import Ledger

/// The index on disk: SQLite, written by the indexer alone and read by whoever asks.
///
/// Everything in it comes from the block log and may be deleted. It is not synced with every write: after a crash of the
/// system a damaged file is deleted and made again.
final class HistoryStore: Sendable {
    /// Changes with the tables: another version is deleted and made again.
    static let version = 2
    let pool: DatabasePool
    let path: String

    /// What the index knows of itself.
    struct Progress: Equatable, Sendable {
        /// The first and the last block in it; 0 where there is none.
        var first: UInt64 = 0
        var last: UInt64 = 0
        /// The digest of the last.
        var digest = Hash256.zero
        /// Where the receipts of the next block begin in the ledger's file.
        var receiptsOffset: Int?
        /// The running digest of results behind the last block; nil where the index does not begin at block 1.
        var resultsState: [UInt8]?
        /// Operations in it.
        var operations: UInt64 = 0
    }

    /// Opens the index of a world, or makes it; one of another world or version, or a damaged one, is replaced.
    init(path: String, world: Hash256) throws(HistoryError) {
        self.path = path
        if let opened = try? Self.open(path, world) {
            pool = opened
            return
        }
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            pool = try Self.open(path, world)
        } catch {
            throw HistoryError("the index \(path) cannot be made: \(error)")
        }
    }

    private static func open(_ path: String, _ world: Hash256) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.maximumReaderCount = 6
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY")
            try database.execute(sql: "PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=OFF")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write { database in
            let isNew = try !database.tableExists("meta")
            if isNew { try database.execute(sql: schema) }
            let known = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name='world'")
            if isNew {
                try database.execute(
                    sql: "INSERT INTO meta VALUES ('world', ?), ('version', ?)", arguments: [world.hex, String(version)])
            } else if try known != world.hex
                || String.fetchOne(database, sql: "SELECT value FROM meta WHERE name='version'") != String(version)
            {
                throw HistoryError("another world")
            }
        }
        return pool
    }

    private static let schema = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE blocks (number INTEGER PRIMARY KEY, digest BLOB NOT NULL, durable INTEGER NOT NULL,
            header BLOB NOT NULL, bloom BLOB NOT NULL, state BLOB, operations BLOB NOT NULL, results BLOB NOT NULL);
        CREATE UNIQUE INDEX digests ON blocks (digest);
        CREATE TABLE operations (id BLOB PRIMARY KEY, block INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE accounts (address BLOB, block INTEGER, place INTEGER, nonce INTEGER,
            PRIMARY KEY (address, block, place)) WITHOUT ROWID;
        CREATE TABLE senders (address BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE items (asset INTEGER, block INTEGER, place INTEGER, PRIMARY KEY (asset, block, place)) WITHOUT ROWID;
        CREATE TABLE prices (asset INTEGER, currency INTEGER, minute INTEGER, units INTEGER, paid INTEGER, low INTEGER,
            high INTEGER, PRIMARY KEY (asset, currency, minute)) WITHOUT ROWID;
        CREATE INDEX pricesByMinute ON prices (minute);
        CREATE TABLE flows (asset INTEGER, minute INTEGER, house INTEGER, units INTEGER,
            PRIMARY KEY (asset, minute, house)) WITHOUT ROWID;
        CREATE INDEX flowsByMinute ON flows (minute);
        CREATE TABLE actions (name TEXT, outcome TEXT, minute INTEGER, count INTEGER, gas INTEGER,
            PRIMARY KEY (name, outcome, minute)) WITHOUT ROWID;
        CREATE TABLE totals (name TEXT, outcome TEXT, count INTEGER, gas INTEGER, PRIMARY KEY (name, outcome)) WITHOUT ROWID;
        """

    /// How far the index has come.
    func progress() throws(HistoryError) -> Progress {
        try reading { database in
            var progress = Progress()
            func value(_ name: String) throws -> DatabaseValue? {
                try DatabaseValue.fetchOne(database, sql: "SELECT value FROM meta WHERE name=?", arguments: [name])
            }
            guard let last = try value("last").flatMap({ Int64.fromDatabaseValue($0) }) else { return progress }
            progress.last = UInt64(last)
            progress.first = UInt64(try value("first").flatMap { Int64.fromDatabaseValue($0) } ?? 0)
            progress.operations = UInt64(try value("operations").flatMap { Int64.fromDatabaseValue($0) } ?? 0)
            progress.receiptsOffset = try value("receiptsOffset").flatMap { Int.fromDatabaseValue($0) }
            progress.resultsState = try value("resultsState").flatMap { Data.fromDatabaseValue($0) }.map { [UInt8]($0) }
            if let digest = try value("digest").flatMap({ Data.fromDatabaseValue($0) }), digest.count == 32 {
                progress.digest = Hash256(bytes: digest)
            }
            return progress
        }
    }

    /// Reads; whatever the database says becomes one error.
    func reading<Value>(_ body: (Database) throws -> Value) throws(HistoryError) -> Value {
        do {
            return try pool.read(body)
        } catch let error as HistoryError {
            throw error
        } catch {
            throw HistoryError("the index cannot be read: \(error)")
        }
    }

    /// Forgets everything, for an index that begins anew.
    func clear() throws(HistoryError) {
        do {
            try pool.write { database in
                for table in ["blocks", "operations", "accounts", "senders", "items", "prices", "flows", "actions", "totals"] {
                    try database.execute(sql: "DELETE FROM \(table)")
                }
                try database.execute(sql: "DELETE FROM meta WHERE name NOT IN ('world', 'version')")
            }
        } catch {
            throw HistoryError("the index cannot be cleared: \(error)")
        }
    }

    /// Writes blocks, which follow one another, in one transaction.
    func write(_ blocks: [HistoryBlock], _ game: Game, _ progress: inout Progress) throws(HistoryError) {
        var next = progress
        do {
            try pool.write { database in
                var writer = try BlockWriter(database, game)
                for block in blocks { try writer.add(block, &next) }
                try writer.finish(next)
            }
        } catch let error as HistoryError {
            throw error
        } catch {
            throw HistoryError("the index cannot be written: \(error)")
        }
        progress = next
    }
}

extension Hash256 {
    /// The 32 bytes as the database keeps them.
    var data: Data { Data(bytes) }
}
