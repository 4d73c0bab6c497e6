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
        guard site.guarding.takes(1 + text.count / 512, from: Site.address(channel)) else {
            return refuse("more than \(site.limits.requestsPerSecond) requests a second")
        }
        guard waitingBytes <= site.limits.outgoingBytesMax else { return drop("you do not read your answers") }
        guard inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= Self.inFlightMax else {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
            return refuse("more than \(Self.inFlightMax) requests of this connection at once")
        }
        let isTaken = site.workers.put { [self] in
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
        waiting.wrappingAdd(text.count, ordering: .relaxed)
        channel.eventLoop.execute { [self] in
            var buffer = channel.allocator.buffer(capacity: text.count)
            buffer.writeBytes(text)
            let frame = WebSocketFrame(fin: true, opcode: .text, data: buffer)
            channel.writeAndFlush(frame).whenComplete { [self] _ in
                waiting.wrappingSubtract(text.count, ordering: .relaxed)
            }
        }
    }

    /// Closes a connection that does not read; from any thread.
    func drop(_ reason: String) {
        channel.eventLoop.execute { [self] in
            isClosing = true
            channel.close(promise: nil)
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data), promise: nil)
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
