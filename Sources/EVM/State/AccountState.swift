/// What the state holds of an account apart from its storage.
public struct AccountState: Sendable, Equatable, BitwiseCopyable {
    /// Transactions sent (or contracts created) so far.
    public var nonce: UInt64
    /// Native balance in wei.
    public var balance: U256
    /// keccak-256 of the code; `Hash256.emptyCode` without code.
    public var codeHash: Hash256

    /// An account with these fields; by default one that has nothing.
    public init(nonce: UInt64 = 0, balance: U256 = .zero, codeHash: Hash256 = .emptyCode) {
        self.nonce = nonce
        self.balance = balance
        self.codeHash = codeHash
    }

    /// Nonce and balance zero and no code (EIP-161).
    public var isEmpty: Bool { nonce == 0 && balance.isZero && codeHash == .emptyCode }
}
