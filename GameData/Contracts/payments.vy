# pragma version 0.4.3
"""
@title Payments
@notice Real money: what a store's receipt brings. A game server delivers a receipt once the store has confirmed it, or writes down that it was refused;
    either is final. A receipt's number is the first half of the SHA-256 hash of store and transaction, so that none counts twice, under whatever name it comes.
    When the store gives the money back, what the receipt brought is taken back: coins as far below zero as the currency's debt limit says, items as many as
    are left; what could not be taken is written down.
"""
from modules import assets
from modules import authority

initializes: assets

event ProductSet:
    product: indexed(uint256)
    count: uint256

event Delivered:
    player: indexed(address)
    receipt: indexed(uint256)
    product: indexed(uint256)
    quantity: uint256

event ReceiptRefused:
    player: indexed(address)
    receipt: indexed(uint256)
    reason: uint256
    note: uint256

event Revoked:
    player: indexed(address)
    receipt: indexed(uint256)
    actor: indexed(address)
    taken: uint256
    missing: uint256
    reason: uint256
    note: uint256

# A receipt is delivered or refused, once and for all; a delivered one may be revoked.
DELIVERED: constant(uint256) = 1
REFUSED: constant(uint256) = 2
REVOKED: constant(uint256) = 3
LINES_MAX: constant(uint256) = 4
QUANTITY_MAX: constant(uint256) = 2 ** 16 - 1
LOW_16: constant(uint256) = 2 ** 16 - 1
LOW_32: constant(uint256) = 2 ** 32 - 1
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1

FAUCET: immutable(address)
SINK: immutable(address)

# What a product brings, packed as assets.vy does; and whether it is known.
products: HashMap[uint256, uint256[2]]
# state << 224 | product << 192 | quantity << 160 | player
receipts: HashMap[uint256, uint256]


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address, faucet: address, sink: address):
    assets.__init__(currencies, items)
    FAUCET = faucet
    SINK = sink


@external
def setProduct(product: uint256, lines: uint256[4]):
    """
    @notice Sets what a product of the stores brings.
    """
    authority._check_operator()
    count: uint256 = assets._count(lines)
    if count == 0:
        raw_revert(abi_encode(convert(1, uint256), convert(1, uint256), method_id=method_id("BrokenLines(uint256,uint256)")))
    for index: uint256 in range(count, bound=LINES_MAX):
        # As many as a receipt may have must fit a line.
        if lines[index] & LOW_128 > LOW_64 // QUANTITY_MAX:
            raw_revert(abi_encode(lines[index] & LOW_128, LOW_64 // QUANTITY_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    # For good, so that what is taken back is what was given.
    if self.products[product][0] != 0:
        raw_revert(abi_encode(product, convert(0, uint256), method_id=method_id("ProductExists(uint256,uint256)")))
    self.products[product] = assets._pack(lines)
    log ProductSet(product=product, count=count)


@internal
@view
def _check_unused(receipt: uint256):
    """
    @notice Refuses a receipt that was used before.
    """
    word: uint256 = self.receipts[receipt]
    if word != 0:
        raw_revert(abi_encode(word >> 224, convert(0, uint256), method_id=method_id("ReceiptUsed(uint256,uint256)")))


@external
def deliver(receipt: uint256, player: address, product: uint256, quantity: uint256):
    """
    @notice Gives a player what a confirmed receipt brings, once.
    """
    authority._check_server()
    self._check_unused(receipt)
    packed: uint256[2] = self.products[product]
    if packed[0] == 0 or product > LOW_32:
        raw_revert(abi_encode(product, convert(0, uint256), method_id=method_id("ProductUnknown(uint256,uint256)")))
    if quantity == 0 or quantity > QUANTITY_MAX:
        raw_revert(abi_encode(quantity, QUANTITY_MAX, method_id=method_id("BadQuantity(uint256,uint256)")))
    self.receipts[receipt] = DELIVERED << 224 | product << 192 | quantity << 160 | convert(player, uint256)
    for index: uint256 in range(LINES_MAX):
        line: uint256 = (packed[index >> 1] >> ((index & 1) << 7)) & LOW_128
        if line == 0:
            break
        assets._issue(FAUCET, player, line >> 64, unsafe_mul(line & LOW_64, quantity))
    log Delivered(player=player, receipt=receipt, product=product, quantity=quantity)


@external
def refuse(receipt: uint256, player: address, reason: uint256, note: uint256):
    """
    @notice Writes down that a store has not confirmed a receipt, so that nobody delivers it later.
    """
    authority._check_server()
    self._check_unused(receipt)
    self.receipts[receipt] = REFUSED << 224 | convert(player, uint256)
    log ReceiptRefused(player=player, receipt=receipt, reason=reason, note=note)


@external
def revoke(receipt: uint256, owner: address, actor: address, reason: uint256, note: uint256):
    """
    @notice Takes back what a receipt brought whose money the store has given back.
    """
    authority._check_server_or_operator()
    word: uint256 = self.receipts[receipt]
    if word >> 224 != DELIVERED:
        raw_revert(abi_encode(word >> 224, DELIVERED, method_id=method_id("ReceiptNotDelivered(uint256,uint256)")))
    player: address = convert(word & LOW_160, address)
    if player != owner:
        raw_revert(abi_encode(convert(owner, uint256) >> 96, convert(player, uint256) >> 96, method_id=method_id("NotYourReceipt(uint256,uint256)")))
    self.receipts[receipt] = REVOKED << 224 | (word & (2 ** 224 - 1))
    quantity: uint256 = (word >> 160) & LOW_32
    packed: uint256[2] = self.products[(word >> 192) & LOW_32]
    taken: uint256 = 0
    missing: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        line: uint256 = (packed[index >> 1] >> ((index & 1) << 7)) & LOW_128
        if line == 0:
            break
        due: uint256 = unsafe_mul(line & LOW_64, quantity)
        had: uint256 = assets._seize(player, SINK, line >> 64, due)
        taken += had
        missing += due - had
    log Revoked(player=player, receipt=receipt, actor=actor, taken=taken, missing=missing, reason=reason, note=note)


@external
@view
def receiptOf(receipt: uint256) -> (uint256, address, uint256, uint256):
    """
    @notice A receipt: 0 unknown, 1 delivered, 2 refused, 3 revoked; whose, which product, how many.
    """
    word: uint256 = self.receipts[receipt]
    return word >> 224, convert(word & LOW_160, address), (word >> 192) & LOW_32, (word >> 160) & LOW_32


@external
@view
def productOf(product: uint256) -> uint256[2]:
    """
    @notice What a product brings, two lines a word, asset << 64 | amount each.
    """
    return self.products[product]
