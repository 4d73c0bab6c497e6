package import EventLoop
internal import Synchronization

/// What other threads may do with a gateway: ask it to stop, and read its counters.
package final class GatewaySignal: Sendable {
    private let isStopRequested = Atomic<Bool>(false)
    private let published = Mutex(GatewayCounters())
    private let waker: any Waker

    /// A signal that wakes this loop.
    package init(waker: any Waker) {
        self.waker = waker
    }

    /// Asks the gateway to finish.
    package func requestStop() {
        isStopRequested.store(true, ordering: .releasing)
        waker.wake()
    }

    var stopRequested: Bool { isStopRequested.load(ordering: .acquiring) }

    var counters: GatewayCounters { published.withLock { $0 } }

    func publish(_ counters: GatewayCounters) {
        published.withLock { $0 = counters }
    }
}
