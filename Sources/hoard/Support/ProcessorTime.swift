import Ledger

/// Time that a thread has worked: what other programs on the machine do does not count.
enum ProcessorTime {
    /// Seconds of work of this thread so far.
    static func threadSeconds() -> Double { Double(StageMeasurement.threadNanoseconds()) / 1e9 }
}
