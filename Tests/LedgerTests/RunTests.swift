import EVM
import Testing

@testable import Ledger

/// Sorted runs on disk: ids with their filters, state and its merges.
@Suite struct RunTests {
    private let hash = IdHash(seed: 0x1234_5678_9abc_def1)

    private func disk() throws -> MemoryDisk {
        let disk = MemoryDisk()
        try disk.makeFolder("/runs")
        return disk
    }

    private func id(_ number: Int) -> OperationID {
        OperationID(high: UInt64(number) &* 0x9e37_79b9_7f4a_7c15, low: UInt64(number))
    }

    private func run(_ numbers: Range<Int>, _ sequence: UInt64, on disk: MemoryDisk) throws -> IdRun {
        let table = IdTable()
        for number in numbers {
            table.table.findOrClaim(id(number)).pointee = OperationEntry(id: id(number), location: UInt64(number) + 8)
        }
        let work = try IdRunFromTable(table, disk: disk, folder: "/runs", sequence: sequence, hash: hash)
        while true {
            if let run = try work.advance() { return run }
        }
    }

    @Test(arguments: [1, 7, 170, 171, 5_000, 40_000])
    func `every id of a run is found, no other is, and few pages are read`(_ count: Int) throws {
        let disk = try disk()
        let made = try run(0..<count, 0, on: disk)
        let opened = try IdRun(disk: disk, folder: "/runs", info: made.info)
        for number in 0..<count {
            #expect(try opened.find(id(number), hash(id(number))) == UInt64(number) + 8)
        }
        let before = opened.pagesRead
        for number in count..<count + 100_000 {
            if try opened.find(id(number), hash(id(number))) != nil { Issue.record("\(number) was found") }
        }
        #expect(opened.pagesRead - before < 60, "read \(opened.pagesRead - before) pages for 100,000 new ids")
        #expect(opened.memoryByteCount <= 64 + count * 4)
    }

    @Test func `runs that are merged hold what they held`() throws {
        let disk = try disk()
        let runs = try [run(0..<3_000, 0, on: disk), run(3_000..<3_001, 1, on: disk), run(3_001..<9_000, 2, on: disk)]
        let work = try IdRunMerge(runs, disk: disk, folder: "/runs", sequence: 3, hash: hash)
        var merged: IdRun?
        while merged == nil { merged = try work.advance() }
        #expect(merged?.info.count == 9_000)
        for number in 0..<9_000 {
            #expect(try merged?.find(id(number), hash(id(number))) == UInt64(number) + 8)
        }
    }

    @Test func `a damaged page or filter is noticed`() throws {
        let disk = try disk()
        let made = try run(0..<500, 0, on: disk)
        disk.flip("/runs/ids-0", bit: 4_096 * 8 + 1_000)
        var failures = 0
        for number in 0..<500 {
            do throws(LogError) {
                #expect(try made.find(id(number), hash(id(number))) == UInt64(number) + 8)
            } catch { failures += 1 }
        }
        #expect(failures == 170, "every id of the page, no other")
        disk.flip("/runs/ids-0", bit: made.info.filterOffset * 8 + 40)
        #expect(throws: LogError.self) { try IdRun(disk: disk, folder: "/runs", info: made.info) }
    }

    @Test func `every run outweighs all after it`() {
        var weights: [Int] = []
        var written = 0
        for number in 0..<5_000 {
            weights.append(1 + number % 3)
            while let first = Checkpointer.firstToMerge(weights) {
                let sum = weights[first...].reduce(0, +)
                written += sum
                weights = weights[..<first] + [sum]
            }
        }
        #expect(weights.count <= 14 && weights.reduce(0, +) < 10_001)
        #expect(written < 10_000 * 14)
        for index in weights.indices.dropLast() { #expect(weights[index] > weights[(index + 1)...].reduce(0, +)) }
    }

    private func randomDiff(_ generator: inout SeededGenerator) -> StateDiff {
        var diff = StateDiff()
        for number in 0..<12 where Int.random(in: 0..<3, using: &generator) == 0 {
            let address = Address(word: U256(UInt64(number + 1)))
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: diff.accounts.append(AccountChange(address: address, account: nil))
            case 1:
                diff.accounts.append(
                    AccountChange(
                        address: address, account: AccountState(nonce: 1), storageCleared: true))
            case 2:
                let code = [UInt8](repeating: UInt8(number), count: 5)
                diff.accounts.append(
                    AccountChange(
                        address: address, account: AccountState(nonce: 2, codeHash: keccak256(code)), codeWritten: code))
            default:
                diff.accounts.append(
                    AccountChange(
                        address: address, account: AccountState(nonce: 3, balance: U256(UInt64.random(in: 0..<9, using: &generator)))))
            }
            for slot in 0..<10 where Bool.random(using: &generator) {
                diff.storage.append(
                    StorageChange(
                        address: address, slot: U256(UInt64(slot)), value: U256(UInt64.random(in: 0..<4, using: &generator))))
            }
        }
        return diff
    }

    private func items(_ world: WorldState) -> Set<String> {
        var items: Set<String> = []
        world.forEachAccount { items.insert("\($0) \($1) \(world.code($1.codeHash))") }
        world.forEachSlot { items.insert("\($0) \($1) \($2)") }
        return items
    }

    @Test func `a world loaded from runs is the world, however they were merged`() throws {
        var generator = SeededGenerator(state: 11)
        for round in 0..<40 {
            let disk = try disk()
            let folder = CheckpointFolder(disk: disk, path: "/runs")
            let world = WorldState()
            var state: [StateRunInfo] = []
            var sequence: UInt64 = 0
            for _ in 0..<Int.random(in: 1..<7, using: &generator) {
                let changes = MergedChanges()
                for _ in 0..<3 {
                    let diff = randomDiff(&generator)
                    world.apply(diff)
                    changes.merge(diff)
                }
                let work = try StateRunFromChanges(changes, disk: disk, folder: "/runs", sequence: sequence)
                sequence += 1
                var made: StateRunInfo?
                while made == nil { made = try work.advance() }
                state.append(made!)
                if state.count > 2, Bool.random(using: &generator) {
                    let first = Int.random(in: 0..<state.count - 1, using: &generator)
                    let merge = try StateRunMerge(
                        Array(state[first...]), isBase: first == 0, disk: disk, folder: "/runs", sequence: sequence)
                    sequence += 1
                    made = nil
                    while made == nil { made = try merge.advance() }
                    state = state[..<first] + [made!]
                }
            }
            let position = CheckpointPosition(
                block: 1, digest: .zero, timestampMilliseconds: 0, operationCount: 0, gasUsed: 0, resultsState: [],
                blockHashes: [], nextBlockHash: 0, receiptsEnd: 0)
            let checkpoint = Checkpoint(
                genesisDigest: .zero, position: position, idSeed: 0, nextSequence: sequence, state: state, ids: [])
            let loaded = WorldState()
            try folder.loadState(checkpoint, into: loaded)
            #expect(items(loaded) == items(world), "round \(round)")
            let direct = StateTrie()
            let whole = MergedChanges()
            var diff = StateDiff()
            world.forEachAccount { diff.accounts.append(AccountChange(address: $0, account: $1)) }
            world.forEachSlot { diff.storage.append(StorageChange(address: $0, slot: $1, value: $2)) }
            diff.storage.sort { $0.address.word < $1.address.word }
            whole.merge(diff)
            direct.apply(diff)
            let trie = StateTrie()
            try folder.openForTrie(checkpoint).run(into: trie)
            #expect(trie.root() == direct.root(), "round \(round)")
        }
    }
}
