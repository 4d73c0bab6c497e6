internal import Synchronization

/// Sealed micro-blocks on their way to the log thread, and emptied ones on their way back.
final class SealedQueue: @unchecked Sendable {
    // Sendable: everything but the atomic is guarded by `mutex`.
    private let mutex = SystemMutex()
    private var waiting: [OpenBlock] = []
    private var spare: [OpenBlock] = []
    private var isClosed = false
    /// Blocks that wait or are being written.
    private let inFlight = Atomic<Int>(0)

    /// Whether the log thread has nothing to do.
    var isIdle: Bool { inFlight.load(ordering: .acquiring) == 0 }
    /// Whether one more block may wait.
    var hasRoom: Bool { inFlight.load(ordering: .acquiring) < LedgerLimits.sealedBlocksMax }

    /// Hands a block to the log thread; the caller has made sure that there is room.
    func put(_ block: OpenBlock) {
        precondition(hasRoom, "too many blocks wait for the log")
        inFlight.wrappingAdd(1, ordering: .sequentiallyConsistent)
        mutex.withLock { waiting.append(block) }
    }

    /// Moves all that wait into `blocks`, which is empty.
    func take(_ blocks: inout [OpenBlock]) { mutex.withLock { swap(&waiting, &blocks) } }

    /// Notes that so many blocks are durable.
    func finish(_ count: Int) { inFlight.wrappingSubtract(count, ordering: .sequentiallyConsistent) }

    /// Gives an emptied block back.
    func recycle(_ block: OpenBlock) { mutex.withLock { spare.append(block) } }

    /// A block to fill.
    func takeSpare() -> OpenBlock { mutex.withLock { spare.popLast() } ?? OpenBlock() }

    /// Says that nothing comes any more.
    func close() { mutex.withLock { isClosed = true } }

    /// Whether it is closed and nothing waits.
    var isFinished: Bool { mutex.withLock { isClosed && waiting.isEmpty } }
}
