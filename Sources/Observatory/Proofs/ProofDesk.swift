internal import EVM
internal import Foundation
public import Gateway
public import History
internal import Proofs
public import Wire

/// Proves receipts for a gateway's clients, one after the other, on a thread that takes less of the processors than those that serve players.
public final class ProofDesk: ReceiptProving, @unchecked Sendable {
    // Sendable: the timer is set once; the rest is safe by itself.
    /// The most that wait: some seconds of work in the worst case, a full block each.
    private static let waitingMax = 256

    private let prover: ReceiptProver
    private let worker = Workers(count: 1, waitingMax: ProofDesk.waitingMax, name: "hoard-proofs")
    private let timer: (any DispatchSourceTimer)?

    /// A desk of this prover. Where nobody else takes over what the log thread pushes, it does for `following`.
    public init(_ prover: ReceiptProver, following history: History? = nil) {
        self.prover = prover
        guard let history else {
            timer = nil
            return
        }
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "hoard-follow"))
        timer.schedule(deadline: .now(), repeating: .milliseconds(20))
        timer.setEventHandler { history.refresh() }
        timer.resume()
        self.timer = timer
    }

    deinit {
        timer?.cancel()
        worker.stop()
    }

    /// Begins to prove; false where too many wait.
    public func prove(
        _ id: LedgerOperationID?, for account: Account?, _ answer: @escaping @Sendable (ProofAnswer) -> Void
    ) -> Bool {
        worker.put { [self] in answer(found(id, account)) }
    }

    private func found(_ id: LedgerOperationID?, _ account: Account?) -> ProofAnswer {
        do throws(HistoryError) {
            guard let id else {
                guard let head = try prover.newestHead() else { return .later("the newest block is not known yet") }
                return .proof(head.encoded)
            }
            return switch try prover.proof(of: id, for: account.map { Address(bytes: $0.bytes) }) {
            case .proof(let proof): .proof(proof.encoded)
            case .unknown: .unknown
            case .notYours: .notYours
            case .later(let reason): .later(reason)
            }
        } catch {
            return .impossible(error.description)
        }
    }
}
