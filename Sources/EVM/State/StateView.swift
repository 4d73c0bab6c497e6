/// The state before a transaction, as the machine reads it: each account and each slot is asked for at most once a transaction.
///
/// An implementation answers from one fixed state during a transition; it may record what was asked.
public protocol StateView {
    /// The account, or nil where there is none.
    func account(_ address: Address) -> AccountState?
    /// The value of a storage slot; zero where it was never written.
    func storage(_ address: Address, _ slot: U256) -> U256
    /// The code with this hash; asked only for hashes that `account` returned.
    func code(_ hash: Hash256) -> [UInt8]
    /// Whether any slot of the account is not zero (EIP-7610: such an address cannot be created).
    func hasStorage(_ address: Address) -> Bool
    /// The hash of a block among the last 256.
    func blockHash(_ number: UInt64) -> Hash256
    /// The object that this is; nil where it is a value.
    var identity: ObjectIdentifier? { get }
}

extension StateView {
    /// A value has none.
    public var identity: ObjectIdentifier? { nil }
}

extension StateView where Self: AnyObject {
    /// An object is itself.
    public var identity: ObjectIdentifier? { ObjectIdentifier(self) }
}
