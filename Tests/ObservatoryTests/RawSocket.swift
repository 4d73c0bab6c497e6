import Foundation
import Glibc

/// A connection of bytes, for what no well-behaved client sends.
final class RawSocket {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var wait = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        let descriptor = descriptor
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failed(what: "cannot connect to \(port): \(errno)") }
    }

    deinit { close(descriptor) }

    /// Sends bytes; false where the other side has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes next; empty where the other side has closed, nil where nothing comes in time.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? (errno == EAGAIN ? nil : []) : Array(buffer[..<count])
    }

    /// One response of HTTP with its body, or what came before the other side closed.
    func response() -> String {
        var text: [UInt8] = []
        while let part = receive(), !part.isEmpty {
            text += part
            let all = String(decoding: text, as: UTF8.self)
            guard let end = all.range(of: "\r\n\r\n") else { continue }
            if all.hasPrefix("HTTP/1.1 101") || all.hasPrefix("HTTP/1.1 204") { break }
            guard let length = all[..<end.lowerBound].range(of: "content-length: ") else { continue }
            let count = Int(all[length.upperBound...].prefix { $0.isNumber }) ?? 0
            if all[end.upperBound...].utf8.count >= count { break }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Posts a body and returns the whole response.
    func post(_ body: String, headers: String = "content-type: application/json\r\n", host: String = "localhost") -> String {
        send("POST / HTTP/1.1\r\nhost: \(host)\r\n\(headers)content-length: \(body.utf8.count)\r\n\r\n\(body)")
        return response()
    }

    /// Becomes a WebSocket; false where that is refused.
    func upgrade(origin: String? = nil) -> Bool {
        let origin = origin.map { "origin: \($0)\r\n" } ?? ""
        send(
            "GET /ws HTTP/1.1\r\nhost: localhost\r\n\(origin)upgrade: websocket\r\nconnection: upgrade\r\n"
                + "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n")
        return response().hasPrefix("HTTP/1.1 101")
    }

    /// Sends a text as one masked frame.
    @discardableResult
    func sendFrame(_ text: String, opcode: UInt8 = 1) -> Bool {
        let bytes = Array(text.utf8)
        var frame: [UInt8] = [0x80 | opcode]
        if bytes.count < 126 {
            frame.append(0x80 | UInt8(bytes.count))
        } else if bytes.count < 65_536 {
            frame += [0x80 | 126, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)]
        } else {
            frame.append(0x80 | 127)
            frame += (0..<8).map { UInt8(truncatingIfNeeded: UInt64(bytes.count) >> (56 - 8 * UInt64($0))) }
        }
        return send(frame + [0, 0, 0, 0] + bytes)
    }

    private var buffered: [UInt8] = []

    /// The next text frame; nil where none comes.
    func receiveFrame() -> String? {
        while true {
            if buffered.count >= 2 {
                var start = 2
                var count = Int(buffered[1] & 127)
                if count == 126, buffered.count >= 4 {
                    count = Int(buffered[2]) << 8 | Int(buffered[3])
                    start = 4
                } else if count == 127, buffered.count >= 10 {
                    count = buffered[2..<10].reduce(0) { $0 << 8 | Int($1) }
                    start = 10
                } else if count >= 126 {
                    count = .max - 20
                }
                if buffered.count >= start + count {
                    let opcode = buffered[0] & 15
                    let text = String(decoding: buffered[start..<start + count], as: UTF8.self)
                    buffered.removeFirst(start + count)
                    if opcode == 1 { return text }
                    if opcode == 8 { return nil }
                    continue
                }
            }
            guard let part = receive(), !part.isEmpty else { return nil }
            buffered += part
        }
    }
}
