internal import Ledger

/// Whether whoever asks is alone on the server: each of the last turns that brought something brought little, and nothing else was
/// under way.
///
/// Then the loop may wait for the disk itself. It must not where others come meanwhile: their requests would be read later, and
/// would share fewer syncs. Nor where the disk is slow: whoever comes, if only with a ping, waits for it too.
struct Solitude {
    /// Turns after which it is believed.
    let turnsMin: Int
    private var turns = 0

    init(turnsMin: Int) { self.turnsMin = turnsMin }

    /// Takes note of a turn and says whether its submissions are those of somebody who is alone.
    mutating func note(submissions: Int, inFlight: Int) -> Bool {
        guard submissions == inFlight, submissions <= LedgerLimits.borrowedSubmissionsMax else {
            turns = 0
            return false
        }
        if turns < turnsMin { turns += 1 }
        return turns == turnsMin
    }

    /// Takes note of how long the loop was held up by finishing a turn itself: after a slow one it is to be convinced anew.
    mutating func note(heldUpNanoseconds nanoseconds: UInt64) {
        if nanoseconds > LedgerLimits.borrowedNanosecondsMax { turns = 0 }
    }
}
