# SPDX-License-Identifier: MIT
"""`tidings inbox init`: an application that knows nothing of Tidings publishes."""

import json
import math
import random
import shlex
import sqlite3
import subprocess

import pytest

from client import Client
from world import eventually, program


@pytest.fixture
def shop(make_world, tmp_path):
    """An application's own database, named to the hub before it is prepared."""
    path = tmp_path / "shop.db"
    world = make_world({"inbox shop": {"path": path}}, web=True)
    world.shop = path
    sql(world, "CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT, price REAL, photo BLOB)")
    return world


def sql(world, *statements):
    """As the application would: its own connection, its own transaction."""
    with sqlite3.connect(world.shop, timeout=10) as db:
        rows = [db.execute(statement).fetchall() for statement in statements][-1]
    db.close()
    return rows


def init(world, *arguments, status=0, path=None):
    client = Client(world, "inbox", "init", path or world.shop, *arguments)
    client.ends(status)
    return client


def hear(world, channel, count, status=0):
    listener = Client(world, "sub", channel, "--since", "all", "--count", count, "--timeout", "15s")
    listener.ends(status, within=20)
    return [(event["event"], json.loads(event["data"])) for event in listener.events()]


def test_inserts_updates_and_deletes_of_a_table_are_heard_as_json(shop):
    client = init(shop, "--on", "orders")
    assert client.lines == ["[inbox shop]", f"path = {shop.shop}"]
    sql(shop, "INSERT INTO orders VALUES (1, 'a \"cup\" für\nzwei', 4.5, x'00ff')",
        "UPDATE orders SET price = 9e999 WHERE id = 1", "DELETE FROM orders")
    cup = {"id": 1, "item": "a \"cup\" für\nzwei", "price": 4.5, "photo": "00FF"}
    dear = {**cup, "price": None}
    assert hear(shop, "orders", 3) == [
        ("insert", {"table": "orders", "change": "insert", "new": cup}),
        ("update", {"table": "orders", "change": "update", "old": cup, "new": dear}),
        ("delete", {"table": "orders", "change": "delete", "old": dear})]


def test_what_is_rolled_back_is_not_published(shop):
    init(shop, "--on", "orders")
    sql(shop, "SAVEPOINT s", "INSERT INTO orders(item) VALUES ('never')", "ROLLBACK TO s",
        "INSERT INTO orders(item) VALUES ('sold')")
    assert [data["new"]["item"] for _, data in hear(shop, "orders", 1)] == ["sold"]


def test_events_of_one_s_own_in_the_same_transaction(shop):
    init(shop)
    sql(shop, "INSERT INTO orders(item) VALUES ('cup')",
        "INSERT INTO broadcast(channel, event, data) VALUES ('shop', 'sale', '{\"cups\": 1}')")
    assert hear(shop, "shop", 1) == [("sale", {"cups": 1})]


def test_a_row_too_long_for_an_event_is_told_by_its_key_and_stored_all_the_same(shop):
    init(shop, "--on", "orders", "--channel", "sales")
    sql(shop, f"INSERT INTO orders(item) VALUES ('{'x' * 3_000_000}')",
        "INSERT INTO orders(item) VALUES ('short')")
    assert sql(shop, "SELECT count(*) FROM orders") == [(2,)]
    events = hear(shop, "sales", 2)
    assert events[0] == ("insert", {"table": "orders", "change": "insert", "too_long": True,
                                    "key": {"id": 1}})
    assert events[1][1]["new"]["item"] == "short"


@pytest.mark.parametrize("definition, insert, expected", [
    ('"it\'s \"\"odd\"\""("a \"\"b\"\"", "c\'d")', "(1, 'x')", {'a "b"': 1, "c'd": "x"}),
    ("keyless(a, g AS (a + 1))", "(41)", {"a": 41, "g": 42}),
    ("strict(a TEXT PRIMARY KEY) WITHOUT ROWID", "('k')", {"a": "k"}),
    (f"wide({', '.join(f'c{i}' for i in range(700))})", f"({', '.join('7' * 700)})",
     {f"c{i}": 7 for i in range(700)}),
], ids=["odd names", "generated", "without rowid", "700 columns"])
def test_any_ordinary_table_will_do(shop, definition, insert, expected):
    sql(shop, f"CREATE TABLE {definition}")
    name = sql(shop, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'orders'")[-1][0]
    init(shop, "--on", name, "--channel", "changes")
    quoted = name.replace('"', '""')
    sql(shop, f'INSERT INTO "{quoted}" VALUES {insert}')
    assert hear(shop, "changes", 1) == [
        ("insert", {"table": name, "change": "insert", "new": expected})]


def test_a_database_in_utf_16_takes_its_application_s_rows_as_before(shop, tmp_path):
    path = tmp_path / "wide.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA encoding = 'UTF-16'")
    db.execute("CREATE TABLE orders(item)")
    init(shop, "--on", "orders", path=path)
    db.execute("INSERT INTO orders VALUES ('für')")
    assert [json.loads(data)["new"] for data, in db.execute("SELECT data FROM broadcast")] \
        == [{"item": "für"}]
    db.close()


def test_triggers_that_would_break_the_application_are_not_made(shop):
    sql(shop, "CREATE TABLE broadcast(id INTEGER PRIMARY KEY AUTOINCREMENT, channel, event, data,"
        " key, created_at, error, more NOT NULL)")
    assert "NOT NULL constraint failed" in init(shop, "--on", "orders", status=8).sentence
    sql(shop, "INSERT INTO orders(item) VALUES ('cup')")


def test_a_row_at_the_application_s_own_limit_is_stored_and_told_by_its_key(shop):
    init(shop, "--on", "orders")
    db = sqlite3.connect(shop.shop, timeout=10)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
    for photo in (b"x" * 999_000, "\0" + "x" * 900_000):
        db.execute("INSERT INTO orders(photo) VALUES (?)", (photo,))
        db.execute("UPDATE orders SET price = 1")
        db.execute("DELETE FROM orders")
    db.commit()
    db.close()
    events = hear(shop, "orders", 6)
    assert [kind for kind, _ in events] == ["insert", "update", "delete"] * 2
    assert all(data["too_long"] and data["key"] == {"id": 1} for _, data in events)


def test_a_key_with_a_nul_in_it_is_as_long_as_it_is(shop):
    sql(shop, "CREATE TABLE words(word TEXT PRIMARY KEY)")
    init(shop, "--on", "words")
    sql(shop, "INSERT INTO words VALUES (char(0) || hex(zeroblob(1000000)))")
    assert hear(shop, "words", 1)[0][1]["key"] == {"word": None}


def test_a_text_made_by_json_functions_is_a_text_in_every_event(shop):
    init(shop, "--on", "orders")
    sql(shop, "INSERT INTO orders(id, item) VALUES (1, json('{\"x\":1}'))", "DELETE FROM orders")
    assert [data.get("new", data.get("old"))["item"] for _, data in hear(shop, "orders", 2)] \
        == ['{"x":1}'] * 2


def test_a_table_that_was_renamed_publishes_each_change_once(shop):
    init(shop, "--on", "orders")
    sql(shop, "ALTER TABLE orders RENAME TO sales")
    init(shop, "--on", "sales")
    sql(shop, "INSERT INTO sales(item) VALUES ('cup')")
    assert hear(shop, "sales", 1)[0][1]["table"] == "sales"
    assert sql(shop, "SELECT seq FROM sqlite_sequence WHERE name = 'broadcast'") == [(1,)]
    init(shop, "--off", "sales")
    assert sql(shop, "SELECT name FROM sqlite_schema WHERE tbl_name = 'sales' AND type = 'trigger'") == []


def test_done_again_it_follows_a_changed_table_and_publishes_nothing_twice(shop):
    init(shop, "--on", "orders")
    sql(shop, "ALTER TABLE orders ADD COLUMN buyer TEXT")
    again = init(shop, "--on", "Orders")
    assert any("there already" in line for line in again.errors)
    sql(shop, "INSERT INTO orders(item, buyer) VALUES ('cup', 'Ann')", "DELETE FROM orders")
    assert [(kind, data.get("new", data.get("old"))["buyer"]) for kind, data
            in hear(shop, "orders", 2)] == [("insert", "Ann"), ("delete", "Ann")]


def test_off_leaves_the_table_alone_again(shop):
    init(shop, "--on", "orders")
    init(shop, "--off", "orders")
    assert sql(shop, "SELECT name FROM sqlite_schema WHERE tbl_name = 'orders' AND type = 'trigger'") == []


def test_several_tables_and_none_if_one_of_them_will_not_do(shop):
    sql(shop, "CREATE TABLE stock(item, n)")
    client = init(shop, "--on", "orders", "--on", "nosuch", "--on", "stock", status=2)
    assert "nosuch: there is no such table" in client.sentence
    assert sql(shop, "SELECT count(*) FROM sqlite_schema WHERE name = 'broadcast'") == [(0,)]
    init(shop, "--on", "orders", "--on", "stock")
    sql(shop, "INSERT INTO stock VALUES ('cup', 3)", "INSERT INTO orders(item) VALUES ('cup')")
    assert hear(shop, "stock", 1)[0][1]["new"] == {"item": "cup", "n": 3}
    assert hear(shop, "orders", 1)[0][1]["new"]["item"] == "cup"


@pytest.mark.parametrize("made, sentence", [
    (None, "No such file or directory"),
    ("text", "file is not a database"),
    ("view", "broadcast is not an ordinary table"),
    ("other", "has no AUTOINCREMENT"),
    ("columns", "no such column"),
])
def test_a_file_that_will_not_do_is_left_as_it_is(shared, tmp_path, made, sentence):
    path = tmp_path / "app.db"
    schema = {"view": "CREATE VIEW broadcast AS SELECT 1", "other": "CREATE TABLE broadcast(id)",
              "columns": "CREATE TABLE broadcast(id INTEGER PRIMARY KEY AUTOINCREMENT, text)"}
    if made == "text":
        path.write_text("no database at all, but long enough to be read as one " * 20)
    elif made:
        with sqlite3.connect(path) as db:
            db.execute(schema[made])
        db.close()
    before = path.read_bytes() if made else None
    assert sentence in init(shared, status=8, path=path).sentence
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_database_that_is_locked_is_said_so(shop):
    with sqlite3.connect(shop.shop) as db:
        db.execute("BEGIN EXCLUSIVE")
        client = init(shop, status=8)
    db.close()
    assert "another program has held its lock for 5 s" in client.sentence


def test_the_hub_takes_up_a_database_prepared_while_it_runs(shop):
    sql(shop, "INSERT INTO orders(item) VALUES ('before')")
    init(shop, "--on", "orders")
    eventually(lambda: sql(shop, "SELECT count(*) FROM sqlite_schema WHERE name = 'tidings_identity'")
               == [(1,)], "the hub knowing the database")
    sql(shop, "INSERT INTO orders(item) VALUES ('after')")
    assert [data["new"]["item"] for _, data in hear(shop, "orders", 1)] == ["after"]


# ---- what stands in an event

def new_rows(path, values, encoding="UTF-8", kind=""):
    """The events of a table with such values in it, as their texts."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA encoding = '{encoding}'")
    db.execute(f"CREATE TABLE readings(id INTEGER PRIMARY KEY, value {kind})")
    init_alone(path, "--on", "readings")
    db.execute("BEGIN")
    db.executemany("INSERT INTO readings(value) VALUES (?)", [(value,) for value in values])
    db.execute("COMMIT")
    rows = [data for data, in db.execute("SELECT data FROM broadcast ORDER BY id")]
    db.close()
    return rows


def init_alone(path, *arguments, status=0):
    ended = subprocess.run([program("client/tidings"), "inbox", "init", path, *arguments],
                           capture_output=True, text=True, timeout=60)
    assert ended.returncode == status, ended.stderr
    return ended


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
@pytest.mark.parametrize("kind", ["", "REAL", "TEXT COLLATE NOCASE"])
def test_a_real_number_is_read_back_as_the_same_number(tmp_path, encoding, kind):
    chance = random.Random(15)
    numbers = [0.1, 0.1 + 0.2, 1 / 3, -19.99, 5.0, 1e22, 1e23, 5e-324, 2.2250738585072014e-308,
               123456789012345.6, 9007199254740993.0, 1e15, 1e-7]
    numbers += [chance.random() * 10.0 ** chance.randint(-90, 90) for _ in range(2000)]
    rows = new_rows(tmp_path / "app.db", numbers, encoding, kind)
    read = [float(json.loads(row)["new"]["value"]) for row in rows]
    if kind.startswith("TEXT"):  # the application's own column has rounded it
        assert all(math.isclose(a, b, rel_tol=1e-14) or b < 1e-300 for a, b in zip(read, numbers))
    else:
        assert read == numbers


def test_a_number_that_a_person_wrote_is_told_as_it_was_written(tmp_path):
    rows = new_rows(tmp_path / "app.db", [0.1, 19.99, -4.5, 5.0, 1234567.89])
    assert [row.split('"value":')[1].rstrip("}") for row in rows] \
        == ["0.1", "19.99", "-4.5", "5.0", "1234567.89"]


def test_what_json_has_no_number_for_is_null_and_whole_numbers_are_exact(tmp_path):
    rows = new_rows(tmp_path / "app.db", [math.inf, -math.inf, math.nan, -0.0, 2**63 - 1, -2**63])
    assert [json.loads(row)["new"]["value"] for row in rows] \
        == [None, None, None, 0.0, 2**63 - 1, -2**63]


def test_a_text_that_is_no_utf_8_is_told_by_its_key(shop):
    init(shop, "--on", "orders")
    sql(shop, "INSERT INTO orders(item) VALUES (CAST(x'636166e9' AS TEXT))",
        "UPDATE orders SET item = 'caf\u00e9'", "UPDATE orders SET item = 'tea'")
    events = hear(shop, "orders", 3)
    assert events[0] == ("insert", {"table": "orders", "change": "insert", "not_utf8": True,
                                    "key": {"id": 1}})
    assert events[1] == ("update", {"table": "orders", "change": "update", "not_utf8": True,
                                    "key": {"id": 1}})
    assert events[2][1]["old"]["item"] == "caf\u00e9"
    assert sql(shop, "SELECT count(*) FROM broadcast WHERE error IS NOT NULL") == [(0,)]


def test_a_key_that_is_no_utf_8_is_null(shop):
    sql(shop, "CREATE TABLE words(word TEXT, n, PRIMARY KEY(word, n))")
    init(shop, "--on", "words")
    sql(shop, "INSERT INTO words VALUES (CAST(x'e9' AS TEXT), 7)")
    assert hear(shop, "words", 1)[0][1]["key"] == {"word": None, "n": 7}


def test_each_text_is_utf_8_or_told_by_its_key_whatever_bytes_it_has(tmp_path):
    chance = random.Random(15)
    good = [b"a", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b'"', b"\n", b"\0", b"\x7f",
            b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xef\xbf\xbf"]
    bad = [b"\xe9", b"\xe2\x82", b"\x93", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x82\x80",
           b"\xf4\x90\x80\x80", b"\xf5", b"\xe0\x82\x80", b"\xff", b"\xc3\xa9\xa9"]
    texts = [b"x" * chance.choice([0, 3, 15, 16, 17, 511, 512, 1000])
             + b"".join(chance.choice(good if chance.random() < 0.9 else bad)
                        for _ in range(chance.randint(1, 20))) for _ in range(3000)]
    db = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    db.text_factory = bytes
    db.execute("CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT)")
    init_alone(tmp_path / "app.db", "--on", "words")
    db.execute("BEGIN")
    db.executemany("INSERT INTO words(word) VALUES (CAST(? AS TEXT))", [(text,) for text in texts])
    db.execute("COMMIT")
    for text, (data,) in zip(texts, db.execute("SELECT data FROM broadcast ORDER BY id")):
        event = json.loads(data.decode())  # which is UTF-8 in any case
        try:
            assert event["new"]["word"] == text.decode()
        except UnicodeDecodeError:
            raise AssertionError(f"{text} was told as {data}") from None
        except KeyError:
            assert event["not_utf8"]
            with pytest.raises(UnicodeDecodeError):
                text.decode()
    db.close()


def test_half_a_surrogate_pair_in_utf_16_keeps_no_row_from_being_stored_and_told(tmp_path):
    db = sqlite3.connect(tmp_path / "wide.db", isolation_level=None)
    db.execute("PRAGMA encoding = 'UTF-16le'")
    db.execute("CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT)")
    init_alone(tmp_path / "wide.db", "--on", "words")
    for half in ("00d8", "00dc", "00d84100", "610000d8"):
        db.execute(f"INSERT INTO words(word) VALUES (CAST(x'{half}' AS TEXT))")
    db.text_factory = bytes
    rows = [json.loads(data.decode()) for data, in db.execute("SELECT data FROM broadcast")]
    assert len(rows) == 4
    db.close()


def test_a_statement_that_changes_many_rows_tells_each_as_it_is(shop):
    init(shop, "--on", "orders")
    sql(shop, "INSERT INTO orders(item) VALUES ('a'), ('\u00e9'), (CAST(x'ff' AS TEXT)), ('d')")
    assert [data["new"]["item"] if "new" in data else data["key"]
            for _, data in hear(shop, "orders", 4)] == ["a", "\u00e9", {"id": 3}, "d"]


# ---- what a migration does to it

def migrate(shop):
    """Makes the table anew, as SQLite's own manual says."""
    sql(shop, "CREATE TABLE new_orders(id INTEGER PRIMARY KEY, item TEXT, price REAL, photo BLOB)",
        "INSERT INTO new_orders SELECT * FROM orders", "DROP TABLE orders",
        "ALTER TABLE new_orders RENAME TO orders")


def check(shop, status):
    config = shop.folder / "here.conf"
    config.write_text(f"[inbox shop]\npath = {shop.shop}\n")
    return Client(shop, "check", "--auto", "--server-config", config, "inboxes").ends(status, 30)


def told(lines):
    """The verdict on inboxes, and the commands below it."""
    at = next(i for i, line in enumerate(lines) if line[5:].startswith("inboxes"))
    return lines[at], [line.strip()[3:] for line in lines[at + 1:]]


def repeat(command):
    words = shlex.split(command)
    assert words[:3] == ["tidings", "inbox", "init"]
    init_alone(*words[3:])


@pytest.mark.parametrize("change, wrong, flags", [
    (None, "its triggers are gone", "--on orders --channel 'the sales'"),
    ("DROP TABLE orders", "there is no such table any more", "--off orders"),
    ("ALTER TABLE orders RENAME TO \"our sales\"", "it was renamed to our sales",
     "--off orders --on 'our sales' --channel 'the sales'"),
    ("ALTER TABLE orders ADD COLUMN buyer", "its columns are not those",
     "--on orders --channel 'the sales'"),
    ("ALTER TABLE orders RENAME COLUMN item TO thing", "its columns are not those",
     "--on orders --channel 'the sales'"),
    ("DROP TRIGGER tidings_orders_update", "its triggers are gone",
     "--on orders --channel 'the sales'"),
], ids=["made anew", "dropped", "renamed", "column added", "column renamed", "trigger dropped"])
def test_a_table_that_publishes_no_longer_is_told_with_the_command_that_mends_it(
        shop, change, wrong, flags):
    init(shop, "--on", "orders", "--channel", "the sales")
    assert told(check(shop, 0))[0].startswith("ok ")
    migrate(shop) if change is None else sql(shop, change)
    verdict, commands = told(check(shop, 1))
    assert verdict.startswith("FAIL ") and "shop: orders: " + wrong in verdict
    assert commands == [f"tidings inbox init {shop.shop} {flags}"]
    repeat(commands[0])
    assert told(check(shop, 0)) [0].startswith("ok ")


def test_a_table_whose_old_one_is_kept_beside_it_is_told_and_mended(shop):
    init(shop, "--on", "orders")
    sql(shop, "ALTER TABLE orders RENAME TO old_orders",
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, item)")
    verdict, commands = told(check(shop, 1))
    assert "its triggers are on the table old_orders now" in verdict
    repeat(commands[0])
    sql(shop, "INSERT INTO old_orders(item) VALUES ('old')", "INSERT INTO orders VALUES (7, 'new')")
    assert hear(shop, "orders", 1)[0][1]["new"] == {"id": 7, "item": "new"}
    assert told(check(shop, 0))[0].startswith("ok ")


def test_triggers_of_an_older_version_are_taken_up_when_init_is_repeated(shop):
    init(shop, "--on", "orders")
    sql(shop, "DROP TABLE tidings_trigger")
    assert "loss would not be seen" in told(check(shop, 0))[0]
    init(shop, "--on", "orders")
    migrate(shop)
    assert "its triggers are gone" in told(check(shop, 1))[0]


def test_off_leaves_no_record(shop):
    init(shop, "--on", "orders")
    init(shop, "--off", "orders")
    assert sql(shop, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tidings_trigger'") == [(0,)]


@pytest.mark.parametrize("name", ["it's", "-x", "a b", "ta\tb", "\u00e4", "$(id)"])
def test_the_command_is_right_for_odd_names_too(shop, name):
    sql(shop, f'CREATE TABLE "{name}"(a)')
    init(shop, f"--on={name}", "--channel", "odd")
    sql(shop, f'DROP TRIGGER "tidings_{name}_insert"')
    _, (command,) = told(check(shop, 1))
    if "\t" in name:
        assert command.endswith("--on TABLE --channel odd")
    else:
        repeat(command)
        assert told(check(shop, 0))[0].startswith("ok ")


@pytest.mark.parametrize("record", [
    "CREATE VIEW tidings_trigger AS SELECT 1/0 AS name, 2 AS on_table, 3 AS channel, 4 AS columns, 5 AS sql",
    "CREATE TABLE tidings_trigger(name AS (abs(-9223372036854775808)), on_table, channel, columns, sql)",
    "CREATE TABLE tidings_trigger(x)",
    "CREATE VIRTUAL TABLE tidings_trigger USING fts5(name, on_table, channel, columns, sql)",
], ids=["view", "generated", "other", "virtual"])
def test_a_record_that_is_no_ordinary_table_is_not_read(shop, record):
    init(shop)
    sql(shop, record)
    assert told(check(shop, 0))[0].startswith("ok ")


def test_a_record_of_another_s_making_cannot_write_to_a_terminal(shop):
    init(shop, "--on", "orders")
    sql(shop, "INSERT INTO tidings_trigger VALUES ('x', char(27) || '[2J', char(10), '', ''),"
        " ('y', hex(zeroblob(500000)), x'00', '', CAST(x'ff' AS TEXT)) RETURNING 1"
        .replace("x'00'", "char(0)"))
    verdict, commands = told(check(shop, 1))
    assert "\x1b" not in verdict + "".join(commands) and len(verdict) < 1000
    assert commands == [f"tidings inbox init {shop.shop} --off TABLE"] * 2


def test_thousands_of_records_are_told_in_a_few_lines(shop):
    init(shop, "--on", "orders")
    sql(shop, "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " INSERT INTO tidings_trigger SELECT 't' || i, 'no' || i, 'c', '', '' FROM n")
    verdict, commands = told(check(shop, 1))
    assert len(commands) == 20 and "more tables" in verdict


def test_an_inbox_that_cannot_be_looked_at_is_not_said_to_be_well(shop):
    init(shop, "--on", "orders")
    sql(shop, "PRAGMA journal_mode = DELETE")
    shop.hub.stop()
    with sqlite3.connect(shop.shop) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert "database is locked" in told(check(shop, 1))[0]
    db.close()
