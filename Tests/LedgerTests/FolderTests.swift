import EVM
import Glibc
import Testing

@testable import Ledger

@Suite struct FolderTests {
    private func open(
        _ folder: TemporaryFolder, genesis: LedgerGenesis = World.genesis(),
        configuration: LedgerConfiguration = World.configuration(), at path: String = ""
    ) throws(LedgerError) -> Ledger {
        try Ledger(
            genesis: genesis, folder: folder.path + path, configuration: configuration,
            executor: World.executor(genesis))
    }

    private func fill(_ ledger: Ledger, _ numbers: Range<Int>) -> [Answer] {
        let desk = Desk()
        ledger.start { desk.take($0) }
        for number in numbers {
            _ = ledger.submit([.operation(World.operation(number, from: number % 8, to: (number + 1) % 8))])
            desk.wait(for: number - numbers.lowerBound + 1)
        }
        _ = ledger.stateRoot()
        ledger.drainAndStop()
        return desk.all
    }

    private func failure(_ body: () throws(LedgerError) -> Void) -> LedgerError? {
        do throws(LedgerError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test(arguments: [true, false]) func `a world on disk is opened again, verified and inspected`(_ direct: Bool)
        throws
    {
        let folder = TemporaryFolder()
        var configuration = World.configuration(segmentBytes: 280 << 10)
        configuration.usesDirectWrites = direct
        let ledger = try open(folder, configuration: configuration, at: "/a/b")
        let answers = fill(ledger, 0..<100)
        let root = ledger.stateRoot()
        let status = ledger.status
        #expect(answers.areAllFresh)
        let genesis = World.genesis()
        let report = try Ledger.verify(
            folder: folder.path + "/a/b", genesis: genesis, executor: World.executor(genesis), progress: { _ in })
        #expect(report.ok && report.head == status.head && report.stateRoot == root.stateRoot)
        #expect(report.anchorsCompared == 1)
        let inspection = try LedgerInspection(
            folder: folder.path + "/a/b", genesis: genesis, executor: World.executor(genesis))
        #expect(inspection.headNumber == status.blocks && inspection.anchors.last == root)
        let entry = try inspection.entry(World.id(42))
        #expect(
            answers[42]
                == .final(
                    ticket: 42, block: entry!.block, index: entry!.index, receipt: EncodedReceipt(entry!.receipt), repeated: false))
        #expect(entry?.transaction == World.operation(42, from: 2, to: 3).transaction)
        let block = try inspection.block(entry!.block)
        #expect(block?.block.operations[Int(entry!.index)].id == World.id(42))
        #expect(try inspection.block(status.blocks + 1) == nil)
        #expect(try inspection.entry(World.id(100)) == nil)
        #expect(inspection.storage(World.token, StandInMachine.slot(of: World.player(0))) == U256(999))
        let early = try LedgerInspection(
            folder: folder.path + "/a/b", genesis: genesis, executor: World.executor(genesis), upTo: 1)
        #expect(early.headNumber == 1)
        let again = try open(folder, configuration: configuration, at: "/a/b")
        #expect(again.status.head == status.head)
        #expect(fill(again, 99..<101).map(\.isFresh) == [false, true])
    }

    @Test func `another world is refused with both digests`() throws {
        let folder = TemporaryFolder()
        _ = try open(folder)
        let other = World.genesis(chainID: 5)
        let error = failure { () throws(LedgerError) in _ = try open(folder, genesis: other) }
        #expect(error == .wrongWorld(folder: folder.path, have: World.genesis().digest, need: other.digest))
        #expect(error!.description.contains(other.digest.hex))
        let verified = failure { () throws(LedgerError) in
            _ = try Ledger.verify(
                folder: folder.path, genesis: other, executor: World.executor(other), progress: { _ in })
        }
        #expect(verified == error)
    }

    @Test func `a second server is kept out`() throws {
        let folder = TemporaryFolder()
        let first = try open(folder)
        let error = failure { () throws(LedgerError) in _ = try open(folder) }
        #expect(error == .folderInUse(folder: folder.path))
        first.drainAndStop()
    }

    @Test func `a folder is free again when its ledger is gone`() throws {
        let folder = TemporaryFolder()
        do {
            let first = try open(folder)
            first.drainAndStop()
        }
        _ = try open(folder)
    }

    @Test func `a folder that cannot be written is refused`() throws {
        let error = failure { () throws(LedgerError) in
            _ = try Ledger(
                genesis: World.genesis(), folder: "/proc/hoard", configuration: World.configuration(),
                executor: World.executor(World.genesis()))
        }
        guard case .disk(let inner) = error else {
            Issue.record("not a disk error: \(String(describing: error))")
            return
        }
        #expect(inner.call == "mkdir" && inner.code != 0)
        let folder = TemporaryFolder()
        folder.write("", to: "file")
        let below = failure { () throws(LedgerError) in _ = try open(folder, at: "/file/data") }
        guard case .disk(let second) = below else {
            Issue.record("not a disk error")
            return
        }
        #expect(second.code == ENOTDIR)
    }

    @Test(arguments: ["", "hoard world x\n", "hoard world 1\n", "hoard world 1\ngenesis 12\n",
        "hoard world 1\ngenesis 0x\(String(repeating: "1", count: 64))\nlog nothing\n",
        "hoard world 2\ngenesis 0x\(String(repeating: "1", count: 64))\n",
        "hoard world 2\ngenesis 0x\(String(repeating: "1", count: 64))\nlog 77\n",
        "hoard world 2\ngenesis 0x\(String(repeating: "1", count: 64))\nlog 77\ncheck 0\n",
        "something else\n"])
    func `a bad world file is refused`(_ text: String) throws {
        let folder = TemporaryFolder()
        folder.write(text, to: "world")
        guard case .badWorldFile(folder.path, _) = failure({ () throws(LedgerError) in _ = try open(folder) }) else {
            Issue.record("not refused: \(text)")
            return
        }
    }

    @Test func `another format version is refused with both numbers`() throws {
        let folder = TemporaryFolder()
        folder.write("hoard world 3\nwhatever\n", to: "world")
        #expect(
            failure { () throws(LedgerError) in _ = try open(folder) }
                == .formatVersion(folder: folder.path, have: 3, need: 2))
    }

    @Test func `a log without its world file is refused`() throws {
        let folder = TemporaryFolder()
        _ = try open(folder)
        unlink(folder.path + "/world")
        guard case .disk(let error) = failure({ () throws(LedgerError) in _ = try open(folder) }) else {
            Issue.record("not refused")
            return
        }
        #expect(error.file.hasSuffix("/world"))
    }

    @Test func `damage on disk is found by opening and by verifying`() throws {
        let folder = TemporaryFolder()
        _ = fill(try open(folder), 0..<5)
        folder.flip("log/segment-00000000", at: 2 * 4_096 + 300)
        let genesis = World.genesis()
        let opened = failure { () throws(LedgerError) in _ = try open(folder) }
        guard case .damagedLog(0, 8_192, 3, _) = opened else {
            Issue.record("not found: \(String(describing: opened))")
            return
        }
        let report = try Ledger.verify(
            folder: folder.path, genesis: genesis, executor: World.executor(genesis), progress: { _ in })
        #expect(report.firstBadBlock == 3 && report.failure == opened)
    }

    @Test func `an anchor proves that a block at the tail was durable`() throws {
        let folder = TemporaryFolder()
        let ledger = try open(folder)
        _ = fill(ledger, 0..<5)
        folder.flip("log/segment-00000000", at: 4 * 4_096 + 300)
        #expect(
            failure { () throws(LedgerError) in _ = try open(folder) } == .blocksMissing(head: 4, anchored: 5))
    }

    @Test func `a segment that is missing is damage`() throws {
        let folder = TemporaryFolder()
        let configuration = World.configuration(segmentBytes: 280 << 10)
        _ = fill(try open(folder, configuration: configuration), 0..<150)
        unlink(folder.path + "/log/segment-00000000")
        guard
            case .damagedLog(0, 0, 1, _) = failure({ () throws(LedgerError) in
                _ = try open(folder, configuration: configuration)
            })
        else {
            Issue.record("not found")
            return
        }
    }

    @Test func `settings that contradict each other are refused`() {
        let folder = TemporaryFolder()
        for change in [
            { (settings: inout LedgerConfiguration) in settings.segmentBytes = 4_096 },
            { (settings: inout LedgerConfiguration) in settings.segmentBytes += 1 },
            { (settings: inout LedgerConfiguration) in settings.queueOperationsMax = 10 },
            { (settings: inout LedgerConfiguration) in settings.blockOperationsMax = 0 },
        ] {
            var configuration = World.configuration()
            change(&configuration)
            guard
                case .configuration = failure({ () throws(LedgerError) in
                    _ = try open(folder, configuration: configuration)
                })
            else {
                Issue.record("not refused")
                continue
            }
        }
    }
}
