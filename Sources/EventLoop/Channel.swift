/// A stream of bytes to and from one peer, whatever carries it: a TCP connection, or a simulated one.
///
/// What is written is gathered in `pending` and leaves at the end of the turn; the carrier hears of it once a turn.
open class Channel {
    /// Called with everything that one read brought. The bytes are valid during the call only.
    public final var onRead: ((UnsafeRawBufferPointer) -> Void)?
    /// Called when the other side will send no more; without it the channel closes then.
    public final var onEnd: (() -> Void)?
    /// Called once, with the reason, when the channel is gone; never from inside another call.
    public final var onClose: ((CloseReason) -> Void)?
    /// A number for the owner's use, such as a slot in a table.
    public final var tag: UInt64 = 0
    /// Bytes read and written so far.
    public package(set) final var bytesRead: UInt64 = 0, bytesWritten: UInt64 = 0
    /// Whether bytes can still be written.
    public package(set) final var isOpen = false
    /// Whether the carrier knows that there is something to send at the end of the turn.
    package final var isQueuedForFlush = false
    /// What the owner wrote since the last flush.
    package final var pending: [UInt8] = []
    private let pendingBytesMax: Int

    /// A channel that tells its carrier when more than so many bytes wait.
    package init(pendingBytesMax: Int) { self.pendingBytesMax = pendingBytesMax }

    /// Appends bytes; they leave at the end of the turn. Ignored when the channel is not open.
    public final func write(_ bytes: UnsafeRawBufferPointer) {
        encode { $0.append(contentsOf: bytes) }
    }

    /// Appends bytes; they leave at the end of the turn.
    public final func write(_ bytes: [UInt8]) {
        encode { $0.append(contentsOf: bytes) }
    }

    /// Lets `body` append to the outgoing buffer, so that replies are encoded where they are
    /// sent from. `body` may only append. Not called when the channel is not open.
    public final func encode(_ body: (inout [UInt8]) -> Void) {
        guard isOpen else { return }
        if !isQueuedForFlush {
            isQueuedForFlush = true
            willFlush()
        }
        body(&pending)
        if pending.count > pendingBytesMax { checkLimit() }
    }

    /// The first bytes of a turn are about to be written.
    open func willFlush() {}

    /// More bytes wait than should.
    open func checkLimit() {}

    /// Stops reading from the other side, for the owner's reasons.
    open func pauseReading() {}

    /// Writes what is left, then closes; what the other side still sends is discarded.
    open func finish(_ why: String) {}
}

/// Wakes a loop from any thread.
public protocol Waker: Sendable {
    /// Makes the loop run its wake-up closures soon.
    func wake()
}

extension LoopWaker: Waker {}
