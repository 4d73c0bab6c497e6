# pragma version 0.4.3
"""
@title Settlement
@notice What a game server settles for a player at prices of its own, and corrections of earlier operations.
"""
from modules import assets
from modules import authority

initializes: assets

event Exchanged:
    player: indexed(address)
    reason: uint256
    paid: uint256
    received: uint256

event Refunded:
    original: indexed(uint256)
    sender: indexed(address)
    receiver: indexed(address)
    asset: uint256
    amount: uint256
    reason: uint256

# What a house account is; only a faucet goes below zero.
FAUCET: constant(uint256) = 1
SINK: constant(uint256) = 2
TREASURY: constant(uint256) = 3
LINES_MAX: constant(uint256) = 8
LOW_128: constant(uint256) = 2 ** 128 - 1

houses: public(HashMap[address, uint256])
# What was given back for an operation, by asset.
refunded: public(HashMap[uint256, HashMap[uint256, uint256]])


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address):
    assets.__init__(currencies, items)


@external
def exchange(player: address, receiver: address, source: address, reason: uint256, pays: uint256[8], gets: uint256[8]):
    """
    @notice The player pays lines to a sink or the treasury and gets lines from a faucet or the treasury, in one step or not at all.
    """
    authority._check_server()
    house: uint256 = self.houses[receiver]
    if house != SINK and house != TREASURY:
        raw_revert(abi_encode(house, SINK, method_id=method_id("NotASink(uint256,uint256)")))
    house = self.houses[source]
    if house != FAUCET and house != TREASURY:
        raw_revert(abi_encode(house, FAUCET, method_id=method_id("NotAFaucet(uint256,uint256)")))
    for index: uint256 in range(LINES_MAX):
        line: uint256 = pays[index]
        if line == 0:
            break
        assets._move(player, receiver, line >> 128, line & LOW_128)
    for index: uint256 in range(LINES_MAX):
        line: uint256 = gets[index]
        if line == 0:
            break
        if house == FAUCET:
            assets._issue(source, player, line >> 128, line & LOW_128)
        else:
            assets._move(source, player, line >> 128, line & LOW_128)
    log Exchanged(player=player, reason=reason, paid=pays[0] & LOW_128, received=gets[0] & LOW_128)


@external
def refund(original: uint256, sender: address, receiver: address, line: uint256, reason: uint256):
    """
    @notice Corrects an earlier operation by a new transfer that names it; once for an operation and asset.
    """
    authority._check_server_or_operator()
    asset: uint256 = line >> 128
    amount: uint256 = line & LOW_128
    before: uint256 = self.refunded[original][asset]
    if before != 0:
        raw_revert(abi_encode(before, amount, method_id=method_id("AlreadyRefunded(uint256,uint256)")))
    self.refunded[original][asset] = amount
    if self.houses[sender] == FAUCET:
        assets._issue(sender, receiver, asset, amount)
    else:
        assets._move(sender, receiver, asset, amount)
    log Refunded(original=original, sender=sender, receiver=receiver, asset=asset, amount=amount, reason=reason)


@external
def setHouse(account: address, house: uint256):
    """
    @notice Names a faucet (1), a sink (2) or a treasury (3).
    """
    authority._check_operator()
    self.houses[account] = house
