import EVM
import Economy
import Testing
import Wire

/// Letters: what they hold is in escrow, is taken once and in time, and goes to a sink afterwards.
struct MailTests {
    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let id = [UInt8](1...16)
    let lines = [AssetLine(asset: 1, amount: 40), AssetLine(asset: 65_536, amount: 3), AssetLine(asset: 2 << 32 | 7, amount: 1)]

    init() throws { world = try TestWorld() }

    private var now: UInt64 { world.timestampSeconds }

    private func send(expires: UInt64, role: Role = .server, _ id: [UInt8]? = nil) throws -> ReplyBody {
        try world.perform(
            "sendMail", as: role, by: "game",
            [
                "mail": .id(id ?? self.id), "player": .account(anna), "faucet": .account(NamedAccount.faucet("rewards")),
                "reason": .number(4), "expires": .number(expires), "lines": .lines(lines),
            ])
    }

    private func claim(by name: String = "anna") throws -> ReplyBody {
        try world.perform("claimMail", by: name, ["mail": .id(id)])
    }

    private func expire() throws -> ReplyBody { try world.perform("expireMail", as: .server, by: "game", ["mail": .id(id)]) }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    @Test func `a letter is opened in its last second, by its player, once`() throws {
        expect(try claim(), 191, 0x090a_0b0c_0d0e_0f10, 0)
        expect(try send(expires: now - 1), 193, now, now - 1)
        #expect(try send(expires: now, role: .player).refusalCode == 10)
        #expect(try send(expires: now + 5).result0 == 3)
        expect(try send(expires: now + 5), 190, 1, 0)
        #expect(try world.balance(of: "anna", 1) == 0)
        #expect(try world.balance(NamedAccount.escrow("mail"), 1) == 41)
        world.timestampSeconds += 5
        expect(try claim(by: "ben"), 194, RefusalTests.first8(NamedAccount.player("ben")), RefusalTests.first8(anna))
        expect(try expire(), 146, now, now)
        #expect(try claim().result0 == 3)
        expect(try claim(), 192, 2, 1)
        world.timestampSeconds += 5
        expect(try expire(), 192, 2, 1)
        for line in lines { #expect(try world.balance(of: "anna", line.asset) == Int64(line.amount)) }
        #expect(try world.balance(NamedAccount.escrow("mail"), 1) == 1)
    }

    @Test func `a letter that is over goes to its sink, and its id stays used`() throws {
        #expect(try send(expires: now).status == .applied)
        world.timestampSeconds += 1
        expect(try claim(), 193, now, now - 1)
        #expect(try expire().result0 == 3)
        expect(try expire(), 192, 4, 1)
        expect(try send(expires: now), 190, 4, 0)
        #expect(try world.balance(NamedAccount.sink("expired"), 1) == 41)
        #expect(try world.balance(NamedAccount.sink("expired"), 2 << 32 | 7) == 1)
        #expect(try world.balance(of: "anna", 1) == 0)
    }

    @Test func `random letters keep the books`() throws {
        var random = SplitMix(state: 11)
        struct Letter { var player: Int, amount: Int64, expires: UInt64, isOpen = true }
        var letters: [[UInt8]: Letter] = [:]
        var has = [Int64](repeating: 0, count: 4)
        var expired: Int64 = 0
        let faucet = NamedAccount.faucet("rewards")
        let before = try world.balance(faucet, 1)
        for _ in 0..<300 {
            world.timestampSeconds += UInt64(random.below(4))
            let id = [UInt8](repeating: 9, count: 15) + [UInt8(random.below(40))]
            let (player, amount) = (random.below(4), Int64(1 + random.below(50)))
            let expected: Bool
            let reply: ReplyBody
            switch random.below(3) {
            case 0:
                let expires = now + UInt64(random.below(40)) - UInt64(random.below(2))
                reply = try world.perform(
                    "sendMail", as: .server, by: "game",
                    [
                        "mail": .id(id), "player": .account(NamedAccount.player("p\(player)")), "faucet": .account(faucet),
                        "expires": .number(expires), "lines": .lines([AssetLine(asset: 1, amount: UInt64(amount))]),
                    ])
                expected = letters[id] == nil && expires >= now
                if expected { letters[id] = Letter(player: player, amount: amount, expires: expires) }
            case 1:
                let letter = letters[id]
                let who = random.below(4) == 0 ? player : letter?.player ?? player
                reply = try world.perform("claimMail", by: "p\(who)", ["mail": .id(id)])
                expected = letter.map { $0.isOpen && $0.player == who && now <= $0.expires } ?? false
                if expected, let letter {
                    has[who] += letter.amount
                    letters[id]?.isOpen = false
                }
            default:
                let letter = letters[id]
                reply = try world.perform("expireMail", as: .server, by: "game", ["mail": .id(id)])
                expected = letter.map { $0.isOpen && now > $0.expires } ?? false
                if expected, let letter {
                    expired += letter.amount
                    letters[id]?.isOpen = false
                }
            }
            #expect((reply.status == .applied) == expected, "\(reply.message)")
            let held = letters.values.filter(\.isOpen).reduce(0) { $0 + $1.amount }
            #expect(try world.balance(NamedAccount.escrow("mail"), 1) == held + 1)
            for player in 0..<4 { #expect(try world.balance(of: "p\(player)", 1) == has[player]) }
            #expect(try world.balance(NamedAccount.sink("expired"), 1) == expired + 1)
            #expect(try world.balance(faucet, 1) == before - held - expired - has.reduce(0, +))
        }
    }
}
