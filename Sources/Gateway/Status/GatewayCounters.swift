#if canImport(Glibc)
    internal import Glibc
#endif

/// What a gateway has counted since its start.
public struct GatewayCounters: Sendable, Equatable {
    /// Connections accepted.
    public var connectionsAccepted: UInt64 = 0
    /// Connections turned away because there were too many.
    public var connectionsRefused: UInt64 = 0
    /// Connections that are there now.
    public var connectionsOpen: UInt64 = 0
    /// Sessions that were welcomed.
    public var sessionsOpened: UInt64 = 0
    /// Tokens that were refused.
    public var tokensRefused: UInt64 = 0
    /// Frames received.
    public var framesReceived: UInt64 = 0
    /// Error frames sent.
    public var objections: UInt64 = 0
    /// Operations received, alone and in batches.
    public var operations: UInt64 = 0
    /// Operations answered as applied.
    public var applied: UInt64 = 0
    /// Operations answered as refused by their contract.
    public var refusedByContract: UInt64 = 0
    /// Operations answered as refused before the ledger or by it.
    public var refused: UInt64 = 0
    /// Operations answered as busy.
    public var busy: UInt64 = 0
    /// Operations answered as in conflict with another of their id.
    public var conflicts: UInt64 = 0
    /// Applied or refused operations that were repeats.
    public var repeated: UInt64 = 0
    /// Answers whose connection was gone.
    public var answersLost: UInt64 = 0
    /// Queries received.
    public var queries: UInt64 = 0
    /// Events sent.
    public var events: UInt64 = 0
    /// Bytes received.
    public var bytesReceived: UInt64 = 0
    /// Bytes handed to connections.
    public var bytesSent: UInt64 = 0
    /// Turns that handed something to the ledger.
    public var submissions: UInt64 = 0
    /// Those of them whose operations the loop has executed and made durable itself, because nobody else was there.
    public var submissionsFinished: UInt64 = 0

    /// Counters at zero.
    public init() {}

    /// Microseconds of processor time that the process has used, user and system.
    public static var processCPUMicroseconds: UInt64 {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let seconds = UInt64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        return seconds * 1_000_000 + UInt64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    /// Milliseconds since 1970.
    static var wallMilliseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
    }

    /// Processors that are on line.
    static var processorCount: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
