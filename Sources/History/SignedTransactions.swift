public import EVM
internal import Foundation
internal import GRDB
public import Ledger

/// The signed bytes of the transactions that came in signed: the ledger keeps the sender, not the signature, and the hash by
/// which the world knows such a transaction is that of these bytes. Not part of the index, since no log has them.
final class SignedTransactions: Sendable {
    private let queue: DatabaseQueue

    init(path: String) throws(HistoryError) {
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL") }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write {
                try $0.execute(sql: "CREATE TABLE IF NOT EXISTS signed (id BLOB PRIMARY KEY, raw BLOB NOT NULL) WITHOUT ROWID")
            }
        } catch {
            throw HistoryError("signed transactions cannot be kept in \(path): \(error)")
        }
    }

    /// Keeps the bytes of one.
    func put(_ id: OperationID, _ raw: [UInt8]) throws(HistoryError) {
        do {
            try queue.write {
                try $0.execute(sql: "INSERT OR IGNORE INTO signed VALUES (?, ?)", arguments: [Data(id.bytes), Data(raw)])
            }
        } catch {
            throw HistoryError("a signed transaction cannot be kept: \(error)")
        }
    }

    /// The bytes of one; nil where they are not known.
    func raw(_ id: OperationID) -> [UInt8]? {
        let found = try? queue.read {
            try Data.fetchOne($0, sql: "SELECT raw FROM signed WHERE id = ?", arguments: [Data(id.bytes)])
        }
        return found.map { [UInt8]($0) }
    }
}

/// The ledger's operation id, where another module has one of its own name.
public typealias HistoryOperationID = OperationID

extension History {
    /// The operation id of a signed transaction: the first half of its hash.
    public static func operationID(ofHash hash: Hash256) -> OperationID {
        OperationID(high: hash.word.l3, low: hash.word.l2)
    }

    /// Keeps the signed bytes of a transaction that is about to be submitted, and returns its hash and its id.
    public func keep(signed raw: [UInt8]) throws(HistoryError) -> (hash: Hash256, id: OperationID) {
        let hash = keccak256(raw)
        let id = Self.operationID(ofHash: hash)
        try signed.put(id, raw)
        return (hash, id)
    }

    /// The hash of an operation's transaction: of the signed bytes where they are known, else the operation id and the first
    /// half of the hash of the ledger's own encoding. Either begins with the operation id.
    public func hash(of entry: LedgerEntry) -> Hash256 {
        if entry.transaction.kind != .session, let raw = signed.raw(entry.id) { return keccak256(raw) }
        let rest = keccak256(BlockCoding.encoded(entry.transaction)).word
        return Hash256(word: U256(rest.l2, rest.l3, entry.id.low, entry.id.high))
    }

    /// The signed bytes of an operation's transaction; nil for a session's.
    public func signedBytes(of entry: LedgerEntry) -> [UInt8]? {
        entry.transaction.kind == .session ? nil : signed.raw(entry.id)
    }
}
