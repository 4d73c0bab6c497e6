import ArgumentParser
import EVM
import Economy
import Foundation
import Ledger

/// `hoard trace`: the way of an item, or where an account's coins came from.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Follow an asset through the log: every movement, or where an account's stock came from.",
        discussion: "Coins and stackable items have no marks: the ones that came first are taken to go first. The server must not be running.")

    @OptionGroup var options: InspectOptions

    @Option(help: "The asset's number, or its name in the catalog; a unique item is kind x 2^32 + serial.")
    var asset: String

    @Option(help: "Show where what this account has came from, instead of all movements: player:NAME, treasury, faucet:NAME, 0x...")
    var account: String?

    func run() async throws {
        try await reportingFailures {
            let (world, game, first) = try options.openLog()
            let texts = FieldText(game: game)
            guard let number = texts.asset(asset), game.catalog.isAsset(number) else {
                throw Failure(message: "'\(asset)' is neither a currency nor an item of the catalog")
            }
            var lineage = Lineage(asset: number, catalog: game.catalog)
            try world.entries { entry in
                lineage.take(game.movements(of: entry.receipt), block: entry.block, operation: entry.id.hex)
            }
            let rows: [InspectValue]
            if let account {
                guard let address = texts.account(account) else {
                    throw Failure(message: "'\(account)' is no account; write player:NAME, treasury, faucet:NAME, sink:NAME or 0x and 40 digits")
                }
                rows = lineage.lots(of: address).map { lot in
                    .object([
                        ("amount", .number(lot.amount)), ("block", .number(lot.block)), ("operation", .text(lot.operation)),
                        ("from", .text(Self.name(lot.faucet, game))), ("hands", .number(UInt64(lot.hands))),
                    ])
                }
            } else {
                rows = lineage.steps.map { step in
                    .object([
                        ("block", .number(step.block)), ("operation", .text(step.operation)), ("from", .text(Self.name(step.movement.from, game))),
                        ("to", .text(Self.name(step.movement.to, game))), ("amount", .number(step.movement.amount)),
                    ])
                }
            }
            try options.show([("firstBlock", .number(first)), ("asset", .number(number)), (account == nil ? "movements" : "lots", .list(rows))])
        }
    }

    /// A house's name, or the account in digits.
    private static func name(_ account: Address, _ game: Game) -> String { game.catalog.houseName(account) ?? account.hex }
}
