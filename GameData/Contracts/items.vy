# pragma version 0.4.3
"""
@title Items
@notice All items of the game. Below 2 ** 32 an asset is a kind of which an account has an amount; from there on it is one unique thing, kind << 32 | serial.
    Balances are signed: a faucet goes below zero by what it issued, so all balances of an asset together are zero at any time.
    What an account holds can be listed: kinds by a bitmap in two levels, unique things by a list.
    Bound things have bit 23 of their number set, unique ones bit 63: a player cannot give them to anybody but a sink or the treasury.
"""
from ethereum.ercs import IERC165
from modules import authority

implements: IERC165

interface Receiver:
    def onERC1155Received(operator: address, sender: address, id: uint256, amount: uint256, data: Bytes[1024]) -> bytes4: nonpayable
    def onERC1155BatchReceived(operator: address, sender: address, ids: DynArray[uint256, 64], amounts: DynArray[uint256, 64], data: Bytes[1024]) -> bytes4: nonpayable

event TransferSingle:
    operator: indexed(address)
    sender: indexed(address)
    receiver: indexed(address)
    id: uint256
    value: uint256

event TransferBatch:
    operator: indexed(address)
    sender: indexed(address)
    receiver: indexed(address)
    ids: DynArray[uint256, 64]
    values: DynArray[uint256, 64]

event ApprovalForAll:
    owner: indexed(address)
    operator: indexed(address)
    approved: bool

# The first asset number that is one unique thing.
FIRST_UNIQUE: constant(uint256) = 2 ** 32
# Kinds are below this, so that an inventory has at most 256 words of summary to read.
KINDS_MAX: constant(uint256) = 2 ** 24
# No transfer moves more than this, so that adding to a balance cannot overflow: that would take 2 ** 127 transfers.
AMOUNT_MAX: constant(uint256) = 2 ** 128 - 1
# The bit of the number that makes a thing bound.
BOUND: constant(uint256) = 2 ** 23
BOUND_UNIQUE: constant(uint256) = 2 ** 63
# What a house is: one that keeps what it gets, or an escrow, which gives it to players again.
ESCROW: constant(uint256) = 2
BATCH_MAX: constant(uint256) = 64
PAGE_MAX: constant(uint256) = 256
STEPS_MAX: constant(uint256) = 131072

balances: HashMap[uint256, HashMap[address, int256]]
trusted: public(HashMap[address, bool])
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])
# Bit id & 255 of held[account][id >> 8] is set while the account has some; bit (id >> 8) & 255 of summary[account][id >> 16] once it had.
held: HashMap[address, HashMap[uint256, uint256]]
summary: HashMap[address, HashMap[uint256, uint256]]
# The holder of each unique thing, and its place in the holder's list; houses (faucets, sinks, treasury) keep no list.
ownerOf: public(HashMap[uint256, address])
place: HashMap[uint256, uint256]
owned: HashMap[address, HashMap[uint256, uint256]]
ownedCount: HashMap[address, uint256]
house: public(HashMap[address, uint256])
frozen: public(HashMap[address, bool])


@internal
def _mark(account: address, id: uint256):
    """
    @notice Notes that an account has some of a kind now.
    """
    word: uint256 = self.held[account][id >> 8]
    if word == 0:
        self.summary[account][id >> 16] |= 1 << ((id >> 8) & 255)
    self.held[account][id >> 8] = word | (1 << (id & 255))


@internal
def _credit(account: address, id: uint256, amount: uint256):
    """
    @notice Adds to an account an amount of a kind that a debit has checked.
    """
    balance: int256 = self.balances[id][account]
    self.balances[id][account] = unsafe_add(balance, convert(amount, int256))
    if balance == 0 and amount != 0:
        self._mark(account, id)


@internal
def _debit(account: address, id: uint256, amount: uint256):
    """
    @notice Takes from an account what it has of a kind.
    """
    if amount > AMOUNT_MAX:
        raw_revert(abi_encode(amount, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    signed: int256 = convert(amount, int256)
    balance: int256 = self.balances[id][account]
    if balance < signed:
        have: uint256 = convert(max(balance, 0), uint256)
        raw_revert(abi_encode(have, amount, method_id=method_id("InsufficientItems(uint256,uint256)")))
    self.balances[id][account] = unsafe_sub(balance, signed)
    if balance == signed and amount != 0:
        self.held[account][id >> 8] &= ~(1 << (id & 255))


@internal
def _enlist(account: address, id: uint256):
    """
    @notice Gives a unique thing to an account and puts it into the account's list.
    """
    self.balances[id][account] = unsafe_add(self.balances[id][account], 1)
    self.ownerOf[id] = account
    if self.house[account] == 0:
        count: uint256 = self.ownedCount[account]
        self.owned[account][count] = id
        self.place[id] = count
        self.ownedCount[account] = unsafe_add(count, 1)


@internal
def _delist(account: address, id: uint256):
    """
    @notice Takes a unique thing from an account; the last of its list moves to the free place.
    """
    self.balances[id][account] = unsafe_sub(self.balances[id][account], 1)
    if self.house[account] == 0:
        last: uint256 = unsafe_sub(self.ownedCount[account], 1)
        place: uint256 = self.place[id]
        if place != last:
            moved: uint256 = self.owned[account][last]
            self.owned[account][place] = moved
            self.place[moved] = place
        self.owned[account][last] = 0
        self.ownedCount[account] = last


@internal
def _move(sender: address, receiver: address, id: uint256, amount: uint256):
    """
    @notice Moves what the sender has, is free to give and may give.
    """
    if self.frozen[sender]:
        raw_revert(abi_encode(convert(sender, uint256) >> 96, convert(0, uint256), method_id=method_id("AccountFrozen(uint256,uint256)")))
    bound: uint256 = BOUND
    if id >= FIRST_UNIQUE:
        bound = BOUND_UNIQUE
    if id & bound != 0 and self.house[sender] == 0:
        house: uint256 = self.house[receiver]
        if house == 0 or house == ESCROW:
            raw_revert(abi_encode(id, convert(0, uint256), method_id=method_id("ItemBound(uint256,uint256)")))
    self._shift(sender, receiver, id, amount)


@internal
def _shift(sender: address, receiver: address, id: uint256, amount: uint256):
    """
    @notice Moves what the sender has, whoever he is.
    """
    if id < FIRST_UNIQUE:
        self._debit(sender, id, amount)
        self._credit(receiver, id, amount)
    elif amount != 0:
        have: uint256 = 0
        if self.ownerOf[id] == sender:
            have = 1
        if have < amount:
            raw_revert(abi_encode(have, amount, method_id=method_id("InsufficientItems(uint256,uint256)")))
        self._delist(sender, id)
        self._enlist(receiver, id)


@internal
@view
def _check_trusted():
    """
    @notice Refuses everyone but the modules named at genesis.
    """
    if not self.trusted[msg.sender]:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotTrusted(uint256,uint256)")))


@internal
@view
def _check_approved(sender: address):
    """
    @notice Refuses everyone but the owner and those that the owner approved.
    """
    if sender != msg.sender and not self.isApprovedForAll[sender][msg.sender]:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotTrusted(uint256,uint256)")))


@external
def transfer(receiver: address, id: uint256, amount: uint256):
    """
    @notice Sends items of the caller.
    """
    self._move(msg.sender, receiver, id, amount)
    log TransferSingle(operator=msg.sender, sender=msg.sender, receiver=receiver, id=id, value=amount)


@external
def move(sender: address, receiver: address, id: uint256, amount: uint256):
    """
    @notice Moves items for a trusted module.
    """
    self._check_trusted()
    self._move(sender, receiver, id, amount)
    log TransferSingle(operator=msg.sender, sender=sender, receiver=receiver, id=id, value=amount)


@external
def issue(faucet: address, receiver: address, id: uint256, amount: uint256):
    """
    @notice Gives items from a faucet for a trusted module that has checked that it is one.
    """
    self._check_trusted()
    if id < FIRST_UNIQUE:
        if id >= KINDS_MAX:
            raw_revert(abi_encode(id, KINDS_MAX, method_id=method_id("UnknownItem(uint256,uint256)")))
        if amount > AMOUNT_MAX:
            raw_revert(abi_encode(amount, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
        self.balances[id][faucet] = unsafe_sub(self.balances[id][faucet], convert(amount, int256))
        self._credit(receiver, id, amount)
    else:
        if amount != 1 or self.ownerOf[id] != empty(address):
            raw_revert(abi_encode(amount, convert(1, uint256), method_id=method_id("UniqueExists(uint256,uint256)")))
        self.balances[id][faucet] = unsafe_sub(self.balances[id][faucet], 1)
        self._enlist(receiver, id)
    log TransferSingle(operator=msg.sender, sender=faucet, receiver=receiver, id=id, value=amount)


@external
def seize(account: address, receiver: address, id: uint256, amount: uint256) -> uint256:
    """
    @notice Takes items for a trusted module that corrects the books, of a frozen account too and bound ones, as many as there are; returns how many.
    """
    self._check_trusted()
    taken: uint256 = 0
    if id < FIRST_UNIQUE:
        taken = min(amount, convert(max(self.balances[id][account], 0), uint256))
    elif self.ownerOf[id] == account:
        taken = min(amount, 1)
    if taken != 0:
        self._shift(account, receiver, id, taken)
        log TransferSingle(operator=msg.sender, sender=account, receiver=receiver, id=id, value=taken)
    return taken


@external
def setFrozen(account: address, frozen: bool):
    """
    @notice Freezes an account for a trusted module, or lets it give again.
    """
    self._check_trusted()
    self.frozen[account] = frozen


@external
def safeTransferFrom(sender: address, receiver: address, id: uint256, amount: uint256, data: Bytes[1024]):
    """
    @notice Sends items; a receiver that is a contract must accept them.
    """
    self._check_approved(sender)
    assert receiver != empty(address)
    self._move(sender, receiver, id, amount)
    log TransferSingle(operator=msg.sender, sender=sender, receiver=receiver, id=id, value=amount)
    if receiver.is_contract:
        assert extcall Receiver(receiver).onERC1155Received(msg.sender, sender, id, amount, data) == 0xf23a6e61


@external
def safeBatchTransferFrom(
    sender: address, receiver: address, ids: DynArray[uint256, BATCH_MAX], amounts: DynArray[uint256, BATCH_MAX], data: Bytes[1024]
):
    """
    @notice Sends several kinds at once; a receiver that is a contract must accept them.
    """
    self._check_approved(sender)
    assert receiver != empty(address)
    assert len(ids) == len(amounts)
    for index: uint256 in range(len(ids), bound=BATCH_MAX):
        self._move(sender, receiver, ids[index], amounts[index])
    log TransferBatch(operator=msg.sender, sender=sender, receiver=receiver, ids=ids, values=amounts)
    if receiver.is_contract:
        assert extcall Receiver(receiver).onERC1155BatchReceived(msg.sender, sender, ids, amounts, data) == 0xbc197c81


@external
def setApprovalForAll(operator: address, approved: bool):
    """
    @notice Lets another account send the caller's items, or no longer.
    """
    self.isApprovedForAll[msg.sender][operator] = approved
    log ApprovalForAll(owner=msg.sender, operator=operator, approved=approved)


@external
@view
def balanceOf(account: address, id: uint256) -> uint256:
    """
    @notice How many an account has; an account below zero has none.
    """
    return convert(max(self.balances[id][account], 0), uint256)


@external
@view
def signedBalanceOf(account: address, id: uint256) -> int256:
    """
    @notice The signed balance of an account.
    """
    return self.balances[id][account]


@external
@view
def balanceOfBatch(accounts: DynArray[address, BATCH_MAX], ids: DynArray[uint256, BATCH_MAX]) -> DynArray[uint256, BATCH_MAX]:
    """
    @notice How many of several assets several accounts have, pair by pair.
    """
    assert len(accounts) == len(ids)
    amounts: DynArray[uint256, BATCH_MAX] = []
    for index: uint256 in range(len(ids), bound=BATCH_MAX):
        amounts.append(convert(max(self.balances[ids[index]][accounts[index]], 0), uint256))
    return amounts


@internal
@pure
def _lowest(word: uint256) -> uint256:
    """
    @notice The number of the lowest bit that is set; the word is not zero.
    """
    rest: uint256 = word
    bit: uint256 = 0
    if rest & (2 ** 128 - 1) == 0:
        rest >>= 128
        bit += 128
    if rest & (2 ** 64 - 1) == 0:
        rest >>= 64
        bit += 64
    if rest & (2 ** 32 - 1) == 0:
        rest >>= 32
        bit += 32
    if rest & (2 ** 16 - 1) == 0:
        rest >>= 16
        bit += 16
    if rest & 255 == 0:
        rest >>= 8
        bit += 8
    if rest & 15 == 0:
        rest >>= 4
        bit += 4
    if rest & 3 == 0:
        rest >>= 2
        bit += 2
    if rest & 1 == 0:
        bit += 1
    return bit


@external
@view
def inventory(
    account: address, first: uint256, limit: uint256
) -> (DynArray[uint256, PAGE_MAX], DynArray[uint256, PAGE_MAX], uint256):
    """
    @notice What an account holds, from an asset on: assets, amounts, and where the next page starts, 0 when there is none.
    """
    ids: DynArray[uint256, PAGE_MAX] = []
    amounts: DynArray[uint256, PAGE_MAX] = []
    id: uint256 = first
    for step: uint256 in range(STEPS_MAX):
        if id >= KINDS_MAX:
            break
        word: uint256 = self.summary[account][id >> 16] >> ((id >> 8) & 255)
        if word == 0:
            id = ((id >> 16) + 1) << 16
            continue
        skipped: uint256 = self._lowest(word)
        if skipped != 0:
            id = ((id >> 8) + skipped) << 8
        word = self.held[account][id >> 8] >> (id & 255)
        if word == 0:
            id = ((id >> 8) + 1) << 8
            continue
        id += self._lowest(word)
        if len(ids) >= min(limit, PAGE_MAX):
            return ids, amounts, id
        ids.append(id)
        amounts.append(convert(max(self.balances[id][account], 0), uint256))
        id += 1
    start: uint256 = 0
    if first >= FIRST_UNIQUE and self.ownerOf[first] == account:
        start = self.place[first]
    count: uint256 = self.ownedCount[account]
    for index: uint256 in range(PAGE_MAX + 1):
        if start + index >= count:
            break
        if len(ids) >= min(limit, PAGE_MAX):
            return ids, amounts, self.owned[account][start + index]
        ids.append(self.owned[account][start + index])
        amounts.append(1)
    return ids, amounts, 0


@external
@pure
def uri(id: uint256) -> String[32]:
    """
    @notice Where a description of an item is found.
    """
    return "hoard:item/{id}"


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    """
    @notice ERC-165, ERC-1155 and its metadata.
    """
    return interface_id in [0x01ffc9a7, 0xd9b67a26, 0x0e89341c]


@external
def setTrusted(module: address, trusted: bool):
    """
    @notice Names a module that may move items.
    """
    authority._check_operator()
    self.trusted[module] = trusted


@external
def setHouse(account: address, house: uint256):
    """
    @notice Names a faucet, sink or treasury (1) or an escrow (2), which keeps no list of unique things.
    """
    authority._check_operator()
    self.house[account] = house
