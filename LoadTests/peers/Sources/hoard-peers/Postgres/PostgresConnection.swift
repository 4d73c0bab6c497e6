import CPostgres
import Foundation

/// One connection with one operation under way at most; nothing here waits once it is prepared.
///
///     idle -> operating -> idle
///             operating -> asking (the key was there before) -> idle
final class PostgresConnection {
    private enum Stage { case idle, operating, asking }

    private static let operateName = "operate"
    private static let outcomeName = "outcome"
    private let connection: OpaquePointer
    private var stage = Stage.idle
    private var request: Request?
    /// Seven parameters in network order: id (16 bytes), five numbers of 4, one of 8.
    private let parameters = UnsafeMutableRawPointer.allocate(byteCount: 44, alignment: 8)
    private let values: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private static let lengths: [Int32] = [16, 4, 4, 4, 4, 4, 8]
    private static let formats = [Int32](repeating: 1, count: 7)

    /// Connects to a server on loopback.
    init(port: Int) throws {
        connection = PQconnectdb("host=127.0.0.1 port=\(port) user=postgres dbname=postgres")!
        values = .allocate(capacity: 7)
        var offset = 0
        for (index, length) in Self.lengths.enumerated() {
            values[index] = UnsafePointer((parameters + offset).assumingMemoryBound(to: CChar.self))
            offset += Int(length)
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            let failure = message
            close()
            throw PeerFailure(description: "PostgreSQL: \(failure)")
        }
    }

    deinit {
        parameters.deallocate()
        values.deallocate()
    }

    /// The socket to watch.
    var socket: Int32 { PQsocket(connection) }

    /// Ends the connection; nothing else may be called afterwards.
    func close() { PQfinish(connection) }

    /// Prepares the two statements.
    func prepare() throws {
        let statements = [
            (Self.operateName, "SELECT operate($1::uuid, $2::int, $3::int, $4::int, $5::int, $6::int, $7::bigint)"),
            (Self.outcomeName, "SELECT outcome::int FROM ledger WHERE id = $1::uuid"),
        ]
        for (name, text) in statements {
            let result = PQprepare(connection, name, text, 0, nil)
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw PeerFailure(description: message) }
        }
    }

    /// Runs statements and waits.
    func execute(_ text: String) throws {
        let result = PQexec(connection, text)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else { throw PeerFailure(description: message) }
    }

    /// The first column of a question's answer.
    func numbers(_ text: String) throws -> [Int64] {
        let result = PQexec(connection, text)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK else { throw PeerFailure(description: message) }
        return (0..<PQntuples(result)).map { row in
            PQgetvalue(result, row, 0).flatMap { Int64(String(cString: $0)) } ?? 0
        }
    }

    /// Sends an operation.
    func send(_ request: Request) throws {
        let operation = request.operation
        parameters.storeBytes(of: request.high.bigEndian, as: UInt64.self)
        parameters.storeBytes(of: request.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        let numbers = (
            operation.peerKind, Int32(operation.player), Int32(operation.counterparty), Int32(operation.item),
            Int32(operation.quantity)
        )
        parameters.storeBytes(of: numbers.0.bigEndian, toByteOffset: 16, as: Int32.self)
        parameters.storeBytes(of: numbers.1.bigEndian, toByteOffset: 20, as: Int32.self)
        parameters.storeBytes(of: numbers.2.bigEndian, toByteOffset: 24, as: Int32.self)
        parameters.storeBytes(of: numbers.3.bigEndian, toByteOffset: 28, as: Int32.self)
        parameters.storeBytes(of: numbers.4.bigEndian, toByteOffset: 32, as: Int32.self)
        // Seven parameters end on 44 bytes, so the last begins off an 8-byte boundary.
        (parameters + 36).copyMemory(from: [Int64(operation.gold).bigEndian], byteCount: 8)
        self.request = request
        stage = .operating
        try sendStatement(Self.operateName, parameterCount: 7)
    }

    /// The end of the operation under way, if it has come; call again until nil.
    func receive() throws -> (Request, Outcome)? {
        guard PQconsumeInput(connection) == 1 else { throw PeerFailure(description: message) }
        guard stage != .idle, PQisBusy(connection) == 0, let result = PQgetResult(connection) else { return nil }
        let outcome = try outcome(result)
        // The end of the answer: what the server sends after the result is here or about to be.
        while let rest = PQgetResult(connection) { PQclear(rest) }
        guard let outcome, let request else {
            stage = .asking
            try sendStatement(Self.outcomeName, parameterCount: 1)
            return nil
        }
        stage = .idle
        return (request, outcome)
    }

    /// The outcome that a result holds; nil when the key was there before. Frees the result.
    private func outcome(_ result: OpaquePointer) throws -> Outcome? {
        defer { PQclear(result) }
        if PQresultStatus(result) == PGRES_TUPLES_OK, PQntuples(result) == 1, PQgetlength(result, 0, 0) == 4,
            let bytes = PQgetvalue(result, 0, 0)
        {
            let number = UnsafeRawPointer(bytes).loadUnaligned(as: Int32.self).bigEndian
            if let outcome = Outcome(rawValue: Int(number)) { return outcome }
        }
        // 23505: unique_violation.
        let state = PQresultErrorField(result, 67).map { String(cString: $0) }
        guard stage == .operating, state == "23505" else {
            throw PeerFailure(description: "PostgreSQL: " + String(cString: PQresultErrorMessage(result)))
        }
        return nil
    }

    private func sendStatement(_ name: String, parameterCount: Int32) throws {
        guard
            PQsendQueryPrepared(connection, name, parameterCount, values, Self.lengths, Self.formats, 1) == 1
        else { throw PeerFailure(description: message) }
    }

    private var message: String { String(cString: PQerrorMessage(connection)) }
}
