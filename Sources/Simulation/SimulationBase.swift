internal import EVM
package import Economy
internal import Gateway
internal import Ledger

/// What all simulations of a process share: the game, its genesis, and the balances that everybody begins with.
package final class SimulationBase: @unchecked Sendable {
    // Sendable: nothing changes after `init`, and the game and the genesis are values.
    package let game: Game
    let genesis: LedgerGenesis
    let cast: Cast
    let writer: ActionWriter
    /// What the cast has at genesis.
    let balances: [Holding: Int64]
    /// Everything that is ever held.
    let assets: [UInt64]
    private static let playerCount = 220

    /// Loads what is needed from a game.
    package init(game: Game) throws {
        self.game = game
        genesis = Gateway.ledgerGenesis(of: game)
        let cast = Cast(players: Self.playerCount, catalog: game.catalog)
        self.cast = cast
        writer = ActionWriter(game: game, cast: cast)
        let unique = game.catalog.offers.flatMap { $0.results.map(\.asset) }.filter { $0 >= Catalog.firstUnique }
        let assets = game.catalog.currencies.map(\.asset) + game.catalog.items.map(\.asset) + unique
        self.assets = assets
        let ledger = try Ledger(
            genesis: genesis, folder: "/genesis", configuration: Self.configuration(),
            executor: Self.executor(genesis, canary: nil),
            world: LedgerWorld(clock: StoppedClock(), threads: LedgerWorld.real.threads, disk: MemoryDisk()))
        var balances: [Holding: Int64] = [:]
        for place in cast.accounts.indices where place >= cast.playerCount {
            for asset in assets {
                guard let amount = Self.balance(ledger, game, cast, place, asset) else { continue }
                balances[Holding(place: place, asset: asset)] = amount
            }
        }
        self.balances = balances
        ledger.drainAndStop()
    }

    /// What an account has, asked of a ledger that does not run.
    static func balance(_ ledger: Ledger, _ game: Game, _ cast: Cast, _ place: Place, _ asset: UInt64) -> Int64? {
        guard let request = game.balanceRequest(account: Address(cast.accounts[place]), asset: asset) else {
            return nil
        }
        return game.balance(from: ledger.view(ViewCall(to: request.to, data: request.data, ticket: 0)).output)?.amount
    }

    /// A small ledger that fills segments and blocks soon.
    static func configuration() -> LedgerConfiguration {
        var configuration = LedgerConfiguration()
        configuration.queueOperationsMax = 1_024
        configuration.blockBytesMax = 48 << 10
        configuration.segmentBytes = 64 * 4_096
        configuration.spinMicroseconds = 0
        configuration.idSeed = 7
        configuration.checkpointOperations = 0
        return configuration
    }

    /// The executor of production, with a planted bug where one is wanted; the parallel one where there are workers.
    static func executor(
        _ genesis: LedgerGenesis, canary: Canary?, workers: Int = 1, chance: SeededChance = SeededChance(seed: 0)
    ) -> any BlockExecutor {
        if workers > 1, canary != .lostWrite {
            return InterleavedExecutor(workers: workers, genesis: genesis, chance: chance)
        }
        let machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        guard canary == .lostWrite else { return SequentialExecutor(machine: machine, rules: genesis.rules) }
        return SequentialExecutor(
            machine: CanaryMachine(machine, balanceContracts: genesis.rules.map(\.contract)), rules: genesis.rules)
    }
}

/// A clock that stands still.
private struct StoppedClock: LedgerClock {
    func monotonicNanoseconds() -> UInt64 { 0 }
    func wallMilliseconds() -> UInt64 { Simulation.startMilliseconds }
}
