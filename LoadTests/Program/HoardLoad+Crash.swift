import Foundation

/// Running the crash scenario.
extension HoardLoad {
    /// Kills a server of our own again and again and prints what was found; true when anything was wrong.
    func runCrash() throws -> Bool {
        let scenario = try settledScenario()
        let table = try GameTable(folder: gameFolder(), scenario: scenario)
        let folder = try TemporaryFolder()
        let settings = ServerSettings(
            paths: try ServerPaths.find(program: server, game: gameFolder()),
            dataFolder: data ?? folder.path + "/data", printFolder: folder.path,
            executor: executor, workers: workers)
        let run = try CrashRun(
            scenario: scenario, kills: kills, table: table, settings: settings, seed: seed,
            quiet: json
        ) { line in
            if !json { print(line) }
        }
        let report: CrashReport
        do {
            report = try run.run()
        } catch {
            complain("the data folder is kept: \(settings.dataFolder)")
            throw error
        }
        print(json ? report.json.line : report.text)
        for problem in run.problems { complain(problem) }
        if report.hasFindings {
            complain("the data folder is kept: \(settings.dataFolder)")
        } else {
            folder.remove()
        }
        if let baseline { try append(report.json, to: baseline) }
        return report.hasFindings
    }
}
