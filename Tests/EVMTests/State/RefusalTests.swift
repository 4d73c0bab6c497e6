import EVM
import Testing

/// Transactions that cannot be part of a block, and the two numbers that each refusal carries.
struct RefusalTests {
    static func call(_ change: (inout Transaction) -> Void = { _ in }) -> Transaction {
        var transaction = Transaction(
            kind: .dynamicFee, sender: TestWorld.sender, nonce: 5, gasLimit: 50_000, maxFeePerGas: 10,
            maxPriorityFeePerGas: 1, to: TestWorld.contract)
        change(&transaction)
        return transaction
    }

    static let cases: [(String, Transaction, TransactionRefusal)] = [
        ("nonce used", call { $0.nonce = 4 }, .nonceTooLow(have: 4, need: 5)),
        ("nonce gap", call { $0.nonce = 9 }, .nonceTooHigh(have: 9, need: 5)),
        ("no funds", call { $0.value = 600_000 }, .insufficientFunds(have: 1_000_000, need: 1_100_000)),
        ("too little gas", call { $0.gasLimit = 20_999 }, .gasBelowIntrinsic(have: 20_999, need: 21_000)),
        (
            "below the data's floor", call { ($0.gasLimit, $0.data) = (21_100, Array(repeating: 0, count: 20)) },
            .gasBelowFloor(have: 21_100, need: 21_200)
        ),
        (
            "over the block", call { $0.gasLimit = 100_000_001 },
            .gasOverBlockLimit(have: 100_000_001, maximum: 100_000_000)
        ),
        (
            "priority over fee", call { $0.maxPriorityFeePerGas = 11 },
            .priorityFeeOverMaxFee(have: 11, maximum: 10)
        ),
        ("another chain", call { $0.chainID = 7 }, .wrongChain(have: 7, need: 1)),
        ("no blobs", call { ($0.kind, $0.maxFeePerBlobGas) = (.blob, 1) }, .tooFewBlobs(have: 0, need: 1)),
        (
            "blob version", call { ($0.kind, $0.blobHashes) = (.blob, [.zero]) }, .blobVersion(have: 0, need: 1)
        ),
        ("blobs create nothing", call { ($0.kind, $0.to, $0.gasLimit) = (.blob, nil, 60_000) }, .cannotCreate(.blob)),
        ("no authorizations", call { $0.kind = .setCode }, .tooFewAuthorizations(have: 0, need: 1)),
        (
            "long creation code",
            call { ($0.to, $0.gasLimit, $0.data) = (nil, 9_000_000, Array(repeating: 0, count: 49_153)) },
            .initcodeTooLong(have: 49_153, maximum: 49_152)
        ),
        (
            "sender with code", call { ($0.sender, $0.nonce) = (TestWorld.contract, 1) },
            .senderHasCode(bytes: 1, maximum: 0)
        ),
    ]

    @Test(arguments: cases)
    func `a refusal says what disagrees`(_ name: String, _ transaction: Transaction, _ refusal: TransactionRefusal) {
        let world = TestWorld("00")
        world.accounts[TestWorld.sender] = AccountState(nonce: 5, balance: 1_000_000)
        #expect(world.run(transaction).refusal == refusal)
    }

    @Test func `a refused transaction leaves the machine ready for the next one`() {
        let world = TestWorld("00")
        world.accounts[TestWorld.sender] = AccountState(nonce: 5, balance: 1_000_000)
        #expect(world.run(Self.call { $0.nonce = 4 }).refusal != nil)
        #expect(world.run(Self.call()).accepted.receipt.succeeded)
    }

    @Test func `kinds wait for their fork`() {
        let world = TestWorld("00", fork: .istanbul)
        #expect(world.run(Self.call()).refusal == .kindNotActive(.dynamicFee, have: .istanbul, need: .london))
    }

    @Test func `a gas limit over 2 to the 24th is refused from Osaka on`() {
        let world = TestWorld("00", fork: .osaka)
        let refusal = world.run(gas: (1 << 24) + 1).refusal
        #expect(refusal == .gasOverTransactionLimit(have: (1 << 24) + 1, maximum: 1 << 24))
    }

    @Test func `fees go from the sender to the recipient and the base fee to nobody`() {
        let world = TestWorld("00")
        var block = world.block
        block.baseFee = 4
        world.accounts[TestWorld.sender] = AccountState(nonce: 5, balance: 1_000_000)
        let machine = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
        let result = machine.transition(world, block, Self.call { $0.maxPriorityFeePerGas = 3 }).accepted
        let balances = Dictionary(uniqueKeysWithValues: result.diff.accounts.map { ($0.address, $0.account!.balance) })
        #expect(result.receipt.gasUsed == 21_000)
        #expect(balances[TestWorld.sender] == U256(853_000 as UInt64))
        #expect(balances[TestWorld.recipient] == 63_000)
    }
}
