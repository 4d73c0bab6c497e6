/// Whether a block is worth waking the helpers for, from what blocks took so far. Used by one thread.
final class Pace {
    /// Nanoseconds of one operation on one thread.
    private var perOperation: Double = 3_000
    /// Nanoseconds until a helper that sleeps is at work, as measured on this machine.
    private let wakeUp: Double

    /// A pace on a machine that takes so long to wake a helper.
    init(wakeUpNanoseconds: UInt64) { wakeUp = Double(wakeUpNanoseconds) }

    /// Whether so many operations take long enough that helpers, once awake, still find most of them to be done.
    func paysInParallel(_ count: Int) -> Bool { Double(count) * perOperation > 2 * wakeUp }

    /// Takes note of a block that ran on one thread.
    func ranAlone(_ count: Int, nanoseconds: UInt64) {
        guard count > 0 else { return }
        perOperation += (Double(nanoseconds) / Double(count) - perOperation) / 16
    }
}
