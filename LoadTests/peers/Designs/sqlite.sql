-- Workload W on SQLite: tables without row ids, the treasury is what the ledger adds up to. PRAGMAs are the driver's: WAL and synchronous=FULL.
CREATE TABLE player (player INTEGER PRIMARY KEY, gold INTEGER NOT NULL);
CREATE TABLE inventory (
    player INTEGER, item INTEGER, quantity INTEGER NOT NULL, PRIMARY KEY (player, item)
) WITHOUT ROWID;
CREATE TABLE ledger (
    id BLOB PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, player INTEGER NOT NULL, counterparty INTEGER NOT NULL,
    item INTEGER NOT NULL, quantity INTEGER NOT NULL, gold INTEGER NOT NULL, treasury INTEGER NOT NULL, outcome INTEGER NOT NULL
) WITHOUT ROWID;
WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :players - 1)
    INSERT INTO player SELECT n, :gold FROM number;
WITH RECURSIVE kind (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM kind WHERE k < :kinds - 1)
    INSERT INTO inventory SELECT player, k, :quantity FROM player, kind;
