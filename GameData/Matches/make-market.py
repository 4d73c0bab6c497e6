#!/usr/bin/env python3
"""Makes two recordings of our own: commands at a market that four players share, and a shop's sales with their mapping.

usage: GameData/Matches/make-market.py      writes harbor-market.jsonl, harbor-sales.csv and harbor-sales.csv.mapping.json beside it
"""
import json
import os
import random

FOLDER = os.path.dirname(os.path.abspath(__file__))


def commands(dice):
    """Intents of four players over twenty minutes: some ask for more than there is, one gives up and goes on commanding."""
    lines = []
    for time in range(0, 1_200_000, 2_000):
        player = dice.randint(1, 4)
        choice = dice.random()
        if choice < 0.35:
            lines.append({"t": time, "action": "SELL", "player_id": player, "resource_id": dice.randint(0, 2), "amount": dice.choice([1, 1, 1, 5, 0])})
        elif choice < 0.6:
            lines.append({"t": time, "action": "BUY", "player_id": player, "resource_id": dice.randint(0, 2), "amount": dice.choice([1, 1, 5])})
        elif choice < 0.68:
            amount = dice.choice([99999.0, round(dice.uniform(5, 300), 4)])
            lines.append({"t": time, "action": "TRIBUTE", "player_id": player, "player_id_to": player % 4 + 1, "resource_id": dice.randint(0, 3), "amount": amount, "fee": dice.choice([0.3, 0.2, 0.0])})
        elif choice < 0.9:
            lines.append({"t": time, "action": "QUEUE", "player_id": player, "amount": dice.choice([1, 5]), "unit_id": dice.randint(70, 90)})
        else:
            lines.append({"t": time, "action": "RESEARCH", "player_id": player, "technology_id": dice.randint(10, 20)})
        if time == 900_000:
            lines.append({"t": time + 1, "action": "RESIGN", "player_id": 3})
    return lines


def sales(dice):
    """Rows of a shop: sales between players and rewards for quests, as a studio would export them."""
    rows = ["type;sold_at;seller;buyer;sku;qty;price"]
    for number in range(200):
        buyer, seller = dice.sample(["ana", "ben", "cai", "dov", "eve"], 2)
        time = 1_767_225_600 + number * 60
        if dice.random() < 0.3:
            rows.append(f"QUEST;{time};;{buyer};;1;{dice.randint(100, 900) / 100:.2f}")
        else:
            rows.append(f"SALE;{time};{seller};{buyer};{dice.choice(['lantern', 'rope', 'compass'])};{dice.randint(1, 3)};{dice.randint(50, 700) / 100:.2f}")
    return rows


def main():
    dice = random.Random(8)
    with open(os.path.join(FOLDER, "harbor-market.jsonl"), "w") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in commands(dice))
    with open(os.path.join(FOLDER, "harbor-sales.csv"), "w") as file:
        file.write("\n".join(sales(dice)) + "\n")
    mapping = {
        "match": "harbor-sales", "scale": 100, "kind": {"column": "type", "words": {"SALE": "trade", "QUEST": "reward"}},
        "t": {"column": "sold_at", "unit": "s"}, "actor": "seller", "counterparty": "buyer", "item": "sku", "quantity": "qty", "unitPrice": "price",
    }
    with open(os.path.join(FOLDER, "harbor-sales.csv.mapping.json"), "w") as file:
        json.dump(mapping, file, indent=2)
        file.write("\n")


main()
