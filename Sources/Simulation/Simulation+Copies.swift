internal import EVM
internal import Ledger

// Backups, restores and repairs of the simulated world.
extension Simulation {
    private static let copy = "/copy"
    private static let restored = "/restored"

    /// Backs the world up as it stands, in the middle of whatever its server is doing, restores the copy elsewhere, and
    /// opens that: everything that has been acknowledged so far must be in it.
    func checkBackup() {
        guard finding == nil, flip == nil, machine?.ledger.status.failure == nil else { return }
        // A copy of the disk with all that the system holds: the world itself is not touched, no fault strikes.
        let image = disk.crashed(seed: 0, keepsEverything: true)
        do throws(LedgerError) {
            let backup = try Ledger.backup(
                folder: Self.folder, to: Self.copy, genesis: base.genesis, disk: image, progress: { _ in })
            let restored = try Ledger.backup(
                folder: Self.copy, to: Self.restored, genesis: base.genesis, disk: image, progress: { _ in })
            guard backup.block == restored.block, backup.head == restored.head else {
                return find("a backup of block \(backup.block) is restored as \(restored.block)")
            }
            // Only what was synced: a backup that is not durable when the command ends is none.
            try openCopy(image.crashed(seed: UInt64(eventCount)), at: backup.block)
            report.backups += 1
        } catch {
            find("the world cannot be backed up and restored: \(error)")
        }
    }

    private func openCopy(_ image: MemoryDisk, at block: UInt64) throws(LedgerError) {
        let threads = SimulatedThreads(self, chance: SeededChance(seed: UInt64(eventCount)))
        let ledger = try Ledger(
            genesis: base.genesis, folder: Self.restored, configuration: SimulationBase.configuration(),
            executor: SimulationBase.executor(base.genesis, canary: options.canary),
            world: LedgerWorld(clock: clock, threads: threads, disk: image))
        if ledger.status.blocks != block { find("a copy of \(block) blocks opens with \(ledger.status.blocks)") }
        checkAfterBoot(ledger)
        threads.die()
        ledger.abandon()
    }

    /// Pages of one segment that the copy has too, well before the end of the log: a copy holds what lies behind its
    /// checkpoint, and what lies before it nobody needs.
    private func pagesInCopy(_ image: MemoryDisk) -> (path: String, pages: [Int])? {
        for path in image.paths where path.hasPrefix(Self.copy + "/log/segment-") {
            let original = Self.folder + path.dropFirst(Self.copy.utf8.count)
            guard let copied = image.bytes(path), let there = image.bytes(original) else { continue }
            // The first record has nothing in front of it that would prove it.
            let firstLength = (0..<4).reduce(0) { $0 | Int(copied[8 + $1]) << (8 * $1) }
            let pages = ((firstLength + 4_095) / 4_096..<copied.count / 4_096).filter { page in
                let range = page * 4_096..<(page + 1) * 4_096
                return copied[range].contains { $0 != 0 } && copied[range] == there[range]
            }
            if pages.count >= 4 { return (original, Array(pages.prefix(pages.count / 2))) }
        }
        return nil
    }

    /// At the end: changes a bit of the log that was durable, and has it repaired from a backup.
    func checkRepair() {
        guard finding == nil else { return }
        let image = disk.crashed(seed: 0, keepsEverything: true)
        var chance = SeededChance(seed: seed ^ 0x7e9a17)
        do throws(LedgerError) {
            _ = try Ledger.backup(
                folder: Self.folder, to: Self.copy, genesis: base.genesis, disk: image, progress: { _ in })
            guard let (path, pages) = pagesInCopy(image) else { return }
            let page = pages[chance.below(pages.count)]
            image.flip(path, bit: (page * 4_096 + chance.below(4_096)) * 8 + chance.below(8))
            _ = try Ledger.repair(folder: Self.folder, from: Self.copy, genesis: base.genesis, disk: image)
            let result = try Ledger.verify(
                folder: Self.folder, genesis: base.genesis,
                executor: SimulationBase.executor(base.genesis, canary: options.canary), disk: image, progress: { _ in })
            if let failure = result.failure { find("a repaired world says: \(failure)") }
            if result.blocks != report.blocks { find("a repaired world has \(result.blocks) of \(report.blocks) blocks") }
            report.repairs += 1
        } catch {
            find("the world cannot be repaired: \(error)")
        }
    }
}

/// The parallel executor with all its workers on one thread: the seed decides whose piece of work comes next.
final class InterleavedExecutor: BlockExecutor {
    private let executor: ParallelExecutor
    private var chance: SeededChance
    var runOperationsMax: Int { executor.runOperationsMax }
    var gainsFromRuns: Bool { executor.gainsFromRuns }

    /// An executor of so many workers.
    init(workers: Int, genesis: LedgerGenesis, chance: SeededChance) {
        let cache = CodeCache()
        let machines = (0..<workers).map { _ in
            Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: cache) as any TransitionMachine
        }
        executor = ParallelExecutor(machines: machines, rules: genesis.rules)
        self.chance = chance
    }

    func execute(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult]
    ) {
        executor.executeInterleaved(operations, in: environment, world: world, into: &results) {
            chance.below(executor.workerCount)
        }
    }

    func view(_ call: ViewCall, in environment: BlockEnvironment, world: any StateView) -> Receipt {
        executor.view(call, in: environment, world: world)
    }
}
