import Foundation
import Replay
import Testing

/// The real recordings that lie beside the project, for tests that skip where they are absent.
enum Recordings {
    /// The folder, from the environment or beside the repository.
    static let folder: URL = {
        if let shared = ProcessInfo.processInfo.environment["HOARD_SHARED"] {
            return URL(fileURLWithPath: shared).appendingPathComponent("matches")
        }
        return repository.deletingLastPathComponent().appendingPathComponent("shared/matches")
    }()

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static var present: Bool { FileManager.default.fileExists(atPath: folder.path) }
    static let absent: Comment =
        "the recorded matches are not there: set HOARD_SHARED to the folder that holds matches/"

    /// A recording of League of Legends with the price table of the given patch.
    static func league(_ name: String, prices: String) throws -> Match {
        try MatchImporters.read(
            path: folder.appendingPathComponent("lol/\(name).json").path,
            pricesPath: folder.appendingPathComponent("prices/lol_\(prices).json").path)
    }
}
