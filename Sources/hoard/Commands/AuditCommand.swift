import ArgumentParser
import EVM
import Economy
import Foundation
import Ledger

/// `hoard audit`: proofs over a whole log.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Recompute what a log claims, and list what operators did.",
        subcommands: [AuditLoot.self, AuditOperators.self])
}

extension InspectOptions {
    /// Opens the world for a reading of its whole log, and says so where a part of it is gone.
    func openLog() throws -> (world: LedgerInspection, game: Game, firstBlock: UInt64) {
        let (world, game) = try open()
        let first = try world.firstBlock()
        if first > 1 {
            let note = "note: the log begins with block \(first); what is before was cut off by checkpoints (`hoard serve --keep-log` keeps it)\n"
            FileHandle.standardError.write(Data(note.utf8))
        }
        return (world, game, first)
    }
}

/// `hoard audit loot`.
struct AuditLoot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loot", abstract: "Recompute every roll from the revealed seeds, and test the frequencies against the odds.",
        discussion: """
            Exit code 0 where every roll is what seed and table make of it, 1 otherwise. `likelihood` is how often chance alone departs from the odds as far as \
            this; below 0.001 with many rolls the odds are not what is played. The server must not be running.
            """)

    @OptionGroup var options: InspectOptions

    func run() async throws {
        let findings = try await reportingFailures {
            let (world, game, first) = try options.openLog()
            var audit = LootAudit(game: game)
            try world.entries { audit.take($0.receipt) }
            let tables = audit.tableReports().map { report in
                InspectValue.object([
                    ("table", .number(report.table)), ("rolls", .number(report.counts.reduce(0, +))),
                    ("counts", .text(report.counts.map(String.init).joined(separator: " "))),
                    ("chiSquare", .text(String(format: "%.3f", report.chiSquare))), ("degrees", .number(UInt64(report.degrees))),
                    ("likelihood", .text(String(format: "%.4f", report.likelihood))),
                ])
            }
            try options.show([
                ("firstBlock", .number(first)), ("proven", .number(UInt64(audit.proven))),
                ("seedNotRevealed", .number(UInt64(audit.unprovenCount))), ("waiting", .number(UInt64(audit.waitingCount))),
                ("tables", .list(tables)),
                (
                    "findings",
                    .list(
                        audit.findings.map {
                            .object([("player", .text($0.player.hex)), ("roll", .text($0.roll.hex)), ("finding", .text($0.description))])
                        })
                ),
            ])
            return audit.findings
        }
        if !findings.isEmpty { throw ExitCode(1) }
    }
}

/// `hoard audit operators`.
struct AuditOperators: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operators", abstract: "List what operators did to the books: who, whom, how much and why.",
        discussion: """
            Freezing, giving, taking, correcting, and receipts that were revoked, in the order of the log. `actor` is the account of the session's token, which \
            the server fills in. The server must not be running.
            """)

    @OptionGroup var options: InspectOptions

    @Option(help: "Only what concerns this account: player:NAME or 0x...")
    var account: String?

    func run() async throws {
        try await reportingFailures {
            let (world, game, first) = try options.openLog()
            var wanted: Address?
            if let account {
                guard let address = FieldText(game: game).account(account) else {
                    throw Failure(message: "'\(account)' is no account; write player:NAME or 0x and 40 digits")
                }
                wanted = address
            }
            let log = OperatorLog(game: game)
            var rows: [InspectValue] = []
            try world.entries { entry in
                for act in log.entries(of: entry.receipt) where wanted == nil || act.account == wanted || act.other == wanted {
                    rows.append(
                        .object([
                            ("block", .number(entry.block)), ("operation", .text(entry.id.hex)), ("what", .text(act.what)),
                            ("actor", .text(act.actor.hex)), ("account", .text(act.account.hex)),
                            ("other", .text(act.other.map { game.catalog.houseName($0) ?? $0.hex } ?? "")), ("asset", .number(act.asset)),
                            ("amount", .number(act.amount)), ("original", .text(act.original?.hex ?? "")), ("reason", .number(act.reason)),
                            ("note", .text(act.note)),
                        ]))
                }
            }
            try options.show([("firstBlock", .number(first)), ("acts", .list(rows))])
        }
    }
}
