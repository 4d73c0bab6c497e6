public import EVM

/// Where the token contracts of a world keep balances.
public struct BalanceBooks: Sendable {
    private let contracts: [Address: AssetRule]

    /// The books of these contracts.
    public init(rules: [AssetRule]) {
        contracts = Dictionary(rules.map { ($0.contract, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The slot in which a contract keeps the balance of an account, of an id where it keeps several; nil where it keeps none.
    public func slot(of account: Address, contract: Address, id: UInt64 = 0) -> U256? {
        guard let rule = contracts[contract] else { return nil }
        let keys: [U256] =
            switch rule.kind {
            case .erc20: [account.word]
            case .erc1155: [U256(id), account.word]
            case .erc1155OwnerFirst: [account.word, U256(id)]
            }
        return keys.reduce(rule.balancesSlot) { keccak256($0.bigEndianBytes + $1.bigEndianBytes).word }
    }
}
