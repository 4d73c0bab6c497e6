import Client
import EventLoop
import Foundation
import Synchronization
import Testing
import Wire

/// A lost connection loses no operation and doubles none.
struct ReconnectTests {
    @Test(arguments: [1, 2, 7, 30])
    func `operations without an answer are repeated with their ids after a loss`(_ lostAfter: Int) async throws {
        // The first connection ends without a word after so many actions, some of them answered.
        let server = try FakeServer { server, session, frame in
            guard session.number == 1, frame.header.kind == .action else {
                return FakeServer.obliging(server, session, frame)
            }
            let count = server.received.count { $0.session == 1 }
            if count >= lostAfter { return session.connection.close("a cable was cut") }
            if count.isMultiple(of: 2) { FakeServer.obliging(server, session, frame) }
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(HoardClientTests.configuration(server))
        let results = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for code in 1...30 { group.addTask { try await client.perform(UInt16(code), payload: [7]).result0 } }
            return try await group.reduce(into: [UInt64]()) { $0.append($1) }
        }
        #expect(results.sorted() == Array(1...30))
        // One id for each operation, whatever the number of sendings; and each sending of an id has the same body.
        let byID = Dictionary(grouping: server.received.filter { $0.header.kind == .action }) { $0.header.operationID }
        #expect(byID.count == 30)
        #expect(byID.values.allSatisfy { Set($0.map(\.body)).count == 1 })
        #expect(client.welcome.session == 2)
    }

    @Test func `a subscription goes on after a loss where it was`() async throws {
        let server = try FakeServer { server, session, frame in
            FakeServer.obliging(server, session, frame)
            guard frame.header.kind == .subscribe else { return }
            let first: UInt64 = session.number == 1 ? 100 : 102
            for cursor in [first, first + 1, first + 2] {
                session.send(.event, 0, Self.event(cursor))
            }
            if session.number == 1 {
                server.loop?.timer(afterMilliseconds: 10) { session.connection.close("a cable was cut") }
            }
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(HoardClientTests.configuration(server))
        let stream = try await client.events()
        var cursors: [UInt64] = []
        for await event in stream {
            cursors.append(event.cursor)
            if cursors.count == 5 { break }
        }
        // 102 came on both connections and is told once.
        #expect(cursors == [100, 101, 102, 103, 104])
        let asked = try server.received.filter { $0.header.kind == .subscribe && $0.session == 2 }
            .map { try $0.body.withUnsafeBytes { try SubscribeBody(body: $0).cursor } }
        #expect(asked == [103])
    }

    @Test func `each stream hears what it asked for and stops when it is dropped`() async throws {
        let server = try FakeServer { server, session, frame in
            FakeServer.obliging(server, session, frame)
            guard frame.header.kind == .ping else { return }
            session.send(.event, 0, Self.event(200, "alice"))
            session.send(.event, 0, Self.event(201, "bob"))
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(HoardClientTests.configuration(server))
        let bob = try await client.events(scope: .account, account: Account(playerName: "bob"))
        do {
            let own = try await client.events()
            _ = try await client.ping()
            for await event in own {
                #expect(event.cursor == 200)
                break
            }
        }
        for await event in bob {
            #expect(event.cursor == 201)
            break
        }
        client.close()
        try await Task.sleep(for: .milliseconds(50))
        let ended = try server.received.filter { $0.header.kind == .subscribe }
            .map { try $0.body.withUnsafeBytes { try SubscribeBody(body: $0) } }.filter { !$0.isActive }
        #expect(ended.contains { $0.scope == .own })
    }

    @Test func `a server that never comes back is given up`() async throws {
        let server = try FakeServer { server, session, frame in server.stop() }
        var configuration = HoardClientTests.configuration(server)
        configuration.reconnectAttemptsMax = 3
        let client = try await HoardClient.connect(configuration)
        let error = await #expect(throws: ClientError.self) { try await client.perform(1, payload: []) }
        if case .cannotConnect? = error {} else { Issue.record("\(String(describing: error))") }
    }

    @Test func `a server that speaks nonsense is not asked again`() async throws {
        let server = try FakeServer { _, session, _ in
            session.connection.write(Array("HTTP/1.1 400 Bad Request\r\n".utf8))
        }
        defer { server.stop() }
        let client = try await HoardClient.connect(HoardClientTests.configuration(server))
        let error = await #expect(throws: ClientError.self) { try await client.perform(1, payload: []) }
        if case .brokenAnswer(.badMagic)? = error {} else { Issue.record("\(String(describing: error))") }
        #expect(server.received.count == 1)
    }

    static func event(_ cursor: UInt64, _ player: String = "alice") -> EventBody {
        EventBody(
            cursor: cursor, block: 1, index: 0, kind: .transfer, operationID: .zero, asset: 1, amount: 1,
            account: Account(playerName: player), counterparty: .zero)
    }
}
