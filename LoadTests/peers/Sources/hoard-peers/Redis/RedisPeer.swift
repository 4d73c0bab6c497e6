import Foundation

/// Workload W on Redis: one function call an operation, several under way on each connection, one thread for all.
final class RedisPeer: Peer {
    private let settings: PeerSettings
    private var server: RedisServer?
    private var connections: [RedisConnection] = []

    /// A peer that is not started yet.
    init(_ settings: PeerSettings) { self.settings = settings }

    func open() throws {
        let server = try RedisServer(folder: settings.folder)
        self.server = server
        let deadline = MonotonicClock.nanoseconds() + 30_000_000_000
        while connections.isEmpty {
            do {
                connections.append(try RedisConnection(port: server.port))
            } catch {
                if server.hasEnded || MonotonicClock.nanoseconds() > deadline { throw error }
                MonotonicClock.sleep(milliseconds: 10)
            }
        }
        while connections.count < settings.clients { connections.append(try RedisConnection(port: server.port)) }
        try fill(connections[0])
        _ = try connections[0].ask(["FUNCTION", "LOAD", settings.designText("lua")])
    }

    func drive(_ source: any WorkSource) throws {
        var poller = Poller(connections.map(\.socket))
        var underWay = 0
        for connection in connections {
            while connection.count < settings.pipeline, let request = source.next() {
                connection.append(request)
                underWay += 1
            }
            try connection.flush()
        }
        while underWay > 0 {
            let heard = try poller.wait { number in
                let connection = connections[number]
                try connection.receive { answer in
                    guard let outcome = Outcome(rawValue: Int(answer)) else {
                        throw PeerFailure(description: "Redis answered \(answer)")
                    }
                    source.ended(connection.takeOldest(), outcome)
                    underWay -= 1
                }
                while connection.count < settings.pipeline, let request = source.next() {
                    connection.append(request)
                    underWay += 1
                }
                try connection.flush()
            }
            if !heard { throw PeerFailure(description: "Redis gave no answer for ten seconds") }
        }
    }

    func totals() throws -> Totals {
        let connection = connections[0]
        func sum(_ field: String) throws -> Int64 {
            try connection.ask([
                "EVAL",
                """
                local sum = 0
                for n = 0, ARGV[2] - 1 do sum = sum + redis.call('HGET', 'p' .. n, ARGV[1]) end
                return sum
                """, "0", field, String(settings.scenario.players),
            ])
        }
        return Totals(
            gold: try sum("g"),
            treasury: try connection.ask(["EVAL", "return tonumber(redis.call('GET', 'treasury') or 0)", "0"]),
            items: try (0..<settings.scenario.start.itemKinds).map { try sum(String($0)) },
            ledgerEntries: try connection.ask(["HLEN", "ledger"]))
    }

    var processorTime: ProcessorTime { ProcessTree.processorTime(of: server?.processID ?? -1) }

    func close() {
        for connection in connections { connection.close() }
        connections = []
        server?.stop()
        server = nil
    }

    /// Gives every player gold and items.
    private func fill(_ connection: RedisConnection) throws {
        let start = settings.scenario.start
        var answers = 0
        for player in 0..<settings.scenario.players {
            var words = ["HSET", "p\(player)", "g", String(start.gold)]
            for kind in 0..<start.itemKinds { words += [String(kind), String(start.itemQuantity)] }
            connection.append(words)
            if player % 100 == 99 || player == settings.scenario.players - 1 {
                try connection.flush()
                while answers <= player { try connection.receive { _ in answers += 1 } }
            }
        }
    }
}
