import Foundation

/// Time that a thread has worked: what other programs on the machine do does not count.
enum ProcessorTime {
    /// Seconds of work of this thread so far.
    static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
