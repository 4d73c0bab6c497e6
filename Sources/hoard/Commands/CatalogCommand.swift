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
        commandName: "check", abstract: "Load a game folder and print every mistake, with file, line and field.",
        discussion: "Exit code 0 where all is in order, 1 where something is wrong.")

    @Argument(help: "The game folder; by default GameData here or above the program.")
    var folder: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let path = try await reportingFailures { try GameFolder.locate(folder) }
        switch Result(catching: { () throws(GameDataError) in try Game.load(folder: path) }) {
        case .success(let game):
            let catalog = game.catalog
            let counts: [(String, Int)] = [
                ("currencies", catalog.currencies.count), ("items", catalog.items.count), ("offers", catalog.offers.count),
                ("books", catalog.books.count), ("tables", catalog.loot.tables.count), ("actions", game.actions.count), ("contracts", game.contracts.count),
            ]
            if json {
                return try printJSON(
                    InspectValue.object(
                        [("folder", .text(path)), ("problems", .list([]))] + counts.map { ($0, .number(UInt64($1))) }))
            }
            print("\(path): \(counts.map { "\($1) \($0)" }.joined(separator: ", ")): all in order")
        case .failure(let error):
            if json {
                try printJSON(
                    InspectValue.object([
                        ("folder", .text(path)), ("problems", .list(error.problems.map { .text($0.description) })),
                    ]))
            } else {
                print(error)
            }
            throw ExitCode(1)
        }
    }
}

/// `hoard catalog diff`.
struct CatalogDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Print what a draft folder says differently.",
        discussion: "Exit code 1 where something cannot be published.")

    @Argument(help: "The game folder of the world.")
    var present: String

    @Argument(help: "The draft folder.")
    var next: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let difference = try await reportingFailures {
            CatalogDifference(from: try GameFolder.load(present).catalog, to: try GameFolder.load(next).catalog)
        }
        if json {
            try printJSON(
                InspectValue.object([
                    ("changes", .list(difference.lines.map { .text($0) })),
                    ("cannotBePublished", .list(difference.impossible.map { .text($0) })),
                ]))
        } else {
            for line in difference.lines { print(line) }
            for line in difference.impossible { print("cannot be published: \(line)") }
            if difference.isEmpty, difference.impossible.isEmpty { print("no difference") }
        }
        if !difference.impossible.isEmpty { throw ExitCode(1) }
    }
}

/// `hoard catalog publish`.
struct CatalogPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Publish a draft folder to a running world, as an operator.",
        discussion: """
            Every step has an operation id made of the version and its place, so that a command that was cut off is simply given again. \
            Nothing is sent where a part of the draft cannot be published.
            """)

    @Argument(help: "The game folder of the world.")
    var present: String

    @Argument(help: "The draft folder.")
    var next: String

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "An operator's token: hoard token --role operator ...")
    var token: String

    @Option(help: "The number of this version of the catalog, higher than all before.")
    var version: UInt64

    @Option(help: "When the offers take effect, seconds since 1970; 0 for at once.")
    var starts: UInt64 = 0

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        try await reportingFailures {
            let game = try GameFolder.load(present)
            let difference = CatalogDifference(from: game.catalog, to: try GameFolder.load(next).catalog)
            guard difference.impossible.isEmpty else {
                throw Failure(message: "not published: " + difference.impossible.joined(separator: "; "))
            }
            guard !difference.isEmpty else { throw Failure(message: "nothing to publish: \(next) says the same as \(present)") }
            let client = try await HoardClient.connect(host: server.host, port: server.port, token: token)
            defer { client.close() }
            let drafts = difference.drafts.map { CatalogDifference.draft($0, version: version) }
            let last = CatalogDifference.Step(
                action: "publishCatalog",
                fields: [
                    "version": .number(version), "starts": .number(starts), "digest": .words([try Self.digest(of: next)]),
                ])
            for (place, step) in (difference.immediate + drafts + [last]).enumerated() {
                let (code, payload) = try game.encodePayload(action: step.action, fields: step.fields)
                let name = sha256(Array("hoard:publish:\(version):\(place):".utf8) + payload).word
                let reply = try await client.perform(code, payload: payload, operationID: OperationID(high: name.l3, low: name.l2))
                guard reply.status == .applied else {
                    throw Failure(message: "\(step.action) was refused: \(reply.message); what was sent before stays drafted")
                }
            }
            try report(difference)
        }
    }

    private func report(_ difference: CatalogDifference) throws {
        if json {
            return try printJSON(
                InspectValue.object([
                    ("version", .number(version)), ("starts", .number(starts)), ("offers", .number(UInt64(difference.drafts.count))),
                    ("changes", .list(difference.lines.map { .text($0) })),
                ]))
        }
        for line in difference.lines { print(line) }
        print("version \(version) published, \(difference.drafts.count) offers, in effect from \(starts == 0 ? "now" : "\(starts)") on")
    }

    /// SHA-256 over the names and contents of the catalog's files, in the order of their names.
    static func digest(of folder: String) throws -> U256 {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/Catalog").filter { $0.hasSuffix(".json") }
        let bytes = files.sorted().flatMap { name in
            Array(name.utf8) + [0] + [UInt8](FileManager.default.contents(atPath: "\(folder)/Catalog/\(name)") ?? Data())
        }
        return sha256(bytes).word
    }
}
