-- Workload W on PostgreSQL, hot row: as postgres-ledger.sql, but the treasury is a row that every purchase and every fee writes, last of all rows
-- and held until the commit is on disk.
CREATE TABLE player (player int PRIMARY KEY, gold bigint NOT NULL CHECK (gold >= 0)) WITH (fillfactor = 50);
CREATE TABLE inventory (
    player int, item int, quantity bigint NOT NULL CHECK (quantity >= 0), PRIMARY KEY (player, item)
) WITH (fillfactor = 70);
CREATE TABLE treasury (one int PRIMARY KEY, gold bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO treasury VALUES (1, 0);
-- The operation's id is the key: an operation that comes again finds its line.
CREATE TABLE ledger (
    id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), kind smallint NOT NULL,
    player int NOT NULL, counterparty int NOT NULL, item int NOT NULL, quantity int NOT NULL, gold bigint NOT NULL,
    treasury bigint NOT NULL, outcome smallint NOT NULL
);
INSERT INTO player SELECT number, :gold FROM generate_series(0, :players - 1) AS number;
INSERT INTO inventory
    SELECT number, kind, :quantity FROM generate_series(0, :players - 1) AS number, generate_series(0, :kinds - 1) AS kind;

-- kind: 0 purchase, 1 trade (the player gives items, the counterparty gold), 2 reward. Returns 0 done, 1 refused. A repeat violates the ledger's key,
-- which undoes all of it; the caller then reads the outcome of the first time.
CREATE FUNCTION operate(
    id uuid, kind int, actor int, other int, kind_of_item int, amount int, coins bigint
) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    fee bigint := 0;
    refused int := 0;
    coins_of_other bigint;
BEGIN
    IF kind = 0 THEN
        UPDATE player SET gold = gold - coins WHERE player = actor AND gold >= coins;
        IF FOUND THEN
            fee := coins;
            UPDATE inventory SET quantity = quantity + amount WHERE player = actor AND item = kind_of_item;
            IF NOT FOUND THEN INSERT INTO inventory VALUES (actor, kind_of_item, amount); END IF;
        ELSE
            refused := 1;
        END IF;
    ELSIF kind = 1 THEN
        PERFORM 1 FROM player WHERE player IN (actor, other) ORDER BY player FOR UPDATE;
        SELECT gold INTO coins_of_other FROM player WHERE player = other;
        IF coins_of_other >= coins THEN
            UPDATE inventory SET quantity = quantity - amount
                WHERE player = actor AND item = kind_of_item AND quantity >= amount;
            IF FOUND THEN
                fee := coins * 250 / 10000;
                UPDATE inventory SET quantity = quantity + amount WHERE player = other AND item = kind_of_item;
                IF NOT FOUND THEN INSERT INTO inventory VALUES (other, kind_of_item, amount); END IF;
                UPDATE player SET gold = gold - coins WHERE player = other;
                UPDATE player SET gold = gold + coins - fee WHERE player = actor;
            ELSE
                refused := 1;
            END IF;
        ELSE
            refused := 1;
        END IF;
    ELSE
        UPDATE player SET gold = gold + coins WHERE player = actor;
        UPDATE inventory SET quantity = quantity + amount WHERE player = actor AND item = kind_of_item;
        IF NOT FOUND THEN INSERT INTO inventory VALUES (actor, kind_of_item, amount); END IF;
    END IF;
    INSERT INTO ledger VALUES (id, DEFAULT, kind, actor, other, kind_of_item, amount, coins, fee, refused);
    IF fee > 0 THEN UPDATE treasury SET gold = gold + fee WHERE one = 1; END IF;
    RETURN refused;
END
$$;

CREATE VIEW treasury_gold AS SELECT gold FROM treasury;
