# pragma version 0.4.3
"""
@title Authority
@notice Who may call: an authority account carries its role in its first 12 bytes, so a check reads no storage.
    The last 8 bytes are a lane, so that each player that a game server acts for has a nonce of its own.
"""

# The ASCII texts "hoard:server" and "hoard:operat" as big-endian numbers.
SERVER: constant(uint256) = 32321091967096985576235492722
OPERATOR: constant(uint256) = 32321091967096981225215254900


@internal
@view
def _check_server():
    """
    @notice Refuses everyone but game servers.
    """
    if convert(msg.sender, uint256) >> 64 != SERVER:
        raw_revert(abi_encode(convert(0, uint256), convert(2, uint256), method_id=method_id("NotAServer(uint256,uint256)")))


@internal
@view
def _check_server_or_operator():
    """
    @notice Refuses everyone but game servers and operators.
    """
    role: uint256 = convert(msg.sender, uint256) >> 64
    if role != SERVER and role != OPERATOR:
        raw_revert(abi_encode(convert(0, uint256), convert(2, uint256), method_id=method_id("NotAServer(uint256,uint256)")))


@internal
@view
def _check_operator():
    """
    @notice Refuses everyone but operators.
    """
    if convert(msg.sender, uint256) >> 64 != OPERATOR:
        raw_revert(abi_encode(convert(0, uint256), convert(3, uint256), method_id=method_id("NotAnOperator(uint256,uint256)")))
