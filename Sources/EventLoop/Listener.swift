internal import CLibuv

/// Accepts TCP connections on one address.
///
/// When the process has no descriptors left, libuv gives up a spare one to accept and close the
/// waiting connections, so that the listener neither spins nor goes deaf.
public final class Listener: LoopOwned {
    /// The port that is bound, also when port 0 was asked for.
    public private(set) var boundPort = 0
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_tcp_t>
    private var onAccept: ((Connection) -> Void)?
    private var isClosing = false

    /// Binds and listens; `onAccept` gets each connection before anything was read from it.
    public init(
        _ loop: EventLoop, host: String, port: Int, onAccept: @escaping (Connection) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.onAccept = onAccept
        handle = .allocate(capacity: 1)
        let attempt = "listen on \(host):\(port)"
        let address = try SocketAddress.resolve(host: host, port: port, loop: loop)
        try LoopError.check(uv_tcp_init(loop.handle, handle), trying: attempt)
        // Retained until the close callback: libuv holds the pointer that long.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        do throws(LoopError) {
            let bound = address.withPointer { uv_tcp_bind(handle, $0, 0) }
            try LoopError.check(bound, trying: attempt)
            let listening = uv_listen(stream, loop.limits.backlog) { server, status in
                guard status >= 0, let data = server?.pointee.data else { return }
                Unmanaged<Listener>.fromOpaque(data).takeUnretainedValue().accept()
            }
            try LoopError.check(listening, trying: attempt)
        } catch {
            close()
            throw error
        }
        boundPort = SocketAddress.port { uv_tcp_getsockname(handle, $0, $1) }
    }

    deinit {
        handle.deallocate()
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
    }

    /// Stops accepting and frees the address.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        onAccept = nil
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { closed in
            guard let data = closed?.pointee.data else { return }
            Unmanaged<Listener>.fromOpaque(data).release()
        }
    }

    func closeForLoop() {
        close()
    }

    private func accept() {
        guard let onAccept, let connection = try? Connection(loop) else { return }
        let accepted = UnsafeMutableRawPointer(connection.handle)
            .assumingMemoryBound(to: uv_stream_t.self)
        let status = uv_accept(stream, accepted)
        if status < 0 {
            let error = LoopError(status: status, trying: "accept a connection")
            return connection.close(reason: .failed(error))
        }
        connection.opened()
        onAccept(connection)
    }
}

extension EventLoop {
    /// Listens on an address; see `Listener`.
    @discardableResult
    public func listen(
        host: String, port: Int, onAccept: @escaping (Connection) -> Void
    ) throws(LoopError) -> Listener {
        try Listener(self, host: host, port: port, onAccept: onAccept)
    }

    /// Connects to an address; `completion` is called on the loop, later, with an open
    /// connection or with the reason why there is none.
    public func connect(
        host: String, port: Int, completion: @escaping (Result<Connection, LoopError>) -> Void
    ) {
        do throws(LoopError) {
            let address = try SocketAddress.resolve(host: host, port: port, loop: self)
            let connection = try Connection(self)
            let attempt = ConnectAttempt(connection, "connect to \(host):\(port)", completion)
            attempt.start(address)
        } catch {
            timer(afterMilliseconds: 0) { completion(.failure(error)) }
        }
    }
}

/// One attempt to connect; it retains itself until libuv has called back.
private final class ConnectAttempt {
    private let connection: Connection
    private let attempt: String
    private let completion: (Result<Connection, LoopError>) -> Void
    private let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)

    init(
        _ connection: Connection, _ attempt: String,
        _ completion: @escaping (Result<Connection, LoopError>) -> Void
    ) {
        self.connection = connection
        self.attempt = attempt
        self.completion = completion
    }

    deinit {
        request.deallocate()
    }

    func start(_ address: SocketAddress) {
        // Released in the callback, which libuv always calls when it took the request.
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = address.withPointer { pointer in
            uv_tcp_connect(request, connection.handle, pointer) { request, status in
                guard let data = request?.pointee.data else { return }
                Unmanaged<ConnectAttempt>.fromOpaque(data).takeRetainedValue().finish(status)
            }
        }
        if status < 0 {
            Unmanaged.passUnretained(self).release()
            connection.loop.timer(afterMilliseconds: 0) { [self] in finish(status) }
        }
    }

    private func finish(_ status: CInt) {
        if status < 0 {
            let error = LoopError(status: status, trying: attempt)
            connection.close(reason: .failed(error))
            completion(.failure(error))
        } else {
            connection.opened()
            completion(.success(connection))
        }
    }
}
