public import EVM
public import Economy
public import Ledger
import Wire

/// One operation of a run, as far as a comparison needs it.
public struct ComparedOperation: Sendable {
    /// Its id in hexadecimal digits.
    public let id: String
    public let transaction: Transaction
    public let receipt: Receipt
}

/// A run of operations whose running digest is known at some places.
public protocol OperationRun {
    /// Operations in all.
    var count: Int { get }
    /// Counts of operations at which the digest over all so far is known, rising.
    var marks: [Int] { get }
    /// The digest over the first so many operations.
    func digest(at mark: Int) -> Hash256?
    /// Operations of a range, in order.
    func operations(_ range: Range<Int>) throws -> [ComparedOperation]
}

/// A world in its folder: digests stand in the heads of its blocks.
public final class FolderRun: OperationRun {
    private let folder: String
    private let genesis: LedgerGenesis
    private let makeExecutor: (LedgerGenesis) -> any BlockExecutor
    private let inspection: LedgerInspection
    private var digests: [Int: Hash256] = [:]
    /// The block that ends at each mark.
    private var blocks: [Int: UInt64] = [:]
    public private(set) var marks: [Int] = []
    public var count: Int { marks.last ?? 0 }

    /// Reads the heads of the blocks and executes nothing.
    public init(
        folder: String, genesis: LedgerGenesis, makeExecutor: @escaping (LedgerGenesis) -> any BlockExecutor
    ) throws {
        self.folder = folder
        self.genesis = genesis
        self.makeExecutor = makeExecutor
        inspection = try LedgerInspection(folder: folder, genesis: genesis, executor: makeExecutor(genesis), upTo: 0)
        try WorldRecorder.requireWholeLog(inspection)
        var sum = 0
        try inspection.forEachBlock(after: 0) { block throws(LedgerError) in
            sum += Int(block.header.operationCount)
            marks.append(sum)
            digests[sum] = block.header.resultsDigest
            blocks[sum] = block.header.number
            return true
        }
    }

    /// The digest that stands in the head of the block that ends there.
    public func digest(at mark: Int) -> Hash256? { digests[mark] }

    /// Executes up to the end of the range and returns its operations with their receipts.
    public func operations(_ range: Range<Int>) throws -> [ComparedOperation] {
        guard let end = marks.first(where: { $0 >= range.upperBound }), let last = blocks[end] else { return [] }
        let executed = try LedgerInspection(folder: folder, genesis: genesis, executor: makeExecutor(genesis), upTo: last)
        var operations: [ComparedOperation] = []
        var place = 0
        try inspection.forEachBlock(after: 0) { block throws(LedgerError) in
            for operation in block.operations {
                if range.contains(place), let entry = try executed.entry(operation.id) {
                    operations.append(
                        ComparedOperation(id: operation.id.hex, transaction: operation.transaction, receipt: entry.receipt))
                }
                place += 1
            }
            return place < range.upperBound
        }
        return operations
    }
}

/// A match played in process, with every operation kept.
public final class TrailRun: OperationRun {
    private let trail: [ComparedOperation]
    private let digests: [Hash256]
    public var count: Int { trail.count }
    public var marks: [Int] { Array(1...max(1, trail.count)) }

    /// Plays a plan and keeps what it did.
    public init(_ plan: ReplayPlan, game: Game, genesis: LedgerGenesis, executor: any BlockExecutor) throws(ReplayError) {
        let replay = try InProcessReplay(plans: [plan], game: game, genesis: genesis, executor: executor)
        var trail: [ComparedOperation] = []
        var digests: [Hash256] = []
        replay.onOperation = { operation, receipt, digest in
            trail.append(ComparedOperation(id: operation.id.hex, transaction: operation.transaction, receipt: receipt))
            digests.append(digest)
        }
        replay.run()
        self.trail = trail
        self.digests = digests
    }

    /// The digest after so many operations.
    public func digest(at mark: Int) -> Hash256? { mark > 0 && mark <= digests.count ? digests[mark - 1] : nil }

    /// From memory.
    public func operations(_ range: Range<Int>) -> [ComparedOperation] { Array(trail[range]) }
}

/// Where two runs part.
public struct RunComparison: Sendable {
    /// How many operations are equal from the start.
    public let equalCount: Int
    /// Operations of each.
    public let counts: (first: Int, second: Int)
    /// The first operation that differs, as each has it; nil where a run has ended before.
    public let first: ComparedOperation?
    public let second: ComparedOperation?
    /// How often digests were looked at.
    public let probes: Int

    /// Whether the runs are the same to the end.
    public var isEqual: Bool { first == nil && second == nil }

    /// What differs first, as a word: the operation itself, or what came of it.
    public var difference: String {
        guard let first, let second else { return isEqual ? "nothing" : "one run ends before the other" }
        if first.id != second.id { return "another operation" }
        return first.transaction == second.transaction ? "the same operation came to something else" : "the operation asks for something else"
    }

    /// Finds the first operation in which two runs differ: digests are bisected, and the operations of what is left compared.
    public static func compare(_ first: some OperationRun, _ second: some OperationRun) throws -> RunComparison {
        let known = Set(second.marks)
        let common = first.marks.filter(known.contains)
        var low = 0
        var high = common.count
        var probes = 0
        // All before `low` agree, all from `high` on differ.
        while low < high {
            let middle = (low + high) / 2
            probes += 1
            if first.digest(at: common[middle]) == second.digest(at: common[middle]) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let start = low == 0 ? 0 : common[low - 1]
        let end = low < common.count ? common[low] : max(first.count, second.count)
        let left = try first.operations(start..<max(start, min(end, first.count)))
        let right = try second.operations(start..<max(start, min(end, second.count)))
        var place = 0
        while place < left.count, place < right.count, isSame(left[place], right[place]) { place += 1 }
        return RunComparison(
            equalCount: start + place, counts: (first.count, second.count),
            first: place < left.count ? left[place] : nil, second: place < right.count ? right[place] : nil,
            probes: probes)
    }

    private static func isSame(_ one: ComparedOperation, _ other: ComparedOperation) -> Bool {
        one.id == other.id && one.transaction == other.transaction && one.receipt == other.receipt
    }
}
