internal import EventLoop
internal import Synchronization

/// Messages from other threads to the loop.
///
/// Bounded by what the loop has asked for: each message answers one ticket or one hello, and
/// those are counted against `GatewayLimits`.
package final class LoopMailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    private let waker: any Waker

    init(waker: any Waker) {
        self.waker = waker
    }

    /// Leaves a message and wakes the loop when it does not know yet that some wait.
    package func put(_ message: Message) {
        let wasEmpty = messages.withLock { waiting in
            waiting.append(message)
            return waiting.count == 1
        }
        if wasEmpty { waker.wake() }
    }

    /// Takes all messages in their order; `emptied` is left in their place and used again.
    func take(into emptied: inout [Message]) {
        messages.withLock { swap(&$0, &emptied) }
    }
}
