# pragma version 0.4.3
"""
@title Keeper
@notice What an operator does to the books: freezes accounts, gives and takes, corrects earlier operations. Everything is a movement between accounts like
    any other, and everything is written down with who did it and why: `actor` is the account of the operator's session, which the server fills in.
"""
from modules import assets
from modules import authority

initializes: assets

interface Freezer:
    def frozen(account: address) -> bool: view

event AccountFroze:
    account: indexed(address)
    actor: indexed(address)
    frozen: bool
    reason: uint256
    note: uint256

event Adjusted:
    account: indexed(address)
    actor: indexed(address)
    house: indexed(address)
    asset: uint256
    amount: uint256
    isGift: bool
    reason: uint256
    note: uint256

event Corrected:
    original: indexed(uint256)
    actor: indexed(address)
    sender: indexed(address)
    receiver: address
    asset: uint256
    amount: uint256
    reason: uint256
    note: uint256

FAUCET: constant(uint256) = 1
SINK: constant(uint256) = 2
LOW_128: constant(uint256) = 2 ** 128 - 1

houses: public(HashMap[address, uint256])
# What was corrected of an operation so far, by asset.
corrected: public(HashMap[uint256, HashMap[uint256, uint256]])


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address):
    assets.__init__(currencies, items)


@internal
@view
def _check_no_house(account: address):
    """
    @notice Refuses houses: the treasury or an escrow that gives nothing would stop the game.
    """
    house: uint256 = self.houses[account]
    if house != 0:
        raw_revert(abi_encode(house, convert(0, uint256), method_id=method_id("HouseAccount(uint256,uint256)")))


@external
def setFrozen(account: address, actor: address, frozen: uint256, reason: uint256, note: uint256):
    """
    @notice Freezes an account in every currency and in items, or lets it give again.
    """
    authority._check_operator()
    self._check_no_house(account)
    for index: uint256 in range(assets.CURRENCIES_MAX):
        if assets.CURRENCIES[index] == empty(address):
            break
        extcall assets._currency(index + 1).setFrozen(account, frozen != 0, skip_contract_check=True)
    extcall assets.ITEMS.setFrozen(account, frozen != 0, skip_contract_check=True)
    log AccountFroze(account=account, actor=actor, frozen=frozen != 0, reason=reason, note=note)


@internal
def _seize_all(account: address, receiver: address, line: uint256):
    """
    @notice Takes a whole line or nothing.
    """
    taken: uint256 = assets._seize(account, receiver, line >> 128, line & LOW_128)
    if taken != line & LOW_128:
        raw_revert(abi_encode(taken, line & LOW_128, method_id=method_id("DebtTooDeep(uint256,uint256)")))


@external
def give(account: address, actor: address, faucet: address, line: uint256, reason: uint256, note: uint256):
    """
    @notice Gives an account what it is missing, from a faucet.
    """
    authority._check_operator()
    self._check_no_house(account)
    if self.houses[faucet] != FAUCET:
        raw_revert(abi_encode(self.houses[faucet], FAUCET, method_id=method_id("NotAFaucet(uint256,uint256)")))
    assets._issue(faucet, account, line >> 128, line & LOW_128)
    log Adjusted(account=account, actor=actor, house=faucet, asset=line >> 128, amount=line & LOW_128, isGift=True, reason=reason, note=note)


@external
def take(account: address, actor: address, sink: address, line: uint256, reason: uint256, note: uint256):
    """
    @notice Takes from an account what it should not have, to a sink; of coins as far below zero as the currency's debt limit.
    """
    authority._check_operator()
    self._check_no_house(account)
    if self.houses[sink] != SINK:
        raw_revert(abi_encode(self.houses[sink], SINK, method_id=method_id("NotASink(uint256,uint256)")))
    self._seize_all(account, sink, line)
    log Adjusted(account=account, actor=actor, house=sink, asset=line >> 128, amount=line & LOW_128, isGift=False, reason=reason, note=note)


@external
def correct(original: uint256, actor: address, sender: address, receiver: address, line: uint256, reason: uint256, note: uint256):
    """
    @notice Corrects an earlier operation by a new transfer that names it, from a player to a player or a sink; as often as it takes.
    """
    authority._check_operator()
    self._check_no_house(sender)
    house: uint256 = self.houses[receiver]
    if house != 0 and house != SINK:
        raw_revert(abi_encode(house, SINK, method_id=method_id("NotASink(uint256,uint256)")))
    if sender == receiver:
        raw_revert(abi_encode(convert(1, uint256), convert(2, uint256), method_id=method_id("TradeWithOneself(uint256,uint256)")))
    asset: uint256 = line >> 128
    self.corrected[original][asset] += line & LOW_128
    self._seize_all(sender, receiver, line)
    log Corrected(original=original, actor=actor, sender=sender, receiver=receiver, asset=asset, amount=line & LOW_128, reason=reason, note=note)


@external
def setHouse(account: address, house: uint256):
    """
    @notice Names a faucet (1), a sink (2), a treasury (3) or an escrow (4).
    """
    authority._check_operator()
    self.houses[account] = house


@external
@view
def frozenOf(account: address) -> bool:
    """
    @notice Whether an account is frozen.
    """
    return staticcall Freezer(assets.ITEMS.address).frozen(account, skip_contract_check=True)
