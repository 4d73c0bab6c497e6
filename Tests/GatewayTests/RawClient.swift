import Foundation
import Wire

/// What a test's client runs into.
enum RawClientError: Error, Equatable {
    case timeout
    case closed
    case cannotConnect(Int32)
}

/// A client that writes any bytes it likes and blocks until frames come; for threads of tests.
final class RawClient {
    struct Frame {
        let header: FrameHeader
        let body: [UInt8]

        func decode<Body: WireBody>(_ type: Body.Type) throws -> Body {
            try body.withUnsafeBytes { try Body(body: $0) }
        }
    }

    private let descriptor: Int32
    private var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
    private var frames: [Frame] = []
    private(set) var session: UInt64 = 0
    private(set) var welcome: WelcomeBody?
    private var nextRequest: UInt64 = 0

    init(port: Int, receiveBytes: Int32 = 0) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if receiveBytes > 0 {
            var size = receiveBytes
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw RawClientError.cannotConnect(code)
        }
    }

    deinit { close(descriptor) }

    /// A connection with an open session.
    convenience init(port: Int, token: String) throws {
        try self.init(port: port)
        try hello(token)
        let frame = try read()
        let welcome = try frame.decode(WelcomeBody.self)
        self.welcome = welcome
        session = welcome.session
    }

    func hello(_ token: String) throws {
        send(frame(.hello, HelloBody(token: token, clientName: "test")))
    }

    /// A frame's bytes, with the next request number.
    func frame(
        _ kind: FrameKind, flags: FrameFlags = [], id: Wire.OperationID = .zero, _ body: some WireBody
    ) -> [UInt8] {
        nextRequest += 1
        var bytes: [UInt8] = []
        let header = FrameHeader(
            kind: kind, flags: flags, session: session, requestID: nextRequest, operationID: id)
        FrameEncoder.append(header, body, to: &bytes)
        return bytes
    }

    /// Sends all bytes; false when the other side is gone.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        let all = Array(bytes)
        var sent = 0
        while sent < all.count {
            let count = all[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Says that nothing more will be sent.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next frame.
    func read(timeoutMilliseconds: Int32 = 20_000) throws -> Frame {
        while frames.isEmpty {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&poller, 1, timeoutMilliseconds) <= 0 { throw RawClientError.timeout }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { throw RawClientError.closed }
            try buffer[..<count].withUnsafeBytes { bytes in
                try decoder.feed(bytes) { header, body in
                    frames.append(Frame(header: header, body: Array(body)))
                    return true
                }
            }
        }
        return frames.removeFirst()
    }

    /// Sends a frame and reads the next.
    func ask(
        _ kind: FrameKind, flags: FrameFlags = [], id: Wire.OperationID = .zero, _ body: some WireBody
    ) throws -> Frame {
        send(frame(kind, flags: flags, id: id, body))
        return try read()
    }

    /// The reply to an action.
    func perform(_ action: ActionBody, id: Wire.OperationID) throws -> ReplyBody {
        try ask(.action, id: id, action).decode(ReplyBody.self)
    }

    /// The balance of an account, or of the session's own.
    func balance(_ asset: UInt64, of account: Account = .zero) throws -> Int64? {
        let query = QueryBody(kind: .balance, account: account, subject: asset)
        let result = try ask(.query, query).decode(ResultBody.self)
        guard case .balance(_, let amount) = result.answer else { return nil }
        return amount
    }

    /// Whether the session still answers.
    func isAlive() throws -> Bool {
        try ask(.ping, PingBody(value: 77)).decode(PingBody.self).value == 77
    }

    /// Whether the other side closes the connection, all frames before that apart.
    func isClosedSoon() -> Bool {
        do {
            while true { _ = try read() }
        } catch RawClientError.timeout {
            return false
        } catch {
            return true
        }
    }
}
