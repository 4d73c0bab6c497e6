/// A block as it came: its header, its transactions still encoded, its withdrawals.
public struct Block: Sendable, Equatable {
    /// The header.
    public var header: BlockHeader
    /// The transactions as the trie of transactions holds them: a typed one with its first byte, a legacy one as a list.
    public var transactions: [[UInt8]]
    /// Uncles that the body lists.
    public var uncleCount: Int
    /// The withdrawals; nil before Shanghai.
    public var withdrawals: [Withdrawal]?
    /// Bytes of the encoded block.
    public var byteCount: Int

    /// Decodes a block; `forkAt` says which rules hold at a time.
    public static func decode(
        _ bytes: [UInt8], forkAt: (UInt64) -> Fork
    ) throws(BlockRefusal) -> Block {
        let parts = try reading { () throws(RLPError) in try Parts(bytes) }
        let outline = try reading { () throws(RLPError) in try BlockHeader.outline(parts.header) }
        let fork = forkAt(outline.timestampSeconds)
        let maximum = ForkRules(fork).blockBytesMax
        if bytes.count > maximum { throw .blockTooLong(have: bytes.count, maximum: maximum) }
        let fieldCount = BlockHeader.fieldCount(fork)
        if outline.fieldCount != fieldCount { throw .headerFields(have: outline.fieldCount, need: fieldCount) }
        let listCount = fork >= .shanghai ? 4 : 3
        if parts.listCount != listCount { throw .bodyLists(have: parts.listCount, need: listCount) }
        var block = Block(
            header: try reading { () throws(RLPError) in try BlockHeader(encoded: parts.header) },
            transactions: try reading { () throws(RLPError) in try encodedTransactions(parts.transactions) },
            uncleCount: try reading { () throws(RLPError) in try count(parts.uncles) },
            withdrawals: nil, byteCount: bytes.count)
        if var list = parts.withdrawals {
            var withdrawals: [Withdrawal] = []
            do throws(RLPError) {
                while !list.isAtEnd { withdrawals.append(try Withdrawal(&list)) }
            } catch {
                throw BlockRefusal(withdrawal: error)
            }
            block.withdrawals = withdrawals
        }
        return block
    }

    /// The lists of a block, not looked into.
    private struct Parts {
        var header: [UInt8]
        var transactions: RLPReader
        var uncles: RLPReader
        var withdrawals: RLPReader?
        var listCount: Int

        init(_ bytes: [UInt8]) throws(RLPError) {
            var outer = RLPReader(bytes)
            var lists = try outer.readList()
            try outer.finish()
            header = Array(try lists.readEncoded())
            transactions = try lists.readList()
            uncles = try lists.readList()
            listCount = 3
            if !lists.isAtEnd {
                withdrawals = try lists.readList()
                listCount = 4
            }
            try lists.finish()
        }
    }

    private static func reading<Value>(
        _ body: () throws(RLPError) -> Value
    ) throws(BlockRefusal) -> Value {
        do throws(RLPError) { return try body() } catch { throw .malformed(error) }
    }

    private static func encodedTransactions(_ list: RLPReader) throws(RLPError) -> [[UInt8]] {
        var list = list
        var transactions: [[UInt8]] = []
        while !list.isAtEnd {
            transactions.append(Array(try list.nextIsList() ? try list.readEncoded() : try list.readBytes()))
        }
        return transactions
    }

    private static func count(_ list: RLPReader) throws(RLPError) -> Int {
        var list = list
        var count = 0
        while !list.isAtEnd {
            _ = try list.readEncoded()
            count += 1
        }
        return count
    }
}
