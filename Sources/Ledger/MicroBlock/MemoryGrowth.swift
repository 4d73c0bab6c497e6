internal import Synchronization

/// Tells tests whenever memory of the ledger is about to grow: a system that has none left ends the process there.
package enum MemoryGrowth {
    private static let isWatched = Atomic<Bool>(false)
    private static let watcher = Mutex<(@Sendable () -> Void)?>(nil)

    /// Calls `body` on the growing thread, before each growth, until it is told otherwise.
    package static func watch(_ body: (@Sendable () -> Void)?) {
        watcher.withLock { $0 = body }
        isWatched.store(body != nil, ordering: .sequentiallyConsistent)
    }

    /// Says that memory is about to grow; not on any hot path.
    @inline(never)
    static func note() {
        guard isWatched.load(ordering: .relaxed) else { return }
        watcher.withLock { $0 }?()
    }
}
