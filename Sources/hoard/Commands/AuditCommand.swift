import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger

/// `hoard audit`: proofs over a whole log.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Recompute what a log claims.", subcommands: [AuditLoot.self])
}

/// `hoard audit loot`.
struct AuditLoot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loot", abstract: "Recompute every roll from the revealed seeds, and test the frequencies against the odds.",
        discussion: "Exit code 0 where every roll is what seed and table make of it, 1 otherwise. The server must not be running.")

    @OptionGroup var options: InspectOptions

    func run() async throws {
        let audit = try await reportingFailures {
            let (world, game) = try options.open()
            var audit = LootAudit(game: game)
            try world.entries { audit.take($0.receipt) }
            return audit
        }
        let tables = audit.tableReports().map { report in
            InspectValue.object([
                ("table", .number(report.table)), ("rolls", .number(report.counts.reduce(0, +))),
                ("counts", .text(report.counts.map(String.init).joined(separator: " "))),
                ("chiSquare", .text(String(format: "%.3f", report.chiSquare))), ("degrees", .number(UInt64(report.degrees))),
                ("likelihood", .text(String(format: "%.4f", report.likelihood))),
            ])
        }
        try options.show([
            ("proven", .number(UInt64(audit.proven))), ("seedNotRevealed", .number(UInt64(audit.unprovenCount))),
            ("waiting", .number(UInt64(audit.waitingCount))), ("tables", .list(tables)),
            ("findings", .list(audit.findings.map { .text("\($0.player) roll \($0.roll): \($0.description)") })),
        ])
        if !audit.findings.isEmpty { throw ExitCode(1) }
    }
}
