internal import NIOCore
internal import NIOWebSocket
internal import Synchronization

/// One WebSocket: requests in, answers and notifications out.
final class WebSocketHandler: ChannelInboundHandler, RPCCaller, Listener, @unchecked Sendable {
    // Sendable: fields without a guard are used on the connection's event loop alone.
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Requests of one connection that are being answered at most.
    private static let inFlightMax = 256
    private let site: Site
    private let channel: any Channel
    private let waiting = Atomic<Int>(0)
    private let inFlight = Atomic<Int>(0)
    private let subscriptionCount = Atomic<Int>(0)
    private var isClosing = false

    init(site: Site, channel: any Channel) {
        self.site = site
        self.channel = channel
        site.webSockets.wrappingAdd(1, ordering: .relaxed)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        site.webSockets.wrappingSubtract(1, ordering: .relaxed)
        site.notifier.remove(nil, of: self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary:
            var bytes = frame.unmaskedData
            receive(bytes.readBytes(length: bytes.readableBytes) ?? [])
        case .ping:
            guard waitingBytes <= site.limits.outgoingBytesMax, site.guarding.takes(1, from: Site.address(channel)) else {
                return drop("too many pings")
            }
            note(frame.unmaskedData.readableBytes + Self.frameBytes)
            write(.pong, frame.unmaskedData)
        case .pong: break
        case .connectionClose:
            if isClosing { return context.close(promise: nil) }
            close(.normalClosure, "")
        default: close(.protocolError, "no such opcode")
        }
    }

    private func receive(_ text: [UInt8]) {
        func refuse(_ reason: String) {
            site.refusedRequests.wrappingAdd(1, ordering: .relaxed)
            send(RPCService.response(.null, .failure(.limit(reason))).encoded)
        }
        site.requests.wrappingAdd(1, ordering: .relaxed)
        guard waitingBytes <= site.limits.outgoingBytesMax else { return drop("you do not read your answers") }
        guard site.guarding.takes(1 + text.count / 512, from: Site.address(channel)) else {
            return refuse("more than \(site.limits.requestsPerSecond) requests a second")
        }
        guard inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= Self.inFlightMax else {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
            return refuse("more than \(Self.inFlightMax) requests of this connection at once")
        }
        let isTaken = site.workers.put { [self] in
            guard waitingBytes <= site.limits.outgoingBytesMax, !site.isClogged else {
                inFlight.wrappingSubtract(1, ordering: .relaxed)
                return drop("too much waits to be read")
            }
            site.service.answer(text, caller: self) { [self] bytes in
                inFlight.wrappingSubtract(1, ordering: .relaxed)
                if let bytes { send(bytes) }
            }
        }
        if !isTaken {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
            refuse("too many requests wait")
        }
    }

    /// Bytes that were written and have not left.
    var waitingBytes: Int { waiting.load(ordering: .relaxed) }

    /// Sends a text; from any thread.
    func send(_ text: [UInt8]) {
        note(text.count + Self.frameBytes)
        channel.eventLoop.execute { [self] in
            var buffer = channel.allocator.buffer(capacity: text.count)
            buffer.writeBytes(text)
            write(.text, buffer)
        }
    }

    /// Writes what was noted as waiting.
    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        let count = data.readableBytes + Self.frameBytes
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data)).whenComplete { [self] _ in note(-count) }
    }

    /// Bytes of a frame beside its data, about.
    private static let frameBytes = 16

    /// Whether a subscriber must go: it does not read, or reads slower than others while too much waits for all of them.
    var isTooSlow: Bool {
        waitingBytes > site.limits.outgoingBytesMax || site.isClogged && waitingBytes > Self.waitingMaxOfClogged
    }

    private static let waitingMaxOfClogged = 128 << 10

    private func note(_ count: Int) {
        waiting.wrappingAdd(count, ordering: .relaxed)
        site.outgoingBytes.wrappingAdd(count, ordering: .relaxed)
    }

    /// Closes a connection that does not read; from any thread.
    func drop(_ reason: String) {
        channel.eventLoop.execute { [self] in
            isClosing = true
            channel.close(promise: nil)
        }
    }

    private func close(_ code: WebSocketErrorCode, _ reason: String) {
        guard !isClosing else { return }
        isClosing = true
        var buffer = channel.allocator.buffer(capacity: 2 + reason.utf8.count)
        buffer.write(webSocketErrorCode: code)
        buffer.writeString(reason)
        let channel = channel
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: buffer)).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    /// A silent connection is asked whether it is still there.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            if waitingBytes > Self.waitingMaxOfClogged { return drop("you do not read") }
            note(Self.frameBytes)
            write(.ping, channel.allocator.buffer(capacity: 0))
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(.protocolError, "not a WebSocket's bytes") }

    func subscribe(_ topic: SubscriptionTopic) throws(RPCError) -> String {
        guard subscriptionCount.wrappingAdd(1, ordering: .relaxed).newValue <= site.limits.subscriptionsMax else {
            subscriptionCount.wrappingSubtract(1, ordering: .relaxed)
            throw .limit("\(site.limits.subscriptionsMax) subscriptions; end some with eth_unsubscribe")
        }
        return site.notifier.add(topic, self)
    }

    func unsubscribe(_ id: String) -> Bool {
        let isGone = site.notifier.remove(id, of: self)
        if isGone { subscriptionCount.wrappingSubtract(1, ordering: .relaxed) }
        return isGone
    }
}
