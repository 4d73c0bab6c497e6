# pragma version 0.4.3
"""
@title Auctions
@notice Auctions with a reserve, a least step, a price for buying at once, and more time when a bid comes late. The thing and the highest bid stand in the
    escrow account; who is outbid has his coins back in the same step. After the last second either side settles.
"""
from modules import assets
from modules import authority
from modules import sales

initializes: assets
initializes: sales[assets := assets]

interface Freezer:
    def frozen(account: address) -> bool: view

event AuctionOpened:
    seller: indexed(address)
    auction: uint256
    asset: indexed(uint256)
    quantity: uint256
    currency: uint256
    reserve: uint256
    closes: uint256

event BidPlaced:
    bidder: indexed(address)
    auction: uint256
    amount: uint256
    closes: uint256

event AuctionSettled:
    seller: indexed(address)
    winner: indexed(address)
    asset: indexed(uint256)
    auction: uint256
    quantity: uint256
    currency: uint256
    paid: uint256
    royaltyAndFee: uint256

event AuctionCancelled:
    seller: indexed(address)
    auction: uint256

# An auction is open until it is settled or cancelled; its id is used up for ever.
OPEN: constant(uint256) = 1
SETTLED: constant(uint256) = 2
CANCELLED: constant(uint256) = 3
PARTS: constant(uint256) = 10000
LOW_32: constant(uint256) = 2 ** 32 - 1
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1
# An auction runs for a year at most, and a late bid gives it a day more at most.
DURATION_MAX: constant(uint256) = 31536000
EXTENSION_MAX: constant(uint256) = 86400

ESCROW: immutable(address)

# closes << 168 | state << 160 | seller
heads: HashMap[uint256, uint256]
# extension << 224 | step << 208 | currency << 192 | asset << 128 | buy-out << 64 | reserve
terms: HashMap[uint256, uint256]
quantities: HashMap[uint256, uint256]
# amount << 160 | bidder
bids: HashMap[uint256, uint256]


@deploy
def __init__(
    currencies: address[assets.CURRENCIES_MAX], items: address, treasury: address, feeBasisPoints: uint256, escrow: address, royalties: address
):
    assets.__init__(currencies, items)
    sales.__init__(treasury, feeBasisPoints, royalties)
    ESCROW = escrow


@internal
@pure
def _check_bound(term: uint256, bound: uint256):
    """
    @notice Refuses a term over its bound.
    """
    if term > bound:
        raw_revert(abi_encode(term, bound, method_id=method_id("BadAuction(uint256,uint256)")))


@internal
@view
def _open(auction: uint256) -> uint256:
    """
    @notice The head of an auction that is open.
    """
    head: uint256 = self.heads[auction]
    if head == 0:
        raw_revert(abi_encode(auction & LOW_64, convert(0, uint256), method_id=method_id("AuctionUnknown(uint256,uint256)")))
    state: uint256 = (head >> 160) & 255
    if state != OPEN:
        raw_revert(abi_encode(state, OPEN, method_id=method_id("AuctionNotOpen(uint256,uint256)")))
    return head


@external
def open(
    auction: uint256,
    asset: uint256,
    quantity: uint256,
    currency: uint256,
    reserve: uint256,
    buyOut: uint256,
    stepBasisPoints: uint256,
    closes: uint256,
    extension: uint256,
):
    """
    @notice Puts a thing up for auction: the first bid is at least the reserve, each further one at least a step more.
    """
    if self.heads[auction] != 0:
        state: uint256 = (self.heads[auction] >> 160) & 255
        raw_revert(abi_encode(state, convert(0, uint256), method_id=method_id("AuctionExists(uint256,uint256)")))
    if closes <= block.timestamp:
        raw_revert(abi_encode(block.timestamp, closes, method_id=method_id("AuctionOver(uint256,uint256)")))
    self._check_bound(closes - block.timestamp, DURATION_MAX)
    self._check_bound(extension, EXTENSION_MAX)
    self._check_bound(stepBasisPoints, PARTS)
    self._check_bound(quantity, LOW_64)
    if quantity == 0:
        raw_revert(abi_encode(quantity, convert(1, uint256), method_id=method_id("BadAuction(uint256,uint256)")))
    # Each term has its own bits of a word: none may reach into another's.
    self._check_bound(asset, LOW_64)
    self._check_bound(currency, assets.CURRENCIES_MAX)
    self._check_bound(buyOut, LOW_64)
    self._check_bound(reserve, LOW_64)
    if buyOut != 0:
        self._check_bound(reserve, buyOut)
    self.heads[auction] = closes << 168 | OPEN << 160 | convert(msg.sender, uint256)
    self.terms[auction] = extension << 224 | stepBasisPoints << 208 | currency << 192 | asset << 128 | buyOut << 64 | max(reserve, 1)
    self.quantities[auction] = quantity
    assets._move(msg.sender, ESCROW, asset, quantity)
    log AuctionOpened(
        seller=msg.sender, auction=auction, asset=asset, quantity=quantity, currency=currency, reserve=max(reserve, 1), closes=closes
    )


@internal
@pure
def _least(terms: uint256, standing: uint256) -> uint256:
    """
    @notice The least that a bid must be, rounded against the bidder: always at least one coin more than the standing one.
    """
    if standing == 0:
        return terms & LOW_64
    step: uint256 = (standing * ((terms >> 208) & (2 ** 16 - 1)) + PARTS - 1) // PARTS
    return standing + max(step, 1)


@internal
def _settle(auction: uint256, head: uint256, terms: uint256, bid: uint256):
    """
    @notice Ends an auction: the winner gets the thing and the seller the bid, or the seller has the thing back.
    """
    self.heads[auction] = (head >> 168) << 168 | SETTLED << 160 | (head & LOW_160)
    seller: address = convert(head & LOW_160, address)
    winner: address = convert(bid & LOW_160, address)
    asset: uint256 = (terms >> 128) & LOW_64
    currency: uint256 = (terms >> 192) & (2 ** 16 - 1)
    quantity: uint256 = self.quantities[auction]
    paid: uint256 = bid >> 160
    kept: uint256 = 0
    if bid == 0:
        assets._move(ESCROW, seller, asset, quantity)
    else:
        kept = sales._pay(ESCROW, seller, asset, currency, paid)
        assets._move(ESCROW, winner, asset, quantity)
    log AuctionSettled(
        seller=seller, winner=winner, asset=asset, auction=auction, quantity=quantity, currency=currency, paid=paid, royaltyAndFee=kept
    )


@external
def bid(auction: uint256, amount: uint256):
    """
    @notice Bids; the coins go into escrow, and those of the bid before go back. A bid of the buy-out price or more takes the thing at once for that price.
    """
    head: uint256 = self._open(auction)
    closes: uint256 = head >> 168
    if block.timestamp >= closes:
        raw_revert(abi_encode(block.timestamp, closes, method_id=method_id("AuctionOver(uint256,uint256)")))
    if convert(msg.sender, uint256) == head & LOW_160:
        raw_revert(abi_encode(convert(1, uint256), convert(2, uint256), method_id=method_id("TradeWithOneself(uint256,uint256)")))
    # What was frozen takes no bid; whoever had bid before gets it at the end.
    if staticcall Freezer(assets.ITEMS.address).frozen(convert(head & LOW_160, address), skip_contract_check=True):
        raw_revert(abi_encode((head & LOW_160) >> 96, convert(0, uint256), method_id=method_id("AccountFrozen(uint256,uint256)")))
    terms: uint256 = self.terms[auction]
    standing: uint256 = self.bids[auction]
    buyOut: uint256 = (terms >> 64) & LOW_64
    offered: uint256 = amount
    if buyOut != 0 and offered >= buyOut:
        offered = buyOut
    else:
        least: uint256 = self._least(terms, standing >> 160)
        if buyOut != 0:
            least = min(least, buyOut)
        if offered < least:
            raw_revert(abi_encode(offered, least, method_id=method_id("BidTooLow(uint256,uint256)")))
    self._check_bound(offered, LOW_64)
    currency: uint256 = (terms >> 192) & (2 ** 16 - 1)
    # The new bid comes in before the former goes back: who raises his own needs the whole of it for a moment.
    assets._move(msg.sender, ESCROW, currency, offered)
    if standing != 0:
        assets._move(ESCROW, convert(standing & LOW_160, address), currency, standing >> 160)
    placed: uint256 = offered << 160 | convert(msg.sender, uint256)
    self.bids[auction] = placed
    extension: uint256 = terms >> 224
    if offered == buyOut:
        closes = block.timestamp
    elif closes - block.timestamp < extension:
        closes = block.timestamp + extension
    if closes != head >> 168:
        head = closes << 168 | (head & (2 ** 168 - 1))
        self.heads[auction] = head
    log BidPlaced(bidder=msg.sender, auction=auction, amount=offered, closes=closes)
    if offered == buyOut:
        self._settle(auction, head, terms, placed)


@external
def claim(auction: uint256):
    """
    @notice Settles an auction whose time is over; the seller, the highest bidder or a game server asks for it, once.
    """
    head: uint256 = self._open(auction)
    if block.timestamp < head >> 168:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("AuctionRunning(uint256,uint256)")))
    standing: uint256 = self.bids[auction]
    caller: uint256 = convert(msg.sender, uint256)
    if caller != head & LOW_160 and caller != standing & LOW_160 and caller >> 64 != authority.SERVER:
        raw_revert(abi_encode(caller >> 96, (head & LOW_160) >> 96, method_id=method_id("NotYourAuction(uint256,uint256)")))
    self._settle(auction, head, self.terms[auction], standing)


@external
def cancel(auction: uint256):
    """
    @notice Takes an auction back on which nobody has bid.
    """
    head: uint256 = self._open(auction)
    if convert(msg.sender, uint256) != head & LOW_160:
        raw_revert(abi_encode(convert(msg.sender, uint256) >> 96, (head & LOW_160) >> 96, method_id=method_id("NotYourAuction(uint256,uint256)")))
    standing: uint256 = self.bids[auction]
    if standing != 0:
        raw_revert(abi_encode(standing >> 160, convert(0, uint256), method_id=method_id("AuctionHasBid(uint256,uint256)")))
    self.heads[auction] = (head >> 168) << 168 | CANCELLED << 160 | (head & LOW_160)
    assets._move(ESCROW, msg.sender, (self.terms[auction] >> 128) & LOW_64, self.quantities[auction])
    log AuctionCancelled(seller=msg.sender, auction=auction)


@external
@view
def auctionOf(auction: uint256) -> (uint256, uint256, address, uint256, uint256, uint256, address, uint256):
    """
    @notice An auction: 0 unknown, 1 open, 2 settled, 3 cancelled; when it closes, who sells, which item, how many, the highest bid, whose it is,
        and the least that the next bid must be.
    """
    head: uint256 = self.heads[auction]
    terms: uint256 = self.terms[auction]
    standing: uint256 = self.bids[auction]
    return (
        (head >> 160) & 255, head >> 168, convert(head & LOW_160, address), (terms >> 128) & LOW_64, self.quantities[auction], standing >> 160,
        convert(standing & LOW_160, address), self._least(terms, standing >> 160)
    )
