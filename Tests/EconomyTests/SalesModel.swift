import EVM
import Economy
import Wire

/// What trades, listings and auctions should do, in plain dictionaries and with exact fractions written out.
struct SalesModel {
    struct Holding: Hashable {
        let account: Address
        let asset: UInt64
    }
    struct Proposal {
        var proposer: Address
        var counterparty: Address
        var gives: [AssetLine]
        var wants: [AssetLine]
        var expires: UInt64
        var isOpen = true
    }
    struct Listing {
        var seller: Address
        var asset: UInt64
        var left: UInt64
        var currency: UInt64
        var unitPrice: UInt64
        var expires: UInt64
        var isOpen = true
    }
    struct Auction {
        var seller: Address
        var asset: UInt64
        var quantity: UInt64
        var currency: UInt64
        var reserve: UInt64
        var buyOut: UInt64
        var step: UInt64
        var closes: UInt64
        var extensionSeconds: UInt64
        var bidder: Address?
        var bid: UInt64 = 0
        var isOpen = true

        /// The least that the next bid must be.
        var least: UInt64 {
            guard bidder != nil else { return max(reserve, 1) }
            return bid + max(1, (bid * step + 9_999) / 10_000)
        }
    }

    static let fee: UInt64 = 250
    static let tradeEscrow = NamedAccount.escrow("trade")
    static let marketEscrow = NamedAccount.escrow("market")
    static let auctionEscrow = NamedAccount.escrow("auctions")

    var balances: [Holding: Int64] = [:]
    /// Receiver and basis points by asset.
    var royalties: [UInt64: (receiver: Address, basisPoints: UInt64)] = [:]
    var proposals: [[UInt8]: Proposal] = [:]
    var listings: [[UInt8]: Listing] = [:]
    var auctions: [[UInt8]: Auction] = [:]

    func has(_ account: Address, _ asset: UInt64) -> Int64 { balances[Holding(account: account, asset: asset)] ?? 0 }

    /// Moves what there is; false where it is too little.
    mutating func move(_ from: Address, _ to: Address, _ asset: UInt64, _ amount: UInt64) -> Bool {
        guard has(from, asset) >= Int64(amount) else { return false }
        balances[Holding(account: from, asset: asset), default: 0] -= Int64(amount)
        balances[Holding(account: to, asset: asset), default: 0] += Int64(amount)
        return true
    }

    /// Pays for things in equal parts: royalties and fee rounded up out of the amount, the rest to the payee.
    mutating func pay(_ payer: Address, _ payee: Address, _ currency: UInt64, _ amount: UInt64, for items: [UInt64]) -> Bool {
        var left = amount
        for item in items {
            guard let royalty = royalties[item] else { continue }
            let parts = 10_000 * UInt64(items.count)
            let due = min((amount * royalty.basisPoints + parts - 1) / parts, left)
            guard move(payer, royalty.receiver, currency, due) else { return false }
            left -= due
        }
        let fee = min((amount * Self.fee + 9_999) / 10_000, left)
        return move(payer, NamedAccount.treasury, currency, fee) && move(payer, payee, currency, left - fee)
    }

    private mutating func give(_ from: Address, _ to: Address, _ lines: [AssetLine], against: [AssetLine]) -> Bool {
        // Items without a royalty have no part.
        let items = against.map(\.asset).filter { $0 >= Catalog.firstItem && royalties[$0] != nil }
        return lines.allSatisfy { line in
            line.asset >= Catalog.firstItem
                ? move(from, to, line.asset, line.amount) : pay(from, to, line.asset, line.amount, for: items)
        }
    }

    mutating func swap(_ first: Address, _ second: Address, _ gives: [AssetLine], _ wants: [AssetLine]) -> Bool {
        first != second && give(first, second, gives, against: wants) && give(second, first, wants, against: gives)
    }

    mutating func propose(_ id: [UInt8], _ proposal: Proposal, now: UInt64) -> Bool {
        guard proposals[id] == nil, proposal.proposer != proposal.counterparty, proposal.expires >= now else { return false }
        proposals[id] = proposal
        return proposal.gives.allSatisfy { move(proposal.proposer, Self.tradeEscrow, $0.asset, $0.amount) }
    }

    mutating func accept(_ id: [UInt8], by: Address, now: UInt64) -> Bool {
        guard let trade = proposals[id], trade.isOpen, trade.counterparty == by, now <= trade.expires else { return false }
        proposals[id]?.isOpen = false
        return give(Self.tradeEscrow, by, trade.gives, against: trade.wants)
            && give(by, trade.proposer, trade.wants, against: trade.gives)
    }

    /// Ends a proposal; `by` is nil for a game server, which may do so only after its time.
    mutating func end(_ id: [UInt8], by: Address?, now: UInt64) -> Bool {
        guard let trade = proposals[id], trade.isOpen else { return false }
        if let by { guard by == trade.proposer || by == trade.counterparty else { return false } }
        if by == nil, now <= trade.expires { return false }
        proposals[id]?.isOpen = false
        return trade.gives.allSatisfy { move(Self.tradeEscrow, trade.proposer, $0.asset, $0.amount) }
    }

    mutating func list(_ id: [UInt8], _ listing: Listing, now: UInt64) -> Bool {
        guard listings[id] == nil, listing.expires >= now else { return false }
        listings[id] = listing
        return move(listing.seller, Self.marketEscrow, listing.asset, listing.left)
    }

    mutating func buy(_ id: [UInt8], _ quantity: UInt64, maxCost: UInt64, by: Address, now: UInt64) -> Bool {
        guard let listing = listings[id], listing.isOpen, listing.seller != by, now <= listing.expires,
            quantity <= listing.left, listing.unitPrice * quantity <= maxCost
        else { return false }
        listings[id]?.left -= quantity
        return pay(by, listing.seller, listing.currency, listing.unitPrice * quantity, for: [listing.asset])
            && move(Self.marketEscrow, by, listing.asset, quantity)
    }

    mutating func closeListing(_ id: [UInt8], by: Address?, now: UInt64) -> Bool {
        guard let listing = listings[id], listing.isOpen else { return false }
        if let by, by != listing.seller { return false }
        if by == nil, now <= listing.expires { return false }
        listings[id]?.isOpen = false
        return move(Self.marketEscrow, listing.seller, listing.asset, listing.left)
    }

    mutating func open(_ id: [UInt8], _ auction: Auction, now: UInt64) -> Bool {
        guard auctions[id] == nil, auction.closes > now, auction.buyOut == 0 || auction.reserve <= auction.buyOut else {
            return false
        }
        auctions[id] = auction
        return move(auction.seller, Self.auctionEscrow, auction.asset, auction.quantity)
    }

    mutating func bid(_ id: [UInt8], _ amount: UInt64, by: Address, now: UInt64) -> Bool {
        guard var auction = auctions[id], auction.isOpen, now < auction.closes, by != auction.seller else { return false }
        let takes = auction.buyOut != 0 && amount >= auction.buyOut
        let offered = takes ? auction.buyOut : amount
        guard takes || offered >= auction.least else { return false }
        guard move(by, Self.auctionEscrow, auction.currency, offered) else { return false }
        if let bidder = auction.bidder { _ = move(Self.auctionEscrow, bidder, auction.currency, auction.bid) }
        (auction.bidder, auction.bid) = (by, offered)
        if takes {
            auction.closes = now
        } else if auction.closes - now < auction.extensionSeconds {
            auction.closes = now + auction.extensionSeconds
        }
        auctions[id] = auction
        return takes ? settle(id) : true
    }

    /// Settles after the time; `by` is nil for a game server.
    mutating func claim(_ id: [UInt8], by: Address?, now: UInt64) -> Bool {
        guard let auction = auctions[id], auction.isOpen, now >= auction.closes else { return false }
        if let by, by != auction.seller, by != auction.bidder { return false }
        return settle(id)
    }

    private mutating func settle(_ id: [UInt8]) -> Bool {
        guard let auction = auctions[id] else { return false }
        auctions[id]?.isOpen = false
        guard let bidder = auction.bidder else {
            return move(Self.auctionEscrow, auction.seller, auction.asset, auction.quantity)
        }
        return pay(Self.auctionEscrow, auction.seller, auction.currency, auction.bid, for: [auction.asset])
            && move(Self.auctionEscrow, bidder, auction.asset, auction.quantity)
    }

    mutating func cancelAuction(_ id: [UInt8], by: Address) -> Bool {
        guard let auction = auctions[id], auction.isOpen, auction.seller == by, auction.bidder == nil else { return false }
        auctions[id]?.isOpen = false
        return move(Self.auctionEscrow, auction.seller, auction.asset, auction.quantity)
    }

    /// What the escrow of a kind must hold of an asset, its first unit apart.
    func owed(_ asset: UInt64) -> (trade: Int64, market: Int64, auctions: Int64) {
        let inTrade = proposals.values.filter(\.isOpen).flatMap(\.gives).filter { $0.asset == asset }
        let listed = listings.values.filter { $0.isOpen && $0.asset == asset }
        let open = auctions.values.filter(\.isOpen)
        let things = open.filter { $0.asset == asset }.reduce(0) { $0 + $1.quantity }
        let coins = open.filter { $0.currency == asset && $0.bidder != nil }.reduce(0) { $0 + $1.bid }
        return (
            Int64(inTrade.reduce(0) { $0 + $1.amount }), Int64(listed.reduce(0) { $0 + $1.left }), Int64(things + coins)
        )
    }
}
