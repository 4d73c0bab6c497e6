import Client
import EventLoop
import Testing
import Wire

/// The client of load generators, on the test's own thread.
struct PipelinedClientTests {
    @Test func `the end of a connection is told once with the server's last words`() throws {
        let server = try FakeServer { _, session, frame in
            session.send(.goodbye, 0, ErrorBody(code: .stopping, message: "the server is stopping"))
            session.connection.finish("stopping")
        }
        defer { server.stop() }
        let loop = try EventLoop()
        var ends: [ClientError] = []
        PipelinedClient.connect(
            loop: loop, host: "127.0.0.1", port: server.port, token: FakeServer.goodToken, clientName: "test"
        ) { result in
            guard case .success(let client) = result else { return loop.stop() }
            client.onClose = { error in
                ends.append(error)
                loop.stop()
            }
            client.ping(1, requestID: 1)
        }
        loop.timer(afterMilliseconds: 10_000) { loop.stop() }
        loop.run()
        loop.close()
        #expect(ends == [.connectionLost("the server is stopping")])
    }

    @Test func `ids of a generator differ and rise with time`() {
        var generator = OperationIDGenerator()
        let ids = (0..<10_000).map { _ in generator.next() }
        #expect(Set(ids).count == ids.count)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.high >> 16 <= $1.high >> 16 })
        #expect(ids[0].high >> 16 > 1_700_000_000_000)
    }
}
