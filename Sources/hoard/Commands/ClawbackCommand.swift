import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Ledger
import Wire

/// `hoard clawback`: taking back what an exploit made.
struct ClawbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clawback", abstract: "Plan what taking back the units of some operations would take, then do it.",
        discussion: "`plan` reads a data folder and changes nothing; `apply` sends what a plan's file says to a running server, as an operator.",
        subcommands: [ClawbackPlanCommand.self, ClawbackApply.self])
}

/// A line of a plan's file.
struct ClawbackLine: Codable {
    /// The operation whose units are taken back.
    var original: String
    /// Who gives.
    var account: String
    /// Which asset.
    var asset: UInt64
    /// How much.
    var amount: UInt64
}

/// `hoard clawback plan`.
struct ClawbackPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show who has the units that some operations issued, and what each would give back.",
        discussion: """
            Units are followed first in, first out. What lies in houses by now (spent, fees, used up) is gone: `--gone forgive` lets it be, `--gone origin` lays it on \
            those who got it first, who may go into debt. What lies in an escrow is named with the escrow's account, and is to be taken when it has come out. \
            Exit code 0 where there is something to take, 1 where there is nothing. The server must not be running.
            """)

    @OptionGroup var options: InspectOptions

    @Option(help: "The asset's number, or its name in the catalog.")
    var asset: String

    @Option(help: "An operation that issued what is to be taken back, 32 hexadecimal digits or #NAME; may be given many times.")
    var operation: [String]

    @Option(help: "What happens to units that are gone: forgive or origin.")
    var gone = "forgive"

    @Option(help: "Write the plan to this file, for `hoard clawback apply`.")
    var write: String?

    func validate() throws {
        if ClawbackPlan.Gone(rawValue: gone) == nil { throw ValidationError("--gone takes forgive or origin, not '\(gone)'") }
        if operation.isEmpty { throw ValidationError("name at least one --operation") }
        if let wrong = operation.first(where: { FieldText.id($0) == nil }) {
            throw ValidationError("an operation id has 32 hexadecimal digits, or is #NAME; '\(wrong)' is neither")
        }
    }

    func run() async throws {
        let isEmpty = try await reportingFailures {
            let (world, game, first) = try options.openLog()
            guard let number = FieldText(game: game).asset(asset), game.catalog.isAsset(number) else {
                throw Failure(message: "'\(asset)' is neither a currency nor an item of the catalog")
            }
            var lineage = Lineage(asset: number, catalog: game.catalog)
            try world.entries { lineage.take(game.movements(of: $0.receipt), block: $0.block, operation: $0.id.hex) }
            let ids = operation.compactMap { FieldText.id($0) }.map { $0.map { String(format: "%02x", $0) }.joined() }
            let plan = ClawbackPlan(
                lineage, operations: ids, houses: game.catalog.houses, gone: ClawbackPlan.Gone(rawValue: gone) ?? .forgive)
            let rows = plan.parts.map { part in
                InspectValue.object([
                    ("original", .text(part.original)), ("account", .text(game.catalog.houseName(part.account) ?? part.account.hex)),
                    ("held", .number(part.held)), ("owed", .number(part.owed)), ("hands", .number(UInt64(part.hands))),
                ])
            }
            if let write { try Self.write(plan, number, game, to: write) }
            try options.show([
                ("firstBlock", .number(first)), ("asset", .number(number)), ("issued", .number(plan.issued)), ("gone", .number(plan.gone)),
                ("unknown", .list(plan.unknown.map { .text($0) })), ("parts", .list(rows)),
            ])
            return plan.parts.isEmpty
        }
        if isEmpty { throw ExitCode(1) }
    }

    /// The lines of the players; what lies in an escrow cannot be taken from there.
    private static func write(_ plan: ClawbackPlan, _ asset: UInt64, _ game: Game, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let lines = try plan.parts.filter { game.catalog.houses[$0.account] == nil }.map { part in
            let line = ClawbackLine(original: part.original, account: part.account.hex, asset: asset, amount: part.held + part.owed)
            return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
        }
        do { try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path)) } catch {
            throw Failure(message: "the plan cannot be written to \(path): \(error.localizedDescription)")
        }
    }
}

/// `hoard clawback apply`.
struct ClawbackApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Send a plan's lines to a running server, each as a correction that names its operation.",
        discussion: """
            The ids of the corrections are made of the lines, so that a plan is given again without harm. A line that is refused is told, and the others go on. \
            Exit code 0 where all were applied, 1 otherwise.
            """)

    @Argument(help: "The plan's file.")
    var plan: String

    @Option(help: "Where it goes: a sink, or a player who is to have it back.")
    var to = "sink:corrections"

    @Option(help: "Why, as the studio counts its reasons.")
    var reason: UInt64 = 0

    @Option(help: "Why, in up to 32 bytes.")
    var note = ""

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "An operator's token.")
    var token: String

    @Option(help: "The game folder; by default GameData here or above the program.")
    var game: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if note.utf8.count > 32 { throw ValidationError("--note takes up to 32 bytes, not \(note.utf8.count)") }
    }

    func run() async throws {
        let refusals = try await reportingFailures {
            guard let data = FileManager.default.contents(atPath: plan) else { throw Failure(message: "there is no plan \(plan)") }
            let game = try GameFolder.load(try GameFolder.locate(game))
            let texts = FieldText(game: game)
            let lines = try String(decoding: data, as: UTF8.self).split(separator: "\n").enumerated().map { number, text in
                guard let line = try? JSONDecoder().decode(ClawbackLine.self, from: Data(text.utf8)) else {
                    throw Failure(message: "\(plan), line \(number + 1): it is no line of a plan; `hoard clawback plan --write` makes them")
                }
                return line
            }
            let client = try await HoardClient.connect(host: server.host, port: server.port, token: token)
            defer { client.close() }
            var refusals: [InspectValue] = []
            for line in lines {
                let fields = [
                    "original": line.original, "from": line.account, "to": to, "line": "\(line.asset):\(line.amount)", "reason": "\(reason)",
                    "note": "text:\(note)",
                ]
                let (code, payload) = try game.encodePayload(action: "correct", fields: try texts.fields(fields, of: "correct"))
                let name = sha256(Array("hoard:clawback:".utf8) + payload).word
                let reply = try await client.perform(code, payload: payload, operationID: OperationID(high: name.l3, low: name.l2))
                if reply.status != .applied {
                    refusals.append(.object([("account", .text(line.account)), ("amount", .number(line.amount)), ("refusal", .text(reply.message))]))
                }
            }
            let fields: [(String, InspectValue)] = [("applied", .number(UInt64(lines.count - refusals.count))), ("refused", .list(refusals))]
            if json { try printJSON(InspectValue.object(fields)) } else { for (name, value) in fields { print("\(name)  \(value.text)") } }
            return refusals.count
        }
        if refusals > 0 { throw ExitCode(1) }
    }
}
