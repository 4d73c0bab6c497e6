internal import EventLoop
internal import Synchronization

/// What other threads may do with a gateway: ask it to stop, and read its counters.
final class GatewaySignal: Sendable {
    private let isStopRequested = Atomic<Bool>(false)
    private let published = Mutex(GatewayCounters())
    private let waker: LoopWaker

    init(waker: LoopWaker) {
        self.waker = waker
    }

    func requestStop() {
        isStopRequested.store(true, ordering: .releasing)
        waker.wake()
    }

    var stopRequested: Bool { isStopRequested.load(ordering: .acquiring) }

    var counters: GatewayCounters { published.withLock { $0 } }

    func publish(_ counters: GatewayCounters) {
        published.withLock { $0 = counters }
    }
}
