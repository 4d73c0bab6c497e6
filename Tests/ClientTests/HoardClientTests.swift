import Client
import EventLoop
import Foundation
import Synchronization
import Testing
import Wire

/// The simple client against a server that does what a test tells it.
struct HoardClientTests {
    static func configuration(_ server: FakeServer, token: String = FakeServer.goodToken) -> ClientConfiguration {
        var configuration = ClientConfiguration(host: "127.0.0.1", port: server.port, token: token)
        configuration.reconnectMilliseconds = 5
        return configuration
    }

    @Test func `every question gets its answer`() async throws {
        let server = try FakeServer(script: FakeServer.obliging)
        defer { server.stop() }
        let client = try await HoardClient.connect(Self.configuration(server))
        #expect(client.welcome.account == Account(playerName: "alice"))
        let reply = try await client.perform(3, payload: [9])
        #expect(reply.status == .applied && reply.result0 == 3 && reply.result1 == 9)
        let actions = [ActionBody(code: 1, payload: []), ActionBody(code: 2, payload: [])]
        #expect(try await client.perform(actions, linked: true).map(\.reply.result0) == [1, 2])
        #expect(try await client.balance(asset: 1) == -5)
        #expect(try await client.inventory().map(\.asset) == Array(65_536...65_541))
        #expect(try await client.offer(9) == nil)
        #expect(try await client.receipt(of: client.nextOperationID(), code: 3) == nil)
        #expect(try await client.ping(77) == 77)
        await #expect(throws: ClientError.self) { try await client.serverStatus() }
        #expect(server.received.filter { $0.header.kind == .batch }.allSatisfy { $0.header.flags == .linked })
        #expect(server.received.allSatisfy { $0.header.session == 1 })
    }

    @Test func `a refused token throws what the server said`() async throws {
        let server = try FakeServer(script: FakeServer.obliging)
        defer { server.stop() }
        await #expect(throws: ClientError.refused(ErrorBody(code: .tokenRefused, message: "not this token"))) {
            try await HoardClient.connect(Self.configuration(server, token: "bad"))
        }
    }

    @Test func `no server is an error that says so`() async throws {
        let server = try FakeServer(script: FakeServer.obliging)
        let configuration = Self.configuration(server)
        server.stop()
        try await Task.sleep(for: .milliseconds(50))
        let error = await #expect(throws: ClientError.self) { try await HoardClient.connect(configuration) }
        guard case .cannotConnect(let why)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(why.contains("\(configuration.port)"))
    }

    @Test func `many calls at once keep to the credit and all are answered`() async throws {
        let most = Mutex(0)
        let server = try FakeServer(credit: 8) { server, session, frame in
            guard frame.header.kind == .action else { return }
            session.inFlight += 1
            most.withLock { $0 = max($0, session.inFlight) }
            server.loop?.timer(afterMilliseconds: 1) {
                session.inFlight -= 1
                FakeServer.obliging(server, session, frame)
            }
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(Self.configuration(server))
        let results = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for code in 1...200 { group.addTask { try await client.perform(UInt16(code), payload: []).result0 } }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect(results == Set(1...200))
        #expect(most.withLock { $0 } == 8)
    }

    @Test func `a busy server is asked again with the same id`() async throws {
        let server = try FakeServer { server, session, frame in
            let tries = server.received.count { $0.header.requestID == frame.header.requestID }
            guard tries <= 3 else { return FakeServer.obliging(server, session, frame) }
            let busy = ReplyBody(
                status: .busy, refusalCode: ErrorCode.busy.rawValue, retryAfterMilliseconds: 2, have: 9, need: 8)
            switch frame.header.kind {
            case .action: session.send(.reply, frame.header.requestID, frame.header.operationID, busy)
            case .query:
                session.send(
                    .result, frame.header.requestID,
                    ResultBody(block: 1, answer: .refused(.balance, ErrorBody(code: .busy, message: "later"))))
            default: break
            }
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(Self.configuration(server))
        #expect(try await client.perform(3, payload: [1]).status == .applied)
        #expect(try await client.balance(asset: 1) == -5)
        let actions = server.received.filter { $0.header.kind == .action }
        #expect(actions.count == 4)
        #expect(Set(actions.map(\.header.operationID)).count == 1)
        #expect(Set(actions.map(\.body)).count == 1)
    }

    @Test func `a server that stays busy is an answer in the end`() async throws {
        let server = try FakeServer { _, session, frame in
            session.send(
                .reply, frame.header.requestID, frame.header.operationID,
                ReplyBody(status: .busy, refusalCode: 215, retryAfterMilliseconds: 1, have: 9, need: 8))
        }
        defer { server.stop() }
        var configuration = Self.configuration(server)
        configuration.busyRetriesMax = 3
        let client = try await HoardClient.connect(configuration)
        let reply = try await client.perform(3, payload: [])
        #expect(reply.status == .busy && reply.have == 9 && reply.need == 8)
        #expect(server.received.count { $0.header.kind == .action } == 4)
    }

    @Test func `an objection is thrown to the one who asked`() async throws {
        let server = try FakeServer { server, session, frame in
            guard frame.header.kind == .action else { return FakeServer.obliging(server, session, frame) }
            session.send(.error, frame.header.requestID, ErrorBody(.bodyTooLong(have: 50, need: 40)))
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(Self.configuration(server))
        await #expect(throws: ClientError.objection(ErrorBody(.bodyTooLong(have: 50, need: 40)))) {
            try await client.perform(3, payload: [])
        }
        #expect(try await client.ping(1) == 1)
    }

    @Test func `a closed client says so at once and for ever`() async throws {
        let server = try FakeServer { _, _, _ in }
        defer { server.stop() }
        let client = try await HoardClient.connect(Self.configuration(server))
        let waiting = Task { try await client.perform(3, payload: []) }
        try await Task.sleep(for: .milliseconds(20))
        client.close()
        await #expect(throws: ClientError.closed) { try await waiting.value }
        await #expect(throws: ClientError.closed) { try await client.ping() }
        try await Task.sleep(for: .milliseconds(100))
        await #expect(throws: ClientError.closed) { try await client.perform(1, payload: []) }
        #expect(server.received.last?.header.kind == .goodbye)
    }
}
