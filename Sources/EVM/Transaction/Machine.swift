/// Runs transactions: a pure function from a state view, a block and a transaction to a receipt and a diff.
///
/// A machine belongs to one thread at a time and is reused for many transactions.
public final class Machine {
    /// Rules of the blocks that name no others.
    public let fork: Fork
    /// The chain that signed transactions must be meant for.
    public let chainID: UInt64

    private let core: UnsafeMutablePointer<Interpreter>

    /// A rule of followed slots that is left out; nil outside of tests.
    var plantedDefect: AffineDefect? {
        get { core.pointee.journal.affine.plantedDefect }
        set { core.pointee.journal.affine.plantedDefect = newValue }
    }

    /// A machine with memory of its own that shares decoded code with others.
    public init(fork: Fork, chainID: UInt64, codeCache: CodeCache) {
        self.fork = fork
        self.chainID = chainID
        core = .allocate(capacity: 1)
        core.initialize(to: Interpreter(fork: fork, codeCache: codeCache))
    }

    deinit {
        core.pointee.free()
        core.deinitialize(count: 1)
        core.deallocate()
    }

    /// The hashes of 64 bytes that transactions needed, for others on this machine's thread that need the same.
    public var memo: KeccakMemo? { core.pointee.memo }

    /// Whether nothing of a transaction is left: no record in the journal, no frame, no call's result.
    public var isIdle: Bool {
        core.pointee.depth < 0 && core.pointee.journal.isEmpty && core.pointee.memoryReach == 0
    }

    /// What a transaction does to the state that `view` shows, or why it cannot be part of the block.
    public func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
    ) -> Result<TransitionResult, TransactionRefusal> {
        core.pointee.begin(view, block)
        defer { core.pointee.end() }
        do {
            return .success(try core.pointee.transact(transaction))
        } catch {
            return .failure(error)
        }
    }

    /// The same, with slots followed that the view names to the notes (`NotedDeltas.followLast`): these then say for which
    /// values of them all this holds, and what moves with them. From Berlin on; before, nothing is followed.
    public func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction, notes: DeltaNotes
    ) -> Result<TransitionResult, TransactionRefusal> {
        core.pointee.begin(view, block)
        defer { core.pointee.end() }
        notes.removeAll()
        if core.pointee.rules.hasAccessLists { core.pointee.journal.affine.begin(notes.noted) }
        do {
            let result = try core.pointee.transact(transaction)
            core.pointee.finishNotes()
            return .success(result)
        } catch {
            return .failure(error)
        }
    }

    /// What a call would return now; nothing is charged, checked or kept.
    public func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address,
        data: [UInt8], gas: UInt64
    ) -> Receipt {
        core.pointee.begin(view, block)
        defer { core.pointee.end() }
        return core.pointee.callFreely(from: sender, to: target, data: data, gas: gas).receipt
    }

    /// A call that the protocol itself makes at the edge of a block, from 0xff..fe and without a fee (EIP-4788,
    /// EIP-2935, EIP-7002, EIP-7251).
    public func systemCall(
        _ view: any StateView, _ block: BlockEnvironment, to target: Address, data: [UInt8]
    ) -> TransitionResult {
        core.pointee.begin(view, block)
        defer { core.pointee.end() }
        let called = core.pointee.callFreely(
            from: SystemContracts.caller, to: target, data: data, gas: 30_000_000)
        return TransitionResult(receipt: called.receipt, diff: core.pointee.diff())
    }
}
