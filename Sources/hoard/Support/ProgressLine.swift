import Foundation

/// A line on standard error that shows how far long work is; silent unless standard error is a terminal and two seconds have passed.
final class ProgressLine {
    private let label: String
    private let isShown: Bool
    private let started = Date()
    private var lastDrawn = Date.distantPast
    private var hasDrawn = false

    /// A line that begins with `label`.
    init(_ label: String) {
        self.label = label
        isShown = isatty(STDERR_FILENO) == 1
    }

    /// Shows `done`, and of how many where that is known; at most ten times a second.
    func update(_ done: UInt64, of total: UInt64? = nil) {
        guard isShown else { return }
        let now = Date()
        guard now.timeIntervalSince(started) > 2, now.timeIntervalSince(lastDrawn) > 0.1 else { return }
        lastDrawn = now
        hasDrawn = true
        let share = total.map { $0 == 0 ? "" : " of \($0) (\(done * 100 / $0) %)" } ?? ""
        FileHandle.standardError.write(Data("\r\u{1b}[K\(label) \(done)\(share)".utf8))
    }

    /// Removes the line.
    func finish() {
        if hasDrawn { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
