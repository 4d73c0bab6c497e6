# pragma version 0.4.3
"""
@title Commodities
@notice Markets at which the game itself buys and sells resources by the lot, each shared by all players of a match: every lot moves the price for everyone.
    And tributes: what a player sends another with a fee on top, as far as it goes. A command is an intent: it is clamped to what the player has, and
    refused where that is nothing.
"""
from modules import assets
from modules import authority

initializes: assets

interface Coins:
    def balanceOf(account: address) -> uint256: view

interface Items:
    def balanceOf(account: address, id: uint256) -> uint256: view

event LotsBought:
    player: indexed(address)
    market: indexed(uint256)
    asset: indexed(uint256)
    lots: uint256
    paid: uint256
    price: uint256

event LotsSold:
    player: indexed(address)
    market: indexed(uint256)
    asset: indexed(uint256)
    lots: uint256
    received: uint256
    price: uint256

event Tributed:
    sender: indexed(address)
    receiver: indexed(address)
    asset: indexed(uint256)
    amount: uint256
    fee: uint256

# A lot is so much of a resource; its price is in whole coins, moves by a step with each lot and stays between two bounds.
LOT: constant(uint256) = 100
STEP: constant(uint256) = 3
PRICE_MIN: constant(uint256) = 20
PRICE_MAX: constant(uint256) = 9999
# One command moves at most so many lots.
LOTS_MAX: constant(uint256) = 1024
ALL: constant(uint256) = 10000
LOW_64: constant(uint256) = 2 ** 64 - 1

FAUCET: immutable(address)
SINK: immutable(address)

# The price of a lot, by market << 64 | asset; zero before the first lot.
prices: HashMap[uint256, uint256]


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address, faucet: address, sink: address):
    assets.__init__(currencies, items)
    FAUCET = faucet
    SINK = sink


@internal
@view
def _owned(account: address, asset: uint256) -> uint256:
    """
    @notice What an account has of an asset.
    """
    if asset < assets.FIRST_ITEM:
        return staticcall Coins(assets._currency(asset).address).balanceOf(account)
    return staticcall Items(assets.ITEMS.address).balanceOf(account, asset)


@internal
@view
def _price(place: uint256, first: uint256) -> uint256:
    """
    @notice The price of the next lot; the first one of a market is named by the command.
    """
    price: uint256 = self.prices[place]
    if price == 0:
        price = min(max(first, PRICE_MIN), PRICE_MAX)
    return price


@internal
@pure
def _check(lots: uint256, commission: uint256, unit: uint256):
    """
    @notice Refuses what no market means.
    """
    if lots == 0 or unit == 0 or unit > LOW_64 or commission > ALL:
        raw_revert(abi_encode(min(lots, unit), convert(1, uint256), method_id=method_id("BadQuantity(uint256,uint256)")))


@external
def buyLots(player: address, market: uint256, asset: uint256, currency: uint256, lots: uint256, commission: uint256, unit: uint256, first: uint256):
    """
    @notice Buys up to so many lots, as many as the player can pay, each at the price that the one before it made.
        The commission is in parts of 10,000 and rounded up; a unit is the number of asset units that are one whole.
    """
    authority._check_server()
    self._check(lots, commission, unit)
    place: uint256 = market << 64 | asset
    price: uint256 = self._price(place, first)
    have: uint256 = self._owned(player, currency)
    paid: uint256 = 0
    done: uint256 = 0
    for index: uint256 in range(min(lots, LOTS_MAX), bound=LOTS_MAX):
        cost: uint256 = (price * unit * (ALL + commission) + ALL - 1) // ALL
        if paid + cost > have:
            break
        paid += cost
        done += 1
        price = min(price + STEP, PRICE_MAX)
    if done == 0:
        raw_revert(abi_encode(have, (price * unit * (ALL + commission) + ALL - 1) // ALL, method_id=method_id("InsufficientCoins(uint256,uint256)")))
    self.prices[place] = price
    assets._move(player, SINK, currency, paid)
    assets._issue(FAUCET, player, asset, done * LOT * unit)
    log LotsBought(player=player, market=market, asset=asset, lots=done, paid=paid, price=price)


@external
def sellLots(player: address, market: uint256, asset: uint256, currency: uint256, lots: uint256, commission: uint256, unit: uint256, first: uint256):
    """
    @notice Sells up to so many lots, as many as the player has, each at the price that the one before it made; the commission is rounded up.
    """
    authority._check_server()
    self._check(lots, commission, unit)
    place: uint256 = market << 64 | asset
    price: uint256 = self._price(place, first)
    have: uint256 = self._owned(player, asset)
    done: uint256 = min(min(lots, LOTS_MAX), have // (LOT * unit))
    if done == 0:
        raw_revert(abi_encode(have, LOT * unit, method_id=method_id("InsufficientItems(uint256,uint256)")))
    received: uint256 = 0
    for index: uint256 in range(done, bound=LOTS_MAX):
        received += price * unit * (ALL - commission) // ALL
        price = max(price - STEP, PRICE_MIN)
    self.prices[place] = price
    assets._move(player, SINK, asset, done * LOT * unit)
    if received > 0:
        assets._issue(FAUCET, player, currency, received)
    log LotsSold(player=player, market=market, asset=asset, lots=done, received=received, price=price)


@external
def tribute(sender: address, receiver: address, asset: uint256, amount: uint256, feeBasisPoints: uint256):
    """
    @notice Sends up to an amount and takes the fee on top, both as far as the sender's balance goes; the fee is rounded up and goes to the sink.
    """
    authority._check_server()
    self._check(amount, 0, 1)
    if amount > LOW_64 or feeBasisPoints > 10 * ALL:
        raw_revert(abi_encode(max(amount, feeBasisPoints), LOW_64, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    have: uint256 = self._owned(sender, asset)
    sent: uint256 = amount
    if sent + (sent * feeBasisPoints + ALL - 1) // ALL > have:
        sent = have * ALL // (ALL + feeBasisPoints)
    if sent == 0:
        if asset < assets.FIRST_ITEM:
            raw_revert(abi_encode(have, amount, method_id=method_id("InsufficientCoins(uint256,uint256)")))
        raw_revert(abi_encode(have, amount, method_id=method_id("InsufficientItems(uint256,uint256)")))
    fee: uint256 = (sent * feeBasisPoints + ALL - 1) // ALL
    assets._move(sender, receiver, asset, sent)
    if fee > 0:
        assets._move(sender, SINK, asset, fee)
    log Tributed(sender=sender, receiver=receiver, asset=asset, amount=sent, fee=fee)


@external
@view
def priceOf(market: uint256, asset: uint256) -> uint256:
    """
    @notice The price of the next lot, zero before the first one.
    """
    return self.prices[market << 64 | asset]
