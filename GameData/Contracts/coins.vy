# pragma version 0.4.3
"""
@title Coins
@notice One currency of the game. Balances are signed: a faucet goes below zero by what it issued, so all balances together are zero at any time,
    and an account may go below zero as far as its credit limit says. A frozen account gets, and gives nothing; what an operator or a refunded payment
    takes back may drive an account below zero as far as the currency's debt limit says.
"""
from ethereum.ercs import IERC20
from modules import authority

implements: IERC20

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

event CreditSet:
    account: indexed(address)
    limit: uint256

event DebtLimitSet:
    limit: uint256

# No transfer moves more than this, so that adding to a balance cannot overflow: that would take 2 ** 127 transfers.
AMOUNT_MAX: constant(uint256) = 2 ** 128 - 1
# Faucets and sinks that the supply is reckoned from.
OUTSIDERS_MAX: constant(uint256) = 64

balances: HashMap[address, int256]
credit: HashMap[address, int256]
frozen: public(HashMap[address, bool])
# How far below zero a correction may drive an account.
debtLimit: public(uint256)
trusted: public(HashMap[address, bool])
allowance: public(HashMap[address, HashMap[address, uint256]])
outsiders: DynArray[address, OUTSIDERS_MAX]
name: public(String[32])
symbol: public(String[8])
decimals: public(uint8)


@deploy
def __init__(name: String[32], symbol: String[8]):
    self.name = name
    self.symbol = symbol


@internal
def _debit(account: address, amount: uint256):
    """
    @notice Takes from an account what it has or has credit for.
    """
    if amount > AMOUNT_MAX:
        raw_revert(abi_encode(amount, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    if self.frozen[account]:
        raw_revert(abi_encode(convert(account, uint256) >> 96, convert(0, uint256), method_id=method_id("AccountFrozen(uint256,uint256)")))
    signed: int256 = convert(amount, int256)
    balance: int256 = self.balances[account]
    if balance < signed:
        spendable: int256 = balance + self.credit[account]
        if spendable < signed:
            have: uint256 = convert(max(spendable, 0), uint256)
            raw_revert(abi_encode(have, amount, method_id=method_id("InsufficientCoins(uint256,uint256)")))
    self.balances[account] = unsafe_sub(balance, signed)


@internal
def _credit(account: address, amount: uint256):
    """
    @notice Adds to an account an amount that a debit has checked.
    """
    self.balances[account] = unsafe_add(self.balances[account], convert(amount, int256))


@internal
@view
def _check_trusted():
    """
    @notice Refuses everyone but the modules named at genesis.
    """
    if not self.trusted[msg.sender]:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("NotTrusted(uint256,uint256)")))


@external
def transfer(receiver: address, amount: uint256) -> bool:
    """
    @notice Sends coins of the caller.
    """
    self._debit(msg.sender, amount)
    self._credit(receiver, amount)
    log Transfer(sender=msg.sender, receiver=receiver, value=amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Lets another account send up to an amount of the caller's coins.
    """
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@external
def transferFrom(sender: address, receiver: address, amount: uint256) -> bool:
    """
    @notice Sends coins that their owner allowed the caller to send.
    """
    allowed: uint256 = self.allowance[sender][msg.sender]
    if allowed < amount:
        raw_revert(abi_encode(allowed, amount, method_id=method_id("InsufficientAllowance(uint256,uint256)")))
    self.allowance[sender][msg.sender] = unsafe_sub(allowed, amount)
    self._debit(sender, amount)
    self._credit(receiver, amount)
    log Transfer(sender=sender, receiver=receiver, value=amount)
    return True


@external
def move(sender: address, receiver: address, amount: uint256):
    """
    @notice Moves coins for a trusted module.
    """
    self._check_trusted()
    self._debit(sender, amount)
    self._credit(receiver, amount)
    log Transfer(sender=sender, receiver=receiver, value=amount)


@external
def moveWithFee(sender: address, receiver: address, amount: uint256, collector: address, fee: uint256):
    """
    @notice Moves coins for a trusted module; the fee is part of the amount and goes to the collector.
    """
    self._check_trusted()
    if fee > amount:
        raw_revert(abi_encode(amount, fee, method_id=method_id("InsufficientCoins(uint256,uint256)")))
    self._debit(sender, amount)
    self._credit(receiver, unsafe_sub(amount, fee))
    self._credit(collector, fee)
    log Transfer(sender=sender, receiver=receiver, value=unsafe_sub(amount, fee))
    log Transfer(sender=sender, receiver=collector, value=fee)


@external
def issue(faucet: address, receiver: address, amount: uint256):
    """
    @notice Gives coins from a faucet for a trusted module that has checked that it is one.
    """
    self._check_trusted()
    if amount > AMOUNT_MAX:
        raw_revert(abi_encode(amount, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    self.balances[faucet] = unsafe_sub(self.balances[faucet], convert(amount, int256))
    self._credit(receiver, amount)
    log Transfer(sender=faucet, receiver=receiver, value=amount)


@external
def seize(account: address, receiver: address, amount: uint256) -> uint256:
    """
    @notice Takes coins for a trusted module that corrects the books, of a frozen account too, down to the debt limit or the account's own credit;
        returns how many were taken.
    """
    self._check_trusted()
    if amount > AMOUNT_MAX:
        raw_revert(abi_encode(amount, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    room: int256 = self.balances[account] + max(convert(self.debtLimit, int256), self.credit[account])
    taken: uint256 = min(amount, convert(max(room, 0), uint256))
    if taken != 0:
        self.balances[account] -= convert(taken, int256)
        self._credit(receiver, taken)
        log Transfer(sender=account, receiver=receiver, value=taken)
    return taken


@external
def setFrozen(account: address, frozen: bool):
    """
    @notice Freezes an account for a trusted module, or lets it give again.
    """
    self._check_trusted()
    self.frozen[account] = frozen


@external
def setDebtLimit(limit: uint256):
    """
    @notice Sets how far below zero a correction may drive an account.
    """
    authority._check_operator()
    if limit > AMOUNT_MAX:
        raw_revert(abi_encode(limit, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    self.debtLimit = limit
    log DebtLimitSet(limit=limit)


@external
@view
def balanceOf(account: address) -> uint256:
    """
    @notice What an account has; an account below zero has nothing.
    """
    return convert(max(self.balances[account], 0), uint256)


@external
@view
def signedBalanceOf(account: address) -> (int256, int256):
    """
    @notice The signed balance of an account, and how far below zero it may go.
    """
    return self.balances[account], self.credit[account]


@external
@view
def totalSupply() -> uint256:
    """
    @notice What players and the treasury have together: the opposite of what faucets and sinks have.
    """
    outside: int256 = 0
    for account: address in self.outsiders:
        outside += self.balances[account]
    return convert(max(0 - outside, 0), uint256)


@external
def setCredit(account: address, limit: uint256):
    """
    @notice Sets how far below zero an account may go.
    """
    authority._check_operator()
    if limit > AMOUNT_MAX:
        raw_revert(abi_encode(limit, AMOUNT_MAX, method_id=method_id("AmountTooLarge(uint256,uint256)")))
    self.credit[account] = convert(limit, int256)
    log CreditSet(account=account, limit=limit)


@external
def setTrusted(module: address, trusted: bool):
    """
    @notice Names a module that may move coins.
    """
    authority._check_operator()
    self.trusted[module] = trusted


@external
def addOutsider(account: address):
    """
    @notice Names a faucet or sink that the supply is reckoned from.
    """
    authority._check_operator()
    self.outsiders.append(account)
