internal import CLibuv

#if canImport(Glibc)
    internal import Glibc
#endif

/// An IPv4 or IPv6 address with a port, as the kernel wants it.
struct SocketAddress {
    private var storage: sockaddr_storage

    /// Calls `body` with the address in the kernel's form.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    /// An address out of a literal or, when it is none, out of a look-up that blocks: names are
    /// for development (`localhost`); servers and load tools are given addresses.
    static func resolve(
        host: String, port: Int, loop: EventLoop
    ) throws(LoopError) -> SocketAddress {
        let attempt = "resolve \(host):\(port)"
        guard (0...65_535).contains(port) else {
            throw LoopError(
                status: UV_EINVAL.rawValue, trying: "\(attempt), where a port is 0 to 65535")
        }
        if let literal = literal(host: host, port: port) { return literal }
        var request = uv_getaddrinfo_t()
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let status = uv_getaddrinfo(loop.handle, &request, nil, host, String(port), &hints)
        try LoopError.check(status, trying: attempt)
        guard let found = request.addrinfo, let address = found.pointee.ai_addr else {
            throw LoopError(status: UV_EAI_NONAME.rawValue, trying: attempt)
        }
        defer { uv_freeaddrinfo(found) }
        var result = SocketAddress(storage: sockaddr_storage())
        memcpy(&result.storage, address, Int(found.pointee.ai_addrlen))
        return result
    }

    private static func literal(host: String, port: Int) -> SocketAddress? {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        var result = SocketAddress(storage: sockaddr_storage())
        if uv_ip4_addr(host, Int32(port), &four) == 0 {
            memcpy(&result.storage, &four, MemoryLayout<sockaddr_in>.size)
            return result
        }
        if uv_ip6_addr(host, Int32(port), &six) == 0 {
            memcpy(&result.storage, &six, MemoryLayout<sockaddr_in6>.size)
            return result
        }
        return nil
    }

    /// The port of the address that `read` fills in, or 0.
    static func port(
        _ read: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> CInt
    ) -> Int {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let status = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                read($0, &length)
            }
            guard status == 0 else { return 0 }
            // The port stands at the same place in both families, in network order.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
        }
    }
}
