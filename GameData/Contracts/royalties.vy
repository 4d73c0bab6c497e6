# pragma version 0.4.3
"""
@title Royalties
@notice What the creator of an item gets of each sale of it, for stackable items by asset, for unique ones by kind. Read-only during play.
"""
from modules import authority

event RoyaltySet:
    asset: indexed(uint256)
    receiver: indexed(address)
    basisPoints: uint256

# The first asset number that is one unique thing.
FIRST_UNIQUE: constant(uint256) = 2 ** 32
BASIS_POINTS_MAX: constant(uint256) = 5000
LOW_32: constant(uint256) = 2 ** 32 - 1

# basis points << 160 | receiver
royalties: HashMap[uint256, uint256]


@internal
@pure
def _key(asset: uint256) -> uint256:
    """
    @notice All things of a unique kind have one royalty.
    """
    if asset >= FIRST_UNIQUE:
        return asset & ~LOW_32
    return asset


@external
@view
def royaltyOf(asset: uint256) -> uint256:
    """
    @notice The royalty of an item, basis points << 160 | receiver; 0 for none.
    """
    return self.royalties[self._key(asset)]


@external
def setRoyalty(asset: uint256, receiver: address, basisPoints: uint256):
    """
    @notice Sets what a creator gets of each sale; 0 basis points for nothing.
    """
    authority._check_operator()
    if basisPoints > BASIS_POINTS_MAX:
        raw_revert(abi_encode(basisPoints, BASIS_POINTS_MAX, method_id=method_id("RoyaltyTooHigh(uint256,uint256)")))
    word: uint256 = 0
    if basisPoints != 0:
        word = basisPoints << 160 | convert(receiver, uint256)
    self.royalties[self._key(asset)] = word
    log RoyaltySet(asset=asset, receiver=receiver, basisPoints=basisPoints)
