# pragma version 0.4.3
"""
@title Sales
@notice Pays for things: the creator's royalty and the treasury's fee are part of the price, both rounded up, and whoever is paid gets the rest.
    Rounding is against the one who is paid, so that no price can be cut into pieces too small for a fee.
"""
from modules import assets

uses: assets

interface Royalties:
    def royaltyOf(asset: uint256) -> uint256: view

event RoyaltyPaid:
    receiver: indexed(address)
    asset: indexed(uint256)
    currency: uint256
    amount: uint256

PARTS: constant(uint256) = 10000
LOW_160: constant(uint256) = 2 ** 160 - 1

TREASURY: immutable(address)
FEE_BASIS_POINTS: immutable(uint256)
ROYALTIES: immutable(Royalties)


@deploy
def __init__(treasury: address, feeBasisPoints: uint256, royalties: address):
    # Fee and royalty (half at most, see royalties.vy) together are never more than the price.
    assert feeBasisPoints <= PARTS // 2
    TREASURY = treasury
    FEE_BASIS_POINTS = feeBasisPoints
    ROYALTIES = Royalties(royalties)


@internal
@view
def _royalty(asset: uint256) -> uint256:
    """
    @notice The royalty of an item, basis points << 160 | receiver; 0 for none.
    """
    if asset < assets.FIRST_ITEM:
        return 0
    return staticcall ROYALTIES.royaltyOf(asset, skip_contract_check=True)


@internal
@pure
def _share(amount: uint256, basisPoints: uint256, parts: uint256) -> uint256:
    """
    @notice So many basis points of one of the parts of an amount, rounded up. The amount is below 2 ** 128.
    """
    return unsafe_add(unsafe_mul(amount, basisPoints), unsafe_sub(unsafe_mul(PARTS, parts), 1)) // unsafe_mul(PARTS, parts)


@internal
def _pay_royalty(payer: address, asset: uint256, royalty: uint256, currency: uint256, amount: uint256, parts: uint256, left: uint256) -> uint256:
    """
    @notice Pays the royalty of an item whose price is one of the parts of an amount, out of what is left of it; returns what was paid.
    """
    if royalty == 0:
        return 0
    due: uint256 = min(self._share(amount, royalty >> 160, parts), left)
    if due != 0:
        receiver: address = convert(royalty & LOW_160, address)
        assets._move(payer, receiver, currency, due)
        log RoyaltyPaid(receiver=receiver, asset=asset, currency=currency, amount=due)
    return due


@internal
def _pay_rest(payer: address, payee: address, currency: uint256, amount: uint256, left: uint256) -> uint256:
    """
    @notice Pays what royalties have left of an amount, less the fee for the whole amount; returns the fee.
    """
    fee: uint256 = min(self._share(amount, FEE_BASIS_POINTS, 1), left)
    if fee == 0:
        if left != 0:
            assets._move(payer, payee, currency, left)
    else:
        extcall assets._currency(currency).moveWithFee(payer, payee, left, TREASURY, fee, skip_contract_check=True)
    return fee


@internal
def _pay(payer: address, payee: address, asset: uint256, currency: uint256, amount: uint256) -> uint256:
    """
    @notice Pays an amount for one kind of thing; returns royalty << 128 | fee.
    """
    royalty: uint256 = self._pay_royalty(payer, asset, self._royalty(asset), currency, amount, 1, amount)
    return royalty << 128 | self._pay_rest(payer, payee, currency, amount, unsafe_sub(amount, royalty))
