internal import EVM
internal import Foundation
internal import History
internal import Synchronization

extension RPCMethod {
    /// Filters that are asked for news.
    static let filterMethods: [RPCMethod] = [
        RPCMethod("eth_newFilter", ["filter"]) { (service, given) throws(RPCError) in
            let query = try LogQuery(try given.required(0), "filter")
            guard query.blockHash == nil else { throw .invalidParameters("a filter follows the chain; blockHash names one block") }
            return .string(try service.filters.add(.logs(query), head: service.history.head))
        },
        RPCMethod("eth_newBlockFilter") { (service, _) throws(RPCError) in
            .string(try service.filters.add(.blocks, head: service.history.head))
        },
        RPCMethod("eth_newPendingTransactionFilter") { (service, _) throws(RPCError) in
            .string(try service.filters.add(.transactions, head: service.history.head))
        },
        RPCMethod("eth_uninstallFilter", ["id"]) { (service, given) throws(RPCError) in
            .bool(service.filters.remove(try given.filterID()))
        },
        RPCMethod("eth_getFilterChanges", ["id"]) { (service, given) throws(RPCError) in
            try service.filterChanges(try given.filterID())
        },
        RPCMethod("eth_getFilterLogs", ["id"]) { (service, given) throws(RPCError) in
            guard case .logs(let query)? = service.filters.kind(try given.filterID()) else {
                throw .server("filter not found")
            }
            return .array(try service.logs(query).map(service.logJSON))
        },
    ]

    /// What a connection hears of by itself.
    static let subscriptions: [RPCMethod] = [
        RPCMethod("eth_subscribe", ["topic", "options"], body: .caller { (_, given, caller) throws(RPCError) in
            .string(try caller.subscribe(try SubscriptionTopic(try given.required(0), given[1])))
        }),
        RPCMethod("eth_unsubscribe", ["id"], body: .caller { (_, given, caller) throws(RPCError) in
            guard case .string(let id) = try given.required(0) else { throw Read.wrong("id", "a string", given[0] ?? .null) }
            return .bool(caller.unsubscribe(id))
        }),
    ]
}

extension Parameters {
    fileprivate func filterID() throws(RPCError) -> String {
        guard case .string(let id) = try required(0) else { throw Read.wrong("id", "a string", self[0] ?? .null) }
        return id
    }
}

/// What a subscriber wants to hear of.
enum SubscriptionTopic: Sendable {
    case newHeads
    case logs(LogFilter)
    case newPendingTransactions(full: Bool)
    case microBlocks
    case stateChanges(Set<Address>)

    init(_ topic: JSON, _ options: JSON?) throws(RPCError) {
        switch topic {
        case .string("newHeads"): self = .newHeads
        case .string("logs"): self = .logs(try options.map { (json) throws(RPCError) in try LogQuery(json, "options").filter } ?? LogFilter())
        case .string("newPendingTransactions"): self = .newPendingTransactions(full: options == .bool(true))
        case .string("microBlocks"): self = .microBlocks
        case .string("stateChanges"):
            var addresses: Set<Address> = []
            switch options?["address"] {
            case nil, .null: break
            case .array(let listed):
                for address in listed { addresses.insert(try Read.address(address, "options.address")) }
            case .some(let one): addresses.insert(try Read.address(one, "options.address"))
            }
            self = .stateChanges(addresses)
        default:
            throw Read.wrong("topic", "newHeads, logs, newPendingTransactions, microBlocks or stateChanges", topic)
        }
    }
}

/// The filters of all clients, each with where its next answer begins; those that nobody asks for are dropped.
final class FilterTable: Sendable {
    /// What a filter looks for.
    enum Kind: Sendable {
        case logs(LogQuery)
        case blocks
        case transactions
    }

    private struct Entry {
        var kind: Kind
        var next: UInt64
        var askedSeconds: Int64
        var pending: [Hash256] = []
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let limits: ObservatoryLimits

    init(_ limits: ObservatoryLimits) { self.limits = limits }

    private static var nowSeconds: Int64 { Int64(ProcessInfo.processInfo.systemUptime) }

    /// A filter for what comes behind `head`.
    func add(_ kind: Kind, head: UInt64) throws(RPCError) -> String {
        let now = Self.nowSeconds
        let id = "0x" + String(UInt64.random(in: 1...UInt64.max), radix: 16)
        let isAdded = entries.withLock { entries in
            if entries.count >= limits.filtersMax {
                entries = entries.filter { now - $0.value.askedSeconds < limits.filterSecondsMax }
            }
            guard entries.count < limits.filtersMax else { return false }
            entries[id] = Entry(kind: kind, next: head + 1, askedSeconds: now)
            return true
        }
        guard isAdded else { throw .limit("\(limits.filtersMax) filters exist; drop some with eth_uninstallFilter") }
        return id
    }

    func remove(_ id: String) -> Bool { entries.withLock { $0.removeValue(forKey: id) != nil } }
    func kind(_ id: String) -> Kind? { entries.withLock { $0[id]?.kind } }
    var count: Int { entries.withLock { $0.count } }

    /// Takes note of a transaction that was sent to this server and is not final.
    func notePending(_ hash: Hash256) {
        entries.withLock { entries in
            for (id, entry) in entries {
                if case .transactions = entry.kind, entry.pending.count < 4_096 { entries[id]?.pending.append(hash) }
            }
        }
    }

    /// The range of blocks that a filter has not answered yet; it counts as answered.
    func advance(_ id: String, to head: UInt64) -> (kind: Kind, first: UInt64, pending: [Hash256])? {
        entries.withLock { entries in
            guard var entry = entries[id] else { return nil }
            let answer = (entry.kind, entry.next, entry.pending)
            entry.next = max(entry.next, head + 1)
            entry.pending = []
            entry.askedSeconds = Self.nowSeconds
            entries[id] = entry
            return answer
        }
    }
}

extension RPCService {
    func filterChanges(_ id: String) throws(RPCError) -> JSON {
        let head = history.head
        guard let (kind, next, pending) = filters.advance(id, to: head) else { throw .server("filter not found") }
        guard next <= head else { return .array(pending.map { .hash($0) }) }
        switch kind {
        case .logs(var query):
            let wantedFirst = try number(of: query.from)
            query.from = .number(query.from == .latest ? next : max(next, wantedFirst))
            query.to = query.to == .latest ? .number(head) : query.to
            let last = try number(of: query.to)
            guard case .number(let first) = query.from, first <= last else { return [] }
            return .array(try logs(query).map(logJSON))
        case .blocks:
            var hashes: [JSON] = []
            for number in max(next, head >= 10_000 ? head - 9_999 : 1)...head {
                if let block = try RPCError.reading({ () throws(HistoryError) in try history.block(number) }) {
                    hashes.append(.hash(block.digest))
                }
            }
            return .array(hashes)
        case .transactions:
            var hashes = pending
            let known = Set(pending)
            for block in history.recentBlocks(from: next) where hashes.count < 50_000 {
                for entry in block.entries {
                    let hash = history.hash(of: entry.entry)
                    if !known.contains(hash) { hashes.append(hash) }
                }
            }
            return .array(hashes.map { .hash($0) })
        }
    }
}
