import EventLoop
import Foundation
import Wire

/// One run of a scenario against one server: connect, hand out, load, compare.
final class ScenarioRun {
    /// Players that an end check asks for at most; beyond, evenly spread ones.
    static let checkedPlayersMax = 20_000

    private let scenario: Scenario
    private let arrivals: Arrivals
    private let table: GameTable
    private let accounts: [Account]
    private let writer: ActionWriter
    private let server: ServerUnderTest
    private let driver: LoadDriver
    private let seed: UInt64
    private var processorTimes: (begin: ProcessorTime?, end: ProcessorTime?)
    private var ownTimes: (begin: ProcessorTime?, end: ProcessorTime?)
    private var joules: (begin: Double?, end: Double?)
    private var residentBytes: (before: Double?, greeted: Double?, end: Double?)
    private let assumptions: CostAssumptions?
    private var statuses: (begin: ServerStatus?, end: ServerStatus?)

    /// Problems found, in words; the report counts them.
    private(set) var problems: [String] = []

    /// A run with fresh players, whose names hold the time.
    init(
        scenario: Scenario, arrivals: Arrivals, table: GameTable, server: ServerUnderTest,
        seed: UInt64, assumptions: CostAssumptions?, quiet: Bool
    ) throws {
        self.assumptions = assumptions
        self.scenario = scenario
        self.arrivals = arrivals
        self.table = table
        self.server = server
        self.seed = seed
        let run = String(Self.milliseconds(), radix: 36)
        accounts = (0..<scenario.players).map { Account(playerName: "load-\(run)-\($0)") }
        writer = try ActionWriter(
            table: table, accounts: accounts, faucet: Account(label: "hoard:faucet:load"))
        driver = try LoadDriver(quiet: quiet)
    }

    /// Does it all and reports.
    func run() throws -> LoadReport {
        residentBytes.before = server.process?.residentBytes
        try driver.connect(
            host: server.host, port: server.port, token: server.token,
            count: scenario.connections, inFlight: scenario.inFlight)
        residentBytes.greeted = server.process?.residentBytes
        let ids = OperationIDSource(
            milliseconds: Self.milliseconds(), chance: UInt64(getpid()))
        let setUp = SetUpPhase(
            start: scenario.start, assets: table.offers.map(\.asset), writer: writer, ids: ids)
        try driver.run(setUp)
        if let failure = setUp.failures.first { throw LoadFailure(description: failure) }
        let phase = try measure(ids: ids, firstSequence: setUp.idCount)
        let wrong = try check(phase.book)
        driver.disconnect()
        if let error = phase.firstError { problems.append(error) }
        return report(phase, wrong: wrong)
    }

    private func measure(ids: OperationIDSource, firstSequence: Int) throws -> MeasuredPhase {
        let pacer = arrivals == .closedLoop ? nil : Pacer(driver.loop.waker)
        defer { pacer?.stop() }
        let phase = MeasuredPhase(
            scenario: scenario, arrivals: arrivals,
            chooser: OperationChooser(scenario: scenario, prices: table.prices, seed: seed),
            seed: seed, writer: writer, ids: ids, firstSequence: firstSequence,
            boundary: MeasuredPhase.Boundary(
                reached: { [unowned self] begins in reached(begins: begins) },
                status: { [unowned self] begins, text in
                    let status = ServerStatus.parse(text)
                    if begins { statuses.begin = status } else { statuses.end = status }
                }))
        try driver.run(phase)
        phase.recordNeverSent()
        return phase
    }

    private func reached(begins: Bool) {
        let time = server.process?.processorTime
        let own = ProcessorTime.of(processID: getpid())
        if begins { processorTimes.begin = time } else { processorTimes.end = time }
        if begins { ownTimes.begin = own } else { ownTimes.end = own }
        if begins { joules.begin = EnergyMeter.joules() } else { joules.end = EnergyMeter.joules() }
        if !begins { residentBytes.end = server.process?.residentBytes }
        let connection = driver.connections[0]
        connection.ask(QueryBody(kind: .serverStatus), slot: connection.controlSlot)
    }

    private func check(_ book: PlayerBook) throws -> UInt64 {
        let count = min(scenario.players, Self.checkedPlayersMax)
        let players = (0..<count).map { $0 * scenario.players / count }
        let check = BalanceCheckPhase(
            book: book, accounts: accounts, assets: table.offers.map(\.asset), players: players)
        try driver.run(check)
        if let difference = check.firstDifference {
            problems.append("\(check.wrong) of \(check.compared) balances differ: \(difference)")
        }
        return check.wrong
    }

    private func report(_ phase: MeasuredPhase, wrong: UInt64) -> LoadReport {
        var figures: ServerFigures?
        var errors = phase.errors + wrong
        if let begin = statuses.begin, let end = statuses.end {
            figures = end.since(begin)
            if end.conservationViolations > 0 {
                errors += end.conservationViolations
                problems.append("\(end.conservationViolations) operations broke the books")
            }
        }
        var report = LoadReport(
            scenario: scenario.name, operations: phase.operations, seconds: phase.seconds,
            refused: phase.refused, errors: errors, latency: phase.latencies.summary,
            serverCpuMicrosecondsPerOperation: processorMicroseconds.flatMap {
                phase.operations > 0 ? $0 / Double(phase.operations) : nil
            }, server: figures,
            cores: Baseline.onlineCores())
        if let begin = ownTimes.begin, let end = ownTimes.end, phase.operations > 0 {
            let own = end.since(begin).totalMicroseconds
            report.generatorCpuMicrosecondsPerOperation = own / Double(phase.operations)
        }
        report.bareSync = server.bareSync
        report.connections = scenario.connections
        report.inFlight = scenario.inFlight
        report.disturbances = scenario.disturbances == nil ? nil : phase.disturbed
        if let before = residentBytes.before, let greeted = residentBytes.greeted, let end = residentBytes.end {
            let count = Double(scenario.connections)
            report.residentBytesPerConnection = ((greeted - before) / count, (end - before) / count)
        }
        if let assumptions, let microseconds = report.serverCpuMicrosecondsPerOperation {
            var energy: Double?
            if let begin = joules.begin, let end = joules.end, end > begin { energy = end - begin }
            report.cost = Cost(
                cpuMicrosecondsPerOperation: microseconds, joulesOfWindow: energy, operations: phase.operations,
                assumptions: assumptions)
        }
        return report
    }

    /// CPU of the server over the window: from the system where the process is ours, else from its own status.
    private var processorMicroseconds: Double? {
        if let begin = processorTimes.begin, let end = processorTimes.end {
            return end.since(begin).totalMicroseconds
        }
        guard let begin = statuses.begin?.cpuMicroseconds, let end = statuses.end?.cpuMicroseconds
        else { return nil }
        return Double(end &- begin)
    }

    /// Milliseconds since 1970.
    static func milliseconds() -> UInt64 { UInt64(Date().timeIntervalSince1970 * 1000) }
}
