import EVM
import Glibc
import Testing

@testable import Ledger

/// Checkpoints made while operations go on, and what recovery makes of them.
@Suite struct CheckpointTests {
    static func configuration(every operations: Int = 20, keepsLog: Bool = false) -> LedgerConfiguration {
        var configuration = World.configuration(segmentBytes: 280 << 10, blockOperationsMax: 1)
        configuration.blockBytesMax = 16 << 10
        configuration.segmentBytes = 16 * 4_096 + (LedgerLimits.operationBytesMax + 8 << 10)
        configuration.receiptChunksInMemory = 1
        configuration.checkpointOperations = operations
        configuration.keepsLog = keepsLog
        configuration.idSeed = 7
        return configuration
    }

    static func operation(_ number: Int) -> Operation {
        World.operation(number, number % 11 == 0 ? .revert : .transfer, from: number % 8, to: (number + 3) % 8, amount: 2)
    }

    /// A ledger that has executed these operations and made so many checkpoints at least.
    static func filled(
        _ count: Int, checkpoints: Int, configuration: LedgerConfiguration = configuration()
    ) throws -> MemoryLedger {
        let test = try MemoryLedger(configuration: configuration)
        for number in 0..<count {
            test.run([operation(number)])
            // One checkpoint after the other, so that their number does not depend on the machine's pace.
            while test.ledger.status.checkpoints < min(checkpoints, number / max(1, configuration.checkpointOperations)),
                test.ledger.status.failure == nil
            { usleep(200) }
        }
        while test.ledger.status.checkpoints < checkpoints, test.ledger.status.failure == nil { usleep(200) }
        return test
    }

    private func stop(_ test: MemoryLedger) -> Anchor {
        test.ledger.drainAndStop()
        return test.ledger.stateRoot()
    }

    @Test func `a ledger opened from a checkpoint is the same, knows every id, and goes on`() throws {
        let test = try Self.filled(200, checkpoints: 8)
        let root = stop(test)
        let answers = test.desk.all
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 5), configuration: Self.configuration())
        #expect(again.ledger.status.checkpointBlock >= 160, "executed from \(again.ledger.status.checkpointBlock) on")
        #expect(again.ledger.status.head == test.ledger.status.head)
        #expect(again.ledger.status.operationsDigest == test.ledger.status.operationsDigest)
        #expect(again.ledger.status.operations == 200 && again.ledger.status.gas == test.ledger.status.gas)
        #expect(again.ledger.stateRoot() == root)
        for number in [0, 1, 19, 20, 21, 100, 160, 180, 199] {
            let repeated = again.run([Self.operation(number)])[0]
            #expect(repeated.receipt == answers[number].receipt && !repeated.isFresh, "operation \(number)")
            guard case .conflict = again.run([World.operation(number, .halt)])[0] else {
                Issue.record("operation \(number) with another body is no conflict")
                continue
            }
        }
        #expect(again.run([Self.operation(200)])[0].isFresh)
        let after = stop(again)
        #expect(again.ledger.status.operations == 201)
        let third = try MemoryLedger(disk: again.disk.crashed(seed: 6), configuration: Self.configuration(), starts: false)
        #expect(third.ledger.stateRoot() == after)
    }

    @Test func `the log behind two checkpoints is gone, and what is left is verified`() throws {
        let test = try Self.filled(300, checkpoints: 10)
        let root = stop(test)
        let segments = test.disk.paths.filter { $0.contains("/log/segment-") }
        #expect(segments.first != "/world/log/segment-00000000" && segments.count < 12, "\(segments)")
        let genesis = World.genesis()
        let report = try Ledger.verify(
            folder: MemoryLedger.folder, genesis: genesis, executor: World.executor(genesis), disk: test.disk,
            progress: { _ in })
        #expect(report.ok && report.firstBlock > 200 && report.blocks == 300)
        #expect(report.stateRoot == root.stateRoot && report.head == test.ledger.status.head)
    }

    @Test func `with a log that is kept everything is verified from the genesis on`() throws {
        let test = try Self.filled(150, checkpoints: 5, configuration: Self.configuration(keepsLog: true))
        let root = stop(test)
        let genesis = World.genesis()
        let report = try Ledger.verify(
            folder: MemoryLedger.folder, genesis: genesis, executor: World.executor(genesis), disk: test.disk,
            progress: { _ in })
        #expect(report.ok && report.firstBlock == 1 && report.blocks == 150 && report.stateRoot == root.stateRoot)
        // The snapshot says of the state what the log says.
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 1), configuration: Self.configuration(), starts: false)
        #expect(again.ledger.status.checkpointBlock > 0 && again.ledger.stateRoot() == root)
    }

    @Test func `whatever bit of the newest checkpoint is flipped, recovery is right or falls back to the one before`() throws {
        let test = try Self.filled(130, checkpoints: 5)
        let root = stop(test)
        let disk = test.disk.crashed(seed: 9)
        let genesis = World.genesis()
        let folder = CheckpointFolder(disk: disk, path: "/world/checkpoints")
        var blocks = try folder.blocks()
        #expect(blocks.count >= 2)
        // One that was being removed when the ledger stopped is removed here.
        for old in blocks.dropFirst(2) { try disk.remove("/world/checkpoints/" + Checkpoint.name(old)) }
        blocks = Array(blocks.prefix(2))
        let newest = try folder.read(blocks[0], genesisDigest: genesis.digest)
        let older = try folder.read(blocks[1], genesisDigest: genesis.digest)
        let alone = [Checkpoint.name(blocks[0])] + newest.names.filter { !older.names.contains($0) }
        var generator = SeededGenerator(state: 4)
        var fellBack = 0
        var notes: [String] = []
        for round in 0..<60 {
            let copy = disk.crashed(seed: 0, keepsEverything: true)
            let path = "/world/checkpoints/" + alone[round % alone.count]
            copy.flip(path, bit: Int.random(in: 0..<copy.bytes(path)!.count * 8, using: &generator))
            let again = try MemoryLedger(disk: copy, configuration: Self.configuration(), starts: false)
            #expect(again.ledger.stateRoot() == root, "\(path)")
            #expect(again.ledger.status.head == test.ledger.status.head)
            if again.ledger.status.checkpointBlock == blocks[1] { fellBack += 1 }
            notes = again.ledger.status.recoveryNotes
        }
        #expect(fellBack > 30, "only \(fellBack) times: \(notes)")
    }

    @Test func `without a good checkpoint and without the log a world does not open and says why`() throws {
        let test = try Self.filled(300, checkpoints: 10)
        _ = stop(test)
        let disk = test.disk.crashed(seed: 9)
        for path in disk.paths where path.contains("/checkpoint-") { disk.flip(path, bit: 99) }
        let error = #expect(throws: LedgerError.self) {
            try MemoryLedger(disk: disk, configuration: Self.configuration(), starts: false)
        }
        #expect(error?.description.contains("no checkpoint is good") == true, "\(String(describing: error))")
    }

    @Test(arguments: [DiskCall.Kind.sync, .write, .rename, .open, .syncFolder])
    func `a checkpoint that fails is made again and harms nobody`(_ kind: DiskCall.Kind) throws {
        let test = try MemoryLedger(configuration: Self.configuration())
        let failures = Failures()
        test.disk.plan { call in
            call.kind == kind && call.path.contains("/checkpoints") && failures.take() ? .fails(code: EIO) : .succeeds
        }
        for number in 0..<100 { #expect(test.run([Self.operation(number)])[0].isFresh) }
        while test.ledger.status.checkpoints < 1, test.ledger.status.failure == nil { usleep(500) }
        let root = stop(test)
        #expect(test.ledger.status.failure == nil && failures.taken == 3)
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 2), configuration: Self.configuration(), starts: false)
        #expect(again.ledger.stateRoot() == root && again.ledger.status.checkpointBlock > 0)
    }

    @Test func `a failed sync of receipts ends everything, since nobody knows what is lost`() throws {
        let test = try MemoryLedger(configuration: Self.configuration())
        test.disk.plan { $0.kind == .sync && $0.path.hasSuffix("/receipts") ? .fails(code: EIO) : .succeeds }
        for number in 0..<60 where test.ledger.status.failure == nil {
            _ = test.ledger.submit([.operation(Self.operation(number))])
            usleep(2_000)
        }
        while test.ledger.status.failure == nil { usleep(500) }
        test.ledger.drainAndStop()
        #expect(test.ledger.status.checkpoints == 0)
        test.disk.plan(nil)
        let again = try MemoryLedger(disk: test.disk.crashed(seed: 2), configuration: Self.configuration())
        for answer in test.desk.all where answer.isFresh {
            #expect(again.run([Self.operation(Int(answer.ticket))])[0].receipt == answer.receipt)
        }
        again.ledger.drainAndStop()
    }

    @Test func `a crash before any call to the disk loses nothing that was answered`() throws {
        let moments = Moments()
        let test = try MemoryLedger(configuration: Self.configuration(every: 7))
        test.disk.plan { [disk = test.disk, desk = test.desk] call in
            // Answered first, then the disk: what is answered in between is on the disk and does no harm.
            let answered = desk.all
            if call.kind != .read { moments.add(disk.crashed(seed: UInt64(call.index)), answered, call) }
            return .succeeds
        }
        for number in 0..<60 {
            test.run([Self.operation(number)])
            while test.ledger.status.checkpoints < UInt64(number / 7) { usleep(100) }
        }
        test.ledger.drainAndStop()
        test.disk.plan(nil)
        #expect(moments.all.count > 300)
        for (place, moment) in moments.all.enumerated() where place % 2 == 0 {
            let comment: Comment = "before call \(moment.call.index), \(moment.call.kind) \(moment.call.path)"
            do {
                let again = try MemoryLedger(disk: moment.disk, configuration: Self.configuration(every: 0))
                let found = again.run(
                    moment.answered.map { .lookup(ReceiptLookup(id: World.id(Int($0.ticket)), ticket: $0.ticket)) })
                for (old, new) in zip(moment.answered, found) { #expect(old.receipt == new.receipt, comment) }
                again.run((0..<60).map { Self.operation($0) })
                again.ledger.drainAndStop()
                #expect(again.ledger.status.operations == 60, comment)
                #expect(again.ledger.stateRoot().stateRoot == test.ledger.stateRoot().stateRoot, comment)
            } catch {
                Issue.record("\(comment): \(error)")
            }
        }
    }
}

/// The first three of something.
private final class Failures: @unchecked Sendable {
    // Sendable: guarded by `mutex`.
    private let mutex = SystemMutex()
    private var count = 0

    var taken: Int { mutex.withLock { count } }

    func take() -> Bool {
        mutex.withLock {
            guard count < 3 else { return false }
            count += 1
            return true
        }
    }
}

/// Disks as a crash would have left them, with what had been answered.
private final class Moments: @unchecked Sendable {
    // Sendable: guarded by `mutex`.
    private let mutex = SystemMutex()
    private var moments: [(disk: MemoryDisk, answered: [Answer], call: DiskCall)] = []

    var all: [(disk: MemoryDisk, answered: [Answer], call: DiskCall)] { mutex.withLock { moments } }

    func add(_ disk: MemoryDisk, _ answered: [Answer], _ call: DiskCall) {
        mutex.withLock { moments.append((disk, answered, call)) }
    }
}
