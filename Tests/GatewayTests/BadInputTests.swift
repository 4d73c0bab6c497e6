import Foundation
import Gateway
import Testing
import Tokens
import Wire

struct BadInputTests {
    /// Bytes that a client sends, and the code and numbers that it is answered with before it is closed.
    private func isEnded(
        _ world: TestWorld, _ bytes: (RawClient) throws -> [UInt8], code: ErrorCode,
        numbers: (UInt64, UInt64)?
    ) throws {
        let witness = try world.client(.player, "witness")
        let client = try world.client(.player, "ann")
        client.send(try bytes(client))
        let error = try client.read().decode(ErrorBody.self)
        #expect(error.code == code.rawValue)
        if let numbers { #expect(error.have == numbers.0 && error.need == numbers.1) }
        #expect(!error.message.isEmpty)
        #expect(client.isClosedSoon())
        #expect(try witness.isAlive())
    }

    @Test func `half a frame waits and harms nobody`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            let witness = try world.client(.player, "witness")
            let bytes = ann.frame(.ping, PingBody(value: 5))
            ann.send(bytes.prefix(30))
            #expect(try witness.isAlive())
            #expect(throws: RawClientError.timeout) { try ann.read(timeoutMilliseconds: 100) }
            ann.send(bytes.dropFirst(30))
            #expect(try ann.read().decode(PingBody.self).value == 5)
        }
    }

    @Test func `a frame split at every byte is understood`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 1_000)
            let count = ann.frame(.action, id: world.id(), try world.transfer(1, to: "bob")).count
            for split in 1..<count {
                let bytes = ann.frame(.action, id: world.id(), try world.transfer(1, to: "bob"))
                ann.send(bytes.prefix(split))
                usleep(300)
                ann.send(bytes.dropFirst(split))
                #expect(try ann.read().decode(ReplyBody.self).status == .applied)
            }
            #expect(try ann.balance(1) == Int64(1_000 - (count - 1)))
        }
    }

    @Test func `a frame sent byte by byte is understood`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            for byte in ann.frame(.ping, PingBody(value: 9)) { ann.send([byte]) }
            #expect(try ann.read().decode(PingBody.self).value == 9)
        }
    }

    @Test func `a wrong checksum ends the connection with both checksums`() async throws {
        try await TestWorld.serve { world in
            let client = try world.client(.player, "ann")
            var bytes = client.frame(.ping, PingBody(value: 5))
            bytes[50] ^= 1
            client.send(bytes)
            let error = try client.read().decode(ErrorBody.self)
            #expect(error.code == ErrorCode.badChecksum.rawValue)
            #expect(error.have != error.need)
            #expect(client.isClosedSoon())
        }
    }

    @Test func `a length over the limit, or under a header, ends the connection`() async throws {
        try await TestWorld.serve { world in
            func length(_ value: UInt32) -> (RawClient) throws -> [UInt8] {
                { client in
                    var bytes = client.frame(.ping, PingBody(value: 5))
                    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(8..<12, with: $0) }
                    return bytes
                }
            }
            let playerMax = GatewayLimits().playerFrameBytesMax
            try isEnded(
                world, length(UInt32(playerMax) + 1), code: .badLength,
                numbers: (UInt64(playerMax) + 1, UInt64(playerMax)))
            try isEnded(world, length(.max), code: .badLength, numbers: nil)
            try isEnded(world, length(47), code: .badLength, numbers: (47, 48))
        }
    }

    @Test func `a server's frames may be longer than a player's, and the welcome says so`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            let server = try world.client(.server, "arena")
            #expect(ann.welcome?.frameBytesMax == UInt32(GatewayLimits().playerFrameBytesMax))
            #expect(server.welcome?.frameBytesMax == UInt32(WireLimits.frameBytesMax))
            var bytes = server.frame(.ping, PingBody(value: 5))
            let length = UInt32(GatewayLimits().playerFrameBytesMax + 1)
            withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(8..<12, with: $0) }
            server.send(bytes)
            // The server waits for the rest of the frame: the player beside it is answered.
            ann.send(ann.frame(.ping, PingBody(value: 6)))
            #expect(try ann.read().header.kind == .pong)
            #expect(throws: RawClientError.timeout) { try server.read(timeoutMilliseconds: 200) }
        }
    }

    @Test func `a future version and foreign bytes end the connection`() async throws {
        try await TestWorld.serve { world in
            try isEnded(
                world,
                { client in
                    var bytes = client.frame(.ping, PingBody(value: 5))
                    bytes[4] = 2
                    return bytes
                }, code: .unsupportedVersion, numbers: (2, 1))
            try isEnded(
                world, { _ in Array("GET / HTTP/1.1\r\n\r\n".utf8) }, code: .badMagic, numbers: nil)
        }
    }

    @Test func `an unknown kind, a wrong body and a wrong session are named, and the session goes on`()
        async throws
    {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            var header = FrameHeader(kind: .ping, session: ann.session, requestID: 41)
            header.rawKind = 99
            var bytes: [UInt8] = []
            FrameEncoder.append(header, PingBody(value: 1), to: &bytes)
            ann.send(bytes)
            let unknown = try ann.read()
            #expect(unknown.header.requestID == 41)
            #expect(try unknown.decode(ErrorBody.self).have == 99)
            let short = try ann.ask(.action, PingBody(value: 1)).decode(ErrorBody.self)
            #expect(short.code == ErrorCode.badBody.rawValue && short.have == 8 && short.need == 40)
            var foreign: [UInt8] = []
            FrameEncoder.append(
                FrameHeader(kind: .ping, session: ann.session + 1, requestID: 42), PingBody(value: 1),
                to: &foreign)
            ann.send(foreign)
            let wrong = try ann.read().decode(ErrorBody.self)
            #expect(wrong.code == ErrorCode.wrongSession.rawValue)
            #expect(wrong.have == ann.session + 1 && wrong.need == ann.session)
            #expect(try ann.isAlive())
        }
    }

    @Test func `an unknown action and a payload of another length are refused with the numbers`()
        async throws
    {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            let unknown = try ann.perform(ActionBody(code: 4_321, payload: []), id: world.id())
            #expect(unknown.status == .refused && unknown.have == 4_321)
            let short = try ann.perform(ActionBody(code: 1, payload: [1, 2, 3]), id: world.id())
            #expect(short.status == .refused && short.have == 3 && short.need == 36)
            #expect(try ann.isAlive())
        }
    }

    @Test func `an action before hello ends the connection`() async throws {
        try await TestWorld.serve { world in
            let witness = try world.client(.player, "witness")
            let client = try RawClient(port: world.gateway.boundPort)
            client.send(client.frame(.action, id: world.id(), try world.transfer(1, to: "bob")))
            let error = try client.read().decode(ErrorBody.self)
            #expect(error.code == ErrorCode.handshakeFirst.rawValue)
            #expect(error.have == 3 && error.need == 1)
            #expect(client.isClosedSoon())
            #expect(try witness.isAlive())
            #expect(world.gateway.counters.operations == 0)
        }
    }

    @Test func `an action behind the hello, before the welcome, ends the connection`() async throws {
        try await TestWorld.serve { world in
            let client = try RawClient(port: world.gateway.boundPort)
            let hello = client.frame(
                .hello, HelloBody(token: try world.token(.player, "ann"), clientName: ""))
            client.send(hello + client.frame(.ping, PingBody(value: 1)))
            let error = try client.read().decode(ErrorBody.self)
            #expect(error.code == ErrorCode.handshakeFirst.rawValue)
            #expect(client.isClosedSoon())
        }
    }

    @Test func `a refused token says why`() async throws {
        try await TestWorld.serve { world in
            let elsewhere = TestWorld.newFolder()
            let foreign = try world.token(.operator, "ann", folder: elsewhere)
            try FileManager.default.removeItem(atPath: elsewhere)
            let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."
            for (token, part) in [
                (foreign, "signature is wrong"), (unsigned, "algorithm none"), ("", "3"),
                (String(repeating: "x", count: 4_096), "parts"),
            ] {
                let client = try RawClient(port: world.gateway.boundPort)
                try client.hello(token)
                let error = try client.read().decode(ErrorBody.self)
                #expect(error.code == ErrorCode.tokenRefused.rawValue)
                #expect(error.message.contains(part), "\(error.message)")
                #expect(client.isClosedSoon())
            }
            #expect(world.gateway.counters.tokensRefused == 4)
        }
    }

    @Test func `a hello over the strangers' limit is refused before it is read whole`() async throws {
        try await TestWorld.serve { world in
            let client = try RawClient(port: world.gateway.boundPort)
            var bytes = client.frame(.hello, HelloBody(token: "x", clientName: ""))
            withUnsafeBytes(of: UInt32(9_000).littleEndian) { bytes.replaceSubrange(8..<12, with: $0) }
            client.send(bytes)
            let error = try client.read().decode(ErrorBody.self)
            #expect(error.code == ErrorCode.badLength.rawValue)
            #expect(error.have == 9_000 && error.need == UInt64(WireLimits.helloFrameBytesMax))
        }
    }

    @Test func `a stranger that never says hello is sent away, others are not`() async throws {
        try await TestWorld.serve(change: {
            $0.limits.helloMillisecondsMax = 150
            $0.limits.sweepMilliseconds = 20
        }) { world in
            let ann = try world.client(.player, "ann")
            let stranger = try RawClient(port: world.gateway.boundPort)
            let error = try stranger.read().decode(ErrorBody.self)
            #expect(error.code == ErrorCode.handshakeFirst.rawValue)
            #expect(error.have > 150 && error.need == 150)
            #expect(try ann.isAlive())
        }
    }

    @Test func `random bytes never bring the server down`() async throws {
        try await TestWorld.serve { world in
            let witness = try world.client(.player, "witness")
            var generator = SeededGenerator(seed: 42)
            for round in 0..<200 {
                let client =
                    round % 2 == 0
                    ? try RawClient(port: world.gateway.boundPort) : try world.client(.player, "ann")
                var bytes = client.frame(
                    .action, id: world.id(), try world.transfer(1, to: "bob"))
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
                client.send(bytes)
            }
            #expect(try witness.isAlive())
        }
    }
}

/// A generator whose numbers follow from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
