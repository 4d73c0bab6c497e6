internal import Foundation

/// Calls after a time, on a queue of its own that does nothing long.
final class Timers: Sendable {
    static let shared = Timers()
    private let queue = DispatchQueue(label: "hoard-timers")

    /// Calls once.
    func after(milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds), execute: body)
    }
}
