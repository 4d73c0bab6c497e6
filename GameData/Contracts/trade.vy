# pragma version 0.4.3
"""
@title Trade
@notice Swaps between two players, in one step or not at all: at once by a game server, or proposed by one player and accepted by the other.
    Whoever receives coins gets them less the fee, which goes to the treasury. Nothing is held back for a proposal: each side must have its things when it is accepted.
"""
from modules import assets
from modules import authority

initializes: assets

event Traded:
    first: indexed(address)
    second: indexed(address)
    trade: uint256
    feeOfFirst: uint256
    feeOfSecond: uint256

event TradeProposed:
    proposer: indexed(address)
    counterparty: indexed(address)
    trade: uint256
    expires: uint256

event TradeCancelled:
    by: indexed(address)
    trade: uint256

# A trade is open until it is done or cancelled, and its id is used up for ever.
OPEN: constant(uint256) = 1
DONE: constant(uint256) = 2
CANCELLED: constant(uint256) = 3
FEE_PARTS: constant(uint256) = 10000
LINES_MAX: constant(uint256) = 4
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1
LOW_168: constant(uint256) = 2 ** 168 - 1

TREASURY: immutable(address)
FEE_BASIS_POINTS: immutable(uint256)

# expires << 168 | state << 160 | proposer
heads: HashMap[uint256, uint256]
counterparties: HashMap[uint256, address]
gives: HashMap[uint256, uint256[2]]
wants: HashMap[uint256, uint256[2]]


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address, treasury: address, feeBasisPoints: uint256):
    assets.__init__(currencies, items)
    assert feeBasisPoints <= FEE_PARTS
    TREASURY = treasury
    FEE_BASIS_POINTS = feeBasisPoints


@internal
def _give(giver: address, taker: address, asset: uint256, amount: uint256) -> uint256:
    """
    @notice Moves one line of a trade, and returns the fee that was kept of it.
    """
    if asset >= assets.FIRST_ITEM:
        assets._move(giver, taker, asset, amount)
        return 0
    if amount > LOW_128:
        raw_revert(abi_encode(amount, LOW_128, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    fee: uint256 = unsafe_mul(amount, FEE_BASIS_POINTS) // FEE_PARTS
    if fee == 0:
        assets._move(giver, taker, asset, amount)
    else:
        extcall assets._currency(asset).moveWithFee(giver, taker, amount, TREASURY, fee, skip_contract_check=True)
    return fee


@internal
def _give_stored(giver: address, taker: address, packed: uint256[2]) -> uint256:
    """
    @notice Moves the lines of one side, and returns the fees that were kept of them, all currencies together.
    """
    fees: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        line: uint256 = (packed[index >> 1] >> ((index & 1) << 7)) & LOW_128
        if line == 0:
            break
        fees += self._give(giver, taker, line >> 64, line & LOW_64)
    return fees


@internal
@pure
def _check_two(first: address, second: address):
    """
    @notice Refuses a trade of an account with itself.
    """
    if first == second:
        raw_revert(abi_encode(convert(1, uint256), convert(2, uint256), method_id=method_id("TradeWithOneself(uint256,uint256)")))


@external
def swap(first: address, second: address, firstGives: uint256, secondGives: uint256):
    """
    @notice Swaps one line of each side, by order of a game server.
    """
    authority._check_server()
    self._check_two(first, second)
    feeOfFirst: uint256 = self._give(first, second, firstGives >> 128, firstGives & LOW_128)
    feeOfSecond: uint256 = self._give(second, first, secondGives >> 128, secondGives & LOW_128)
    log Traded(first=first, second=second, trade=0, feeOfFirst=feeOfFirst, feeOfSecond=feeOfSecond)


@external
def propose(trade: uint256, counterparty: address, gives: uint256[4], wants: uint256[4], expires: uint256):
    """
    @notice Proposes a trade to one other account, open until a second.
    """
    if self.heads[trade] != 0:
        state: uint256 = (self.heads[trade] >> 160) & 255
        raw_revert(abi_encode(state, convert(0, uint256), method_id=method_id("TradeExists(uint256,uint256)")))
    self._check_two(msg.sender, counterparty)
    if expires < block.timestamp:
        raw_revert(abi_encode(block.timestamp, expires, method_id=method_id("TradeExpired(uint256,uint256)")))
    self.gives[trade] = assets._pack(gives)
    self.wants[trade] = assets._pack(wants)
    self.counterparties[trade] = counterparty
    self.heads[trade] = min(expires, LOW_64) << 168 | OPEN << 160 | convert(msg.sender, uint256)
    log TradeProposed(proposer=msg.sender, counterparty=counterparty, trade=trade, expires=expires)


@internal
@view
def _open(trade: uint256) -> uint256:
    """
    @notice The head of a trade that is open.
    """
    head: uint256 = self.heads[trade]
    if head == 0:
        raw_revert(abi_encode(trade & LOW_64, convert(0, uint256), method_id=method_id("TradeUnknown(uint256,uint256)")))
    state: uint256 = (head >> 160) & 255
    if state != OPEN:
        raw_revert(abi_encode(state, OPEN, method_id=method_id("TradeNotOpen(uint256,uint256)")))
    return head


@internal
@view
def _check_party(party: address):
    """
    @notice Refuses a caller who is not the one expected; the numbers are the first 8 bytes of both accounts.
    """
    if msg.sender != party:
        have: uint256 = convert(msg.sender, uint256) >> 96
        need: uint256 = convert(party, uint256) >> 96
        raw_revert(abi_encode(have, need, method_id=method_id("NotYourTrade(uint256,uint256)")))


@external
def accept(trade: uint256):
    """
    @notice Accepts a proposal: both sides give what was proposed, or nothing happens.
    """
    head: uint256 = self._open(trade)
    self._check_party(self.counterparties[trade])
    if head >> 168 < block.timestamp:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("TradeExpired(uint256,uint256)")))
    proposer: address = convert(head & LOW_160, address)
    self.heads[trade] = (head >> 168) << 168 | DONE << 160 | (head & LOW_160)
    feeOfFirst: uint256 = self._give_stored(proposer, msg.sender, self.gives[trade])
    feeOfSecond: uint256 = self._give_stored(msg.sender, proposer, self.wants[trade])
    log Traded(first=proposer, second=msg.sender, trade=trade, feeOfFirst=feeOfFirst, feeOfSecond=feeOfSecond)


@external
def cancel(trade: uint256):
    """
    @notice Ends a proposal: the proposer takes it back, or the other side declines.
    """
    head: uint256 = self._open(trade)
    if msg.sender != self.counterparties[trade]:
        self._check_party(convert(head & LOW_160, address))
    self.heads[trade] = (head >> 168) << 168 | CANCELLED << 160 | (head & LOW_160)
    log TradeCancelled(by=msg.sender, trade=trade)


@external
@view
def stateOf(trade: uint256) -> (uint256, uint256, address, address):
    """
    @notice A trade: 0 unknown, 1 open, 2 done, 3 cancelled; when it expires, who proposed it, who may accept it.
    """
    head: uint256 = self.heads[trade]
    return (head >> 160) & 255, head >> 168, convert(head & LOW_160, address), self.counterparties[trade]
