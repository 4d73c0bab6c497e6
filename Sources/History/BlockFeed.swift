public import Ledger
internal import Synchronization

/// Takes durable blocks from the log thread, which never waits for it: a push is a copy and an exchange of a pointer.
///
/// Bounded: when as many bytes wait as may, the older half is dropped, and whoever reads finds a gap and reads it from disk.
public final class BlockFeed: BlockObserver, @unchecked Sendable {
    // Sendable: everything is atomic; a node is written before it is published and belongs to whoever takes it.
    private final class Node {
        let block: HistoryBlock
        var next: UInt = 0

        init(_ block: HistoryBlock) { self.block = block }
    }

    private let current = Atomic<UInt>(0)
    private let former = Atomic<UInt>(0)
    private let currentBytes = Atomic<Int>(0)
    private let head = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)
    private let wantsWrites = Atomic<Int>(0)
    private let bytesMax: Int

    /// An empty feed.
    public init(bytesMax: Int = HistoryLimits.feedBytesMax) { self.bytesMax = bytesMax }

    deinit { _ = take() }

    /// Copies a block; on the log thread.
    public func blockIsDurable(_ block: DurableBlock) {
        let copy = HistoryBlock(block, keepsWrites: wantsWrites.load(ordering: .relaxed) > 0)
        if currentBytes.wrappingAdd(copy.byteCount, ordering: .relaxed).newValue > bytesMax / 2 {
            currentBytes.store(copy.byteCount, ordering: .relaxed)
            let older = current.exchange(0, ordering: .acquiringAndReleasing)
            let count = Self.release(former.exchange(older, ordering: .acquiringAndReleasing)) { _ in }
            dropped.wrappingAdd(count, ordering: .relaxed)
        }
        let node = Node(copy)
        let pointer = UInt(bitPattern: Unmanaged.passRetained(node).toOpaque())
        node.next = current.load(ordering: .acquiring)
        while true {
            let (isDone, seen) = current.compareExchange(
                expected: node.next, desired: pointer, ordering: .acquiringAndReleasing)
            if isDone { break }
            node.next = seen
        }
        head.store(copy.number, ordering: .releasing)
    }

    /// Takes a list apart from its newest node on.
    private static func release(_ top: UInt, _ body: (HistoryBlock) -> Void) -> UInt64 {
        var pointer = top
        var count: UInt64 = 0
        while let opaque = UnsafeRawPointer(bitPattern: pointer) {
            let node = Unmanaged<Node>.fromOpaque(opaque).takeRetainedValue()
            body(node.block)
            pointer = node.next
            count += 1
        }
        return count
    }

    /// All blocks that wait, the oldest first.
    func take() -> [HistoryBlock] {
        // The newer list first: what moves to the other one meanwhile is taken with it.
        let newer = current.exchange(0, ordering: .acquiringAndReleasing)
        if newer != 0 { currentBytes.store(0, ordering: .relaxed) }
        let older = former.exchange(0, ordering: .acquiringAndReleasing)
        var blocks: [HistoryBlock] = []
        _ = Self.release(newer) { blocks.append($0) }
        _ = Self.release(older) { blocks.append($0) }
        return blocks.sorted { $0.number < $1.number }
    }

    /// Whether something waits.
    var hasBlocks: Bool { current.load(ordering: .acquiring) != 0 || former.load(ordering: .acquiring) != 0 }
    /// The last block that was pushed; 0 where none was.
    public var lastPushed: UInt64 { head.load(ordering: .acquiring) }
    /// Blocks that were dropped because nobody took them in time.
    public var droppedCount: UInt64 { dropped.load(ordering: .relaxed) }
    /// Bytes that wait in the newer list.
    public var waitingBytes: Int { currentBytes.load(ordering: .relaxed) }

    /// Has write sets copied too, as long as somebody wants them.
    public func wantWrites(_ isWanted: Bool) {
        _ = isWanted
            ? wantsWrites.wrappingAdd(1, ordering: .relaxed) : wantsWrites.wrappingSubtract(1, ordering: .relaxed)
    }
}
