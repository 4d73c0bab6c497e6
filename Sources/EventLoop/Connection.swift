internal import CLibuv

/// One TCP connection of a loop.
///
///     connecting -> open -> finishing -> closing -> closed
///
/// `open` reads and writes; `finishing` (`finish(_:)`) writes what is left, says goodbye to the
/// kernel and discards what still comes; `closing` waits for libuv; `closed` has called `onClose`.
///
/// Bytes to write are appended to the connection's outgoing buffer and leave with one system
/// call at the end of the turn. A connection without unsent bytes owns no buffer.
public final class Connection: Channel, LoopOwned {
    /// The loop that this connection is confined to.
    public let loop: EventLoop
    let handle: UnsafeMutablePointer<uv_tcp_t>
    private enum State { case connecting, open, finishing, closing, closed }
    private var state = State.connecting { didSet { isOpen = state == .open } }
    private var reason = CloseReason.peerClosed
    private var isReading = false
    private var isPausedByOwner = false
    private var isPausedByLimit = false
    private var isWatchedForStall = false
    private var peerHasEnded = false
    /// What libuv could not write at once; it reads this memory until the write's callback.
    private var inFlight: UnsafeMutableRawBufferPointer?
    private var inFlightCount = 0
    private var writeRequest: UnsafeMutablePointer<uv_write_t>?
    private var shutdownRequest: UnsafeMutablePointer<uv_shutdown_t>?
    private var stallDeadline: UInt64 = 0
    private var stallBegan: UInt64 = 0
    private var unsentAtLastSweep = 0

    init(_ loop: EventLoop) throws(LoopError) {
        self.loop = loop
        handle = .allocate(capacity: 1)
        super.init(pendingBytesMax: loop.limits.outgoingBytesMax)
        let status = uv_tcp_init(loop.handle, handle)
        if status < 0 {
            state = .closed
            throw LoopError(status: status, trying: "make a connection")
        }
        // Retained until the close callback: libuv holds the pointer that long.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        loop.connectionCount += 1
    }

    deinit {
        handle.deallocate()
        writeRequest?.deallocate()
        shutdownRequest?.deallocate()
        inFlight?.deallocate()
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
    }

    /// Bytes written by the owner that the kernel has not taken yet.
    public var outgoingBytes: Int {
        pending.count + (inFlightCount > 0 ? uv_stream_get_write_queue_size(stream) : 0)
    }

    /// Asks the loop to flush at the end of the turn.
    public override func willFlush() {
        loop.willFlush(self)
        if pending.capacity == 0 { pending = loop.takeBuffer() }
    }

    /// Reads no more from a peer that does not take its answers; closes where far too much waits.
    public override func checkLimit() {
        let have = outgoingBytes
        if have > loop.limits.outgoingBytesHardMax {
            let max = loop.limits.outgoingBytesHardMax
            return close(reason: .outgoingOverLimit(have: have, max: max))
        }
        if have > loop.limits.outgoingBytesMax, !isPausedByLimit, state == .open {
            isPausedByLimit = true
            renewStallClock()
            updateReading()
        }
    }

    /// Stops reading from the other side, for the owner's reasons.
    public override func pauseReading() {
        isPausedByOwner = true
        updateReading()
    }

    /// Reads again, unless unsent bytes forbid it.
    public func resumeReading() {
        isPausedByOwner = false
        updateReading()
    }

    /// Closes now; unsent bytes are lost. `onClose` is called in a later part of the turn.
    public func close(_ why: String = "done") {
        close(reason: .local(why))
    }

    /// Writes what is left, then closes; what the other side still sends is discarded, so that
    /// our last words arrive. `onClose` follows within the drain and linger limits.
    public override func finish(_ why: String) {
        guard state == .open else { return }
        state = .finishing
        reason = .local(why)
        isPausedByOwner = false
        isPausedByLimit = false
        updateReading()
        if !isQueuedForFlush { afterFlush() }
    }

    func closeForLoop() {
        close(reason: .loopClosed)
    }

    func close(reason: CloseReason) {
        guard state != .closing, state != .closed else { return }
        if state != .finishing { self.reason = reason }
        state = .closing
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { closed in
            guard let data = closed?.pointee.data else { return }
            Unmanaged<Connection>.fromOpaque(data).takeRetainedValue().didClose()
        }
    }

    private func didClose() {
        state = .closed
        loop.connectionCount -= 1
        loop.giveBuffer(pending)
        pending = []
        let onClose = onClose
        onRead = nil
        onEnd = nil
        self.onClose = nil
        onClose?(reason)
    }
}

// Opening and reading.
extension Connection {
    /// Starts to read; called when the connection is established.
    func opened() {
        state = .open
        uv_tcp_nodelay(handle, 1)
        uv_tcp_keepalive(handle, 1, loop.limits.keepAliveSeconds)
        updateReading()
    }

    private func updateReading() {
        let wanted: Bool
        switch state {
        case .open: wanted = !peerHasEnded && !isPausedByOwner && !isPausedByLimit
        case .finishing: wanted = !peerHasEnded
        default: return
        }
        if wanted == isReading { return }
        isReading = wanted
        if !wanted {
            uv_read_stop(stream)
            return
        }
        let status = uv_read_start(
            stream,
            { handle, _, buffer in
                guard let handle, let buffer else { return }
                // The loop's one read buffer: a read is handed over before the next begins.
                let owner = Unmanaged<Connection>.fromOpaque(handle.pointee.data)
                let size = owner._withUnsafeGuaranteedRef { $0.loop.limits.readBytesMax }
                let base = handle.pointee.loop.pointee.data
                buffer.pointee = uv_buf_init(
                    base?.assumingMemoryBound(to: CChar.self), UInt32(size))
            },
            { stream, count, buffer in
                guard let data = stream?.pointee.data else { return }
                let connection = Unmanaged<Connection>.fromOpaque(data).takeUnretainedValue()
                connection.didRead(count, buffer?.pointee.base)
            })
        if status < 0 { close(reason: .failed(LoopError(status: status, trying: "read"))) }
    }

    private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
        if count > 0 {
            bytesRead &+= UInt64(count)
            if state == .open {
                onRead?(UnsafeRawBufferPointer(start: base, count: count))
            }
            return
        }
        if count == 0 { return }
        isReading = false
        if CInt(count) != UV_EOF.rawValue {
            let error = LoopError(status: CInt(count), trying: "read from a connection")
            return close(reason: .failed(error))
        }
        peerHasEnded = true
        if state == .open, let onEnd {
            onEnd()
        } else {
            close(reason: .peerClosed)
        }
    }
}

// Writing.
extension Connection {
    /// Hands the turn's bytes to the kernel with one call; the rest, if any, to libuv.
    func flush() {
        isQueuedForFlush = false
        guard state == .open || state == .finishing else { return }
        if inFlightCount > 0 { return checkLimit() }
        if !pending.isEmpty { writePending() }
        afterFlush()
    }

    private func writePending() {
        let count = pending.count
        let written = pending.withUnsafeMutableBytes { bytes -> CInt in
            var buffer = uv_buf_init(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(count))
            return uv_try_write(stream, &buffer, 1)
        }
        if written < 0, written != UV_EAGAIN.rawValue {
            let error = LoopError(status: written, trying: "write to a connection")
            return close(reason: .failed(error))
        }
        let sent = max(0, Int(written))
        bytesWritten &+= UInt64(sent)
        if sent < count { writeRest(from: sent) }
        var emptied: [UInt8] = []
        swap(&emptied, &pending)
        loop.giveBuffer(emptied)
    }

    /// Copies what the kernel did not take into memory that stays put, and lets libuv write it.
    private func writeRest(from start: Int) {
        let count = pending.count - start
        if (inFlight?.count ?? 0) < count {
            inFlight?.deallocate()
            inFlight = .allocate(byteCount: max(count, 16 * 1024), alignment: 16)
        }
        guard let memory = inFlight else { return }
        pending.withUnsafeBytes { bytes in
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
        let request = writeRequest ?? .allocate(capacity: 1)
        writeRequest = request
        request.pointee.data = handle.pointee.data
        inFlightCount = count
        var buffer = uv_buf_init(
            memory.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(count))
        // The request needs no retain of its own: libuv calls it back before the close callback.
        let status = uv_write(request, stream, &buffer, 1) { request, status in
            guard let data = request?.pointee.data else { return }
            Unmanaged<Connection>.fromOpaque(data).takeUnretainedValue().didWrite(status)
        }
        if status < 0 {
            inFlightCount = 0
            let error = LoopError(status: status, trying: "write to a connection")
            return close(reason: .failed(error))
        }
        startStallClock()
    }

    private func didWrite(_ status: CInt) {
        if status >= 0 { bytesWritten &+= UInt64(inFlightCount) }
        inFlightCount = 0
        guard state == .open || state == .finishing else { return }
        if status < 0 {
            let error = LoopError(status: status, trying: "write to a connection")
            return close(reason: .failed(error))
        }
        unsentAtLastSweep = Int.max
        if !isPausedByLimit { renewStallClock() }
        if pending.isEmpty {
            inFlight?.deallocate()
            inFlight = nil
            afterFlush()
        } else if !isQueuedForFlush {
            flush()
        }
    }

    /// Sees to reading and to the end of a finishing connection once bytes have left.
    private func afterFlush() {
        if state == .finishing, inFlightCount == 0, pending.isEmpty { return shutDown() }
        if isPausedByLimit, outgoingBytes <= loop.limits.outgoingBytesMax / 2 {
            isPausedByLimit = false
            updateReading()
        }
    }

    private func shutDown() {
        guard shutdownRequest == nil else { return }
        if peerHasEnded { return close(reason: reason) }
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        shutdownRequest = request
        uv_shutdown(request, stream) { _, _ in }
        stallBegan = loop.nowMilliseconds
        stallDeadline = loop.nowMilliseconds + loop.limits.lingerMillisecondsMax
        watch()
    }

    private func startStallClock() {
        if isWatchedForStall { return }
        renewStallClock()
        unsentAtLastSweep = Int.max
        watch()
    }

    private func renewStallClock() {
        stallBegan = loop.nowMilliseconds
        stallDeadline = stallBegan + loop.limits.drainMillisecondsMax
    }

    private func watch() {
        if isWatchedForStall { return }
        isWatchedForStall = true
        loop.watchStalled(self)
    }

    /// Whether bytes still wait (or the goodbye does); closes the connection when for too long.
    func remainsStalled(now: UInt64) -> Bool {
        let lingers = shutdownRequest != nil
        guard state == .open || state == .finishing, inFlightCount > 0 || lingers else {
            isWatchedForStall = false
            return false
        }
        let queued = uv_stream_get_write_queue_size(stream)
        if !lingers, queued < unsentAtLastSweep, !isPausedByLimit {
            renewStallClock()
        }
        unsentAtLastSweep = queued
        if now < stallDeadline { return true }
        isWatchedForStall = false
        if !lingers, state == .finishing { state = .open }
        let milliseconds = now - stallBegan
        close(reason: .notDraining(outgoingBytes: outgoingBytes, milliseconds: milliseconds))
        return false
    }
}
