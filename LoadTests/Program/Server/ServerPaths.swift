import Foundation

/// Where the server program, its game data and a run's temporary files are.
struct ServerPaths {
    /// The program `hoard`.
    var program: String
    /// The folder GameData.
    var game: String?

    /// Finds `hoard` beside our own program unless it is named.
    static func find(program: String?, game: String?) throws -> ServerPaths {
        let own = ownProgram()
        let folder = (own as NSString).deletingLastPathComponent
        let candidate = program ?? folder + "/hoard"
        guard access(candidate, X_OK) == 0 else {
            throw ProcessFailure(
                description: "no server program at \(candidate); build it, or name it with --server")
        }
        return ServerPaths(program: candidate, game: game)
    }

    /// The path of our own program.
    static func ownProgram() -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
    }

    /// The first folder or file of this name in one of the starting folders or above it.
    static func upwards(from starts: [String], name: String) -> String? {
        for start in starts {
            var folder = start
            while true {
                let candidate = (folder as NSString).appendingPathComponent(name)
                if access(candidate, R_OK) == 0 { return candidate }
                let parent = (folder as NSString).deletingLastPathComponent
                if parent == folder || parent.isEmpty { break }
                folder = parent
            }
        }
        return nil
    }

    /// The working folder.
    static func currentFolder() -> String { FileManager.default.currentDirectoryPath }
}

/// A folder of our own that goes away with the run.
struct TemporaryFolder {
    /// Its path.
    let path: String

    /// Makes a folder on a real disk: in /var/tmp (which is never memory) unless TMPDIR says otherwise.
    init() throws {
        let root = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
        var template = Array((root + "/hoard-load-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ProcessFailure(
                description: "could not make a folder in \(root): \(String(cString: strerror(errno)))")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Removes the folder and all in it.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
