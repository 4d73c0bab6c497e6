internal import CLibuv
internal import Synchronization

/// Wakes an event loop from any thread; many wake-ups before the loop notices count as one.
///
/// Safe after the loop is closed: it then does nothing.
public final class LoopWaker: @unchecked Sendable {
    // Unchecked: `handle` is used by other threads only for `uv_async_send`, the one libuv call
    // that allows it, and only under `open`, which the loop clears before it closes the handle.
    let handle: UnsafeMutablePointer<uv_async_t>
    private let open = Mutex<Bool>(false)
    private let pending = Atomic<Bool>(false)
    private let stopRequested = Atomic<Bool>(false)

    init() {
        handle = .allocate(capacity: 1)
    }

    deinit {
        handle.deallocate()
    }

    /// Makes the loop run its wake-up closures soon.
    public func wake() {
        if pending.exchange(true, ordering: .acquiringAndReleasing) { return }
        send()
    }

    /// Makes the loop's `run()` return, from any thread.
    public func stopLoop() {
        stopRequested.store(true, ordering: .releasing)
        send()
    }

    private func send() {
        open.withLock { isOpen in
            if isOpen { _ = uv_async_send(handle) }
        }
    }

    /// Called by the loop once the handle works.
    func opened() {
        open.withLock { $0 = true }
    }

    /// Called by the loop before it closes the handle.
    func closing() {
        open.withLock { $0 = false }
    }

    /// Takes the wake-up: whatever was published before `wake()` is visible after this.
    func takeWake() -> Bool {
        pending.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// Takes the request to stop.
    func takeStop() -> Bool {
        stopRequested.exchange(false, ordering: .acquiringAndReleasing)
    }
}
