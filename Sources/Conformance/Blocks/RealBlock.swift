public import EVM
public import Ledger

/// A block of the Ethereum main network with the state that it needs.
public struct RealBlock: Sendable {
    /// The block's number.
    public let number: UInt64
    /// Its rules.
    public let fork: Fork
    /// The signed transactions, as they were sent.
    public let encodedTransactions: [[UInt8]]
    /// The senders, as the block explorer names them.
    public let senders: [Address]
    /// Gas that the transactions used.
    public let gasUsed: UInt64
    /// The root of the receipts.
    public let receiptsRoot: Hash256
    /// The root of the transactions.
    public let transactionsRoot: Hash256
    /// The state before: what the transactions touch.
    public let pre: MemoryState
    /// What the transactions can see of the block.
    public let environment: BlockEnvironment
    /// Hashes of earlier blocks that the transactions ask for.
    private let blockHashes: [(number: UInt64, hash: Hash256)]
    private let parentBeaconBlockRoot: Hash256

    /// Reads a block.
    public static func load(_ path: String) throws -> RealBlock {
        let file = try JSONValue.file(path)
        guard let header = file["header"], let pre = file["pre"] else {
            throw FixtureError(description: "\(path): no header or no pre")
        }
        guard let fork = Fork(suiteName: try file.text("fork")) else {
            throw FixtureError(description: "\(path): no fork that is known")
        }
        return try RealBlock(file, header, pre, fork)
    }

    private init(_ file: JSONValue, _ header: JSONValue, _ pre: JSONValue, _ fork: Fork) throws {
        self.fork = fork
        number = try header.number("number")
        let transactions = file.elements("transactions")
        encodedTransactions = try transactions.map(Self.encodedTransaction)
        senders = try transactions.map { try $0.address("from") ?? .zero }
        gasUsed = try header.number("gasUsed")
        receiptsRoot = try header.hash("receiptsRoot")
        transactionsRoot = try header.hash("transactionsRoot")
        let state = try pre.state()
        // Before EIP-158 every listed account exists; later, accounts that have nothing are absent.
        self.pre = fork >= .spuriousDragon ? state.withoutEmptyAccounts : state
        let excess = try header.number("excessBlobGas")
        environment = BlockEnvironment(
            number: number, timestampSeconds: try header.number("timestamp"), gasLimit: try header.number("gasLimit"),
            feeRecipient: try header.address("miner") ?? .zero, baseFee: try header.word("baseFeePerGas"),
            prevrandao: try header.hash("mixHash"), difficulty: try header.word("difficulty"),
            blobBaseFee: BlockEnvironment.blobBaseFee(excessBlobGas: excess, fork: fork), chainID: 1, fork: fork)
        var hashes: [(number: UInt64, hash: Hash256)] = []
        try file["blockHashes"]?.forEachField { name, value in
            guard let number = try name.asWord("blockHashes").asUInt64 else { return }
            hashes.append((number, Hash256(word: try value.asWord("blockHashes"))))
        }
        let parent = environment.number &- 1
        if environment.number > 0, !hashes.contains(where: { $0.number == parent }) {
            hashes.append((parent, try header.hash("parentHash")))
        }
        blockHashes = hashes.sorted { $0.number < $1.number }
        parentBeaconBlockRoot = try header.hash("parentBeaconBlockRoot")
    }

    /// A world with the state before the block, the call of the protocol before the transactions included.
    public func makeWorld() -> WorldState {
        let world = WorldState()
        world.apply(pre.wholeDiff)
        for (number, hash) in blockHashes { world.remember(blockHash: hash, number: number) }
        if fork >= .cancun {
            let machine = Machine(fork: fork, chainID: 1, codeCache: CodeCache())
            let called = machine.systemCall(
                world, environment, to: SystemContracts.beaconRoots, data: parentBeaconBlockRoot.bytes)
            world.apply(called.diff)
        }
        return world
    }

    /// The transactions with their senders recovered from the signatures.
    public func recoverTransactions() throws(TransactionDecodingError) -> [Transaction] {
        var transactions: [Transaction] = []
        transactions.reserveCapacity(encodedTransactions.count)
        for bytes in encodedTransactions { transactions.append(try Transaction.decode(bytes, fork: fork)) }
        return transactions
    }

    /// What is wrong with the result of the block's execution; nothing when it is exact.
    ///
    /// Before Byzantium receipts hold state roots, which only the whole state of the network could show.
    public func failures(_ executed: ExecutedBlock) -> [String] {
        var failures: [String] = []
        if executed.gasUsed != gasUsed { failures.append("gas: have \(executed.gasUsed), need \(gasUsed)") }
        let root = executed.receiptsRoot
        if fork >= .byzantium && root != receiptsRoot {
            failures.append("receipts root: have \(root), need \(receiptsRoot)")
        }
        return failures
    }

    /// What is wrong with the transactions; nothing when hashes and senders are those of the block.
    public func failures(_ transactions: [Transaction]) -> [String] {
        var failures: [String] = []
        let root = MerkleRoot.ofList(encodedTransactions)
        if root != transactionsRoot { failures.append("transactions root: have \(root), need \(transactionsRoot)") }
        for (index, transaction) in transactions.enumerated() where transaction.sender != senders[index] {
            failures.append("sender of transaction \(index): have \(transaction.sender), need \(senders[index])")
        }
        return failures
    }

    private static func encodedTransaction(_ fields: JSONValue) throws -> [UInt8] {
        guard let kind = TransactionKind(rawValue: UInt8(clamping: try fields.number("type"))) else {
            throw FixtureError(description: "type: none that is known")
        }
        let v = fields["v"] == nil ? try fields.word("yParity") : try fields.word("v")
        var transaction = Transaction(
            kind: kind, sender: .zero, nonce: try fields.number("nonce"), gasLimit: try fields.number("gas"),
            gasPrice: try fields.word("gasPrice"), maxFeePerGas: try fields.word("maxFeePerGas"),
            maxPriorityFeePerGas: try fields.word("maxPriorityFeePerGas"), to: try fields.address("to"),
            value: try fields.word("value"), data: try fields.bytes("input"),
            accessList: try fields.elements("accessList").map { entry in
                AccessListEntry(
                    address: try entry.address("address") ?? .zero,
                    slots: try entry.elements("storageKeys").map { try $0.asWord("storageKeys") })
            },
            blobHashes: try fields.elements("blobVersionedHashes").map {
                Hash256(word: try $0.asWord("blobVersionedHashes"))
            },
            maxFeePerBlobGas: try fields.word("maxFeePerBlobGas"))
        if kind != .legacy { transaction.chainID = 1 }
        return transaction.encoded(
            signature: TransactionSignature(v: v, r: try fields.word("r"), s: try fields.word("s")))
    }
}

extension BlockProcessor {
    /// What is wrong with our run of a real block; nothing when it is exact.
    func failures(_ block: RealBlock) -> [String] {
        do {
            let transactions = try block.recoverTransactions()
            let executed = try run(transactions, in: block.environment, world: block.makeWorld())
            return block.failures(transactions) + block.failures(executed)
        } catch {
            return ["refused: \(error)"]
        }
    }
}

extension MemoryState {
    /// The state without accounts that have nothing (EIP-161).
    fileprivate var withoutEmptyAccounts: MemoryState {
        MemoryState(accounts.filter { !$0.value.state.isEmpty || !$0.value.storage.isEmpty })
    }
}
