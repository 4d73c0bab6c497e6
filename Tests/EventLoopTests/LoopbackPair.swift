import EventLoop

/// A loop with a listener and one connection to it, both sides on the same thread.
final class LoopbackPair {
    let loop: EventLoop
    let listener: Listener
    private(set) var server: Connection?
    private(set) var client: Connection?
    private var deadline: LoopTimer?
    private(set) var timedOut = false

    init(limits: EventLoopLimits = EventLoopLimits()) throws {
        loop = try EventLoop(limits: limits)
        var accepted: Connection?
        listener = try loop.listen(host: "127.0.0.1", port: 0) { accepted = $0 }
        var connected: Connection?
        loop.connect(host: "127.0.0.1", port: listener.boundPort) { connected = try? $0.get() }
        run { accepted != nil && connected != nil }
        server = accepted
        client = connected
    }

    deinit {
        server = nil
        client = nil
        loop.close()
    }

    /// Runs turns until `condition` holds or ten seconds have passed.
    func run(until condition: () -> Bool) {
        timedOut = false
        let timer = loop.timer(afterMilliseconds: 10_000) { [weak self] in self?.timedOut = true }
        while !condition(), !timedOut { loop.runOnce() }
        timer.cancel()
    }

    /// Runs turns for a time.
    func run(milliseconds: UInt64) {
        var isOver = false
        loop.timer(afterMilliseconds: milliseconds) { isOver = true }
        while !isOver { loop.runOnce() }
    }
}
