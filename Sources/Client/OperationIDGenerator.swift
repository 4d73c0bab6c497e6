internal import Glibc
public import Wire

/// Makes operation ids that sort by time: six bytes of milliseconds since 1970, then ten random ones.
public struct OperationIDGenerator: Sendable {
    private var random: SystemRandomNumberGenerator

    /// A generator on the system's randomness.
    public init() { random = SystemRandomNumberGenerator() }

    /// An id that nobody has used.
    public mutating func next() -> OperationID {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
        return OperationID(milliseconds: milliseconds, random: (random.next(), random.next()))
    }
}
