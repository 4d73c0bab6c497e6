import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger

/// `hoard backup`: copies a data folder, also while a server works on it.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a data folder to another one, also while its server runs.",
        discussion: """
            Copies the newest checkpoint and every whole record of the log behind it, each checked. Everything answered \
            before the command began is in the copy. The target must not hold a world.
            """)

    @Option(help: "The data folder.")
    var data: String

    @Option(help: "The folder for the copy.")
    var to: String

    @Option(help: "The game folder; by default the one that the data folder was made with.")
    var game: String?

    @Flag(help: "Print one JSON object: block, head, checkpointBlock, bytes.")
    var json = false

    func run() async throws {
        try await reportingFailures { try WorldCopying(game: game, json: json).copy(from: data, to: to, "backed up") }
    }
}

/// `hoard restore`: makes a data folder from a backup.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a data folder from a backup; every byte is checked on the way.")

    @Option(help: "The backup.")
    var from: String

    @Option(help: "The data folder to make; it must not hold a world.")
    var data: String

    @Option(help: "The game folder; by default the one that the backup names.")
    var game: String?

    @Flag(help: "Print one JSON object: block, head, checkpointBlock, bytes.")
    var json = false

    func run() async throws {
        try await reportingFailures { try WorldCopying(game: game, json: json).copy(from: from, to: data, "restored") }
    }
}

/// What backup and restore have in common.
private struct WorldCopying {
    let game: String?
    let json: Bool

    private struct Output: Encodable {
        let block: UInt64
        let head: String
        let checkpointBlock: UInt64
        let bytes: Int
    }

    /// Copies a world and says what the copy holds.
    func copy(from source: String, to target: String, _ verb: String) throws {
        let folder = DataFolder(path: source)
        try folder.requireWorld()
        let game = try GameFolder.load(try GameFolder.locate(game, data: folder))
        let progress = ProgressLine("blocks copied:")
        defer { progress.finish() }
        let report = try Ledger.backup(folder: source, to: target, genesis: Gateway.ledgerGenesis(of: game)) {
            progress.update($0)
        }
        if json {
            return try printJSON(
                Output(
                    block: report.block, head: report.head.hex, checkpointBlock: report.checkpointBlock,
                    bytes: report.byteCount))
        }
        print("\(verb) up to block \(report.block), \(report.byteCount / 1_000_000) MB")
        print("head \(report.head.hex)")
    }
}
