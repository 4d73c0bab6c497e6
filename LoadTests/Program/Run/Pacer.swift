import EventLoop
import Foundation
import Synchronization

/// Wakes a loop at even, short intervals; the loop's own timers are whole milliseconds.
final class Pacer: Sendable {
    /// Between two wake-ups; an operation of an open loop leaves this much late at most.
    static let intervalNanoseconds: UInt64 = 200_000
    private let isStopped = Atomic<Bool>(false)

    /// A pacer that runs until `stop()`.
    init(_ waker: LoopWaker) {
        Thread.detachNewThread { [self] in
            var next = MonotonicClock.nanoseconds()
            while !isStopped.load(ordering: .relaxed) {
                // Missed moments are passed over, not made up for.
                next = max(next + Self.intervalNanoseconds, MonotonicClock.nanoseconds())
                var time = timespec(
                    tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
                clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
                waker.wake()
            }
        }
    }

    /// Ends it, after one more wake-up at most.
    func stop() { isStopped.store(true, ordering: .relaxed) }
}
