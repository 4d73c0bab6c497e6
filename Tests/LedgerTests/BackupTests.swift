import EVM
import Glibc
import Testing

@testable import Ledger

/// Copies of a world made while it works, and damage put right from them.
@Suite struct BackupTests {
    private let genesis = World.genesis()

    private func backup(_ disk: MemoryDisk, to target: String = "/backup") throws(LedgerError) -> BackupReport {
        try Ledger.backup(folder: "/world", to: target, genesis: genesis, disk: disk, progress: { _ in })
    }

    /// Opens the world that lies in a folder of a disk.
    private func open(_ folder: String, of disk: MemoryDisk) throws(LedgerError) -> Ledger {
        try Ledger(
            genesis: genesis, folder: folder, configuration: CheckpointTests.configuration(every: 0),
            executor: World.executor(genesis), world: LedgerWorld(clock: RealClock(), threads: RealThreads(), disk: disk))
    }

    @Test(arguments: [0, 20]) func `a backup made while operations go on opens and has all that was answered before`(
        _ every: Int
    ) throws {
        let test = try MemoryLedger(configuration: CheckpointTests.configuration(every: every))
        var number = 0
        for round in 0..<6 {
            for _ in 0..<40 {
                test.run([CheckpointTests.operation(number)])
                number += 1
            }
            let answered = test.desk.all
            // Operations go on while the copy is made.
            _ = test.ledger.submit((number..<number + 40).map { .operation(CheckpointTests.operation($0)) })
            let report = try backup(test.disk, to: "/backup\(round)")
            number += 40
            test.desk.wait(for: number)
            let copy = try open("/backup\(round)", of: test.disk.crashed(seed: UInt64(round)))
            #expect(copy.status.blocks == report.block && copy.status.head == report.head)
            for answer in answered {
                #expect(try copy.stored(World.id(Int(answer.ticket)))?.receipt == answer.receipt)
            }
            copy.drainAndStop()
        }
        test.ledger.drainAndStop()
    }

    @Test func `a backup of a backup brings the world back`() throws {
        let test = try CheckpointTests.filled(90, checkpoints: 3)
        test.ledger.drainAndStop()
        test.disk.put("/world/keys", [1, 2, 3])
        let report = try backup(test.disk)
        #expect(report.block == 90 && report.checkpointBlock > 0)
        let again = try Ledger.backup(
            folder: "/backup", to: "/restored", genesis: genesis, disk: test.disk, progress: { _ in })
        #expect(again.head == report.head)
        let restored = try open("/restored", of: test.disk)
        #expect(restored.status.head == test.ledger.status.head && restored.stateRoot() == test.ledger.stateRoot())
        #expect(test.disk.bytes("/restored/keys") == [1, 2, 3])
        #expect(throws: LedgerError.self) { try backup(test.disk) }
    }

    @Test func `an unfinished backup is none`() throws {
        let test = try CheckpointTests.filled(60, checkpoints: 2)
        test.ledger.drainAndStop()
        for call in 1...400 {
            let disk = test.disk.crashed(seed: 0, keepsEverything: true)
            disk.fail(call: call, code: EIO, forGood: true)
            let made = try? backup(disk)
            let count = disk.callCount
            disk.plan(nil)
            let found = try? open("/backup", of: disk.crashed(seed: UInt64(call)))
            // A folder without its world file looks empty; a world that is there must be the whole one.
            if let found, found.status.blocks > 0 {
                #expect(found.status.head == test.ledger.status.head, "call \(call)")
            } else {
                #expect(made == nil, "call \(call)")
            }
            if count < call { break }
        }
    }

    @Test func `the first records that are left of a cut log are put back from a backup`() throws {
        var configuration = CheckpointTests.configuration(every: 5)
        configuration.segmentBytes = 70 * 4_096
        let test = try MemoryLedger(configuration: configuration)
        var repaired = 0
        for round in 0..<24 {
            for number in round * 5..<round * 5 + 5 {
                let data = [StandInMachine.Call.revert.rawValue] + [UInt8](repeating: 7, count: 3 * 4_096)
                test.run([
                    Operation(
                        id: World.id(number),
                        transaction: .session(sender: World.player(0), to: World.token, data: data, gasLimit: 100_000),
                        ticket: UInt64(number))
                ])
            }
            while test.ledger.status.checkpoints < round, test.ledger.status.failure == nil { usleep(200) }
            let status = test.ledger.status
            let disk = test.disk.crashed(seed: 0, keepsEverything: true)
            let first = disk.paths.first { $0.contains("/log/segment-") }
            guard let first, !first.hasSuffix("00000000") else { continue }
            guard let copied = try? backup(disk), copied.head == status.head else { continue }
            let before = disk.bytes(first)
            for record in 0...repaired % 2 { disk.flip(first, bit: (record * 4 * 4_096 + 300) * 8) }
            let found = { () throws in try MemoryLedger(disk: disk, configuration: configuration, starts: false) }
            // Where the newest checkpoint lies in a later segment, nobody looks at this one.
            guard (try? found()) == nil else { continue }
            let report = try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
            #expect(report.records.count == 1 + repaired % 2 && report.records[0].offset == 0, "\(report)")
            #expect(disk.bytes(first) == before)
            #expect(try found().ledger.status.head == status.head)
            // A backup that has parted from this world is no help.
            disk.flip(first, bit: 300 * 8)
            if let path = disk.paths.first(where: { $0.hasPrefix("/backup/log/") && $0.hasSuffix(first.suffix(8)) }) {
                disk.flip(path, bit: 300 * 8)
                #expect(throws: LedgerError.self) {
                    try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
                }
            }
            repaired += 1
        }
        test.ledger.drainAndStop()
        #expect(repaired >= 2, "the damage never mattered: the test tests nothing")
    }

    private func damaged(_ body: (MemoryDisk) -> Void) throws -> (disk: MemoryDisk, ledger: Ledger) {
        let test = try CheckpointTests.filled(120, checkpoints: 3, configuration: CheckpointTests.configuration(every: 30, keepsLog: true))
        _ = test.ledger.stateRoot()
        test.ledger.drainAndStop()
        _ = try backup(test.disk)
        let disk = test.disk.crashed(seed: 0, keepsEverything: true)
        body(disk)
        return (disk, test.ledger)
    }

    @Test(arguments: [[0], [5], [3, 4, 5], [0, 7, 13], Array(0..<16)])
    func `damaged records are put back from a backup and the chain is proven`(_ records: [Int]) throws {
        let (disk, ledger) = try damaged { disk in
            for record in records { disk.flip("/world/log/segment-00000000", bit: (record * 4_096 + 300) * 8) }
        }
        // Without the checkpoints everything depends on the log.
        for path in disk.paths where path.contains("/world/checkpoints/") { try disk.remove(path) }
        guard case .damagedLog(0, records[0] * 4_096, UInt64(records[0] + 1), _) = #expect(throws: LedgerError.self, performing: { try open("/world", of: disk) }) else {
            Issue.record("the damage was not named")
            return
        }
        let report = try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
        #expect(report.records.map(\.block) == records.map { UInt64($0 + 1) })
        #expect(report.head == ledger.status.head)
        let again = try open("/world", of: disk)
        #expect(again.status.head == ledger.status.head && again.stateRoot() == ledger.stateRoot())
    }

    @Test func `a segment that is gone and a tail that was durable come back`() throws {
        let (disk, ledger) = try damaged { disk in
            try? disk.remove("/world/log/segment-00000001")
            disk.put("/world/anchors", disk.bytes("/world/anchors") ?? [])
        }
        let report = try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
        #expect(report.records.count > 30 && report.head == ledger.status.head)
        #expect(try open("/world", of: disk).status.head == ledger.status.head)
    }

    @Test func `damaged files of checkpoints come back`() throws {
        let (disk, _) = try damaged { disk in
            for path in disk.paths where path.contains("/world/checkpoints/") { disk.flip(path, bit: 777) }
        }
        let report = try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
        #expect(!report.files.isEmpty)
        let again = try open("/world", of: disk)
        #expect(again.status.checkpointBlock > 0)
    }

    @Test func `damaged receipts come back`() throws {
        let (disk, _) = try damaged { disk in
            for place in [50, 3_000, 9_000] { disk.flip("/world/receipts", bit: place * 8 + 3) }
        }
        let report = try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
        #expect(report.files.count == 3 && disk.bytes("/world/receipts")?.prefix(9_500) == disk.bytes("/backup/receipts")?.prefix(9_500))
        let again = try open("/world", of: disk)
        for number in 0..<120 { #expect(try again.stored(World.id(number)) != nil) }
    }

    @Test func `a backup that has parted from the world repairs nothing`() throws {
        let (disk, _) = try damaged { disk in
            disk.flip("/world/log/segment-00000000", bit: 5 * 4_096 * 8 + 800)
        }
        // Another history under the same genesis.
        let other = try MemoryLedger(configuration: CheckpointTests.configuration(every: 0))
        for number in 0..<60 { other.run([World.operation(number, from: 1, to: 2)]) }
        other.ledger.drainAndStop()
        for path in disk.paths where path.hasPrefix("/backup/") { try disk.remove(path) }
        for path in other.disk.paths {
            disk.put("/backup/" + path.dropFirst("/world/".count), other.disk.bytes(path) ?? [])
        }
        let before = disk.bytes("/world/log/segment-00000000")
        #expect(throws: LedgerError.self) {
            try Ledger.repair(folder: "/world", from: "/backup", genesis: genesis, disk: disk)
        }
        #expect(disk.bytes("/world/log/segment-00000000") == before)
    }
}
