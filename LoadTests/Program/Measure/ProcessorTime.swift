import Foundation

/// CPU time of a process, from /proc/PID/stat.
struct ProcessorTime: Equatable {
    /// Microseconds in user mode.
    var userMicroseconds: Double
    /// Microseconds in the kernel on its behalf.
    var systemMicroseconds: Double

    /// Both together.
    var totalMicroseconds: Double { userMicroseconds + systemMicroseconds }

    /// The time a living process has used so far; nil when it is gone.
    static func of(processID: Int32) -> ProcessorTime? {
        guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else {
            return nil
        }
        return parse(text, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Reads fields 14 and 15; the command's name, which may hold spaces and brackets, ends at the last bracket.
    static func parse(_ text: String, ticksPerSecond: Double) -> ProcessorTime? {
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            return nil
        }
        let scale = 1e6 / ticksPerSecond
        return ProcessorTime(userMicroseconds: user * scale, systemMicroseconds: system * scale)
    }

    /// What was used between an earlier moment and this one.
    func since(_ earlier: ProcessorTime) -> ProcessorTime {
        ProcessorTime(
            userMicroseconds: userMicroseconds - earlier.userMicroseconds,
            systemMicroseconds: systemMicroseconds - earlier.systemMicroseconds)
    }
}
