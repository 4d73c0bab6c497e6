public import EVM
public import Economy
internal import Foundation
public import Ledger
internal import Synchronization

/// What a world has done: its blocks with their receipts and logs, and the way of every player and item.
///
/// The newest blocks are in memory, as the log thread handed them over; all of them are in the index on disk, which follows.
/// Nothing here reaches what executes.
public final class History: @unchecked Sendable {
    // Sendable: the tail is guarded, the store is safe, the indexer has its own thread.
    /// Takes blocks from the ledger.
    public let feed: BlockFeed
    /// The world's genesis.
    public let genesis: LedgerGenesis
    /// The game's meaning.
    public let game: Game
    /// The world's name: the hash of block 0.
    public let worldID: Hash256
    let store: HistoryStore
    let signed: SignedTransactions
    private let folder: String
    private let tail = Mutex(Tail())
    private let indexed: Mutex<HistoryStore.Progress>
    private let failure = Mutex<String?>(nil)
    /// Anchors by block, rising.
    private let anchors: Mutex<[Anchor]>
    private let durableAtStart: UInt64
    /// A receipt that may be damaged or on its way to the file; used by whoever indexes.
    private(set) var doubt: ReceiptDoubt?
    private let isStopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)
    private let hasThread = Atomic<Bool>(false)
    /// Whether the indexer makes way for a load.
    private let isResting = Atomic<Bool>(false)

    /// The newest blocks, without a gap.
    private struct Tail {
        var blocks: [HistoryBlock] = []
        var bytes = 0
    }

    /// The history of the world in a data folder, whose ledger stands at block `durable`; made where there is none.
    public init(
        dataFolder: String, genesis: LedgerGenesis, game: Game, durable: UInt64, feed: BlockFeed = BlockFeed()
    ) throws(HistoryError) {
        self.feed = feed
        self.genesis = genesis
        self.game = game
        folder = dataFolder
        durableAtStart = durable
        worldID = genesis.digest
        let path = dataFolder + "/history/index.sqlite"
        store = try HistoryStore(path: path, world: worldID)
        signed = try SignedTransactions(path: dataFolder + "/history/signed.sqlite")
        indexed = Mutex(try store.progress())
        let archive = try? BlockArchive(folder: dataFolder, genesisDigest: worldID)
        anchors = Mutex((try? archive?.anchors()) ?? [])
    }

    // MARK: Anchors

    /// The last anchor that was noted.
    public var lastAnchor: Anchor? { anchors.withLock { $0.last } }

    /// Takes note of an anchor.
    public func note(_ anchor: Anchor) {
        anchors.withLock { if ($0.last?.block ?? 0) < anchor.block { $0.append(anchor) } }
    }

    /// The anchor of a block, if it is one.
    public func anchor(at block: UInt64) -> Anchor? {
        anchors.withLock { anchors in
            var low = 0
            var high = anchors.count
            while low < high {
                let middle = (low + high) / 2
                if anchors[middle].block < block { low = middle + 1 } else { high = middle }
            }
            return low < anchors.count && anchors[low].block == block ? anchors[low] : nil
        }
    }

    /// The nonces of transactions of one block; for a session, whose transactions have none of their own, as many as its
    /// account had sent before.
    public func nonces(of entries: [LedgerEntry]) throws(HistoryError) -> [UInt64] {
        let sessions = entries.filter { $0.transaction.nonce == nil }
        var counted: [UInt32: UInt64] = [:]
        if let number = sessions.first?.block {
            let senders = sessions.map { (account: $0.transaction.sender, place: Int($0.index)) }
            var known = number <= indexedBlock ? try store.nonces(of: senders, in: number) : nil
            if known == nil {
                var (counts, last) = try store.sentCounts(of: Set(senders.map(\.account)))
                if last >= number { known = try store.nonces(of: senders, in: number) }
                for block in recentBlocks(from: last + 1) where block.number <= number {
                    for other in block.entries.map(\.entry) {
                        guard let count = counts[other.transaction.sender] else { continue }
                        if block.number == number { counted[other.index] = count }
                        counts[other.transaction.sender] = count + 1
                    }
                }
            }
            for (entry, nonce) in zip(sessions, known ?? []) { counted[entry.index] = nonce }
        }
        return entries.map { $0.transaction.nonce ?? counted[$0.index] ?? 0 }
    }

    // MARK: Where it stands

    /// Takes over what the log thread has pushed; cheap where nothing is new.
    public func refresh() {
        guard feed.hasBlocks else { return }
        let indexedLast = indexedBlock
        tail.withLock { tail in
            for block in feed.take() {
                if let last = tail.blocks.last, block.number != last.number + 1 { tail = Tail() }
                tail.blocks.append(block)
                tail.bytes += block.byteCount
            }
            var count = 0
            while tail.blocks.count - count > 1 {
                let oldest = tail.blocks[count]
                let isMuch =
                    tail.bytes > HistoryLimits.recentBytesMax || tail.blocks.count - count > HistoryLimits.recentBlocksMax
                guard isMuch, oldest.number <= indexedLast || tail.bytes > HistoryLimits.feedBytesMax else { break }
                tail.bytes -= oldest.byteCount
                count += 1
            }
            tail.blocks.removeFirst(count)
        }
    }

    /// The last durable block.
    public var head: UInt64 {
        refresh()
        return max(feed.lastPushed, durableAtStart)
    }

    /// The last block of the index on disk.
    public var indexedBlock: UInt64 { indexed.withLock { $0.last } }
    /// The first block of the history; 0 where it has none.
    public var firstBlock: UInt64 { indexed.withLock { $0.first } }
    /// Operations in the index.
    public var indexedOperations: UInt64 { indexed.withLock { $0.operations } }
    /// Why the index is not kept any more; nil while it is.
    public var indexFailure: String? { failure.withLock { $0 } }

    /// Whether every block can be asked for: nothing lies between the index and what is in memory.
    public var isComplete: Bool {
        let head = head
        let last = indexedBlock
        return last >= head || !hasGap
    }

    /// Whether blocks lie between the index and what is in memory.
    private var hasGap: Bool {
        let last = indexedBlock
        let first = tail.withLock { $0.blocks.first?.number }
        return first.map { $0 > last + 1 } ?? (durableAtStart > last)
    }

    // MARK: Blocks

    /// A block; nil where it does not exist, or is not indexed yet.
    public func block(_ number: UInt64) throws(HistoryError) -> HistoryBlock? {
        refresh()
        if let known = tail.withLock({ Self.find(number, $0) }) { return known }
        return try store.block(number)
    }

    private static func find(_ number: UInt64, _ tail: Tail) -> HistoryBlock? {
        guard let first = tail.blocks.first?.number, number >= first, number - first < UInt64(tail.blocks.count) else {
            return nil
        }
        return tail.blocks[Int(number - first)]
    }

    /// The block with this hash.
    public func block(digest: Hash256) throws(HistoryError) -> HistoryBlock? {
        refresh()
        if let known = tail.withLock({ $0.blocks.last { $0.digest == digest } }) { return known }
        return try store.block(digest: digest)
    }

    /// The blocks in memory from a number on, at most so many.
    public func recentBlocks(from number: UInt64, limit: Int = .max) -> [HistoryBlock] {
        refresh()
        return tail.withLock { tail in
            guard let first = tail.blocks.first?.number else { return [] }
            let skipped = number > first ? Int(min(number - first, UInt64(tail.blocks.count))) : 0
            return Array(tail.blocks[skipped...].prefix(limit))
        }
    }

    /// The digest that BLOCKHASH sees of a block before `current`.
    public func blockHash(_ number: UInt64, before current: UInt64) -> Hash256 {
        guard number < current, number + 256 >= current else { return .zero }
        if number == 0 { return worldID }
        return (try? block(number))?.digest ?? .zero
    }

    /// Where the operation of an id stands.
    public func place(of id: OperationID) throws(HistoryError) -> (block: HistoryBlock, place: Int)? {
        refresh()
        let last = indexedBlock
        if let found = try store.place(of: id), let block = try block(found.block) { return (block, found.place) }
        for block in tail.withLock({ $0.blocks }) where block.number > last {
            if let place = block.place(of: id) { return (block, place) }
        }
        return nil
    }

    // MARK: The way of players and items

    /// The latest operations of an account, the newest first.
    public func operations(
        of account: Address, before: (block: UInt64, place: Int)? = nil, limit: Int
    ) throws(HistoryError) -> [HistoryEntry] {
        try entries(store.operations(of: account, before: before, limit: limit))
    }

    /// The latest operations that moved an item, the newest first.
    public func operations(
        moving asset: UInt64, before: (block: UInt64, place: Int)? = nil, limit: Int
    ) throws(HistoryError) -> [HistoryEntry] {
        try entries(store.operations(moving: asset, before: before, limit: limit))
    }

    private func entries(_ places: [(block: UInt64, place: Int)]) throws(HistoryError) -> [HistoryEntry] {
        var found: [HistoryEntry] = []
        var last: HistoryBlock?
        for place in places {
            if last?.number != place.block { last = try block(place.block) }
            if let last { found.append(last.entries[place.place]) }
        }
        return found
    }

    /// Units by asset and way since a minute.
    public func flows(since minute: UInt64) throws(HistoryError) -> [FlowRow] { try store.flows(since: minute) }
    /// Units of one asset by way and minute.
    public func flowSeries(asset: UInt64, since minute: UInt64) throws(HistoryError) -> [FlowPoint] {
        try store.flowSeries(asset: asset, since: minute)
    }
    /// Counts by action and outcome.
    public func totals() throws(HistoryError) -> [ActionTotal] { try store.totals() }
    /// The items that most was paid for.
    public func topItems(since minute: UInt64, limit: Int) throws(HistoryError) -> [ItemSales] {
        try store.topItems(since: minute, limit: limit)
    }
    /// What was paid for an item.
    public func prices(of asset: UInt64, since minute: UInt64) throws(HistoryError) -> [PricePoint] {
        try store.prices(of: asset, since: minute)
    }
    /// The running digest of results before a block, as the library keeps it; nil where it is not known.
    public func resultsState(before number: UInt64) throws(HistoryError) -> [UInt8]? {
        try store.resultsState(before: number)
    }

    // MARK: The index

    /// Begins to index on a thread of its own, which takes only what others leave of the processors unless told otherwise.
    public func start(inIdleTime: Bool = true) {
        guard !hasThread.exchange(true, ordering: .sequentiallyConsistent) else { return }
        let thread = Thread { [self] in
            if inIdleTime { IndexerThread.takeOnlyIdleTime() }
            isResting.store(inIdleTime, ordering: .relaxed)
            while !isStopping.load(ordering: .acquiring) {
                let began = ContinuousClock.now
                // Receipts that are not in their file yet come when more of them do; looking for them reads a segment.
                if !step(refreshing: false) {
                    usleep(hasGap ? 500_000 : 20_000)
                } else if inIdleTime {
                    rest(after: ContinuousClock.now - began)
                }
            }
            ended.signal()
        }
        thread.name = "hoard-index"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Rests after a piece of work as long as blocks come in: idle time is not free, it shares caches, memory and the disk with
    /// what is being served.
    private func rest(after worked: Duration) {
        var pause = IndexerPause(after: worked, ticks: ProcessorTicks.now())
        while !isStopping.load(ordering: .acquiring), let slice = pause.next(ticks: ProcessorTicks.now()) {
            let pushed = feed.lastPushed
            usleep(slice)
            if feed.lastPushed == pushed { return }
        }
    }

    /// Seconds that a stopping server spends on its index at most.
    private static let stopSeconds = 5.0

    /// Ends the thread and indexes what is left, for some seconds.
    public func stop() {
        guard hasThread.load(ordering: .acquiring) else { return }
        isStopping.store(true, ordering: .releasing)
        ended.wait()
        // What is left is indexed by the next start.
        let end = Date().addingTimeInterval(Self.stopSeconds)
        while Date() < end, step() {}
    }

    /// Indexes what can be indexed now; false where there is nothing.
    ///
    /// Whoever runs in idle time does not take over what the log thread has pushed: it could be set aside while others wait
    /// for the lock. They do it themselves, some fifty times a second.
    @discardableResult
    public func step(refreshing: Bool = true) -> Bool {
        guard indexFailure == nil else { return false }
        if refreshing { refresh() }
        do throws(HistoryError) {
            return try advance()
        } catch {
            failure.withLock { $0 = error.description }
            return false
        }
    }

    private func advance() throws(HistoryError) -> Bool {
        var progress = indexed.withLock { $0 }
        let next = progress.last + 1
        let recent = tail.withLock { $0.blocks }
        var batch: [HistoryBlock] = []
        if let first = recent.first?.number, first <= next, next - first < UInt64(recent.count) {
            var bytes = 0
            batch = Array(
                recent[Int(next - first)...].prefix { block in
                    bytes += block.byteCount
                    return bytes <= HistoryLimits.batchBytesMax || bytes == block.byteCount
                })
        }
        if !batch.isEmpty {
            if progress.last == 0, next == 1 { progress.receiptsOffset = 8 }
            try enter(batch, &progress)
            return true
        }
        let last = recent.first.map { $0.number - 1 } ?? durableAtStart
        guard last >= next else { return false }
        return try catchUp(progress, to: last)
    }

    private func enter(_ batch: [HistoryBlock], _ progress: inout HistoryStore.Progress) throws(HistoryError) {
        try store.write(batch, game, &progress)
        let reached = progress
        indexed.withLock { $0 = reached }
    }

    /// Indexes blocks from the log's and the receipts' files.
    private func catchUp(_ start: HistoryStore.Progress, to last: UInt64) throws(HistoryError) -> Bool {
        var progress = start
        var failure: HistoryError?
        var batch: [HistoryBlock] = []
        var bytes = 0
        var isCleared = false
        func clear() throws(LedgerError) {
            do throws(HistoryError) { try store.clear() } catch {
                throw .disk(LogError(call: "clear", file: store.path, reason: error.description))
            }
        }
        do throws(LedgerError) {
            let archive = try BlockArchive(folder: folder, genesisDigest: worldID)
            var first = progress.last + 1
            if let oldest = try archive.firstBlock(), oldest > first {
                // Blocks between are gone for good: without a gap it can only begin anew.
                if progress.last > 0 {
                    progress = HistoryStore.Progress()
                    isCleared = true
                }
                first = oldest
            }
            if isCleared { try clear() }
            if first == 1 { progress.receiptsOffset = 8 }
            let begun = first
            try archive.visit(from: first, to: last, receiptsOffset: progress.receiptsOffset, doubt: &doubt) { block in
                if block.header.number == begun, begun > 1, progress.receiptsOffset == nil {
                    progress.receiptsOffset = archive.receiptsOffset
                }
                let copy = HistoryBlock(block, isLive: false)
                batch.append(copy)
                bytes += copy.byteCount
                guard bytes >= HistoryLimits.batchBytesMax else { return true }
                let began = ContinuousClock.now
                do throws(HistoryError) {
                    try enter(batch, &progress)
                } catch {
                    failure = error
                    return false
                }
                batch = []
                bytes = 0
                if isResting.load(ordering: .relaxed) { rest(after: ContinuousClock.now - began) }
                return !isStopping.load(ordering: .acquiring)
            }
        } catch {
            throw HistoryError("the log cannot be indexed: \(error)")
        }
        if let failure { throw failure }
        if !batch.isEmpty { try enter(batch, &progress) }
        return progress.last > start.last || isCleared && progress.last > 0
    }
}
