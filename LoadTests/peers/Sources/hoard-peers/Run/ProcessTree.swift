import Foundation

/// CPU time of a process and all its descendants, those that have ended and were waited for included.
enum ProcessTree {
    /// User and system time of the whole tree under a process.
    static func processorTime(of root: Int32) -> ProcessorTime {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var parents: [Int32: Int32] = [:]
        var times: [Int32: ProcessorTime] = [:]
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        for name in names {
            guard let process = Int32(name),
                let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let (parent, time) = parse(text, ticksPerSecond: ticks)
            else { continue }
            parents[process] = parent
            times[process] = time
        }
        var sum = ProcessorTime(userMicroseconds: 0, systemMicroseconds: 0)
        for (process, time) in times where isUnder(process, root, parents) {
            sum.userMicroseconds += time.userMicroseconds
            sum.systemMicroseconds += time.systemMicroseconds
        }
        return sum
    }

    /// Parent, and time with that of children who have ended, of a line of /proc/PID/stat.
    static func parse(_ text: String, ticksPerSecond: Double) -> (parent: Int32, time: ProcessorTime)? {
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 14, let parent = Int32(fields[1]), let user = Double(fields[11]),
            let system = Double(fields[12]), let userOfEnded = Double(fields[13]),
            let systemOfEnded = Double(fields[14])
        else { return nil }
        let scale = 1e6 / ticksPerSecond
        return (
            parent,
            ProcessorTime(
                userMicroseconds: (user + userOfEnded) * scale, systemMicroseconds: (system + systemOfEnded) * scale)
        )
    }

    private static func isUnder(_ process: Int32, _ root: Int32, _ parents: [Int32: Int32]) -> Bool {
        var ancestor = process
        while ancestor > 1 {
            if ancestor == root { return true }
            ancestor = parents[ancestor] ?? 0
        }
        return false
    }
}
