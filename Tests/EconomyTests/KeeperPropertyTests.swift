import EVM
import Economy
import Testing
import Wire

/// Random letters, freezings, gifts, takings and corrections of random accounts at random times, beside a model in plain dictionaries.
struct KeeperPropertyTests {
    private struct Model {
        struct Letter {
            var player: Int
            var lines: [AssetLine]
            var expires: UInt64
            var isOpen = true
        }
        var balances: [[UInt64: Int64]] = Array(repeating: [:], count: 4)
        var frozen: Set<Int> = []
        var letters: [Int: Letter] = [:]
        let limits: [UInt64: Int64] = [1: 100_000, 2: 10_000]

        func has(_ player: Int, _ asset: UInt64) -> Int64 { balances[player][asset] ?? 0 }
        mutating func add(_ player: Int, _ line: AssetLine, _ sign: Int64) { balances[player][line.asset, default: 0] += sign * Int64(line.amount) }
        /// Takes a whole line or nothing, below zero as far as the debt limit.
        mutating func take(_ player: Int, _ line: AssetLine) -> Bool {
            guard has(player, line.asset) + (limits[line.asset] ?? 0) >= Int64(line.amount) else { return false }
            add(player, line, -1)
            return true
        }
    }

    private let names = ["anna", "ben", "carl", "dora"]
    private let assets: [UInt64] = [1, 2, 65_536, 8_454_181]

    private func account(_ player: Int) -> Address { NamedAccount.player(names[player]) }

    private func line(_ random: inout SplitMix) -> AssetLine {
        let asset = assets[random.below(assets.count)]
        let most = random.below(6) == 0 ? 200_000 : 400
        return AssetLine(asset: asset, amount: UInt64(1 + random.below(asset < 3 ? most : 20)))
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `random acts of operators, letters and transfers follow a plain model`(_ seed: UInt64) throws {
        let world = try TestWorld()
        var random = SplitMix(state: seed)
        var model = Model()
        var applied: [String: Int] = [:]
        for step in 0..<350 {
            world.timestampSeconds += UInt64(random.below(4))
            var next = model
            let (name, expected, reply) = try act(world, &next, &random)
            guard (reply.status == .applied) == expected else {
                throw TestFailure("seed \(seed), step \(step): the model says \(expected) of \(name), the contract: \(reply.message)")
            }
            if expected {
                model = next
                applied[name, default: 0] += 1
            }
            for player in names.indices {
                for asset in assets {
                    let have = try world.balance(account(player), asset)
                    guard have == model.has(player, asset) else {
                        throw TestFailure("seed \(seed), step \(step), \(name): \(names[player]) has \(have) of \(asset), the model \(model.has(player, asset))")
                    }
                }
            }
            // Whatever letters hold is in their escrow, beside the first unit.
            for asset in assets {
                let held = model.letters.values.filter(\.isOpen).flatMap(\.lines).filter { $0.asset == asset }.reduce(0) { $0 + Int64($1.amount) }
                #expect(try world.balance(NamedAccount.escrow("mail"), asset) == held + 1)
            }
        }
        #expect(Set(applied.keys).count == 8, "\(applied)")
    }

    private func act(_ world: TestWorld, _ next: inout Model, _ random: inout SplitMix) throws -> (String, Bool, ReplyBody) {
        let (first, second, what) = (random.below(4), random.below(4), line(&random))
        let reason: [String: FieldValue] = ["reason": .number(1)]
        func operate(_ name: String, _ fields: [String: FieldValue]) throws -> ReplyBody {
            try world.perform(name, as: .operator, by: "olga", fields.merging(reason) { $1 })
        }
        switch random.below(12) {
        case 0:
            next.frozen.insert(first)
            return ("freeze", true, try operate("freezeAccount", ["player": .account(account(first))]))
        case 1, 2:
            next.frozen.remove(first)
            return ("unfreeze", true, try operate("unfreezeAccount", ["player": .account(account(first))]))
        case 3, 4:
            next.add(first, what, 1)
            let fields: [String: FieldValue] = ["player": .account(account(first)), "from": .account(NamedAccount.faucet("corrections")), "line": .lines([what])]
            return ("give", true, try operate("adjustUp", fields))
        case 5:
            let expected = next.take(first, what)
            let fields: [String: FieldValue] = ["player": .account(account(first)), "to": .account(NamedAccount.sink("corrections")), "line": .lines([what])]
            return ("take", expected, try operate("adjustDown", fields))
        case 6:
            let expected = first != second && next.take(first, what)
            next.add(second, what, 1)
            let fields: [String: FieldValue] = [
                "original": .id([UInt8](repeating: 8, count: 16)), "from": .account(account(first)), "to": .account(account(second)), "line": .lines([what]),
            ]
            return ("correct", expected, try operate("correct", fields))
        case 7, 8:
            let expected = !next.frozen.contains(first) && next.has(first, what.asset) >= Int64(what.amount) && !Catalog.isBound(what.asset)
            next.add(first, what, -1)
            next.add(second, what, 1)
            let reply = try world.perform(
                what.asset < 65_536 ? "transferCoins" : "transferItem", by: names[first],
                ["to": .account(account(second)), "asset": .number(what.asset), "amount": .number(what.amount)])
            return ("send", expected, reply)
        default: return try letter(world, &next, &random, first)
        }
    }

    private func letter(
        _ world: TestWorld, _ next: inout Model, _ random: inout SplitMix, _ player: Int
    ) throws -> (String, Bool, ReplyBody) {
        let number = random.below(50)
        let id: FieldValue = .id([UInt8](repeating: 6, count: 15) + [UInt8(number)])
        let now = world.timestampSeconds
        let known = next.letters[number]
        if known == nil || random.below(5) == 0 {
            let letter = Model.Letter(player: player, lines: [line(&random), line(&random)], expires: now + UInt64(random.below(40)))
            next.letters[number] = letter
            let reply = try world.perform(
                "sendMail", as: .server, by: "game",
                [
                    "mail": id, "player": .account(account(player)), "faucet": .account(NamedAccount.faucet("rewards")),
                    "expires": .number(letter.expires), "lines": .lines(letter.lines),
                ])
            return ("letter", known == nil, reply)
        }
        next.letters[number]?.isOpen = false
        guard let known, random.below(4) > 0 else {
            let reply = try world.perform("expireMail", as: .server, by: "game", ["mail": id])
            return ("open", known.map { $0.isOpen && $0.expires < now } ?? false, reply)
        }
        let opener = random.below(5) == 0 ? player : known.player
        for line in known.lines { next.add(known.player, line, 1) }
        let reply = try world.perform("claimMail", by: names[opener], ["mail": id])
        return ("open", known.isOpen && known.expires >= now && opener == known.player, reply)
    }
}
