# pragma version 0.4.3
"""
@title Book
@notice An order book for each item and currency, cleared once in each micro-block that has new orders, in a batch auction at one price. An order touches
    what is its owner's alone: its two words and the escrow. Clearing is a transaction of the system at the end of the block: it names the new orders,
    finds the price at which most is exchanged, fills everybody at that price, and lets the rest rest.

    The price: the last unit bought and the last unit sold, and the best units on either side that find nobody, bound the prices at which the same most is
    exchanged; the middle of these bounds is taken, rounded down. Orders better than the price are filled in full; those at the price share what is left
    in proportion to their size, what does not divide goes by the order of their ids. So neither the order within a block nor age gives an advantage.
    An owner's orders may meet each other: he pays royalty and fee like anybody.
"""
from modules import assets
from modules import authority
from modules import sales

initializes: assets
initializes: sales[assets := assets]

event BookSet:
    asset: indexed(uint256)
    currency: indexed(uint256)
    open: uint256

event Ordered:
    owner: indexed(address)
    asset: indexed(uint256)
    currency: indexed(uint256)
    order: uint256
    side: uint256
    price: uint256
    quantity: uint256
    escrowed: uint256

event OrderFilled:
    owner: indexed(address)
    asset: indexed(uint256)
    currency: indexed(uint256)
    order: uint256
    side: uint256
    price: uint256
    quantity: uint256
    royaltyAndFee: uint256
    left: uint256

event OrderClosed:
    owner: indexed(address)
    order: uint256
    returned: uint256
    state: uint256

event Cleared:
    asset: indexed(uint256)
    currency: indexed(uint256)
    price: uint256
    volume: uint256

# An order is new until its block is cleared, then it rests until it is filled, cancelled, or pushed out by better ones; its id is used up for ever.
NEW: constant(uint256) = 1
RESTING: constant(uint256) = 2
CANCELLED: constant(uint256) = 3
FILLED: constant(uint256) = 4
PUSHED_OUT: constant(uint256) = 5
BUY: constant(uint256) = 1
SELL: constant(uint256) = 2
# New orders of a block in one book, and orders that rest on a side: what one transaction can settle.
NEW_MAX: constant(uint256) = 32
RESTING_MAX: constant(uint256) = 40
SIDE_MAX: constant(uint256) = 72
# Orders of each side that a view shows.
SHOWN: constant(uint256) = 16
KINDS_MAX: constant(uint256) = 2 ** 24
# The ASCII text "hoard:system" as a big-endian number: the first 12 bytes of the ledger's own account, for which no session and no key speaks.
SYSTEM: constant(uint256) = 32321091967096985662151484781
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1
SECONDS_OF_DAY: constant(uint256) = 86400
DAYS: constant(uint256) = 31

ESCROW: immutable(address)

# left << 168 | state << 160 | owner
heads: HashMap[uint256, uint256]
# side << 208 | currency << 192 | asset << 128 | price of one << 64 | quantity
terms: HashMap[uint256, uint256]
# Whether a book is open: key asset << 64 | currency.
books: HashMap[uint256, uint256]
# What rests, best first: key of the book << 8 | side; rank of the price << 192 | id << 64. The rank of a bid's price is 2 ** 64 - 1 less the price.
resting: HashMap[uint256, DynArray[uint256, RESTING_MAX]]
# The last clearing that exchanged something: second << 192 | volume << 64 | price, by book.
lasts: HashMap[uint256, uint256]
# How many of an item were exchanged for a currency on a day, and for how much: key asset << 64 | currency << 32 | day since 1970.
volumes: HashMap[uint256, uint256]
values: HashMap[uint256, uint256]


@deploy
def __init__(
    currencies: address[assets.CURRENCIES_MAX], items: address, treasury: address, feeBasisPoints: uint256, escrow: address, royalties: address
):
    assets.__init__(currencies, items)
    sales.__init__(treasury, feeBasisPoints, royalties)
    ESCROW = escrow


@external
def setBook(asset: uint256, currency: uint256, open: uint256):
    """
    @notice Opens (1) a book of a stackable item, or closes it (0) to new orders; what rests can always be cancelled.
    """
    authority._check_operator()
    if asset < assets.FIRST_ITEM or asset >= KINDS_MAX:
        raw_revert(abi_encode(asset, KINDS_MAX, method_id=method_id("UnknownItem(uint256,uint256)")))
    assert assets._currency(currency).address != empty(address)
    self.books[asset << 64 | currency] = min(open, 1)
    log BookSet(asset=asset, currency=currency, open=min(open, 1))


@internal
@view
def _own(order: uint256) -> uint256:
    """
    @notice The head of an order of the caller that is new or rests.
    """
    head: uint256 = self.heads[order]
    if head == 0:
        raw_revert(abi_encode(order & LOW_64, convert(0, uint256), method_id=method_id("OrderUnknown(uint256,uint256)")))
    if convert(msg.sender, uint256) != head & LOW_160:
        raw_revert(abi_encode(convert(msg.sender, uint256) >> 96, (head & LOW_160) >> 96, method_id=method_id("NotYourOrder(uint256,uint256)")))
    state: uint256 = (head >> 160) & 255
    if state != NEW and state != RESTING:
        raw_revert(abi_encode(state, RESTING, method_id=method_id("OrderNotOpen(uint256,uint256)")))
    return head


@external
def order(order: uint256, side: uint256, asset: uint256, currency: uint256, price: uint256, quantity: uint256):
    """
    @notice Orders to buy (1) at most at a price, or to sell (2) at least at a price; what it can cost or give goes into escrow.
    """
    # One transaction makes one order at most, so that a block's orders can be counted before they are executed.
    if msg.sender != tx.origin:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotDirect(uint256,uint256)")))
    if self.heads[order] != 0 or order == 0 or order > LOW_128:
        raw_revert(abi_encode((self.heads[order] >> 160) & 255, convert(0, uint256), method_id=method_id("OrderExists(uint256,uint256)")))
    if self.books[asset << 64 | currency] == 0 or asset >= KINDS_MAX or currency > assets.CURRENCIES_MAX:
        raw_revert(abi_encode(asset, currency, method_id=method_id("BookClosed(uint256,uint256)")))
    if side != BUY and side != SELL:
        raw_revert(abi_encode(side, SELL, method_id=method_id("BadSide(uint256,uint256)")))
    if quantity == 0 or price == 0:
        raw_revert(abi_encode(quantity, convert(1, uint256), method_id=method_id("BadQuantity(uint256,uint256)")))
    # Quantity times price stays below 2 ** 64, so that everything that follows does.
    if quantity > LOW_64 or price > LOW_64 or unsafe_mul(quantity, price) > LOW_64:
        raw_revert(abi_encode(max(quantity, price), LOW_64 // max(min(quantity, price), 1), method_id=method_id("AmountTooLarge(uint256,uint256)")))
    self.heads[order] = quantity << 168 | NEW << 160 | convert(msg.sender, uint256)
    self.terms[order] = side << 208 | currency << 192 | asset << 128 | price << 64 | quantity
    escrowed: uint256 = quantity
    if side == BUY:
        escrowed = unsafe_mul(quantity, price)
        assets._move(msg.sender, ESCROW, currency, escrowed)
    else:
        assets._move(msg.sender, ESCROW, asset, quantity)
    log Ordered(owner=msg.sender, asset=asset, currency=currency, order=order, side=side, price=price, quantity=quantity, escrowed=escrowed)


@external
def renew(order: uint256):
    """
    @notice Asks again for the clearing of an order that is still new: the clearing of its block has failed.
    """
    if msg.sender != tx.origin:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotDirect(uint256,uint256)")))
    head: uint256 = self._own(order)
    if (head >> 160) & 255 != NEW:
        raw_revert(abi_encode((head >> 160) & 255, NEW, method_id=method_id("OrderNotOpen(uint256,uint256)")))
    terms: uint256 = self.terms[order]
    log Ordered(
        owner=msg.sender, asset=(terms >> 128) & LOW_64, currency=(terms >> 192) & 65535, order=order, side=terms >> 208,
        price=(terms >> 64) & LOW_64, quantity=head >> 168, escrowed=0
    )


@internal
def _close(order: uint256, owner: address, terms: uint256, left: uint256, state: uint256):
    """
    @notice Ends an order; what is left of its escrow goes back to its owner.
    """
    self.heads[order] = state << 160 | convert(owner, uint256)
    returned: uint256 = left
    if terms >> 208 == BUY:
        returned = unsafe_mul(left, (terms >> 64) & LOW_64)
        assets._move(ESCROW, owner, (terms >> 192) & 65535, returned)
    else:
        assets._move(ESCROW, owner, (terms >> 128) & LOW_64, returned)
    log OrderClosed(owner=owner, order=order, returned=returned, state=state)


@external
def cancel(order: uint256):
    """
    @notice Takes back what is left of an order. Its place in the book is freed at the next clearing.
    """
    head: uint256 = self._own(order)
    self._close(order, msg.sender, self.terms[order], head >> 168, CANCELLED)


@internal
@view
def _side(book: uint256, side: uint256, ids: DynArray[uint256, NEW_MAX]) -> DynArray[uint256, SIDE_MAX]:
    """
    @notice The orders of a side, best first and by id where prices are equal: rank of the price << 192 | id << 64 | quantity left.
    """
    found: DynArray[uint256, SIDE_MAX] = []
    for word: uint256 in self.resting[book << 8 | side]:
        head: uint256 = self.heads[(word >> 64) & LOW_128]
        # What was cancelled is left out.
        if (head >> 160) & 255 == RESTING:
            found.append(word | head >> 168)
    kind: uint256 = side << 208 | (book & 65535) << 192 | (book >> 64) << 128
    for id: uint256 in ids:
        head: uint256 = self.heads[id]
        terms: uint256 = self.terms[id]
        if (head >> 160) & 255 != NEW or (terms >> 128) << 128 != kind:
            continue
        rank: uint256 = (terms >> 64) & LOW_64
        if side == BUY:
            rank = LOW_64 - rank
        word: uint256 = rank << 192 | id << 64 | head >> 168
        place: uint256 = len(found)
        found.append(word)
        for step: uint256 in range(SIDE_MAX):
            if place == 0 or found[place - 1] < word:
                break
            found[place] = found[place - 1]
            place -= 1
        found[place] = word
    return found


@internal
@pure
def _price(bids: DynArray[uint256, SIDE_MAX], asks: DynArray[uint256, SIDE_MAX]) -> (uint256, uint256):
    """
    @notice The price at which most is exchanged, and how much.
    """
    bid: uint256 = 0
    ask: uint256 = 0
    bidTaken: uint256 = 0
    askTaken: uint256 = 0
    volume: uint256 = 0
    low: uint256 = 0
    high: uint256 = 0
    for step: uint256 in range(2 * SIDE_MAX):
        if bid == len(bids) or ask == len(asks):
            break
        bidPrice: uint256 = LOW_64 - (bids[bid] >> 192)
        askPrice: uint256 = asks[ask] >> 192
        if bidPrice < askPrice:
            break
        bidLeft: uint256 = (bids[bid] & LOW_64) - bidTaken
        askLeft: uint256 = (asks[ask] & LOW_64) - askTaken
        taken: uint256 = min(bidLeft, askLeft)
        volume += taken
        low = askPrice
        high = bidPrice
        bidTaken += taken
        askTaken += taken
        if taken == bidLeft:
            bid += 1
            bidTaken = 0
        if taken == askLeft:
            ask += 1
            askTaken = 0
    if bid < len(bids):
        low = max(low, LOW_64 - (bids[bid] >> 192))
    if ask < len(asks):
        high = min(high, asks[ask] >> 192)
    if volume == 0:
        return 0, 0
    return (low + high) // 2, volume


@internal
def _fill(order: uint256, owner: address, terms: uint256, quantity: uint256, price: uint256, left: uint256):
    """
    @notice Gives the owner what was exchanged: items and what was escrowed above the price, or coins less royalty and fee.
    """
    asset: uint256 = (terms >> 128) & LOW_64
    currency: uint256 = (terms >> 192) & 65535
    kept: uint256 = 0
    if terms >> 208 == BUY:
        assets._move(ESCROW, owner, asset, quantity)
        over: uint256 = ((terms >> 64) & LOW_64) - price
        if over != 0:
            assets._move(ESCROW, owner, currency, unsafe_mul(over, quantity))
    else:
        kept = sales._pay(ESCROW, owner, asset, currency, unsafe_mul(price, quantity))
    log OrderFilled(
        owner=owner, asset=asset, currency=currency, order=order, side=terms >> 208, price=price, quantity=quantity, royaltyAndFee=kept, left=left
    )


@internal
def _settle(book: uint256, side: uint256, orders: DynArray[uint256, SIDE_MAX], price: uint256, volume: uint256):
    """
    @notice Fills the orders of a side, so much in all, and keeps what is left of the best of them.
    """
    rank: uint256 = price
    if side == BUY:
        rank = LOW_64 - price
    # What those at the price share, and how much they want together.
    rest: uint256 = volume
    wanted: uint256 = 0
    if volume != 0:
        for word: uint256 in orders:
            if word >> 192 > rank:
                break
            if word >> 192 == rank:
                wanted += word & LOW_64
            else:
                rest -= word & LOW_64
    asked: uint256 = 0
    kept: DynArray[uint256, RESTING_MAX] = []
    for word: uint256 in orders:
        quantity: uint256 = word & LOW_64
        filled: uint256 = 0
        if volume != 0 and word >> 192 < rank:
            filled = quantity
        elif volume != 0 and word >> 192 == rank:
            before: uint256 = asked * rest // wanted
            asked += quantity
            filled = asked * rest // wanted - before
        id: uint256 = (word >> 64) & LOW_128
        left: uint256 = quantity - filled
        head: uint256 = self.heads[id]
        owner: address = convert(head & LOW_160, address)
        if filled != 0:
            if left == 0:
                self.heads[id] = FILLED << 160 | (head & LOW_160)
            self._fill(id, owner, self.terms[id], filled, price, left)
        if left == 0:
            continue
        if len(kept) == RESTING_MAX:
            self._close(id, owner, self.terms[id], left, PUSHED_OUT)
            continue
        kept.append((word >> 64) << 64)
        rests: uint256 = left << 168 | RESTING << 160 | (head & LOW_160)
        if rests != head:
            self.heads[id] = rests
    self.resting[book << 8 | side] = kept


@external
def clear(asset: uint256, currency: uint256, ids: DynArray[uint256, NEW_MAX]):
    """
    @notice Clears a book with the new orders of a block, by the system. Ids that are no new orders of this book are passed over.
    """
    if convert(msg.sender, uint256) >> 64 != SYSTEM:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotTheSystem(uint256,uint256)")))
    last: uint256 = 0
    for id: uint256 in ids:
        # Rising, so that none is there twice.
        assert id > last
        last = id
    book: uint256 = asset << 64 | currency
    bids: DynArray[uint256, SIDE_MAX] = self._side(book, BUY, ids)
    asks: DynArray[uint256, SIDE_MAX] = self._side(book, SELL, ids)
    price: uint256 = 0
    volume: uint256 = 0
    price, volume = self._price(bids, asks)
    self._settle(book, BUY, bids, price, volume)
    self._settle(book, SELL, asks, price, volume)
    if volume != 0:
        self.lasts[book] = block.timestamp << 192 | volume << 64 | price
        key: uint256 = asset << 64 | currency << 32 | block.timestamp // SECONDS_OF_DAY
        self.volumes[key] += volume
        self.values[key] += price * volume
    log Cleared(asset=asset, currency=currency, price=price, volume=volume)


@external
@view
def orderOf(order: uint256) -> (uint256, address, uint256, uint256, uint256, uint256, uint256, uint256):
    """
    @notice An order: 0 unknown, 1 new, 2 resting, 3 cancelled, 4 filled, 5 pushed out by better ones; whose, 1 to buy or 2 to sell, which item, how many,
        how many are left, the currency, the price.
    """
    head: uint256 = self.heads[order]
    terms: uint256 = self.terms[order]
    return (
        (head >> 160) & 255, convert(head & LOW_160, address), terms >> 208, (terms >> 128) & LOW_64, terms & LOW_64, head >> 168,
        (terms >> 192) & 65535, (terms >> 64) & LOW_64
    )


@internal
@view
def _shown(book: uint256, side: uint256) -> (uint256[SHOWN], uint256[SHOWN]):
    """
    @notice Prices and quantities of the best orders of a side that rest.
    """
    prices: uint256[SHOWN] = empty(uint256[SHOWN])
    quantities: uint256[SHOWN] = empty(uint256[SHOWN])
    count: uint256 = 0
    for word: uint256 in self.resting[book << 8 | side]:
        head: uint256 = self.heads[(word >> 64) & LOW_128]
        if (head >> 160) & 255 != RESTING:
            continue
        if count == SHOWN:
            break
        prices[count] = word >> 192
        if side == BUY:
            prices[count] = LOW_64 - (word >> 192)
        quantities[count] = head >> 168
        count += 1
    return prices, quantities


@external
@view
def bookOf(
    asset: uint256, currency: uint256
) -> (uint256, uint256, uint256, uint256, uint256[SHOWN], uint256[SHOWN], uint256[SHOWN], uint256[SHOWN]):
    """
    @notice A book: 1 while it is open; price, volume and second of the last exchange; prices and quantities of the best orders to buy, then to sell.
    """
    book: uint256 = asset << 64 | currency
    last: uint256 = self.lasts[book]
    bidPrices: uint256[SHOWN] = empty(uint256[SHOWN])
    bidQuantities: uint256[SHOWN] = empty(uint256[SHOWN])
    askPrices: uint256[SHOWN] = empty(uint256[SHOWN])
    askQuantities: uint256[SHOWN] = empty(uint256[SHOWN])
    bidPrices, bidQuantities = self._shown(book, BUY)
    askPrices, askQuantities = self._shown(book, SELL)
    return self.books[book], last & LOW_64, (last >> 64) & LOW_128, last >> 192, bidPrices, bidQuantities, askPrices, askQuantities


@external
@view
def history(asset: uint256, currency: uint256, firstDay: uint256) -> (uint256[DAYS], uint256[DAYS]):
    """
    @notice How many of an item were exchanged in its book on each of 31 days, and for how much in all; a day is counted from 1970.
    """
    volumes: uint256[DAYS] = empty(uint256[DAYS])
    values: uint256[DAYS] = empty(uint256[DAYS])
    for index: uint256 in range(DAYS):
        key: uint256 = asset << 64 | currency << 32 | (firstDay + index)
        volumes[index] = self.volumes[key]
        values[index] = self.values[key]
    return volumes, values
