public import EVM
public import Wire

extension Address {
    /// The address of an account of the wire: the same 20 bytes.
    @inline(__always)
    public init(_ account: Account) {
        // An account is stored as its 20 bytes in order; a test holds it to that.
        self = withUnsafeBytes(of: account) { Address(loading: $0.baseAddress!) }
    }
}

extension Account {
    /// The account of the wire with the bytes of an address.
    public init(_ address: Address) {
        guard let account = Account(bytes: address.bytes) else { preconditionFailure("an address has 20 bytes") }
        self = account
    }
}
