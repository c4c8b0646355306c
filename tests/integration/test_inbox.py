# SPDX-License-Identifier: MIT
"""INSERT: exactly once, in commit order, whatever happens to the hub."""

import contextlib
import os
import re
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from wire import ALL
from world import SLOW, eventually, insert


def test_a_row_is_published(world):
    reader = world.listen("alerts")
    world.insert("disk almost full", channel="alerts")
    event = reader.sees("disk almost full")
    assert int(event.id) > 0


def test_channel_and_type_of_a_row(world):
    main, other = world.listen(), world.listen("späte Züge")
    world.insert("to main")
    world.insert("typed", channel="späte Züge", event="note")
    main.sees("to main")
    other.sees("typed", type="note")


def test_rows_of_one_transaction_come_in_order(world):
    reader = world.listen()
    rows = [f"row {n}" for n in range(500)]
    world.insert(*rows)
    reader.sees(*rows)


def test_a_row_is_there_within_milliseconds_of_its_commit(world):
    reader = world.listen()
    with world.open_inbox() as db:
        insert(db, "the first")
        reader.sees("the first")
        delays = []
        for n in range(50):
            insert(db, str(n))
            committed = time.monotonic()
            reader.sees(str(n))
            delays.append(time.monotonic() - committed)
    assert sorted(delays)[25] < 0.050 * SLOW


def test_a_rolled_back_row_is_never_seen(world):
    reader = world.listen()
    with world.open_inbox() as db:
        db.execute("BEGIN")
        db.execute("INSERT INTO broadcast(data) VALUES ('never')")
        db.execute("ROLLBACK")
        insert(db, "fence")
    reader.sees("fence")


def test_rows_inserted_while_the_hub_is_away_are_published_once_when_it_is_back(world):
    reader = world.listen()
    world.insert("before")
    reader.sees("before")
    world.hub.kill_all()
    world.insert("one", "two")
    world.insert("three")
    world.hub.start()
    world.insert("after")
    reader.sees("one", "two", "three", "after")


def test_rows_are_published_once_over_many_kills(world):
    reader = world.listen(reconnect=True)
    wanted = []
    for turn in range(8):
        rows = [f"{turn}/{n}" for n in range(50)]
        wanted += rows
        for row in rows[:25]:
            world.insert(row)
        world.hub.kill_all()
        world.insert(*rows[25:])
        world.hub.start()
    reader.wait(lambda: len(reader.data) >= len(wanted), reader.story, 30)
    assert reader.data == wanted


@pytest.mark.valgrind
def test_two_writers_at_once_lose_nothing(world):
    reader = world.listen()
    threads = []

    def write(name):
        with world.open_inbox() as db:
            for n in range(100):
                insert(db, f"{name}/{n}")
    for name in "abc":
        threads.append(threading.Thread(target=write, args=(name,)))
        threads[-1].start()
    for thread in threads:
        thread.join(30 * SLOW)
    reader.wait(lambda: len(reader.data) >= 300, reader.story, 20)
    for name in "abc":
        assert [d for d in reader.data if d.startswith(name)] == [f"{name}/{n}" for n in range(100)]
    assert len(reader.data) == 300


@pytest.mark.valgrind
def test_a_key_makes_a_row_idempotent_with_rows_and_posts(world):
    reader = world.listen("a")
    world.insert("x", channel="a", key="k1")
    cursor = int(reader.sees("x").id)
    world.insert("x", channel="a", key="k1")
    assert world.publish("x", channel="a", id="k1") == cursor
    world.insert("fence", channel="a")
    reader.sees("fence")
    assert [row[0] for row in world.rows("SELECT error FROM broadcast WHERE error IS NOT NULL")] == []


def test_a_row_of_event_message_is_the_same_as_one_without(world):
    reader = world.listen("a")
    world.insert("x", channel="a", event="message", key="k1")
    reader.sees("x")
    world.insert("x", channel="a", key="k1")
    assert world.post("/realtime/a?id=k1", b"x").status == 200
    assert world.post("/realtime/a?id=k1&event=message", b"x").status == 200
    world.insert("fence", channel="a", event="message")
    reader.sees("fence")
    assert world.channel("a")["events"] == 2
    peer = world.hub_peer()
    assert [event.type for event in peer.page("a", start=2).events] == [b"", b""]


@pytest.mark.valgrind
def test_a_key_with_other_content_is_an_error_in_its_row(world):
    reader = world.listen("a")
    world.insert("x", channel="a", key="k1")
    row, = world.insert("y", channel="a", key="k1")
    world.insert("fence", channel="a")
    reader.sees("x", "fence")
    eventually(lambda: world.rows(f"SELECT error FROM broadcast WHERE id = {row}")[0][0],
               "the row saying what is wrong")


FAULTY = {
    "a control character in the channel": ("'a' || char(10)", "'x'", "NULL"),
    "an empty channel": ("''", "'x'", "NULL"),
    "a channel of 256 bytes": ("printf('%256d', 1)", "'x'", "NULL"),
    "a channel that is no UTF-8": ("CAST(x'ff61' AS TEXT)", "'x'", "NULL"),
    "data that is no UTF-8": ("'a'", "CAST(x'22ff22' AS TEXT)", "NULL"),
    "overlong UTF-8": ("'a'", "CAST(x'c0af' AS TEXT)", "NULL"),
    "data a byte too long": ("'a'", "printf('%65508d', 1)", "NULL"),
    "data a byte too long for its type": ("'a'", "printf('%65497d', 1)", "'typ'"),
    "data of a line end too many": ("'a'", "replace(printf('%9359s', ''), ' ', char(10))", "NULL"),
    "a type with a line end": ("'a'", "'x'", "'b' || char(13)"),
    "a type of 65 bytes": ("'a'", "'x'", "printf('%65d', 1)"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_row_that_cannot_be_published_keeps_its_reason_and_stops_nobody(world, name):
    channel, data, event = FAULTY[name]
    reader = world.listen("a", "b")
    with world.open_inbox() as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        id = db.execute(f"INSERT INTO broadcast(channel, data, event) "
                        f"VALUES ({channel}, {data}, {event})").lastrowid
    world.insert("the next", channel="b")
    reader.sees("the next")
    reason = eventually(
        lambda: world.rows(f"SELECT error FROM broadcast WHERE id = {id}")[0][0],
        "the row saying what is wrong")
    assert len(reason) > 10
    assert world.reader.log().count(reason) <= 1
    if "too" in name:
        assert re.search(r"has 655(37|42) bytes as it is sent .* max_event allows 65536", reason), reason


@pytest.mark.parametrize("channel,data", [("'a' || char(10)", "'x'"), ("''", "'x'"),
                                          ("'a'", "NULL"), ("'a'", "printf('%1048577d', 1)")])
def test_the_table_itself_refuses_with_a_fair_message(world, channel, data):
    with world.open_inbox() as db:
        with pytest.raises(sqlite3.IntegrityError) as refusal:
            db.execute(f"INSERT INTO broadcast(channel, data) VALUES ({channel}, {data})")
    assert len(str(refusal.value)) > 15


def test_an_id_below_the_sequence_is_refused(world):
    first, = world.insert("x")
    with world.open_inbox() as db:
        for id in (first, first - 1, -5):
            with pytest.raises(sqlite3.Error):
                db.execute("INSERT INTO broadcast(id, data) VALUES (?, 'x')", [id])


@pytest.mark.parametrize("name", ["id", "rowid", "oid", "_rowid_"])
def test_an_id_cannot_be_changed_by_any_of_its_names(world, name):
    reader = world.listen()
    world.insert("one", "two")
    reader.sees("one", "two")
    eventually(lambda: world.rows() == [], "published rows being removed")
    with world.open_inbox() as db:
        db.execute("BEGIN")
        db.execute("INSERT INTO broadcast(data) VALUES ('three')")
        with pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
            db.execute(f"UPDATE broadcast SET {name} = 1 WHERE data = 'three'")
        db.execute("UPDATE broadcast SET data = 'four' WHERE data = 'three'")
        db.execute("COMMIT")
    reader.sees("four")


def test_a_row_that_came_in_below_those_published_says_so(world):
    reader = world.listen()
    world.insert("one", "two", "three")
    reader.sees("one", "two", "three")
    eventually(lambda: not world.rows(), "published rows being removed")
    with world.open_inbox() as db:
        db.execute("DROP TRIGGER broadcast_insert")
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute("BEGIN")
        for id in (2, -7):
            db.execute("INSERT INTO broadcast(id, data) VALUES (?, 'below')", [id])
        db.execute("INSERT INTO broadcast(data) VALUES ('four')")
        db.execute("COMMIT")
    reader.sees("four")
    eventually(lambda: [bool(row[1]) for row in world.rows("SELECT id, error FROM broadcast")]
               == [True, True], "both rows saying what is wrong")
    for id in (2, -7):
        assert world.reader.log().count(f"row {id} not published: its id is not above") == 1


def test_a_table_that_was_made_anew_loses_no_row_in_silence(world):
    reader = world.listen()
    world.insert("one", "two")
    reader.sees("one", "two")
    eventually(lambda: not world.rows(), "published rows being removed")
    with world.open_inbox() as db:
        table = [sql for (sql,) in db.execute(
            "SELECT sql FROM sqlite_schema WHERE tbl_name = 'broadcast' AND sql IS NOT NULL")]
        db.execute("BEGIN")
        db.execute("DROP TABLE broadcast")
        for sql in table:
            db.execute(sql)
        for n in range(4):
            db.execute("INSERT INTO broadcast(data) VALUES (?)", [f"anew {n}"])
        db.execute("COMMIT")
    reader.sees("anew 2", "anew 3")
    eventually(lambda: [data for data, error in world.rows("SELECT data, error FROM broadcast")
                        if error] == ["anew 0", "anew 1"], "the others saying what is wrong")


def test_a_table_that_is_no_inbox_any_more_is_said_while_it_is_open(world):
    reader = world.listen()
    world.insert("one")
    reader.sees("one")
    with world.open_inbox() as db:
        db.execute("ALTER TABLE broadcast RENAME TO former")
        db.execute("CREATE TABLE broadcast(id TEXT, channel, event, data, key, error)")
    world.reader.says("has no AUTOINCREMENT")


def test_a_column_that_is_gone_is_said_while_the_inbox_is_open(world):
    reader = world.listen()
    world.insert("one")
    reader.sees("one")
    with world.open_inbox() as db:
        db.execute("DROP TRIGGER broadcast_insert")
        db.execute("ALTER TABLE broadcast DROP COLUMN error")
    world.reader.says("no such column: error")


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


def test_a_published_row_is_in_the_log_when_its_inbox_row_is_done(world):
    reader = world.listen()
    world.insert("x")
    id = int(reader.sees("x").id)
    world.hub.kill_all()
    world.hub.start()
    world.insert("y")
    reader.sees("y")
    peer = world.hub_peer()
    following = peer.follow()
    while following.start < following.newest and peer.event().id < following.newest:
        pass
    assert [e.id for e in peer.page("main", start=ALL).events][0] == id
