import Glibc

/// One connection to Redis with several requests under way; answers come in the order of the requests.
///
/// Every answer asked for here is an integer, `OK` or a text that does not matter: read in place, no library needed.
final class RedisConnection {
    /// The socket to watch.
    let socket: Int32
    /// Operations under way, oldest first.
    private(set) var underWay: [Request] = []
    private var oldest = 0
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 65_536)

    /// Connects to a server on loopback.
    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            Glibc.close(socket)
            throw PeerFailure(description: "no connection to Redis on port \(port)")
        }
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    /// Ends the connection; nothing else may be called afterwards.
    func close() { Glibc.close(socket) }

    /// How many operations wait for their answers.
    var count: Int { underWay.count - oldest }

    /// Appends a command's words to what is sent next.
    func append(_ words: [some StringProtocol]) {
        outgoing.append(contentsOf: "*\(words.count)\r\n".utf8)
        for word in words { append(word.utf8) }
    }

    /// Appends an operation as a call of the function `operate`.
    func append(_ request: Request) {
        let operation = request.operation
        outgoing.append(contentsOf: "*11\r\n$5\r\nFCALL\r\n$7\r\noperate\r\n$1\r\n2\r\n".utf8)
        append("p\(operation.player)".utf8)
        append("p\(operation.counterparty)".utf8)
        outgoing.append(contentsOf: "$16\r\n".utf8)
        append(number: request.high.bigEndian)
        append(number: request.low.bigEndian)
        outgoing.append(contentsOf: "\r\n".utf8)
        append("\(operation.peerKind)".utf8)
        append("\(operation.item)".utf8)
        append("\(operation.quantity)".utf8)
        append("\(operation.gold)".utf8)
        let parties = "\(operation.peerKind),\(operation.player),\(operation.counterparty)"
        append("\(parties),\(operation.item),\(operation.quantity),\(operation.gold)".utf8)
        underWay.append(request)
    }

    /// Sends what was appended; waits only when the socket is full.
    func flush() throws {
        var sent = 0
        while sent < outgoing.count {
            let count = outgoing.withUnsafeBytes { write(socket, $0.baseAddress! + sent, $0.count - sent) }
            if count < 0 {
                if errno == EINTR { continue }
                throw PeerFailure(description: "Redis closed a connection")
            }
            sent += count
        }
        outgoing.removeAll(keepingCapacity: true)
    }

    /// Reads what has come and calls with every answer.
    func receive(_ body: (Int64) throws -> Void) throws {
        let count = chunk.withUnsafeMutableBytes { read(socket, $0.baseAddress!, $0.count) }
        guard count > 0 else { throw PeerFailure(description: "Redis closed a connection") }
        incoming.append(contentsOf: chunk[..<count])
        var start = 0
        while let end = incoming[start...].firstIndex(of: 0x0A) {
            let line = incoming[start..<max(start, end - 1)]
            var next = end + 1
            let value: Int64
            switch (line.first, Self.number(line.dropFirst())) {
            case (UInt8(ascii: ":"), let number?): value = number
            case (UInt8(ascii: "+"), _): value = 0
            case (UInt8(ascii: "$"), let length?):
                // A text: its length counts, the text is passed over.
                next += Int(length) + 2
                if next > incoming.count {
                    incoming.removeFirst(start)
                    return
                }
                value = length
            default: throw PeerFailure(description: "Redis: " + String(decoding: line, as: UTF8.self))
            }
            start = next
            try body(value)
        }
        incoming.removeFirst(start)
    }

    /// The oldest operation under way, which the next answer belongs to.
    func takeOldest() -> Request {
        let request = underWay[oldest]
        oldest += 1
        if oldest == underWay.count || oldest >= 4096 {
            underWay.removeFirst(oldest)
            oldest = 0
        }
        return request
    }

    /// Sends one command and waits for its integer; `OK` is 0, a text its length.
    func ask(_ words: [String]) throws -> Int64 {
        append(words)
        try flush()
        var answer: Int64?
        while answer == nil { try receive { answer = $0 } }
        return answer ?? 0
    }

    private func append(_ text: some Collection<UInt8>) {
        outgoing.append(contentsOf: "$\(text.count)\r\n".utf8)
        outgoing.append(contentsOf: text)
        outgoing.append(contentsOf: "\r\n".utf8)
    }

    private func append(number: UInt64) {
        withUnsafeBytes(of: number) { outgoing.append(contentsOf: $0) }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        let isNegative = digits.first == UInt8(ascii: "-")
        for digit in isNegative ? digits.dropFirst() : digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return isNegative ? -value : value
    }
}
