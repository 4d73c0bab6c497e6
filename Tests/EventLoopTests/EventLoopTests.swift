import EventLoop
import Foundation
import Testing

struct EventLoopTests {
    @Test func `timers fire in order, repeat, and stop when cancelled`() throws {
        let loop = try EventLoop()
        var fired: [Int] = []
        loop.timer(afterMilliseconds: 30) { fired.append(30) }
        loop.timer(afterMilliseconds: 5) { fired.append(5) }
        loop.timer(afterMilliseconds: 10) { fired.append(10) }.cancel()
        var repeating: LoopTimer?
        var repeats = 0
        repeating = loop.timer(afterMilliseconds: 1, repeatMilliseconds: 1) {
            repeats += 1
            if repeats == 3 { repeating?.cancel() }
        }
        loop.timer(afterMilliseconds: 60) { loop.stop() }
        loop.run()
        loop.close()
        #expect(fired == [5, 30])
        #expect(repeats == 3)
    }

    @Test func `wake-ups from many threads are noticed and none is lost`() throws {
        let loop = try EventLoop()
        let counter = LockedCounter()
        let waker = loop.waker
        var wakes = 0
        loop.onWake {
            wakes += 1
            if counter.value == 4000 { loop.stop() }
        }
        for _ in 0..<4 {
            Thread.detachNewThread {
                for _ in 0..<1000 {
                    counter.increment()
                    waker.wake()
                }
            }
        }
        loop.run()
        loop.close()
        #expect(counter.value == 4000)
        #expect(wakes >= 1 && wakes <= 4000)
        waker.wake()
        waker.stopLoop()
    }

    @Test func `another thread can stop the loop`() throws {
        let loop = try EventLoop()
        let waker = loop.waker
        Thread.detachNewThread { waker.stopLoop() }
        loop.run()
        loop.close()
    }

    @Test func `the before-sleep closure runs each turn before the writes leave`() throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server), client = try #require(pair.client)
        var waiting = 0
        var turnsWithWork = 0
        server.onRead = { waiting += $0.count }
        pair.loop.onBeforeSleep {
            if waiting > 0 {
                turnsWithWork += 1
                server.write([UInt8](repeating: 7, count: waiting))
                waiting = 0
            }
        }
        var received = 0
        client.onRead = { received += $0.count }
        client.write([1, 2, 3])
        pair.run { received == 3 }
        #expect(turnsWithWork == 1)
    }

    @Test func `a port in use is refused with the address and the reason`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let first = try loop.listen(host: "127.0.0.1", port: 0) { _ in }
        let error = #expect(throws: LoopError.self) {
            try loop.listen(host: "127.0.0.1", port: first.boundPort) { _ in }
        }
        #expect(error?.name == "EADDRINUSE")
        #expect(error?.message.contains("listen on 127.0.0.1:\(first.boundPort)") == true)
    }

    @Test(arguments: [
        ("127.0.0.1", 70_000, "EINVAL"), ("no such host", 1, "EAI_NONAME"),
        ("203.0.113.1", 0, "EADDRNOTAVAIL"),
    ])
    func `a wrong address is refused with a name`(host: String, port: Int, name: String) throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let error = #expect(throws: LoopError.self) {
            try loop.listen(host: host, port: port) { _ in }
        }
        #expect(error?.name == name || name == "EAI_NONAME" && error?.name.hasPrefix("EAI_") == true)
    }

    @Test func `connecting where nobody listens fails with the reason`() throws {
        let loop = try EventLoop()
        let port = try loop.listen(host: "127.0.0.1", port: 0) { _ in }
        let number = port.boundPort
        port.close()
        var failure: LoopError?
        loop.timer(afterMilliseconds: 5) {
            loop.connect(host: "127.0.0.1", port: number) { result in
                if case .failure(let error) = result { failure = error }
                loop.stop()
            }
        }
        loop.run()
        loop.close()
        #expect(failure?.name == "ECONNREFUSED")
    }

    @Test func `many connections come and go and leave nothing behind`() throws {
        let loop = try EventLoop()
        weak var sample: Connection?
        var accepted = 0
        var closed = 0
        let listener = try loop.listen(host: "127.0.0.1", port: 0) { connection in
            accepted += 1
            sample = connection
            connection.onRead = { connection.write($0) }
            connection.onClose = { _ in closed += 1 }
        }
        let wanted = 3000
        func next(_ count: Int) {
            if count == 0 { return }
            loop.connect(host: "127.0.0.1", port: listener.boundPort) { result in
                guard let connection = try? result.get() else { return loop.stop() }
                connection.onRead = { _ in connection.close() }
                connection.onClose = { _ in
                    next(count - 1)
                }
                connection.write([1])
            }
        }
        for _ in 0..<10 { next(wanted / 10) }
        loop.timer(afterMilliseconds: 1, repeatMilliseconds: 1) {
            if closed == wanted { loop.stop() }
        }
        loop.timer(afterMilliseconds: 20_000) { loop.stop() }
        loop.run()
        #expect(accepted == wanted)
        #expect(closed == wanted)
        #expect(loop.connectionCount == 0)
        loop.close()
        #expect(sample == nil)
    }

    @Test func `a closed loop lets go of itself and of what hung on it`() throws {
        weak var weakLoop: EventLoop?
        weak var weakServer: Connection?
        var reason: CloseReason?
        do {
            let pair = try LoopbackPair()
            weakLoop = pair.loop
            weakServer = pair.server
            pair.server?.onClose = { reason = $0 }
            pair.loop.timer(afterMilliseconds: 100_000) {}
        }
        #expect(weakLoop == nil)
        #expect(weakServer == nil)
        #expect(reason == .loopClosed)
    }
}

/// A number that several threads count up.
final class LockedCounter: @unchecked Sendable {
    // Unchecked: every access to `count` is under `lock`.
    private let lock = NSLock()
    private var count = 0

    var value: Int { lock.withLock { count } }

    func increment() { lock.withLock { count += 1 } }
}
