# pragma version 0.4.3
"""
@title Shop
@notice Offers with up to four costs and four results, and a price at which items are bought back.
    What players pay goes to the treasury, what they get comes from the shop's faucet, what they sell back goes to the shop's sink.
"""
from modules import assets
from modules import authority

initializes: assets

event Purchased:
    player: indexed(address)
    offer: indexed(uint256)
    quantity: uint256
    paid: uint256

event Sold:
    player: indexed(address)
    asset: indexed(uint256)
    quantity: uint256
    paid: uint256

event OfferSet:
    offer: indexed(uint256)
    active: bool

event BuybackSet:
    asset: indexed(uint256)
    currency: uint256
    price: uint256

LINES_MAX: constant(uint256) = 4
LOW_64: constant(uint256) = 2 ** 64 - 1
# A stock of this much has no limit, and what is sold is not counted.
UNLIMITED: constant(uint256) = 2 ** 64 - 1
# One purchase takes an offer at most this often.
QUANTITY_MAX: constant(uint256) = 2 ** 32 - 1
SECONDS_MAX: constant(uint256) = 2 ** 48 - 1

TREASURY: immutable(address)
FAUCET: immutable(address)
SINK: immutable(address)

# A word of terms, from the low bit: opens 48, closes 48 (seconds), cap 32, stock 64, costs 8, results 8, active 8. Read-only during play.
terms: HashMap[uint256, uint256]
# A word for each place: cost in the low half, result in the high half, asset << 64 | amount each; one word for an offer of one and one.
lines: HashMap[uint256, uint256[4]]
# What was sold, plus one, so that the word is never zero.
sold: HashMap[uint256, uint256]
bought: public(HashMap[uint256, HashMap[address, uint256]])
# currency << 64 | price
buyback: HashMap[uint256, uint256]


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address, treasury: address, faucet: address, sink: address):
    assets.__init__(currencies, items)
    TREASURY = treasury
    FAUCET = faucet
    SINK = sink


@internal
@view
def _check_open(offer: uint256, terms: uint256):
    """
    @notice Refuses an offer that is unknown, closed or outside its window.
    """
    if terms == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    if terms >> 208 == 0:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("OfferClosed(uint256,uint256)")))
    opens: uint256 = terms & SECONDS_MAX
    if block.timestamp < opens:
        raw_revert(abi_encode(block.timestamp, opens, method_id=method_id("OfferNotOpenYet(uint256,uint256)")))
    closes: uint256 = (terms >> 48) & SECONDS_MAX
    if closes != 0 and block.timestamp >= closes:
        raw_revert(abi_encode(block.timestamp, closes, method_id=method_id("OfferOver(uint256,uint256)")))


@internal
def _count(offer: uint256, quantity: uint256, terms: uint256):
    """
    @notice Counts a purchase against the cap of the player and the stock of the offer.
    """
    cap: uint256 = (terms >> 96) & (2 ** 32 - 1)
    if cap != 0:
        bought: uint256 = unsafe_add(self.bought[offer][msg.sender], quantity)
        if bought > cap:
            raw_revert(abi_encode(bought, cap, method_id=method_id("CapReached(uint256,uint256)")))
        self.bought[offer][msg.sender] = bought
    stock: uint256 = (terms >> 128) & LOW_64
    if stock != UNLIMITED:
        sold: uint256 = unsafe_add(self.sold[offer], quantity)
        if sold > unsafe_add(stock, 1):
            # An operator may have lowered the stock below what was sold before.
            before: uint256 = unsafe_sub(sold, quantity)
            left: uint256 = 0
            if before <= stock:
                left = stock + 1 - before
            raw_revert(abi_encode(left, quantity, method_id=method_id("SoldOut(uint256,uint256)")))
        self.sold[offer] = sold


@external
def purchase(offer: uint256, quantity: uint256, maxCost: uint256[4]):
    """
    @notice Takes an offer some times; pays at most what the buyer names for each cost.
    """
    if quantity == 0 or quantity > QUANTITY_MAX:
        raw_revert(abi_encode(quantity, QUANTITY_MAX, method_id=method_id("BadQuantity(uint256,uint256)")))
    terms: uint256 = self.terms[offer]
    self._check_open(offer, terms)
    self._count(offer, quantity, terms)
    paid: uint256 = 0
    for index: uint256 in range((terms >> 192) & 255, bound=LINES_MAX):
        cost: uint256 = self.lines[offer][index]
        amount: uint256 = unsafe_mul(cost & LOW_64, quantity)
        if amount > maxCost[index]:
            raw_revert(abi_encode(amount, maxCost[index], method_id=method_id("OverMaxCost(uint256,uint256)")))
        if index == 0:
            paid = amount
        assets._move(msg.sender, TREASURY, (cost >> 64) & LOW_64, amount)
    for index: uint256 in range((terms >> 200) & 255, bound=LINES_MAX):
        result: uint256 = self.lines[offer][index] >> 128
        assets._issue(FAUCET, msg.sender, result >> 64, unsafe_mul(result & LOW_64, quantity))
    log Purchased(player=msg.sender, offer=offer, quantity=quantity, paid=paid)


@external
def sell(asset: uint256, quantity: uint256, minPaid: uint256):
    """
    @notice Sells items back at the listed price; takes at least what the seller names.
    """
    if quantity == 0 or quantity > QUANTITY_MAX:
        raw_revert(abi_encode(quantity, QUANTITY_MAX, method_id=method_id("BadQuantity(uint256,uint256)")))
    listed: uint256 = self.buyback[asset]
    if listed == 0:
        raw_revert(abi_encode(asset, convert(0, uint256), method_id=method_id("NotBoughtBack(uint256,uint256)")))
    paid: uint256 = unsafe_mul(listed & LOW_64, quantity)
    if paid < minPaid:
        raw_revert(abi_encode(paid, minPaid, method_id=method_id("UnderMinPaid(uint256,uint256)")))
    assets._move(msg.sender, SINK, asset, quantity)
    assets._issue(FAUCET, msg.sender, listed >> 64, paid)
    log Sold(player=msg.sender, asset=asset, quantity=quantity, paid=paid)


@internal
def _set(offer: uint256, cap: uint256, stock: uint256, opens: uint256, closes: uint256, costs: uint256[4], results: uint256[4]):
    """
    @notice Writes the terms of an offer.
    """
    if cap > QUANTITY_MAX:
        raw_revert(abi_encode(cap, QUANTITY_MAX, method_id=method_id("BadOffer(uint256,uint256)")))
    if stock > UNLIMITED:
        raw_revert(abi_encode(stock, UNLIMITED, method_id=method_id("BadOffer(uint256,uint256)")))
    if opens > SECONDS_MAX:
        raw_revert(abi_encode(opens, SECONDS_MAX, method_id=method_id("BadOffer(uint256,uint256)")))
    if closes > SECONDS_MAX:
        raw_revert(abi_encode(closes, SECONDS_MAX, method_id=method_id("BadOffer(uint256,uint256)")))
    if closes != 0 and closes <= opens:
        raw_revert(abi_encode(closes, opens, method_id=method_id("BadOffer(uint256,uint256)")))
    costCount: uint256 = assets._count(costs)
    resultCount: uint256 = assets._count(results)
    if resultCount == 0:
        raw_revert(abi_encode(resultCount, convert(1, uint256), method_id=method_id("BadOffer(uint256,uint256)")))
    for index: uint256 in range(LINES_MAX):
        cost: uint256 = costs[index]
        result: uint256 = results[index]
        self.lines[offer][index] = (cost >> 128) << 64 | (cost & LOW_64) | (result >> 128) << 192 | (result & LOW_64) << 128
    self.terms[offer] = 1 << 208 | resultCount << 200 | costCount << 192 | stock << 128 | cap << 96 | closes << 48 | opens
    log OfferSet(offer=offer, active=True)


@external
def publish(
    offer: uint256, cap: uint256, stock: uint256, opens: uint256, closes: uint256, costs: uint256[4], results: uint256[4]
):
    """
    @notice Puts a new offer on sale.
    """
    authority._check_operator()
    if self.terms[offer] != 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferExists(uint256,uint256)")))
    self.sold[offer] = 1
    self._set(offer, cap, stock, opens, closes, costs, results)


@external
def update(
    offer: uint256, cap: uint256, stock: uint256, opens: uint256, closes: uint256, costs: uint256[4], results: uint256[4]
):
    """
    @notice Replaces the terms of an offer; what was sold and bought stays counted.
    """
    authority._check_operator()
    if self.terms[offer] == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    self._set(offer, cap, stock, opens, closes, costs, results)


@external
def close(offer: uint256):
    """
    @notice Takes an offer off sale.
    """
    authority._check_operator()
    terms: uint256 = self.terms[offer]
    if terms == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    self.terms[offer] = terms & (2 ** 208 - 1)
    log OfferSet(offer=offer, active=False)


@external
def setBuyback(asset: uint256, currency: uint256, price: uint256):
    """
    @notice Sets what the shop pays for an item; 0 stops buying it back.
    """
    authority._check_operator()
    if price > LOW_64:
        raw_revert(abi_encode(price, LOW_64, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    if price == 0:
        self.buyback[asset] = 0
    else:
        self.buyback[asset] = currency << 64 | price
    log BuybackSet(asset=asset, currency=currency, price=price)


@external
@view
def offerOf(offer: uint256) -> (uint256[8], uint256[4], uint256[4]):
    """
    @notice An offer: known, active, cap, stock, opens, closes, sold, number of costs; its costs and its results as lines, asset << 128 | amount.
    """
    terms: uint256 = self.terms[offer]
    head: uint256[8] = empty(uint256[8])
    if terms != 0:
        head[0] = 1
        head[1] = terms >> 208
        head[2] = (terms >> 96) & (2 ** 32 - 1)
        head[3] = (terms >> 128) & LOW_64
        head[4] = terms & SECONDS_MAX
        head[5] = (terms >> 48) & SECONDS_MAX
        head[6] = self.sold[offer] - 1
        head[7] = (terms >> 192) & 255
    costs: uint256[4] = empty(uint256[4])
    results: uint256[4] = empty(uint256[4])
    for index: uint256 in range(LINES_MAX):
        word: uint256 = self.lines[offer][index]
        costs[index] = (word & LOW_64) | ((word >> 64) & LOW_64) << 128
        results[index] = ((word >> 128) & LOW_64) | (word >> 192) << 128
    return head, costs, results


@external
@view
def buybackOf(asset: uint256) -> (uint256, uint256):
    """
    @notice The currency and the price at which an item is bought back; 0 and 0 when it is not.
    """
    listed: uint256 = self.buyback[asset]
    return listed >> 64, listed & LOW_64
