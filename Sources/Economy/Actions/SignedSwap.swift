public import EVM

/// A swap of baskets as the keys of both sides sign it: typed data of EIP-712, which every wallet shows and signs.
public struct SignedSwap: Sendable, Equatable {
    /// One side.
    public var first: Address
    /// The other.
    public var second: Address
    /// What the first gives, up to four lines.
    public var firstGives: [AssetLine]
    /// What the second gives, up to four lines.
    public var secondGives: [AssetLine]
    /// The trade's id, used up for ever when it is done.
    public var trade: U256
    /// The last second in which it can be handed in.
    public var expires: UInt64

    /// A swap; nil with more than four lines a side.
    public init?(
        first: Address, second: Address, firstGives: [AssetLine], secondGives: [AssetLine], trade: U256, expires: UInt64
    ) {
        guard firstGives.count <= Self.lineCount, secondGives.count <= Self.lineCount else { return nil }
        self.first = first
        self.second = second
        self.firstGives = firstGives
        self.secondGives = secondGives
        self.trade = trade
        self.expires = expires
    }

    /// The swap that the fields of the action `signedSwap` say; nil where one is missing or of another kind.
    public init?(fields: [String: FieldValue]) {
        guard case .account(let first)? = fields["first"], case .account(let second)? = fields["second"], case .id(let trade)? = fields["trade"],
            case .number(let expires)? = fields["expires"]
        else { return nil }
        func lines(_ name: String) -> [AssetLine] { if case .lines(let lines)? = fields[name] { lines } else { [] } }
        self.init(
            first: first, second: second, firstGives: lines("firstGives"), secondGives: lines("secondGives"), trade: U256(bigEndian: trade), expires: expires)
    }

    private static let lineCount = 4
    private static let domainType = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    private static let swapType = "Swap(address first,address second,uint256[4] firstGives,uint256[4] secondGives,uint256 trade,uint256 expires)"

    private static func hash(_ words: [U256]) -> U256 { keccak256(words.flatMap(\.bigEndianBytes)).word }
    private static func hash(_ text: String) -> U256 { keccak256(Array(text.utf8)).word }

    /// Four words, asset << 128 | amount, the unused ones zero.
    private static func words(_ lines: [AssetLine]) -> [U256] {
        lines.map { U256($0.amount, 0, $0.asset, 0) } + [U256](repeating: .zero, count: lineCount - lines.count)
    }

    /// The digest that both keys sign, for the contract `trade` of a chain.
    public func digest(chainID: UInt64, contract: Address) -> Hash256 {
        let domain = Self.hash([Self.hash(Self.domainType), Self.hash("Hoard"), Self.hash("1"), U256(chainID), contract.word])
        let content = Self.hash([
            Self.hash(Self.swapType), first.word, second.word, Self.hash(Self.words(firstGives)), Self.hash(Self.words(secondGives)), trade, U256(expires),
        ])
        return keccak256([0x19, 0x01] + domain.bigEndianBytes + content.bigEndianBytes)
    }

    /// The typed data as a wallet takes it (eth_signTypedData_v4).
    public func typedData(chainID: UInt64, contract: Address) -> String {
        func list(_ lines: [AssetLine]) -> String { "[" + Self.words(lines).map { "\"\($0.decimal)\"" }.joined(separator: ",") + "]" }
        func fields(_ type: String) -> String {
            let inside = type.drop { $0 != "(" }.dropFirst().dropLast()
            return "["
                + inside.split(separator: ",").map { field in
                    let words = field.split(separator: " ")
                    return "{\"name\":\"\(words[1])\",\"type\":\"\(words[0])\"}"
                }.joined(separator: ",") + "]"
        }
        return "{\"types\":{\"EIP712Domain\":\(fields(Self.domainType)),\"Swap\":\(fields(Self.swapType))},\"primaryType\":\"Swap\","
            + "\"domain\":{\"name\":\"Hoard\",\"version\":\"1\",\"chainId\":\(chainID),\"verifyingContract\":\"\(contract.hex)\"},"
            + "\"message\":{\"first\":\"\(first.hex)\",\"second\":\"\(second.hex)\",\"firstGives\":\(list(firstGives)),\"secondGives\":\(list(secondGives)),"
            + "\"trade\":\"\(trade.decimal)\",\"expires\":\"\(expires)\"}}"
    }
}
