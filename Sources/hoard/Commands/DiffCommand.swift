import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Replay

/// `hoard diff`: where two runs part.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Find the first operation in which two worlds, or two matches, part.",
        discussion: """
            Each side is a data folder (`hoard serve`, `hoard replay --data`) or a recorded match, which is played in process. \
            Digests over all operations so far are bisected, then the operations of what is left are compared: what they ask for and \
            what came of them. Exit code 1 when the runs differ. Servers must not be running.
            """)

    @Argument(help: "A data folder or a recorded match.")
    var first: String

    @Argument(help: "Another one.")
    var second: String

    @Option(help: "Item prices of the first, where it is a match; of both unless --second-prices is given.")
    var prices: String?

    @Option(help: "Item prices of the second.")
    var secondPrices: String?

    @OptionGroup var execution: ExecutionOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Side: Encodable {
        let id: String
        let action: String
        let succeeded: Bool
        let gasUsed: UInt64
        let movements: [String]
    }

    private struct Output: Encodable {
        let equal: Bool
        let equalOperations: Int
        let operations: [Int]
        let difference: String
        let probes: Int
        let first: Side?
        let second: Side?
    }

    func run() async throws {
        let isEqual = try await reportingFailures {
            for folder in [folder(first), folder(second)] { try folder?.requireWorld() }
            let game = try GameFolder.load(try GameFolder.locate(execution.game, data: folder(first) ?? folder(second)))
            let one = try run(first, prices, game)
            let other = try run(second, secondPrices ?? prices, game)
            let comparison = try compare(one, other)
            let output = Output(
                equal: comparison.isEqual, equalOperations: comparison.equalCount,
                operations: [comparison.counts.first, comparison.counts.second], difference: comparison.difference,
                probes: comparison.probes, first: comparison.first.map { side($0, game) },
                second: comparison.second.map { side($0, game) })
            if json { try printJSON(output) } else { print(text(output)) }
            return comparison.isEqual
        }
        if !isEqual { throw ExitCode(1) }
    }

    private func compare(_ one: any OperationRun, _ other: any OperationRun) throws -> RunComparison {
        func open(_ one: some OperationRun) throws -> RunComparison { try open(one, other) }
        func open(_ one: some OperationRun, _ other: some OperationRun) throws -> RunComparison {
            try RunComparison.compare(one, other)
        }
        return try open(one)
    }

    private func folder(_ path: String) -> DataFolder? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return nil }
        return DataFolder(path: path)
    }

    private func run(_ path: String, _ prices: String?, _ game: Game) throws -> any OperationRun {
        let genesis = Gateway.ledgerGenesis(of: game)
        if let folder = folder(path) {
            return try FolderRun(folder: folder.path, genesis: genesis) { execution.makeExecutor($0) }
        }
        guard path == "-" || FileManager.default.fileExists(atPath: path) else {
            throw Failure(message: "there is neither a data folder nor a recorded match \(path)")
        }
        let match = try MatchImporters.readWithNeighbours(path: path, pricesPath: prices)
        return try TrailRun(
            Planner.plan(match), game: game, genesis: genesis, executor: execution.makeExecutor(genesis))
    }

    private func side(_ operation: ComparedOperation, _ game: Game) -> Side {
        Side(
            id: operation.id, action: game.actionName(of: operation.transaction) ?? "call",
            succeeded: operation.receipt.succeeded, gasUsed: operation.receipt.gasUsed,
            movements: game.movements(of: operation.receipt).map {
                "\($0.amount) of asset \($0.asset) from \($0.from.hex) to \($0.to.hex)"
            })
    }

    private func text(_ output: Output) -> String {
        var lines = ["operations \(output.operations[0]) and \(output.operations[1]); \(output.probes) digests compared"]
        if output.equal {
            lines.append("the runs are the same to the end")
            return lines.joined(separator: "\n")
        }
        lines.append("\(output.equalOperations) operations are the same; then: \(output.difference)")
        for (name, side) in [("first", output.first), ("second", output.second)] {
            guard let side else {
                lines.append("  \(name): has ended")
                continue
            }
            lines.append(
                "  \(name): \(side.action) \(side.id), \(side.succeeded ? "applied" : "refused"), gas \(side.gasUsed)")
            lines += side.movements.map { "    \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
