import EVM

@testable import Ledger

/// Collects the answers of a ledger.
final class Desk: @unchecked Sendable {
    // Sendable: everything is guarded by `mutex`.
    private let mutex = SystemMutex()
    private let condition = SystemCondition()
    private var answers: [Answer] = []

    var all: [Answer] { mutex.withLock { answers } }

    func take(_ more: [Answer]) {
        mutex.lock()
        answers += more
        condition.broadcast()
        mutex.unlock()
    }

    /// Waits until there are so many answers, or the time is over; returns what there is.
    @discardableResult
    func wait(for count: Int, milliseconds: Int = 20_000) -> [Answer] {
        let deadline = SystemClock.monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
        mutex.lock()
        defer { mutex.unlock() }
        while answers.count < count, SystemClock.monotonicNanoseconds() < deadline {
            condition.wait(mutex, nanoseconds: 2_000_000)
        }
        return answers
    }
}

/// A ledger over the small world, with its storage and its answers.
struct TestLedger {
    let ledger: Ledger
    let desk = Desk()
    let storage: MemoryStorage

    init(
        storage: MemoryStorage = MemoryStorage(), genesis: LedgerGenesis = World.genesis(),
        configuration: LedgerConfiguration = World.configuration(), starts: Bool = true
    ) throws {
        self.storage = storage
        ledger = try Ledger(
            genesis: genesis, storage: storage.files, folder: nil, configuration: configuration,
            executor: World.executor(genesis))
        if starts { start() }
    }

    func start() { ledger.start { [desk] in desk.take($0) } }

    /// Submits and waits for one answer each.
    @discardableResult
    func run(_ submissions: [Submission]) -> [Answer] {
        let before = desk.all.count
        let taken = ledger.submit(submissions)
        precondition(taken == submissions.count, "the queue took \(taken)")
        return Array(desk.wait(for: before + submissions.count).dropFirst(before))
    }

    @discardableResult
    func run(_ operations: [Operation]) -> [Answer] { run(operations.map { .operation($0) }) }

    /// The balance that a view call returns.
    func balance(_ player: Int) -> UInt64? {
        guard case .view(_, let receipt) = run([.view(World.balanceCall(of: player, ticket: 1 << 40))]).first else {
            return nil
        }
        return U256(bigEndian: receipt.output).l0
    }
}

extension Answer {
    /// Whether it is final and new.
    var isFresh: Bool {
        if case .final(_, _, _, _, let repeated) = self { return !repeated }
        return false
    }

    /// The receipt of a final answer.
    var receipt: Receipt? {
        if case .final(_, _, _, let receipt, _) = self { return receipt.decoded() }
        return nil
    }
}

extension [Answer] {
    /// Whether all are final and new.
    var areAllFresh: Bool { allSatisfy { $0.isFresh } }
}
