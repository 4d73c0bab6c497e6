import EVM
import Economy
import Testing
import Tokens
import Wire

/// Rates of players and views of the game, over the wire.
struct RateAndViewTests {
    private static func box(_ world: TestWorld, _ roll: UInt64, actor: Account = .zero) throws -> ActionBody {
        try world.action(
            "openBox", ["box": .number(1), "roll": .id([UInt8](repeating: 1, count: 8) + U256(roll).bigEndianBytes.suffix(8))], actor: actor)
    }

    @Test func `a player who asks too often is told when to ask again, and game servers are not`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 1)
            let rule = try #require(world.game.actionsByName["openBox"]?.rate)
            let name = try #require(world.game.refusals.first { $0.name == "rateLimited" }).code
            for number in 0..<rule.count {
                // Refused by the contract (no epoch, nothing to pay with), and counted all the same.
                let reply = try ann.perform(try Self.box(world, number), id: world.id())
                #expect(reply.status == .refusedByContract, "\(reply)")
            }
            let reply = try ann.perform(try Self.box(world, 999), id: world.id())
            #expect(reply.status == .busy && reply.refusalCode == name)
            #expect(reply.have == rule.count + 1 && reply.need == rule.count)
            #expect(reply.retryAfterMilliseconds > 0 && UInt64(reply.retryAfterMilliseconds) <= rule.seconds * 1_000 / rule.count)
            // Another session of the same player is the same player; other actions and other players go on.
            let again = try world.client(.player, "ann")
            #expect(try again.perform(try Self.box(world, 998), id: world.id()).refusalCode == name)
            #expect(try ann.perform(try world.transfer(1, to: "bob"), id: world.id()).status == .applied)
            let bob = try world.client(.player, "bob")
            #expect(try bob.perform(try Self.box(world, 1), id: world.id()).refusalCode != name)
            let server = try world.client(.server, "match-1")
            for number in 0...(rule.count + 5) {
                let reply = try server.perform(try Self.box(world, 2_000 + number, actor: Account(playerName: "ann")), id: world.id())
                #expect(reply.refusalCode != name)
            }
        }
    }

    @Test func `a view is answered to whom it is meant for`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 5)
            let views = Dictionary(uniqueKeysWithValues: world.game.views.map { ($0.name, $0) })
            func ask(_ client: RawClient, _ name: String, _ account: Account = .zero) throws -> QueryAnswer {
                let view = try #require(views[name])
                return try client.ask(.query, QueryBody(kind: .view, account: account, subject: view.code)).decode(ResultBody.self).answer
            }
            #expect(try ask(ann, "listing") == .view(code: try #require(views["listing"]).code, words: [UInt8](repeating: 0, count: 256)))
            let nonce = QueryAnswer.view(code: try #require(views["nonce"]).code, words: [UInt8](repeating: 0, count: 32))
            #expect(try ask(ann, "nonce") == nonce)
            #expect(try ask(ann, "nonce", Account(playerName: "ann")) == nonce)
            guard case .refused(.view, let other) = try ask(ann, "nonce", Account(playerName: "bob")),
                case .refused(.view, let mail) = try ask(ann, "mail")
            else {
                Issue.record("a player is told what is not for him")
                return
            }
            #expect(other.code == ErrorCode.notOwnAccount.rawValue && mail.code == ErrorCode.roleNotAllowed.rawValue)
            let server = try world.client(.server, "match-1")
            #expect(try ask(server, "nonce", Account(playerName: "bob")) == nonce)
            guard case .view = try ask(server, "mail") else {
                Issue.record("no mail for the server")
                return
            }
            let unknown = try ann.ask(.query, QueryBody(kind: .view, subject: 1_000)).decode(ResultBody.self)
            #expect(unknown.answer == .notFound(.view))
        }
    }
}
