import EVM
import Glibc

@testable import Ledger

/// A ledger over the small world on a disk in memory, with all its files there.
struct MemoryLedger {
    static let folder = "/world"
    let ledger: Ledger
    let desk = Desk()
    let disk: MemoryDisk

    init(
        disk: MemoryDisk = MemoryDisk(), genesis: LedgerGenesis = World.genesis(),
        configuration: LedgerConfiguration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 3),
        starts: Bool = true
    ) throws(LedgerError) {
        self.disk = disk
        ledger = try Ledger(
            genesis: genesis, folder: Self.folder, configuration: configuration, executor: World.executor(genesis),
            world: LedgerWorld(clock: RealClock(), threads: RealThreads(), disk: disk))
        if starts { ledger.start { [desk] in desk.take($0) } }
    }

    /// Submits and waits for one answer each.
    @discardableResult
    func run(_ submissions: [Submission], milliseconds: Int = 20_000) -> [Answer] {
        let before = desk.all.count
        let taken = ledger.submit(submissions)
        precondition(taken == submissions.count, "the queue took \(taken)")
        return Array(desk.wait(for: before + submissions.count, milliseconds: milliseconds).dropFirst(before))
    }

    @discardableResult
    func run(_ operations: [Operation]) -> [Answer] { run(operations.map { .operation($0) }) }
}

extension LedgerError {
    /// The error number of the disk's refusal, if that is what it is.
    var diskCode: Int32? {
        if case .disk(let error) = self { return error.code }
        return nil
    }
}
