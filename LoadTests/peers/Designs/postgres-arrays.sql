-- Workload W on PostgreSQL, ledger-only with all that a player has in one row: half the rows written, of longer rows.
CREATE TABLE player (
    player int PRIMARY KEY, gold bigint NOT NULL CHECK (gold >= 0), items int[] NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE ledger (
    id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), kind smallint NOT NULL,
    player int NOT NULL, counterparty int NOT NULL, item int NOT NULL, quantity int NOT NULL, gold bigint NOT NULL,
    treasury bigint NOT NULL, outcome smallint NOT NULL
);
INSERT INTO player SELECT number, :gold, array_fill(:quantity, ARRAY[:kinds]) FROM generate_series(0, :players - 1) AS number;

-- As in postgres-ledger.sql.
CREATE FUNCTION operate(
    id uuid, kind int, actor int, other int, kind_of_item int, amount int, coins bigint
) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    fee bigint := 0;
    refused int := 0;
    place int := kind_of_item + 1;
    coins_of_other bigint;
    items_of_actor int;
BEGIN
    IF kind = 0 THEN
        UPDATE player SET gold = gold - coins, items[place] = items[place] + amount WHERE player = actor AND gold >= coins;
        IF FOUND THEN fee := coins; ELSE refused := 1; END IF;
    ELSIF kind = 1 THEN
        PERFORM 1 FROM player WHERE player IN (actor, other) ORDER BY player FOR UPDATE;
        SELECT gold INTO coins_of_other FROM player WHERE player = other;
        SELECT items[place] INTO items_of_actor FROM player WHERE player = actor;
        IF coins_of_other >= coins AND items_of_actor >= amount THEN
            fee := coins * 250 / 10000;
            UPDATE player SET gold = gold - coins, items[place] = items[place] + amount WHERE player = other;
            UPDATE player SET gold = gold + coins - fee, items[place] = items[place] - amount WHERE player = actor;
        ELSE
            refused := 1;
        END IF;
    ELSE
        UPDATE player SET gold = gold + coins, items[place] = items[place] + amount WHERE player = actor;
    END IF;
    INSERT INTO ledger VALUES (id, DEFAULT, kind, actor, other, kind_of_item, amount, coins, fee, refused);
    RETURN refused;
END
$$;

CREATE VIEW treasury_gold AS SELECT coalesce(sum(treasury), 0)::bigint AS gold FROM ledger;
CREATE VIEW inventory AS
    SELECT player, (item - 1)::int AS item, quantity::bigint
    FROM player, unnest(items) WITH ORDINALITY AS each (quantity, item);
