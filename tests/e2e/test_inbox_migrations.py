# SPDX-License-Identifier: MIT
"""A migration takes a table's triggers away: `tidings check` says so."""

import shlex
import sqlite3

import pytest

from client import Client
from shop import hear, init, init_alone, sql
from world import eventually


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


def lost_tables(shop):
    text = shop.door.ask("GET", "/metrics", {"Accept": "text/plain"}).body.decode()
    lines = [line for line in text.splitlines()
             if line.startswith('tidings_inbox_lost_tables{inbox="shop"}')]
    return int(float(lines[0].split()[-1])) if lines else None


def test_a_migration_is_one_line_of_the_log_and_a_metric_until_the_command_is_repeated(shop):
    init(shop, "--on", "orders", "--channel", "the sales")
    eventually(lambda: lost_tables(shop) == 0, "no table being lost")
    migrate(shop)
    shop.reader.says("inbox shop: table orders: its triggers are gone")
    eventually(lambda: lost_tables(shop) == 1, "a lost table being counted")
    sql(shop, "CREATE TABLE another(x)")
    init(shop, "--on", "orders", "--channel", "the sales")
    eventually(lambda: lost_tables(shop) == 0, "no table being lost any more")
    assert shop.reader.log().count("its triggers are gone") == 1
    assert "--on orders --channel 'the sales'" in shop.reader.log()
