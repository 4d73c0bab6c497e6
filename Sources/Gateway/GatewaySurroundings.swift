package import EventLoop
package import Tokens

/// The loop that a gateway runs on: libuv's in production, a simulated one in the simulator. Used by one thread.
package protocol GatewayLoop: AnyObject {
    /// Monotonic milliseconds, read once a turn.
    var nowMilliseconds: UInt64 { get }
    /// Milliseconds since 1970.
    var wallMilliseconds: UInt64 { get }
    /// Microseconds of processor time that the process has used.
    var processorMicroseconds: UInt64 { get }
    /// Wakes the loop from any thread.
    var threadsWaker: any Waker { get }
    /// Adds a closure that runs when the loop was woken.
    func onWake(_ body: @escaping () -> Void)
    /// Adds a closure that runs once a turn, before what was written leaves.
    func onBeforeSleep(_ body: @escaping () -> Void)
    /// Calls `body` after a time, and again each `repeatMilliseconds` when that is not zero.
    func call(afterMilliseconds: UInt64, repeatMilliseconds: UInt64, _ body: @escaping () -> Void)
    /// Ends the loop after this turn.
    func stop()
}

/// Who says what a token is worth.
package protocol TokenChecker: Sendable {
    /// Checks a token and hands the verdict over, now or later, on any thread.
    func check(_ token: String, _ verdict: @escaping @Sendable (Result<SessionClaims, TokenRefusal>) -> Void)
}

extension EventLoop: GatewayLoop {
    package var wallMilliseconds: UInt64 { GatewayCounters.wallMilliseconds }
    package var processorMicroseconds: UInt64 { GatewayCounters.processCPUMicroseconds }
    package var threadsWaker: any Waker { waker }

    package func call(afterMilliseconds: UInt64, repeatMilliseconds: UInt64, _ body: @escaping () -> Void) {
        timer(afterMilliseconds: afterMilliseconds, repeatMilliseconds: repeatMilliseconds, body)
    }
}

extension TokenAuthority: TokenChecker {
    /// Verifies in a task of its own, which keeps signatures off the loop.
    package func check(
        _ token: String, _ verdict: @escaping @Sendable (Result<SessionClaims, TokenRefusal>) -> Void
    ) {
        Task { verdict(await verify(token)) }
    }
}
