import Foundation

/// A Redis server of our own on loopback: every write in the append-only file and synced before the answer.
final class RedisServer {
    static let program = "/usr/bin/redis-server"
    /// No snapshots and no rewriting of the file within the window; a sync before every answer.
    static let options = [
        "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        "--auto-aof-rewrite-percentage", "0", "--daemonize", "no",
    ]

    /// The port on 127.0.0.1.
    let port: Int
    private let child: ChildProcess

    /// Starts the server; it accepts connections a moment later.
    init(folder: String) throws {
        guard access(Self.program, X_OK) == 0 else {
            throw PeerFailure(description: "no program \(Self.program); LoadTests/peers/install installs it")
        }
        port = try freePort()
        child = try ChildProcess(
            program: Self.program, arguments: Self.options + ["--port", String(port), "--dir", folder],
            outputPath: folder + "/redis.out", errorPath: folder + "/redis.err")
    }

    /// The server's process.
    var processID: Int32 { child.processID }

    /// Whether it has ended without being asked.
    var hasEnded: Bool { child.hasEnded() }

    /// Ends it: its data goes away with the folder.
    func stop() {
        child.send(signal: SIGKILL)
        _ = child.wait(atMostMilliseconds: 5000)
    }
}
