internal import CShims
internal import Synchronization

/// Mutual exclusion for a few instructions.
final class SpinLock: Sendable {
    private nonisolated(unsafe) let isTaken = OwnLines.allocate(Atomic<Bool>(false))

    deinit { OwnLines.release(isTaken) }

    /// Runs the body while nobody else does.
    @inline(__always)
    func with<Value>(_ body: () -> Value) -> Value {
        while isTaken.pointee.exchange(true, ordering: .acquiring) { waitUntilFree() }
        defer { isTaken.pointee.store(false, ordering: .releasing) }
        return body()
    }

    @inline(never)
    private func waitUntilFree() {
        var waits = 0
        while isTaken.pointee.load(ordering: .relaxed) {
            waits += 1
            // Whoever holds it may need this one's processor.
            if waits % 1_024 == 0 { SystemThread.yield() } else { hoard_spin_pause() }
        }
    }
}
