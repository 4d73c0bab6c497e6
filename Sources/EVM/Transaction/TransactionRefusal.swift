/// Why a transaction cannot be part of a block, with the two numbers that disagree; the state is untouched.
public enum TransactionRefusal: Error, Sendable, Equatable {
    /// The sender has already used the nonce.
    case nonceTooLow(have: UInt64, need: UInt64)
    /// A transaction before this one is missing.
    case nonceTooHigh(have: UInt64, need: UInt64)
    /// The sender's nonce cannot rise any more (EIP-2681).
    case nonceExhausted(have: UInt64, maximum: UInt64)
    /// The balance does not cover value and gas at the highest price.
    case insufficientFunds(have: U256, need: U256)
    /// Price and gas limit have a product of more than 256 bits.
    case gasCostOverflow(price: U256, gas: UInt64)
    /// The gas limit does not cover what every transaction of this shape costs.
    case gasBelowIntrinsic(have: UInt64, need: UInt64)
    /// The gas limit does not cover the floor for its data (EIP-7623).
    case gasBelowFloor(have: UInt64, need: UInt64)
    /// More gas than the block has.
    case gasOverBlockLimit(have: UInt64, maximum: UInt64)
    /// More gas than any transaction may have (EIP-7825).
    case gasOverTransactionLimit(have: UInt64, maximum: UInt64)
    /// The highest fee is below the block's base fee.
    case feeBelowBaseFee(have: U256, need: U256)
    /// The priority fee is higher than the whole fee.
    case priorityFeeOverMaxFee(have: U256, maximum: U256)
    /// The blob fee is below the block's.
    case blobFeeBelowBaseFee(have: U256, need: U256)
    /// Creation code longer than allowed (EIP-3860).
    case initcodeTooLong(have: Int, maximum: Int)
    /// The sender is a contract (EIP-3607): its code has bytes where none are allowed.
    case senderHasCode(bytes: Int, maximum: Int)
    /// The rules of the block do not know this kind yet.
    case kindNotActive(TransactionKind, have: Fork, need: Fork)
    /// Signed for another chain.
    case wrongChain(have: UInt64, need: UInt64)
    /// A blob transaction without blobs.
    case tooFewBlobs(have: Int, need: Int)
    /// More blobs than a transaction may hold (EIP-7594).
    case tooManyBlobs(have: Int, maximum: Int)
    /// More blobs than the block has room for.
    case blobsOverBlockLimit(have: Int, maximum: Int)
    /// A blob hash of a version that is not known.
    case blobVersion(have: UInt8, need: UInt8)
    /// A kind that can only call, without an account to call.
    case cannotCreate(TransactionKind)
    /// A set-code transaction without authorizations (EIP-7702).
    case tooFewAuthorizations(have: Int, need: Int)
}
