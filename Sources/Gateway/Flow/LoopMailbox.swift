internal import EventLoop
internal import Synchronization

/// Messages from other threads to the loop.
///
/// Bounded by what the loop has asked for: each message answers one ticket or one hello, and
/// those are counted against `GatewayLimits`.
package final class LoopMailbox<Message: Sendable>: Sendable {
    private struct Box {
        var messages: [Message] = []
        /// Whether the loop is about to take them anyway.
        var isAwaited = false
    }

    private let box = Mutex(Box())
    private let waker: any Waker

    init(waker: any Waker) {
        self.waker = waker
    }

    /// Leaves a message and wakes the loop when it does not know yet that some wait.
    package func put(_ message: Message) {
        let isNews = box.withLock { box in
            box.messages.append(message)
            return box.messages.count == 1 && !box.isAwaited
        }
        if isNews { waker.wake() }
    }

    /// Takes all messages in their order; `emptied` is left in their place and used again.
    func take(into emptied: inout [Message]) {
        box.withLock { swap(&$0.messages, &emptied) }
    }

    /// The same behind a body that may leave messages itself, on the loop's thread: nobody wakes the loop for them.
    func take(after body: () -> Void, into emptied: inout [Message]) {
        box.withLock { $0.isAwaited = true }
        body()
        box.withLock { box in
            box.isAwaited = false
            swap(&box.messages, &emptied)
        }
    }
}
