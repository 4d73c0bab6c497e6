import EVM
import Economy
import EventLoop
import Foundation
import Gateway
import Ledger
import Testing
import Tokens
import Wire

struct ResilienceTests {
    @Test func `a client that never reads is stopped and closed, and the others notice nothing`()
        async throws
    {
        try await TestWorld.serve(change: {
            $0.loopLimits.outgoingBytesMax = 64 * 1_024
            $0.loopLimits.drainMillisecondsMax = 400
            $0.loopLimits.sweepMilliseconds = 20
        }) { world in
            let witness = try world.client(.player, "witness")
            let deaf = try RawClient(port: world.gateway.boundPort, receiveBytes: 4_096)
            try deaf.hello(try world.token(.player, "deaf"))
            let session = try deaf.read().decode(WelcomeBody.self).session
            var pings: [UInt8] = []
            for number in UInt64(0)..<2_000 {
                FrameEncoder.append(
                    FrameHeader(kind: .ping, session: session, requestID: number),
                    PingBody(value: number), to: &pings)
            }
            // Sends until the server takes no more; every frame asks for an answer that is never read.
            let isDone = Box(false)
            let flood = Box((deaf, pings))
            Thread.detachNewThread {
                while flood.value.0.send(flood.value.1) {}
                isDone.value = true
            }
            var slowest = 0.0
            let start = Date()
            while !isDone.value, Date().timeIntervalSince(start) < 15 {
                let before = Date()
                #expect(try witness.isAlive())
                slowest = max(slowest, Date().timeIntervalSince(before))
                usleep(5_000)
            }
            #expect(isDone.value, "the deaf client was not closed")
            #expect(slowest < 0.5, "the witness waited \(slowest) s")
            // The client may know of it before the server has counted it.
            let end = Date()
            while world.gateway.counters.connectionsOpen != 1, Date().timeIntervalSince(end) < 10 { usleep(5_000) }
            #expect(world.gateway.counters.connectionsOpen == 1)
        }
    }

    @Test func `one connection more than the limit is told so`() async throws {
        try await TestWorld.serve(change: { $0.limits.connectionsMax = 2 }) { world in
            let first = try world.client(.player, "ann")
            let second = try world.client(.player, "bob")
            let third = try RawClient(port: world.gateway.boundPort)
            let error = try third.read().decode(ErrorBody.self)
            #expect(error.code == ErrorCode.tooManyConnections.rawValue)
            #expect(error.have == 3 && error.need == 2)
            #expect(third.isClosedSoon())
            #expect(try first.isAlive())
            #expect(try second.isAlive())
        }
    }

    @Test func `operations in flight at a disconnect are applied once, and a retry gets their replies`()
        async throws
    {
        try await TestWorld.serve { world in
            let ids = (0..<100).map { _ in world.id() }
            let token = try world.token(.player, "ann")
            _ = try world.player("ann", coins: 1_000)
            let actions = try ids.map { _ in try world.transfer(3, to: "bob") }
            do {
                let ann = try RawClient(port: world.gateway.boundPort, token: token)
                var bytes: [UInt8] = []
                for (id, action) in zip(ids, actions) { bytes += ann.frame(.action, id: id, action) }
                ann.send(bytes)
                _ = try ann.read()
            }
            let again = try RawClient(port: world.gateway.boundPort, token: token)
            var repeated = 0
            for (id, action) in zip(ids, actions) {
                let reply = try again.perform(action, id: id)
                #expect(reply.status == .applied, "\(reply)")
                if reply.repeated { repeated += 1 }
            }
            #expect(repeated > 0)
            #expect(try again.balance(1) == 700)
        }
    }

    @Test func `a client that sends its end still gets every answer`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 1_000)
            var bytes: [UInt8] = []
            for _ in 0..<50 {
                bytes += ann.frame(.action, id: world.id(), try world.transfer(1, to: "bob"))
            }
            ann.send(bytes)
            ann.endSending()
            for _ in 0..<50 {
                #expect(try ann.read().decode(ReplyBody.self).status == .applied)
            }
            #expect(throws: RawClientError.closed) { try ann.read() }
        }
    }

    @Test func `a goodbye is answered by what is in flight and the end`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 10)
            ann.send(
                ann.frame(.action, id: world.id(), try world.transfer(1, to: "bob"))
                    + ann.frame(.goodbye, ErrorBody(code: .none, message: "bye")))
            #expect(try ann.read().decode(ReplyBody.self).status == .applied)
            #expect(throws: RawClientError.closed) { try ann.read() }
        }
    }

    @Test func `a restart keeps balances and ids`() async throws {
        let folder = TestWorld.newFolder()
        let kept = Box<ReplyBody?>(nil)
        let id = Wire.OperationID(high: 9, low: 9)
        try await TestWorld.serve(folder: folder, keepsFolder: true) { world in
            let ann = try world.player("ann", coins: 100)
            kept.value = try ann.perform(try world.transfer(40, to: "bob"), id: id)
        }
        try await TestWorld.serve(folder: folder) { world in
            let ann = try world.client(.player, "ann")
            #expect(try ann.balance(1) == 60)
            let again = try ann.perform(try world.transfer(40, to: "bob"), id: id)
            var expected = kept.value
            expected?.repeated = true
            #expect(again == expected)
            #expect(try ann.balance(1) == 60)
        }
    }

    @Test func `a port in use, a folder in use and an unwritable folder are refused with their names`()
        async throws
    {
        try await TestWorld.serve { world in
            let port = world.gateway.boundPort
            func refusal(_ folder: String, _ port: Int) throws -> String {
                var configuration = GatewayConfiguration(dataFolder: folder, game: world.game)
                configuration.port = port
                configuration.ledger.segmentBytes = 4 << 20
                let error = #expect(throws: GatewayError.self) { try Gateway(configuration) }
                return error?.description ?? ""
            }
            let other = TestWorld.newFolder()
            defer { try? FileManager.default.removeItem(atPath: other) }
            let taken = try refusal(other, port)
            #expect(taken.contains("127.0.0.1:\(port)") && taken.contains("EADDRINUSE"), "\(taken)")
            let busy = try refusal(world.folder, 0)
            #expect(busy.contains(world.folder), "\(busy)")
            let unwritable = try refusal("/proc/nowhere", 0)
            #expect(unwritable.contains("/proc/nowhere"), "\(unwritable)")
            let ann = try world.client(.player, "ann")
            #expect(try ann.isAlive())
        }
    }
}
