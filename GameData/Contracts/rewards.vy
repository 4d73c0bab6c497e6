# pragma version 0.4.3
"""
@title Rewards
@notice Grants from named faucets, by order of a game server, each with a reason.
"""
from modules import assets
from modules import authority

initializes: assets

event Granted:
    player: indexed(address)
    reason: uint256
    count: uint256

LINES_MAX: constant(uint256) = 8
LOW_128: constant(uint256) = 2 ** 128 - 1

faucets: public(HashMap[address, bool])


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address):
    assets.__init__(currencies, items)


@external
def grant(player: address, faucet: address, reason: uint256, lines: uint256[8]):
    """
    @notice Gives a player the lines up to the first empty one.
    """
    authority._check_server()
    if not self.faucets[faucet]:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotAFaucet(uint256,uint256)")))
    count: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        line: uint256 = lines[index]
        if line == 0:
            break
        assets._issue(faucet, player, line >> 128, line & LOW_128)
        count = unsafe_add(count, 1)
    log Granted(player=player, reason=reason, count=count)


@external
def setFaucet(account: address, faucet: bool):
    """
    @notice Names a faucet.
    """
    authority._check_operator()
    self.faucets[account] = faucet
