internal import CLibuv

#if canImport(Glibc)
    internal import Glibc
#endif

/// One thread's sockets, timers and wake-ups, on libuv.
///
/// Confined: everything of a loop and of what hangs on it is used by the one thread that calls
/// `run()` (or by the thread that made it, before). Only `waker` may be used by others.
///
/// A turn: timers, then before-sleep closures, then one write per connection that has something
/// to say, then the loop blocks until something happens, then reads and wake-ups are delivered.
///
/// Ownership: libuv keeps only raw pointers, so each listener, connection, timer and signal
/// watcher retains itself (`Unmanaged.passRetained`) while libuv holds its handle and releases
/// itself in libuv's close callback. Each of them retains the loop. `close()` closes all.
public final class EventLoop {
    /// The limits of this loop.
    public let limits: EventLoopLimits
    /// Wakes this loop from any thread.
    public let waker: LoopWaker
    /// Connections whose handles libuv still holds.
    public internal(set) var connectionCount = 0

    let handle: UnsafeMutablePointer<uv_loop_t>
    private let readBuffer: UnsafeMutableRawBufferPointer
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let sweepTimer: UnsafeMutablePointer<uv_timer_t>
    private var beforeSleepClosures: [() -> Void] = []
    private var wakeClosures: [() -> Void] = []
    private var unflushed: [Connection] = []
    private var stalled: [Connection] = []
    private var spareBuffers: [[UInt8]] = []
    private var isClosed = false

    /// Makes a loop; fails when the process has no descriptors left.
    public init(limits: EventLoopLimits = EventLoopLimits()) throws(LoopError) {
        self.limits = limits
        // A write to a socket whose peer is gone must be an error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        handle = .allocate(capacity: 1)
        prepare = .allocate(capacity: 1)
        sweepTimer = .allocate(capacity: 1)
        readBuffer = .allocate(byteCount: limits.readBytesMax, alignment: 64)
        waker = LoopWaker()
        let status = uv_loop_init(handle)
        if status < 0 {
            isClosed = true
            throw LoopError(status: status, trying: "make an event loop")
        }
        handle.pointee.data = UnsafeMutableRawPointer(readBuffer.baseAddress)
        // These three handles belong to the loop itself and are closed before it goes away, so
        // an unretained pointer is enough.
        let this = Unmanaged.passUnretained(self).toOpaque()
        uv_prepare_init(handle, prepare)
        prepare.pointee.data = this
        uv_timer_init(handle, sweepTimer)
        sweepTimer.pointee.data = this
        let asyncStatus = uv_async_init(handle, waker.handle) { async in
            guard let data = async?.pointee.data else { return }
            Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().woken()
        }
        if asyncStatus < 0 {
            close()
            throw LoopError(status: asyncStatus, trying: "make the wake-up of an event loop")
        }
        waker.handle.pointee.data = this
        waker.opened()
        uv_prepare_start(prepare) { prepare in
            guard let data = prepare?.pointee.data else { return }
            Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().endTurn()
        }
    }

    deinit {
        if !isClosed { close() }
        handle.deallocate()
        prepare.deallocate()
        sweepTimer.deallocate()
        readBuffer.deallocate()
    }

    /// Runs turns until `stop()` or `waker.stopLoop()`.
    public func run() {
        precondition(!isClosed, "the loop was closed")
        uv_run(handle, UV_RUN_DEFAULT)
        endTurn()
    }

    /// Runs one turn, blocking until something happens.
    public func runOnce() {
        precondition(!isClosed, "the loop was closed")
        uv_run(handle, UV_RUN_ONCE)
    }

    /// Makes `run()` return at the end of this turn; call it on the loop's thread.
    public func stop() {
        uv_stop(handle)
    }

    /// Adds a closure that runs once a turn, before writes are flushed and the loop blocks.
    public func onBeforeSleep(_ body: @escaping () -> Void) {
        beforeSleepClosures.append(body)
    }

    /// Adds a closure that runs when `waker.wake()` was called.
    public func onWake(_ body: @escaping () -> Void) {
        wakeClosures.append(body)
    }

    /// Monotonic milliseconds, read once a turn.
    public var nowMilliseconds: UInt64 { uv_now(handle) }

    /// Monotonic nanoseconds, read now.
    public static var nanoseconds: UInt64 { uv_hrtime() }

    /// Calls `body` after a time, and again each `repeatMilliseconds` when that is not zero.
    @discardableResult
    public func timer(
        afterMilliseconds: UInt64, repeatMilliseconds: UInt64 = 0, _ body: @escaping () -> Void
    ) -> LoopTimer {
        LoopTimer(self, after: afterMilliseconds, repeating: repeatMilliseconds, body)
    }

    /// Calls `body` with the number of each of these signals that the process receives.
    @discardableResult
    public func signals(
        _ numbers: [Int32], _ body: @escaping (Int32) -> Void
    ) throws(LoopError) -> [SignalWatcher] {
        var watchers: [SignalWatcher] = []
        for number in numbers {
            watchers.append(try SignalWatcher(self, number: number, body))
        }
        return watchers
    }

    /// Closes everything that hangs on the loop and the loop itself; nothing of it may be used
    /// afterwards. Call it when `run()` has returned.
    public func close() {
        if isClosed { return }
        isClosed = true
        waker.closing()
        uv_walk(
            handle,
            { walked, _ in
                guard let walked, uv_is_closing(walked) == 0 else { return }
                EventLoop.closeWalked(walked)
            }, nil)
        beforeSleepClosures = []
        wakeClosures = []
        // Close callbacks only: they release what libuv held.
        while uv_run(handle, UV_RUN_DEFAULT) != 0 {}
        unflushed = []
        stalled = []
        spareBuffers = []
        let status = uv_loop_close(handle)
        precondition(status == 0, "a handle of the loop was left open")
    }

    private static func closeWalked(_ walked: UnsafeMutablePointer<uv_handle_t>) {
        guard let data = walked.pointee.data else { return uv_close(walked, nil) }
        let owner = Unmanaged<AnyObject>.fromOpaque(data).takeUnretainedValue()
        if let closable = owner as? any LoopOwned {
            closable.closeForLoop()
        } else {
            // One of the loop's own three handles.
            uv_close(walked, nil)
        }
    }
}

/// What hangs on a loop and holds a handle.
protocol LoopOwned: AnyObject {
    /// Closes the handle because the loop closes.
    func closeForLoop()
}

// What happens in a turn.
extension EventLoop {
    private func woken() {
        if waker.takeStop() { stop() }
        if waker.takeWake() {
            for body in wakeClosures { body() }
        }
    }

    /// Before-sleep closures, then one write per connection that has something to say.
    private func endTurn() {
        for body in beforeSleepClosures { body() }
        if unflushed.isEmpty { return }
        var index = 0
        while index < unflushed.count {
            unflushed[index].flush()
            index += 1
        }
        unflushed.removeAll(keepingCapacity: true)
    }

    /// Notes that a connection has something to write at the end of this turn.
    func willFlush(_ connection: Connection) {
        unflushed.append(connection)
    }

    /// An empty buffer, with capacity when one is spare.
    func takeBuffer() -> [UInt8] {
        spareBuffers.popLast() ?? []
    }

    /// Takes an emptied buffer back for reuse.
    func giveBuffer(_ buffer: consuming [UInt8]) {
        guard buffer.capacity > 0, buffer.capacity <= limits.spareBufferBytesMax,
            spareBuffers.count < limits.spareBuffersMax
        else { return }
        buffer.removeAll(keepingCapacity: true)
        spareBuffers.append(buffer)
    }

    /// Watches a connection that did not take all its bytes.
    func watchStalled(_ connection: Connection) {
        stalled.append(connection)
        if stalled.count == 1 {
            uv_timer_start(
                sweepTimer,
                { timer in
                    guard let data = timer?.pointee.data else { return }
                    Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().sweep()
                }, limits.sweepMilliseconds, limits.sweepMilliseconds)
        }
    }

    private func sweep() {
        let now = nowMilliseconds
        stalled.removeAll { connection in !connection.remainsStalled(now: now) }
        if stalled.isEmpty { uv_timer_stop(sweepTimer) }
    }
}
