import EVM

/// What one seed stands for: a fork, a small state with contracts, and a few transactions.
public struct FuzzCase: Sendable {
    /// The seed that makes this case again.
    public let seed: UInt64
    /// The rules.
    let fork: Fork
    /// The state before the first transaction.
    let world: FuzzWorld
    let transactions: [Transaction]
    /// Whether value may vanish: where accounts can destroy themselves.
    let mayDestroyAccounts: Bool

    /// Accounts that programs know: contracts first, then the senders.
    static let accountCount = 8
    static let contractCount = 5

    static func account(_ index: Int) -> Address { Address(word: U256(0xF00D_0000 + UInt64(index))) }

    private static let feeRecipient = Address(word: 0xC01)

    /// The case of a seed.
    public init(seed: UInt64) {
        var random = FuzzRandom(seed: seed)
        self.seed = seed
        // The latest forks know the most; each of the others has its turn.
        fork = random.chance(50) ? random.pick([.cancun, .prague, .osaka]) : random.pick(Fork.allCases)
        let mayDestroy = random.chance(50)
        mayDestroyAccounts = mayDestroy
        var world = FuzzWorld()
        for index in 0..<Self.accountCount {
            var slots: [U256: U256] = [:]
            var code: [UInt8] = []
            if index < Self.contractCount {
                for _ in 0..<random.below(4) { slots[U256(UInt64(random.below(8)))] = U256(1 + random.next() >> 40) }
                code = Self.program(&random, fork, mayDestroy: mayDestroy)
            } else if index == Self.contractCount && fork >= .prague {
                code = [0xEF, 0x01, 0x00] + Self.account(random.below(Self.contractCount)).bytes
            }
            let balance = index < Self.contractCount ? U256(UInt64(random.below(2_000))) : U256(1) << 90
            world.add(Self.account(index), code: code, balance: balance, slots: slots)
        }
        self.world = world
        let fork = fork
        transactions = (0..<1 + random.below(3)).map { _ in
            Self.transaction(&random, fork, mayDestroy: mayDestroy)
        }
    }

    private static func program(_ random: inout FuzzRandom, _ fork: Fork, mayDestroy: Bool) -> [UInt8] {
        random.chance(15)
            ? FuzzProgram.uniform(&random, mayDestroy: mayDestroy)
            : FuzzProgram.structured(&random, fork, mayDestroy: mayDestroy)
    }

    private static func transaction(_ random: inout FuzzRandom, _ fork: Fork, mayDestroy: Bool) -> Transaction {
        let creates = random.chance(15)
        // Some transactions call a precompile themselves, with an input that is nearly right.
        let precompile = random.chance(10) ? PrecompileInputs.make(&random) : nil
        let target =
            precompile.map { Address(word: U256($0.address)) }
            ?? (random.chance(97)
                ? account(random.below(contractCount)) : Address(word: U256(UInt64(random.below(0x14)))))
        let gasLimit = UInt64(random.chance(3) ? random.below(16_000_000) : 21_000 + random.below(700_000))
        let kinds = TransactionKind.allCases.filter { kind in
            switch kind {
            case .legacy, .session: true
            case .accessList: fork >= .berlin
            case .dynamicFee: fork >= .london
            case .blob: fork >= .cancun
            case .setCode: fork >= .prague
            }
        }
        // The first account behind the contracts may be one that delegates.
        let sender = account(contractCount + random.below(accountCount - contractCount))
        var transaction = Transaction(
            kind: random.pick(random.chance(95) ? kinds : TransactionKind.allCases), sender: sender,
            nonce: nil, gasLimit: gasLimit, to: creates ? nil : target,
            value: random.chance(60) ? .zero : U256(UInt64(random.below(3_000))),
            data: creates
                ? program(&random, fork, mayDestroy: mayDestroy) : precompile?.input ?? calldata(&random, fork))
        switch transaction.kind {
        case .legacy: transaction.gasPrice = U256(UInt64(5 + random.below(100)))
        case .session: break
        case .accessList:
            transaction.gasPrice = U256(UInt64(5 + random.below(100)))
            transaction.accessList = accessList(&random)
        case .dynamicFee, .blob, .setCode:
            transaction.maxFeePerGas = U256(UInt64(20 + random.below(100)))
            transaction.maxPriorityFeePerGas = U256(UInt64(random.below(20)))
            transaction.accessList = accessList(&random)
        }
        if transaction.kind == .blob {
            transaction.maxFeePerBlobGas = U256(UInt64(2 + random.below(20)))
            transaction.blobHashes = (0..<(random.chance(90) ? 1 : 0) + random.below(3)).map { Hash256(word: U256(1) << 248 | U256(UInt64($0))) }
        }
        if transaction.kind == .setCode {
            transaction.authorizations = (0..<1 + random.below(3)).map { _ in
                Authorization(
                    chainID: U256(UInt64(random.below(2))),
                    address: random.chance(20) ? .zero : account(random.below(accountCount)),
                    nonce: UInt64(random.below(2)), authority: random.chance(90) ? account(random.below(accountCount)) : nil)
            }
        }
        return transaction
    }

    private static func calldata(_ random: inout FuzzRandom, _ fork: Fork) -> [UInt8] {
        switch random.below(3) {
        case 0: random.bytes(random.below(120))
        case 1: PrecompileInputs.make(&random).input
        default: FuzzProgram.structured(&random, fork, mayDestroy: false)
        }
    }

    private static func accessList(_ random: inout FuzzRandom) -> [AccessListEntry] {
        (0..<random.below(3)).map { _ in
            AccessListEntry(
                address: account(random.below(accountCount)),
                slots: (0..<random.below(3)).map { _ in U256(UInt64(random.below(8))) })
        }
    }

    var block: BlockEnvironment {
        BlockEnvironment(
            number: 1_000, timestampSeconds: 1_700_000_000, gasLimit: 100_000_000, feeRecipient: Self.feeRecipient,
            baseFee: fork >= .london ? 7 : 0, prevrandao: Hash256(word: 7), difficulty: 0x20000,
            blobBaseFee: 3, chainID: 1, fork: fork)
    }
}
