# SPDX-License-Identifier: MIT
"""`tidings inbox init`: an application that knows nothing of Tidings publishes."""

import json
import sqlite3

import pytest

from shop import hear, init, sql
from world import eventually


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
