import EVM
import Foundation
import Testing

@testable import Ledger

/// Parallel equals sequential, byte for byte: results with receipts, logs, gas and diffs, and the whole state.
@Suite struct ParallelExecutorTests {
    private static func environment(_ fork: Fork, feeRecipient: Address) -> BlockEnvironment {
        var environment = LedgerGenesis(fork: fork, timestampMilliseconds: 1_000, accounts: []).environment(
            number: 1, timestampMilliseconds: 2_000, prevrandao: .zero)
        environment.feeRecipient = feeRecipient
        return environment
    }

    private static func machines(_ count: Int, _ fork: Fork) -> [any TransitionMachine] {
        let cache = CodeCache()
        return (0..<count).map { _ in Machine(fork: fork, chainID: 31_337, codeCache: cache) }
    }

    /// Runs a random block on both executors and compares.
    private func compare(
        seed: UInt64, fork: Fork, workers: Int, operations count: Int, cuts: Int, slotCount: Int = 4,
        deltas: Bool = true, onThreads: Bool = false, hints: (RandomBlock) -> [(Address, U256)] = { _ in [] }
    ) -> (executor: ParallelExecutor, accepted: Int) {
        // Few players meet at their nonces, many only at what the contracts keep.
        var block = RandomBlock(seed: seed, players: seed % 3 == 1 ? 300 : 12, slotCount: slotCount)
        let genesis = block.genesis()
        let operations = block.operations(count)
        // Every third block pays its fees to somebody who takes part.
        let recipient = seed % 3 == 0 ? block.players[0] : seed % 3 == 1 ? block.contracts[0] : Address(word: 0xfee)
        let environment = Self.environment(fork, feeRecipient: recipient)
        // The tables of every other world are so small that they are full in the middle of a block.
        let worlds = [WorldState(), seed % 2 == 0 ? WorldState() : WorldState(tableShardBits: 1)]
        for world in worlds { world.apply(genesis) }
        var expected: [OperationResult] = []
        SequentialExecutor(machine: Self.machines(1, fork)[0], rules: []).execute(
            operations[...], in: environment, world: worlds[0], into: &expected)
        let executor = ParallelExecutor(
            machines: Self.machines(workers, fork), rules: [], deltas: deltas, hotSlots: hints(block))
        executor.keepsNewBeside = seed % 5 == 1
        var results: [OperationResult] = []
        var random = SeededGenerator(state: seed)
        var start = 0
        for cut in 1...cuts {
            var end = operations.count * cut / cuts
            // A group is never cut.
            while end < operations.count, end > 0, operations[end - 1].linkedWithNext { end += 1 }
            if end <= start { continue }
            if onThreads {
                executor.executeInParallel(
                    operations[start..<end], in: environment, world: worlds[1], into: &results)
            } else {
                executor.executeInterleaved(
                    operations[start..<end], in: environment, world: worlds[1], into: &results
                ) { Int.random(in: 0..<workers, using: &random) }
            }
            start = end
        }
        #expect(results.count == expected.count)
        if let first = zip(results, expected).enumerated().first(where: { $1.0 != $1.1 }) {
            Issue.record("seed \(seed), operation \(first.offset): \(first.element.0) instead of \(first.element.1)")
        }
        #expect(worlds[1].contents == worlds[0].contents, "seed \(seed): the states differ")
        let accepted = expected.count { if case .accepted = $0 { true } else { false } }
        return (executor, accepted)
    }

    @Test(arguments: [(Fork.prague, 2), (.prague, 5), (.shanghai, 3), (.cancun, 2), (.osaka, 4)])
    func `random blocks under random schedules end as in sequence`(_ fork: Fork, _ workers: Int) {
        var total = ParallelStatistics()
        var accepted = 0
        let scale = UInt64(ProcessInfo.processInfo.environment["HOARD_SCHEDULES"] ?? "") ?? 40
        for seed in 0..<scale {
            for deltas in [true, false] {
                let outcome = compare(
                    seed: seed, fork: fork, workers: workers, operations: 2 + Int(seed * 7 % 199),
                    cuts: 1 + Int(seed % 4), slotCount: seed % 5 == 0 ? 200 : 4, deltas: deltas)
                total.confirmedUnits += outcome.executor.statistics.confirmedUnits
                total.repeatedUnits += outcome.executor.statistics.repeatedUnits
                total.shiftedUnits += outcome.executor.statistics.shiftedUnits
                accepted += outcome.accepted
            }
        }
        #expect(accepted > 400, "the blocks do something")
        #expect(total.confirmedUnits > 200 && total.repeatedUnits > 200, "units are executed ahead: \(total)")
        #expect(total.shiftedUnits > 8 || fork < .berlin, "slots are followed: \(total)")
    }

    @Test(arguments: [2, 4]) func `random blocks on threads end as in sequence`(_ workers: Int) {
        for seed in 0..<UInt64(40) {
            _ = compare(
                seed: 5_000 + seed, fork: .prague, workers: workers, operations: 150, cuts: 1,
                slotCount: seed % 2 == 0 ? 200 : 4, deltas: seed % 4 < 2, onThreads: true)
        }
    }

    @Test(arguments: [false, true])
    func `what everybody adds to is followed, and logs and outputs show what it was`(_ onThreads: Bool) {
        // slot 0 += 1, stops below 3 of slot 1, slot 1 -= 1; logs slot 0 as topic and data, returns slot 1.
        let code: [UInt8] = [
            0x60, 0x01, 0x5f, 0x54, 0x01, 0x5f, 0x55, 0x60, 0x03, 0x60, 0x01, 0x54, 0x10, 0x60, 0x29, 0x57, 0x60, 0x01,
            0x80, 0x54, 0x03, 0x60, 0x01, 0x55, 0x5f, 0x54, 0x5f, 0x52, 0x5f, 0x54, 0x60, 0x20, 0x5f, 0xa1, 0x60, 0x01,
            0x54, 0x5f, 0x52, 0x60, 0x20, 0x5b, 0x5f, 0xf3,
        ]
        let contract = Address(word: 0xc0de)
        let genesis = StateDiff(
            accounts: [
                AccountChange(
                    address: contract, account: AccountState(nonce: 1, codeHash: keccak256(code)), codeWritten: code)
            ],
            storage: [
                StorageChange(address: contract, slot: 0, value: 1),
                StorageChange(address: contract, slot: 1, value: 350),
            ])
        let operations = (0..<400).map { number in
            Operation(
                id: World.id(number),
                transaction: .session(sender: World.player(number % 90), to: contract, data: [], gasLimit: 100_000),
                ticket: 0)
        }
        let environment = Self.environment(.prague, feeRecipient: .zero)
        let worlds = [WorldState(), WorldState()]
        for world in worlds { world.apply(genesis) }
        var expected: [OperationResult] = []
        SequentialExecutor(machine: Self.machines(1, .prague)[0], rules: []).execute(
            operations[...], in: environment, world: worlds[0], into: &expected)
        let executor = ParallelExecutor(machines: Self.machines(3, .prague), rules: [])
        var results: [OperationResult] = []
        var random = SeededGenerator(state: 1)
        if onThreads {
            executor.executeInParallel(operations[...], in: environment, world: worlds[1], into: &results)
        } else {
            executor.executeInterleaved(operations[...], in: environment, world: worlds[1], into: &results) {
                Int.random(in: 0..<3, using: &random)
            }
        }
        #expect(results == expected)
        #expect(worlds[1].contents == worlds[0].contents)
        if !onThreads {
            #expect(executor.statistics.shiftedUnits > 200, "\(executor.statistics)")
            #expect(executor.statistics.repeatedUnits < 120, "\(executor.statistics)")
        }
    }

    @Test func `hints that lie change no result`() {
        for seed in 0..<UInt64(24) {
            _ = compare(seed: 7_000 + seed, fork: .prague, workers: 3, operations: 100, cuts: 2) { block in
                // Slots that are there and cold, slots that are not, contracts that do not exist.
                (block.contracts + block.players + [.zero]).flatMap { contract in
                    (0..<6).map { (contract, U256(UInt64($0))) }
                } + [(block.contracts[0], U256.max)]
            }
        }
    }

    // MARK: Conservation

    @Test(arguments: [OtherSlots.none, .any])
    func `refusals and marks of the conservation check are those of the sequence`(_ otherSlots: OtherSlots) {
        for seed in 0..<UInt64(60) {
            var random = SeededGenerator(state: seed)
            let genesis = World.genesis(players: 6, coins: 5, otherSlots: otherSlots)
            let calls: [StandInMachine.Call] = [
                .transfer, .transfer, .transfer, .transfer, .silentTransfer, .emptyTransfer, .otherSlot, .revert, .halt,
            ]
            let operations = (0..<80).map { number in
                World.operation(
                    number, calls.randomElement(using: &random)!, from: Int.random(in: 0..<7, using: &random),
                    to: Int.random(in: 0..<9, using: &random), amount: UInt64.random(in: 0..<4, using: &random),
                    isLinked: number < 79 && UInt64.random(in: 0..<6, using: &random) == 0)
            }
            let environment = genesis.environment(number: 1, timestampMilliseconds: 6_000, prevrandao: .zero)
            let worlds = [WorldState(), WorldState()]
            for world in worlds { world.apply(genesis.diff) }
            var expected: [OperationResult] = []
            World.executor(genesis).execute(operations[...], in: environment, world: worlds[0], into: &expected)
            let executor = ParallelExecutor(
                machines: (0..<3).map { _ in JitteryMachine(seed: seed) }, rules: genesis.rules)
            var results: [OperationResult] = []
            executor.executeInParallel(operations[...], in: environment, world: worlds[1], into: &results)
            #expect(results == expected, "seed \(seed)")
            #expect(worlds[1].contents == worlds[0].contents, "seed \(seed)")
            let marks = worlds.map { Self.checkpointMarks($0, results) }
            #expect(marks[1] == marks[0], "seed \(seed)")
        }
    }

    /// The marks that a checkpoint behind these results would hold.
    private static func checkpointMarks(_ world: WorldState, _ results: [OperationResult]) -> [U256: SlotMark]? {
        var writes = ByteBuffer()
        for case .accepted(_, let diff) in results { writes.append(diff) }
        var marks = ByteBuffer()
        world.takeMarks(into: &marks)
        let changes = MergedChanges()
        changes.merge(encoded: writes.bytes)
        changes.mark(encoded: marks.bytes)
        let groups = changes.groups()
        guard let token = groups.accounts.first(where: { $0.pointee.address == World.token }) else { return nil }
        return Dictionary(
            uniqueKeysWithValues: groups.slots(of: token).filter { $0.pointee.mark != .unchanged }
                .map { ($0.pointee.slot, $0.pointee.mark) })
    }

    @Test func `fields that workers share lie where they are looked for`() {
        #expect(MemoryLayout<SlotEntry>.offset(of: \.value) == SlotEntry.valueOffset)
        #expect(MemoryLayout<SlotEntry>.offset(of: \.isBalance) == SlotEntry.isBalanceOffset)
        #expect(MemoryLayout<SlotEntry>.offset(of: \.heat) == SlotEntry.heatOffset)
        #expect(MemoryLayout<SlotEntry>.offset(of: \.owner) == SlotEntry.presenceOffset)
        #expect(MemoryLayout<AccountEntry>.offset(of: \.code) == AccountEntry.presenceOffset)
        #expect(MemoryLayout<AccountEntry>.offset(of: \.nonce) == AccountEntry.nonceOffset)
        #expect(MemoryLayout<AccountEntry>.offset(of: \.balance) == AccountEntry.balanceOffset)
        #expect(MemoryLayout<NewAccount>.offset(of: \.fields) == NewAccount.fieldsOffset)
        #expect(MemoryLayout<AccountFields>.size % 8 == 0)
    }

    @Test func `an event that shows a followed slot is checked for the value that it has in the end`() {
        // Moves five coins from one slot to another and says that it moved as many as slot 0 counts; slot 0 += 1.
        let code: [UInt8] =
            [0x60, 0x05, 0x5f, 0x35, 0x54, 0x03, 0x5f, 0x35, 0x55]
            + [0x60, 0x05, 0x60, 0x20, 0x35, 0x54, 0x01, 0x60, 0x20, 0x35, 0x55]
            + [0x5f, 0x54, 0x80, 0x5f, 0x52, 0x60, 0x01, 0x01, 0x5f, 0x55]
            + [0x60, 0x60, 0x35, 0x60, 0x40, 0x35, 0x7f] + StandInMachine.transferTopic.bigEndianBytes
            + [0x60, 0x20, 0x5f, 0xa3, 0x00]
        let rules = [
            AssetRule(
                contract: World.token, kind: .erc20, balancesSlot: StandInMachine.balancesSlot, otherSlots: .any)
        ]
        var genesis = StateDiff(
            accounts: [
                AccountChange(
                    address: World.token, account: AccountState(nonce: 1, codeHash: keccak256(code)), codeWritten: code)
            ],
            storage: [StorageChange(address: World.token, slot: 0, value: 5)])
        let operations = (0..<12).map { number in
            let (from, to) = (World.player(2 * number), World.player(2 * number + 1))
            for player in [from, to] {
                genesis.storage.append(
                    StorageChange(address: World.token, slot: StandInMachine.slot(of: player), value: 1_000))
            }
            let words = [StandInMachine.slot(of: from), StandInMachine.slot(of: to), from.word, to.word]
            return Operation(
                id: World.id(number),
                transaction: .session(
                    sender: from, to: World.token, data: words.flatMap { $0.bigEndianBytes }, gasLimit: 200_000),
                ticket: 0)
        }
        let environment = Self.environment(.prague, feeRecipient: .zero)
        for seed in 0..<UInt64(30) {
            let worlds = [WorldState(), WorldState()]
            for world in worlds { world.apply(genesis) }
            var expected: [OperationResult] = []
            SequentialExecutor(machine: Self.machines(1, .prague)[0], rules: rules).execute(
                operations[...], in: environment, world: worlds[0], into: &expected)
            let accepted = expected.count { if case .accepted = $0 { true } else { false } }
            #expect(accepted == 1, "the first one says the truth: \(expected)")
            let executor = ParallelExecutor(
                machines: Self.machines(3, .prague), rules: rules, hotSlots: [(World.token, 0)])
            var results: [OperationResult] = []
            var random = SeededGenerator(state: seed)
            executor.executeInterleaved(operations[...], in: environment, world: worlds[1], into: &results) {
                Int.random(in: 0..<3, using: &random)
            }
            #expect(results == expected, "seed \(seed)")
            #expect(worlds[1].contents == worlds[0].contents, "seed \(seed)")
        }
    }

    // MARK: Planted defects

    /// Whether some random block under some random schedule ends otherwise than in sequence.
    private func isNoticed(_ defect: PlantedDefect) -> Bool {
        for seed in 0..<UInt64(300) {
            var random = SeededGenerator(state: seed)
            let rules = World.genesis(players: 6, coins: 3, otherSlots: .any).rules
            var block = RandomBlock(seed: seed)
            var genesis = block.genesis()
            var operations = block.operations(60)
            let isToken = defect == .skipsBalanceReads
            if isToken {
                genesis = World.genesis(players: 6, coins: 5, otherSlots: .any).diff
                operations = (0..<60).map { number in
                    World.operation(
                        number, [.transfer, .transfer, .silentTransfer].randomElement(using: &random)!,
                        from: Int.random(in: 0..<6, using: &random), to: Int.random(in: 0..<6, using: &random))
                }
            }
            let environment = Self.environment(.prague, feeRecipient: block.players[0])
            let worlds = [WorldState(), WorldState()]
            for world in worlds { world.apply(genesis) }
            func machines(_ count: Int) -> [any TransitionMachine] {
                isToken ? (0..<count).map { _ in StandInMachine() } : Self.machines(count, .prague)
            }
            var expected: [OperationResult] = []
            SequentialExecutor(machine: machines(1)[0], rules: isToken ? rules : []).execute(
                operations[...], in: environment, world: worlds[0], into: &expected)
            let executor = ParallelExecutor(machines: machines(4), rules: isToken ? rules : [])
            executor.plantedDefect = defect
            var results: [OperationResult] = []
            executor.executeInterleaved(operations[...], in: environment, world: worlds[1], into: &results) {
                Int.random(in: 0..<4, using: &random)
            }
            if results != expected || worlds[0].contents != worlds[1].contents { return true }
        }
        return false
    }

    @Test(arguments: PlantedDefect.allCases)
    func `a planted defect is noticed`(_ defect: PlantedDefect) {
        #expect(isNoticed(defect))
    }

    // MARK: Limits

    @Test func `a block with more locations than there is room for ends as in sequence`() {
        // Each operation writes 700 slots of its own.
        let code: [UInt8] = [
            0x5f, 0x35, 0x5b, 0x80, 0x80, 0x55, 0x60, 0x01, 0x01, 0x80, 0x60, 0x20, 0x35, 0x11, 0x60, 0x02, 0x57, 0x00,
        ]
        let contract = Address(word: 0xc0de)
        let genesis = StateDiff(accounts: [
            AccountChange(
                address: contract, account: AccountState(nonce: 1, codeHash: keccak256(code)), codeWritten: code)
        ])
        let operations = (0..<24).map { number in
            let from = U256(UInt64(number * 1_000 + 1))
            return Operation(
                id: World.id(number),
                transaction: .session(
                    sender: World.player(number), to: contract,
                    data: from.bigEndianBytes + (from &+ U256(700)).bigEndianBytes, gasLimit: 25_000_000),
                ticket: 0)
        }
        let environment = Self.environment(.prague, feeRecipient: .zero)
        let worlds = [WorldState(), WorldState()]
        for world in worlds { world.apply(genesis) }
        var expected: [OperationResult] = []
        SequentialExecutor(machine: Self.machines(1, .prague)[0], rules: []).execute(
            operations[...], in: environment, world: worlds[0], into: &expected)
        let executor = ParallelExecutor(machines: Self.machines(2, .prague), rules: [])
        executor.keepsNewBeside = true
        var results: [OperationResult] = []
        executor.executeInParallel(operations[...], in: environment, world: worlds[1], into: &results)
        #expect(results == expected)
        #expect(worlds[1].contents == worlds[0].contents)
        #expect(worlds[0].slotCount > 10_000)
        #expect(executor.statistics.sequentialUnits > 0, "the room was not enough: \(executor.statistics)")
    }

    @Test func `a chain of operations soon runs on one worker`() {
        // slot 0 += 1
        let code: [UInt8] = [0x60, 0x01, 0x5f, 0x54, 0x01, 0x5f, 0x55, 0x00]
        let contract = Address(word: 0xc0de)
        let genesis = StateDiff(accounts: [
            AccountChange(
                address: contract, account: AccountState(nonce: 1, codeHash: keccak256(code)), codeWritten: code)
        ])
        let operations = (0..<2_000).map { number in
            Operation(
                id: World.id(number),
                transaction: .session(sender: World.player(number), to: contract, data: [], gasLimit: 100_000),
                ticket: 0)
        }
        let world = WorldState()
        world.apply(genesis)
        let executor = ParallelExecutor(machines: Self.machines(2, .prague), rules: [], deltas: false)
        var results: [OperationResult] = []
        executor.executeInParallel(
            operations[...], in: Self.environment(.prague, feeRecipient: .zero), world: world, into: &results)
        #expect(world.storage(contract, 0) == 2_000)
        #expect(executor.statistics.repeatedUnits < 400, "\(executor.statistics)")
    }
}

/// A stand-in machine that takes its time, differently each time, so that threads meet in many ways.
final class JitteryMachine: TransitionMachine {
    private let machine = StandInMachine()
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(state: seed) }

    func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
    ) -> Result<TransitionResult, TransactionRefusal> {
        pause()
        defer { pause() }
        return machine.transition(view, block, transaction)
    }

    func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
        gas: UInt64
    ) -> Receipt { machine.call(view, block, from: sender, to: target, data: data, gas: gas) }

    private func pause() {
        if random.next() % 5 == 0 { SystemThread.yield() }
        var spin = random.next() % 2_000
        while spin > 0 { spin -= 1 }
    }
}
