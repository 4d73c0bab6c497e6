/// Whether operations are executed on one thread or by all workers, from what the two ways took so far: the wall decides,
/// so that work which cannot be done side by side, or a machine whose cores are busy, is found out. Used by one thread.
///
/// Now and then a few operations are executed in the other way, seldom where that has never paid.
final class Pace {
    /// Nanoseconds of one operation before any was executed.
    private static let nanosecondsUnknown = 3_000.0
    /// Operations of a trial of the other way: enough to be more than a wake-up, few enough to cost little.
    static let trialOperations = 128
    private static let trialIntervalMin = 4
    private static let trialIntervalMax = 256

    /// Nanoseconds until a helper that sleeps is at work, as measured on this machine.
    private let wakeUp: Double
    /// What is known of one way.
    private struct Way {
        /// Nanoseconds of one operation; 0 where nothing is known.
        var nanoseconds = 0.0
        var samples = 0
        /// The first times are those of cold caches and code that nobody has decoded yet.
        var isYoung: Bool { samples < 3 }
    }

    private var alone = Way()
    private var together = Way()
    private var trialInterval = Pace.trialIntervalMin
    private var lastWasTogether = true
    private var runsUntilTrial = Pace.trialIntervalMin

    /// A pace on a machine that takes so long to wake a helper.
    init(wakeUpNanoseconds: UInt64) { wakeUp = Double(wakeUpNanoseconds) }

    /// Whether so many operations are to be executed by all workers: where they take long enough that helpers, once awake,
    /// still find most of them to be done, and where that has been faster.
    func paysInParallel(_ count: Int) -> Bool {
        isLongEnough(count)
            && (together.samples == 0 || alone.samples == 0 || together.nanoseconds < alone.nanoseconds)
    }

    /// Whether the first few of so many operations are to be executed in the other way than the rest. Asked once a block.
    func wantsTrial(_ count: Int) -> Bool {
        guard count >= 2 * Self.trialOperations, isLongEnough(Self.trialOperations) else { return false }
        runsUntilTrial -= 1
        if together.isYoung || alone.isYoung { return true }
        guard runsUntilTrial <= 0 else { return false }
        runsUntilTrial = trialInterval
        trialInterval = min(2 * trialInterval, Self.trialIntervalMax)
        return true
    }

    /// Takes note of operations that ran on one thread.
    func ranAlone(_ count: Int, nanoseconds: UInt64) { note(&alone, than: together, count, nanoseconds, false) }

    /// Takes note of operations that all workers ran.
    func ranTogether(_ count: Int, nanoseconds: UInt64) { note(&together, than: alone, count, nanoseconds, true) }

    private func isLongEnough(_ count: Int) -> Bool {
        Double(count) * (alone.samples == 0 ? Self.nanosecondsUnknown : alone.nanoseconds) > 2 * wakeUp
    }

    private func note(
        _ way: inout Way, than other: Way, _ count: Int, _ nanoseconds: UInt64, _ isTogether: Bool
    ) {
        guard count > 0 else { return }
        let measured = Double(nanoseconds) / Double(count)
        let wasSlower = way.nanoseconds > other.nanoseconds
        way.samples += 1
        if way.samples == 1 {
            way.nanoseconds = measured
        } else if way.samples <= 3 {
            way.nanoseconds = min(way.nanoseconds, measured)
        } else {
            // What was known of a way that has not been taken lately may be old.
            let weight = isTogether == lastWasTogether ? 1.0 / 8 : 1.0 / 2
            way.nanoseconds += (measured - way.nanoseconds) * weight
        }
        // The way that was thought to be the slower one was not: it is looked at again soon.
        if wasSlower, !other.isYoung, measured < other.nanoseconds {
            trialInterval = Self.trialIntervalMin
        }
        lastWasTogether = isTogether
    }
}
