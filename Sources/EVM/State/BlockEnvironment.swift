/// What a transaction can see of the block that it runs in.
public struct BlockEnvironment: Sendable, Equatable {
    /// The block's number.
    public var number: UInt64
    /// Seconds since 1970.
    public var timestampSeconds: UInt64
    /// Gas that the transactions of the block may use together.
    public var gasLimit: UInt64
    /// Receiver of the priority fees (COINBASE).
    public var feeRecipient: Address
    /// Base fee per gas in wei (London and later).
    public var baseFee: U256
    /// The beacon's random value (Paris and later).
    public var prevrandao: Hash256
    /// Proof-of-work difficulty (before Paris).
    public var difficulty: U256
    /// Fee per blob gas in wei (Cancun and later).
    public var blobBaseFee: U256
    /// Blobs of the block at most; nil for what its fork began with.
    public var blobsMax: Int?
    /// The chain's id (EIP-155).
    public var chainID: UInt64
    /// The rules of the block.
    public var fork: Fork

    /// The environment of one block.
    public init(
        number: UInt64, timestampSeconds: UInt64, gasLimit: UInt64, feeRecipient: Address = .zero,
        baseFee: U256 = .zero, prevrandao: Hash256 = .zero, difficulty: U256 = .zero,
        blobBaseFee: U256 = .one, blobsMax: Int? = nil, chainID: UInt64, fork: Fork
    ) {
        self.number = number
        self.timestampSeconds = timestampSeconds
        self.gasLimit = gasLimit
        self.feeRecipient = feeRecipient
        self.baseFee = baseFee
        self.prevrandao = prevrandao
        self.difficulty = difficulty
        self.blobBaseFee = blobBaseFee
        self.blobsMax = blobsMax
        self.chainID = chainID
        self.fork = fork
    }
}
