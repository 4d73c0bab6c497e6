import Foundation

/// One line of figures: a store, a design, a number of clients.
struct PeerReport {
    var peer: String
    var design: String
    var clients: Int
    var pipeline: Int
    var zipf: Double
    var operations: UInt64
    var seconds: Double
    var latency: LatencySummary
    var serverCpuMicrosecondsPerOperation: Double
    /// CPU of the driver per operation; nil where store and driver are one process.
    var driverCpuMicrosecondsPerOperation: Double?
    var refused: UInt64
    /// Whether gold, items and the ledger add up to what the answers say, and repeats changed nothing.
    var conserved: Bool

    /// Operations a second.
    var operationsPerSecond: Double { Double(operations) / seconds }

    /// As one JSON object; the names of its keys are an interface.
    var json: JSONText {
        .object([
            ("peer", .text(peer)), ("design", .text(design)), ("clients", .count(clients)),
            ("pipeline", .count(pipeline)), ("zipf", .decimal(zipf, places: 2)), ("operations", .count(operations)),
            ("operationsPerSecond", .decimal(operationsPerSecond, places: 1)),
            ("p50", .decimal(latency.p50, places: 3)), ("p99", .decimal(latency.p99, places: 3)),
            (
                "serverCpuMicrosecondsPerOperation",
                .decimal(serverCpuMicrosecondsPerOperation, places: 2)
            ),
            (
                "driverCpuMicrosecondsPerOperation",
                driverCpuMicrosecondsPerOperation.map { .decimal($0, places: 2) } ?? .null
            ),
            ("refused", .count(refused)),
            ("refusedPercent", .decimal(Double(refused) * 100 / Double(max(1, operations)), places: 2)),
            ("conserved", .truth(conserved)),
        ])
    }
}

/// Starts a peer, drives it through warm-up and window, checks what it holds, and stops it.
struct PeerRun {
    var name: String
    var design: String
    var settings: PeerSettings
    var prices: [UInt64]
    var seed: UInt64
    /// Makes the peer; in process means that its CPU time is ours.
    var peer: any Peer
    var isInProcess: Bool

    /// Does it all; problems found at the end go to `complain`.
    func run(complain: (String) -> Void) throws -> PeerReport {
        try peer.open()
        defer { peer.close() }
        var server: (begin: ProcessorTime?, end: ProcessorTime?)
        var own: (begin: ProcessorTime?, end: ProcessorTime?)
        let work = MeasuredWork(
            scenario: settings.scenario, prices: prices, seed: seed,
            high: UInt64(Date().timeIntervalSince1970 * 1000) << 16 | UInt64(getpid() & 0xFFFF)
        ) { begins in
            let times = (peer.processorTime, ProcessorTime.of(processID: getpid()))
            if begins { (server.begin, own.begin) = times } else { (server.end, own.end) = times }
        }
        try peer.drive(work)
        guard let serverBegin = server.begin, let serverEnd = server.end, let ownBegin = own.begin,
            let ownEnd = own.end, work.operations > 0
        else { throw PeerFailure(description: "\(name) answered nothing within the window") }
        let repeated = RepeatedWork(work.last)
        try peer.drive(repeated)
        let problems = Self.problems(try peer.totals(), work, repeated, settings.scenario)
        for problem in problems { complain("\(name) \(design): \(problem)") }
        let count = Double(work.operations)
        return PeerReport(
            peer: name, design: design, clients: settings.clients, pipeline: settings.pipeline,
            zipf: settings.scenario.zipf, operations: work.operations, seconds: work.seconds,
            latency: work.latencies.summary,
            serverCpuMicrosecondsPerOperation: serverEnd.since(serverBegin).totalMicroseconds / count,
            driverCpuMicrosecondsPerOperation: isInProcess
                ? nil : ownEnd.since(ownBegin).totalMicroseconds / count,
            refused: work.refused, conserved: problems.isEmpty)
    }

    /// What does not add up, in words.
    static func problems(
        _ totals: Totals, _ work: MeasuredWork, _ repeated: RepeatedWork, _ scenario: Scenario
    ) -> [String] {
        var problems: [String] = []
        func compare(_ what: String, _ have: Int64, _ need: Int64) {
            if have != need { problems.append("\(what): \(have) in the store, \(need) by the answers") }
        }
        compare("gold of the players", totals.gold, work.book.gold.reduce(0, +))
        compare("gold of the treasury", totals.treasury, work.treasury)
        compare("entries of the ledger", totals.ledgerEntries, work.ended)
        for kind in 0..<scenario.start.itemKinds {
            let need = (0..<scenario.players).reduce(0) { $0 + work.book.quantity(player: $1, item: kind) }
            compare("items of kind \(kind)", kind < totals.items.count ? totals.items[kind] : 0, need)
        }
        if repeated.different > 0 { problems.append("\(repeated.different) repeats ended otherwise") }
        return problems
    }
}
