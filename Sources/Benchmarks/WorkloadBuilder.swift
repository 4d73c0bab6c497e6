internal import Economy
internal import EVM
internal import Ledger
internal import Wire

/// Why a benchmark cannot be run.
public struct BenchmarkFailure: Error, CustomStringConvertible {
    /// What is wrong and what would be right.
    public let description: String
}

/// A workload made of a game's own actions: the world before it, and its operations.
struct PreparedWorkload {
    var genesis: StateDiff
    var rules: [AssetRule]
    var fork: Fork
    var chainID: UInt64
    var environment: BlockEnvironment
    /// Players get their coins and items by these.
    var setUp: [Operation]
    /// The genesis and what those operations change.
    var setUpDiffs: [StateDiff] = []
    var operations: [Operation]
    /// The operations as their senders signed them; empty where sessions send them.
    var signed: [[UInt8]] = []
    /// The same as a client sends them.
    var actions: [ActionBody]
    /// The whole genesis.
    var ledger: LedgerGenesis
}

/// Makes workloads.
struct WorkloadBuilder {
    private static let gold: UInt64 = 1
    /// The game whose actions they are.
    let game: Game
    private let server: SessionIdentity
    private let `operator`: SessionIdentity
    private let faucet: Address
    private var players: [Account] = []
    private var random: BenchmarkRandom
    private var operations: [Operation] = []
    private var actions: [ActionBody] = []
    private var nextID: UInt64 = 1
    private let offers: [Offer]
    private var signers: [Signer] = []

    init(gameFolder: String, seed: UInt64) throws {
        do {
            game = try Game.load(folder: gameFolder)
        } catch {
            throw BenchmarkFailure(description: "the game data in \(gameFolder) cannot be used: \(error)")
        }
        random = BenchmarkRandom(state: seed)
        server = SessionIdentity(role: .server, account: .zero)
        `operator` = SessionIdentity(role: .operator, account: .zero)
        guard let name = game.catalog.faucets.first, let faucet = game.catalog.account(named: "faucet:\(name)") else {
            throw BenchmarkFailure(description: "the game has no faucet")
        }
        self.faucet = faucet
        // Plain offers: one item for gold, without stock, cap or window.
        offers = game.catalog.offers.filter { offer in
            offer.costs.count == 1 && offer.costs[0].asset == Self.gold && offer.results.count == 1
                && offer.stock == .max && offer.capPerPlayer == 0 && offer.opens == 0 && offer.closes == 0
        }
        guard !offers.isEmpty else { throw BenchmarkFailure(description: "the game has no plain offer for gold") }
    }

    /// The workload with so many operations; where players are drawn, from so many.
    mutating func prepare(
        _ workload: Workload, transactions count: Int, players drawn: Int = 10_000
    ) throws -> PreparedWorkload {
        let playerCount = workload == .independent ? 2 * count : workload == .chained ? count + 1 : drawn
        players = (0..<playerCount).map { Account(playerName: "bench-\($0)") }
        if workload == .signed { makeSigners() }
        try setUp(workload, count)
        let setUp = operations
        operations = []
        actions = []
        try add(workload, count)
        let signed = workload == .signed ? try signAll() : []
        let genesis = game.genesis
        let ledger = LedgerGenesis(
            chainID: genesis.chainID, fork: genesis.fork, timestampMilliseconds: genesis.timestampSeconds * 1_000,
            accounts: genesis.accounts.map {
                GenesisAccount(
                    address: $0.address, state: $0.state, code: $0.code, storage: $0.storage.map { ($0.slot, $0.value) }
                )
            },
            rules: game.assetRules.map {
                AssetRule(contract: $0.contract, kind: $0.isItems ? .erc1155 : .erc20, balancesSlot: $0.balancesSlot)
            })
        return PreparedWorkload(
            genesis: workload == .orderBook || workload == .random
                ? BenchmarkContracts.added(to: ledger.diff) : ledger.diff,
            rules: ledger.rules, fork: genesis.fork, chainID: genesis.chainID,
            environment: ledger.environment(
                number: 1, timestampMilliseconds: genesis.timestampSeconds * 1_000 + 1_000, prevrandao: .zero),
            setUp: setUp, operations: operations, signed: signed, actions: actions, ledger: ledger)
    }

    // MARK: Operations

    private mutating func setUp(_ workload: Workload, _ count: Int) throws {
        let kinds = workload == .shopMix ? Array(offers.prefix(32)) : []
        for (number, player) in players.enumerated() {
            // Who takes part in a chain starts with nothing but the first.
            let amount: UInt64 = workload == .chained ? (number == 0 ? 1_000 : 0) : 1_000_000
            if amount > 0 { try grant(player, [AssetLine(asset: Self.gold, amount: amount)]) }
            for start in stride(from: 0, to: kinds.count, by: 8) {
                try grant(
                    player,
                    kinds[start..<min(start + 8, kinds.count)].map {
                        AssetLine(asset: $0.results[0].asset, amount: 100)
                    })
            }
        }
        if workload == .boundedStock || workload == .lastingStock {
            let stock = workload == .boundedStock ? count / 2 : count + 100
            try add(
                "publishOffer", by: `operator`, actor: .zero,
                [
                    "offer": .number(4_000_000), "capPerPlayer": .number(0), "stock": .number(UInt64(stock)),
                    "opens": .number(0), "closes": .number(0),
                    "costs": .lines([AssetLine(asset: Self.gold, amount: 7)]),
                    "results": .lines([AssetLine(asset: offers[0].results[0].asset, amount: 1)]),
                ])
        }
    }

    private mutating func add(_ workload: Workload, _ count: Int) throws {
        let exponent = workload == .shopMix || workload == .zipf ? 1.0 : workload == .steepZipf ? 1.5 : 0
        let sampler = ZipfSampler(count: players.count, exponent: exponent)
        for index in 0..<count {
            switch workload {
            case .independent: try transfer(players[2 * index], to: players[2 * index + 1], 5)
            case .chained: try transfer(players[index], to: players[index + 1], 1_000)
            case .zipf, .steepZipf:
                let from = sampler.draw(&random)
                try transfer(players[from], to: players[other(than: from, sampler)], 1)
            case .hotShop:
                try purchase(offers[0].offer, 1, offers[0].costs[0].amount, by: players[index % players.count])
            case .boundedStock, .lastingStock: try purchase(4_000_000, 1, 7, by: players[sampler.draw(&random)])
            case .shopMix: try mixed(sampler)
            case .orderBook:
                if index % 2 == 0 {
                    try transfer(players[index % 10_000], to: players[(index + 1) % 10_000], 1)
                } else {
                    call(BenchmarkContracts.book(random.below(16)), words: [U256(random.next() >> 40)])
                }
            case .signed: signedTransfer(index)
            case .random: callAtRandom()
            }
        }
    }

    private mutating func mixed(_ sampler: ZipfSampler) throws {
        let player = sampler.draw(&random)
        let offer = offers[random.below(min(32, offers.count))]
        let quantity = UInt64(1 + random.below(3))
        switch random.below(100) {
        case ..<50: try purchase(offer.offer, quantity, offer.costs[0].amount * quantity, by: players[player])
        case ..<70:
            try add(
                "trade", by: server, actor: .zero,
                [
                    "first": .account(address(players[player])),
                    "second": .account(address(players[other(than: player, sampler)])),
                    "firstGives": .lines([AssetLine(asset: offer.results[0].asset, amount: quantity)]),
                    "secondGives": .lines([AssetLine(asset: Self.gold, amount: UInt64(1 + random.below(50)))]),
                ])
        default:
            try grant(
                players[player],
                [
                    AssetLine(asset: Self.gold, amount: UInt64(10 + random.below(41))),
                    AssetLine(asset: offer.results[0].asset, amount: 1),
                ])
        }
    }

    private mutating func other(than player: Int, _ sampler: ZipfSampler) -> Int {
        for _ in 0..<8 {
            let candidate = sampler.draw(&random)
            if candidate != player { return candidate }
        }
        return (player + 1) % players.count
    }

    // MARK: Plain calls

    private mutating func call(_ contract: Address?, words: [U256] = [], value: U256 = .zero, code: [UInt8] = []) {
        let sender = address(players[random.below(players.count)])
        let data = words.flatMap { $0.bigEndianBytes } + code
        append(.session(sender: sender, to: contract, value: value, data: data, gasLimit: 300_000))
    }

    private mutating func append(_ transaction: Transaction) {
        operations.append(Operation(id: OperationID(high: 0xbe, low: nextID), transaction: transaction, ticket: 0))
        nextID += 1
    }

    private mutating func callAtRandom() {
        switch random.below(10) {
        case ..<5: call(BenchmarkContracts.counter(random.below(32)), words: [U256(UInt64(random.below(8)))])
        case 5: call(BenchmarkContracts.reverting)
        case 6: call(BenchmarkContracts.factory)
        case 7: call(BenchmarkContracts.mortalFactory)
        case 8: call(address(players[random.below(players.count)]))
        default: call(nil, code: BenchmarkContracts.creation)
        }
    }

    /// The senders' keys; the senders are players like others.
    private mutating func makeSigners() {
        signers = (0..<512).map { Signer(key: U256(UInt64($0) + 1_000)) }
        for (number, signer) in signers.enumerated() {
            players[number] = Account(bytes: signer.address.bytes) ?? players[number]
        }
    }

    private mutating func signedTransfer(_ index: Int) {
        let receiver = address(players[signers.count + random.below(players.count - signers.count)])
        // transfer(address,uint256) of the first currency.
        let data: [UInt8] = [0xa9, 0x05, 0x9c, 0xbb] + receiver.word.bigEndianBytes + U256(1).bigEndianBytes
        append(
            Transaction(
                kind: .legacy, sender: signers[index % signers.count].address,
                nonce: UInt64(index / signers.count), gasLimit: 100_000, to: coins, data: data,
                chainID: game.genesis.chainID))
    }

    private func signAll() throws -> [[UInt8]] {
        try operations.enumerated().map { index, operation in
            let signature = signers[index % signers.count].sign(operation.transaction)
            let bytes = operation.transaction.encoded(signature: signature)
            guard (try? Transaction.decode(bytes, fork: game.genesis.fork))?.sender == operation.transaction.sender
            else { throw BenchmarkFailure(description: "operation \(index): the signature does not give the sender") }
            return bytes
        }
    }

    /// The contract of gold, as a rule of its balances names it.
    private var coins: Address { game.assetRules.first { !$0.isItems }?.contract ?? .zero }

    private func address(_ account: Account) -> Address { Address(account) }

    private mutating func transfer(_ from: Account, to: Account, _ amount: UInt64) throws {
        try add(
            "transferCoins", by: server, actor: address(from),
            ["to": .account(address(to)), "asset": .number(Self.gold), "amount": .number(amount)])
    }

    private mutating func purchase(
        _ offer: UInt64, _ quantity: UInt64, _ cost: UInt64, by player: Account
    ) throws {
        try add(
            "purchase", by: server, actor: address(player),
            ["offer": .number(offer), "quantity": .number(quantity), "maxCost": .numbers([cost])])
    }

    private mutating func grant(_ player: Account, _ lines: [AssetLine]) throws {
        try add(
            "grant", by: server, actor: .zero,
            [
                "player": .account(address(player)), "faucet": .account(faucet), "reason": .number(1),
                "lines": .lines(lines),
            ])
    }

    private func wireActor(_ actor: Address) -> Account {
        Account(bytes: actor.bytes) ?? .zero
    }

    private mutating func add(
        _ name: String, by session: SessionIdentity, actor: Address, _ fields: [String: FieldValue]
    ) throws {
        let encoded = try game.encodePayload(action: name, fields: fields)
        let mapped = encoded.payload.withUnsafeBytes {
            game.map(code: encoded.code, actor: actor, payload: $0, session: session)
        }
        switch mapped {
        case .failure(let refusal): throw BenchmarkFailure(description: "the game refuses \(name): \(refusal)")
        case .success(let transaction):
            actions.append(ActionBody(code: encoded.code, actor: wireActor(actor), payload: encoded.payload))
            operations.append(
                Operation(id: OperationID(high: 0xbe, low: nextID), transaction: transaction, ticket: 0))
            nextID += 1
        }
    }
}
