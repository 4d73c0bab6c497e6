internal import CLibuv

/// A timer of a loop; it lives until it has fired (or, when it repeats, until `cancel()`).
public final class LoopTimer: LoopOwned {
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let repeats: Bool
    private var body: (() -> Void)?

    init(
        _ loop: EventLoop, after milliseconds: UInt64, repeating repeatMilliseconds: UInt64,
        _ body: @escaping () -> Void
    ) {
        self.loop = loop
        self.body = body
        repeats = repeatMilliseconds > 0
        handle = .allocate(capacity: 1)
        uv_timer_init(loop.handle, handle)
        // Retained until the close callback: libuv holds the pointer that long.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        // libuv counts from the start of the turn; the caller means now.
        uv_update_time(loop.handle)
        uv_timer_start(
            handle,
            { timer in
                guard let data = timer?.pointee.data else { return }
                Unmanaged<LoopTimer>.fromOpaque(data).takeUnretainedValue().fire()
            }, milliseconds, repeatMilliseconds)
    }

    deinit {
        handle.deallocate()
    }

    /// Stops the timer for good; harmless when it has fired.
    public func cancel() {
        guard body != nil else { return }
        body = nil
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { closed in
            guard let data = closed?.pointee.data else { return }
            Unmanaged<LoopTimer>.fromOpaque(data).release()
        }
    }

    func closeForLoop() {
        cancel()
    }

    private func fire() {
        guard let body else { return }
        if !repeats { cancel() }
        body()
    }
}
