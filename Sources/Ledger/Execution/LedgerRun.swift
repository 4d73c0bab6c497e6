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
    private let stream = SHA256Stream()
    private var results = ByteBuffer()
    private var number: UInt64 = 0
    private let contracts: [Address: AssetRule]

    /// A world at its genesis.
    public init(genesis: LedgerGenesis, executor: any BlockExecutor) {
        self.genesis = genesis
        self.executor = executor
        genesisDigest = genesis.digest
        world = WorldState()
        world.apply(genesis.diff)
        world.remember(blockHash: genesisDigest, number: 0)
        contracts = Self.contracts(of: genesis)
    }

    /// A world that goes on from where another was read; that one must not be used any more.
    public init(forking inspection: LedgerInspection, genesis: LedgerGenesis, executor: any BlockExecutor) {
        self.genesis = genesis
        self.executor = executor
        genesisDigest = genesis.digest
        world = inspection.world
        number = inspection.headNumber
        contracts = Self.contracts(of: genesis)
    }

    private static func contracts(of genesis: LedgerGenesis) -> [Address: AssetRule] {
        Dictionary(genesis.rules.map { ($0.contract, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Runs operations at one time of the clock and returns what became of each.
    public func execute(_ operations: ArraySlice<Operation>, clockMilliseconds: UInt64) -> [OperationResult] {
        number += 1
        var buffer = ByteBuffer()
        buffer.append(genesisDigest.word)
        buffer.append(fixed: clockMilliseconds)
        let environment = genesis.environment(
            number: number, timestampMilliseconds: clockMilliseconds, prevrandao: sha256(buffer.bytes))
        var outcomes: [OperationResult] = []
        outcomes.reserveCapacity(operations.count)
        executor.execute(operations, in: environment, world: world, into: &outcomes)
        world.dropMarks()
        results.truncate(to: 0)
        for (operation, outcome) in zip(operations, outcomes) {
            guard case .accepted(let receipt, _) = outcome else { continue }
            results.append(operation.id)
            results.append(receipt)
        }
        stream.update(results.bytes)
        return outcomes
    }

    /// SHA-256 over id, outcome, gas, return data and logs of all operations so far, in order.
    public var operationsDigest: Hash256 { stream.finalizedCopy() }

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
        guard let rule = contracts[contract] else { return nil }
        var slot = rule.balancesSlot
        let keys: [U256] =
            switch rule.kind {
            case .erc20: [account.word]
            case .erc1155: [U256(id), account.word]
            case .erc1155OwnerFirst: [account.word, U256(id)]
            }
        for key in keys { slot = keccak256(slot.bigEndianBytes + key.bigEndianBytes).word }
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
