import CPostgres
import Foundation

/// Workload W on PostgreSQL: one prepared function call an operation and connection, all connections on one thread.
final class PostgresPeer: Peer {
    private let settings: PeerSettings
    private var server: PostgresServer?
    private var connections: [PostgresConnection] = []

    /// A peer that is not started yet.
    init(_ settings: PeerSettings) { self.settings = settings }

    func open() throws {
        let server = try PostgresServer(folder: settings.folder)
        self.server = server
        let first = try connect(server)
        try first.execute(settings.designText("sql"))
        try first.execute("VACUUM ANALYZE")
        try first.execute("CHECKPOINT")
        connections = [first]
        while connections.count < settings.clients { connections.append(try connect(server)) }
        for connection in connections { try connection.prepare() }
    }

    func drive(_ source: any WorkSource) throws {
        var poller = Poller(connections.map(\.socket))
        var underWay = 0
        for connection in connections {
            if let request = source.next() {
                try connection.send(request)
                underWay += 1
            }
        }
        while underWay > 0 {
            let heard = try poller.wait { number in
                let connection = connections[number]
                while let (request, outcome) = try connection.receive() {
                    source.ended(request, outcome)
                    guard let next = source.next() else {
                        underWay -= 1
                        return
                    }
                    try connection.send(next)
                }
            }
            if !heard { throw PeerFailure(description: "PostgreSQL gave no answer for ten seconds") }
        }
    }

    func totals() throws -> Totals {
        let connection = connections[0]
        let items = try connection.numbers("SELECT sum(quantity)::bigint FROM inventory GROUP BY item ORDER BY item")
        return Totals(
            gold: try connection.numbers("SELECT sum(gold)::bigint FROM player").first ?? 0,
            treasury: try connection.numbers("SELECT gold FROM treasury_gold").first ?? 0, items: items,
            ledgerEntries: try connection.numbers("SELECT count(*) FROM ledger").first ?? 0)
    }

    var processorTime: ProcessorTime { ProcessTree.processorTime(of: server?.processID ?? -1) }

    func close() {
        for connection in connections { connection.close() }
        connections = []
        server?.stop()
        server = nil
    }

    /// Tries until the server accepts, at most half a minute.
    private func connect(_ server: PostgresServer) throws -> PostgresConnection {
        let deadline = MonotonicClock.nanoseconds() + 30_000_000_000
        while true {
            do {
                return try PostgresConnection(port: server.port)
            } catch {
                if server.hasEnded || MonotonicClock.nanoseconds() > deadline { throw error }
                MonotonicClock.sleep(milliseconds: 20)
            }
        }
    }
}
