# SPDX-License-Identifier: MIT
"""INSERT: exactly once, in commit order, whatever happens to the hub."""

import re
import sqlite3
import threading
import time

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
