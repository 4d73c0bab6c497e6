import EVM
import Testing

/// The limits of the machine, each reached and then passed by one.
@Suite struct MachineLimitTests {
    private let machine = Machine(fork: .cancun, chainID: 1, codeCache: CodeCache())

    /// A creation with this code by a session.
    private func create(
        _ code: [UInt8], fork: Fork
    ) -> Result<TransitionResult, TransactionRefusal> {
        let world = TestWorld("", fork: fork)
        return machine.transition(
            world, world.block, .session(sender: TestWorld.sender, to: nil, data: code, gasLimit: 20_000_000))
    }

    @Test(arguments: [Fork.frontier, .homestead, .byzantium, .berlin, .cancun, .prague])
    func `a contract that calls itself gets 1,024 calls deep and no deeper`(fork: Fork) {
        // Counts the frames in slot 0, then calls itself with all gas but 50,000.
        // Before EIP-150 asking for more gas than there is ends the frame.
        let code = "600054600101600055" + "60006000600060006000" + "30" + "61c3505a03" + "f15000"
        let world = TestWorld(code, fork: fork)
        var block = world.block
        block.gasLimit = 1 << 50
        let transaction = Transaction.session(
            sender: TestWorld.sender, to: TestWorld.contract, data: [], gasLimit: 1 << 49)
        let result = machine.transition(world, block, transaction).accepted
        #expect(result.receipt.outcome == .success)
        #expect(result.diff.storage.first?.value == 1025, "frames at depths 0 to 1,024")
        #expect(machine.isIdle)
    }

    @Test func `memory grows as far as its gas goes and not a word further`() {
        // MSTORE8 in the last byte of so many words; the price is 3 words + words^2 / 512.
        for words in [1, 32, 724, 10_000, 100_000] as [UInt64] {
            let offset = U256(words * 32 - 1)
            let hex = String(offset.paddedHex.dropFirst(2))
            // PUSH1 1, PUSH32 offset, MSTORE8, STOP
            let world = TestWorld("6001" + "7f" + hex + "5300")
            let gas = 21_000 + 3 + 3 + 3 + 3 * words + words * words / 512
            let enough = world.run(gas: gas).accepted
            #expect(enough.receipt.outcome == .success && enough.receipt.gasUsed == gas, "\(words) words")
            let less = world.run(gas: gas - 1).accepted
            #expect(less.receipt.outcome == .halted(.outOfGas), "\(words) words")
        }
        for offset in [U256(UInt64.max), U256(1) << 255, U256(0) &- 1, U256(UInt64(Int64.max))] {
            let hex = String(offset.paddedHex.dropFirst(2))
            let world = TestWorld("6001" + "7f" + hex + "5200")
            #expect(world.run(gas: 90_000_000).accepted.receipt.outcome == .halted(.outOfGas))
        }
    }

    /// Code that returns so many zero bytes.
    private func returning(_ count: Int) -> [UInt8] {
        [0x62, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), 0x60, 0, 0xF3]
    }

    @Test func `a contract has at most 24,576 bytes from Spurious Dragon on`() {
        let largest = create(returning(24_576), fork: .cancun).accepted
        #expect(largest.receipt.outcome == .success)
        #expect(largest.diff.accounts.contains { $0.codeWritten?.count == 24_576 })
        #expect(create(returning(24_577), fork: .cancun).accepted.receipt.outcome == .halted(.codeTooLong))
        #expect(
            create(returning(24_577), fork: .spuriousDragon).accepted.receipt.outcome == .halted(.codeTooLong))
        #expect(create(returning(24_577), fork: .homestead).accepted.receipt.outcome == .success)
    }

    @Test func `creation code has at most 49,152 bytes from Shanghai on`() {
        let stop = [UInt8](repeating: 0, count: 49_153)
        #expect(create(Array(stop.dropLast()), fork: .cancun).accepted.receipt.outcome == .success)
        #expect(create(stop, fork: .cancun) == .failure(.initcodeTooLong(have: 49_153, maximum: 49_152)))
        #expect(create(stop, fork: .paris).accepted.receipt.outcome == .success)
        // The same for CREATE: PUSH3 size, PUSH1 0, PUSH1 0, CREATE, then PUSH1 0, SSTORE.
        for (size, outcome) in [(0xC000, Outcome.success), (0xC001, .halted(.codeTooLong))] {
            let world = TestWorld("62" + String(size + 1 << 24, radix: 16).dropFirst() + "60006000f060005500")
            #expect(world.run(gas: 10_000_000).accepted.receipt.outcome == outcome, "\(size)")
        }
    }

    @Test func `the stack holds 1,024 words`() {
        let push = String(repeating: "6001", count: 1_024)
        #expect(TestWorld(push + "00").run().accepted.receipt.outcome == .success)
        #expect(TestWorld(push + "600100").run().accepted.receipt.outcome == .halted(.stackOverflow))
        let pops = String(repeating: "50", count: 1_024)
        #expect(TestWorld(push + pops + "00").run().accepted.receipt.outcome == .success)
        #expect(!TestWorld(push + pops + "5000").run().accepted.receipt.succeeded)
        #expect(TestWorld("6001" + "5050" + "00").run().accepted.receipt.outcome == .halted(.stackUnderflow))
    }
}
