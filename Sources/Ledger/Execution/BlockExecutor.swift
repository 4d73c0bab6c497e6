public import EVM

/// What runs one transaction over a view; `EVM.Machine` outside of tests.
public protocol TransitionMachine: AnyObject {
    /// The hashes that its transactions needed, where it remembers them.
    var memo: KeccakMemo? { get }

    /// Computes receipt and diff, or says why the transaction cannot run; touches nothing.
    func transition(_ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction)
        -> Result<TransitionResult, TransactionRefusal>

    /// The same, with slots followed that the view names; `notes` then say what that rests on.
    func transition(_ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction, notes: DeltaNotes)
        -> Result<TransitionResult, TransactionRefusal>

    /// What a call would return now; nothing is charged or kept.
    func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
        gas: UInt64
    ) -> Receipt
}

extension TransitionMachine {
    /// None.
    public var memo: KeccakMemo? { nil }

    /// Follows nothing.
    public func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction, notes: DeltaNotes
    ) -> Result<TransitionResult, TransactionRefusal> {
        notes.removeAll()
        return transition(view, block, transaction)
    }
}

/// What became of one operation.
public enum OperationResult: Sendable, Equatable {
    /// It is part of the block; its diff has been applied.
    case accepted(Receipt, StateDiff)
    /// It is not part of the block; nothing has changed.
    case refused(LedgerRefusal)
    /// Its group is not part of the block, because of the member at `failedIndex`; nothing has changed.
    case linkedFailed(failedIndex: Int, LinkedFailure)
}

/// Runs the operations of a micro-block over the world.
///
/// Every executor must give the same results, byte for byte, as running one operation after the other.
public protocol BlockExecutor: AnyObject {
    /// Operations that the executor wants at once, where so many wait.
    var runOperationsMax: Int { get }
    /// Whether many operations at once cost less than each by itself. Where they do not, each is asked for alone, so that
    /// what it took is freed before the next one needs it.
    var gainsFromRuns: Bool { get }
    /// Whether results hold what operations wrote, besides applying it to the world. Who has no use for it saves the memory;
    /// an executor may hold it nevertheless.
    var keepsDiffs: Bool { get set }
    /// What it has done so far, where it executes ahead; asked between two blocks on its own thread.
    var parallelStatistics: ParallelStatistics? { get }

    /// Makes ready what operations are likely to need that are about to be executed, in this order, one by one or together.
    /// No result depends on it.
    func prepare(_ operations: ArraySlice<Operation>, world: WorldState)

    /// Runs operations in order and appends one result each; what was accepted has been applied to `world` on return.
    /// A linked group is never cut: the last operation of the slice ends its group.
    func execute(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult])

    /// Runs a call and forgets what it changed.
    func view(_ call: ViewCall, in environment: BlockEnvironment, world: any StateView) -> Receipt
}

extension BlockExecutor {
    /// Few: nothing is gained by more, and the clock and the log thread are looked at after each run.
    public var runOperationsMax: Int { LedgerLimits.chunkOperationsMax }
    /// No: it executes one after the other.
    public var gainsFromRuns: Bool { false }
    /// Always.
    public var keepsDiffs: Bool {
        get { true }
        set {}
    }
    /// Nothing.
    public func prepare(_ operations: ArraySlice<Operation>, world: WorldState) {}
    /// None: it executes one after the other.
    public var parallelStatistics: ParallelStatistics? { nil }
}
