import ArgumentParser
import EVM
import Economy
import Foundation
import Ledger

/// `hoard gas-report`: what each action cost to execute in a log.
struct GasReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gas-report", abstract: "Gas of each action in a data folder's log: how often, least, mean, most.",
        discussion: """
            Refused operations count apart. The gas of each action in steady state stands in LoadTests/Baselines/gas.json, where a test keeps it. \
            The server must not be running.
            """)

    @OptionGroup var options: InspectOptions

    /// What is known of one action.
    private struct Row {
        var count: UInt64 = 0
        var refused: UInt64 = 0
        var least = UInt64.max
        var most: UInt64 = 0
        var sum: UInt64 = 0
    }

    func run() async throws {
        try await reportingFailures {
            let (world, game, first) = try options.openLog()
            var rows: [String: Row] = [:]
            try world.entries { entry in
                let name = game.actionName(of: entry.transaction) ?? "other"
                var row = rows[name] ?? Row()
                if entry.receipt.succeeded {
                    row.count += 1
                    row.sum += entry.receipt.gasUsed
                    row.least = min(row.least, entry.receipt.gasUsed)
                    row.most = max(row.most, entry.receipt.gasUsed)
                } else {
                    row.refused += 1
                }
                rows[name] = row
            }
            let list = rows.sorted { $0.key < $1.key }.map { name, row in
                InspectValue.object([
                    ("action", .text(name)), ("applied", .number(row.count)), ("refused", .number(row.refused)),
                    ("least", .number(row.count == 0 ? 0 : row.least)), ("mean", .number(row.count == 0 ? 0 : row.sum / row.count)),
                    ("most", .number(row.most)),
                ])
            }
            try options.show([("firstBlock", .number(first)), ("actions", .list(list))])
        }
    }
}
