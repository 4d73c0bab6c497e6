import Gateway
import Testing
import Tokens
import Wire

struct EventTests {
    private func events(_ client: RawClient, _ count: Int) throws -> [EventBody] {
        try (0..<count).map { _ in
            let frame = try client.read()
            #expect(frame.header.kind == .event)
            return try frame.decode(EventBody.self)
        }
    }

    @Test func `a player hears of its own account and of nobody else`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 100)
            let bob = try world.client(.player, "bob")
            let begun = try bob.ask(.subscribe, SubscribeBody(isActive: true, scope: .own))
                .decode(SubscribeBody.self)
            #expect(begun.isActive && begun.cursor > 0)
            _ = try ann.perform(try world.transfer(1, to: "eve"), id: world.id())
            let id = world.id()
            let reply = try ann.perform(try world.transfer(7, to: "bob"), id: id)
            let heard = try events(bob, 1)[0]
            #expect(heard.operationID == id && heard.asset == 1 && heard.amount == 7)
            #expect(heard.account == Account(playerName: "bob"))
            #expect(heard.counterparty == Account(playerName: "ann"))
            #expect(heard.block == reply.block && heard.cursor >= begun.cursor)
            // A repeat moves nothing and is not heard of.
            _ = try ann.perform(try world.transfer(7, to: "bob"), id: id)
            let ended = try bob.ask(.subscribe, SubscribeBody(isActive: false, scope: .own))
            #expect(ended.header.kind == .subscribe)
            _ = try ann.perform(try world.transfer(1, to: "bob"), id: world.id())
            #expect(try bob.isAlive())
        }
    }

    @Test func `a server hears of all, and hears again from a cursor`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 100)
            let server = try world.client(.server, "match-2")
            _ = try server.ask(.subscribe, SubscribeBody(isActive: true, scope: .all))
            for amount in UInt64(1)...3 {
                _ = try ann.perform(try world.transfer(amount, to: "bob"), id: world.id())
            }
            let heard = try events(server, 6)
            #expect(heard.map(\.amount) == [-1, 1, -2, 2, -3, 3])
            #expect(heard.map(\.cursor) == heard.map(\.cursor).sorted())
            #expect(Set(heard.map(\.cursor)).count == 6)
            let later = try world.client(.server, "match-3")
            let answer = try later.ask(
                .subscribe, SubscribeBody(isActive: true, scope: .all, cursor: heard[2].cursor))
            #expect(try answer.decode(SubscribeBody.self).cursor == heard[2].cursor)
            #expect(try events(later, 4) == Array(heard[2...]))
        }
    }

    @Test func `a player may not hear of others`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            for scope in [SubscriptionScope.all, .account] {
                let answer = try ann.ask(
                    .subscribe,
                    SubscribeBody(isActive: true, scope: scope, account: Account(playerName: "bob")))
                let error = try answer.decode(ErrorBody.self)
                #expect(error.code == ErrorCode.roleNotAllowed.rawValue)
                #expect(error.have == 1 && error.need == 2)
            }
            #expect(try ann.isAlive())
        }
    }
}
