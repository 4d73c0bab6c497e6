internal import EventLoop

/// The server's end of a link, with the manners of a TCP connection of the real loop: what a peer does not take waits,
/// above a limit nothing is read from it any more, and above another, or after a time, it is closed.
final class SimulatedChannel: Channel {
    static let outgoingBytesMax = 32 << 10
    static let outgoingBytesHardMax = 512 << 10
    static let drainMillisecondsMax: UInt64 = 5_000

    private enum State { case open, finishing, closing, closed }

    private let loop: SimulatedLoop
    private unowned let simulation: Simulation
    private var link: Link?
    private var state = State.open { didSet { isOpen = state == .open } }
    private var reason = CloseReason.peerClosed
    private var unsent: [UInt8] = []
    private var stalledSince: UInt64?
    private var isPausedByOwner = false
    private var isPausedByLimit = false
    private var unread: [[UInt8]] = []
    private var peerHasEnded = false

    init(_ loop: SimulatedLoop, _ simulation: Simulation, _ link: Link) {
        self.loop = loop
        self.simulation = simulation
        self.link = link
        super.init(pendingBytesMax: Self.outgoingBytesMax)
        isOpen = true
    }

    /// Forgets everybody, as a crash does.
    func forget() {
        link?.closeByServer()
        link = nil
        state = .closed
        onRead = nil
        onEnd = nil
        onClose = nil
    }

    // The server's side.

    override func willFlush() { loop.willFlush(self) }

    override func checkLimit() {
        let waiting = pending.count + unsent.count
        if waiting > Self.outgoingBytesHardMax {
            return close(.outgoingOverLimit(have: waiting, max: Self.outgoingBytesHardMax))
        }
        if waiting > Self.outgoingBytesMax { isPausedByLimit = true }
    }

    override func pauseReading() { isPausedByOwner = true }

    override func finish(_ why: String) {
        guard state == .open else { return }
        state = .finishing
        reason = .local(why)
        if !isQueuedForFlush { closeIfDrained() }
    }

    /// Sends as much as there is room for.
    func flush() {
        isQueuedForFlush = false
        guard state == .open || state == .finishing, let link else { return }
        unsent += pending
        pending.removeAll(keepingCapacity: true)
        let count = min(unsent.count, link.roomToClient)
        if count > 0 {
            link.sendToClient([UInt8](unsent[..<count]))
            unsent.removeFirst(count)
            bytesWritten += UInt64(count)
            stalledSince = nil
        }
        if unsent.isEmpty {
            stalledSince = nil
        } else if stalledSince == nil {
            stalledSince = loop.nowMilliseconds
        }
        closeIfDrained()
        guard state == .open else { return }
        checkLimit()
        if isPausedByLimit, unsent.count <= Self.outgoingBytesMax / 2 {
            isPausedByLimit = false
            readWaiting()
        }
    }

    private func closeIfDrained() {
        if state == .finishing, unsent.isEmpty, pending.isEmpty { close(reason) }
    }

    /// Closes a peer that takes nothing.
    func checkStall(_ now: UInt64) {
        guard let since = stalledSince, now - since > Self.drainMillisecondsMax else { return }
        close(.notDraining(outgoingBytes: unsent.count, milliseconds: now - since))
    }

    private func close(_ why: CloseReason) {
        guard state == .open || state == .finishing else { return }
        if state == .open { reason = why }
        state = .closing
        loop.willClose(self)
    }

    /// The loop has let it go.
    func didClose() {
        guard state == .closing else { return }
        state = .closed
        link?.closeByServer()
        link = nil
        let onClose = onClose
        onRead = nil
        onEnd = nil
        self.onClose = nil
        onClose?(reason)
    }

    // The network's side.

    /// There is room on the way to the client again.
    func hasRoom() {
        if unsent.isEmpty || isQueuedForFlush { return }
        isQueuedForFlush = true
        loop.willFlush(self)
    }

    /// Bytes have arrived.
    func receive(_ bytes: [UInt8]) {
        guard state == .open else { return }
        unread.append(bytes)
        readWaiting()
    }

    private func readWaiting() {
        while state == .open, !isPausedByOwner, !isPausedByLimit, !unread.isEmpty {
            let bytes = unread.removeFirst()
            bytesRead += UInt64(bytes.count)
            bytes.withUnsafeBytes { onRead?($0) }
        }
        if peerHasEnded, unread.isEmpty { end() }
    }

    /// Nothing more will come.
    func receiveEnd() {
        peerHasEnded = true
        if unread.isEmpty || isPausedByOwner { end() }
    }

    private func end() {
        guard state == .open else { return close(.peerClosed) }
        // A peer that is really gone is noticed soon; one that has only ended its side still gets its answers.
        if link?.isCut == true { return close(.peerClosed) }
        if let onEnd {
            self.onEnd = nil
            onEnd()
        } else {
            close(.peerClosed)
        }
    }
}
