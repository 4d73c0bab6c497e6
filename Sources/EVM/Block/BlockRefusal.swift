/// Why a block is not valid, with the two numbers that disagree.
public enum BlockRefusal: Error, Sendable, Equatable {
    // MARK: Encoding
    /// The bytes are not the canonical RLP of a block.
    case malformed(RLPError)
    /// The header has not the fields of its fork.
    case headerFields(have: Int, need: Int)
    /// The body has not the lists of its fork; without withdrawals it has three.
    case bodyLists(have: Int, need: Int)
    /// A number of a withdrawal has more bytes than its field.
    case withdrawalNumberBytes(have: Int, maximum: Int)
    /// The address of a withdrawal has not 20 bytes.
    case withdrawalAddressBytes(have: Int, need: Int)
    /// The block is longer than allowed (EIP-7934).
    case blockTooLong(have: Int, maximum: Int)
    /// A transaction is not the encoding of one that the fork knows.
    case undecodable(index: Int, TransactionDecodingError)

    // MARK: Header
    /// No block with the parent's hash is known.
    case unknownParent(Hash256)
    /// Not the parent's number and one.
    case number(have: UInt64, need: UInt64)
    /// Not behind the parent's time.
    case timestamp(have: UInt64, minimum: UInt64)
    /// Over 2^63 - 1.
    case gasLimitOverflow(have: UInt64, maximum: UInt64)
    /// Further from the parent's than a 1,024th, or under 5,000.
    case gasLimit(have: UInt64, minimum: UInt64, maximum: UInt64)
    /// More gas used than the limit of the block.
    case gasUsedOverLimit(have: UInt64, maximum: UInt64)
    /// Not what follows from the parent (EIP-1559).
    case baseFee(have: U256, need: U256)
    /// More extra data than 32 bytes.
    case extraDataTooLong(have: Int, maximum: Int)
    /// Difficulty since Paris.
    case difficulty(have: U256, need: U256)
    /// A nonce since Paris.
    case nonce(have: UInt64, need: UInt64)
    /// Uncles since Paris, by the header.
    case unclesHash(have: Hash256, need: Hash256)
    /// Uncles in the body that the header does not have.
    case uncles(have: Int, need: Int)
    /// Not what follows from the parent (EIP-4844, EIP-7918).
    case excessBlobGas(have: UInt64, need: UInt64)
    /// More blob gas than the schedule of the fork allows.
    case blobGasUsedOverLimit(have: UInt64, maximum: UInt64)

    // MARK: Body and execution
    /// Not the root of the transactions.
    case transactionsRoot(have: Hash256, need: Hash256)
    /// Not the root of the withdrawals.
    case withdrawalsRoot(have: Hash256, need: Hash256)
    /// A transaction that cannot be part of the block.
    case transaction(index: Int, TransactionRefusal)
    /// Not the gas that the transactions used.
    case gasUsed(have: UInt64, need: UInt64)
    /// Not the blob gas of the transactions.
    case blobGasUsed(have: UInt64, need: UInt64)
    /// Not the root of the receipts.
    case receiptsRoot(have: Hash256, need: Hash256)
    /// Not the filter over the logs.
    case logsBloom(have: Hash256, need: Hash256)
    /// Not the root of the state.
    case stateRoot(have: Hash256, need: Hash256)
    /// Not the digest of the requests.
    case requestsHash(have: Hash256, need: Hash256)
    /// A contract that the protocol has to call is not there (EIP-7002, EIP-7251).
    case systemContractEmpty(Address)
    /// A call of the protocol itself did not succeed.
    case systemContractFailed(Address, Outcome)
    /// A deposit's log is not laid out as the deposit contract does (EIP-6110).
    case depositLayout(offset: Int, have: U256, need: U256)

    /// The refusal for an encoding that is wrong in a withdrawal.
    init(withdrawal error: RLPError) {
        switch error {
        case .wrongSize(_, let have, 8): self = .withdrawalNumberBytes(have: have, maximum: 8)
        case .wrongSize(_, let have, 20): self = .withdrawalAddressBytes(have: have, need: 20)
        default: self = .malformed(error)
        }
    }
}
