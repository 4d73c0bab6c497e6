import ArgumentParser
import EVM
import Economy
import Foundation
import Wire

/// `hoard trace`: the way of an item, or where an account's coins came from.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Follow an asset through the log: every movement, or where an account's stock came from.",
        discussion: "Coins and stackable items have no marks: the ones that came first are taken to go first. The server must not be running.")

    @OptionGroup var options: InspectOptions

    @Option(help: "The asset's number; a unique item is kind x 2^32 + serial.")
    var asset: UInt64

    @Option(help: "Show where what this player has came from, instead of all movements.")
    var player: String?

    func run() async throws {
        try await reportingFailures {
            let (world, game) = try options.open()
            guard game.catalog.isAsset(asset) else { throw Failure(message: "\(asset) is neither a currency nor an item of the catalog") }
            var lineage = Lineage(asset: asset, catalog: game.catalog)
            try world.entries { entry in
                lineage.take(game.movements(of: entry.receipt), block: entry.block, operation: entry.id.hex)
            }
            let rows: [InspectValue]
            if let player {
                rows = lineage.lots(of: NamedAccount.player(player)).map { lot in
                    .object([
                        ("amount", .number(lot.amount)), ("block", .number(lot.block)), ("operation", .text(lot.operation)),
                        ("from", .text("\(lot.faucet)")), ("hands", .number(UInt64(lot.hands))),
                    ])
                }
            } else {
                rows = lineage.steps.map { step in
                    .object([
                        ("block", .number(step.block)), ("operation", .text(step.operation)), ("from", .text("\(step.movement.from)")),
                        ("to", .text("\(step.movement.to)")), ("amount", .number(step.movement.amount)),
                    ])
                }
            }
            try options.show([("asset", .number(asset)), (player == nil ? "movements" : "lots", .list(rows))])
        }
    }
}
