import ArgumentParser
import EVM
import Economy
import Foundation
import Ledger
import Wire

/// `hoard history`: what moved to and from an account, or of an asset.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "What moved to and from an account, or of an asset: when, why, how much, from whom, to whom.",
        discussion: """
            Pages are cut with --from and --limit: `next` is where the following one begins, 0 after the last. A cursor is that of docs/WIRE.md's events. `action` says why \
            it moved. Exit code 0 also where nothing moved. The server must not be running.
            """)

    @OptionGroup var options: InspectOptions

    @Option(help: "Only what concerns this account: player:NAME, treasury, faucet:NAME, sink:NAME, escrow:NAME or 0x...")
    var account: String?

    @Option(help: "Only this asset, by number or by its name in the catalog.")
    var asset: String?

    @Option(help: "The first cursor wanted.")
    var from: UInt64 = 0

    @Option(help: "Lines at most.")
    var limit = 1_000

    func validate() throws {
        if account == nil, asset == nil { throw ValidationError("name an --account, an --asset, or both") }
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000, not \(limit)") }
    }

    func run() async throws {
        try await reportingFailures {
            let (world, game, first) = try options.openLog()
            let texts = FieldText(game: game)
            let wanted = try account.map { name in
                guard let address = texts.account(name) else {
                    throw Failure(message: "'\(name)' is no account; write player:NAME, treasury, faucet:NAME, sink:NAME, escrow:NAME or 0x and 40 digits")
                }
                return address
            }
            let number = try asset.map { name in
                guard let number = texts.asset(name), game.catalog.isAsset(number) else {
                    throw Failure(message: "'\(name)' is neither a currency nor an item of the catalog")
                }
                return number
            }
            var rows: [InspectValue] = []
            var next: UInt64 = 0
            try world.entries { entry in
                guard next == 0, entry.block >= from >> 28 else { return }
                for (place, movement) in game.movements(of: entry.receipt).enumerated() {
                    guard number == nil || movement.asset == number, wanted == nil || movement.from == wanted || movement.to == wanted else { continue }
                    let cursor = EventBody.cursor(block: entry.block, index: entry.index, place: place)
                    guard cursor >= from else { continue }
                    if rows.count == limit {
                        if next == 0 { next = cursor }
                        continue
                    }
                    rows.append(
                        .object([
                            ("cursor", .number(cursor)), ("operation", .text(entry.id.hex)),
                            ("action", .text(game.actionName(of: entry.transaction) ?? "")), ("asset", .number(movement.asset)),
                            ("amount", .number(movement.amount)), ("from", .text(game.catalog.houseName(movement.from) ?? movement.from.hex)),
                            ("to", .text(game.catalog.houseName(movement.to) ?? movement.to.hex)),
                        ]))
                }
            }
            try options.show([("firstBlock", .number(first)), ("next", .number(next)), ("movements", .list(rows))])
        }
    }
}
