internal import Ledger
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// The requests of one connection, one after the other.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let site: Site
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// Whether the present request has been answered before it was complete.
    private var isDone = false
    private var deadline: Scheduled<Void>?
    /// Bytes that were written and have not left.
    private let waiting = Atomic<Int>(0)

    init(site: Site) { self.site = site }

    func channelActive(context: ChannelHandlerContext) {
        startDeadline(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    /// A request must be there whole within some seconds, however slowly its bytes come.
    private func startDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(site.limits.requestSecondsMax)) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            startDeadline(context)
            self.head = head
            body = []
            isDone = false
            site.requests.wrappingAdd(1, ordering: .relaxed)
            if let (status, reason) = site.refusal(of: head, from: context.channel) {
                refuse(context, status, reason)
            } else if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
                length > site.limits.bodyBytesMax
            {
                refuse(context, .payloadTooLarge, "\(length) bytes; at most \(site.limits.bodyBytesMax)")
            }
        case .body(let bytes):
            guard !isDone else { return }
            body += bytes.readableBytesView
            if body.count > site.limits.bodyBytesMax {
                refuse(context, .payloadTooLarge, "more than \(site.limits.bodyBytesMax) bytes")
            }
        case .end:
            deadline?.cancel()
            guard !isDone, let head else { return }
            isDone = true
            // One request after the other, and no answer read.
            guard waiting.load(ordering: .relaxed) <= site.limits.outgoingBytesMax else { return context.close(promise: nil) }
            route(context, head)
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ reason: String) {
        isDone = true
        deadline?.cancel()
        site.refusedRequests.wrappingAdd(1, ordering: .relaxed)
        answer(context.channel, status, "text/plain; charset=utf-8", Array((reason + "\n").utf8), keepAlive: false)
    }

    private func route(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        let channel = context.channel
        let origin = head.headers.first(name: "origin")
        let path = head.uri.prefix { $0 != "?" }
        func text(_ status: HTTPResponseStatus, _ text: String, _ type: String = "text/plain; charset=utf-8") {
            answer(
                channel, status, type, head.method == .HEAD ? [] : Array(text.utf8), keepAlive: head.isKeepAlive, origin: origin)
        }
        switch (head.method, path) {
        case (.POST, "/"):
            post(channel, head, origin)
        case (.OPTIONS, _):
            answer(channel, .noContent, "text/plain", [], keepAlive: head.isKeepAlive, origin: origin, isPreflight: true)
        case (.GET, "/"), (.HEAD, "/"), (.GET, "/index.html"):
            text(.ok, Page.html, "text/html; charset=utf-8")
        case (.GET, "/page.css"): text(.ok, Page.style, "text/css; charset=utf-8")
        case (.GET, "/page.js"): text(.ok, Page.script, "text/javascript; charset=utf-8")
        case (.GET, "/favicon.svg"), (.GET, "/favicon.ico"): text(.ok, Page.icon, "image/svg+xml")
        case (.GET, "/metrics"), (.GET, "/healthz"), (.GET, "/readyz"):
            work(channel, head, String(path))
        default: text(.notFound, "there is nothing at \(path.prefix(80))\n")
        }
    }

    private func work(_ channel: any Channel, _ head: HTTPRequestHead, _ path: String) {
        let keepAlive = head.isKeepAlive
        let site = site
        let isTaken = site.watchWorkers.put { [self] in
            switch path {
            case "/metrics":
                answer(
                    channel, .ok, "text/plain; version=0.0.4; charset=utf-8", Array(site.metrics().utf8), keepAlive: keepAlive)
            case "/healthz":
                let (_, text) = site.health()
                let isWell = site.service.ledger.status.failure == nil
                answer(
                    channel, isWell ? .ok : .serviceUnavailable, "text/plain; charset=utf-8",
                    Array((isWell ? "ok\n" : text + "\n").utf8), keepAlive: keepAlive)
            default:
                let (isReady, text) = site.health()
                answer(
                    channel, isReady ? .ok : .serviceUnavailable, "text/plain; charset=utf-8", Array((text + "\n").utf8),
                    keepAlive: keepAlive)
            }
        }
        if !isTaken { busy(channel, keepAlive) }
    }

    private func busy(_ channel: any Channel, _ keepAlive: Bool) {
        site.refusedRequests.wrappingAdd(1, ordering: .relaxed)
        answer(channel, .serviceUnavailable, "text/plain; charset=utf-8", Array("too many requests wait\n".utf8), keepAlive: keepAlive)
    }

    private func post(_ channel: any Channel, _ head: HTTPRequestHead, _ origin: String?) {
        // A form of a foreign page cannot have this type without asking first.
        let type = head.headers.first(name: "content-type")?.lowercased() ?? ""
        guard type.hasPrefix("application/json") else {
            site.refusedRequests.wrappingAdd(1, ordering: .relaxed)
            return answer(
                channel, .unsupportedMediaType, "text/plain; charset=utf-8",
                Array("the content type must be application/json\n".utf8), keepAlive: head.isKeepAlive, origin: origin)
        }
        guard site.guarding.takes(1 + body.count / 512, from: Site.address(channel)) else {
            site.refusedRequests.wrappingAdd(1, ordering: .relaxed)
            return answer(
                channel, .tooManyRequests, "text/plain; charset=utf-8",
                Array("more than \(site.limits.requestsPerSecond) requests a second\n".utf8), keepAlive: head.isKeepAlive,
                origin: origin)
        }
        let keepAlive = head.isKeepAlive
        let body = body
        self.body = []
        let site = site
        let isTaken = site.workers.put { [self] in
            guard !site.isClogged else { return busy(channel, false) }
            site.service.answer(body, caller: nil) { [self] bytes in
                answer(
                    channel, bytes == nil ? .noContent : .ok, "application/json", bytes ?? [], keepAlive: keepAlive,
                    origin: origin)
            }
        }
        if !isTaken { busy(channel, keepAlive) }
    }
}

extension HTTPHandler: @unchecked Sendable {
    // Sendable: fields that change are used on the connection's event loop alone.

    /// Writes a response; from any thread.
    private func answer(
        _ channel: any Channel, _ status: HTTPResponseStatus, _ type: String, _ body: [UInt8], keepAlive: Bool,
        origin: String? = nil, isPreflight: Bool = false
    ) {
        channel.eventLoop.execute { [self] in
            var headers = HTTPHeaders()
            headers.add(name: "content-type", value: type)
            if status != .noContent { headers.add(name: "content-length", value: String(body.count)) }
            headers.add(name: "x-content-type-options", value: "nosniff")
            headers.add(name: "cache-control", value: "no-store")
            if type.hasPrefix("text/html") {
                headers.add(
                    name: "content-security-policy",
                    value: "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'")
            }
            if let origin {
                headers.add(name: "access-control-allow-origin", value: origin)
                headers.add(name: "vary", value: "origin")
            }
            if isPreflight {
                headers.add(name: "access-control-allow-methods", value: "POST, GET, OPTIONS")
                headers.add(name: "access-control-allow-headers", value: "content-type")
                headers.add(name: "access-control-max-age", value: "600")
            }
            if !keepAlive { headers.add(name: "connection", value: "close") }
            channel.write(HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)), promise: nil)
            let count = 512 + body.count
            waiting.wrappingAdd(count, ordering: .relaxed)
            site.outgoingBytes.wrappingAdd(count, ordering: .relaxed)
            if !body.isEmpty {
                var buffer = channel.allocator.buffer(capacity: body.count)
                buffer.writeBytes(body)
                channel.write(HTTPServerResponsePart.body(.byteBuffer(buffer)), promise: nil)
            }
            let written = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
            // Short answers fit into what the system keeps; only a long one is worth a timer.
            let deadline =
                count < 65_536
                ? nil : channel.eventLoop.scheduleTask(in: .seconds(site.limits.answerSecondsMax)) { channel.close(promise: nil) }
            written.whenComplete { [self] _ in
                deadline?.cancel()
                waiting.wrappingSubtract(count, ordering: .relaxed)
                site.outgoingBytes.wrappingSubtract(count, ordering: .relaxed)
                if !keepAlive { channel.close(promise: nil) }
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
