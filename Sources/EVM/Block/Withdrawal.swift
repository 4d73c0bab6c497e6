/// Ether that the beacon chain credits to an account (EIP-4895).
public struct Withdrawal: Sendable, Equatable {
    /// The withdrawal's number.
    public var index: UInt64
    /// The validator that it comes from.
    public var validator: UInt64
    /// The account that gets it.
    public var address: Address
    /// The amount in units of 10^9 wei.
    public var amountGwei: UInt64

    /// A withdrawal.
    public init(index: UInt64, validator: UInt64, address: Address, amountGwei: UInt64) {
        self.index = index
        self.validator = validator
        self.address = address
        self.amountGwei = amountGwei
    }

    /// The amount in wei.
    public var amount: U256 { U256(amountGwei) &* U256(1_000_000_000) }

    /// The RLP that the trie of withdrawals holds.
    public var encoded: [UInt8] {
        var writer = RLPWriter()
        writer.appendList { list in
            list.append(index)
            list.append(validator)
            list.append(address)
            list.append(amountGwei)
        }
        return writer.bytes
    }

    /// Reads a withdrawal from a list of them.
    init(_ list: inout RLPReader) throws(RLPError) {
        var fields = try list.readList()
        index = try fields.readUInt64()
        validator = try fields.readUInt64()
        address = try fields.readAddress()
        amountGwei = try fields.readUInt64()
        try fields.finish()
    }

    /// What withdrawals change: balances rise; an account that stays empty does not begin to exist.
    public static func diff(_ withdrawals: [Withdrawal], over view: some StateView) -> StateDiff {
        var sums: [Address: U256] = [:]
        for withdrawal in withdrawals {
            let sum = sums[withdrawal.address] ?? .zero
            sums[withdrawal.address] = sum &+ withdrawal.amount
        }
        var diff = StateDiff()
        for (address, sum) in sums.sorted(by: { $0.key < $1.key }) {
            let before = view.account(address)
            var after = before ?? AccountState()
            after.balance = after.balance &+ sum
            if after.isEmpty {
                if before == nil { continue }
                diff.accounts.append(AccountChange(address: address, account: nil, storageCleared: true))
            } else if after != before {
                diff.accounts.append(AccountChange(address: address, account: after))
            }
        }
        return diff
    }
}
