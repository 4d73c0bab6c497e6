# pragma version 0.4.3
"""
@title Trade
@notice Swaps between two players, in one step or not at all: at once by a game server, proposed by one player and accepted by the other,
    or signed by both and handed in by anybody.
    What a proposer gives stands in the escrow account until the trade is accepted, cancelled or expired. Whoever receives coins gets them less the royalties
    of the items that they pay for and less the fee, which goes to the treasury.
"""
from modules import assets
from modules import authority
from modules import sales

initializes: assets
initializes: sales[assets := assets]

interface Freezer:
    def frozen(account: address) -> bool: view

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

event TradeReturned:
    proposer: indexed(address)
    trade: uint256

event KeyBound:
    account: indexed(address)
    key: address

# A trade is open until it is done, cancelled or taken out of escrow after its time, and its id is used up for ever.
OPEN: constant(uint256) = 1
DONE: constant(uint256) = 2
CANCELLED: constant(uint256) = 3
EXPIRED: constant(uint256) = 4
LINES_MAX: constant(uint256) = 4
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1
LOW_168: constant(uint256) = 2 ** 168 - 1

# EIP-712: what the keys of both sides sign.
DOMAIN_TYPE: constant(bytes32) = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
DOMAIN_NAME: constant(bytes32) = keccak256("Hoard")
DOMAIN_VERSION: constant(bytes32) = keccak256("1")
SWAP_TYPE: constant(bytes32) = keccak256(
    "Swap(address first,address second,uint256[4] firstGives,uint256[4] secondGives,uint256 trade,uint256 expires)"
)

ESCROW: immutable(address)

# expires << 168 | state << 160 | proposer
heads: HashMap[uint256, uint256]
counterparties: HashMap[uint256, address]
gives: HashMap[uint256, uint256[2]]
wants: HashMap[uint256, uint256[2]]
# The key that signs for an account; the account's own where there is none here.
keys: HashMap[address, address]


@deploy
def __init__(
    currencies: address[assets.CURRENCIES_MAX], items: address, treasury: address, feeBasisPoints: uint256, escrow: address, royalties: address
):
    assets.__init__(currencies, items)
    sales.__init__(treasury, feeBasisPoints, royalties)
    ESCROW = escrow


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
    return sales._pay_rest(giver, taker, asset, amount, amount)


@internal
@pure
def _line(packed: uint256[2], index: uint256) -> uint256:
    """
    @notice A line as it is stored, asset << 64 | amount; 0 where there is none.
    """
    return (packed[index >> 1] >> ((index & 1) << 7)) & LOW_128


@internal
def _keep(packed: uint256[2], giver: address, taker: address):
    """
    @notice Moves all lines as they are, into escrow or out of it again.
    """
    for index: uint256 in range(LINES_MAX):
        line: uint256 = self._line(packed, index)
        if line == 0:
            break
        assets._move(giver, taker, line >> 64, line & LOW_64)


@internal
def _give_basket(giver: address, taker: address, packed: uint256[2], against: uint256[2]) -> uint256:
    """
    @notice Moves one side of a trade. Its coins pay for the items of the other side that bear a royalty, in equal parts: so much of the royalty of each is
        due. Items without one have no part, so that nobody makes a royalty smaller by adding some. Returns the fees that were kept, all currencies together.
    """
    royalties: uint256[4] = empty(uint256[4])
    items: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        line: uint256 = self._line(against, index)
        # A line of none of an item has no part either.
        if line & LOW_64 != 0 and line >> 64 >= assets.FIRST_ITEM:
            royalties[index] = sales._royalty(line >> 64)
            if royalties[index] != 0:
                items += 1
    fees: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        line: uint256 = self._line(packed, index)
        if line == 0:
            break
        asset: uint256 = line >> 64
        amount: uint256 = line & LOW_64
        if asset >= assets.FIRST_ITEM:
            assets._move(giver, taker, asset, amount)
            continue
        left: uint256 = amount
        for place: uint256 in range(LINES_MAX):
            if royalties[place] != 0:
                left -= sales._pay_royalty(giver, self._line(against, place) >> 64, royalties[place], asset, amount, items, left)
        fees += sales._pay_rest(giver, taker, asset, amount, left)
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
def swapBaskets(first: address, second: address, firstGives: uint256[4], secondGives: uint256[4]):
    """
    @notice Swaps up to four lines of each side, by order of a game server in which both are logged in.
    """
    authority._check_server()
    self._check_two(first, second)
    gives: uint256[2] = assets._pack(firstGives)
    wants: uint256[2] = assets._pack(secondGives)
    feeOfFirst: uint256 = self._give_basket(first, second, gives, wants)
    feeOfSecond: uint256 = self._give_basket(second, first, wants, gives)
    log Traded(first=first, second=second, trade=0, feeOfFirst=feeOfFirst, feeOfSecond=feeOfSecond)


@external
def propose(trade: uint256, counterparty: address, gives: uint256[4], wants: uint256[4], expires: uint256):
    """
    @notice Proposes a trade to one other account, open until a second; what the proposer gives goes into escrow.
    """
    if self.heads[trade] != 0:
        state: uint256 = (self.heads[trade] >> 160) & 255
        raw_revert(abi_encode(state, convert(0, uint256), method_id=method_id("TradeExists(uint256,uint256)")))
    self._check_two(msg.sender, counterparty)
    if expires < block.timestamp:
        raw_revert(abi_encode(block.timestamp, expires, method_id=method_id("TradeExpired(uint256,uint256)")))
    held: uint256[2] = assets._pack(gives)
    self.gives[trade] = held
    self.wants[trade] = assets._pack(wants)
    self.counterparties[trade] = counterparty
    self.heads[trade] = min(expires, LOW_64) << 168 | OPEN << 160 | convert(msg.sender, uint256)
    self._keep(held, msg.sender, ESCROW)
    log TradeProposed(proposer=msg.sender, counterparty=counterparty, trade=trade, expires=expires)


@external
def bindKey(key: address):
    """
    @notice Has a key sign swaps for the caller from now on, in the place of any before; the zero key takes it away.
    """
    self.keys[msg.sender] = key
    log KeyBound(account=msg.sender, key=key)


@internal
@view
def _key(account: address) -> address:
    """
    @notice Whose signature counts for an account: the bound key's, else its own, which players' accounts have no key for.
    """
    key: address = self.keys[account]
    if key == empty(address):
        return account
    return key


@internal
@view
def _check_signature(account: address, digest: bytes32, signature: uint256[3]):
    """
    @notice Refuses a signature (r, s, v) that is not of the key that signs for the account; the numbers are the first 8 bytes of both keys.
    """
    key: address = self._key(account)
    signer: address = ecrecover(digest, signature[2], signature[0], signature[1])
    if signer != key or key == empty(address):
        have: uint256 = convert(signer, uint256) >> 96
        need: uint256 = convert(key, uint256) >> 96
        raw_revert(abi_encode(have, need, method_id=method_id("WrongSignature(uint256,uint256)")))


@internal
def _use_up(trade: uint256, expires: uint256, state: uint256, by: address):
    """
    @notice Takes the id of a trade that was never proposed, for ever.
    """
    if self.heads[trade] != 0:
        used: uint256 = (self.heads[trade] >> 160) & 255
        raw_revert(abi_encode(used, convert(0, uint256), method_id=method_id("TradeExists(uint256,uint256)")))
    self.heads[trade] = min(expires, LOW_64) << 168 | state << 160 | convert(by, uint256)


@external
def signedSwap(
    first: address,
    second: address,
    firstGives: uint256[4],
    secondGives: uint256[4],
    trade: uint256,
    expires: uint256,
    firstSignature: uint256[3],
    secondSignature: uint256[3],
):
    """
    @notice Swaps up to four lines of each side, as the keys of both have signed it (EIP-712), whoever hands it in. Nothing is in escrow before;
        the id is used up, so that the signatures are good for once, until their last second.
    """
    self._check_two(first, second)
    if expires < block.timestamp:
        raw_revert(abi_encode(block.timestamp, expires, method_id=method_id("TradeExpired(uint256,uint256)")))
    self._use_up(trade, expires, DONE, first)
    domain: bytes32 = keccak256(abi_encode(DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, chain.id, self))
    content: bytes32 = keccak256(
        abi_encode(SWAP_TYPE, first, second, keccak256(abi_encode(firstGives)), keccak256(abi_encode(secondGives)), trade, expires)
    )
    digest: bytes32 = keccak256(concat(b"\x19\x01", domain, content))
    self._check_signature(first, digest, firstSignature)
    self._check_signature(second, digest, secondSignature)
    gives: uint256[2] = assets._pack(firstGives)
    wants: uint256[2] = assets._pack(secondGives)
    feeOfFirst: uint256 = self._give_basket(first, second, gives, wants)
    feeOfSecond: uint256 = self._give_basket(second, first, wants, gives)
    log Traded(first=first, second=second, trade=trade, feeOfFirst=feeOfFirst, feeOfSecond=feeOfSecond)


@external
def voidSwap(trade: uint256):
    """
    @notice Uses up an id under which nothing was done, so that what was signed with it is never done. Whoever knows the id may.
    """
    self._use_up(trade, 0, CANCELLED, msg.sender)
    log TradeCancelled(by=msg.sender, trade=trade)


@external
@view
def keyOf(account: address) -> address:
    """
    @notice The key that was bound to an account; zero where none was.
    """
    return self.keys[account]


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
    # What was frozen leaves the escrow to its owner alone.
    if staticcall Freezer(assets.ITEMS.address).frozen(proposer, skip_contract_check=True):
        raw_revert(abi_encode((head & LOW_160) >> 96, convert(0, uint256), method_id=method_id("AccountFrozen(uint256,uint256)")))
    self.heads[trade] = (head >> 168) << 168 | DONE << 160 | (head & LOW_160)
    gives: uint256[2] = self.gives[trade]
    wants: uint256[2] = self.wants[trade]
    feeOfFirst: uint256 = self._give_basket(ESCROW, msg.sender, gives, wants)
    feeOfSecond: uint256 = self._give_basket(msg.sender, proposer, wants, gives)
    log Traded(first=proposer, second=msg.sender, trade=trade, feeOfFirst=feeOfFirst, feeOfSecond=feeOfSecond)


@external
def cancel(trade: uint256):
    """
    @notice Ends a proposal, before its time or after: the proposer takes it back, or the other side declines. The escrow goes back.
    """
    head: uint256 = self._open(trade)
    proposer: address = convert(head & LOW_160, address)
    if msg.sender != self.counterparties[trade]:
        self._check_party(proposer)
    self.heads[trade] = (head >> 168) << 168 | CANCELLED << 160 | (head & LOW_160)
    self._keep(self.gives[trade], ESCROW, proposer)
    log TradeCancelled(by=msg.sender, trade=trade)


@external
def expire(trade: uint256):
    """
    @notice Gives the escrow of a proposal whose time is over back to its proposer, by order of a game server.
    """
    authority._check_server()
    head: uint256 = self._open(trade)
    if head >> 168 >= block.timestamp:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("NotExpiredYet(uint256,uint256)")))
    proposer: address = convert(head & LOW_160, address)
    self.heads[trade] = (head >> 168) << 168 | EXPIRED << 160 | (head & LOW_160)
    self._keep(self.gives[trade], ESCROW, proposer)
    log TradeReturned(proposer=proposer, trade=trade)


@external
@view
def tradeOf(trade: uint256) -> (uint256, uint256, address, address, uint256[2], uint256[2]):
    """
    @notice A trade: 0 unknown, 1 open, 2 done, 3 cancelled, 4 expired; when it expires, who proposed it, who may accept it; what each side gives,
        two lines a word, asset << 64 | amount.
    """
    head: uint256 = self.heads[trade]
    return (
        (head >> 160) & 255, head >> 168, convert(head & LOW_160, address), self.counterparties[trade], self.gives[trade], self.wants[trade]
    )
