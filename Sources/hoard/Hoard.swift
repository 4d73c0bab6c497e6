import ArgumentParser

/// The program `hoard`: serve, replay, verify and inspect an in-game economy.
@main
struct Hoard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hoard",
        abstract: "An in-game economy backend: every purchase, trade and reward final at once.",
        discussion: """
            Exit codes: 0 done; 1 the work was done and found something wrong (a ledger that does not verify, a replay that lost value); \
            64 wrong usage; 70 something could not be done (a folder, a port, a server), with the reason on standard error.
            """,
        version: "0.1.0",
        subcommands: [
            Serve.self, TokenCommand.self, ReplayCommand.self, WhatIfCommand.self, DiffCommand.self, RecordCommand.self, Verify.self, Inspect.self, Backup.self,
            Restore.self, Repair.self, SimCommand.self, StateTestCommand.self,
            BlockTestCommand.self, BlockReplayCommand.self, TraceDifferenceCommand.self, ConformanceCommand.self,
            BenchCommand.self, FuzzCommand.self, CatalogCommand.self, AuditCommand.self, HistoryCommand.self, TraceCommand.self, BooksCommand.self, ReceiptCommand.self,
            GasReportCommand.self, ActCommand.self, SwapCommand.self, AskCommand.self, PlayCommand.self, PaymentsCommand.self, ClawbackCommand.self, WebhooksCommand.self,
        ])
}
