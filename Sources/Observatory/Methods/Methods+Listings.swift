internal import EVM
internal import Economy
internal import History
internal import Ledger

/// Listings of the market that can be bought now, newest first, page by page.
extension RPCService {
    /// Operations that are looked at for one page; whoever goes on from its cursor sees those behind.
    private static let lookedAtMax = 2_000
    private static let listed = keccak256(Array("Listed(address,uint256,uint256,uint256,uint256,uint256,uint256)".utf8)).word

    /// The open listings of an item: found in the history of the item, and each asked of the contract as it is now. `next`
    /// is where the next page begins, null where there is nothing more.
    func listings(_ given: Parameters) throws(RPCError) -> JSON {
        let asset = try Read.count(try given.required(0), "asset")
        let wanted = try page(given)
        let limit = min(max(wanted.limit, 1), 100)
        var cursor = wanted.before
        var rows: [JSON] = []
        var lookedAt = 0
        var isAtEnd = history.game.contracts["market"] == nil
        while !isAtEnd, rows.count < limit, lookedAt < Self.lookedAtMax {
            let entries = try RPCError.reading { () throws(HistoryError) in
                try history.operations(moving: asset, before: cursor, limit: HistoryLimits.rowsMax)
            }
            isAtEnd = entries.count < HistoryLimits.rowsMax
            for (place, entry) in entries.enumerated() {
                for id in listings(of: asset, in: entry.entry.receipt) {
                    if let row = try openListing(id) { rows.append(row) }
                }
                lookedAt += 1
                cursor = (entry.entry.block, Int(entry.entry.index))
                guard rows.count >= limit else { continue }
                isAtEnd = isAtEnd && place + 1 == entries.count
                break
            }
        }
        let next: JSON = if !isAtEnd, let cursor { [.int(cursor.block), .int(cursor.place)] } else { .null }
        return ["asset": .int(asset), "name": .string(assetName(asset)), "listings": .array(rows), "next": next]
    }

    /// The ids that were listed of an item.
    private func listings(of asset: UInt64, in receipt: Receipt) -> [U256] {
        guard let market = history.game.contracts["market"] else { return [] }
        return receipt.logs.compactMap { log in
            guard log.address == market, log.topics.count == 3, log.topics.first == Self.listed, log.topics[2] == U256(asset),
                log.data.count >= 32
            else { return nil }
            return U256(bigEndian: log.data[0..<32])
        }
    }

    /// What a listing is now; nil where nothing of it can be bought.
    private func openListing(_ id: U256) throws(RPCError) -> JSON? {
        guard let request = history.game.request(contract: "market", function: "listingOf(uint256)", words: [id]) else { return nil }
        return try withState(.latest) { (state, environment) throws(RPCError) -> JSON? in
            let call = Transaction.session(sender: .zero, to: request.to, data: request.data, gasLimit: 1_000_000)
            let view = CallView(state, overrides: [:], freeSender: .zero) { [history] in
                history.blockHash($0, before: environment.number)
            }
            guard let output = try? attempt(call, view, environment).output, output.count == 256 else { return nil }
            let words = (0..<8).map { U256(bigEndian: output[($0 * 32)..<($0 * 32 + 32)]) }
            let (offered, sold, expires) = (words[4].l0, words[5].l0, words[1].l0)
            guard words[0] == U256(1), sold < offered, expires >= environment.timestampSeconds else { return nil }
            let seller = Address(word: words[2])
            return [
                "listing": .string(String(id.paddedHex.suffix(32))), "seller": .address(seller), "left": .int(offered - sold),
                "currency": .int(words[6].l0), "unitPrice": .int(words[7].l0), "expires": .int(expires),
            ]
        }
    }
}
