internal import Foundation
internal import Glibc

/// What the process takes of the machine, as Linux tells it.
struct ProcessUse {
    var residentBytes: UInt64 = 0
    var openFiles = 0
    var processorSeconds = 0.0
    var startSeconds = 0.0
    /// Seconds of processor time by the name of the thread; threads of one name together.
    var threadSeconds: [String: Double] = [:]

    /// Reads it now.
    static func now() -> ProcessUse {
        var use = ProcessUse()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
        if let fields = text("/proc/self/statm")?.split(separator: " "), fields.count > 1 {
            use.residentBytes = (UInt64(fields[1]) ?? 0) * page
        }
        use.openFiles = max(0, ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 1) - 1)
        if let stat = times("/proc/self/stat") {
            use.processorSeconds = stat.ticks / ticks
            use.startSeconds = bootSeconds() + stat.start / ticks
        }
        for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
            guard let stat = times("/proc/self/task/\(thread)/stat") else { continue }
            var name = stat.name
            if let dash = name.lastIndex(of: "-"), name[name.index(after: dash)...].allSatisfy(\.isNumber) {
                name = String(name[..<dash])
            }
            use.threadSeconds[name, default: 0] += stat.ticks / ticks
        }
        return use
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func times(_ path: String) -> (name: String, ticks: Double, start: Double)? {
        guard let line = text(path), let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let user = Double(fields[11]), let system = Double(fields[12]), let start = Double(fields[19])
        else { return nil }
        return (String(line[line.index(after: open)..<close]), user + system, start)
    }

    private static func bootSeconds() -> Double {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }
}
