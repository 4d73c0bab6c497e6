# pragma version 0.4.3
"""
@title Mail
@notice Letters with things in them, by order of a game server. What a letter holds stands in the escrow account until its player takes it out; after its
    time it goes to a sink, so that nothing waits for ever.
"""
from modules import assets
from modules import authority

initializes: assets

event MailSent:
    player: indexed(address)
    mail: uint256
    reason: uint256
    count: uint256
    expires: uint256

event MailClaimed:
    player: indexed(address)
    mail: uint256
    count: uint256

event MailExpired:
    player: indexed(address)
    mail: uint256
    count: uint256

# A letter is open until it is claimed or expired; its id is used up for ever.
OPEN: constant(uint256) = 1
DONE: constant(uint256) = 2
EXPIRED: constant(uint256) = 4
LINES_MAX: constant(uint256) = 8
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1

ESCROW: immutable(address)
SINK: immutable(address)

faucets: public(HashMap[address, bool])
# expires << 168 | state << 160 | player
heads: HashMap[uint256, uint256]
# Two lines a word, asset << 64 | amount each.
contents: HashMap[uint256, uint256[4]]


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address, escrow: address, sink: address):
    assets.__init__(currencies, items)
    ESCROW = escrow
    SINK = sink


@external
def send(mail: uint256, player: address, faucet: address, reason: uint256, expires: uint256, lines: uint256[8]):
    """
    @notice Sends a player a letter with the lines up to the first empty one, from a faucet; it can be opened until a second.
    """
    authority._check_server()
    if not self.faucets[faucet]:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotAFaucet(uint256,uint256)")))
    if self.heads[mail] != 0:
        state: uint256 = (self.heads[mail] >> 160) & 255
        raw_revert(abi_encode(state, convert(0, uint256), method_id=method_id("MailExists(uint256,uint256)")))
    if expires < block.timestamp:
        raw_revert(abi_encode(block.timestamp, expires, method_id=method_id("MailOver(uint256,uint256)")))
    count: uint256 = 0
    packed: uint256[4] = empty(uint256[4])
    for index: uint256 in range(LINES_MAX):
        line: uint256 = lines[index]
        if line == 0:
            break
        if line & LOW_128 > LOW_64 or line >> 128 > LOW_64:
            raw_revert(abi_encode(line & LOW_128, LOW_64, method_id=method_id("AmountTooLarge(uint256,uint256)")))
        packed[index >> 1] |= ((line >> 128) << 64 | (line & LOW_64)) << ((index & 1) << 7)
        assets._issue(faucet, ESCROW, line >> 128, line & LOW_64)
        count = unsafe_add(count, 1)
    self.heads[mail] = min(expires, LOW_64) << 168 | OPEN << 160 | convert(player, uint256)
    self.contents[mail] = packed
    log MailSent(player=player, mail=mail, reason=reason, count=count, expires=expires)


@internal
@view
def _open(mail: uint256) -> uint256:
    """
    @notice The head of a letter that is open.
    """
    head: uint256 = self.heads[mail]
    if head == 0:
        raw_revert(abi_encode(mail & LOW_64, convert(0, uint256), method_id=method_id("MailUnknown(uint256,uint256)")))
    state: uint256 = (head >> 160) & 255
    if state != OPEN:
        raw_revert(abi_encode(state, OPEN, method_id=method_id("MailNotOpen(uint256,uint256)")))
    return head


@internal
def _empty(mail: uint256, head: uint256, state: uint256, receiver: address) -> uint256:
    """
    @notice Moves what a letter holds to an account and ends it; returns how many lines there were.
    """
    self.heads[mail] = (head >> 168) << 168 | state << 160 | (head & LOW_160)
    packed: uint256[4] = self.contents[mail]
    count: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        line: uint256 = (packed[index >> 1] >> ((index & 1) << 7)) & LOW_128
        if line == 0:
            break
        assets._move(ESCROW, receiver, line >> 64, line & LOW_64)
        count = unsafe_add(count, 1)
    return count


@external
def claim(mail: uint256):
    """
    @notice Takes out what a letter holds.
    """
    head: uint256 = self._open(mail)
    if convert(msg.sender, uint256) != head & LOW_160:
        raw_revert(abi_encode(convert(msg.sender, uint256) >> 96, (head & LOW_160) >> 96, method_id=method_id("NotYourMail(uint256,uint256)")))
    if head >> 168 < block.timestamp:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("MailOver(uint256,uint256)")))
    log MailClaimed(player=msg.sender, mail=mail, count=self._empty(mail, head, DONE, msg.sender))


@external
def expire(mail: uint256):
    """
    @notice Gives what a letter holds whose time is over to the sink.
    """
    authority._check_server()
    head: uint256 = self._open(mail)
    if head >> 168 >= block.timestamp:
        raw_revert(abi_encode(block.timestamp, head >> 168, method_id=method_id("NotExpiredYet(uint256,uint256)")))
    log MailExpired(player=convert(head & LOW_160, address), mail=mail, count=self._empty(mail, head, EXPIRED, SINK))


@external
def setFaucet(account: address, faucet: bool):
    """
    @notice Names a faucet.
    """
    authority._check_operator()
    self.faucets[account] = faucet


@external
@view
def mailOf(mail: uint256) -> (uint256, uint256, address, uint256[4]):
    """
    @notice A letter: 0 unknown, 1 open, 2 claimed, 4 expired; when it expires, whose it is, what it holds or held.
    """
    head: uint256 = self.heads[mail]
    return (head >> 160) & 255, head >> 168, convert(head & LOW_160, address), self.contents[mail]
