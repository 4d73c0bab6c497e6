internal import Foundation
internal import Synchronization

/// Which requests are served at all: by the host that they name, the page that they come from, and how many there are.
final class RequestGuard: Sendable {
    private struct Bucket {
        var tokens: Double
        var seconds: Double
    }

    private let hosts: Set<String>
    private let origins: Set<String>
    private let limits: ObservatoryLimits
    private let buckets = Mutex<[String: Bucket]>([:])

    /// `hosts` are the names by which the server may be called, `origins` the pages elsewhere that may ask.
    init(hosts: [String], origins: [String], limits: ObservatoryLimits) {
        self.hosts = Set(hosts.map { $0.lowercased() } + ["localhost", "127.0.0.1", "[::1]"])
        self.origins = Set(origins.map { $0.lowercased() })
        self.limits = limits
    }

    /// Whether the server may be called so. A page elsewhere that has its own name point to this machine is told off here.
    func allows(host: String?) -> Bool {
        guard let host = host?.lowercased() else { return false }
        if hosts.contains("*") { return true }
        return hosts.contains(Self.withoutPort(host))
    }

    private static func withoutPort(_ host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }

    /// Whether a page of this origin may ask: none at all (no browser), the server's own, or one that was named.
    func allows(origin: String?, host: String?) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        if let host = host?.lowercased(), origin == "http://" + host || origin == "https://" + host { return true }
        return origins.contains(origin) || origins.contains("*")
    }

    /// Takes so many requests of an address from its allowance; false where it has none left.
    func takes(_ count: Int, from address: String) -> Bool {
        let now = ProcessInfo.processInfo.systemUptime
        return buckets.withLock { buckets in
            if buckets.count > 10_000 { buckets = buckets.filter { now - $0.value.seconds < 10 } }
            let most = Double(limits.requestsAtOnce)
            var bucket = buckets[address] ?? Bucket(tokens: most, seconds: now)
            bucket.tokens = min(most, bucket.tokens + (now - bucket.seconds) * Double(limits.requestsPerSecond))
            bucket.seconds = now
            let isAllowed = bucket.tokens >= Double(count)
            if isAllowed { bucket.tokens -= Double(count) }
            buckets[address] = bucket
            return isAllowed
        }
    }
}
