/// The figures of one measured window.
struct LoadReport {
    var scenario: String
    /// Operations answered as final within the window, refused ones included.
    var operations: UInt64
    /// Length of the window.
    var seconds: Double
    /// Operations that a contract or the server refused.
    var refused: UInt64
    /// Answers that should not happen, lost connections, and differences found at the end.
    var errors: UInt64
    var latency: LatencySummary
    /// CPU of the server per operation; nil when the server is not ours to watch.
    var serverCpuMicrosecondsPerOperation: Double?
    /// CPU of this program per operation, which the server has to do without when they share cores.
    var generatorCpuMicrosecondsPerOperation: Double? = nil
    /// The server's own figures over the window; nil when it gave none.
    var server: ServerFigures?
    var cores: Int
    /// Write and sync of 4 KiB on the same disk just before the load; nil for a server that is not ours.
    var bareSync: BareSync? = nil
    /// Connections and operations under way on each.
    var connections = 0
    var inFlight = 0
    /// Memory of the server, beyond the kernel's, by connections: once all are greeted, and at the end of the window.
    var residentBytesPerConnection: (greeted: Double, used: Double)? = nil
    /// What went wrong on purpose; nil where the scenario has none of it.
    var disturbances: DisturbanceCounts? = nil
    /// What a million operations cost, where that was asked for.
    var cost: Cost? = nil

    /// Operations a second.
    var operationsPerSecond: Double { seconds > 0 ? Double(operations) / seconds : 0 }

    /// The report as one JSON object; the names of its keys are an interface.
    var json: JSONText {
        .object([
            ("scenario", .text(scenario)),
            ("operations", .count(operations)),
            ("operationsPerSecond", .decimal(operationsPerSecond, places: 1)),
            ("refused", .count(refused)),
            ("errors", .count(errors)),
            ("latencyMilliseconds", latency.json),
            (
                "serverCpuMicrosecondsPerOperation",
                Self.decimal(serverCpuMicrosecondsPerOperation, places: 3)
            ),
            ("gasPerOperation", Self.decimal(gasPerOperation, places: 1)),
            ("gasPerSecond", Self.decimal(gasPerSecond, places: 0)),
            ("blocks", server.map { .count($0.blocks) } ?? .null),
            ("operationsPerBlock", Self.decimal(operationsPerBlock, places: 2)),
            ("executor", server.map { .text($0.executor) } ?? .null),
            ("workers", server.map { .count($0.workers) } ?? .null),
            ("cores", .count(cores)),
            (
                "diskSyncMilliseconds",
                .object([
                    ("p50", Self.decimal(server?.diskSyncP50Milliseconds, places: 3)),
                    ("p99", Self.decimal(server?.diskSyncP99Milliseconds, places: 3)),
                ])
            ),
            (
                "bareSyncMilliseconds",
                .object([
                    ("p50", Self.decimal(bareSync?.p50Milliseconds, places: 3)),
                    ("p99", Self.decimal(bareSync?.p99Milliseconds, places: 3)),
                ])
            ),
            (
                "generatorCpuMicrosecondsPerOperation",
                Self.decimal(generatorCpuMicrosecondsPerOperation, places: 3)
            ),
            ("connections", .count(connections)), ("inFlight", .count(inFlight)),
            (
                "residentBytesPerConnection",
                .object([
                    ("greeted", Self.decimal(residentBytesPerConnection?.greeted, places: 0)),
                    ("used", Self.decimal(residentBytesPerConnection?.used, places: 0)),
                ])
            ),
            ("disturbances", disturbances?.json ?? .null), ("cost", cost?.json ?? .null),
        ])
    }

    /// Gas of an operation on average, by the server's own count of both.
    var gasPerOperation: Double? {
        guard let server, server.operations > 0 else { return nil }
        return Double(server.gas) / Double(server.operations)
    }

    /// Gas a second.
    var gasPerSecond: Double? { gasPerOperation.map { $0 * operationsPerSecond } }

    /// Operations in a micro-block on average.
    var operationsPerBlock: Double? {
        guard let server, server.blocks > 0 else { return nil }
        return Double(server.operations) / Double(server.blocks)
    }

    /// The report for people.
    var text: String {
        var lines = [String]()
        func line(_ name: String, _ value: String) {
            lines.append(name + String(repeating: " ", count: max(1, 22 - name.count)) + value)
        }
        func number(_ value: Double?, _ places: Int, _ unit: String) -> String {
            value.map { JSONText.number($0, places: places) + " " + unit } ?? "unknown"
        }
        let refusedShare = operations > 0 ? Double(refused) * 100 / Double(operations) : 0
        line("scenario", scenario)
        line("operations", "\(operations) in \(JSONText.number(seconds, places: 2)) s")
        line("throughput", number(operationsPerSecond, 0, "operations/s"))
        line("refused", "\(refused) (\(JSONText.number(refusedShare, places: 2)) %)")
        line("errors", "\(errors)")
        line(
            "latency",
            "p50 \(number(latency.p50, 3, "ms"))  p90 \(number(latency.p90, 3, "ms"))"
                + "  p99 \(number(latency.p99, 3, "ms"))  p99.9 \(number(latency.p999, 3, "ms"))"
                + "  max \(number(latency.max, 3, "ms"))")
        line("server CPU", number(serverCpuMicrosecondsPerOperation, 2, "us/operation"))
        line("load's own CPU", number(generatorCpuMicrosecondsPerOperation, 2, "us/operation"))
        line(
            "gas",
            number(gasPerOperation, 0, "/operation") + ", "
                + number(gasPerSecond.map { $0 / 1e6 }, 0, "million/s"))
        line(
            "micro-blocks",
            (server.map { "\($0.blocks)" } ?? "unknown") + ", "
                + number(operationsPerBlock, 1, "operations each"))
        line(
            "disk sync",
            "p50 \(number(server?.diskSyncP50Milliseconds, 3, "ms"))"
                + "  p99 \(number(server?.diskSyncP99Milliseconds, 3, "ms"))")
        line(
            "bare sync",
            "p50 \(number(bareSync?.p50Milliseconds, 3, "ms"))  p99 \(number(bareSync?.p99Milliseconds, 3, "ms"))")
        line(
            "connections",
            "\(connections) x \(inFlight) under way, \(number(residentBytesPerConnection?.greeted, 0, "bytes")) each"
                + " of the server's memory, \(number(residentBytesPerConnection?.used, 0, "bytes")) at the end")
        if let disturbances {
            line(
                "on purpose",
                "\(disturbances.repeats) repeats, \(disturbances.tooLittle) with too little,"
                    + " \(disturbances.disconnects) disconnects (\(disturbances.retried) sent again,"
                    + " \(disturbances.alreadyDone) of them done before)")
        }
        if let cost { line("cost", cost.text) }
        line(
            "executor",
            (server.map { "\($0.executor), \($0.workers) workers" } ?? "unknown")
                + ", \(cores) cores shared with the load")
        return lines.joined(separator: "\n")
    }

    private static func decimal(_ value: Double?, places: Int) -> JSONText {
        value.map { .decimal($0, places: places) } ?? .null
    }
}

/// What a server counted between two moments.
struct ServerFigures: Equatable {
    var blocks: UInt64
    var operations: UInt64
    var gas: UInt64
    var executor: String
    var workers: Int
    var diskSyncP50Milliseconds: Double?
    var diskSyncP99Milliseconds: Double?
}
