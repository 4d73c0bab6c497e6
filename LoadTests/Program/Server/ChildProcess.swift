import Foundation

/// How a process ended.
enum ProcessEnd: Equatable {
    case exited(code: Int32)
    case killed(signal: Int32)

    /// In words.
    var description: String {
        switch self {
        case .exited(let code): "ended with exit code \(code)"
        case .killed(let signal): "was ended by signal \(signal)"
        }
    }
}

/// A failure to start or to steer a process.
struct ProcessFailure: Error, CustomStringConvertible {
    let description: String
}

/// A program started by us, its output in two files, stopped by signals.
final class ChildProcess {
    /// The process id.
    let processID: Int32
    /// How it ended, once `hasEnded` or `wait` has seen it.
    private(set) var end: ProcessEnd?

    /// Starts a program; its standard output and error replace the contents of two files.
    init(program: String, arguments: [String], outputPath: String, errorPath: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, flags, 0o644)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: an interrupt typed at the terminal reaches us, and we stop the child.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)

        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var processID: pid_t = 0
        let code = posix_spawn(&processID, program, &actions, &attributes, pointers, environ)
        guard code == 0 else {
            throw ProcessFailure(
                description: "could not start \(program): \(String(cString: strerror(code)))")
        }
        self.processID = processID
    }

    /// Sends a signal, unless the process is known to have ended.
    func send(signal: Int32) {
        if end == nil { kill(processID, signal) }
    }

    /// Whether the process has ended; never waits.
    func hasEnded() -> Bool {
        reap(options: WNOHANG)
        return end != nil
    }

    /// Waits for the end, at most this long; nil when it is still alive.
    func wait(atMostMilliseconds limit: Int) -> ProcessEnd? {
        let deadline = MonotonicClock.nanoseconds() + UInt64(limit) * 1_000_000
        while !hasEnded() {
            if MonotonicClock.nanoseconds() >= deadline { return nil }
            MonotonicClock.sleep(milliseconds: 1)
        }
        return end
    }

    private func reap(options: Int32) {
        guard end == nil else { return }
        var status: Int32 = 0
        guard waitpid(processID, &status, options) == processID else { return }
        let signal = status & 0x7F
        end = signal == 0 ? .exited(code: (status >> 8) & 0xFF) : .killed(signal: signal)
    }
}
