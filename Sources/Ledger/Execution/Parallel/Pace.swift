internal import Glibc

/// Whether operations are executed on one thread or by all workers, from what the two ways took so far: the wall decides,
/// so that work which cannot be done side by side, or a machine whose cores are busy, is found out. Used by one thread.
///
/// Now and then the first operations of a block are executed in the other way than the rest, seldom where that is clearly
/// slower. Only the two parts of one block are compared: what was measured at another time was measured on another machine,
/// as far as its neighbours and its clock go.
final class Pace {
    /// Nanoseconds of one operation before any was executed.
    private static let nanosecondsUnknown = 3_000.0
    /// Operations of a trial of the other way: enough to be more than a wake-up, few enough to cost little.
    static let trialOperations = 128
    private static let trialIntervalMin = 4
    private static let trialIntervalMax = 256
    /// Comparisons at the start, one a block; the first, of cold caches and code that nobody has decoded yet, does not count.
    private static let comparisonsYoung = 4
    /// A comparison counts no more than this, as a logarithm to base 2: one part may have met a pause of the machine.
    private static let comparisonMax = 1.0
    /// Where an operation takes so many times as long as before, or as little, the work may have changed.
    private static let changeMin = 1.4

    /// Nanoseconds until a helper that sleeps is at work, as measured on this machine.
    private let wakeUp: Double
    /// Nanoseconds of one operation in either way; 0 where nothing is known.
    private var nanoseconds = (alone: 0.0, together: 0.0)
    /// The mean of log2(together / alone) over the last comparisons.
    private var advantage = 0.0
    private var comparisons = 0
    /// What the first part of a block under comparison took for an operation.
    private var firstPart: (nanoseconds: Double, isTogether: Bool)?
    private var isComparing = false
    private var trialInterval = Pace.trialIntervalMin
    private var runsUntilTrial = Pace.trialIntervalMin

    /// A pace on a machine that takes so long to wake a helper.
    init(wakeUpNanoseconds: UInt64) { wakeUp = Double(wakeUpNanoseconds) }

    /// Whether so many operations are to be executed by all workers: where they take long enough that helpers, once awake,
    /// still find most of them to be done, and where that has been faster.
    func paysInParallel(_ count: Int) -> Bool { isLongEnough(count) && advantage <= 0 }

    /// Whether the first few of so many operations are to be executed in the other way than the rest. Asked once a block.
    func wantsTrial(_ count: Int) -> Bool {
        firstPart = nil
        isComparing = false
        guard count >= 2 * Self.trialOperations, isLongEnough(Self.trialOperations) else { return false }
        runsUntilTrial -= 1
        if comparisons >= Self.comparisonsYoung {
            guard runsUntilTrial <= 0 else { return false }
            runsUntilTrial = trialInterval
            trialInterval = min(2 * trialInterval, Self.trialIntervalMax)
        }
        isComparing = true
        return true
    }

    /// Takes note of operations that ran on one thread.
    func ranAlone(_ count: Int, nanoseconds: UInt64) { note(&self.nanoseconds.alone, count, nanoseconds, false) }

    /// Takes note of operations that all workers ran.
    func ranTogether(_ count: Int, nanoseconds: UInt64) { note(&self.nanoseconds.together, count, nanoseconds, true) }

    private func isLongEnough(_ count: Int) -> Bool {
        Double(count) * (nanoseconds.alone == 0 ? Self.nanosecondsUnknown : nanoseconds.alone) > 2 * wakeUp
    }

    private func note(_ known: inout Double, _ count: Int, _ nanoseconds: UInt64, _ isTogether: Bool) {
        guard count > 0, nanoseconds > 0 else { return }
        let measured = Double(nanoseconds) / Double(count)
        if known == 0 {
            known = measured
        } else {
            if measured > known * Self.changeMin || measured * Self.changeMin < known {
                runsUntilTrial = min(runsUntilTrial, Self.trialIntervalMin)
            }
            known += (measured - known) / 8
        }
        guard isComparing else { return }
        if let first = firstPart {
            isComparing = false
            if first.isTogether != isTogether {
                let ratio = isTogether ? measured / first.nanoseconds : first.nanoseconds / measured
                compare(log2(ratio))
            }
        } else {
            // The few operations of a trial are not to bear the whole of a wake-up that is one for a block.
            let borne = isTogether ? min(wakeUp, Double(nanoseconds) / 4) : 0
            firstPart = ((Double(nanoseconds) - borne) / Double(count), isTogether)
        }
    }

    private func compare(_ logarithm: Double) {
        comparisons += 1
        let counted = max(-Self.comparisonMax, min(Self.comparisonMax, logarithm))
        switch comparisons {
        case 1: return
        case ...Self.comparisonsYoung: advantage += (counted - advantage) / Double(comparisons - 1)
        default: advantage += (counted - advantage) / 4
        }
        // What was thought to be slower was not: it is looked at again soon.
        if (counted <= 0) != (advantage <= 0) {
            trialInterval = Self.trialIntervalMin
            runsUntilTrial = min(runsUntilTrial, Self.trialIntervalMin)
        }
    }
}
