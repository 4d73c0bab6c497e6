internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOWebSocket
internal import Synchronization

/// The server of HTTP and WebSocket: one thread of the network, which only passes bytes on.
final class HTTPServer: @unchecked Sendable {
    // Sendable: `channel` is set before others see the server.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var channel: (any Channel)?
    let site: Site

    init(site: Site) { self.site = site }

    /// Listens; the port that it got.
    func start(host: String, port: Int) throws -> Int {
        let site = site
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in Self.prepare(channel, site) }
        let channel = try bootstrap.bind(host: host, port: port).wait()
        self.channel = channel
        return channel.localAddress?.port ?? port
    }

    private static func prepare(_ channel: any Channel, _ site: Site) -> EventLoopFuture<Void> {
        guard site.connections.wrappingAdd(1, ordering: .relaxed).newValue <= site.limits.connectionsMax else {
            site.connections.wrappingSubtract(1, ordering: .relaxed)
            site.refusedConnections.wrappingAdd(1, ordering: .relaxed)
            return channel.close()
        }
        channel.closeFuture.whenComplete { _ in site.connections.wrappingSubtract(1, ordering: .relaxed) }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: site.limits.bodyBytesMax,
            shouldUpgrade: { channel, head in
                guard site.refusal(of: head, from: channel) == nil, head.uri == "/" || head.uri == "/ws" else {
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let handler = WebSocketHandler(site: site, channel: channel)
                    try channel.pipeline.syncOperations.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                            maxAccumulatedFrameSize: site.limits.bodyBytesMax))
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            })
        return channel.eventLoop.makeCompletedFuture {
            let idle = IdleStateHandler(allTimeout: .seconds(site.limits.idleSecondsMax))
            try channel.pipeline.syncOperations.addHandler(idle)
            let handler = HTTPHandler(site: site)
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withPipeliningAssistance: true,
                withServerUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in
                        context.pipeline.syncOperations.removeHandler(handler, promise: nil)
                    }
                ), withErrorHandling: true)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    /// Closes everything.
    func stop() {
        try? channel?.close().wait()
        try? group.syncShutdownGracefully()
    }
}

/// What all connections have in common.
final class Site: Sendable {
    let service: RPCService
    let limits: ObservatoryLimits
    let guarding: RequestGuard
    let workers: Workers
    /// Who answers those that watch over the server, whatever else is asked for.
    let watchWorkers: Workers
    let notifier: Notifier
    let metrics: @Sendable () -> String
    let health: @Sendable () -> (isReady: Bool, text: String)
    let connections = Atomic<Int>(0)
    let refusedConnections = Atomic<UInt64>(0)
    let requests = Atomic<UInt64>(0)
    let refusedRequests = Atomic<UInt64>(0)
    let webSockets = Atomic<Int>(0)
    /// Bytes that were written to clients and have not left, of all of them.
    let outgoingBytes = Atomic<Int>(0)

    init(
        service: RPCService, guarding: RequestGuard, workers: Workers, watchWorkers: Workers, notifier: Notifier,
        metrics: @escaping @Sendable () -> String, health: @escaping @Sendable () -> (isReady: Bool, text: String)
    ) {
        self.service = service
        limits = service.limits
        self.guarding = guarding
        self.workers = workers
        self.watchWorkers = watchWorkers
        self.notifier = notifier
        self.metrics = metrics
        self.health = health
    }

    /// Why a request is not served, as a status and a sentence; nil where it is.
    func refusal(of head: HTTPRequestHead, from channel: any Channel) -> (HTTPResponseStatus, String)? {
        let host = head.headers.first(name: "host")
        let origin = head.headers.first(name: "origin")
        if !guarding.allows(host: host) {
            return (.misdirectedRequest, "this server is not called \(host ?? "nothing"); name it with --http-host")
        }
        if !guarding.allows(origin: origin, host: host) {
            return (.forbidden, "pages of \(origin ?? "") may not ask; allow them with --http-origin")
        }
        return nil
    }

    /// Whether so much waits for clients to read it that nothing more is worked on.
    var isClogged: Bool { outgoingBytes.load(ordering: .relaxed) > limits.allOutgoingBytesMax }

    /// The address that a connection comes from, for its allowance.
    static func address(_ channel: any Channel) -> String { channel.remoteAddress?.ipAddress ?? "local" }
}
