import Foundation

/// A PostgreSQL server of our own: a fresh cluster in a folder, on loopback, durable as it comes.
final class PostgresServer {
    /// Where Debian puts the server's programs.
    static let programs = "/usr/lib/postgresql/15/bin"
    /// What differs from PostgreSQL's own settings: more memory, no replication, no checkpoint within the window. What
    /// makes an answer durable (fsync, synchronous_commit, full_page_writes) stays on.
    static let options = [
        "shared_buffers=1GB", "max_connections=200", "wal_level=minimal", "max_wal_senders=0", "wal_buffers=64MB",
        "max_wal_size=16GB", "checkpoint_timeout=1h", "jit=off", "fsync=on", "synchronous_commit=on",
        "full_page_writes=on", "listen_addresses=127.0.0.1", "unix_socket_directories=",
    ]

    /// The port on 127.0.0.1.
    let port: Int
    private let child: ChildProcess

    /// Makes the cluster and starts the server; it accepts connections a moment later.
    init(folder: String) throws {
        let data = folder + "/cluster"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        if getuid() == 0 {
            // PostgreSQL refuses to run as root: it gets Debian's user, and a way into the folder.
            guard let user = getpwnam("postgres") else { throw PeerFailure(description: "there is no user postgres") }
            chown(data, user.pointee.pw_uid, user.pointee.pw_gid)
            chmod(folder, 0o711)
            chmod((folder as NSString).deletingLastPathComponent, 0o711)
        }
        let make = try Self.start(
            ["\(Self.programs)/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"],
            folder, "initdb")
        guard make.wait(atMostMilliseconds: 60_000) == .exited(code: 0) else {
            throw PeerFailure(description: "initdb failed: \(Self.printed(folder, "initdb"))")
        }
        port = try freePort()
        var arguments = ["\(Self.programs)/postgres", "-D", data, "-p", String(port)]
        for option in Self.options { arguments += ["-c", option] }
        child = try Self.start(arguments, folder, "postgres")
    }

    /// The postmaster, whose children all others are.
    var processID: Int32 { child.processID }

    /// Whether it has ended without being asked.
    var hasEnded: Bool { child.hasEnded() }

    /// Stops it at once: its data goes away with the folder.
    func stop() {
        child.send(signal: SIGQUIT)
        if child.wait(atMostMilliseconds: 10_000) == nil {
            child.send(signal: SIGKILL)
            _ = child.wait(atMostMilliseconds: 5000)
        }
    }

    private static func start(_ command: [String], _ folder: String, _ name: String) throws -> ChildProcess {
        guard access(command[0], X_OK) == 0 else {
            throw PeerFailure(description: "no program \(command[0]); LoadTests/peers/install installs it")
        }
        var command = command
        if getuid() == 0 {
            command = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
        }
        return try ChildProcess(
            program: command[0], arguments: Array(command.dropFirst()), outputPath: "\(folder)/\(name).out",
            errorPath: "\(folder)/\(name).err")
    }

    private static func printed(_ folder: String, _ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name).err", encoding: .utf8)) ?? ""
    }
}
