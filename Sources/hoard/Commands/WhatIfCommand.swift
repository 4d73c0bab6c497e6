import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Replay

/// `hoard whatif`: the same inputs under other prices, rewards, fees or caps.
struct WhatIfCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whatif",
        abstract: "Replay the same inputs under other prices, drops, fees or caps, and compare.",
        discussion: """
            Of a recorded match: `hoard whatif MATCH --change FILE`. Of a world: `hoard whatif --data DIR --from BLOCK --change FILE` \
            forks it behind that block and executes again what came after. Behaviour is held fixed: everyone tries what he did, \
            and nobody reacts. The change is a JSON object: prices, sellPrices, rewards, drops (by name, * for all, a number or \
            {"factor": 1.2}), fees (trade, lots, tribute in basis points), caps (by item), offers (of a world, by number: price, \
            capPerPlayer, stock), loot (of a world, weights by table and entry). See docs/MATCHES.md. The server must not be running.
            """)

    @Argument(help: "A recorded match; not with --data.")
    var file: String?

    @Option(help: "Item prices of the match's patch, as JSON.")
    var prices: String?

    @Option(help: "Which column or key of a studio's own rows is what, as JSON.")
    var mapping: String?

    @Option(help: "A data folder.")
    var data: String?

    @Option(help: "Fork the world behind this block; 0 for the genesis.")
    var from: UInt64 = 0

    @Option(help: "What shall be different, as JSON.")
    var change: String

    @OptionGroup var execution: ExecutionOptions

    @Option(help: "Write a page with charts to this file.")
    var report: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard (file == nil) != (data == nil) else { throw ValidationError("name a recorded match, or a world with --data") }
    }

    func run() async throws {
        try await reportingFailures {
            let change = try EconomyChange(path: change)
            let outcome = try file.map { try compareMatch($0, change) } ?? compareWorld(change)
            if let report {
                do {
                    try Data(outcome.html.utf8).write(to: URL(fileURLWithPath: report))
                } catch {
                    throw Failure(message: "\(report) cannot be written: \(error.localizedDescription)")
                }
            }
            print(json ? outcome.json : outcome.text)
        }
    }

    private func compareMatch(_ file: String, _ change: EconomyChange) throws -> WhatIfReport {
        let match = try MatchImporters.readWithNeighbours(path: file, pricesPath: prices, mappingPath: mapping)
        let game = try GameFolder.load(try GameFolder.locate(execution.game))
        return try WhatIfReport.compare(match, change) { try MatchRun.play([$0], game: game, execution: execution)[0] }
    }

    private func compareWorld(_ change: EconomyChange) throws -> WhatIfReport {
        let folder = DataFolder(path: data ?? "")
        try folder.requireWorld()
        let gameFolder = try GameFolder.locate(execution.game, data: folder)
        let game = try GameFolder.load(gameFolder)
        let progress = ProgressLine("operations played:")
        defer { progress.finish() }
        let fork = WorldFork(
            folder: folder.path, block: from, game: game, genesis: Gateway.ledgerGenesis(of: game)
        ) { execution.makeExecutor($0) }
        fork.onProgress = { progress.update(UInt64($0), of: nil) }
        return try fork.compare(change, rules: try ChangedGame.load(gameFolder, game, change))
    }
}
