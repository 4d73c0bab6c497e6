import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Testing
import Tokens
import Wire

struct FlowTests {
    @Test func `a grant, a purchase and a transfer arrive where they should`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 100)
            #expect(ann.welcome?.role == .player)
            #expect(ann.welcome?.account == Account(playerName: "ann"))
            #expect(ann.welcome?.worldID == world.gateway.worldID.bytes)
            #expect(try ann.balance(1) == 100)
            let bought = try ann.perform(
                try world.action(
                    "purchase",
                    ["offer": .number(1), "quantity": .number(3), "maxCost": .numbers([6])]),
                id: world.id())
            #expect(bought.status == .applied && bought.result0 == 3 && bought.block > 0, "\(bought)")
            #expect(bought.gasUsed > 21_000)
            let sent = try ann.perform(try world.transfer(50, to: "bob"), id: world.id())
            #expect(sent.status == .applied, "\(sent)")
            #expect(try ann.balance(1) == 44)
            #expect(try ann.balance(65_536) == 3)
            let bob = try world.client(.player, "bob")
            #expect(try bob.balance(1) == 50)
        }
    }

    @Test func `a contract's refusal is final and carries both numbers`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 10)
            let id = world.id()
            let reply = try ann.perform(try world.transfer(11, to: "bob"), id: id)
            #expect(reply.status == .refusedByContract)
            #expect(reply.have == 10 && reply.need == 11)
            #expect(!reply.message.isEmpty)
            let again = try ann.perform(try world.transfer(11, to: "bob"), id: id)
            #expect(again.status == .refusedByContract && again.repeated && again.have == 10)
        }
    }

    @Test func `a repeated id gets the original reply and moves nothing`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 100)
            let id = world.id()
            let first = try ann.perform(try world.transfer(30, to: "bob"), id: id)
            let second = try ann.perform(try world.transfer(30, to: "bob"), id: id)
            var expected = first
            expected.repeated = true
            #expect(first.status == .applied && !first.repeated)
            #expect(second == expected)
            #expect(try ann.balance(1) == 70)
        }
    }

    @Test func `a reused id with another body is a conflict and moves nothing`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 100)
            let id = world.id()
            let first = try ann.perform(try world.transfer(30, to: "bob"), id: id)
            let second = try ann.perform(try world.transfer(31, to: "bob"), id: id)
            #expect(second.status == .conflict)
            #expect(second.refusalCode == ErrorCode.operationConflict.rawValue)
            #expect(second.block == first.block && second.index == first.index)
            #expect(try ann.balance(1) == 70)
        }
    }

    @Test func `an id of zero is refused`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.client(.player, "ann")
            let reply = try ann.perform(try world.transfer(1, to: "bob"), id: .zero)
            #expect(reply.status == .refused)
            #expect(reply.refusalCode == ErrorCode.operationIDMissing.rawValue)
        }
    }

    @Test func `a player acts for itself only, and the refusal names both accounts`() async throws {
        try await TestWorld.serve { world in
            let bob = try world.player("bob", coins: 100)
            let ann = try world.client(.player, "ann")
            let reply = try ann.perform(
                try world.transfer(5, to: "ann", actor: Account(playerName: "bob")), id: world.id())
            #expect(reply.status == .refused)
            #expect(reply.message.contains(Account(playerName: "bob").hex))
            #expect(reply.message.contains(Account(playerName: "ann").hex))
            let granted = try ann.perform(try world.grant(5, to: "ann"), id: world.id())
            #expect(granted.status == .refused && granted.have == 1 && granted.need == 2, "\(granted)")
            #expect(try bob.balance(1) == 100)
            let server = try world.client(.server, "match-1")
            let forBob = try server.perform(
                try world.transfer(5, to: "ann", actor: Account(playerName: "bob")), id: world.id())
            #expect(forBob.status == .applied, "\(forBob)")
            #expect(try bob.balance(1) == 95)
        }
    }

    @Test func `a batch answers each action in its order`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 10)
            let items = try [4, 20, 6].map { amount in
                BatchItem(operationID: world.id(), action: try world.transfer(amount, to: "bob"))
            }
            let answer = try ann.ask(.batch, BatchBody(items: items)).decode(BatchReplyBody.self)
            #expect(answer.items.map(\.operationID) == items.map(\.operationID))
            #expect(answer.items.map(\.reply.status) == [.applied, .refusedByContract, .applied])
            #expect(try ann.balance(1) == 0)
        }
    }

    @Test func `a linked batch is applied as one or not at all, and names the member that failed`()
        async throws
    {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 10)
            let bad = try [4, 20, 6].map { amount in
                BatchItem(operationID: world.id(), action: try world.transfer(amount, to: "bob"))
            }
            let refused = try ann.ask(.batch, flags: .linked, BatchBody(items: bad))
                .decode(BatchReplyBody.self).items.map(\.reply)
            #expect(refused.allSatisfy { $0.status == .refused })
            #expect(refused[0].refusalCode == ErrorCode.linkedFailed.rawValue && refused[0].have == 1)
            #expect(refused[1].have == 6 && refused[1].need == 20)
            #expect(refused[2].refusalCode == ErrorCode.linkedFailed.rawValue && refused[2].have == 1)
            #expect(try ann.balance(1) == 10)
            var broken = bad
            broken[2].action.payload = [1, 2, 3]
            let early = try ann.ask(.batch, flags: .linked, BatchBody(items: broken))
                .decode(BatchReplyBody.self).items.map(\.reply)
            #expect(early[0].have == 2 && early[2].have == 3)
            let good = try [4, 6].map { amount in
                BatchItem(operationID: world.id(), action: try world.transfer(amount, to: "bob"))
            }
            let applied = try ann.ask(.batch, flags: .linked, BatchBody(items: good))
                .decode(BatchReplyBody.self).items.map(\.reply)
            #expect(applied.allSatisfy { $0.status == .applied })
            #expect(try ann.balance(1) == 0)
        }
    }

    @Test func `more in flight than the credit is busy, with both numbers and when to come back`()
        async throws
    {
        try await TestWorld.serve(change: { $0.limits.playerCredit = 5 }) { world in
            let ann = try world.player("ann", coins: 100)
            #expect(ann.welcome?.credit == 5)
            var bytes: [UInt8] = []
            for _ in 0..<8 {
                bytes += ann.frame(.action, id: world.id(), try world.transfer(1, to: "bob"))
            }
            ann.send(bytes)
            let replies = try (0..<8).map { _ in try ann.read().decode(ReplyBody.self) }
            let busy = replies.filter { $0.status == .busy }
            #expect(busy.count == 3)
            for reply in busy {
                #expect(reply.have == 6 && reply.need == 5 && reply.retryAfterMilliseconds > 0)
            }
            #expect(try ann.balance(1) == 95)
        }
    }

    @Test func `a full queue of the ledger is busy and loses nothing that was taken`() async throws {
        try await TestWorld.serve(change: { $0.ledger.queueOperationsMax = 1_024 }) { world in
            let server = try world.client(.server, "match-1")
            var bytes: [UInt8] = []
            for _ in 0..<8_000 {
                bytes += server.frame(.action, id: world.id(), try world.grant(1, to: "ann"))
            }
            server.send(bytes)
            let replies = try (0..<8_000).map { _ in try server.read().decode(ReplyBody.self) }
            let applied = replies.count { $0.status == .applied }
            let busy = replies.filter { $0.status == .busy }
            #expect(applied + busy.count == 8_000 && applied >= 1_024)
            #expect(busy.allSatisfy { $0.need == 1_024 && $0.retryAfterMilliseconds > 0 })
            let balance = try server.balance(1, of: Account(playerName: "ann"))
            #expect(balance == Int64(applied))
        }
    }

    @Test func `queries answer what is final, and only what one may ask`() async throws {
        try await TestWorld.serve { world in
            let ann = try world.player("ann", coins: 100)
            let id = world.id()
            let sent = try ann.perform(try world.transfer(1, to: "bob"), id: id)
            let receipt = try ann.ask(
                .query, QueryBody(kind: .receipt, subject: 1, operationID: id)
            ).decode(ResultBody.self)
            var expected = sent
            expected.repeated = true
            #expect(receipt.answer == .receipt(expected))
            let unnamed = try ann.ask(.query, QueryBody(kind: .receipt, operationID: id)).decode(ResultBody.self)
            expected.result0 = 0
            expected.result1 = 0
            #expect(unnamed.answer == .receipt(expected))
            let nothing = try ann.ask(.query, QueryBody(kind: .receipt, operationID: world.id()))
                .decode(ResultBody.self)
            #expect(nothing.answer == .notFound(.receipt))
            let offer = try ann.ask(.query, QueryBody(kind: .offer, subject: 33)).decode(ResultBody.self)
            guard case .offer(let state) = offer.answer else {
                Issue.record("no offer")
                return
            }
            #expect(state.stock == 100 && state.costs[0] == AssetAmount(asset: 1, amount: 250))
            let other = try ann.ask(
                .query, QueryBody(kind: .balance, account: Account(playerName: "bob"), subject: 1)
            ).decode(ResultBody.self)
            guard case .refused(.balance, let error) = other.answer else {
                Issue.record("not refused")
                return
            }
            #expect(error.code == ErrorCode.notOwnAccount.rawValue)
            let status = try ann.ask(.query, QueryBody(kind: .serverStatus)).decode(ResultBody.self)
            guard case .refused(.serverStatus, let forbidden) = status.answer else {
                Issue.record("not refused")
                return
            }
            #expect(forbidden.have == 1 && forbidden.need == 2)
        }
    }

    @Test func `the server's status is JSON with what the load tool needs`() async throws {
        try await TestWorld.serve { world in
            let server = try world.client(.server, "match-1")
            _ = try server.perform(try world.grant(1, to: "ann"), id: world.id())
            let result = try server.ask(.query, QueryBody(kind: .serverStatus)).decode(ResultBody.self)
            guard case .serverStatus(let text) = result.answer else {
                Issue.record("no status")
                return
            }
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(object["operations"] as? String == "1")
            #expect(UInt64(object["gas"] as? String ?? "") ?? 0 > 21_000)
            #expect(UInt64(object["cpuMicroseconds"] as? String ?? "") ?? 0 > 0)
            #expect(object["executor"] as? String == "sequential")
            let sync = try #require(object["diskSyncMilliseconds"] as? [String: Any])
            #expect((sync["p50"] as? Double ?? 0) > 0 && (sync["p99"] as? Double ?? 0) > 0)
            #expect(world.gateway.ledgerStatus.operations == 1)
        }
    }
}
