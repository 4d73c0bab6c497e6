# pragma version 0.4.3
"""
@title Market
@notice Listings at a fixed price, sold in parts to many buyers. What is listed stands in the escrow account until it is bought or given back.
    Of each sale the royalty goes to the creator and the fee to the treasury. What was sold of an item, and for how much, is kept by day.
"""
from modules import assets
from modules import authority
from modules import sales

initializes: assets
initializes: sales[assets := assets]

interface Freezer:
    def frozen(account: address) -> bool: view

event Listed:
    seller: indexed(address)
    listing: uint256
    asset: indexed(uint256)
    quantity: uint256
    currency: uint256
    unitPrice: uint256
    expires: uint256

event Filled:
    seller: indexed(address)
    buyer: indexed(address)
    asset: indexed(uint256)
    listing: uint256
    quantity: uint256
    currency: uint256
    paid: uint256
    royaltyAndFee: uint256

event ListingClosed:
    seller: indexed(address)
    listing: uint256
    returned: uint256
    state: uint256

# A listing is open until it is taken back, by its seller or after its time; its id is used up for ever.
OPEN: constant(uint256) = 1
CANCELLED: constant(uint256) = 3
EXPIRED: constant(uint256) = 4
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1
SECONDS_OF_DAY: constant(uint256) = 86400
DAYS: constant(uint256) = 31

ESCROW: immutable(address)

# expires << 168 | state << 160 | seller
heads: HashMap[uint256, uint256]
# currency << 192 | asset << 128 | price of one << 64 | quantity
terms: HashMap[uint256, uint256]
# What was sold of a listing, plus one, so that the word is never zero.
sold: HashMap[uint256, uint256]
# How many of an item were sold for a currency on a day, and for how much: key asset << 64 | currency << 32 | day since 1970.
volumes: HashMap[uint256, uint256]
values: HashMap[uint256, uint256]


@deploy
def __init__(
    currencies: address[assets.CURRENCIES_MAX], items: address, treasury: address, feeBasisPoints: uint256, escrow: address, royalties: address
):
    assets.__init__(currencies, items)
    sales.__init__(treasury, feeBasisPoints, royalties)
    ESCROW = escrow


@internal
@view
def _open(listing: uint256) -> uint256:
    """
    @notice The head of a listing that is open.
    """
    head: uint256 = self.heads[listing]
    if head == 0:
        raw_revert(abi_encode(listing & LOW_64, convert(0, uint256), method_id=method_id("ListingUnknown(uint256,uint256)")))
    state: uint256 = (head >> 160) & 255
    if state != OPEN:
        raw_revert(abi_encode(state, OPEN, method_id=method_id("ListingNotOpen(uint256,uint256)")))
    return head


@external
def list(listing: uint256, asset: uint256, quantity: uint256, currency: uint256, unitPrice: uint256, expires: uint256):
    """
    @notice Puts items up for sale, each at a price, until a second.
    """
    if self.heads[listing] != 0:
        state: uint256 = (self.heads[listing] >> 160) & 255
        raw_revert(abi_encode(state, convert(0, uint256), method_id=method_id("ListingExists(uint256,uint256)")))
    if expires < block.timestamp:
        raw_revert(abi_encode(block.timestamp, expires, method_id=method_id("ListingOver(uint256,uint256)")))
    # Each term has its own bits of a word: none may reach into another's.
    if quantity == 0 or asset > LOW_64 or currency > assets.CURRENCIES_MAX:
        raw_revert(abi_encode(quantity, LOW_64, method_id=method_id("BadQuantity(uint256,uint256)")))
    # Quantity times price stays below 2 ** 64, so that everything that follows does.
    if quantity > LOW_64 or unitPrice > LOW_64 or unsafe_mul(quantity, unitPrice) > LOW_64:
        raw_revert(abi_encode(max(quantity, unitPrice), LOW_64 // max(min(quantity, unitPrice), 1), method_id=method_id("AmountTooLarge(uint256,uint256)")))
    self.heads[listing] = min(expires, LOW_64) << 168 | OPEN << 160 | convert(msg.sender, uint256)
    self.terms[listing] = currency << 192 | asset << 128 | unitPrice << 64 | quantity
    self.sold[listing] = 1
    assets._move(msg.sender, ESCROW, asset, quantity)
    log Listed(seller=msg.sender, listing=listing, asset=asset, quantity=quantity, currency=currency, unitPrice=unitPrice, expires=expires)


@external
def buy(listing: uint256, quantity: uint256, maxCost: uint256):
    """
    @notice Buys a part of a listing; pays at most what the buyer names.
    """
    head: uint256 = self._open(listing)
    seller: address = convert(head & LOW_160, address)
    if seller == msg.sender:
        raw_revert(abi_encode(convert(1, uint256), convert(2, uint256), method_id=method_id("TradeWithOneself(uint256,uint256)")))
    if head >> 168 < block.timestamp:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("ListingOver(uint256,uint256)")))
    # What was frozen leaves the escrow to its owner alone.
    if staticcall Freezer(assets.ITEMS.address).frozen(seller, skip_contract_check=True):
        raw_revert(abi_encode((head & LOW_160) >> 96, convert(0, uint256), method_id=method_id("AccountFrozen(uint256,uint256)")))
    terms: uint256 = self.terms[listing]
    offered: uint256 = terms & LOW_64
    if quantity == 0 or quantity > offered:
        raw_revert(abi_encode(quantity, offered, method_id=method_id("BadQuantity(uint256,uint256)")))
    sold: uint256 = unsafe_add(self.sold[listing], quantity)
    if sold > unsafe_add(offered, 1):
        raw_revert(abi_encode(offered + 1 + quantity - sold, quantity, method_id=method_id("SoldOut(uint256,uint256)")))
    self.sold[listing] = sold
    cost: uint256 = unsafe_mul((terms >> 64) & LOW_64, quantity)
    if cost > maxCost:
        raw_revert(abi_encode(cost, maxCost, method_id=method_id("OverMaxCost(uint256,uint256)")))
    asset: uint256 = (terms >> 128) & LOW_64
    currency: uint256 = terms >> 192
    kept: uint256 = sales._pay(msg.sender, seller, asset, currency, cost)
    assets._move(ESCROW, msg.sender, asset, quantity)
    key: uint256 = asset << 64 | currency << 32 | block.timestamp // SECONDS_OF_DAY
    self.volumes[key] += quantity
    self.values[key] += cost
    log Filled(seller=seller, buyer=msg.sender, asset=asset, listing=listing, quantity=quantity, currency=currency, paid=cost, royaltyAndFee=kept)


@internal
def _close(listing: uint256, head: uint256, state: uint256):
    """
    @notice Ends a listing; what was not sold goes back to the seller.
    """
    self.heads[listing] = (head >> 168) << 168 | state << 160 | (head & LOW_160)
    seller: address = convert(head & LOW_160, address)
    terms: uint256 = self.terms[listing]
    returned: uint256 = (terms & LOW_64) + 1 - self.sold[listing]
    if returned != 0:
        assets._move(ESCROW, seller, (terms >> 128) & LOW_64, returned)
    log ListingClosed(seller=seller, listing=listing, returned=returned, state=state)


@external
def cancel(listing: uint256):
    """
    @notice Takes a listing back.
    """
    head: uint256 = self._open(listing)
    if convert(msg.sender, uint256) != head & LOW_160:
        raw_revert(abi_encode(convert(msg.sender, uint256) >> 96, (head & LOW_160) >> 96, method_id=method_id("NotYourListing(uint256,uint256)")))
    self._close(listing, head, CANCELLED)


@external
def expire(listing: uint256):
    """
    @notice Gives what was not sold of a listing whose time is over back to its seller, by order of a game server.
    """
    authority._check_server()
    head: uint256 = self._open(listing)
    if head >> 168 >= block.timestamp:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("NotExpiredYet(uint256,uint256)")))
    self._close(listing, head, EXPIRED)


@external
@view
def listingOf(listing: uint256) -> (uint256, uint256, address, uint256, uint256, uint256, uint256, uint256):
    """
    @notice A listing: 0 unknown, 1 open, 3 cancelled, 4 expired; when it expires, who sells, which item, how many, sold so far, the currency, the price of one.
    """
    head: uint256 = self.heads[listing]
    terms: uint256 = self.terms[listing]
    sold: uint256 = 0
    if head != 0:
        sold = self.sold[listing] - 1
    return (
        (head >> 160) & 255, head >> 168, convert(head & LOW_160, address), (terms >> 128) & LOW_64, terms & LOW_64, sold, terms >> 192,
        (terms >> 64) & LOW_64
    )


@external
@view
def history(asset: uint256, currency: uint256, firstDay: uint256) -> (uint256[DAYS], uint256[DAYS]):
    """
    @notice How many of an item were sold for a currency on each of 31 days, and for how much in all; a day is counted from 1970.
    """
    volumes: uint256[DAYS] = empty(uint256[DAYS])
    values: uint256[DAYS] = empty(uint256[DAYS])
    for index: uint256 in range(DAYS):
        key: uint256 = asset << 64 | currency << 32 | (firstDay + index)
        volumes[index] = self.volumes[key]
        values[index] = self.values[key]
    return volumes, values
