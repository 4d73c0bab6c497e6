/// Everything of the event loop that has a maximum, each with its reason.
public struct EventLoopLimits: Sendable {
    /// Bytes handed over by one read: a system call costs 2 us whatever its size, so a busy
    /// connection should bring hundreds of frames in one; one buffer serves the whole loop.
    public var readBytesMax = 256 * 1024

    /// Unsent bytes of one connection above which it is no longer read from: who does not take
    /// its answers may not ask for more. Above this no new work enters; what is in flight may
    /// still answer.
    public var outgoingBytesMax = 1 << 20

    /// Unsent bytes of one connection at which it is closed at once: answers in flight and
    /// pushed events may go beyond `outgoingBytesMax`, but memory stays bounded.
    public var outgoingBytesHardMax = 8 << 20

    /// How long a connection with unsent bytes may take none of them, or stay above
    /// `outgoingBytesMax`, before it is closed: long enough for a phone that changes networks.
    public var drainMillisecondsMax: UInt64 = 10_000

    /// How long a connection that we finish may take to close its own side: the last words
    /// (an error, a goodbye) must arrive before the socket goes away.
    public var lingerMillisecondsMax: UInt64 = 1_000

    /// Emptied outgoing buffers kept for reuse by the whole loop: a turn rarely writes to more
    /// connections than this, and idle connections hold none.
    public var spareBuffersMax = 256

    /// The largest buffer kept for reuse: one burst must not pin its memory for ever.
    public var spareBufferBytesMax = 256 * 1024

    /// Connections that the kernel completes while the loop is busy; the kernel cuts it to
    /// `net.core.somaxconn`.
    public var backlog: Int32 = 4096

    /// How often connections with unsent bytes are looked at.
    public var sweepMilliseconds: UInt64 = 100

    /// Seconds of silence after which the kernel probes a peer, so that dead ones are noticed.
    public var keepAliveSeconds: UInt32 = 60

    /// The limits with their default values.
    public init() {}
}
