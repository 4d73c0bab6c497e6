import Foundation

/// Files of figures, one line a measurement, that later runs are compared with.
enum Baseline {
    /// Appends one line to a file, which is made when absent; a bare name means LoadTests/Baselines/NAME.jsonl.
    static func append(_ value: JSONText, to name: String) throws {
        let path = path(of: name)
        let line = Self.line(
            value, commit: commit(), machine: machine(),
            command: command(CommandLine.arguments))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard descriptor >= 0 else {
            throw ProcessFailure(
                description: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array((line + "\n").utf8)
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
        else {
            throw ProcessFailure(
                description: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// One measurement: which commit, on what, by which command, and its value.
    static func line(_ value: JSONText, commit: String, machine: String, command: String) -> String {
        JSONText.object([
            ("commit", .text(commit)), ("machine", .text(machine)), ("command", .text(command)),
            ("value", value),
        ]).line
    }

    /// The command as one would type it again; tokens are left out.
    static func command(_ arguments: [String]) -> String {
        var words = ["hoard-load"]
        var hidesNext = false
        for word in arguments.dropFirst() {
            words.append(hidesNext ? "TOKEN" : word)
            hidesNext = word == "--token"
        }
        return words.joined(separator: " ")
    }

    /// The file that a name stands for.
    static func path(of name: String) -> String {
        if name.contains("/") || name.hasSuffix(".jsonl") { return name }
        let program = (ServerPaths.ownProgram() as NSString).deletingLastPathComponent
        let folder = ServerPaths.upwards(
            from: [ServerPaths.currentFolder(), program], name: "LoadTests/Baselines")
        return (folder ?? ".") + "/" + name + ".jsonl"
    }

    /// Processor, cores, memory and kernel in one phrase.
    static func machine() -> String {
        var model = "unknown processor"
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
            let colon = line.firstIndex(of: ":")
        {
            model = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let gibibytes = (ProcessInfo.processInfo.physicalMemory + (1 << 29)) >> 30
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: &names.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return "\(model), \(onlineCores()) cores, \(gibibytes) GiB, Linux \(release)"
    }

    /// Cores that this process may use.
    static func onlineCores() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    private static func commit() -> String {
        guard let folder = try? TemporaryFolder() else { return "unknown" }
        defer { folder.remove() }
        let output = folder.path + "/out"
        guard
            let child = try? ChildProcess(
                program: "/usr/bin/git", arguments: ["describe", "--always", "--dirty"],
                outputPath: output, errorPath: folder.path + "/err"),
            child.wait(atMostMilliseconds: 5000) == .exited(code: 0),
            let text = try? String(contentsOfFile: output, encoding: .utf8)
        else { return "unknown" }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
