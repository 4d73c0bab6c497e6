internal import CShims
internal import Synchronization

/// Where one thread waits until any of several other threads has news for it: a short spin, then sleep.
///
/// The waiter takes a ticket, looks for work, and waits with the ticket only if there was none; a signal after the
/// ticket was taken ends the wait at once, so none is lost.
package final class WaitPoint: Sendable {
    private let signals = Atomic<UInt64>(0)
    private let isParked = Atomic<Bool>(false)
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
        guard isParked.load(ordering: .sequentiallyConsistent) else { return }
        mutex.lock()
        condition.broadcast()
        mutex.unlock()
    }

    /// Waits for a signal that comes, or came, after the ticket was taken.
    func wait(_ ticket: UInt64) {
        if spin(ticket) { return }
        mutex.lock()
        isParked.store(true, ordering: .sequentiallyConsistent)
        while signals.load(ordering: .sequentiallyConsistent) == ticket { condition.wait(mutex) }
        isParked.store(false, ordering: .sequentiallyConsistent)
        mutex.unlock()
    }

    /// Waits for such a signal until this time of the monotonic clock at most; does not spin.
    func wait(_ ticket: UInt64, until deadline: UInt64) {
        mutex.lock()
        isParked.store(true, ordering: .sequentiallyConsistent)
        while signals.load(ordering: .sequentiallyConsistent) == ticket {
            let now = SystemClock.monotonicNanoseconds()
            if now >= deadline { break }
            condition.wait(mutex, nanoseconds: deadline - now)
        }
        isParked.store(false, ordering: .sequentiallyConsistent)
        mutex.unlock()
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
