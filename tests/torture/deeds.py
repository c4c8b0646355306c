# SPDX-License-Identifier: MIT
"""What somebody who may write an inbox can do to it, out of malice or by mistake.

    deed = choose(rng)
    deed(db, rng)            # may raise sqlite3.Error; then nothing was done

A deed of BREAKING may leave a database that is no inbox any more, and the hub
may say so; any other has to leave one whose good rows are published.
"""

import contextlib
import sqlite3

BREAKING = set()
HARMLESS = []
RARE = []

TABLE = "(id INTEGER PRIMARY KEY AUTOINCREMENT, channel DEFAULT 'main', event, data, key, error)"


def harmless(deed):
    HARMLESS.append(deed)
    return deed


def breaking(deed):
    BREAKING.add(deed)
    RARE.append(deed)
    return deed


def choose(rng):
    return rng.choice(RARE if rng.random() < 0.2 else HARMLESS)


# ---- values

def garbage(rng, longest=60):
    return rng.randbytes(rng.randrange(longest))


TEXTS = ("", "x", "a\nb", "a\r\nb\r", "\r", "data: x\n\nid: 7\nevent: y", "\ufeffbom", "a\0b", "\0",
         "\x85\x7f\x1b[2J", "\u2028\u2029", "\U0010ffff", ": comment", "retry: 1", " x", "reset")
BYTES = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"x\xfe\n\nid: 1\n\n",
         b"\xef\xbb\xbf", b"ok", b"")
NUMBERS = (0, -1, 7, 2**53, 2**63 - 1, -2**63, 0.5, -0.0, 1e308, float("inf"))


def value(rng):
    """(SQL, parameter)"""
    kind = rng.randrange(8)
    if kind < 3:
        return "?", rng.choice(TEXTS)
    if kind < 5:  # text that is none
        return "CAST(? AS TEXT)", rng.choice(BYTES + (garbage(rng),))
    if kind == 5:
        return "?", rng.choice(BYTES + (garbage(rng),))
    if kind == 6:
        return "?", rng.choice(NUMBERS)
    return "?", None


def long_value(rng):
    size = rng.choice((65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 5 << 20))
    return rng.choice(("printf('%*d', ?, 1)", "zeroblob(?)")).replace("%*d", f"%{size}d"), size


def identifier(rng):
    return rng.choice((-2**63, -1, 0, 1, 2, 5, 10**9, 10**9 + 1))


def row(db, rng, names):
    """Inserts one, whatever the checks say."""
    chosen = {"data": value(rng)}
    for name in names:
        if rng.random() < 0.4:
            chosen[name] = ("?", identifier(rng)) if name == "id" else value(rng)
    if rng.random() < 0.03:
        chosen["data"] = long_value(rng)
    if rng.random() < 0.1:
        chosen["id"] = "?", identifier(rng)
    sql = (f"INSERT {rng.choice(('', 'OR REPLACE ', 'OR IGNORE '))}INTO broadcast"
           f"({', '.join(chosen)}) VALUES ({', '.join(sql for sql, _ in chosen.values())})")
    values = [v for sql, v in chosen.values() if "?" in sql]
    with contextlib.suppress(sqlite3.Error):
        db.execute(sql, values)


# ---- rows

@harmless
def rows_past_the_checks(db, rng):
    db.execute("PRAGMA ignore_check_constraints = 1")
    for _ in range(rng.randrange(1, 6)):
        row(db, rng, ("channel", "event", "key"))


@harmless
def rows_that_the_checks_see(db, rng):
    for _ in range(rng.randrange(1, 6)):
        row(db, rng, ("channel", "event", "key", "error"))


@harmless
def rows_past_the_triggers(db, rng):
    db.execute("DROP TRIGGER IF EXISTS broadcast_insert")
    db.execute("PRAGMA ignore_check_constraints = 1")
    for _ in range(rng.randrange(1, 4)):
        row(db, rng, ("id", "channel", "event", "key", "error"))


@harmless
def many_rows(db, rng):
    db.execute("INSERT INTO broadcast(channel, data, key) WITH RECURSIVE n(i) AS"
               " (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?)"
               " SELECT 'hostile', CAST(randomblob(i % 9) AS TEXT), i % 5 FROM n",
               [rng.randrange(1, 300)])


@harmless
def rows_changed_and_deleted(db, rng):
    db.execute("PRAGMA ignore_check_constraints = 1")
    sql, parameter = value(rng)
    db.execute("INSERT INTO broadcast(channel, data) VALUES ('hostile', 'to be changed')")
    name = rng.choice(("data", "channel", "event", "key", "error"))
    db.execute(f"UPDATE broadcast SET {name} = {sql}", [parameter])
    if rng.random() < 0.3:
        db.execute("DELETE FROM broadcast WHERE id % 2")


# ---- what runs in their programs, and must not in the hub

@harmless
def a_trigger(db, rng):
    what = rng.choice((
        "BEFORE INSERT ON broadcast BEGIN SELECT RAISE(ABORT, 'no'); END",
        "BEFORE INSERT ON broadcast WHEN NEW.data LIKE 'g/%' BEGIN SELECT RAISE(IGNORE); END",
        "AFTER INSERT ON broadcast WHEN NEW.data LIKE 'g/%' BEGIN"
        " INSERT INTO broadcast(channel, data) VALUES ('hostile', 'more of it'); END",
        "AFTER INSERT ON broadcast BEGIN DELETE FROM broadcast WHERE id = NEW.id; END",
        "AFTER INSERT ON broadcast BEGIN UPDATE broadcast SET event = 'x' || char(10)"
        " WHERE id = NEW.id AND channel = 'hostile'; END",
        "BEFORE DELETE ON broadcast BEGIN SELECT RAISE(ABORT, 'mine'); END",
        "AFTER DELETE ON broadcast BEGIN INSERT INTO broadcast(data)"
        " VALUES ('a row for each deleted one'); END",
        "BEFORE UPDATE ON broadcast BEGIN SELECT RAISE(ROLLBACK, 'never'); END",
        "AFTER UPDATE ON broadcast BEGIN DELETE FROM broadcast; END"))
    db.execute("DROP TRIGGER IF EXISTS harm")
    db.execute(f"CREATE TRIGGER harm {what}")


@harmless
def no_trigger(db, rng):
    for name in rng.sample(("harm", "broadcast_insert", "broadcast_update"), 2):
        db.execute(f"DROP TRIGGER IF EXISTS {name}")


@harmless
def an_index(db, rng):
    db.execute("DROP INDEX IF EXISTS aside")
    db.execute("CREATE INDEX aside ON broadcast" + rng.choice((
        "(data)", "(channel, event)", "(length(data))", "(data) WHERE error IS NULL",
        "(key) WHERE key IS NOT NULL", "(json_valid(data))", "(data COLLATE NOCASE DESC)")))


@harmless
def something_beside_it(db, rng):
    db.execute(rng.choice((
        "CREATE TABLE IF NOT EXISTS beside(a, b REFERENCES broadcast(id))",
        "CREATE VIEW IF NOT EXISTS around AS SELECT * FROM broadcast",
        "INSERT INTO beside SELECT 1, id FROM broadcast",
        "DROP TABLE IF EXISTS beside", "DROP VIEW IF EXISTS around",
        "CREATE TEMP TABLE broadcast(id, data)", "CREATE TEMP VIEW broadcast AS SELECT 1 AS id",
        "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(w)",
        "ANALYZE", "REINDEX")))


@harmless
def another_column(db, rng):
    name = f"c{rng.randrange(1000)}"
    db.execute(f"ALTER TABLE broadcast ADD COLUMN {name} " + rng.choice((
        "TEXT", "ANY DEFAULT 5", "TEXT NOT NULL DEFAULT 'x'", "INT CHECK (data <> 'no')",
        "TEXT GENERATED ALWAYS AS (channel || 'y') VIRTUAL",
        "INT GENERATED ALWAYS AS (length(data)) VIRTUAL")))


# ---- the file

@harmless
def a_setting(db, rng):
    db.execute("PRAGMA " + rng.choice((
        "user_version = -1", "user_version = 2147483647", "application_id = 99",
        "schema_version = 7", "wal_checkpoint(TRUNCATE)", "wal_checkpoint(RESTART)",
        "wal_autocheckpoint = 1", "secure_delete = 1", "auto_vacuum = 1",
        "incremental_vacuum", "optimize", "recursive_triggers = 1", "synchronous = OFF",
        "cell_size_check = 1", "locking_mode = EXCLUSIVE", "cache_spill = 1"))).fetchall()


@harmless
def another_journal(db, rng):
    db.execute("PRAGMA journal_mode = " + rng.choice((
        "DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF", "WAL"))).fetchall()


@harmless
def vacuum(db, rng):
    if db.in_transaction:
        db.execute("COMMIT")
    db.execute("VACUUM")


# ---- what leaves no inbox, or another one

@breaking
def a_last_id(db, rng):
    db.execute("DROP TRIGGER IF EXISTS broadcast_insert")
    db.execute("INSERT INTO broadcast(id, channel, data) VALUES (?, 'hostile', 'the last')",
               [rng.choice((2**63 - 1, 2**63 - 2, 2**62, 2**53))])


@breaking
def a_column_lost_or_renamed(db, rng):
    name = rng.choice(("event", "key", "error", "created_at", "data", "channel"))
    for trigger in ("broadcast_insert", "broadcast_update", "harm"):
        db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    db.execute("DROP INDEX IF EXISTS aside")
    db.execute("ALTER TABLE broadcast " + rng.choice((
        f"DROP COLUMN {name}", f"RENAME COLUMN {name} TO other")))


@breaking
def the_table_made_anew(db, rng):
    db.execute("DROP TABLE IF EXISTS broadcast")
    db.execute(rng.choice((
        f"CREATE TABLE broadcast{TABLE}",
        f"CREATE TABLE broadcast{TABLE.replace(' AUTOINCREMENT', '')}",
        "CREATE TABLE broadcast(id INTEGER PRIMARY KEY, channel, event, data, key, error)"
        " WITHOUT ROWID",
        "CREATE TABLE broadcast(id INTEGER PRIMARY KEY AUTOINCREMENT, data)",
        "CREATE TABLE broadcast(id TEXT, channel, event, data, key, error)",
        "CREATE TABLE BroadCast" + TABLE,
        "CREATE TABLE broadcast(id INTEGER PRIMARY KEY AUTOINCREMENT, x, channel AS (x), event,"
        " data AS (x || 'y'), key, error)",
        "CREATE VIEW broadcast AS SELECT 1 AS id, 'hostile' AS channel, NULL AS event,"
        " 'from a view' AS data, NULL AS key",
        "CREATE VIEW broadcast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS id, 'hostile' AS channel, NULL AS event, 'endless' AS data, NULL AS key"
        " FROM n -- AUTOINCREMENT",
        "CREATE VIRTUAL TABLE broadcast USING fts5(channel, event, data, key)",
        "CREATE INDEX nothing ON nothing(x)")))


@breaking
def the_table_renamed(db, rng):
    db.execute(f"ALTER TABLE broadcast RENAME TO b{rng.randrange(10**6)}")
    if rng.random() < 0.5:
        db.execute(f"CREATE TABLE broadcast{TABLE}")


@breaking
def the_sequence(db, rng):
    if rng.random() < 0.2:
        db.execute("DELETE FROM sqlite_sequence")
    else:
        db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'broadcast'", [
            rng.choice((None, 0, -5, "text", b"\xff", 1.5, 2**63 - 1, 2**62))])


@breaking
def the_identity(db, rng):
    db.execute(rng.choice((
        "DROP TABLE tidings_identity", "DELETE FROM tidings_identity",
        "UPDATE tidings_identity SET identity = 'short'",
        "UPDATE tidings_identity SET identity = zeroblob(16)",
        "UPDATE tidings_identity SET identity = randomblob(1000000)",
        "ALTER TABLE tidings_identity RENAME COLUMN identity TO i",
        "ALTER TABLE tidings_identity ADD COLUMN more DEFAULT 1")))


@breaking
def the_schema_by_hand(db, rng):
    db.execute("PRAGMA writable_schema = 1")
    db.execute(*rng.choice((
        ("UPDATE sqlite_schema SET sql = ? WHERE name = 'broadcast'",
         ["CREATE TABLE broadcast" + garbage(rng).decode("latin-1")]),
        ("UPDATE sqlite_schema SET sql = NULL WHERE name = 'broadcast'",),
        ("UPDATE sqlite_schema SET rootpage = ? WHERE name = 'broadcast'",
         [rng.choice((0, 1, 2, 3, 4, 999999, -1))]),
        ("UPDATE sqlite_schema SET type = 'view' WHERE name = 'broadcast'",),
        ("UPDATE sqlite_schema SET name = 'broadcast', tbl_name = 'broadcast'",),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'broadcast'",),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'AUTOINCREMENT', '')",),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'data ANY NOT NULL', 'data REAL')",),
        ("DELETE FROM sqlite_schema WHERE name = 'broadcast'",),
        ("INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 2, ?)", [garbage(rng)]),
        ("INSERT INTO sqlite_schema VALUES ('trigger', 't', 'broadcast', 0, 'CREATE TRIGGER t"
         " AFTER DELETE ON broadcast BEGIN SELECT load_extension(''x''); END')",))))
    db.execute(f"PRAGMA schema_version = {rng.randrange(1000, 10**6)}")


# After these, ids begin again; a row may get one that was published, but whose
# row has not been removed yet, and is then removed in its stead.
REUSING = {deed.__name__ for deed in (the_table_made_anew, the_table_renamed, the_sequence)}
