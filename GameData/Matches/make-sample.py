#!/usr/bin/env python3
"""Makes harbor-duel.jsonl, the match that `make demo` replays. Standard library only; the same output every time.

Six players of two crews fight for a harbor. The story shows every kind of event of the canonical form, and this script keeps
the books by itself, so that the recorded balances are worth checking.
"""
import json
import pathlib

TRADE_FEE_PARTS = 250  # of 10,000 and rounded up, as the world's trade contract keeps it
CREWS = {"tide": ["ana", "bo", "cyr"], "reef": ["dag", "eli", "fay"]}
PLAYERS = [f"{crew}-{name}" for crew, names in CREWS.items() for name in names]
PRICES = {  # item: (to buy, what the shop pays)
    "rope": (40, 20), "plank": (60, 30), "lantern": (75, 30), "bandage": (50, 20), "cutlass": (350, 245),
    "buckler": (300, 210), "spyglass": (425, 298), "boarding hook": (250, 175), "captain's sabre": (1300, 910),
    "tower shield": (1100, 770), "raft": (400, 200), "warship": (9000, 6300),
}


class Book:
    """The events so far and what everyone has."""

    def __init__(self):
        self.events, self.gold, self.gems, self.items, self.credit = [], {}, {}, {}, {}

    def add(self, time, kind, actor=None, **more):
        event = {"seq": len(self.events), "t": time, "kind": kind}
        if actor:
            event["actor"] = actor
        event.update({key: value for key, value in more.items() if value is not None})
        self.events.append(event)
        return event["seq"]

    def move(self, who, gold=0, gems=0, **items):
        self.gold[who] = self.gold.get(who, 0) + gold
        self.gems[who] = self.gems.get(who, 0) + gems
        assert self.gold[who] >= -self.credit.get(who, 0), (who, self.gold[who])
        assert self.gems[who] >= 0, who

    def have(self, who, item, count):
        bag = self.items.setdefault(who, {})
        bag[item] = bag.get(item, 0) + count
        assert bag[item] >= 0, (who, item)

    # One method for each kind of event that moves something.

    def reward(self, time, who, gold=None, gems=None, item=None, quantity=None, source=None):
        if item:
            self.have(who, item, quantity or 1)
            return self.add(time, "reward", who, item=item, quantity=quantity or 1, source=source)
        self.move(who, gold or 0, gems or 0)
        return self.add(time, "reward", who, amount=gold or gems, currency="gold" if gold else "gems", source=source)

    def charge(self, time, who, gold, source):
        self.move(who, -gold)
        return self.add(time, "charge", who, amount=gold, currency="gold", source=source)

    def buy(self, time, who, item, quantity=1, parts=(), fee=None, refused=False, source=None):
        price = PRICES[item][0]
        amount = price * quantity - sum(PRICES[part][0] for part in parts)
        seq = self.add(time, "purchase", who, item=item, quantity=quantity, unitPrice=price, amount=amount,
                       currency="gold", fee=fee, source=source)
        for part in parts:
            self.add(time, "destroy", who, item=part, quantity=1, ref=seq)
        if not refused:
            self.move(who, -amount - (fee or 0))
            self.have(who, item, quantity)
            for part in parts:
                self.have(who, part, -1)
        return seq

    def craft(self, time, who, item, parts, fee):
        seq = self.add(time, "craft", who, item=item, quantity=1, currency="gold", fee=fee)
        self.move(who, -fee)
        self.have(who, item, 1)
        for part, quantity in parts.items():
            self.add(time, "destroy", who, item=part, quantity=quantity, ref=seq)
            self.have(who, part, -quantity)
        return seq

    def use(self, time, who, item, quantity=1):
        self.have(who, item, -quantity)
        return self.add(time, "destroy", who, item=item, quantity=quantity)

    def sell(self, time, who, item, quantity=1):
        price = PRICES[item][1]
        self.have(who, item, -quantity)
        self.move(who, price * quantity)
        return self.add(time, "sell", who, item=item, quantity=quantity, unitPrice=price, amount=price * quantity,
                        currency="gold")

    def undo(self, time, who, ref, effective=True):
        event = self.events[ref]
        if effective:
            sign = 1 if event["kind"] in ("purchase", "craft") else -1
            self.move(who, sign * (event.get("amount", 0) + event.get("fee", 0)))
            self.have(who, event["item"], -sign * event["quantity"])
            for part in self.events:
                if part.get("ref") == ref and part["kind"] == "destroy":
                    self.have(who, part["item"], part["quantity"])
        return self.add(time, "undo", who, item=event["item"], ref=ref)

    def refund(self, time, who, ref, gold, source):
        self.move(who, gold)
        return self.add(time, "refund", who, amount=gold, currency="gold", ref=ref, source=source)

    def trade(self, time, seller, buyer, item, gold, fee=None, quantity=1):
        fee = -(-gold * TRADE_FEE_PARTS // 10000) if fee is None else fee
        self.have(seller, item, -quantity)
        self.have(buyer, item, quantity)
        self.move(buyer, -gold)
        self.move(seller, gold - fee)
        return self.add(time, "trade", seller, counterparty=buyer, item=item, quantity=quantity, amount=gold,
                        currency="gold", fee=fee)

    def give(self, time, who, to, gold=None, fee=None, item=None, quantity=None, source=None):
        if item:
            self.have(who, item, -(quantity or 1))
            self.have(to, item, quantity or 1)
            return self.add(time, "transfer", who, counterparty=to, item=item, quantity=quantity or 1, source=source)
        self.move(who, -gold)
        self.move(to, gold - (fee or 0))
        return self.add(time, "transfer", who, counterparty=to, amount=gold, currency="gold", fee=fee, source=source)

    def lend(self, time, who, limit):
        self.credit[who] = limit
        return self.add(time, "credit", who, amount=limit, currency="gold", source="the harbor bank")

    def kill(self, time, who, victim, bounty):
        self.add(time, "kill", who, counterparty=victim, amount=bounty)
        if who in PLAYERS:
            self.reward(time, who, gold=bounty, source="bounty")

    def snapshot(self, time, who, currency="gold"):
        self.add(time, "snapshot", who, amount=(self.gold if currency == "gold" else self.gems).get(who, 0), currency=currency)

    def snapshot_item(self, time, who, item):
        self.add(time, "snapshot", who, item=item, amount=self.items.get(who, {}).get(item, 0))


def minute(book, number):
    """Balances are recorded first, then the wages of the minute that begins are paid."""
    time = number * 60_000
    for who in PLAYERS:
        book.snapshot(time, who)
    for index, who in enumerate(PLAYERS):
        if number < 14:
            book.reward(time, who, gold=180 + 20 * ((number + index) % 4) + 5 * number, source="wages")


def story(book):
    """What happens in each minute, as (time in seconds, deed)."""
    ana, bo, cyr, dag, eli, fay = PLAYERS
    made = {}

    def keep(name, seq):
        made[name] = seq

    return {
        0: [
            (3, lambda t: book.buy(t, ana, "cutlass")), (4, lambda t: book.buy(t, ana, "bandage", 3)),
            (5, lambda t: book.buy(t, bo, "buckler")), (6, lambda t: book.buy(t, bo, "rope", 3)),
            (7, lambda t: book.buy(t, cyr, "plank", 5)), (8, lambda t: book.buy(t, dag, "cutlass")),
            (9, lambda t: keep("wrong", book.buy(t, eli, "spyglass"))), (12, lambda t: book.undo(t, eli, made["wrong"])),
            (13, lambda t: book.buy(t, eli, "boarding hook")), (15, lambda t: book.buy(t, fay, "buckler")),
            (16, lambda t: book.buy(t, fay, "bandage", 2)),
        ],
        1: [
            (5, lambda t: book.use(t, ana, "bandage")), (20, lambda t: book.give(t, bo, cyr, item="rope", quantity=2, source="for the raft")),
            (25, lambda t: keep("raft", book.craft(t, cyr, "raft", {"plank": 4, "rope": 2}, fee=20))),
            (40, lambda t: book.kill(t, dag, bo, 150)), (41, lambda t: book.use(t, fay, "bandage")),
            (50, lambda t: book.buy(t, bo, "warship", refused=True, source="far too dear: the ledger refuses it")),
        ],
        2: [
            (4, lambda t: book.lend(t, dag, 400)), (6, lambda t: book.buy(t, dag, "cutlass")),
            (8, lambda t: book.buy(t, dag, "captain's sabre", parts=("cutlass", "cutlass"), fee=50, source="into debt")),
            (20, lambda t: book.buy(t, ana, "cutlass")), (33, lambda t: book.kill(t, ana, fay, 150)),
            (45, lambda t: book.charge(t, cyr, 60, "harbor toll")),
        ],
        3: [
            (2, lambda t: book.buy(t, ana, "captain's sabre", parts=("cutlass", "cutlass"))),
            (9, lambda t: book.buy(t, eli, "lantern", 2)), (15, lambda t: keep("dented", book.buy(t, fay, "buckler"))),
            (16, lambda t: book.refund(t, fay, made["dented"], 90, "one buckler was dented")),
            (30, lambda t: book.kill(t, "0", eli, None)), (44, lambda t: book.use(t, eli, "lantern")),
        ],
        4: [
            (6, lambda t: book.trade(t, eli, dag, "boarding hook", 200)),
            (18, lambda t: book.give(t, ana, bo, gold=150, source="crew's share")),
            (29, lambda t: keep("sold", book.sell(t, bo, "buckler"))), (31, lambda t: book.undo(t, bo, made["sold"])),
            (40, lambda t: book.buy(t, bo, "buckler")),
            (42, lambda t: keep("tower", book.buy(t, bo, "tower shield", parts=("buckler", "buckler")))),
            (45, lambda t: book.undo(t, bo, made["tower"])),
        ],
        5: [
            (3, lambda t: book.buy(t, bo, "tower shield", parts=("buckler", "buckler"))),
            (10, lambda t: book.reward(t, ana, item="black pearl", source="from the wreck")),
            (12, lambda t: book.reward(t, ana, gems=12, source="from the wreck")),
            (13, lambda t: book.reward(t, dag, gems=7, source="from the wreck")),
            (30, lambda t: book.kill(t, fay, cyr, 180)), (50, lambda t: book.sell(t, fay, "bandage")),
        ],
        6: [
            (5, lambda t: book.trade(t, cyr, ana, "raft", 500, fee=0)),
            (20, lambda t: book.give(t, eli, fay, gold=200, fee=20, source="tribute, a tenth is lost")),
            (26, lambda t: book.buy(t, cyr, "spyglass")), (38, lambda t: book.use(t, ana, "bandage", 2)),
            (52, lambda t: book.charge(t, dag, 75, "bribe")),
        ],
        7: [
            (4, lambda t: prices(book, t, {"rope": (90, 45), "plank": (140, 70)}, "the storm closes the sea road")),
            (10, lambda t: book.buy(t, cyr, "rope", 2)), (14, lambda t: book.buy(t, cyr, "plank", 3)),
            (22, lambda t: book.craft(t, cyr, "raft", {"plank": 4, "rope": 2}, fee=20)),
            (30, lambda t: book.kill(t, bo, dag, 220)), (40, lambda t: book.buy(t, fay, "bandage", 2)),
        ],
        8: [
            (5, lambda t: keep("twice", book.buy(t, eli, "lantern"))), (7, lambda t: keep("again", book.buy(t, eli, "lantern"))),
            (9, lambda t: book.undo(t, eli, made["again"])), (10, lambda t: book.undo(t, eli, made["twice"])),
            (21, lambda t: book.give(t, dag, eli, item="boarding hook", source="given back")),
            (33, lambda t: book.kill(t, ana, eli, 200)),
        ],
        9: [
            (6, lambda t: book.trade(t, ana, fay, "black pearl", 777)), (17, lambda t: book.sell(t, cyr, "spyglass")),
            (28, lambda t: book.buy(t, eli, "cutlass")), (41, lambda t: book.kill(t, dag, ana, 240)),
        ],
        10: [
            (5, lambda t: keep("dream", book.buy(t, bo, "warship", refused=True, source="refused again"))),
            (6, lambda t: book.undo(t, bo, made["dream"], effective=False)),
            (15, lambda t: book.buy(t, eli, "cutlass")),
            (17, lambda t: book.buy(t, eli, "captain's sabre", parts=("cutlass", "cutlass"))),
            (44, lambda t: book.use(t, fay, "bandage")),
        ],
        11: [
            (8, lambda t: book.kill(t, eli, bo, 260)), (20, lambda t: book.kill(t, bo, fay, 210)),
            (30, lambda t: book.trade(t, fay, bo, "bandage", 60)), (41, lambda t: book.use(t, bo, "bandage")),
        ],
        12: [
            (5, lambda t: book.buy(t, cyr, "lantern")), (15, lambda t: book.give(t, ana, cyr, gold=300, source="for the last raft")),
            (33, lambda t: book.charge(t, ana, 500, "cannon hire")), (50, lambda t: book.kill(t, ana, dag, 300)),
        ],
        13: [
            (10, lambda t: book.sell(t, dag, "captain's sabre")), (30, lambda t: book.kill(t, cyr, eli, 300)),
            (45, lambda t: [book.reward(t, who, gold=500, source="the harbor is taken") for who in (ana, bo, cyr)]),
            (46, lambda t: [book.reward(t, who, gems=3, source="the harbor is taken") for who in (ana, bo, cyr)]),
        ],
    }


def prices(book, time, table, source):
    """Declares prices from here on."""
    for item, (buying, selling) in table.items():
        PRICES[item] = (buying, selling)
        book.add(time, "price", item=item, unitPrice=buying, amount=selling, currency="gold", source=source)


def main():
    book = Book()
    prices(book, -60_000, dict(PRICES), "the harbor market opens")
    for who in PLAYERS:
        book.reward(-30_000, who, gold=500, source="start")
    deeds = story(book)
    for number in range(15):
        minute(book, number)
        for second, deed in deeds.get(number, []):
            deed(number * 60_000 + second * 1_000)
    for who in (PLAYERS[0], PLAYERS[3]):
        book.snapshot(840_000, who, "gems")
    for who, item in ((PLAYERS[2], "raft"), (PLAYERS[4], "captain's sabre"), (PLAYERS[5], "black pearl")):
        book.snapshot_item(840_000, who, item)
    path = pathlib.Path(__file__).with_name("harbor-duel.jsonl")
    lines = [{"match": "harbor-duel", "kind": "match", "tolerance": 0, "source": "Six players of two crews fight for a harbor."}]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines + book.events))
    print(f"{path.name}: {len(book.events)} events")


if __name__ == "__main__":
    main()
