internal import CShims
internal import Synchronization

/// Where one thread waits until any of several other threads has news for it: a short spin, then sleep. While it waits,
/// another thread may borrow its place and do its work.
///
/// The waiter takes a ticket, looks for work, and waits with the ticket only if there was none; a signal after the
/// ticket was taken ends the wait at once, so none is lost.
///
/// The place is `taken` while the waiter works, `free` while it waits, and `lent` while another thread does its work. Only an
/// exchange of `free` for something else leads away from `free`, so no two threads ever work at one place. Signals of a lent place
/// wake nobody: whoever gives the place back compares the signals with the ticket of its own last look, *after* it has freed the
/// place, and a signal is counted *before* its sender looks whether the place is lent. All of it is sequentially consistent, so one
/// of the two sees the other: the sender a free place, or the borrower the signal.
package final class WaitPoint: @unchecked Sendable {
    // Sendable: `rest` belongs to whoever has the place, the others are atomic or a lock.
    private enum Place: UInt8, AtomicRepresentable { case taken, free, lent }

    /// How the last look for work has ended, and the ticket that was taken before it.
    private struct Rest {
        var ticket: UInt64 = 0
        var outcome = StepOutcome.worked
    }

    private let signals = Atomic<UInt64>(0)
    private let place = Atomic<Place>(.taken)
    private let isParked = Atomic<Bool>(false)
    private var rest = Rest()
    private let mutex = SystemMutex()
    private let condition = SystemCondition()
    private let spinNanoseconds: UInt64

    /// A wait point that spins so long before it sleeps.
    package init(spinMicroseconds: Int) { spinNanoseconds = UInt64(max(0, spinMicroseconds)) * 1_000 }

    /// The count of signals so far.
    package func ticket() -> UInt64 { signals.load(ordering: .sequentiallyConsistent) }

    /// Ends the present wait, or the next one whose ticket was taken before.
    package func signal() {
        signals.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if place.load(ordering: .sequentiallyConsistent) == .lent { return }
        wake()
    }

    private func wake() {
        guard isParked.load(ordering: .sequentiallyConsistent) else { return }
        mutex.lock()
        condition.broadcast()
        mutex.unlock()
    }

    /// Waits for a signal that comes, or came, after the ticket was taken.
    func wait(_ ticket: UInt64) { _ = wait(ticket, .waits) }

    /// Leaves the place to others after a look for work that has ended so, whose ticket was taken before.
    package func leave(_ ticket: UInt64, _ outcome: StepOutcome) {
        rest = Rest(ticket: ticket, outcome: outcome)
        place.store(.free, ordering: .sequentiallyConsistent)
    }

    /// Takes the place again, for the one whose place it is, and says how the last look for work at it has ended; nil: it is lent.
    package func comeBack() -> StepOutcome? { exchange(.free, .taken) ? rest.outcome : nil }

    /// What there is to do for the one whose place it is, which has left it and which nobody has borrowed: `worked` to look again.
    package var due: StepOutcome { hasNews && rest.outcome != .finished ? .worked : rest.outcome }

    /// Waits as the outcome of a look for work asks for, whose ticket was taken before. False: whoever has borrowed the place in
    /// the meantime has come to the end of the work.
    func wait(_ ticket: UInt64, _ outcome: StepOutcome) -> Bool {
        leave(ticket, outcome)
        if outcome == .waits, spin(ticket), exchange(.free, .taken) {
            if hasNews { return rest.outcome != .finished }
            place.store(.free, ordering: .sequentiallyConsistent)
        }
        mutex.lock()
        isParked.store(true, ordering: .sequentiallyConsistent)
        while true {
            // Where the place is lent, giving it back wakes this thread if there is anything to do.
            guard exchange(.free, .taken) else {
                condition.wait(mutex)
                continue
            }
            let remaining = remainingNanoseconds()
            if remaining == 0 { break }
            place.store(.free, ordering: .sequentiallyConsistent)
            // A signal since the look above, or a borrower with something to tell, has to wait for the mutex.
            if let remaining { condition.wait(mutex, nanoseconds: remaining) } else { condition.wait(mutex) }
        }
        isParked.store(false, ordering: .sequentiallyConsistent)
        mutex.unlock()
        return rest.outcome != .finished
    }

    /// How long there is nothing to do; nil: until a signal.
    private func remainingNanoseconds() -> UInt64? {
        if hasNews { return 0 }
        guard case .waitsUntil(let deadline) = rest.outcome else { return nil }
        let now = SystemClock.monotonicNanoseconds()
        return now < deadline ? deadline - now : 0
    }

    private func exchange(_ expected: Place, _ desired: Place) -> Bool {
        place.compareExchange(expected: expected, desired: desired, ordering: .sequentiallyConsistent).exchanged
    }

    private var hasNews: Bool {
        switch rest.outcome {
        case .worked, .finished: true
        case .waits, .waitsUntil: signals.load(ordering: .sequentiallyConsistent) != rest.ticket
        }
    }

    private func spin(_ ticket: UInt64) -> Bool {
        guard spinNanoseconds > 0 else { return false }
        let start = SystemClock.monotonicNanoseconds()
        repeat {
            for _ in 0..<64 {
                if signals.load(ordering: .acquiring) != ticket { return true }
                hoard_spin_pause()
            }
        } while SystemClock.monotonicNanoseconds() - start < spinNanoseconds
        return false
    }
}

// Lending.
extension WaitPoint {
    /// Takes the place of the waiting thread where that has nothing to do until a signal comes. Whoever gets it does the work with
    /// `step` and gives the place back soon.
    func borrow() -> Bool {
        guard exchange(.free, .lent) else { return false }
        if rest.outcome == .waits, !hasNews { return true }
        giveBack()
        return false
    }

    /// Does one piece of the work at the borrowed place; true: there may be more to do.
    func step(_ work: some StepWork) -> Bool {
        if rest.outcome == .finished { return false }
        let ticket = ticket()
        rest = Rest(ticket: ticket, outcome: work.step())
        return rest.outcome == .worked
    }

    /// Gives the borrowed place back, and wakes its thread where something is left to do.
    func giveBack() {
        let last = rest
        place.store(.free, ordering: .sequentiallyConsistent)
        // The thread may have the place again by now, and `rest` with it.
        if last.outcome == .waits, signals.load(ordering: .sequentiallyConsistent) == last.ticket { return }
        wake()
    }
}
