# pragma version 0.4.3
"""
@title Loot
@notice Tables of what can come out, and everything that draws from them: recipes, loot boxes, rewards, streaks; and energy that refills.
    Chance by commit and reveal: the hash of an epoch's seed stands here before the first roll of the epoch; the game server derives each value from the
    hidden seed, the roll's id and the player's nonce, and the contract writes it down; when the seed is revealed, everybody can recompute every value.
    A roll that the server has not settled by then is settled here by its player, so that no box is ever lost.
"""
from modules import assets
from modules import authority

initializes: assets

interface Balances:
    def balanceOf(account: address, id: uint256) -> uint256: view

event EpochOpened:
    epoch: indexed(uint256)
    commitment: uint256

event EpochRevealed:
    epoch: indexed(uint256)
    seed: uint256

event TableSet:
    table: indexed(uint256)
    odds: uint256

event BoxSet:
    box: indexed(uint256)
    table: uint256

event RollRequested:
    player: indexed(address)
    roll: uint256
    box: uint256
    epoch: uint256
    nonce: uint256

event Rolled:
    player: indexed(address)
    table: indexed(uint256)
    roll: uint256
    epoch: uint256
    nonce: uint256
    chance: uint256
    picks: uint256

event StreakKept:
    player: indexed(address)
    days: uint256
    table: uint256

event SeasonBegan:
    number: indexed(uint256)

event StreakSet:
    firstTable: uint256
    days: uint256

event EnergySet:
    asset: indexed(uint256)
    most: uint256
    refillSeconds: uint256

event EnergySpent:
    player: indexed(address)
    asset: indexed(uint256)
    amount: uint256
    refilled: uint256

PENDING: constant(uint256) = 1
DONE: constant(uint256) = 2
LINES_MAX: constant(uint256) = 4
ENTRIES_MAX: constant(uint256) = 16
DRAWS_MAX: constant(uint256) = 8
NUMBER_MAX: constant(uint256) = 2 ** 24 - 1
LOW_8: constant(uint256) = 255
LOW_16: constant(uint256) = 2 ** 16 - 1
LOW_32: constant(uint256) = 2 ** 32 - 1
LOW_48: constant(uint256) = 2 ** 48 - 1
LOW_64: constant(uint256) = 2 ** 64 - 1
LOW_128: constant(uint256) = 2 ** 128 - 1
LOW_160: constant(uint256) = 2 ** 160 - 1
SECONDS_OF_DAY: constant(uint256) = 86400
# The first of January 1970 was a Thursday; weeks begin on Mondays.
DAYS_TO_MONDAY: constant(uint256) = 3

FAUCET: immutable(address)
SINK: immutable(address)

# The epoch that rolls belong to now; 0 before the first.
epoch: public(uint256)
commitments: public(HashMap[uint256, uint256])
seeds: public(HashMap[uint256, uint256])
# From the low bit: sure lines 8, entries 8, draws 8, repeats of an entry at most 8, pity after so many rolls 16, pity entry 8, caps for a day, a week, a season 16 each, known 1.
tables: HashMap[uint256, uint256]
# A line that is sure or an entry, from the low bit: weight 32, most 48, least 48, asset 64.
sure: HashMap[uint256, uint256[4]]
entries: HashMap[uint256, uint256[16]]
odds: public(HashMap[uint256, uint256])
# table << 1 | 1
boxes: HashMap[uint256, uint256]
prices: HashMap[uint256, uint256[2]]
nonces: public(HashMap[address, uint256])
# table << 232 | epoch << 200 | nonce << 168 | state << 160 | player
rolls: HashMap[uint256, uint256]
# Rolls of a table since the pity entry last came.
misses: public(HashMap[uint256, HashMap[address, uint256]])
# From the low bit: number of the day 32, rewards in it 16; the same for week and season.
claims: HashMap[uint256, HashMap[address, uint256]]
# The number of the present season.
season: public(uint256)
# last day << 64 | days in a row
streaks: public(HashMap[address, uint256])
# days of the circle << 32 | first table
streakTables: public(uint256)
# most << 32 | seconds for one
energies: HashMap[uint256, uint256]
# When the last unit had come.
refilled: HashMap[uint256, HashMap[address, uint256]]


@deploy
def __init__(currencies: address[assets.CURRENCIES_MAX], items: address, faucet: address, sink: address):
    assets.__init__(currencies, items)
    FAUCET = faucet
    SINK = sink


@internal
@pure
def _check(term: uint256, bound: uint256):
    """
    @notice Refuses a term of a table over its bound.
    """
    if term > bound:
        raw_revert(abi_encode(term, bound, method_id=method_id("BadTable(uint256,uint256)")))


# Epochs

@external
def openEpoch(epoch: uint256, commitment: uint256):
    """
    @notice Ends the present epoch and begins the next, whose seed has this hash.
    """
    authority._check_server()
    if epoch != self.epoch + 1 or epoch > LOW_32:
        raw_revert(abi_encode(epoch, self.epoch + 1, method_id=method_id("WrongEpoch(uint256,uint256)")))
    self.epoch = epoch
    self.commitments[epoch] = commitment
    log EpochOpened(epoch=epoch, commitment=commitment)


@external
def revealEpoch(epoch: uint256, seed: uint256):
    """
    @notice Shows the seed of an epoch that is over.
    """
    authority._check_server()
    if epoch == 0 or epoch >= self.epoch:
        raw_revert(abi_encode(epoch, self.epoch, method_id=method_id("EpochNotOver(uint256,uint256)")))
    have: uint256 = convert(keccak256(convert(seed, bytes32)), uint256)
    if have != self.commitments[epoch]:
        raw_revert(abi_encode(have >> 192, self.commitments[epoch] >> 192, method_id=method_id("WrongSeed(uint256,uint256)")))
    self.seeds[epoch] = seed
    log EpochRevealed(epoch=epoch, seed=seed)


@internal
@pure
def _chance(seed: uint256, roll: uint256, player: address, nonce: uint256) -> uint256:
    """
    @notice The value of a roll.
    """
    return convert(keccak256(abi_encode(seed, roll, player, nonce)), uint256)


@internal
@view
def _check_chance(epoch: uint256, roll: uint256, player: address, nonce: uint256, chance: uint256):
    """
    @notice Refuses another value than the right one once the seed of the epoch is known.
    """
    seed: uint256 = self.seeds[epoch]
    if seed != 0:
        right: uint256 = self._chance(seed, roll, player, nonce)
        if chance != right:
            raw_revert(abi_encode(chance >> 192, right >> 192, method_id=method_id("WrongChance(uint256,uint256)")))


# Tables

@external
def setTable(
    table: uint256,
    draws: uint256,
    repeatsMax: uint256,
    pityEntry: uint256,
    pityAfter: uint256,
    caps: uint256[3],
    sure: uint256[4],
    entries: uint256[16],
):
    """
    @notice Publishes a table, for good, so that nobody changes the odds of a roll that waits: lines that are sure, and so many draws among weighted entries, each at most so often in one roll; the pity entry, from 1,
        comes for sure after so many rolls without it. A line is weight 32 | most 48 | least 48 | asset 64 from the low bit.
    """
    authority._check_operator()
    if self.tables[table] != 0:
        raw_revert(abi_encode(table, convert(0, uint256), method_id=method_id("TableExists(uint256,uint256)")))
    self._check(table, NUMBER_MAX)
    self._check(draws, DRAWS_MAX)
    self._check(repeatsMax, DRAWS_MAX)
    self._check(pityAfter, LOW_16)
    for index: uint256 in range(3):
        self._check(caps[index], LOW_16)
    sureCount: uint256 = 0
    for index: uint256 in range(LINES_MAX):
        if sure[index] != 0:
            self._check_line(sure[index], index, sureCount)
            sureCount += 1
    count: uint256 = 0
    for index: uint256 in range(ENTRIES_MAX):
        if entries[index] != 0:
            self._check_line(entries[index], index, count)
            if entries[index] & LOW_32 == 0:
                raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("BadTable(uint256,uint256)")))
            count += 1
    self._check(pityEntry, count)
    # Every draw finds an entry that is still allowed.
    self._check(draws, unsafe_mul(count, repeatsMax))
    if sureCount + draws == 0:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("BadTable(uint256,uint256)")))
    word: uint256 = sureCount | count << 8 | draws << 16 | repeatsMax << 24 | pityAfter << 32 | pityEntry << 48
    word |= caps[0] << 56 | caps[1] << 72 | caps[2] << 88 | 1 << 104
    odds: uint256 = convert(keccak256(abi_encode(word, sure, entries)), uint256)
    self.tables[table] = word
    self.sure[table] = sure
    self.entries[table] = entries
    self.odds[table] = odds
    log TableSet(table=table, odds=odds)


@internal
@pure
def _check_line(line: uint256, index: uint256, count: uint256):
    """
    @notice Refuses a line after an empty one, without an asset, or whose least is zero or more than its most.
    """
    if index != count:
        raw_revert(abi_encode(index + 1, count + 1, method_id=method_id("BrokenLines(uint256,uint256)")))
    least: uint256 = (line >> 80) & LOW_48
    most: uint256 = (line >> 32) & LOW_48
    if least == 0 or (line >> 128) == 0 or line >> 192 != 0:
        raw_revert(abi_encode(index + 1, count + 1, method_id=method_id("BrokenLines(uint256,uint256)")))
    self._check(least, most)


@internal
@view
def _table(table: uint256) -> uint256:
    """
    @notice The word of a table that exists.
    """
    word: uint256 = self.tables[table]
    if word == 0:
        raw_revert(abi_encode(table, convert(0, uint256), method_id=method_id("TableUnknown(uint256,uint256)")))
    return word


@internal
@view
def _is_fixed(table: uint256, word: uint256) -> bool:
    """
    @notice Whether a table always gives the same.
    """
    if (word >> 16) & LOW_8 != 0:
        return False
    for index: uint256 in range(word & LOW_8, bound=LINES_MAX):
        line: uint256 = self.sure[table][index]
        if (line >> 80) & LOW_48 != (line >> 32) & LOW_48:
            return False
    return True


@internal
def _give_line(player: address, line: uint256, chance: uint256):
    """
    @notice Gives a line, its amount between least and most.
    """
    least: uint256 = (line >> 80) & LOW_48
    most: uint256 = (line >> 32) & LOW_48
    assets._issue(FAUCET, player, line >> 128, least + chance % (most - least + 1))


@internal
@pure
def _pick(entries: uint256[16], counts: uint256, word: uint256, chance: uint256) -> uint256:
    """
    @notice The place of an entry by weight, among those that have not come too often in this roll.
    """
    repeatsMax: uint256 = (word >> 24) & LOW_8
    total: uint256 = 0
    for index: uint256 in range((word >> 8) & LOW_8, bound=ENTRIES_MAX):
        if (counts >> (index << 3)) & LOW_8 < repeatsMax:
            total += entries[index] & LOW_32
    rest: uint256 = chance % total
    for index: uint256 in range((word >> 8) & LOW_8, bound=ENTRIES_MAX):
        if (counts >> (index << 3)) & LOW_8 < repeatsMax:
            weight: uint256 = entries[index] & LOW_32
            if rest < weight:
                return index
            rest -= weight
    return 0


@internal
def _draw(player: address, table: uint256, word: uint256, chance: uint256) -> uint256:
    """
    @notice Gives what a table says for a value; returns the entries that came, from 1, a byte each from the low one.
    """
    for index: uint256 in range(word & LOW_8, bound=LINES_MAX):
        self._give_line(player, self.sure[table][index], convert(keccak256(abi_encode(chance, index)), uint256))
    draws: uint256 = (word >> 16) & LOW_8
    if draws == 0:
        return 0
    entries: uint256[16] = self.entries[table]
    pityEntry: uint256 = (word >> 48) & LOW_8
    misses: uint256 = 0
    if pityEntry != 0:
        misses = self.misses[table][player]
    counts: uint256 = 0
    picks: uint256 = 0
    found: bool = False
    for index: uint256 in range(draws, bound=DRAWS_MAX):
        place: uint256 = 0
        if index == 0 and pityEntry != 0 and misses >= (word >> 32) & LOW_16:
            place = pityEntry - 1
        else:
            place = self._pick(entries, counts, word, convert(keccak256(abi_encode(chance, 16 + index)), uint256))
        counts += 1 << (place << 3)
        picks |= (place + 1) << (index << 3)
        if place + 1 == pityEntry:
            found = True
        self._give_line(player, entries[place], convert(keccak256(abi_encode(chance, 32 + index)), uint256))
    if pityEntry != 0:
        if found:
            self.misses[table][player] = 0
        else:
            self.misses[table][player] = misses + 1
    return picks


# Boxes and recipes

@external
def setBox(box: uint256, table: uint256, costs: uint256[4]):
    """
    @notice Publishes a recipe or a loot box: what is used up, and the table that it draws from.
    """
    authority._check_operator()
    self._table(table)
    self.boxes[box] = table << 1 | 1
    self.prices[box] = assets._pack(costs)
    log BoxSet(box=box, table=table)


@internal
@view
def _box(box: uint256) -> uint256:
    """
    @notice The table of a box that exists.
    """
    word: uint256 = self.boxes[box]
    if word == 0:
        raw_revert(abi_encode(box, convert(0, uint256), method_id=method_id("BoxUnknown(uint256,uint256)")))
    return word >> 1


@internal
def _use_up(box: uint256, times: uint256):
    """
    @notice Takes what a box costs, so many times.
    """
    packed: uint256[2] = self.prices[box]
    for index: uint256 in range(LINES_MAX):
        line: uint256 = (packed[index >> 1] >> ((index & 1) << 7)) & LOW_128
        if line == 0:
            break
        assets._move(msg.sender, SINK, line >> 64, unsafe_mul(line & LOW_64, times))


@external
def craft(box: uint256, times: uint256):
    """
    @notice Follows a recipe that always gives the same, some times at once.
    """
    table: uint256 = self._box(box)
    word: uint256 = self._table(table)
    if not self._is_fixed(table, word):
        raw_revert(abi_encode(convert(1, uint256), convert(0, uint256), method_id=method_id("NeedsChance(uint256,uint256)")))
    if times == 0 or times > LOW_16:
        raw_revert(abi_encode(times, LOW_16, method_id=method_id("BadQuantity(uint256,uint256)")))
    self._use_up(box, times)
    for index: uint256 in range(word & LOW_8, bound=LINES_MAX):
        line: uint256 = self.sure[table][index]
        assets._issue(FAUCET, msg.sender, line >> 128, ((line >> 80) & LOW_48) * times)
    log Rolled(player=msg.sender, table=table, roll=0, epoch=0, nonce=0, chance=times, picks=0)


@external
def request(box: uint256, roll: uint256):
    """
    @notice Opens a box, or follows a recipe by chance: pays now, and gets what comes out when the game server settles the roll.
    """
    table: uint256 = self._box(box)
    if self.rolls[roll] != 0:
        state: uint256 = (self.rolls[roll] >> 160) & LOW_8
        raw_revert(abi_encode(state, convert(0, uint256), method_id=method_id("RollExists(uint256,uint256)")))
    epoch: uint256 = self.epoch
    if epoch == 0:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("WrongEpoch(uint256,uint256)")))
    self._use_up(box, 1)
    nonce: uint256 = self.nonces[msg.sender] + 1
    self._check(nonce, LOW_32)
    self.nonces[msg.sender] = nonce
    self.rolls[roll] = table << 232 | epoch << 200 | nonce << 168 | PENDING << 160 | convert(msg.sender, uint256)
    log RollRequested(player=msg.sender, roll=roll, box=box, epoch=epoch, nonce=nonce)


@internal
@view
def _pending(roll: uint256) -> uint256:
    """
    @notice The word of a roll that waits to be settled.
    """
    word: uint256 = self.rolls[roll]
    state: uint256 = (word >> 160) & LOW_8
    if state != PENDING:
        raw_revert(abi_encode(state, PENDING, method_id=method_id("RollNotPending(uint256,uint256)")))
    return word


@internal
def _settle(roll: uint256, waiting: uint256, chance: uint256):
    """
    @notice Gives what a value makes of a roll.
    """
    player: address = convert(waiting & LOW_160, address)
    self.rolls[roll] = waiting ^ ((PENDING ^ DONE) << 160)
    table: uint256 = waiting >> 232
    picks: uint256 = self._draw(player, table, self._table(table), chance)
    log Rolled(
        player=player, table=table, roll=roll, epoch=(waiting >> 200) & LOW_32, nonce=(waiting >> 168) & LOW_32, chance=chance, picks=picks
    )


@external
def settle(roll: uint256, chance: uint256):
    """
    @notice Settles a roll with the value that the game server derived from the seed.
    """
    authority._check_server()
    waiting: uint256 = self._pending(roll)
    self._check_chance((waiting >> 200) & LOW_32, roll, convert(waiting & LOW_160, address), (waiting >> 168) & LOW_32, chance)
    self._settle(roll, waiting, chance)


@external
def claim(roll: uint256):
    """
    @notice Settles a roll that nobody settled before the seed of its epoch was revealed.
    """
    waiting: uint256 = self._pending(roll)
    if convert(msg.sender, uint256) != waiting & LOW_160:
        raw_revert(abi_encode(convert(msg.sender, uint256) >> 96, (waiting & LOW_160) >> 96, method_id=method_id("NotYourRoll(uint256,uint256)")))
    epoch: uint256 = (waiting >> 200) & LOW_32
    seed: uint256 = self.seeds[epoch]
    if seed == 0:
        raw_revert(abi_encode(epoch, self.epoch, method_id=method_id("EpochNotOver(uint256,uint256)")))
    self._settle(roll, waiting, self._chance(seed, roll, msg.sender, (waiting >> 168) & LOW_32))


# Rewards

@internal
def _count(table: uint256, word: uint256, player: address):
    """
    @notice Counts a reward against the caps of its table for the day, the week and the season.
    """
    caps: uint256 = (word >> 56) & LOW_48
    if caps == 0:
        return
    day: uint256 = block.timestamp // SECONDS_OF_DAY
    periods: uint256[3] = [day, (day + DAYS_TO_MONDAY) // 7, self.season]
    counted: uint256 = self.claims[table][player]
    fresh: uint256 = 0
    for index: uint256 in range(3):
        before: uint256 = (counted >> (48 * index)) & LOW_48
        count: uint256 = 1
        if before & LOW_32 == periods[index]:
            count = (before >> 32) + 1
        cap: uint256 = (caps >> (16 * index)) & LOW_16
        if cap != 0 and count > cap:
            raw_revert(abi_encode(count, cap, method_id=method_id("RewardCapReached(uint256,uint256)")))
        fresh |= (min(count, LOW_16) << 32 | periods[index]) << (48 * index)
    self.claims[table][player] = fresh


@internal
def _reward(player: address, table: uint256, word: uint256, chance: uint256):
    """
    @notice Gives a player what a table says; a value of chance belongs to the table's number and the player's nonce, so that nobody can choose among ids.
    """
    epoch: uint256 = 0
    nonce: uint256 = 0
    if not self._is_fixed(table, word):
        epoch = self.epoch
        if epoch == 0:
            raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("WrongEpoch(uint256,uint256)")))
        nonce = self.nonces[player] + 1
        self.nonces[player] = nonce
        self._check_chance(epoch, table, player, nonce, chance)
    picks: uint256 = self._draw(player, table, word, chance)
    log Rolled(player=player, table=table, roll=table, epoch=epoch, nonce=nonce, chance=chance, picks=picks)


@external
def reward(player: address, table: uint256, chance: uint256):
    """
    @notice Rewards a player from a table, as often as its caps allow.
    """
    authority._check_server()
    word: uint256 = self._table(table)
    self._count(table, word, player)
    self._reward(player, table, word, chance)


@external
def setSeason(number: uint256):
    """
    @notice Begins a season; caps for the season count anew.
    """
    authority._check_operator()
    if number <= self.season or number > LOW_32:
        raw_revert(abi_encode(number, self.season + 1, method_id=method_id("VersionTaken(uint256,uint256)")))
    self.season = number
    log SeasonBegan(number=number)


@external
def setStreak(firstTable: uint256, days: uint256):
    """
    @notice Names the tables of days in a row: day n gives the nth from the first, and after the last begins again.
    """
    authority._check_operator()
    self._check(days, 366)
    self._check(firstTable, NUMBER_MAX)
    for index: uint256 in range(days, bound=366):
        if not self._is_fixed(firstTable + index, self._table(firstTable + index)):
            raw_revert(abi_encode(firstTable + index, firstTable, method_id=method_id("NeedsChance(uint256,uint256)")))
    self.streakTables = days << 32 | firstTable
    log StreakSet(firstTable=firstTable, days=days)


@external
def checkIn(player: address):
    """
    @notice Notes that a player came today, and gives the reward of the streak, once a day.
    """
    authority._check_server()
    days: uint256 = self.streakTables >> 32
    if days == 0:
        raw_revert(abi_encode(convert(0, uint256), convert(1, uint256), method_id=method_id("TableUnknown(uint256,uint256)")))
    today: uint256 = block.timestamp // SECONDS_OF_DAY
    streak: uint256 = self.streaks[player]
    length: uint256 = 1
    if streak != 0:
        if streak >> 64 == today:
            raw_revert(abi_encode(today, today + 1, method_id=method_id("AlreadyToday(uint256,uint256)")))
        if (streak >> 64) + 1 == today:
            length = (streak & LOW_64) + 1
    self.streaks[player] = today << 64 | length
    table: uint256 = (self.streakTables & LOW_32) + (length - 1) % days
    self._reward(player, table, self._table(table), 0)
    log StreakKept(player=player, days=length, table=table)


# Energy

@external
def setEnergy(asset: uint256, most: uint256, refillSeconds: uint256):
    """
    @notice Makes an item an energy: it comes by itself, one in so many seconds, up to a most.
    """
    authority._check_operator()
    if refillSeconds == 0 or refillSeconds > LOW_32:
        raw_revert(abi_encode(refillSeconds, LOW_32, method_id=method_id("BadTable(uint256,uint256)")))
    self._check(most, LOW_32)
    self.energies[asset] = most << 32 | refillSeconds
    log EnergySet(asset=asset, most=most, refillSeconds=refillSeconds)


@internal
@view
def _due(player: address, asset: uint256) -> (uint256, uint256):
    """
    @notice How much energy has come since it was last counted, and the second up to which it is then counted.
    """
    terms: uint256 = self.energies[asset]
    if terms == 0:
        raw_revert(abi_encode(asset, convert(0, uint256), method_id=method_id("NotAnEnergy(uint256,uint256)")))
    most: uint256 = terms >> 32
    have: uint256 = staticcall Balances(assets.ITEMS.address).balanceOf(player, asset, skip_contract_check=True)
    since: uint256 = self.refilled[asset][player]
    room: uint256 = 0
    if have < most:
        room = most - have
    if since == 0:
        # Whoever comes for the first time begins full.
        return room, block.timestamp
    came: uint256 = (block.timestamp - since) // (terms & LOW_32)
    if came >= room:
        return room, block.timestamp
    return came, since + came * (terms & LOW_32)


@external
def spendEnergy(player: address, asset: uint256, amount: uint256):
    """
    @notice Lets what has come in the meantime come, then uses up energy.
    """
    authority._check_server()
    came: uint256 = 0
    counted: uint256 = 0
    came, counted = self._due(player, asset)
    self.refilled[asset][player] = counted
    if came != 0:
        assets._issue(FAUCET, player, asset, came)
    assets._move(player, SINK, asset, amount)
    log EnergySpent(player=player, asset=asset, amount=amount, refilled=came)


# Questions

@external
@view
def energyOf(player: address, asset: uint256) -> uint256:
    """
    @notice How much energy a player has with what has come in the meantime.
    """
    came: uint256 = 0
    counted: uint256 = 0
    came, counted = self._due(player, asset)
    return came + staticcall Balances(assets.ITEMS.address).balanceOf(player, asset, skip_contract_check=True)


@external
@view
def tableOf(table: uint256) -> (uint256, uint256[4], uint256[16]):
    """
    @notice A table as its odds are hashed.
    """
    return self.tables[table], self.sure[table], self.entries[table]


@external
@view
def boxOf(box: uint256) -> (uint256, uint256[2]):
    """
    @notice The table of a box, and what it uses up.
    """
    return self._box(box), self.prices[box]


@external
@view
def rollOf(roll: uint256) -> uint256:
    """
    @notice A roll: table << 232 | epoch << 200 | nonce << 168 | state << 160 | player; state 1 waits, 2 is settled.
    """
    return self.rolls[roll]
