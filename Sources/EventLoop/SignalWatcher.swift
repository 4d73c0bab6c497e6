internal import CLibuv

/// Watches one signal on a loop until `cancel()`.
public final class SignalWatcher: LoopOwned {
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private var body: ((Int32) -> Void)?

    init(
        _ loop: EventLoop, number: Int32, _ body: @escaping (Int32) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.body = body
        handle = .allocate(capacity: 1)
        uv_signal_init(loop.handle, handle)
        // Retained until the close callback: libuv holds the pointer that long.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_signal_start(
            handle,
            { signal, number in
                guard let data = signal?.pointee.data else { return }
                let watcher = Unmanaged<SignalWatcher>.fromOpaque(data).takeUnretainedValue()
                watcher.body?(number)
            }, number)
        if status < 0 {
            cancel()
            throw LoopError(status: status, trying: "watch signal \(number)")
        }
    }

    deinit {
        handle.deallocate()
    }

    /// Stops watching: the signal does again what it did before.
    public func cancel() {
        guard body != nil else { return }
        body = nil
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { closed in
            guard let data = closed?.pointee.data else { return }
            Unmanaged<SignalWatcher>.fromOpaque(data).release()
        }
    }

    func closeForLoop() {
        cancel()
    }
}
