# SPDX-License-Identifier: MIT
"""The files that inboxes are: copied, damaged, locked, or an application's own."""

import contextlib
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from world import SLOW, eventually, insert


@pytest.mark.valgrind
def test_consumed_rows_are_removed_later(world):
    reader = world.listen()
    world.insert(*[str(n) for n in range(100)])
    reader.wait(lambda: len(reader.data) == 100, reader.story)
    eventually(lambda: len(world.rows()) < 100, "consumed rows being removed", 30)


@pytest.mark.valgrind
def test_a_restored_copy_of_an_inbox_is_stopped_with_one_line(world):
    reader = world.listen()
    world.insert("one")
    reader.sees("one")
    path = world.inboxes["main"]
    world.hub.stop()
    with world.open_inbox() as db:
        db.execute("VACUUM INTO ?", [str(path) + ".copy"])
    world.hub.start()
    world.insert("two", "three")
    reader.sees("two", "three")
    world.hub.stop()
    for file in path.parent.glob("inbox.db*"):
        if not file.name.endswith(".copy"):
            file.unlink()
    shutil.move(str(path) + ".copy", path)
    world.hub.start()
    world.insert("under an id that was used")
    world.publish("fence")
    reader.sees("fence")
    eventually(lambda: [line for line in world.reader.log().splitlines()
                        if "inbox" in line and ("copy" in line or "restored" in line
                                                or "older" in line or "stopped" in line)],
               "one line about the restored copy")


def test_a_new_inbox_in_the_place_of_the_old_one_starts_at_its_beginning(world):
    reader = world.listen()
    world.insert("one", "two")
    reader.sees("one", "two")
    path = world.inboxes["main"]
    world.hub.stop()
    for file in path.parent.glob("inbox.db*"):
        file.unlink()
    world.hub.start()
    eventually(path.exists, "the hub making the inbox anew")
    eventually(lambda: _has_table(path), "its table")
    world.insert("three")
    reader.sees("three")


def _has_table(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        with contextlib.suppress(sqlite3.OperationalError):
            return bool(db.execute("SELECT count(*) FROM broadcast").fetchone())
    return False


def test_rows_are_published_also_when_the_write_ahead_log_was_taken_away(world):
    reader = world.listen()
    world.insert("before")
    reader.sees("before")
    path = world.inboxes["main"]
    with world.open_inbox() as db:
        eventually(lambda: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0,
                   "all rows being in the file itself")
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink()
    world.insert("behind its back")
    reader.sees("behind its back")
    world.insert("after")
    reader.sees("after")
    assert world.reader.log().count("write-ahead log was removed") == 1


def _spoil(path, pages):
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)


def _inbox_lines(world):
    return [line for line in world.reader.log().splitlines() if "inbox main (" in line]


def test_an_inbox_that_can_be_opened_but_not_read_says_so_once(world):
    world.hub.stop()
    path = world.inboxes["main"]
    world.insert(*["x" * 3000 for _ in range(100)])
    with world.open_inbox() as db:
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    _spoil(path, range(10, path.stat().st_size // 4096))
    before = len(_inbox_lines(world))
    world.hub.start()
    world.reader.says("malformed")
    time.sleep(1)  # some polls
    assert len(_inbox_lines(world)) - before == 1, _inbox_lines(world)
    reader = world.listen()
    world.publish("by POST")
    reader.sees("by POST")


def test_an_inbox_whose_rows_cannot_be_removed_is_read_on_and_says_so_once(world):
    world.hub.stop()
    path = world.inboxes["main"]
    with world.open_inbox() as db:
        db.execute("CREATE INDEX spoilt ON broadcast(data)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'spoilt'").fetchone()
        db.execute("INSERT INTO broadcast(data) VALUES ('one')")
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    _spoil(path, [page])
    before = len(_inbox_lines(world))
    world.hub.start()
    world.listen(path="/stream?since=all").sees("one")
    world.reader.says("malformed")
    time.sleep(1)  # some polls
    assert len(_inbox_lines(world)) - before == 2, _inbox_lines(world)


def test_an_inbox_locked_by_another_writer_stops_nobody_else(make_world):
    world = make_world()
    path = world.folder / "second.db"
    world.restart_hub({"inbox second": {"path": path, "create": "yes"}})
    world.is_healthy()
    reader = world.listen()
    with world.open_inbox() as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO broadcast(data) VALUES ('held back')")
        begun = time.monotonic()
        world.publish("by POST")
        world.insert("by the other inbox", inbox="second")
        reader.sees("by POST", "by the other inbox")
        assert time.monotonic() - begun < 3 * SLOW
        db.execute("COMMIT")
    reader.sees("held back")


def test_the_log_names_the_process_that_keeps_an_inbox_locked(world):
    name = Path("/proc/self/comm").read_text().strip()
    with world.open_inbox() as db:
        for _ in range(25):  # who is busy, but commits, keeps nobody away
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO broadcast(data) VALUES ('busy')")
            time.sleep(0.1)
            db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        world.reader.says(f"inbox main: has been locked for 2 s by process {os.getpid()}")
        db.execute("COMMIT")
        world.reader.says("inbox main: is no longer locked")
    assert world.reader.log().count("has been locked") == 1


def test_who_locks_even_readers_out_but_commits_keeps_nobody_away(make_world):
    world = make_world()
    path = world.folder / "app.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (sql,) in world.rows("SELECT sql FROM sqlite_schema WHERE tbl_name = 'broadcast'"):
            db.execute(sql)
        world.restart_hub({"inbox app": {"path": path}})
        world.reader.says(f"inbox app ({path}): open")
        for _ in range(30):
            db.execute("BEGIN EXCLUSIVE")
            db.execute("INSERT INTO broadcast(data) VALUES ('busy')")
            time.sleep(0.1)
            db.execute("COMMIT")
        assert "has been locked" not in world.reader.log()
        db.execute("BEGIN EXCLUSIVE")
        world.reader.says("inbox app: has been locked for 2 s by process")
        db.execute("COMMIT")
        world.reader.says("inbox app: is no longer locked")


@pytest.mark.valgrind
def test_the_application_s_own_database_publishes_in_its_own_transactions(make_world):
    world = make_world()
    path = world.folder / "app.db"
    schema = world.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
                        "name NOT LIKE 'sqlite_%' AND tbl_name = 'broadcast'")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, what TEXT)")
        for (sql,) in schema:
            db.execute(sql)
        db.commit()
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    world.restart_hub({"inbox app": {"path": path}})
    reader = world.listen("orders")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
        for what, end in (("kept", "COMMIT"), ("dropped", "ROLLBACK"), ("kept too", "COMMIT")):
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO orders(what) VALUES (?)", [what])
            db.execute("INSERT INTO broadcast(channel, data) VALUES ('orders', ?)", [what])
            db.execute(end)
        reader.sees("kept", "kept too")
        assert db.execute("SELECT what FROM orders").fetchall() == [("kept",), ("kept too",)]
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == mode == "delete"


@pytest.mark.valgrind
def test_an_application_that_checks_its_json_in_its_own_schema_publishes(make_world):
    world = make_world()
    with world.open_inbox() as db:
        db.execute("CREATE TABLE orders(doc TEXT CHECK (json_valid(doc)),"
                   " number INT AS (json_extract(doc, '$.number')))")
        db.execute("CREATE INDEX by_customer ON orders(json_extract(doc, '$.customer'))")
        db.execute("CREATE INDEX by_size ON broadcast(json_valid(data))")
    reader = world.listen()
    with world.open_inbox() as db:
        db.execute("""INSERT INTO orders(doc) VALUES ('{"number": 7}')""")
        insert(db, "{}")
    reader.sees("{}")
    world.hub.kill_all()
    world.insert("[]")
    world.hub.start()
    reader.sees("[]")
    eventually(lambda: not world.rows(), "published rows being removed")


def test_a_foreign_trigger_does_not_run_in_the_hub(world):
    reader = world.listen()
    with world.open_inbox() as db:
        db.execute("CREATE TABLE harm(x)")
        db.execute("CREATE TRIGGER harm AFTER DELETE ON broadcast BEGIN "
                   "INSERT INTO harm VALUES (1); END")
        db.execute("CREATE TRIGGER more AFTER UPDATE ON broadcast BEGIN "
                   "INSERT INTO harm VALUES (2); END")
        insert(db, *[str(n) for n in range(20)])
        reader.sees(*[str(n) for n in range(20)])
        eventually(lambda: not db.execute("SELECT * FROM broadcast").fetchall(),
                   "consumed rows being removed", 30)
        assert db.execute("SELECT * FROM harm").fetchall() == []


def test_an_inbox_that_is_no_database_stops_nobody(make_world):
    world = make_world()
    broken = world.folder / "broken.db"
    broken.write_bytes(os.urandom(5000))
    world.restart_hub({"inbox broken": {"path": broken}})
    reader = world.listen()
    world.insert("the other inbox works")
    reader.sees("the other inbox works")
    assert "broken" in world.reader.log()
