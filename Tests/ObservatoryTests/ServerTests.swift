import Foundation
import Testing

@testable import Observatory

/// Requests as they come over the network: good ones, and those that nobody should send.
struct ServerTests {
    private static let version = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"web3_clientVersion\"}"

    @Test func `hosts, origins, types, sizes and paths are checked`() async throws {
        try await ObservedWorld.serve(change: {
            $0.hosts = ["hoard.example"]
            $0.origins = ["https://wallet.example"]
            $0.limits.bodyBytesMax = 4_096
        }) { world in
            let json = "content-type: application/json\r\n"
            let table: [(String, String, String, Int)] = [
                (Self.version, json, "localhost", 200), (Self.version, json, "127.0.0.1:8545", 200),
                (Self.version, json, "hoard.example:1", 200), (Self.version, json, "evil.example", 421),
                (Self.version, json + "origin: https://wallet.example\r\n", "localhost", 200),
                (Self.version, json + "origin: http://localhost\r\n", "localhost", 200),
                (Self.version, json + "origin: https://evil.example\r\n", "localhost", 403),
                (Self.version, json + "origin: null\r\n", "localhost", 403),
                (Self.version, "content-type: text/plain\r\n", "localhost", 415), (Self.version, "", "localhost", 415),
                (String(repeating: " ", count: 5_000), json, "localhost", 413),
            ]
            for (body, headers, host, status) in table {
                let response = try RawSocket(port: world.port).post(body, headers: headers, host: host)
                #expect(response.hasPrefix("HTTP/1.1 \(status) "), "\(headers) \(host): \(response.prefix(200))")
            }
            let allowed = try RawSocket(port: world.port).post(
                Self.version, headers: json + "origin: https://wallet.example\r\n")
            #expect(allowed.contains("access-control-allow-origin: https://wallet.example"))
            for (path, status) in [
                ("/", 200), ("/page.js", 200), ("/page.css", 200), ("/metrics", 200), ("/healthz", 200), ("/../etc/passwd", 404),
                ("/nothing", 404),
            ] {
                let socket = try RawSocket(port: world.port)
                socket.send("GET \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n")
                #expect(socket.response().hasPrefix("HTTP/1.1 \(status) "), "\(path)")
            }
        }
    }

    @Test func `a slow request is cut off and a half one too`() async throws {
        try await ObservedWorld.serve(change: { $0.limits.requestSecondsMax = 1 }) { world in
            let slow = try RawSocket(port: world.port)
            slow.send("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
            let silent = try RawSocket(port: world.port)
            let began = Date()
            #expect(slow.receive() == [] && silent.receive() == [])
            #expect(Date().timeIntervalSince(began) < 10)
            #expect(try RawSocket(port: world.port).post(Self.version).contains("Hoard/"))
        }
    }

    @Test func `more requests than are allowed, and more connections, are refused`() async throws {
        try await ObservedWorld.serve(change: {
            $0.limits.requestsPerSecond = 1
            $0.limits.requestsAtOnce = 20
            $0.limits.connectionsMax = 10
        }) { world in
            let socket = try RawSocket(port: world.port)
            var statuses: [String] = []
            for _ in 0..<40 { statuses.append(String(socket.post(Self.version).prefix(12))) }
            #expect(statuses.filter { $0 == "HTTP/1.1 200" }.count >= 20)
            #expect(statuses.last == "HTTP/1.1 429")
            var others: [RawSocket] = []
            for _ in 0..<20 { others.append(try RawSocket(port: world.port)) }
            var closed = 0
            for other in others.suffix(5) where other.receive() == [] { closed += 1 }
            #expect(closed == 5, "connections over the limit are closed at once")
        }
    }

    @Test func `a WebSocket answers, notifies, and a flood of it is bounded`() async throws {
        try await ObservedWorld.serve { world in
            #expect(try !RawSocket(port: world.port).upgrade(origin: "https://evil.example"))
            let socket = try RawSocket(port: world.port)
            #expect(socket.upgrade(origin: "http://localhost"))
            socket.sendFrame(Self.version)
            #expect(socket.receiveFrame()?.contains("Hoard/") == true)
            for topic in ["newHeads", "logs", "newPendingTransactions", "microBlocks", "stateChanges"] {
                socket.sendFrame("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"eth_subscribe\",\"params\":[\"\(topic)\"]}")
                #expect(socket.receiveFrame()?.contains("\"result\":\"0x") == true, "\(topic)")
            }
            usleep(60_000)
            try world.grant(50, to: "ann")
            var seen: Set<String> = []
            while seen.count < 5, let text = socket.receiveFrame() {
                for (key, word) in [
                    ("head", "parentHash"), ("log", "logIndex"), ("block", "durableMilliseconds"), ("state", "\"changes\""),
                ] where text.contains(word) { seen.insert(key) }
                if text.contains("\"result\":\"0x") { seen.insert("pending") }
            }
            #expect(seen.count == 5, "heard of \(seen)")
            for _ in 0..<20_000 where !socket.sendFrame(Self.version) { break }
            #expect(try world.result("web3_clientVersion").text?.hasPrefix("Hoard/") == true, "the server is well")
        }
    }

    @Test func `bytes by chance harm nobody`() async throws {
        try await ObservedWorld.serve { world in
            var chance = SystemRandomNumberGenerator()
            let seeds = [
                Self.version, "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"0x00\",\"data\":\"0x\"},\"latest\",{}]}",
                "[{\"jsonrpc\":\"2.0\"},1,null,{}]",
            ]
            for round in 0..<300 {
                var bytes = Array(seeds[round % seeds.count].utf8)
                for _ in 0..<Int.random(in: 0..<6, using: &chance) {
                    bytes[Int.random(in: bytes.indices, using: &chance)] = UInt8.random(in: 0...255, using: &chance)
                }
                if round % 2 == 0 {
                    let socket = try RawSocket(port: world.port)
                    socket.send(bytes)
                } else {
                    _ = try? world.answer(String(decoding: bytes, as: UTF8.self))
                }
            }
            #expect(try RawSocket(port: world.port).post(Self.version).contains("Hoard/"))
        }
    }
}
