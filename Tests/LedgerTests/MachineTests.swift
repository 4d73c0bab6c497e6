import EVM
import Testing

@testable import Ledger

/// The ledger over the real EVM and the real trie.
@Suite struct MachineTests {
    /// Adds one to slot 0 and returns the sum; with any input it reverts.
    private static let counterCode: [UInt8] = [
        0x36, 0x60, 0x13, 0x57, 0x60, 0x01, 0x5f, 0x54, 0x01, 0x80, 0x5f, 0x55, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3,
        0xfe, 0x5b, 0x5f, 0x5f, 0xfd,
    ]
    private static let counter = Address(word: U256(0xc0de))
    private static let player = Address(word: U256(0x1234))

    private static func genesis() -> LedgerGenesis {
        LedgerGenesis(
            timestampMilliseconds: 1_000,
            accounts: [
                GenesisAccount(
                    address: counter, state: AccountState(nonce: 1, codeHash: keccak256(counterCode)), code: counterCode
                )
            ])
    }

    private func operation(_ number: Int, data: [UInt8] = []) -> Submission {
        .operation(
            Operation(
                id: World.id(number),
                transaction: .session(sender: Self.player, to: Self.counter, data: data, gasLimit: 100_000),
                ticket: UInt64(number)))
    }

    @Test func `a contract counts, reverts, and is the same after a restart`() throws {
        let folder = TemporaryFolder()
        let ledger = try Ledger(
            genesis: Self.genesis(), folder: folder.path, configuration: World.configuration())
        let desk = Desk()
        ledger.start { desk.take($0) }
        let view = ViewCall(to: Self.counter, data: [], ticket: 90, sender: Self.player)
        _ = ledger.submit([operation(1), operation(2), operation(3, data: [1]), operation(4), .view(view)])
        let answers = desk.wait(for: 5)
        #expect(answers.prefix(4).map { $0.receipt?.outcome } == [.success, .success, .reverted, .success])
        #expect(answers[3].receipt?.output == U256(3).bigEndianBytes)
        guard case .view(90, let receipt) = answers[4] else {
            Issue.record("no view: \(answers[4])")
            return
        }
        #expect(receipt.output == U256(4).bigEndianBytes)
        let root = ledger.stateRoot()
        ledger.drainAndStop()
        let report = try Ledger.verify(folder: folder.path, genesis: Self.genesis())
        #expect(report.ok && report.stateRoot == root.stateRoot && report.transactions == 4)
        let inspection = try LedgerInspection(folder: folder.path, genesis: Self.genesis())
        #expect(inspection.storage(Self.counter, 0) == 3)
        #expect(inspection.account(Self.player)?.nonce == 4)
        let again = try Ledger(genesis: Self.genesis(), folder: folder.path, configuration: World.configuration())
        #expect(again.status.head == ledger.status.head)
        #expect(again.stateRoot() == root)
    }

    @Test func `the state root is that of the whole state`() throws {
        let test = try TestLedger()
        for part in 0..<5 {
            test.run(
                (0..<40).map { World.operation(part * 40 + $0, from: $0 % 8, to: ($0 * 3) % 8, amount: UInt64($0)) })
            let root = test.ledger.stateRoot().stateRoot
            test.ledger.whileIdle { world in
                let trie = StateTrie()
                world.forEachAccount { address, account in trie.set(address, account) }
                world.forEachSlot { address, slot, value in trie.set(address, slot: slot, value) }
                #expect(trie.root() == root)
            }
        }
        test.ledger.drainAndStop()
    }

    @Test func `creating and destroying contracts is executed again as it was`() throws {
        // Init code that stores 7 in slot 0 and returns the code `5f ff` (destroy in favour of 0) or nothing.
        let storing: [UInt8] = [0x60, 0x07, 0x5f, 0x55]
        let returning: [UInt8] = storing + [0x61, 0x5f, 0xff, 0x5f, 0x52, 0x60, 0x02, 0x60, 0x1e, 0xf3]
        let destroying: [UInt8] = storing + [0x5f, 0xff]
        let folder = TemporaryFolder()
        let ledger = try Ledger(genesis: Self.genesis(), folder: folder.path, configuration: World.configuration())
        let desk = Desk()
        ledger.start { desk.take($0) }
        for (number, code) in [returning, destroying, storing, [0xfe]].enumerated() {
            _ = ledger.submit([
                .operation(
                    Operation(
                        id: World.id(number),
                        transaction: .session(sender: Self.player, to: nil, data: code, gasLimit: 200_000),
                        ticket: UInt64(number)))
            ])
        }
        let answers = desk.wait(for: 4)
        #expect(answers[0].receipt?.createdAddress != nil)
        #expect(answers[3].receipt?.outcome == .halted(.undefinedInstruction))
        ledger.drainAndStop()
        let report = try Ledger.verify(folder: folder.path, genesis: Self.genesis())
        #expect(report.ok && report.head == ledger.status.head && report.stateRoot == ledger.stateRoot().stateRoot)
    }
}

extension Ledger {
    /// Looks at the world while nothing is submitted; only for tests that have all their answers.
    func whileIdle(_ body: (WorldState) -> Void) { body(core.world) }
}
