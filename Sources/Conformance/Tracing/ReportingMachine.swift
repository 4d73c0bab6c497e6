import EVM
import Ledger

/// A machine for an executor that reports every instruction.
final class ReportingMachine: TransitionMachine {
    private let tracing = TracingMachine()
    private let plain = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
    private let report: (TraceStep) -> Void

    /// A machine that reports to `report`.
    init(_ report: @escaping (TraceStep) -> Void) { self.report = report }

    /// Computes receipt and diff and reports what it did.
    func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
    ) -> Result<TransitionResult, TransactionRefusal> {
        tracing.transition(view, block, transaction, report: report)
    }

    /// What a call would return; nothing is reported.
    func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
        gas: UInt64
    ) -> Receipt {
        plain.call(view, block, from: sender, to: target, data: data, gas: gas)
    }
}
