import Glibc

/// One line at the foot of a terminal that says how far a phase is; silent when the output is no terminal.
struct ProgressLine {
    /// How often the line is drawn again at most.
    static let intervalNanoseconds: UInt64 = 100_000_000
    private let isShown: Bool
    private var lastDrawn: UInt64 = 0
    private var isDrawn = false

    /// A line on standard error; a quiet one shows nothing.
    init(quiet: Bool) {
        isShown = !quiet && isatty(2) == 1
    }

    /// Shows a text when it is time to.
    mutating func show(_ text: @autoclosure () -> String) {
        guard isShown else { return }
        let now = MonotonicClock.nanoseconds()
        guard now - lastDrawn >= Self.intervalNanoseconds else { return }
        lastDrawn = now
        isDrawn = true
        Self.write("\r\u{1B}[2K" + text())
    }

    /// Removes the line.
    mutating func clear() {
        guard isDrawn else { return }
        isDrawn = false
        Self.write("\r\u{1B}[2K")
    }

    /// A bar of 24 characters and a percentage.
    static func bar(done: UInt64, of total: UInt64) -> String {
        let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
        let filled = Int(share * 24)
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
            + "] \(Int(share * 100)) %"
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
