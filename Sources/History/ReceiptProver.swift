public import EVM
internal import Economy
public import Ledger
public import Proofs
internal import Synchronization

/// Proves receipts from a history: makes the tree over a durable block's operations when somebody asks, and signs its head.
///
/// What executes and what writes the log know nothing of it. The same question always has the same answer, byte for byte, since all of it
/// comes from the log and signatures are deterministic.
public final class ReceiptProver: Sendable {
    /// What comes of a question.
    public enum Outcome: Sendable {
        /// The proof.
        case proof(ReceiptProof)
        /// There is no such operation.
        case unknown
        /// It does not concern the account.
        case notYours
        /// The index does not have it yet.
        case later(String)
    }

    private struct Tree {
        var block: UInt64
        var head: SignedHead
        var tree: MerkleTree
        var used: UInt64
    }

    private struct Kept {
        var trees: [Tree] = []
        var clock: UInt64 = 0
    }

    /// The key whose name proofs carry.
    public let publicKey: ProofPublicKey
    private let history: History
    private let key: ProofKey
    private let kept = Mutex(Kept())

    /// A prover of a world's receipts.
    public init(history: History, key: ProofKey) {
        self.history = history
        self.key = key
        publicKey = key.publicKey
    }

    /// The proof of an operation's receipt; for an account only of what it sent or what moved something of its own.
    public func proof(of id: OperationID, for account: Address? = nil) throws(HistoryError) -> Outcome {
        guard let (block, place) = try history.place(of: id) else {
            return history.isComplete ? .unknown : .later("the index is at block \(history.indexedBlock) of \(history.head)")
        }
        let entry = block.entries[place].entry
        if let account, !concerns(entry, account) { return .notYours }
        let (head, tree) = try tree(of: block)
        return .proof(ReceiptProof(head: head, tree: tree, index: place, leaf: Self.leaf(entry)))
    }

    /// The signed head of the last durable block; nil where there is none, or it is not known yet.
    public func newestHead() throws(HistoryError) -> SignedHead? {
        guard let block = try history.block(history.head) else { return nil }
        return try tree(of: block).head
    }

    private func concerns(_ entry: LedgerEntry, _ account: Address) -> Bool {
        entry.transaction.sender == account
            || history.game.movements(of: entry.receipt).contains { $0.from == account || $0.to == account }
    }

    /// What a tree has for an operation.
    public static func leaf(_ entry: LedgerEntry) -> [UInt8] {
        ReceiptProof.leaf(
            operationID: entry.id.bytes, transaction: BlockCoding.encoded(entry.transaction), receipt: BlockCoding.encoded(entry.receipt))
    }

    /// The head of a block and its tree: kept for the blocks that were asked for last.
    private func tree(of block: HistoryBlock) throws(HistoryError) -> (head: SignedHead, tree: MerkleTree) {
        let known = kept.withLock { kept -> Tree? in
            guard let place = kept.trees.firstIndex(where: { $0.block == block.number }) else { return nil }
            kept.clock += 1
            kept.trees[place].used = kept.clock
            return kept.trees[place]
        }
        if let known { return (known.head, known.tree) }
        try check(block)
        let tree = MerkleTree(leaves: block.entries.map { Self.leaf($0.entry) })
        let head = SignedHead(worldID: history.worldID.bytes, header: block.header.encoded, receiptsRoot: tree.root, key: key)
        kept.withLock { kept in
            kept.clock += 1
            if kept.trees.count >= HistoryLimits.proofTreesMax,
                let oldest = kept.trees.indices.min(by: { kept.trees[$0].used < kept.trees[$1].used })
            {
                kept.trees.remove(at: oldest)
            }
            kept.trees.append(Tree(block: block.number, head: head, tree: tree, used: kept.clock))
        }
        return (head, tree)
    }

    /// Refuses to sign what is not the block that the log has: a damaged index must not become a signed lie.
    func check(_ block: HistoryBlock) throws(HistoryError) {
        func damaged(_ what: String) -> HistoryError { HistoryError("block \(block.number): \(what) is not what its head names; nothing is signed") }
        guard block.header.digest == block.digest else { throw damaged("the digest") }
        guard sha256(block.operations) == block.header.transactionsDigest else { throw damaged("the list of operations") }
        guard block.entries.count == Int(block.header.operationCount) else { throw damaged("the count of operations") }
        // The running digest is known where the index holds the block; a block that is not in it yet comes from the log thread's own memory.
        guard let state = try history.resultsState(before: block.number), let stream = SHA256Stream(state: state) else { return }
        stream.update(block.results)
        guard stream.finalizedCopy() == block.header.resultsDigest else { throw damaged("the list of receipts") }
    }
}
