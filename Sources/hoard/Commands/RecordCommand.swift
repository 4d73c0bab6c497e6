import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Replay

/// `hoard record`: what a world did, as a match that can be replayed.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Write what a world did as a replayable file in the canonical form.",
        discussion: """
            Every operation that moved something becomes events; the balances at the end are snapshots, so that a replay of the \
            file checks itself. Players are named by digits of their account; with --hash-players by digits of a hash with a secret, \
            so that nobody who knows a player's name finds him in the file. --exact writes the operations themselves instead, as the log \
            holds them, block by block: `hoard replay FILE` then comes to the very same state root. The log must be whole (`hoard serve --keep-log`), the \
            server must not be running; a copy made by `hoard backup` will do.
            """)

    @Option(help: "The data folder.")
    var data: String

    @Option(name: .shortAndLong, help: "The file to write; standard output when left out.")
    var output: String?

    @Option(help: "The match's name in the file.")
    var name = "record"

    @Option(help: "Stop after this block.")
    var to: UInt64?

    @Flag(help: "Name players by a hash with a secret.")
    var hashPlayers = false

    @Option(help: "The secret for --hash-players; a new one when left out, so that two records do not show the same names.")
    var secret: String?

    @Flag(help: "Write the operations themselves: a replay comes to the same state root.")
    var exact = false

    @OptionGroup var execution: ExecutionOptions

    func validate() throws {
        if secret != nil, !hashPlayers { throw ValidationError("--secret goes with --hash-players") }
        if exact, hashPlayers {
            throw ValidationError("--exact and --hash-players exclude each other: the operations themselves name accounts")
        }
        guard 1...40 ~= name.utf8.count else { throw ValidationError("--name takes 1 to 40 bytes") }
    }

    func run() async throws {
        try await reportingFailures {
            let folder = DataFolder(path: data)
            try folder.requireWorld()
            let game = try GameFolder.load(try GameFolder.locate(execution.game, data: folder))
            let genesis = Gateway.ledgerGenesis(of: game)
            let progress = ProgressLine("blocks recorded:")
            defer { progress.finish() }
            if exact { return try writeExact(game, genesis, progress) }
            let match = try WorldRecorder.record(
                folder: data, name: name, game: game, genesis: genesis, executor: execution.makeExecutor(genesis),
                naming: hashPlayers ? .hashed(secret: secret ?? UUID().uuidString) : .account, upTo: to ?? .max
            ) { progress.update($0) }
            let text = CanonicalWriter.text(match)
            guard let output else {
                print(text, terminator: "")
                return
            }
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: output))
            } catch {
                throw Failure(message: "\(output) cannot be written: \(error.localizedDescription)")
            }
            progress.finish()
            print("\(match.events.count) events of \(match.players.count) players in \(output)")
            for note in match.notes { print(note) }
        }
    }

    private func writeExact(_ game: Game, _ genesis: LedgerGenesis, _ progress: ProgressLine) throws {
        if let output, !FileManager.default.createFile(atPath: output, contents: nil) {
            throw Failure(message: "\(output) cannot be written")
        }
        let file = output.map { FileHandle(forWritingAtPath: $0) } ?? FileHandle.standardOutput
        guard let file else { throw Failure(message: "\(output ?? "standard output") cannot be written") }
        var problem: (any Error)?
        let head = try WorldRecord.write(
            folder: data, name: name, game: game, genesis: genesis, executor: execution.makeExecutor(genesis),
            upTo: to ?? .max, onProgress: { progress.update($0) }
        ) { text in
            do { try file.write(contentsOf: Data(text.utf8)) } catch { problem = error }
            return problem == nil
        }
        if let problem { throw Failure(message: "\(output ?? "standard output") cannot be written: \(problem.localizedDescription)") }
        guard let output else { return }
        progress.finish()
        print("\(head.operations) operations of \(head.blocks) blocks in \(output)")
        print("state root \(head.stateRoot)")
    }
}
