import ArgumentParser
import Foundation

/// Running a scenario: everything but the crash.
extension HoardLoad {
    /// Runs the scenario of the command line and prints its report; true when there were errors.
    func runScenario() throws -> Bool {
        guard cost, connect == nil, executor == nil else { return try runScenario(executor: executor).errors > 0 }
        // What parallel execution saves or costs is measured, not asserted: both on the same operations.
        let sequential = try runScenario(executor: "sequential")
        let parallel = try runScenario(executor: "parallel")
        if !json, let one = sequential.cost, let many = parallel.cost {
            func ratio(_ value: Double, _ base: Double) -> String {
                JSONText.number(value / max(base, 1e-9), places: 2)
            }
            print(
                "parallel by sequential: CPU \(ratio(many.cpuSecondsPerMillion, one.cpuSecondsPerMillion)),"
                    + " energy \(ratio(many.joulesPerMillion, one.joulesPerMillion)),"
                    + " throughput \(ratio(parallel.operationsPerSecond, sequential.operationsPerSecond))")
        }
        return sequential.errors + parallel.errors > 0
    }

    private func runScenario(executor: String?) throws -> LoadReport {
        let scenario = try settledScenario()
        let table = try GameTable(folder: gameFolder(), scenario: scenario)
        let server = try startedServer(executor: executor)
        let report: LoadReport
        let problems: [String]
        do {
            let run = try ScenarioRun(
                scenario: scenario,
                arrivals: (rate ?? scenario.rate).map { .openLoop(operationsPerSecond: $0) } ?? .closedLoop,
                table: table, server: server, seed: seed,
                assumptions: cost
                    ? CostAssumptions(wattsPerCore: wattsPerCore, pricePerCoreHour: pricePerCoreHour) : nil,
                quiet: json)
            report = try run.run()
            problems = run.problems
        } catch {
            try? server.stop()
            throw error
        }
        print(json ? report.json.line : report.text)
        for problem in problems { complain(problem) }
        if let baseline { try append(report.json, to: baseline) }
        try server.stop()
        return report
    }

    /// The scenario with what the command line changes in it.
    func settledScenario() throws -> Scenario {
        var scenario = try ScenarioLibrary.load(scenario)
        if let players { scenario.players = players }
        if let zipf { scenario.zipf = zipf }
        if let connections { scenario.connections = connections }
        if let inFlight { scenario.inFlight = inFlight }
        if let seconds { scenario.seconds = seconds }
        if let warmUp { scenario.warmUpSeconds = warmUp }
        try scenario.check()
        return scenario
    }

    /// The folder GameData, by the command line or found.
    func gameFolder() throws -> String {
        if let game { return game }
        let program = (ServerPaths.ownProgram() as NSString).deletingLastPathComponent
        guard
            let folder = ServerPaths.upwards(
                from: [ServerPaths.currentFolder(), program], name: "GameData")
        else {
            throw ScenarioFailure(
                description: "no folder GameData above the working folder or the program;"
                    + " name it with --game")
        }
        return folder
    }

    /// Appends figures to a file; ends with code 4 when that fails.
    func append(_ value: JSONText, to file: String) throws {
        do {
            try Baseline.append(value, to: file)
        } catch {
            complain("\(error)")
            throw ExitCode(4)
        }
    }

    /// Says what is wrong on standard error.
    func complain(_ problem: String) {
        FileHandle.standardError.write(Data("hoard-load: \(problem)\n".utf8))
    }

    private func startedServer(executor: String?) throws -> ServerUnderTest {
        if let connect, let token { return try ServerUnderTest(connect: connect, token: token) }
        return try ServerUnderTest(
            paths: ServerPaths.find(program: server, game: gameFolder()), data: data,
            executor: executor, workers: workers, checkpointOperations: checkpointOperations)
    }
}
