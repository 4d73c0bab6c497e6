/// How SSTORE is priced.
enum StoragePricing: UInt8 {
    /// Set, reset, clear (Frontier; again in Petersburg).
    case simple
    /// Against the original value (EIP-1283, EIP-2200, EIP-2929, EIP-3529 with their own figures).
    case net
}

/// The figures and rules of one fork: Frontier's with the differences of every later fork applied.
struct ForkRules {
    let fork: Fork
    /// Opcodes and their fixed gas.
    var opcodes: OpcodeTable

    // Storage.
    var storagePricing = StoragePricing.simple
    /// SSTORE halts with this much gas or less (EIP-2200); 0 without the rule.
    var storageSentryGas: Int64 = 0
    /// Gas of a write that changes nothing for good: the warm or the SLOAD price.
    var storageDirtyGas: Int64 = 200
    var storageSetGas: Int64 = 20_000
    var storageResetGas: Int64 = 5_000
    var storageClearRefund: Int64 = 15_000
    /// Extra gas of the first access to a slot (EIP-2929); for SLOAD beyond the warm price.
    var coldSlotGas: Int64 = 0
    /// Extra gas of the first access to an account beyond the warm price.
    var coldAccountGas: Int64 = 0
    /// Whether accounts and slots are warm or cold (EIP-2929).
    var hasAccessLists: Bool { fork >= .berlin }

    // Calls and creations.
    /// A call leaves a 64th of the gas with the caller (EIP-150).
    var keepsSixtyFourth: Bool { fork >= .tangerineWhistle }
    /// Empty accounts do not exist (EIP-161).
    var hasEmptyAccountRule: Bool { fork >= .spuriousDragon }
    var exponentByteGas: Int64 = 10
    var selfDestructRefund: Int64 = 24_000
    /// SELFDESTRUCT pays for an account that it creates (EIP-150).
    var selfDestructNewAccountGas: Int64 = 0
    /// SELFDESTRUCT deletes only what the same transaction created (EIP-6780).
    var selfDestructOnlyCreated: Bool { fork >= .cancun }
    /// Bytes of deployed code at most (EIP-170).
    var codeBytesMax = Int.max
    /// Bytes of creation code at most (EIP-3860).
    var initcodeBytesMax = Int.max
    var initcodeWordGas: Int64 = 0
    /// Nonce of a new contract (EIP-161).
    var contractNonce: UInt64 = 0
    /// A creation that cannot pay for its code fails (EIP-2) instead of leaving no code.
    var creationNeedsDepositGas: Bool { fork >= .homestead }
    /// New code may not start with 0xEF (EIP-3541).
    var rejectsCodeStartingWithEF: Bool { fork >= .london }
    /// Accounts can be delegated to code (EIP-7702).
    var hasDelegations: Bool { fork >= .prague }

    // Transactions.
    /// At most one part in this many of the gas used is refunded (EIP-3529).
    var refundQuotient: UInt64 = 2
    var transactionGas: UInt64 = 21_000
    var creationTransactionGas: UInt64 = 0
    var nonzeroByteGas: UInt64 = 68
    /// Floor per data token (EIP-7623); 0 without the rule.
    var floorTokenGas: UInt64 = 0
    /// Gas of one transaction at most (EIP-7825).
    var transactionGasMax = UInt64.max
    /// The fee recipient is warm from the start (EIP-3651).
    var warmFeeRecipient: Bool { fork >= .shanghai }
    /// Blobs of one transaction at most, whatever the block allows (EIP-7594).
    var transactionBlobsMax = Int.max
    /// Bytes of an encoded block at most (EIP-7934).
    var blockBytesMax = Int.max

    /// The rules of a fork.
    init(_ fork: Fork) {
        self.fork = fork
        opcodes = OpcodeTable(fork)
        for (since, change) in Self.changes where since <= fork { change(&self) }
    }

    /// What each fork changed, oldest first.
    private static let changes: [(Fork, @Sendable (inout ForkRules) -> Void)] = [
        (.homestead, { $0.creationTransactionGas = 32_000 }),
        (.tangerineWhistle, { $0.selfDestructNewAccountGas = 25_000 }),
        (
            .spuriousDragon,
            {
                $0.exponentByteGas = 50
                $0.codeBytesMax = 24_576
                $0.contractNonce = 1
            }
        ),
        (.constantinople, { $0.storagePricing = .net }),
        (.petersburg, { $0.storagePricing = .simple }),
        (
            .istanbul,
            {
                $0.storagePricing = .net
                $0.storageSentryGas = 2_300
                $0.storageDirtyGas = 800
                $0.nonzeroByteGas = 16
            }
        ),
        (
            .berlin,
            {
                $0.storageDirtyGas = 100
                $0.storageResetGas = 2_900
                $0.coldSlotGas = 2_000
                $0.coldAccountGas = 2_500
            }
        ),
        (
            .london,
            {
                $0.storageClearRefund = 4_800
                $0.selfDestructRefund = 0
                $0.refundQuotient = 5
            }
        ),
        (
            .shanghai,
            {
                $0.initcodeBytesMax = 49_152
                $0.initcodeWordGas = 2
            }
        ),
        (.prague, { $0.floorTokenGas = 10 }),
        (
            .osaka,
            {
                $0.transactionGasMax = 1 << 24
                $0.transactionBlobsMax = 6
                $0.blockBytesMax = 8_388_608
            }
        ),
    ]
}
