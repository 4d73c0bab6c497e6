import Foundation
import Synchronization

/// A small HTTP service on a port of its own, which answers every POST as a function says, byte for byte; a thread for each connection.
final class HookService: Sendable {
    /// What becomes of a request.
    enum Act: Sendable {
        /// These bytes are sent, and the connection ends.
        case says(String)
        /// Nothing comes for so many seconds.
        case hangs(seconds: Double)
        /// A byte every tenth of a second, for so many seconds.
        case trickles(seconds: Double)
        /// The connection ends without an answer.
        case leaves
    }

    let port: Int
    private let listener: Int32
    private let bodies = Mutex<[String]>([])

    /// Bodies that came, in order.
    var asked: [String] { bodies.withLock { $0 } }

    /// An answer with a status and a body.
    static func answer(_ status: String, _ body: String = "", _ headers: String = "") -> Act {
        .says("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\(headers)\r\n\(body)")
    }

    init(_ act: @escaping @Sendable (_ body: String) -> Act) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw CocoaError(.fileWriteUnknown) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                if connection < 0 { return }
                Thread.detachNewThread { self.serve(connection, act) }
            }
        }
    }

    /// Takes no connections any more.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ connection: Int32, _ act: (String) -> Act) {
        defer { close(connection) }
        let body = Self.body(connection)
        bodies.withLock { $0.append(body) }
        func says(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
        switch act(body) {
        case .says(let text): _ = says(text)
        case .hangs(let seconds): usleep(UInt32(seconds * 1e6))
        case .trickles(let seconds):
            guard says("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") else { return }
            for _ in 0..<Int(seconds * 10) {
                usleep(100_000)
                guard says("x") else { return }
            }
        case .leaves: break
        }
    }

    /// The body of a request, as long as its head says.
    private static func body(_ connection: Int32) -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length = head.range(of: "content-length: ").flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
                if text[end.upperBound...].utf8.count >= length { return String(text[end.upperBound...]) }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return text }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
