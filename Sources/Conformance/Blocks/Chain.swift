public import EVM
import Glibc
import Ledger

/// A chain of blocks from a genesis on: every block that was imported, and the world behind one of them.
public final class Chain {
    /// A block that was imported, and what it changed.
    private struct Link {
        var header: BlockHeader
        var diffs: [StateDiff]
    }

    private let genesis: MemoryState
    private let genesisHash: Hash256
    private let schedule: ForkSchedule
    private let chainID: UInt64
    private let processor: BlockProcessor
    private var links: [Hash256: Link] = [:]

    /// The block that the last import made, or the genesis block.
    public private(set) var head: Hash256

    /// Processor time of this thread in the run of the last block, senders recovered and roots not yet computed.
    public private(set) var lastRun = Duration.zero

    // The world behind one block, kept from import to import while blocks follow each other.
    private var world: WorldState?
    private var trie: StateTrie?
    private var worldHead: Hash256

    /// A chain that has its genesis block only.
    init(genesis: MemoryState, header: BlockHeader, schedule: ForkSchedule, chainID: UInt64, processor: BlockProcessor)
    {
        self.genesis = genesis
        self.schedule = schedule
        self.chainID = chainID
        self.processor = processor
        genesisHash = header.hash
        head = header.hash
        worldHead = header.hash
        links[header.hash] = Link(header: header, diffs: [])
    }

    /// Whether a block was imported.
    public func holds(_ hash: Hash256) -> Bool { links[hash] != nil }

    /// Checks and runs a block; the chain is unchanged where it is refused.
    @discardableResult
    public func add(_ bytes: [UInt8]) throws(BlockRefusal) -> BlockHeader {
        let block = try Block.decode(bytes, forkAt: schedule.fork(at:))
        let header = block.header
        let stage = schedule.stage(at: header.timestampSeconds)
        guard let parent = links[header.parentHash]?.header else { throw .unknownParent(header.parentHash) }
        try header.check(after: parent, fork: stage.fork, schedule: stage.blobs)
        if block.uncleCount > 0 { throw .uncles(have: block.uncleCount, need: 0) }
        let transactions = try decode(block.transactions, stage.fork)

        let (world, trie) = restoreWorld(behind: header.parentHash)
        // Until the block has passed, the world is nobody's.
        self.world = nil
        let started = Self.processorTime()
        let executed = try processor.run(block, transactions, in: environment(header, stage), world: world)
        lastRun = Self.processorTime() - started
        try checkRoots(block)
        try check(header, stage, executed)
        for diff in executed.diffs { trie.apply(diff) }
        let root = trie.root()
        if root != header.stateRoot { throw .stateRoot(have: header.stateRoot, need: root) }

        self.world = world
        self.trie = trie
        worldHead = header.hash
        head = header.hash
        links[header.hash] = Link(header: header, diffs: executed.diffs)
        return header
    }

    /// The state behind a block that was imported.
    func state(behind hash: Hash256) -> MemoryState {
        var state = genesis
        for link in path(to: hash) { for diff in link.diffs { state.apply(diff) } }
        return state
    }

    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    // MARK: Steps

    private func checkRoots(_ block: Block) throws(BlockRefusal) {
        let transactionsRoot = MerkleRoot.ofList(block.transactions)
        if transactionsRoot != block.header.transactionsRoot {
            throw .transactionsRoot(have: block.header.transactionsRoot, need: transactionsRoot)
        }
        guard let withdrawals = block.withdrawals, let have = block.header.withdrawalsRoot else { return }
        let need = MerkleRoot.ofList(withdrawals.map(\.encoded))
        if have != need { throw .withdrawalsRoot(have: have, need: need) }
    }

    private func decode(_ encoded: [[UInt8]], _ fork: Fork) throws(BlockRefusal) -> [Transaction] {
        var transactions: [Transaction] = []
        for (index, bytes) in encoded.enumerated() {
            do throws(TransactionDecodingError) {
                transactions.append(try Transaction.decode(bytes, fork: fork, chainID: chainID))
            } catch {
                throw .undecodable(index: index, error)
            }
        }
        return transactions
    }

    private func environment(_ header: BlockHeader, _ stage: ForkSchedule.Stage) -> BlockEnvironment {
        BlockEnvironment(
            number: header.number, timestampSeconds: header.timestampSeconds, gasLimit: header.gasLimit,
            feeRecipient: header.feeRecipient, baseFee: header.baseFee ?? .zero, prevrandao: header.prevrandao,
            blobBaseFee: stage.blobs?.baseFee(excessBlobGas: header.excessBlobGas ?? 0) ?? .one,
            blobsMax: stage.blobs?.most, chainID: chainID, fork: stage.fork)
    }

    private func check(
        _ header: BlockHeader, _ stage: ForkSchedule.Stage, _ executed: ExecutedBlock
    ) throws(BlockRefusal) {
        if header.gasUsed != executed.gasUsed { throw .gasUsed(have: header.gasUsed, need: executed.gasUsed) }
        if let have = header.blobGasUsed {
            let maximum = UInt64(stage.blobs?.most ?? 0) * 131_072
            if have > maximum { throw .blobGasUsedOverLimit(have: have, maximum: maximum) }
            if have != executed.blobGasUsed { throw .blobGasUsed(have: have, need: executed.blobGasUsed) }
        }
        let receiptsRoot = executed.receiptsRoot
        if header.receiptsRoot != receiptsRoot {
            throw .receiptsRoot(have: header.receiptsRoot, need: receiptsRoot)
        }
        if header.logsBloom != executed.logsBloom {
            throw .logsBloom(have: keccak256(header.logsBloom.bytes), need: keccak256(executed.logsBloom.bytes))
        }
        if let have = header.requestsHash, have != executed.requests.hash {
            throw .requestsHash(have: have, need: executed.requests.hash)
        }
    }

    // MARK: The world

    /// The blocks from the first behind genesis to this one.
    private func path(to hash: Hash256) -> [Link] {
        var found: [Link] = []
        var next = hash
        while next != genesisHash, let link = links[next] {
            found.append(link)
            next = link.header.parentHash
        }
        return found.reversed()
    }

    /// The world and trie behind a block, built again where the ones at hand belong to another.
    private func restoreWorld(behind hash: Hash256) -> (WorldState, StateTrie) {
        if let world, let trie, worldHead == hash {
            if let parent = links[hash]?.header { world.remember(blockHash: hash, number: parent.number) }
            return (world, trie)
        }
        let world = WorldState()
        let trie = StateTrie()
        let diff = genesis.wholeDiff
        world.apply(diff)
        trie.apply(diff)
        if let first = links[genesisHash]?.header { world.remember(blockHash: genesisHash, number: first.number) }
        for link in path(to: hash) {
            for diff in link.diffs {
                world.apply(diff)
                trie.apply(diff)
            }
            world.remember(blockHash: link.header.hash, number: link.header.number)
        }
        return (world, trie)
    }
}
