#!/usr/bin/env python3
"""Makes the recorded sessions of the two example games: arena/Matches/first-siege.jsonl and realm/Matches/market-week.jsonl.

Standard library only; the same output every time. The script keeps the books by itself, from the catalogs' figures and the rules that docs/ECONOMY.md
tells, chance included, so that every answer and balance in the files is worth checking: hoard play FILE --game FOLDER.
"""
import hashlib
import json
import pathlib
import random

START = 1_800_000_000  # seconds since 1970 at t = 0, as hoard play counts
HERE = pathlib.Path(__file__).resolve().parent


def keccak256(data):
    """Keccak-256 as the EVM has it."""
    mask = (1 << 64) - 1
    lanes = [[0] * 5 for _ in range(5)]
    rotate = lambda value, by: ((value << by) | (value >> (64 - by))) & mask if by else value
    padded = bytearray(data) + b"\x01" + b"\x00" * (135 - len(data) % 136)
    padded[-1] |= 0x80
    for start in range(0, len(padded), 136):
        for place in range(17):
            lanes[place % 5][place // 5] ^= int.from_bytes(padded[start + 8 * place:start + 8 * place + 8], "little")
        shift = 1
        for _ in range(24):
            column = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
            mixed = [column[(x + 4) % 5] ^ rotate(column[(x + 1) % 5], 1) for x in range(5)]
            lanes = [[lanes[x][y] ^ mixed[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, lanes[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], rotate(current, (step + 1) * (step + 2) // 2 % 64)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            for power in range(7):
                shift = ((shift << 1) ^ ((shift >> 7) * 0x71)) % 256
                if shift & 2:
                    lanes[0][0] ^= 1 << ((1 << power) - 1)
    return b"".join(lanes[place % 5][place // 5].to_bytes(8, "little") for place in range(4))


def word(number):
    return number.to_bytes(32, "big")


def sha256(text):
    return hashlib.sha256(text.encode()).digest()


def hashed(*words):
    return int.from_bytes(keccak256(b"".join(word(part) for part in words)), "big")


class Session:
    """The lines so far, and what everybody has."""

    def __init__(self, name, says, folder):
        self.lines = [{"script": name, "says": says}]
        self.time = 0
        self.have = {}
        self.nonces = {}
        self.misses = {}
        catalog = lambda file: json.loads((HERE / folder / "Catalog" / file).read_text())
        offers, loot = catalog("offers.json"), catalog("loot.json")
        self.offers = {offer["offer"]: offer for offer in offers["offers"]}
        self.products = {product["product"]: product for product in offers.get("products", [])}
        self.buybacks = {entry["asset"]: entry for entry in offers["buybacks"]}
        self.tables = {table["table"]: table for table in loot["tables"]}
        self.boxes = {box["box"]: box for box in loot["boxes"]}
        self.royalties = {entry["asset"]: entry for entry in catalog("accounts.json")["royalties"]}
        self.streak = loot.get("streak")

    # The record.

    def wait(self, seconds):
        self.time += seconds * 1000

    def now(self):
        return START + self.time // 1000

    def act(self, who, action, expect=None, result0=None, result1=None, says=None, **fields):
        line = {"t": self.time, "as": who if who in ("server", "operator") else "player:" + who, "action": action, "fields": fields}
        for key, value in (("expect", expect), ("result0", result0), ("result1", result1), ("says", says)):
            if value is not None:
                line[key] = value
        self.lines.append(line)

    def balance(self, who, *assets):
        for asset in assets:
            self.lines.append({"t": self.time, "balance": "player:" + who, "asset": asset, "amount": self.of(who, asset)})

    # The books.

    def of(self, who, asset):
        return self.have.get((who, asset), 0)

    def add(self, who, asset, amount):
        self.have[who, asset] = self.of(who, asset) + amount

    def spend(self, who, asset, amount):
        assert self.of(who, asset) >= amount, (who, asset, amount, self.of(who, asset))
        self.add(who, asset, -amount)

    def pay(self, payer, payee, asset, item, amount, quantity=1):
        """A price: royalty and fee are rounded up and come off what the payee gets."""
        self.spend(payer, asset, amount) if payer else None
        entry = self.royalties.get(item if item < 2 ** 32 else item >> 32 << 32)
        royalty = -(-amount * entry["basisPoints"] // 10000) if entry else 0
        if royalty:
            self.add(entry["receiver"].removeprefix("player:"), asset, royalty)
        self.add(payee, asset, amount - royalty - -(-amount * 250 // 10000))

    # What players do.

    def buy(self, who, offer, quantity=1, segment=None, **more):
        entry = self.offers[offer]
        costs = entry["costs"]
        for price in entry.get("segmentPrices", []):
            costs = price["costs"] if price["segment"] == segment else costs
        fields = {"offer": offer, "quantity": quantity, "maxCost": ",".join(str(amount * quantity) for _, amount in costs)}
        if "expect" in more:
            return self.act(who, "purchase", **fields, **more)
        for asset, amount in costs:
            self.spend(who, asset, amount * quantity)
        for asset, amount in entry["results"]:
            self.add(who, asset, amount * quantity)
        self.act(who, "purchase", result1=costs[0][1] * quantity, **fields, **more)

    def sell(self, who, asset, quantity=1):
        entry = self.buybacks[asset]
        self.spend(who, asset, quantity)
        self.add(who, entry["currency"], entry["price"] * quantity)
        self.act(who, "sell", result1=entry["price"] * quantity, asset=asset, quantity=quantity)

    def craft(self, who, box, times=1):
        for asset, amount in self.boxes[box]["costs"]:
            self.spend(who, asset, amount * times)
        for line in self.tables[self.boxes[box]["table"]]["sure"]:
            self.add(who, line[0], line[1] * times)
        self.act(who, "craft", box=box, times=times)

    # Chance, as loot.vy has it.

    def chance(self, seed, roll, who):
        self.nonces[who] = self.nonces.get(who, 0) + 1
        account = int.from_bytes(sha256("hoard:player:" + who)[:20], "big")
        return hashed(int.from_bytes(sha256("hoard:seed:" + seed), "big"), roll, account, self.nonces[who])

    def draw(self, who, table, chance):
        entry = self.tables[table]
        amount = lambda line, value: line[1] + value % (line[-1] - line[1] + 1)
        for place, line in enumerate(entry.get("sure", [])):
            self.add(who, line[0], amount(line, hashed(chance, place)))
        counts, found = {}, False
        pity = entry.get("pity")
        for index in range(entry.get("draws", 0)):
            allowed = [place for place in range(len(entry["entries"])) if counts.get(place, 0) < entry.get("repeatsMax", 1)]
            rest = hashed(chance, 16 + index) % sum(entry["entries"][place]["weight"] for place in allowed)
            for pick in allowed:
                if rest < entry["entries"][pick]["weight"]:
                    break
                rest -= entry["entries"][pick]["weight"]
            if index == 0 and pity and self.misses.get((who, table), 0) >= pity["after"]:
                pick = pity["entry"] - 1
            counts[pick] = counts.get(pick, 0) + 1
            found = found or bool(pity) and pick == pity["entry"] - 1
            gives = entry["entries"][pick]["gives"]
            self.add(who, gives[0], amount(gives, hashed(chance, 32 + index)))
        if pity:
            self.misses[who, table] = 0 if found else self.misses.get((who, table), 0) + 1

    def reward(self, who, table, seed=None, expect=None):
        fields = {"player": "player:" + who, "table": table}
        if expect:
            return self.act("server", "reward", expect=expect, **fields, **({"chance": "0x1"} if seed else {}))
        if seed:
            self.draw(who, table, self.chance(seed, table, who))
            fields["chance"] = f"chance:{seed}/{table}/player:{who}/{self.nonces[who]}"
        else:
            self.draw(who, table, 0)
        self.act("server", "reward", **fields)

    def open_box(self, who, box, seed, name):
        roll = int.from_bytes(sha256("hoard:id:" + name)[:16], "big")
        for asset, amount in self.boxes[box]["costs"]:
            self.spend(who, asset, amount)
        self.act(who, "openBox", box=box, roll="#" + name)
        self.draw(who, self.boxes[box]["table"], self.chance(seed, roll, who))
        self.act("server", "settleRoll", roll="#" + name, chance=f"chance:{seed}/#{name}/player:{who}/{self.nonces[who]}")

    def write(self, path):
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        print(f"{path.name}: {len(self.lines)} lines")


def first_siege():
    """Four heroes, twenty minutes: income, kills, parts, recipes, wards, and half the price back."""
    chance = random.Random(1)
    game = Session("first-siege", "Four heroes fight for a gate in twenty minutes.", "arena")
    heroes = ["brand", "sable", "wren", "thorn"]
    builds = {
        "brand": [(10, 2, 3), 1, (6, 7), 3], "sable": [(8, 9, 4), 4], "wren": [(5, 4), 2, (10, 2, 3), 1], "thorn": [(11, 5), 5, (1, 1), 6],
    }
    game.act("server", "openEpoch", epoch=1, commitment="commit:siege")
    bought = {hero: 0 for hero in heroes}
    plans = {hero: [part for step in builds[hero] for part in (step if isinstance(step, tuple) else (-step,))] for hero in heroes}
    for minute in range(20):
        for hero in heroes:
            game.reward(hero, 100)
            for _ in range(3 if hero == "wren" else chance.randint(3, 5)):
                game.wait(chance.randint(1, 3))
                game.reward(hero, 101, seed="siege")
            if chance.random() < 0.35:
                game.reward(hero, 102, seed="siege")
            # A hero buys the next part as soon as he can pay it, and builds when he has all.
            while plans[hero]:
                step = plans[hero][0]
                if step > 0:
                    if game.of(hero, 1) < game.offers[step]["costs"][0][1]:
                        break
                    game.buy(hero, step)
                elif all(game.of(hero, asset) >= amount for asset, amount in game.boxes[-step]["costs"]):
                    game.craft(hero, -step)
                else:
                    break
                plans[hero].pop(0)
                bought[hero] += 1
        if minute in (6, 14):
            game.buy("wren", 14, 4)
            game.buy("wren", 14, 1, expect="windowCapReached")
        if minute % 5 == 4:
            for hero in heroes:
                game.balance(hero, 1)
    # The gate falls: what has not become of use is sold at half its price.
    for hero in heroes:
        for asset in sorted(asset for who, asset in list(game.have) if who == hero and asset != 1 and game.of(who, asset) > 0):
            game.sell(hero, asset, game.of(hero, asset))
        game.act(hero, "sell", expect="insufficientItems", asset=65536, quantity=1)
        game.balance(hero, 1)
    assert all(count >= 3 for count in bought.values()), bought
    game.act("server", "openEpoch", epoch=2, commitment="commit:next")
    game.act("server", "revealEpoch", epoch=1, seed="seed:siege")
    game.write(HERE / "arena" / "Matches" / "first-siege.jsonl")


def market_week():
    """Nine days of a town: quests, chests, crafting, the market, an auction, real money, and an operator who has to help."""
    game = Session("market-week", "Nine days in a market town.", "realm")
    mira, odo, pia = players = ["mira", "odo", "pia"]
    ore, tin, blade, chest, silver, key = 65536, 65537, 65553, 65548, 65549, 65550
    named = 3 << 32 | 1
    game.act("operator", "setSeason", number=1)
    game.act("server", "openEpoch", epoch=1, commitment="commit:week")
    game.act("operator", "setSegment", expect="roleNotAllowed", player="player:pia", segment=1, says="segments are the game server's")
    game.act("server", "setSegment", player="player:pia", segment=1)
    # Letters for those who come the first time.
    for who in players:
        game.act("server", "sendMail", mail=f"#welcome-{who}", player="player:" + who, faucet="faucet:rewards", reason=1, expires=game.now() + 86400,
                 lines="gold:120,gems:5,copper ore:12,tin ore:6")
        game.wait(40)
        game.act(who, "claimMail", result0=4, mail=f"#welcome-{who}")
        for asset, amount in ((1, 120), (2, 5), (ore, 12), (tin, 6)):
            game.add(who, asset, amount)
        game.act(who, "claimMail", expect="mailNotOpen", mail=f"#welcome-{who}")
    # Real money: one receipt is good, one is sent twice, one is refused.
    receipt = lambda text: sha256(text)[:16].hex()
    game.act("server", "deliverReceipt", receipt=receipt("apple:1"), player="player:odo", product=3, quantity=1)
    for asset, amount in game.products[3]["lines"]:
        game.add("odo", asset, amount)
    game.act("server", "deliverReceipt", expect="receiptUsed", receipt=receipt("apple:1"), player="player:pia", product=3, quantity=1)
    game.act("server", "deliverReceipt", receipt=receipt("google:7"), player="player:mira", product=1, quantity=2)
    game.add("mira", 2, 200)
    game.act("server", "refuseReceipt", receipt=receipt("google:8"), player="player:pia", reason=1, note="text:not known to the store")
    game.act("server", "deliverReceipt", expect="receiptUsed", receipt=receipt("google:8"), player="player:pia", product=1, quantity=1)
    days, weeks = 9, {}
    for number in range(days):
        for who in players:
            if who == "pia" and number == 4:
                continue  # She stays away for a day, and begins her streak anew.
            length = number + 1 if who != "pia" or number < 4 else number - 4
            table = 40 + (length - 1) % 7
            for line in game.tables[table]["sure"]:
                game.add(who, line[0], line[1])
            game.act("server", "checkIn", result0=length, player="player:" + who)
            game.act("server", "checkIn", expect="alreadyToday", player="player:" + who) if number == 0 else None
            # Quests cost stamina; three a day, fifteen a week, and weeks begin on Mondays (day 3: START is a Friday).
            for _ in range(3):
                game.wait(60)
                game.act("server", "spendEnergy", player="player:" + who, asset="stamina", amount=5)
                weeks[who, number // 3 > 0] = weeks.get((who, number // 3 > 0), 0) + 1
                if weeks[who, number // 3 > 0] <= 15:
                    game.reward(who, 30, seed="week")
                else:
                    game.reward(who, 30, seed="week", expect="rewardCapReached")
            if number == 0:
                game.reward(who, 30, seed="week", expect="rewardCapReached")
                game.act("server", "spendEnergy", expect="insufficientItems", player="player:" + who, asset="stamina", amount=6)
            while game.of(who, chest) > 0:
                game.open_box(who, 20, "week", f"{who}-{number}-{game.of(who, chest)}")
        if number == 1:
            game.craft(mira, 1, 3)
            game.buy(mira, 4)
            game.craft(mira, 2)
            game.act(mira, "listItem", listing="#blade", asset=blade, quantity=1, currency="gold", unitPrice=61, expires=game.now() + 3600)
            game.spend(mira, blade, 1)
            game.act(mira, "transferItem", expect="insufficientItems", to="player:odo", asset=blade, amount=1)
            game.act(mira, "buyListing", expect="tradeWithOneself", listing="#blade", quantity=1, maxCost=61)
            game.wait(600)
            game.act(odo, "buyListing", expect="overMaxCost", listing="#blade", quantity=1, maxCost=60)
            game.act(odo, "buyListing", listing="#blade", quantity=1, maxCost=61)
            game.pay(odo, mira, 1, blade, 61)
            game.add(odo, blade, 1)
            game.balance(mira, 1, blade)
            game.balance(odo, 1, blade)
        if number == 2:
            for buyer, count in ((odo, 1), (mira, 2)):
                game.buy(buyer, 11, count)
            game.buy(pia, 2, 1, segment=1, says="her segment pays two gems for a key, all others three")
            for who, name in ((odo, "silver-1"), (odo, "silver-2"), (mira, "silver-3")):
                if game.of(who, key) == 0:
                    game.buy(who, 2)
                game.open_box(who, 21, "week", name)
            game.balance(odo, 1, 2, silver, key)
            book(game, ore)
        if number == 3:
            auction(game, named)
        if number == 5:
            trade(game, ore)
        if number == 6:
            trouble(game)
        game.wait(86400 - (game.time // 1000) % 86400 + 3600)
    game.act("operator", "setSeason", number=2)
    game.act("server", "openEpoch", epoch=2, commitment="commit:next")
    game.act("server", "revealEpoch", epoch=1, seed="seed:week")
    for who in players:
        game.balance(who, 1, 2, *sorted(asset for owner, asset in game.have if owner == who and 2 < asset < 8388608))
    game.balance("studio", 1)
    game.write(HERE / "realm" / "Matches" / "market-week.jsonl")


def book(game, ore):
    """Ore in the order book: a bid too low rests, an offer rests, and a bid over both is cleared with them at one price."""
    side = lambda who, name, number, price, quantity, **more: game.act(
        who, "order", order="#" + name, side=number, asset=ore, currency="gold", price=price, quantity=quantity, **more)
    side("mira", "low", 1, 2, 3, result1=6)
    game.spend("mira", 1, 6)
    side("odo", "offer", 2, 3, 4, result1=4)
    game.spend("odo", ore, 4)
    side("odo", "offer", 2, 3, 4, expect="orderExists")
    side("pia", "many", 1, 6, 5, result1=30, says="more is wanted than is offered: the one who asks for too much sets the price, 6")
    game.spend("pia", 1, 30)
    game.add("pia", ore, 4)
    game.pay(None, "odo", 1, ore, 24)
    game.balance("odo", 1, ore)
    game.balance("pia", 1, ore)
    game.act("odo", "cancelOrder", expect="orderNotOpen", order="#offer")
    game.act("odo", "cancelOrder", expect="notYourOrder", order="#many")
    game.act("pia", "cancelOrder", result0=6, order="#many")
    game.add("pia", 1, 6)
    # What mira offers meets her own bid and nobody else's: one price, the middle of 1 and 2 rounded down, and the fee is hers.
    side("mira", "own", 2, 1, 3, result1=3)
    game.spend("mira", ore, 3)
    game.add("mira", ore, 3)
    game.pay(None, "mira", 1, ore, 3)
    game.add("mira", 1, 3)
    game.balance("mira", 1, ore)


def auction(game, named):
    """A named blade, whose creator has five of a hundred of each sale, and a bid in the last seconds."""
    game.act("server", "grant", player="player:pia", faucet="faucet:rewards", reason=9, lines=f"{named}:1")
    game.add("pia", named, 1)
    closes = game.now() + 600
    game.act("pia", "openAuction", auction="#dawn", asset=named, quantity=1, currency="gold", reserve=50, buyOut=0, stepBasisPoints=500,
             closes=closes, extension=60)
    game.spend("pia", named, 1)
    game.act("odo", "bid", expect="bidTooLow", auction="#dawn", amount=49)
    game.act("odo", "bid", auction="#dawn", amount=90)
    game.act("mira", "bid", expect="bidTooLow", auction="#dawn", amount=94)
    game.wait(590)
    game.act("mira", "bid", auction="#dawn", amount=95, says="ten seconds before the end: it moves, and odo can answer")
    game.wait(40)
    game.act("odo", "bid", auction="#dawn", amount=101)
    game.act("odo", "claimAuction", expect="auctionRunning", auction="#dawn")
    game.wait(61)
    game.act("mira", "bid", expect="auctionOver", auction="#dawn", amount=200)
    game.act("odo", "claimAuction", auction="#dawn")
    game.pay("odo", "pia", 1, named, 101)
    game.add("odo", named, 1)
    game.balance("pia", 1, named)
    game.balance("odo", 1, named)
    game.balance("mira", 1)


def trade(game, ore):
    """A proposed trade, whose goods are in escrow until it is accepted."""
    amount = game.of("mira", ore)
    game.act("mira", "proposeTrade", trade="#ore", counterparty="player:pia", gives=f"copper ore:{amount}", wants="gold:30", expires=game.now() + 60)
    game.spend("mira", ore, amount)
    game.act("mira", "sell", expect="insufficientItems", asset=ore, quantity=1)
    game.act("odo", "acceptTrade", expect="notYourTrade", trade="#ore")
    game.wait(60)
    game.act("pia", "acceptTrade", trade="#ore")
    game.pay("pia", "mira", 1, ore, 30)
    game.add("pia", ore, amount)
    game.act("mira", "cancelTrade", expect="tradeNotOpen", trade="#ore")
    game.act("mira", "proposeTrade", expect="itemBound", trade="#stamina", counterparty="player:pia", gives="stamina:1", wants="gold:1",
             expires=game.now())


def trouble(game):
    """The store gives odo's money back after he has handed most of it on: an operator freezes him, and the receipt is taken back, into debt."""
    receipt = sha256("apple:1")[:16].hex()
    gold, gems = game.of("odo", 1), game.of("odo", 2)
    game.act("odo", "transferCoins", to="player:pia", asset="gold", amount=gold - 10)
    game.spend("odo", 1, gold - 10)
    game.add("pia", 1, gold - 10)
    game.act("operator", "freezeAccount", player="player:odo", reason=3, note="text:chargeback apple:1")
    game.act("odo", "transferCoins", expect="accountFrozen", to="player:pia", asset="gold", amount=10)
    had = game.of("odo", 65549)
    taken_gems = min(50, gems + 10000)
    game.act("operator", "revokeReceipt", result0=1000 + taken_gems + min(1, had), result1=1 - min(1, had), receipt=receipt, player="player:odo", reason=3,
             note="text:chargeback apple:1")
    game.act("operator", "revokeReceipt", expect="receiptNotDelivered", receipt=receipt, player="player:odo", reason=3)
    game.add("odo", 1, -1000)
    game.add("odo", 2, -taken_gems)
    game.add("odo", 65549, -min(1, had))
    game.balance("odo", 1, 2, 65549)
    # What he had handed on comes back to him: half of his debt is paid.
    game.act("operator", "correct", original="#the transfer to pia", **{"from": "player:pia", "to": "player:odo"}, line="gold:200", reason=3,
             note="text:handed on before chargeback")
    game.spend("pia", 1, 200)
    game.add("odo", 1, 200)
    game.act("operator", "unfreezeAccount", player="player:odo", reason=3, note="text:agreed with the player")
    game.act("odo", "purchase", expect="insufficientCoins", offer=4, quantity=1, maxCost=6)
    game.act("operator", "adjustUp", player="player:mira", **{"from": "faucet:corrections"}, line="gold:25", reason=4, note="text:sorry for the outage")
    game.add("mira", 1, 25)
    game.balance("pia", 1)
    game.balance("mira", 1)


if __name__ == "__main__":
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    first_siege()
    market_week()
