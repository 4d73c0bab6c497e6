import Glibc

/// Says which sockets can be read; one thread waits for all of them.
struct Poller {
    private var entries: [pollfd]

    /// A poller over sockets, which are numbered in their order.
    init(_ sockets: [Int32]) {
        entries = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    }

    /// Waits, at most ten seconds, and calls with the number of every socket that can be read; false when nothing came.
    mutating func wait(_ body: (Int) throws -> Void) throws -> Bool {
        let count = poll(&entries, nfds_t(entries.count), 10_000)
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        for index in entries.indices where entries[index].revents != 0 { try body(index) }
        return true
    }
}

/// A TCP port of loopback that was free a moment ago.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
        }
    }
    guard status == 0 else { throw PeerFailure(description: "no free port on 127.0.0.1") }
    return Int(UInt16(bigEndian: address.sin_port))
}

/// 127.0.0.1 with a port.
func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}
