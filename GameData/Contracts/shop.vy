# pragma version 0.4.3
"""
@title Shop
@notice Offers with up to four costs and four results, and a price at which items are bought back. Terms can be drafted and take effect together,
    with the version of the catalog that they belong to, from a second on; prices can differ by the player's segment.
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

event OfferDrafted:
    offer: indexed(uint256)
    version: uint256

event OfferLimited:
    offer: indexed(uint256)
    cap: uint256
    windowSeconds: uint256

event SegmentPriceSet:
    offer: indexed(uint256)
    segment: uint256

event SegmentSet:
    player: indexed(address)
    segment: uint256

event CatalogPublished:
    version: indexed(uint256)
    starts: uint256
    digest: uint256

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
LOW_32: constant(uint256) = 2 ** 32 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
# Terms that are not in force yet stand at the number of the offer plus this.
DRAFT: constant(uint256) = 2 ** 32
# Flags of an offer, from bit 216 of its terms: it has extras, it has prices by segment.
FLAGS_BIT: constant(uint256) = 216
HAS_EXTRAS: constant(uint256) = 1
HAS_SEGMENTS: constant(uint256) = 2

TREASURY: immutable(address)
FAUCET: immutable(address)
SINK: immutable(address)

# A word of terms, from the low bit: opens 48, closes 48 (seconds), cap 32, stock 64, costs 8, results 8, active 8, flags 8. Read-only during play.
terms: HashMap[uint256, uint256]
# A word for each place: cost in the low half, result in the high half, asset << 64 | amount each; one word for an offer of one and one.
lines: HashMap[uint256, uint256[4]]
# What was sold, plus one, so that the word is never zero.
sold: HashMap[uint256, uint256]
bought: public(HashMap[uint256, HashMap[address, uint256]])
# Of an offer, from the low bit: version of its draft 32, cap in a window of time 32, seconds of the window 32.
extras: HashMap[uint256, uint256]
# number of the window << 64 | bought in it
boughtInWindow: HashMap[uint256, HashMap[address, uint256]]
segments: public(HashMap[address, uint256])
# Costs for a segment, packed as assets.vy does; none for the price of everybody.
segmentCosts: HashMap[uint256, HashMap[uint256, uint256[2]]]
# When a version of the catalog takes effect; 0 while it is not published.
starts: public(HashMap[uint256, uint256])
digests: public(HashMap[uint256, uint256])
latest: public(uint256)
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
def _in_force(version: uint256) -> bool:
    """
    @notice Whether a version of the catalog has taken effect.
    """
    starts: uint256 = self.starts[version]
    return starts != 0 and block.timestamp >= starts


@internal
@view
def _place(offer: uint256, terms: uint256) -> uint256:
    """
    @notice Where the terms in force stand: at the offer, or with its draft once that has taken effect.
    """
    if (terms >> FLAGS_BIT) & HAS_EXTRAS != 0:
        version: uint256 = self.extras[offer] & LOW_32
        if version != 0 and self._in_force(version):
            return offer | DRAFT
    return offer


@internal
@view
def _check_open(offer: uint256, terms: uint256):
    """
    @notice Refuses an offer that is unknown, closed or outside its window.
    """
    if terms & (2 ** FLAGS_BIT - 1) == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    if (terms >> 208) & 255 == 0:
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


@internal
def _count_in_window(offer: uint256, quantity: uint256):
    """
    @notice Counts a purchase against the cap of the player in the present window of time.
    """
    extras: uint256 = self.extras[offer]
    cap: uint256 = (extras >> 32) & LOW_32
    if cap != 0:
        window: uint256 = block.timestamp // (extras >> 64)
        counted: uint256 = self.boughtInWindow[offer][msg.sender]
        bought: uint256 = quantity
        if counted >> 64 == window:
            bought = unsafe_add(counted & LOW_64, quantity)
        if bought > cap:
            raw_revert(abi_encode(bought, cap, method_id=method_id("WindowCapReached(uint256,uint256)")))
        self.boughtInWindow[offer][msg.sender] = window << 64 | bought


@internal
@view
def _segment_costs(offer: uint256) -> uint256[2]:
    """
    @notice What an offer costs the caller as one of a segment; nothing where the price of everybody holds.
    """
    segment: uint256 = self.segments[msg.sender]
    if segment == 0:
        return empty(uint256[2])
    return self.segmentCosts[offer][segment]


@external
def purchase(offer: uint256, quantity: uint256, maxCost: uint256[4]):
    """
    @notice Takes an offer some times; pays at most what the buyer names for each cost.
    """
    if quantity == 0 or quantity > QUANTITY_MAX:
        raw_revert(abi_encode(quantity, QUANTITY_MAX, method_id=method_id("BadQuantity(uint256,uint256)")))
    terms: uint256 = self.terms[offer]
    flags: uint256 = terms >> FLAGS_BIT
    place: uint256 = offer
    if flags != 0:
        place = self._place(offer, terms)
        if place != offer:
            terms = self.terms[place]
    self._check_open(offer, terms)
    self._count(offer, quantity, terms)
    special: uint256[2] = empty(uint256[2])
    if flags & HAS_EXTRAS != 0:
        self._count_in_window(offer, quantity)
    if flags & HAS_SEGMENTS != 0:
        special = self._segment_costs(offer)
    costs: uint256 = (terms >> 192) & 255
    if special[0] != 0:
        costs = LINES_MAX
    paid: uint256 = 0
    for index: uint256 in range(costs, bound=LINES_MAX):
        cost: uint256 = 0
        if special[0] == 0:
            cost = self.lines[place][index]
        else:
            cost = (special[index >> 1] >> ((index & 1) << 7)) & LOW_128
            if cost == 0:
                break
        amount: uint256 = unsafe_mul(cost & LOW_64, quantity)
        if amount > maxCost[index]:
            raw_revert(abi_encode(amount, maxCost[index], method_id=method_id("OverMaxCost(uint256,uint256)")))
        if index == 0:
            paid = amount
        assets._move(msg.sender, TREASURY, (cost >> 64) & LOW_64, amount)
    for index: uint256 in range((terms >> 200) & 255, bound=LINES_MAX):
        result: uint256 = self.lines[place][index] >> 128
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
def _promote(offer: uint256) -> uint256:
    """
    @notice Makes terms that have taken effect with their version the offer's own, and returns the terms; the draft is free again.
    """
    terms: uint256 = self.terms[offer]
    place: uint256 = self._place(offer, terms)
    if place != offer:
        terms = self.terms[place] | (terms >> FLAGS_BIT) << FLAGS_BIT
        self.terms[offer] = terms
        self.lines[offer] = self.lines[place]
        self.extras[offer] = (self.extras[offer] >> 32) << 32
    return terms


@internal
def _set(place: uint256, cap: uint256, stock: uint256, opens: uint256, closes: uint256, costs: uint256[4], results: uint256[4]):
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
        self.lines[place][index] = (cost >> 128) << 64 | (cost & LOW_64) | (result >> 128) << 192 | (result & LOW_64) << 128
    flags: uint256 = (self.terms[place] >> FLAGS_BIT) << FLAGS_BIT
    self.terms[place] = flags | 1 << 208 | resultCount << 200 | costCount << 192 | stock << 128 | cap << 96 | closes << 48 | opens


@external
def publish(
    offer: uint256, cap: uint256, stock: uint256, opens: uint256, closes: uint256, costs: uint256[4], results: uint256[4]
):
    """
    @notice Puts a new offer on sale.
    """
    authority._check_operator()
    if self._promote(offer) & (2 ** FLAGS_BIT - 1) != 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferExists(uint256,uint256)")))
    self.sold[offer] = 1
    self._set(offer, cap, stock, opens, closes, costs, results)
    log OfferSet(offer=offer, active=True)


@external
def update(
    offer: uint256, cap: uint256, stock: uint256, opens: uint256, closes: uint256, costs: uint256[4], results: uint256[4]
):
    """
    @notice Replaces the terms of an offer; what was sold and bought stays counted.
    """
    authority._check_operator()
    if self._promote(offer) & (2 ** FLAGS_BIT - 1) == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    self._set(offer, cap, stock, opens, closes, costs, results)
    log OfferSet(offer=offer, active=True)


@external
def close(offer: uint256):
    """
    @notice Takes an offer off sale.
    """
    authority._check_operator()
    terms: uint256 = self._promote(offer)
    if terms & (2 ** FLAGS_BIT - 1) == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    self.terms[offer] = terms & ~convert(255 << 208, uint256)
    log OfferSet(offer=offer, active=False)


@external
def draft(
    version: uint256,
    offer: uint256,
    cap: uint256,
    stock: uint256,
    opens: uint256,
    closes: uint256,
    costs: uint256[4],
    results: uint256[4],
):
    """
    @notice Writes the terms that an offer, old or new, has from a version of the catalog on that is still to be published.
    """
    authority._check_operator()
    if version <= self.latest or version > LOW_32:
        raw_revert(abi_encode(version, self.latest + 1, method_id=method_id("VersionTaken(uint256,uint256)")))
    terms: uint256 = self._promote(offer)
    pending: uint256 = self.extras[offer] & LOW_32
    if pending != 0 and self.starts[pending] != 0:
        raw_revert(abi_encode(version, pending, method_id=method_id("DraftPending(uint256,uint256)")))
    if self.sold[offer] == 0:
        self.sold[offer] = 1
    self.terms[offer] = terms | HAS_EXTRAS << FLAGS_BIT
    self.extras[offer] = (self.extras[offer] >> 32) << 32 | version
    self._set(offer | DRAFT, cap, stock, opens, closes, costs, results)
    log OfferDrafted(offer=offer, version=version)


@external
def publishCatalog(version: uint256, starts: uint256, digest: uint256):
    """
    @notice Lets all drafts of a version take effect at a second, in the first micro-block of that time; 0 for now. The digest names the catalog's files.
    """
    authority._check_operator()
    if version <= self.latest or version > LOW_32:
        raw_revert(abi_encode(version, self.latest + 1, method_id=method_id("VersionTaken(uint256,uint256)")))
    begins: uint256 = starts
    if begins == 0:
        begins = block.timestamp
    if begins < block.timestamp or begins > SECONDS_MAX:
        raw_revert(abi_encode(begins, block.timestamp, method_id=method_id("TooLate(uint256,uint256)")))
    self.latest = version
    self.starts[version] = begins
    self.digests[version] = digest
    log CatalogPublished(version=version, starts=begins, digest=digest)


@external
def withdrawCatalog(version: uint256):
    """
    @notice Takes back a version that has not taken effect yet; its drafts stay drafts that never do.
    """
    authority._check_operator()
    starts: uint256 = self.starts[version]
    if starts <= block.timestamp:
        raw_revert(abi_encode(starts, block.timestamp, method_id=method_id("TooLate(uint256,uint256)")))
    self.starts[version] = 0
    log CatalogPublished(version=version, starts=0, digest=self.digests[version])


@external
def limit(offer: uint256, cap: uint256, windowSeconds: uint256):
    """
    @notice Sets how often one player may take an offer in each window of time, windows counted from 1970; a cap of 0 for no limit.
    """
    authority._check_operator()
    if self.terms[offer] == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    if cap > LOW_32:
        raw_revert(abi_encode(cap, LOW_32, method_id=method_id("BadOffer(uint256,uint256)")))
    if windowSeconds == 0 or windowSeconds > LOW_32:
        raw_revert(abi_encode(windowSeconds, LOW_32, method_id=method_id("BadOffer(uint256,uint256)")))
    self.terms[offer] |= HAS_EXTRAS << FLAGS_BIT
    self.extras[offer] = windowSeconds << 64 | cap << 32 | (self.extras[offer] & LOW_32)
    log OfferLimited(offer=offer, cap=cap, windowSeconds=windowSeconds)


@external
def priceFor(offer: uint256, segment: uint256, costs: uint256[4]):
    """
    @notice Sets what an offer costs players of a segment; without a line the price of everybody holds for them.
    """
    authority._check_operator()
    if self.terms[offer] == 0:
        raw_revert(abi_encode(offer, convert(0, uint256), method_id=method_id("OfferUnknown(uint256,uint256)")))
    self.terms[offer] |= HAS_SEGMENTS << FLAGS_BIT
    self.segmentCosts[offer][segment] = assets._pack(costs)
    log SegmentPriceSet(offer=offer, segment=segment)


@external
def setSegment(player: address, segment: uint256):
    """
    @notice Puts a player into a segment; 0 for none.
    """
    authority._check_server()
    self.segments[player] = segment
    log SegmentSet(player=player, segment=segment)


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
    place: uint256 = self._place(offer, terms)
    if place != offer:
        terms = self.terms[place]
    head: uint256[8] = empty(uint256[8])
    if terms & (2 ** FLAGS_BIT - 1) != 0:
        head[0] = 1
        head[1] = (terms >> 208) & 255
        head[2] = (terms >> 96) & (2 ** 32 - 1)
        head[3] = (terms >> 128) & LOW_64
        head[4] = terms & SECONDS_MAX
        head[5] = (terms >> 48) & SECONDS_MAX
        head[6] = self.sold[offer] - 1
        head[7] = (terms >> 192) & 255
    costs: uint256[4] = empty(uint256[4])
    results: uint256[4] = empty(uint256[4])
    for index: uint256 in range(LINES_MAX):
        word: uint256 = self.lines[place][index]
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
