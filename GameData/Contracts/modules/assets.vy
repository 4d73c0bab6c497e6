# pragma version 0.4.3
"""
@title Assets
@notice Moves a thing by its asset number: below 65,536 a currency, each with a contract of its own; from there on an item.
    A line is one word, asset << 128 | amount; in storage two lines share a word, asset << 64 | amount each.
    The contracts' addresses are in the code, so that finding one reads no storage.
"""

interface Coins:
    def move(sender: address, receiver: address, amount: uint256): nonpayable
    def issue(faucet: address, receiver: address, amount: uint256): nonpayable
    def moveWithFee(sender: address, receiver: address, amount: uint256, collector: address, fee: uint256): nonpayable
    def seize(account: address, receiver: address, amount: uint256) -> uint256: nonpayable
    def setFrozen(account: address, frozen: bool): nonpayable

interface Items:
    def move(sender: address, receiver: address, asset: uint256, amount: uint256): nonpayable
    def issue(faucet: address, receiver: address, asset: uint256, amount: uint256): nonpayable
    def seize(account: address, receiver: address, asset: uint256, amount: uint256) -> uint256: nonpayable
    def setFrozen(account: address, frozen: bool): nonpayable

# The first asset number that is an item.
FIRST_ITEM: constant(uint256) = 65536
# Currencies are numbered 1 to 16 without a gap.
CURRENCIES_MAX: constant(uint256) = 16
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1

CURRENCIES: immutable(address[CURRENCIES_MAX])
ITEMS: immutable(Items)


@deploy
def __init__(currencies: address[CURRENCIES_MAX], items: address):
    CURRENCIES = currencies
    ITEMS = Items(items)


@internal
@view
def _currency(asset: uint256) -> Coins:
    """
    @notice The contract of a currency.
    """
    if asset == 0 or asset > CURRENCIES_MAX:
        raw_revert(abi_encode(asset, CURRENCIES_MAX, method_id=method_id("UnknownCurrency(uint256,uint256)")))
    contract: address = CURRENCIES[asset - 1]
    if contract == empty(address):
        raw_revert(abi_encode(asset, CURRENCIES_MAX, method_id=method_id("UnknownCurrency(uint256,uint256)")))
    return Coins(contract)


@internal
def _move(sender: address, receiver: address, asset: uint256, amount: uint256):
    """
    @notice Moves what the sender has.
    """
    if asset < FIRST_ITEM:
        extcall self._currency(asset).move(sender, receiver, amount, skip_contract_check=True)
    else:
        extcall ITEMS.move(sender, receiver, asset, amount, skip_contract_check=True)


@internal
def _issue(faucet: address, receiver: address, asset: uint256, amount: uint256):
    """
    @notice Gives from a faucet, whose balance goes as far below zero as needed.
    """
    if asset < FIRST_ITEM:
        extcall self._currency(asset).issue(faucet, receiver, amount, skip_contract_check=True)
    else:
        extcall ITEMS.issue(faucet, receiver, asset, amount, skip_contract_check=True)


@internal
def _seize(account: address, receiver: address, asset: uint256, amount: uint256) -> uint256:
    """
    @notice Takes what corrects the books, of coins as far as the debt limit, of items what there is; returns how much was taken.
    """
    if asset < FIRST_ITEM:
        return extcall self._currency(asset).seize(account, receiver, amount, skip_contract_check=True)
    return extcall ITEMS.seize(account, receiver, asset, amount, skip_contract_check=True)


@internal
@pure
def _count(lines: uint256[4]) -> uint256:
    """
    @notice How many lines there are before the first empty one; each has 64 bits for the asset and for the amount, and none follows an empty one.
    """
    count: uint256 = 0
    for index: uint256 in range(4):
        line: uint256 = lines[index]
        if line != 0:
            asset: uint256 = line >> 128
            amount: uint256 = line & LOW_128
            if amount > LOW_64 or asset > LOW_64:
                raw_revert(abi_encode(max(asset, amount), LOW_64, method_id=method_id("AmountTooLarge(uint256,uint256)")))
            if count != index:
                raw_revert(abi_encode(index + 1, count + 1, method_id=method_id("BrokenLines(uint256,uint256)")))
            count += 1
    return count


@internal
@pure
def _pack(lines: uint256[4]) -> uint256[2]:
    """
    @notice Four lines as two words of storage.
    """
    packed: uint256[2] = empty(uint256[2])
    for index: uint256 in range(self._count(lines), bound=4):
        packed[index >> 1] |= ((lines[index] >> 128) << 64 | (lines[index] & LOW_64)) << ((index & 1) << 7)
    return packed
