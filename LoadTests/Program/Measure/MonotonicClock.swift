import Glibc

/// Time since some fixed moment, which never goes back.
enum MonotonicClock {
    /// Nanoseconds now.
    @inline(__always)
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Seconds between two moments.
    static func seconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double(end - start) / 1e9 : 0
    }

    /// Waits a number of milliseconds on the calling thread.
    static func sleep(milliseconds: Int) {
        usleep(UInt32(milliseconds) * 1000)
    }
}
