import EVM
import Economy
import Foundation
import Ledger

/// A server's data folder and the game folder that goes with it.
struct DataFolder {
    let path: String

    /// The note in which a data folder names its game folder.
    private var notePath: String { path + "/game" }

    /// Makes the folder if there is none; fails with a reason where nothing can be written.
    func create() throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(message: "the data folder \(path) cannot be made: \(error.localizedDescription)")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw Failure(message: "the data folder \(path) cannot be written by this user; choose another with --data")
        }
    }

    /// Fails where the folder is not there.
    func requireExisting() throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure(message: "there is no data folder \(path); `hoard serve --data \(path)` makes one")
        }
    }

    /// Fails where the folder holds no world: says what was looked for, and where there is one near by.
    func requireWorld() throws {
        try requireExisting()
        guard !Self.holdsWorld(path) else { return }
        let folder = URL(fileURLWithPath: path)
        let children = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        let near =
            children.map { path + "/" + $0 }.first(where: Self.holdsWorld)
            ?? (Self.holdsWorld(folder.deletingLastPathComponent().path) ? folder.deletingLastPathComponent().path : nil)
        let found = children.isEmpty ? "the folder is empty" : "it holds \(children.prefix(5).joined(separator: ", "))\(children.count > 5 ? ", ..." : "")"
        throw Failure(
            message: "\(path) holds no world: looked for the file \(path)/world, which lies beside log and checkpoints, but \(found); "
                + (near.map { "\($0) holds one" }
                    ?? "name a folder that `hoard serve --data`, `hoard replay --data` or `hoard backup` made"))
    }

    private static func holdsWorld(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path + "/world") }

    /// Remembers which game the folder is played with, for `verify` and `inspect`.
    func remember(gameFolder: String) throws {
        let absolute = URL(fileURLWithPath: gameFolder).standardizedFileURL.path
        try Data((absolute + "\n").utf8).write(to: URL(fileURLWithPath: notePath))
    }

    /// The game folder that the data folder was made with, if it says so.
    var rememberedGameFolder: String? {
        guard let text = try? String(contentsOfFile: notePath, encoding: .utf8) else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Finds and loads the folder that holds actions, contracts, catalog and genesis.
enum GameFolder {
    /// The folder that was asked for, else the data folder's own, else GameData in the working folder or above the program.
    static func locate(_ asked: String?, data: DataFolder? = nil) throws -> String {
        if let asked { return asked }
        if let remembered = data?.rememberedGameFolder, isGame(remembered) { return remembered }
        if isGame("GameData") { return "GameData" }
        var folder = URL(fileURLWithPath: programPath).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("GameData").path
            if isGame(candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        throw Failure(message: "there is no GameData folder here or above the program; name one with --game DIR")
    }

    /// Loads a game; every mistake in its files is in the error, with file, line and field.
    static func load(_ folder: String) throws -> Game {
        do {
            return try Game.load(folder: folder)
        } catch {
            throw Failure(error)
        }
    }

    private static func isGame(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/Genesis/genesis.json")
    }

    /// The path of the running program.
    static var programPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
