import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Wire

/// `hoard catalog`: check a game folder, compare two, publish the difference to a running world.
struct CatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Check, compare and publish what a game sells.",
        discussion: """
            A world keeps the game folder of its genesis. What shall change stands in another folder, the draft: a copy with other offers, tables or prices. \
            `publish` sends the difference as an operator; offers take effect together, in one second.
            """,
        subcommands: [CatalogCheck.self, CatalogDiff.self, CatalogPublish.self])
}

/// `hoard catalog check`.
struct CatalogCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Load a game folder and print every mistake, with file, line and field.")

    @Argument(help: "The game folder; by default GameData here or above the program.")
    var folder: String?

    func run() async throws {
        let path = try await reportingFailures { try GameFolder.locate(folder) }
        do {
            let game = try Game.load(folder: path)
            let catalog = game.catalog
            print(
                "\(path): \(catalog.currencies.count) currencies, \(catalog.items.count) items, \(catalog.offers.count) offers, "
                    + "\(catalog.loot.tables.count) tables, \(game.actions.count) actions, \(game.contracts.count) contracts: all in order")
        } catch {
            print(error)
            throw ExitCode(1)
        }
    }
}

/// `hoard catalog diff`.
struct CatalogDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Print what a draft folder says differently. Exit code 1 where something cannot be published.")

    @Argument(help: "The game folder of the world.")
    var present: String

    @Argument(help: "The draft folder.")
    var next: String

    func run() async throws {
        let difference = try await reportingFailures {
            CatalogDifference(from: try GameFolder.load(present).catalog, to: try GameFolder.load(next).catalog)
        }
        for line in difference.lines { print(line) }
        for line in difference.impossible { print("cannot be published: \(line)") }
        if difference.isEmpty, difference.impossible.isEmpty { print("no difference") }
        if !difference.impossible.isEmpty { throw ExitCode(1) }
    }
}

/// `hoard catalog publish`.
struct CatalogPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Publish a draft folder to a running world, as an operator.")

    @Argument(help: "The game folder of the world.")
    var present: String

    @Argument(help: "The draft folder.")
    var next: String

    @Option(help: "The server, HOST:PORT.")
    var server = "127.0.0.1:7777"

    @Option(help: "An operator's token: hoard token --role operator ...")
    var token: String

    @Option(help: "The number of this version of the catalog, higher than all before.")
    var version: UInt64

    @Option(help: "When the offers take effect, seconds since 1970; 0 for at once.")
    var starts: UInt64 = 0

    func run() async throws {
        try await reportingFailures {
            let game = try GameFolder.load(present)
            let difference = CatalogDifference(from: game.catalog, to: try GameFolder.load(next).catalog)
            guard difference.impossible.isEmpty else {
                throw Failure(message: "not published: " + difference.impossible.joined(separator: "; "))
            }
            let parts = server.split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1]) else {
                throw Failure(message: "--server takes HOST:PORT, not \(server)")
            }
            let client = try await HoardClient.connect(host: String(parts[0]), port: port, token: token)
            defer { client.close() }
            let drafts = difference.drafts.map { CatalogDifference.draft($0, version: version) }
            let last = CatalogDifference.Step(
                action: "publishCatalog",
                fields: [
                    "version": .number(version), "starts": .number(starts), "digest": .words([try Self.digest(of: next)]),
                ])
            for step in difference.immediate + drafts + [last] {
                let (code, payload) = try game.encodePayload(action: step.action, fields: step.fields)
                let reply = try await client.perform(code, payload: payload)
                guard reply.status == .applied else {
                    throw Failure(message: "\(step.action) was refused: \(reply.message); what was sent before stays drafted")
                }
            }
            for line in difference.lines { print(line) }
            print("version \(version) published, \(difference.drafts.count) offers, in effect from \(starts == 0 ? "now" : "\(starts)") on")
        }
    }

    /// SHA-256 over the names and contents of the catalog's files, in the order of their names.
    static func digest(of folder: String) throws -> U256 {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/Catalog").filter { $0.hasSuffix(".json") }
        let bytes = files.sorted().flatMap { name in
            Array(name.utf8) + [0] + [UInt8](FileManager.default.contents(atPath: "\(folder)/Catalog/\(name)") ?? Data())
        }
        return U256(bigEndian: sha256(bytes).bytes)
    }
}
