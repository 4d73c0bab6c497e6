import EVM
import Economy
import Gateway
import Testing

@testable import Ledger

/// Each contract of GameData through the parallel executor: receipts, logs, gas and state as in sequence.
struct ContentionTests {
    /// The contracts of genesis.json, each with the share of its random actions that must take effect.
    static let contracts = [
        "gold", "items", "shop", "royalties", "trade", "market", "auctions", "rewards", "mail", "loot", "settlement", "keeper", "payments", "commodities", "book",
    ]

    private static func world(_ genesis: LedgerGenesis) -> WorldState {
        let world = WorldState()
        world.apply(genesis.diff)
        return world
    }

    /// What every player has before the contention begins.
    private static func stock(_ actions: inout ContendedActions) throws -> [Transaction] {
        let grant = try #require(actions.game.actionsByName["grant"])
        var transactions: [Transaction] = []
        for (place, player) in ContendedActions.players.enumerated() {
            for start in stride(from: 0, to: ContendedActions.stock.count, by: 8) {
                let assets = ContendedActions.stock[start..<min(start + 8, ContendedActions.stock.count)]
                let lines = assets.map { AssetLine(asset: $0, amount: 5_000) }
                transactions.append(
                    try actions.transaction(
                        grant, ["player": .account(player), "faucet": .account(NamedAccount.faucet("rewards")), "lines": .lines(lines)]))
            }
            transactions.append(
                try actions.transaction(
                    grant,
                    [
                        "player": .account(player), "faucet": .account(NamedAccount.faucet("rewards")),
                        "lines": .lines([AssetLine(asset: 2 << 32 | UInt64(place), amount: 1)]),
                    ]))
        }
        let epoch = try #require(actions.game.actionsByName["openEpoch"])
        transactions.append(try actions.transaction(epoch, ["epoch": .number(1), "commitment": .words([5])]))
        return transactions
    }

    /// What ends a block in which every order of the contention may be new, in each book.
    private static func clearings(_ game: Game) throws -> [Transaction] {
        let clearing = try #require(game.clearing)
        let ids = (1...24).map { U256(bigEndian: [UInt8](repeating: 1, count: 15) + [UInt8($0)]) }
        return clearing.transactions(
            clearing: game.catalog.books.flatMap { book in ids.map { NewOrder(asset: book.asset, currency: book.currency, id: $0) } })
    }

    @Test(arguments: contracts)
    func `a contract under contention in parallel ends as in sequence`(_ contract: String) throws {
        let game = try TestWorld.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        let codes = CodeCache()
        func machines(_ count: Int) -> [any TransitionMachine] {
            (0..<count).map { _ in Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: codes) }
        }
        let own = game.actions.values.filter { action in
            switch action.target {
            case .contract(let name): name == contract
            case .currencyOf: contract == "gold"
            }
        }.sorted { $0.code < $1.code }
        #expect(!own.isEmpty)
        for seed in 1...2 as ClosedRange<UInt64> {
            var actions = ContendedActions(game: game, seed: seed &* 77)
            var transactions = try Self.stock(&actions)
            let first = transactions.count
            // Freezing is rare, or nobody could do anything.
            let chosen = (0..<260).map { own[($0 * 7 + $0 / own.count) % own.count] }.enumerated().filter { $1.name != "freezeAccount" || $0 % 9 == 0 }
            for (place, action) in chosen {
                transactions.append(try actions.transaction(action))
                if contract == "book", place % 15 == 14 { transactions += try Self.clearings(game) }
            }
            let operations = transactions.enumerated().map { number, transaction in
                Operation(id: OperationID(high: 7, low: UInt64(number + 1)), transaction: transaction, ticket: 0)
            }
            let environment = genesis.environment(
                number: 1, timestampMilliseconds: (game.genesis.timestampSeconds + 1_000) * 1_000, prevrandao: .zero)
            let worlds = [Self.world(genesis), Self.world(genesis)]
            var expected: [OperationResult] = []
            SequentialExecutor(machine: machines(1)[0], rules: genesis.rules).execute(
                operations[...], in: environment, world: worlds[0], into: &expected)
            let executor = ParallelExecutor(
                machines: machines(2), rules: genesis.rules, hotSlots: game.hotSlots.map { ($0.contract, $0.slot) })
            var results: [OperationResult] = []
            for cut in [0..<first, first..<(first + 60), (first + 60)..<operations.count] {
                executor.executeInParallel(operations[cut], in: environment, world: worlds[1], into: &results)
            }
            #expect(results.count == expected.count)
            if let place = zip(results, expected).enumerated().first(where: { $1.0 != $1.1 }) {
                Issue.record("\(contract), seed \(seed), operation \(place.offset): \(place.element.0) instead of \(place.element.1)")
            }
            for case .accepted(_, let diff) in expected {
                for change in diff.storage {
                    let values = worlds.map { $0.storage(change.address, change.slot) }
                    #expect(values[1] == values[0], "\(contract), seed \(seed): slot \(change.slot.hex) of \(change.address.hex)")
                }
                for change in diff.accounts { #expect(worlds[1].account(change.address) == worlds[0].account(change.address)) }
            }
            let applied = expected[first...].count { if case .accepted(let receipt, _) = $0 { receipt.succeeded } else { false } }
            #expect(applied * 12 >= expected.count - first, "\(contract): \(applied) of \(expected.count - first) take effect")
        }
    }

    @Test func `the table names every contract`() throws {
        let game = try TestWorld.game.get()
        // Both currencies are the same contract.
        #expect(Set(game.contracts.keys) == Set(Self.contracts + ["gems"]))
    }
}
