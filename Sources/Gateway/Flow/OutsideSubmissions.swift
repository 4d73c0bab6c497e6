internal import Ledger
internal import Synchronization

/// Operations that come in past the sessions, from the observatory, each with whom to call with its answer.
///
/// Their tickets are none of the gateway's: the lower half is a row that its tables never have, so that the loop finds them
/// only when it has looked in vain, and sessions pay nothing for them.
final class OutsideSubmissions: Sendable {
    private struct State {
        var answers: [UInt64: @Sendable (Answer) -> Void] = [:]
        var next: UInt64 = 1
    }

    /// Operations that wait for an answer at most.
    private static let waitingMax = 4_096
    private static let row: UInt64 = 0xffff_ffff
    private let state = Mutex(State())

    /// Submits an operation under a ticket of its own; false where there is no room.
    func submit(_ operation: Operation, to ledger: Ledger, _ answer: @escaping @Sendable (Answer) -> Void) -> Bool {
        let ticket: UInt64? = state.withLock { state in
            guard state.answers.count < Self.waitingMax else { return nil }
            let ticket = state.next << 32 | Self.row
            state.next = state.next % 0x7fff_ffff + 1
            state.answers[ticket] = answer
            return ticket
        }
        guard let ticket else { return false }
        var operation = operation
        operation.ticket = ticket
        operation.linkedWithNext = false
        if ledger.submit([.operation(operation)]) == 1 { return true }
        state.withLock { _ = $0.answers.removeValue(forKey: ticket) }
        return false
    }

    /// Hands an answer to whom it belongs; does nothing where it is nobody's.
    func deliver(_ answer: Answer) {
        let waiting = state.withLock { $0.answers.removeValue(forKey: answer.ticket) }
        waiting?(answer)
    }
}
