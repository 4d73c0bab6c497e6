import EVM
import Testing

/// What a transition reads, takes back and reports.
struct TransitionTests {
    @Test func `a value written back is no change`() {
        let world = TestWorld("6007 6001 55 6005 6001 55", storage: [1: 5])
        let result = world.run().accepted
        #expect(result.diff.storage.isEmpty)
        #expect(result.diff.accounts.map(\.address) == [TestWorld.sender])
    }

    @Test func `changes come sorted by address and slot`() {
        let world = TestWorld("6001 6009 55 6001 6002 55 5f 5f 5f 5f 6003 61abcd 5a f1")
        world.accounts[TestWorld.contract]!.balance = 10
        let diff = world.run().accepted.diff
        #expect(diff.storage.map(\.slot) == [2, 9])
        #expect(diff.accounts.map(\.address) == diff.accounts.map(\.address).sorted())
        #expect(diff.accounts.contains { $0.address == Address(word: 0xabcd) && $0.account?.balance == 3 })
    }

    @Test func `each account and slot is asked for once`() {
        let world = TestWorld("6001 54 50 6001 54 50 6001 54 6002 55 61abcd 31 50 61abcd 31 50", storage: [1: 5])
        _ = world.run().accepted
        #expect(Set(world.questions).count == world.questions.count)
        #expect(world.questions.contains("slot c0de 0x1"))
        #expect(!world.questions.contains("account 0fee"), "a session does not touch the fee recipient")
    }

    @Test func `a failed call takes everything back, warm slots included`() {
        // The callee writes slot 1, logs and fails; then the caller measures the price of reading slot 1 of its own.
        let world = TestWorld("5f 5f 5f 5f 5f 61abcd 61ffff f1 5f 52 6020 5f f3")
        world.add(Address(word: 0xabcd), "6001 6001 55 5f 5f a0 5f 5f fd", storage: [:])
        let result = world.run().accepted
        #expect(result.receipt.output == U256.zero.bigEndianBytes)
        #expect(result.receipt.logs.isEmpty)
        #expect(result.diff.storage.isEmpty)
        #expect(result.diff.accounts.map(\.address) == [TestWorld.sender])
    }

    @Test func `a revert keeps the gas that is left and returns its data`() {
        let world = TestWorld("602a 5f 52 6020 5f fd")
        let receipt = world.run(gas: 100_000).accepted.receipt
        #expect(receipt.outcome == .reverted)
        #expect(receipt.output == U256(42 as UInt64).bigEndianBytes)
        #expect(receipt.gasUsed == 21_000 + 2 + 3 + 3 + 3 + 3 + 2)
    }

    @Test func `a creation reports its code once and its address`() {
        // Init code that leaves the code 0x00.
        let world = TestWorld()
        let result = world.run(to: nil, data: bytesFromHex("600160005360016000f3")!).accepted
        let created = result.receipt.createdAddress
        let change = result.diff.accounts.first { $0.address == created }
        #expect(change?.codeWritten == [1])
        #expect(change?.account?.nonce == 1)
        #expect(change?.account?.codeHash == keccak256([1 as UInt8]))
    }

    @Test func `a contract that destroys itself in its first transaction leaves nothing`() {
        let world = TestWorld()
        let result = world.run(to: nil, data: bytesFromHex("6001600155 33ff".filter { $0 != " " })!).accepted
        #expect(result.receipt.succeeded)
        #expect(result.diff.accounts.map(\.address) == [TestWorld.sender])
        #expect(result.diff.storage.isEmpty)
    }

    @Test func `logs carry address, topics and data in order`() {
        let world = TestWorld("61abcd 5f 52 6002 6001 6020 5f a2 5f 5f a0")
        let logs = world.run().accepted.receipt.logs
        #expect(logs.count == 2)
        #expect(
            logs[0]
                == EmittedLog(
                    address: TestWorld.contract, topics: [1, 2], data: U256(0xabcd as UInt64).bigEndianBytes))
        #expect(logs[1] == EmittedLog(address: TestWorld.contract, topics: [], data: []))
    }

    @Test func `one machine gives the same result again and again`() {
        let world = TestWorld("6001 54 6001 01 6001 55 5f 5f a0 6020 5f f3", storage: [1: 5])
        let first = world.run().accepted
        for _ in 0..<100 { #expect(world.run().accepted == first) }
    }

    @Test func `memory of an earlier transaction is not seen by a later one`() {
        let world = TestWorld("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff 61ffe0 52")
        _ = world.run().accepted
        world.add(TestWorld.contract, "61ffe0 51 5f 52 6020 5f f3")
        #expect(world.run().accepted.receipt.output == U256.zero.bigEndianBytes)
    }

    @Test func `a view call needs no nonce and no balance`() {
        let world = TestWorld("33 5f 52 6020 5f f3")
        let machine = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
        let nobody = Address(word: 0x404)
        let receipt = machine.call(world, world.block, from: nobody, to: TestWorld.contract, data: [], gas: 50_000)
        #expect(receipt.outcome == .success)
        #expect(receipt.output == nobody.word.bigEndianBytes)
        #expect(receipt.gasUsed == 2 + 2 + 3 + 3 + 3 + 2)
    }
}
