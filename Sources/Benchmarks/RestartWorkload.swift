internal import Economy
internal import EVM
internal import Ledger
internal import Wire

/// Makes the operations of a large world one by one, by number.
struct RestartWorkload {
    /// Lines of a grant: coins and kinds of items.
    static let lines = 8
    private static let gold: UInt64 = 1
    private let game: Game
    private let faucet: Address
    private let items: [UInt64]
    private let server = SessionIdentity(role: .server, account: .zero)

    /// Reads the game.
    init(gameFolder: String) throws {
        do {
            game = try Game.load(folder: gameFolder)
        } catch {
            throw BenchmarkFailure(description: "the game data in \(gameFolder) cannot be used: \(error)")
        }
        guard let name = game.catalog.faucets.first, let faucet = game.catalog.account(named: "faucet:\(name)") else {
            throw BenchmarkFailure(description: "the game has no faucet")
        }
        self.faucet = faucet
        var kinds: [UInt64] = []
        for offer in game.catalog.offers {
            for result in offer.results where result.asset != Self.gold && !kinds.contains(result.asset) {
                kinds.append(result.asset)
            }
        }
        guard kinds.count >= Self.lines - 1 else { throw BenchmarkFailure(description: "the game has too few items") }
        items = Array(kinds.sorted().prefix(Self.lines - 1))
    }

    /// The game's world before its first block.
    var genesis: LedgerGenesis {
        let genesis = game.genesis
        return LedgerGenesis(
            chainID: genesis.chainID, fork: genesis.fork, timestampMilliseconds: genesis.timestampSeconds * 1_000,
            accounts: genesis.accounts.map {
                GenesisAccount(
                    address: $0.address, state: $0.state, code: $0.code, storage: $0.storage.map { ($0.slot, $0.value) })
            },
            rules: game.assetRules.map {
                AssetRule(contract: $0.contract, kind: $0.isItems ? .erc1155 : .erc20, balancesSlot: $0.balancesSlot)
            })
    }

    private func player(_ number: Int) -> Address { Address(Account(playerName: "restart-\(number)")) }

    /// Coins and one of each item for a player.
    func grant(_ player: Int) throws -> Transaction {
        let lines = [AssetLine(asset: Self.gold, amount: 1_000_000)] + items.map { AssetLine(asset: $0, amount: 1) }
        return try map(
            "grant", actor: .zero,
            [
                "player": .account(self.player(player)), "faucet": .account(faucet), "reason": .number(1),
                "lines": .lines(lines),
            ])
    }

    /// A coin from one player to another.
    func transfer(from: Int, to: Int) throws -> Transaction {
        try map(
            "transferCoins", actor: player(from),
            ["to": .account(player(to)), "asset": .number(Self.gold), "amount": .number(1)])
    }

    private func map(_ name: String, actor: Address, _ fields: [String: FieldValue]) throws -> Transaction {
        let encoded = try game.encodePayload(action: name, fields: fields)
        let mapped = encoded.payload.withUnsafeBytes {
            game.map(code: encoded.code, actor: actor, payload: $0, session: server)
        }
        switch mapped {
        case .failure(let refusal): throw BenchmarkFailure(description: "the game refuses \(name): \(refusal)")
        case .success(let transaction): return transaction
        }
    }
}

extension RestartBenchmark.Measurement {
    private static let fields: [(name: String, path: any WritableKeyPath<Self, Double> & Sendable)] = [
        ("seconds", \.seconds), ("loadSeconds", \.loadSeconds), ("accounts", \.accounts), ("slots", \.slots),
        ("tail", \.tail), ("bytesPerAccount", \.bytesPerAccount), ("bytesPerSlot", \.bytesPerSlot),
        ("bytesPerId", \.bytesPerId), ("residentMiB", \.residentMiB), ("processorSeconds", \.processorSeconds),
        ("workers", \.workers),
    ]

    /// All figures on one line, for the process that asked.
    var line: String { Self.fields.map { String(self[keyPath: $0.path]) }.joined(separator: " ") }

    /// Reads such a line.
    init(line: String) throws {
        self.init()
        let values = line.split(separator: " ").compactMap { Double(String($0)) }
        guard values.count == Self.fields.count else {
            throw BenchmarkFailure(description: "a restart has printed: \(line)")
        }
        for (field, value) in zip(Self.fields, values) { self[keyPath: field.path] = value }
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String((value * 1_000).rounded() / 1_000)
    }

    /// One JSON object.
    func json(rounds: Int, slowest: Double) -> String {
        var parts = Self.fields.map { "\"\($0.name)\": \(number(self[keyPath: $0.path]))" }
        parts.append("\"rounds\": \(rounds)")
        parts.append("\"secondsMax\": \(number(slowest))")
        return "{" + parts.joined(separator: ", ") + "}"
    }

    /// For people.
    var text: String {
        Self.fields.map { field in
            let padding = String(repeating: " ", count: max(1, 18 - field.name.utf8.count))
            return field.name + padding + number(self[keyPath: field.path])
        }.joined(separator: "\n")
    }
}
