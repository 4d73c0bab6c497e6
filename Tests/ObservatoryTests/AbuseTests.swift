import EVM
import Foundation
import Ledger
import Synchronization
import Testing

@testable import Observatory

/// Requests that are in order and ask for more than a server can give: each is cut, refused or dropped, and the server is well.
struct AbuseTests {
    private static let version = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"web3_clientVersion\"}"

    @Test func `a trace that would be too long is cut, and says so`() async throws {
        try await ObservedWorld.serve(change: { $0.limits.traceBytesMax = 4 << 20 }) { world in
            // A thousand words on the stack and a loop; and calls of nobody with 32 KiB of input, in a loop.
            let deep = [UInt8](repeating: 0x33, count: 1_000) + [0x5b, 0x61, 0x03, 0xe8, 0x56]
            let calls: [UInt8] = [
                0x5b, 0x5f, 0x5f, 0x61, 0x80, 0x00, 0x5f, 0x5f, 0x61, 0x99, 0x99, 0x5a, 0xf1, 0x50, 0x5f, 0x56,
            ]
            let callTracer: JSON = ["tracer": "callTracer"]
            for (code, options, isLong) in [
                (deep, [:] as JSON, true), (calls, callTracer, true), ([0x00], [:], false), ([0x00], callTracer, false),
            ] {
                let id = try world.execute(
                    .session(sender: Address(word: U256(0x77)), to: nil, data: code, gasLimit: 400_000))
                let operation = try world.result("hoard_operation", [.string(id.hex)])
                let trace = try world.result("debug_traceTransaction", [try #require(operation["hash"]), options])
                #expect((trace["isCut"] == .bool(true)) == isLong, "\(code.prefix(4))")
                #expect(trace.encoded.count < 8 << 20)
            }
        }
    }

    @Test func `a batch whose answers are too long is not worked on to its end`() async throws {
        try await ObservedWorld.serve(change: { $0.limits.answerBytesMax = 20_000 }) { world in
            let one = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"earliest\",false]}"
            let answer = try world.answer("[" + Array(repeating: one, count: 100).joined(separator: ",") + "]")
            #expect(answer?["error"]?["code"] == .int(-32_005))
            let count = try #require(world.observatory.service.callCounts.first { $0.method == "eth_getBlockByNumber" }?.count)
            #expect(count < 20, "\(count) of 100 were answered")
        }
    }

    @Test func `whoever asks on and reads nothing is dropped`() async throws {
        try await ObservedWorld.serve(change: { $0.limits.outgoingBytesMax = 100_000 }) { world in
            let site = world.observatory.site
            let socket = try RawSocket(port: world.port)
            var most = 0
            var isOpen = true
            for _ in 0..<4_000 where isOpen {
                isOpen = socket.send("GET /page.js HTTP/1.1\r\nhost: localhost\r\n\r\n")
                most = max(most, site.outgoingBytes.load(ordering: .relaxed))
            }
            for _ in 0..<100 where site.outgoingBytes.load(ordering: .relaxed) > 0 { usleep(50_000) }
            #expect(most < 400_000, "\(most) bytes waited")
            #expect(site.outgoingBytes.load(ordering: .relaxed) == 0, "what waits is counted to its end")
            let other = try RawSocket(port: world.port)
            #expect(other.upgrade(origin: "http://localhost"))
            let text = String(repeating: "x", count: 120)
            isOpen = true
            // The system keeps up to 36 MiB of the answers on some machines: these are 48.
            for _ in 0..<400_000 where isOpen { isOpen = other.sendFrame(text, opcode: 9) }
            #expect(!isOpen, "a flood of pings is cut off")
            #expect(try RawSocket(port: world.port).post(Self.version).contains("Hoard/"))
        }
    }

    @Test func `nothing is worked on while too much waits to be read`() async throws {
        try await ObservedWorld.serve(change: { $0.limits.allOutgoingBytesMax = 10_000 }) { world in
            world.observatory.site.outgoingBytes.wrappingAdd(20_000, ordering: .relaxed)
            let refused = try RawSocket(port: world.port).post(Self.version)
            world.observatory.site.outgoingBytes.wrappingSubtract(20_000, ordering: .relaxed)
            let answered = try RawSocket(port: world.port).post(Self.version)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && answered.contains("Hoard/"))
        }
    }

    @Test func `health is told although every worker is busy`() async throws {
        try await ObservedWorld.serve { world in
            let release = DispatchSemaphore(value: 0)
            for _ in 0..<16 { _ = world.observatory.site.workers.put { release.wait() } }
            for path in ["/healthz", "/readyz", "/metrics"] {
                let socket = try RawSocket(port: world.port)
                socket.send("GET \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n")
                #expect(socket.response().hasPrefix("HTTP/1.1 200 "), "\(path)")
            }
            for _ in 0..<16 { release.signal() }
        }
    }

    @Test func `questions that execute the log again are few at once`() async throws {
        try await ObservedWorld.serve(change: { $0.limits.slowMax = 0 }) { world in
            try world.grant(5, to: "ann")
            let nobody = JSON.string("0x" + String(repeating: "0", count: 40))
            #expect(try world.errorCode("eth_getBalance", [nobody, "earliest"]) == -32_005)
            #expect(try world.errorCode("eth_getBalance", [nobody, "latest"]) == nil)
        }
    }
}
