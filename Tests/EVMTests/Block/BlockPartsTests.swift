import EVM
import Testing

/// Withdrawals, requests, filters: the parts of a block besides its transactions.
struct BlockPartsTests {
    @Test func `withdrawals raise balances and make no empty accounts`() {
        let world = TestWorld()
        let poor = Address(word: 0xabc)
        let diff = Withdrawal.diff(
            [
                Withdrawal(index: 0, validator: 1, address: poor, amountGwei: 2),
                Withdrawal(index: 1, validator: 1, address: poor, amountGwei: 3),
                Withdrawal(index: 2, validator: 1, address: Address(word: 0xdef), amountGwei: 0),
            ], over: world)
        #expect(diff.accounts.count == 1)
        #expect(diff.accounts.first?.address == poor)
        #expect(diff.accounts.first?.account?.balance == U256(5_000_000_000))
    }

    /// A log of the deposit contract.
    private func deposit(_ change: (inout [UInt8]) -> Void = { _ in }) -> EmittedLog {
        var data: [UInt8] = []
        for offset in [160, 256, 320, 384, 512] { data += U256(offset).bigEndianBytes }
        for (count, byte) in [(48, UInt8(1)), (32, 2), (8, 3), (96, 4), (8, 5)] {
            data += U256(count).bigEndianBytes
            data += [UInt8](repeating: byte, count: count)
            data += [UInt8](repeating: 0, count: (32 - count % 32) % 32)
        }
        change(&data)
        let topic = keccak256(Array("DepositEvent(bytes,bytes,bytes,bytes,bytes)".utf8)).word
        return EmittedLog(address: SystemContracts.deposits, topics: [topic], data: data)
    }

    @Test func `a deposit is read from its log`() throws {
        let other = EmittedLog(address: Address(word: 1), topics: deposit().topics, data: [1])
        let silent = EmittedLog(address: SystemContracts.deposits, topics: [], data: [1])
        let bytes = try BlockRequests.deposits(in: [other, deposit(), silent])
        let need = [(48, UInt8(1)), (32, 2), (8, 3), (96, 4), (8, 5)].flatMap { [UInt8](repeating: $1, count: $0) }
        #expect(bytes == need)
    }

    @Test func `a deposit that is laid out otherwise is refused`() {
        #expect(throws: BlockRefusal.depositLayout(offset: 0, have: 575, need: 576)) {
            try BlockRequests.deposits(in: [deposit { $0.removeLast() }])
        }
        #expect(throws: BlockRefusal.depositLayout(offset: 32, have: 257, need: 256)) {
            try BlockRequests.deposits(in: [deposit { $0[63] = 1 }])
        }
        #expect(throws: BlockRefusal.depositLayout(offset: 512, have: 9, need: 8)) {
            try BlockRequests.deposits(in: [deposit { $0[543] = 9 }])
        }
    }

    @Test func `the digest of requests leaves empty ones out`() {
        var requests = BlockRequests()
        #expect(requests.hash == sha256([UInt8]()))
        requests.append(type: 0, [])
        #expect(requests.hash == sha256([UInt8]()))
        requests.append(type: 1, [9])
        #expect(requests.hash == sha256(sha256([1, 9]).bytes))
    }

    @Test func `a filter holds three bits of an address`() {
        var bloom = LogsBloom()
        bloom.insert(
            EmittedLog(address: Address(hex: "0x095e7baea6a6c7c4c2dfeb977efac326af552d87")!, topics: [], data: []))
        let bits = bloom.bytes.reduce(0) { $0 + $1.nonzeroBitCount }
        #expect(bits == 3)
        var both = bloom
        both.formUnion(LogsBloom())
        #expect(both == bloom)
    }
}
