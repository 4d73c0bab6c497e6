public import EVM

/// A ledger without threads, disk and ids: executes operations one batch after the other and keeps the running digest.
///
/// For tools that play a world through in memory. State root and operations digest are those that a `Ledger` in clock
/// mode `operations` comes to with the same operations.
public final class LedgerRun {
    /// The state so far.
    public let world: WorldState
    private let genesis: LedgerGenesis
    private let genesisDigest: Hash256
    private let executor: any BlockExecutor
    private var number: UInt64 = 0
    /// Where the contracts of this world keep balances.
    public let books: BalanceBooks
    /// Over what `execute` did; whoever uses `run` tells it himself.
    public let digest = OperationsDigest()

    /// A world at its genesis.
    public init(genesis: LedgerGenesis, executor: any BlockExecutor) {
        self.genesis = genesis
        self.executor = executor
        executor.keepsDiffs = false
        genesisDigest = genesis.digest
        world = WorldState()
        world.apply(genesis.diff)
        world.remember(blockHash: genesisDigest, number: 0)
        books = BalanceBooks(rules: genesis.rules)
    }

    /// A world that goes on from where another was read; that one must not be used any more.
    public init(forking inspection: LedgerInspection, genesis: LedgerGenesis, executor: any BlockExecutor) {
        self.genesis = genesis
        self.executor = executor
        executor.keepsDiffs = false
        genesisDigest = genesis.digest
        world = inspection.world
        number = inspection.headNumber
        books = BalanceBooks(rules: genesis.rules)
    }

    /// Runs operations at one time of the clock, takes them into the digest and returns what became of each.
    public func execute(_ operations: ArraySlice<Operation>, clockMilliseconds: UInt64) -> [OperationResult] {
        var outcomes: [OperationResult] = []
        outcomes.reserveCapacity(operations.count)
        run(operations, clockMilliseconds: clockMilliseconds, into: &outcomes)
        digest.take(operations, outcomes[...])
        return outcomes
    }

    /// Runs operations at one time of the clock and appends what became of each. The digest does not know of them: whoever
    /// calls this gives it operations and outcomes, in this order, and may do so on another thread.
    public func run(
        _ operations: ArraySlice<Operation>, clockMilliseconds: UInt64, into outcomes: inout [OperationResult]
    ) {
        number += 1
        var buffer = ByteBuffer()
        buffer.append(genesisDigest.word)
        buffer.append(fixed: clockMilliseconds)
        run(operations, clockMilliseconds, sha256(buffer.bytes), into: &outcomes)
    }

    /// Runs the operations of a recorded block where it stood: they see its number, time and random number. Takes them into the
    /// digest.
    public func execute(_ operations: ArraySlice<Operation>, at place: BlockPlace) -> [OperationResult] {
        number = place.number
        var outcomes: [OperationResult] = []
        outcomes.reserveCapacity(operations.count)
        run(operations, place.timestampMilliseconds, place.prevrandao, into: &outcomes)
        digest.take(operations, outcomes[...])
        if let digest = place.digest { world.remember(blockHash: digest, number: place.number) }
        return outcomes
    }

    private func run(
        _ operations: ArraySlice<Operation>, _ clockMilliseconds: UInt64, _ prevrandao: Hash256,
        into outcomes: inout [OperationResult]
    ) {
        let environment = genesis.environment(
            number: number, timestampMilliseconds: clockMilliseconds, prevrandao: prevrandao)
        executor.execute(operations, in: environment, world: world, into: &outcomes)
        world.dropMarks()
    }

    /// SHA-256 over id, outcome, gas, return data and logs of all operations that the digest was told of, in order.
    public var operationsDigest: Hash256 { digest.value }

    /// What a question to a contract would return now.
    public func view(_ call: ViewCall, clockMilliseconds: UInt64) -> Receipt {
        let environment = genesis.environment(
            number: number + 1, timestampMilliseconds: clockMilliseconds, prevrandao: genesisDigest)
        return executor.view(call, in: environment, world: world)
    }

    /// Changes the world from outside, as a question of what would be.
    public func change(_ diff: StateDiff) { world.apply(diff) }

    /// What an account has by a contract's books, of an id where the contract keeps several; nil where the contract
    /// keeps none.
    public func balance(of account: Address, contract: Address, id: UInt64 = 0) -> Int64? {
        books.slot(of: account, contract: contract, id: id).map { balance(contract: contract, slot: $0) }
    }

    /// What stands in a slot of a contract's books.
    public func balance(contract: Address, slot: U256) -> Int64 {
        let word = world.storage(contract, slot)
        let isNegative = word.l3 >> 63 == 1
        let magnitude = isNegative ? .zero &- word : word
        guard magnitude.l1 | magnitude.l2 | magnitude.l3 == 0, magnitude.l0 <= UInt64(Int64.max) else {
            return isNegative ? .min : .max
        }
        return isNegative ? -Int64(magnitude.l0) : Int64(magnitude.l0)
    }

    /// The state root now, computed over everything.
    public func stateRoot() -> Hash256 {
        let trie = StateTrie()
        var slots: [Address: [(slot: U256, value: U256)]] = [:]
        world.forEachSlot { address, slot, value in slots[address, default: []].append((slot, value)) }
        world.forEachAccount { address, account in trie.set(address, account) }
        for (address, entries) in slots {
            trie.storageChanges(of: address) { set in
                for entry in entries { set(entry.slot, entry.value) }
            }
        }
        return trie.root()
    }
}
