import EVM
import Testing

@testable import Ledger

/// What the anchor service gathers for anchors and for checkpoints, whenever either of them comes.
@Suite struct AnchorChangesTests {
    /// Changes of a few accounts: written, deleted, emptied, and slots that are written over and over.
    private static func diff(_ random: inout SeededGenerator) -> StateDiff {
        var diff = StateDiff()
        for number in 0..<Int.random(in: 1..<4, using: &random) {
            let address = World.player(number * 3 + Int.random(in: 0..<3, using: &random))
            let kind = Int.random(in: 0..<8, using: &random)
            if kind == 0 {
                diff.accounts.append(AccountChange(address: address, account: nil))
                continue
            }
            diff.accounts.append(
                AccountChange(
                    address: address, account: AccountState(nonce: UInt64.random(in: 1..<99, using: &random)),
                    storageCleared: kind == 1))
            for slot in 0..<12 where Bool.random(using: &random) {
                diff.storage.append(
                    StorageChange(
                        address: address, slot: U256(UInt64(slot)), value: U256(UInt64.random(in: 0..<3, using: &random))))
            }
        }
        return diff
    }

    private static func seed() -> CheckpointSeed {
        CheckpointSeed(
            position: CheckpointPosition(
                block: 1, digest: .zero, timestampMilliseconds: 0, operationCount: 0, gasUsed: 0, resultsState: [],
                blockHashes: [], nextBlockHash: 0, receiptsEnd: 0), ids: IdTable())
    }

    @Test func `many changes at once lead to the same root as one by one`() {
        var random = SeededGenerator(state: 5)
        let single = StateTrie()
        let many = MerkleStateRoot()
        for round in 0..<12 {
            let changes = MergedChanges()
            // Sizes around those of a batch, accounts that come again, and slots that become zero again.
            for number in 0..<[1, 31, 32, 33, 200][round % 5] {
                var diff = StateDiff()
                let address = World.player(Int.random(in: 0..<300, using: &random))
                let isGone = round > 2 && number % 11 == 0
                diff.accounts.append(
                    AccountChange(address: address, account: isGone ? nil : AccountState(nonce: UInt64(round + number + 1))))
                for _ in 0..<(isGone ? 0 : number % 70) {
                    diff.storage.append(
                        StorageChange(
                            address: address, slot: U256(UInt64.random(in: 0..<90, using: &random)),
                            value: U256(UInt64.random(in: 0..<3, using: &random))))
                }
                changes.merge(diff)
                single.apply(diff)
            }
            many.apply(changes)
            #expect(many.root() == single.root())
        }
        #expect(many.trie.accountCount == single.accountCount && single.accountCount > 100)
    }

    @Test(arguments: 0..<UInt64(40))
    func `roots and runs are right, though recovery hands one object over for both`(_ number: UInt64) throws {
        var random = SeededGenerator(state: number)
        let tail = MergedChanges()
        let trie = StateTrie()
        let world = WorldState()
        let disk = MemoryDisk()
        try disk.makeFolder("/runs")
        for _ in 0..<Int.random(in: 0..<6, using: &random) {
            let diff = Self.diff(&random)
            tail.merge(diff)
            trie.apply(diff)
            world.apply(diff)
        }
        let service = AnchorService(
            tracker: MerkleStateRoot(), file: nil, pending: tail, block: 0, digest: .zero, sinceCut: tail, report: { _ in })
        var runs: [StateRunInfo] = []
        func collect() throws {
            guard let (_, changes) = service.collectCut() else { return }
            let work = try StateRunFromChanges(changes, disk: disk, folder: "/runs", sequence: UInt64(runs.count))
            while true {
                guard let made = try work.advance() else { continue }
                return runs.append(made)
            }
        }
        for block in 1...60 {
            let diff = Self.diff(&random)
            var writes = ByteBuffer()
            writes.append(diff)
            service.put(block: UInt64(block), digest: .zero, writes: writes.bytes)
            trie.apply(diff)
            world.apply(diff)
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                try collect()
                service.cut(Self.seed())
            case 2: #expect(service.anchorNow().stateRoot == trie.root(), "block \(block)")
            case 3: try collect()
            default: break
            }
        }
        try collect()
        service.cut(Self.seed())
        try collect()
        #expect(service.anchorNow().stateRoot == trie.root())
        let loaded = WorldState()
        try StateLoader(disk: disk, folder: "/runs", threads: LedgerWorld.real.threads).load(runs, into: loaded)
        #expect(loaded.contents == world.contents)
    }
}
