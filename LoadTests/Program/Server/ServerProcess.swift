import Foundation

/// What a server of our own is started with.
struct ServerSettings {
    var paths: ServerPaths
    /// The data folder; made by the server when it does not exist.
    var dataFolder: String
    /// A folder for what the server prints.
    var printFolder: String
    var executor: String?
    var workers: Int?
    var checkpointOperations: Int? = nil
}

/// A `hoard serve` of our own on loopback.
final class ServerProcess {
    /// How long a start may take: recovery of a large log is in it.
    static let startMillisecondsMax = 120_000
    /// How long the server may take to finish, sync and close.
    static let stopMillisecondsMax = 30_000

    /// Where it listens.
    let host: String
    let port: Int
    /// From its start until it listened.
    let startSeconds: Double
    private let child: ChildProcess
    private let settings: ServerSettings

    /// Starts the server and waits until it listens.
    init(_ settings: ServerSettings) throws {
        self.settings = settings
        let outputPath = settings.printFolder + "/server.out"
        let errorPath = settings.printFolder + "/server.err"
        let start = MonotonicClock.nanoseconds()
        child = try ChildProcess(
            program: settings.paths.program, arguments: Self.arguments(settings),
            outputPath: outputPath, errorPath: errorPath)
        let deadline = start + UInt64(Self.startMillisecondsMax) * 1_000_000
        while true {
            if let address = Self.address(inOutput: outputPath) {
                (host, port) = address
                break
            }
            if child.hasEnded() {
                throw ProcessFailure(
                    description: "the server \(child.end?.description ?? "ended") before it listened"
                        + Self.tail(of: errorPath))
            }
            if MonotonicClock.nanoseconds() > deadline {
                child.send(signal: SIGKILL)
                _ = child.wait(atMostMilliseconds: 1000)
                throw ProcessFailure(
                    description: "the server did not listen within \(Self.startMillisecondsMax) ms"
                        + Self.tail(of: errorPath))
            }
            MonotonicClock.sleep(milliseconds: 1)
        }
        startSeconds = MonotonicClock.seconds(from: start, to: MonotonicClock.nanoseconds())
    }

    deinit {
        if !child.hasEnded() {
            child.send(signal: SIGKILL)
            _ = child.wait(atMostMilliseconds: 5000)
        }
    }

    /// The server's process id.
    var processID: Int32 { child.processID }

    /// CPU time that the server has used so far.
    var processorTime: ProcessorTime? { ProcessorTime.of(processID: child.processID) }

    /// Memory that the server has in use, without what the kernel holds for its sockets.
    var residentBytes: Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(child.processID)/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Whether it has ended without being asked.
    var hasEnded: Bool { child.hasEnded() }

    /// Asks the server to stop and waits; throws when it does not end with exit code 0.
    func stop() throws {
        child.send(signal: SIGTERM)
        guard let end = child.wait(atMostMilliseconds: Self.stopMillisecondsMax) else {
            child.send(signal: SIGKILL)
            _ = child.wait(atMostMilliseconds: 5000)
            throw ProcessFailure(
                description: "the server did not stop within \(Self.stopMillisecondsMax) ms of SIGTERM")
        }
        guard end == .exited(code: 0) else {
            throw ProcessFailure(
                description: "the server \(end.description) after SIGTERM"
                    + Self.tail(of: settings.printFolder + "/server.err"))
        }
    }

    /// Ends the server as a crash does.
    func crash() {
        child.send(signal: SIGKILL)
        _ = child.wait(atMostMilliseconds: 10_000)
    }

    /// A token of role `server` from the program itself.
    static func token(_ settings: ServerSettings, subject: String) throws -> String {
        let text = try run(
            settings,
            arguments: [
                "token", "--data", settings.dataFolder, "--role", "server", "--subject", subject,
            ], name: "token")
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The printed text of one command of the server program; throws when it ends with another code than 0.
    static func run(
        _ settings: ServerSettings, arguments: [String], name: String,
        atMostMilliseconds limit: Int = 60_000
    ) throws -> String {
        let outputPath = settings.printFolder + "/\(name).out"
        let errorPath = settings.printFolder + "/\(name).err"
        let child = try ChildProcess(
            program: settings.paths.program, arguments: arguments, outputPath: outputPath,
            errorPath: errorPath)
        let end = child.wait(atMostMilliseconds: limit)
        guard end == .exited(code: 0) else {
            child.send(signal: SIGKILL)
            _ = child.wait(atMostMilliseconds: 5000)
            throw ProcessFailure(
                description: "hoard \(name) \(end?.description ?? "did not end in \(limit) ms")"
                    + tail(of: outputPath) + tail(of: errorPath))
        }
        return (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? ""
    }

    /// HOST and PORT of a printed line `listening on HOST:PORT`.
    static func address(inText text: String) -> (host: String, port: Int)? {
        let mark = "listening on "
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            guard let range = line.range(of: mark) else { continue }
            return address(fromText: String(line[range.upperBound...]))
        }
        return nil
    }

    /// HOST and PORT of HOST:PORT.
    static func address(fromText text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let port = text[text.index(after: colon)...].prefix { $0.isNumber }
        guard let port = Int(port), (1...65_535).contains(port), colon != text.startIndex else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }

    private static func address(inOutput path: String) -> (host: String, port: Int)? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.hasSuffix("\n")
        else { return nil }
        return address(inText: text)
    }

    private static func arguments(_ settings: ServerSettings) -> [String] {
        var arguments = ["serve", "--listen", "127.0.0.1:0", "--data", settings.dataFolder]
        if let game = settings.paths.game { arguments += ["--game", game] }
        if let executor = settings.executor { arguments += ["--executor", executor] }
        if let workers = settings.workers { arguments += ["--workers", String(workers)] }
        if let count = settings.checkpointOperations { arguments += ["--checkpoint-operations", String(count)] }
        return arguments
    }

    private static func tail(of path: String) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return "" }
        let lines = text.split(separator: "\n").suffix(12)
        return lines.isEmpty ? "" : "\n  " + lines.joined(separator: "\n  ")
    }
}
