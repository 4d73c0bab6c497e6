import EventLoop
import Testing

struct ConnectionTests {
    @Test(arguments: [1, 100, 65_536, 300_000, 3_000_000])
    func `bytes come back as they were sent`(count: Int) throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server), client = try #require(pair.client)
        server.onRead = { server.write($0) }
        var received: [UInt8] = []
        client.onRead = { received.append(contentsOf: $0) }
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        client.write(sent)
        pair.run { received.count >= count }
        #expect(received == sent)
        #expect(server.outgoingBytes == 0 && client.outgoingBytes == 0)
        #expect(client.bytesRead == UInt64(count) && client.bytesWritten == UInt64(count))
    }

    @Test func `everything written in one turn arrives in one read`() throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server), client = try #require(pair.client)
        var reads: [Int] = []
        server.onRead = { reads.append($0.count) }
        for _ in 0..<1000 { client.write([1, 2, 3, 4]) }
        client.encode { $0.append(5) }
        pair.run { reads.reduce(0, +) >= 4001 }
        #expect(reads == [4001])
    }

    @Test func `a connection whose peer does not read is not read from, then closed with the numbers`()
        throws
    {
        var limits = EventLoopLimits()
        limits.outgoingBytesMax = 100_000
        limits.outgoingBytesHardMax = 64_000_000
        limits.drainMillisecondsMax = 300
        limits.sweepMilliseconds = 20
        let pair = try LoopbackPair(limits: limits)
        let server = try #require(pair.server), client = try #require(pair.client)
        var reads = 0
        var reason: CloseReason?
        server.onRead = { _ in
            reads += 1
            server.write([UInt8](repeating: 1, count: 30_000_000))
        }
        server.onClose = { reason = $0 }
        client.pauseReading()
        client.write([1])
        pair.run { server.outgoingBytes > 0 }
        client.write([2])
        pair.run { reason != nil }
        #expect(reads == 1)
        guard case .notDraining(let bytes, let milliseconds) = reason else {
            Issue.record("closed with \(String(describing: reason))")
            return
        }
        #expect(bytes > 100_000 && bytes < 30_000_000)
        #expect(milliseconds >= 300 && milliseconds < 2_000)
    }

    @Test func `a slow peer that goes on reading is kept, and read from again`() throws {
        var limits = EventLoopLimits()
        limits.outgoingBytesMax = 100_000
        limits.outgoingBytesHardMax = 64_000_000
        limits.drainMillisecondsMax = 5_000
        let pair = try LoopbackPair(limits: limits)
        let server = try #require(pair.server), client = try #require(pair.client)
        var reads = 0
        var received = 0
        server.onRead = { _ in
            reads += 1
            if reads == 1 { server.write([UInt8](repeating: 1, count: 30_000_000)) }
        }
        client.onRead = { received += $0.count }
        client.pauseReading()
        client.write([1])
        pair.run { server.outgoingBytes > 0 }
        client.write([2])
        pair.run(milliseconds: 50)
        #expect(reads == 1)
        client.resumeReading()
        pair.run { reads == 2 }
        #expect(received == 30_000_000)
        #expect(server.isOpen)
    }

    @Test func `more unsent bytes than the hard limit close at once with both numbers`() throws {
        var limits = EventLoopLimits()
        limits.outgoingBytesHardMax = 2_000_000
        let pair = try LoopbackPair(limits: limits)
        let server = try #require(pair.server)
        var reason: CloseReason?
        server.onClose = { reason = $0 }
        server.write([UInt8](repeating: 1, count: 2_000_001))
        pair.run { reason != nil }
        #expect(reason == .outgoingOverLimit(have: 2_000_001, max: 2_000_000))
    }

    @Test func `finish delivers the last words although the peer is still sending`() throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server), client = try #require(pair.client)
        var received: [UInt8] = []
        var clientReason: CloseReason?
        var serverReason: CloseReason?
        server.onRead = { _ in
            server.write([9, 8, 7])
            server.finish("enough")
        }
        server.onClose = { serverReason = $0 }
        client.onRead = { received.append(contentsOf: $0) }
        client.onClose = { clientReason = $0 }
        client.write([UInt8](repeating: 3, count: 2_000_000))
        pair.run { clientReason != nil && serverReason != nil }
        #expect(received == [9, 8, 7])
        #expect(clientReason == .peerClosed)
        #expect(serverReason == .local("enough"))
    }

    @Test func `finish does not wait for ever for a peer that stays`() throws {
        var limits = EventLoopLimits()
        limits.lingerMillisecondsMax = 150
        limits.sweepMilliseconds = 20
        let pair = try LoopbackPair(limits: limits)
        let server = try #require(pair.server), client = try #require(pair.client)
        var isClosed = false
        client.onEnd = {}
        server.onClose = { _ in isClosed = true }
        server.write([1])
        server.finish("done")
        pair.run { isClosed }
        #expect(!pair.timedOut)
    }

    @Test func `a peer that sends no more still gets its answer when the owner wants that`() throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server), client = try #require(pair.client)
        var received: [UInt8] = []
        var isClosed = false
        server.onEnd = {
            pair.loop.timer(afterMilliseconds: 20) {
                server.write([4, 2])
                server.finish("answered")
            }
        }
        client.onRead = { received.append(contentsOf: $0) }
        client.onClose = { _ in isClosed = true }
        client.write([1])
        client.finish("asked")
        // A finishing client discards what comes; the server sees its end and answers anyway.
        pair.run { isClosed && !server.isOpen }
        #expect(received.isEmpty)
        #expect(!pair.timedOut)
    }

    @Test func `a reset by the peer closes with a reason`() throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server), client = try #require(pair.client)
        var reason: CloseReason?
        server.onClose = { reason = $0 }
        // Unread bytes at the time of the close make the kernel send a reset.
        client.pauseReading()
        server.write([UInt8](repeating: 1, count: 500_000))
        pair.run(milliseconds: 20)
        client.close()
        pair.run { reason != nil }
        guard case .failed(let error) = reason else {
            Issue.record("closed with \(String(describing: reason))")
            return
        }
        #expect(error.name == "ECONNRESET" || error.name == "EPIPE")
    }

    @Test func `nothing is written after a close`() throws {
        let pair = try LoopbackPair()
        let server = try #require(pair.server)
        server.close()
        server.write([1, 2, 3])
        #expect(server.outgoingBytes == 0)
        var called = false
        server.encode { _ in called = true }
        #expect(!called)
    }
}
