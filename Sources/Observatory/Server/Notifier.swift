internal import EVM
internal import Foundation
internal import History
internal import Ledger
internal import Synchronization

/// Who hears of new blocks.
protocol Listener: AnyObject, Sendable {
    /// Whether it reads too slowly to be kept.
    var isTooSlow: Bool { get }
    /// Sends a text.
    func send(_ text: [UInt8])
    /// Gives up on one that does not read.
    func drop(_ reason: String)
}

/// Tells subscribers of new blocks: looks some fifty times a second what the log thread has pushed, and makes each text once
/// for all who want the same.
final class Notifier: Sendable {
    private struct Subscription {
        var id: String
        var topic: SubscriptionTopic
        var listener: any Listener
    }

    private let service: RPCService
    private let subscriptions = Mutex<[Subscription]>([])
    private let isStopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)
    private let sent = Atomic<UInt64>(0)
    private let droppedListeners = Atomic<UInt64>(0)

    init(_ service: RPCService) { self.service = service }

    /// Begins, on a thread of its own.
    func start() {
        let thread = Thread { [self] in
            lowerPriority()
            var next = service.history.head + 1
            while !isStopping.load(ordering: .acquiring) {
                usleep(20_000)
                tell(&next)
            }
            ended.signal()
        }
        thread.name = "hoard-notify"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Ends the thread.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        ended.wait()
    }

    /// Subscriptions, notifications sent, and listeners dropped.
    var counts: (subscriptions: Int, sent: UInt64, dropped: UInt64) {
        (subscriptions.withLock { $0.count }, sent.load(ordering: .relaxed), droppedListeners.load(ordering: .relaxed))
    }

    /// Adds a subscription and returns its id.
    func add(_ topic: SubscriptionTopic, _ listener: any Listener) -> String {
        let id = "0x" + String(UInt64.random(in: 1...UInt64.max), radix: 16)
        subscriptions.withLock { $0.append(Subscription(id: id, topic: topic, listener: listener)) }
        if case .stateChanges = topic { service.history.feed.wantWrites(true) }
        return id
    }

    /// Ends subscriptions of a listener: the one of an id, or all.
    @discardableResult
    func remove(_ id: String?, of listener: any Listener) -> Bool {
        let removed = subscriptions.withLock { all in
            let gone = all.filter { $0.listener === listener && (id == nil || $0.id == id) }
            all.removeAll { $0.listener === listener && (id == nil || $0.id == id) }
            return gone
        }
        for case .stateChanges in removed.map(\.topic) { service.history.feed.wantWrites(false) }
        return !removed.isEmpty
    }

    private func tell(_ next: inout UInt64) {
        service.history.refresh()
        let subscriptions = subscriptions.withLock { $0 }
        let head = service.history.head
        guard !subscriptions.isEmpty, head >= next else {
            next = head + 1
            return
        }
        let blocks = service.history.recentBlocks(from: next)
        guard let last = blocks.last else { return }
        next = last.number + 1
        for block in blocks {
            var made: [String: [JSON]] = [:]
            for subscription in subscriptions {
                if subscription.listener.isTooSlow {
                    droppedListeners.wrappingAdd(1, ordering: .relaxed)
                    remove(nil, of: subscription.listener)
                    subscription.listener.drop("you do not read what you have subscribed to")
                    continue
                }
                for result in results(block, subscription.topic, &made) {
                    let text: JSON = [
                        "jsonrpc": "2.0", "method": "eth_subscription",
                        "params": ["subscription": .string(subscription.id), "result": result],
                    ]
                    sent.wrappingAdd(1, ordering: .relaxed)
                    subscription.listener.send(text.encoded)
                }
            }
        }
    }

    /// What a block says to a topic; what several want is made once.
    private func results(_ block: HistoryBlock, _ topic: SubscriptionTopic, _ made: inout [String: [JSON]]) -> [JSON] {
        func once(_ key: String, _ make: () -> [JSON]) -> [JSON] {
            if let known = made[key] { return known }
            let results = make()
            made[key] = results
            return results
        }
        switch topic {
        case .newHeads: return once("heads") { [.object(service.headerJSON(block))] }
        case .logs(let filter):
            return filter.bloomTest(block.bloom.bytes) ? block.logs(filter).map(service.logJSON) : []
        case .newPendingTransactions(let full):
            return once(full ? "full" : "hashes") {
                let entries = block.entries
                if full { return (try? service.transactionsJSON(block, entries)) ?? [] }
                return entries.map { .hash(service.history.hash(of: $0.entry)) }
            }
        case .microBlocks: return once("micro") { [microBlock(block)] }
        case .stateChanges(let addresses): return stateChanges(block, addresses)
        }
    }

    private func microBlock(_ block: HistoryBlock) -> JSON {
        let header = block.header
        let applied = block.appliedCount
        let refused = Int(header.operationCount) - applied
        let opened = header.timestampMilliseconds
        return [
            "number": .int(header.number), "hash": .hash(block.digest), "timestampMilliseconds": .int(opened),
            "durableMilliseconds": .int(block.durableMilliseconds),
            "milliseconds": .int(block.durableMilliseconds > opened ? block.durableMilliseconds - opened : 0),
            "operations": .int(header.operationCount), "applied": .int(applied), "refused": .int(refused),
            "gasUsed": .int(header.gasUsed), "bytes": .int(block.operations.count),
        ]
    }

    private func stateChanges(_ block: HistoryBlock, _ addresses: Set<Address>) -> [JSON] {
        var accounts: [JSON] = []
        for (place, diff) in block.changes.enumerated() {
            for change in diff.accounts where addresses.isEmpty || addresses.contains(change.address) {
                accounts.append([
                    "transactionIndex": .quantity(UInt64(place)), "address": .address(change.address),
                    "nonce": change.account.map { .quantity($0.nonce) } ?? .null,
                    "balance": change.account.map { .quantity($0.balance) } ?? .null,
                    "codeHash": change.account.map { .hash($0.codeHash) } ?? .null,
                ])
            }
            for change in diff.storage where addresses.isEmpty || addresses.contains(change.address) {
                accounts.append([
                    "transactionIndex": .quantity(UInt64(place)), "address": .address(change.address),
                    "slot": .word(change.slot), "value": .word(change.value),
                ])
            }
        }
        guard !accounts.isEmpty else { return [] }
        return [["blockNumber": .quantity(block.number), "blockHash": .hash(block.digest), "changes": .array(accounts)]]
    }
}
