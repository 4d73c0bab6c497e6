import Foundation
import Glibc
import Testing

/// Many connections that say nothing.
struct IdleConnectionTests {
    @Test func `ten thousand idle connections cost little and disturb nobody`() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let count = min(10_000, Int(limit.rlim_cur) - 1_000)
        try #require(count >= 1_000, "only \(limit.rlim_cur) descriptors may be open here")

        let server = try RunningServer(data: Program.temporaryPath("idle"))
        defer { try? FileManager.default.removeItem(atPath: server.data) }
        let before = try Self.residentBytes(server.process.processIdentifier)
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        for _ in 0..<count { descriptors.append(try Self.connect(port: server.port)) }
        let perConnection = (try Self.residentBytes(server.process.processIdentifier) - before) / count
        #expect(perConnection <= 8_192, "\(perConnection) bytes a connection, at most 8192")

        let client = try Program.run(
            at: URL(fileURLWithPath: "/usr/bin/env"),
            [
                "python3", "docs/examples/client.py", "--port", "\(server.port)", "--token", try server.token("player", "ana"),
                "--server-token", try server.token("server", "arena"),
            ])
        #expect(client.status == 0, "\(client.output)\n\(client.errors)")
        #expect(server.stop() == 0)
    }

    private static func connect(port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0, "no descriptor: error \(errno)")
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0, "not connected: error \(errno)")
        return descriptor
    }

    private static func residentBytes(_ process: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
        let fields = text.split(separator: " ").compactMap { Int($0) }
        try #require(fields.count > 1)
        return fields[1] * sysconf(Int32(_SC_PAGESIZE))
    }
}
