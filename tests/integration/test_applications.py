# SPDX-License-Identifier: MIT
"""Applications whose own database is an inbox: none of their transactions fails
because we remove what was published, or write anything else."""

import contextlib
import re
import sqlite3
import time
from collections import Counter

import application
import pytest

from application import Application
from world import TOP, eventually

WAITS = "SELECT pieces FROM stock"


@pytest.fixture
def shop_of(make_world):
    """shop_of(mode): a world whose inbox `shop` is an application's database."""
    def make(mode, **keys):
        world = make_world()
        path = world.folder / "shop.db"
        application.make(path, mode, world.inboxes["main"])
        world.settings["inbox shop"] = {"path": path, **keys}
        world.restart_hub({})
        eventually(lambda: world.unread() == {}, "the application's database being read")
        return world
    return make


def _count(world):
    return world.rows("SELECT count(*) FROM broadcast", "shop")[0][0]


def _goes_well(world, reader, shop):
    assert shop.failures == []
    reader.wait(lambda: len(reader.data) >= len(shop.committed), reader.story, 20)
    eventually(lambda: _count(world) == 0, "published rows being removed")
    assert Counter(reader.data) == Counter(shop.committed)
    assert "not published" not in world.reader.log()


def test_an_application_that_reads_before_it_inserts_never_fails(shop_of):
    world = shop_of("WAL")
    reader = world.listen()
    with Application(world.inboxes["shop"], "reading", 60) as shop:
        _goes_well(world, reader, shop.works())


def test_an_application_that_waits_for_no_lock_never_fails_in_wal_mode(shop_of):
    world = shop_of("WAL")
    reader = world.listen()
    with Application(world.inboxes["shop"], "single", 300, timeout=0, think=0.001) as shop:
        _goes_well(world, reader, shop.works())


def test_single_inserts_beside_removal_in_a_rollback_journal_never_fail(shop_of):
    world = shop_of("DELETE")
    reader = world.listen()
    with Application(world.inboxes["shop"], "single", 200, think=0) as shop:
        _goes_well(world, reader, shop.works())


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_nothing_is_written_while_an_application_has_a_transaction_open(shop_of, mode):
    world = shop_of(mode)
    reader = world.listen()
    world.insert("one", "two", inbox="shop")
    reader.sees("one", "two")
    eventually(lambda: _count(world) == 0, "published rows being removed")
    with world.open_inbox("shop", timeout=0) as db:
        if mode == "WAL":
            db.execute("BEGIN")
            db.execute(WAITS).fetchall()
            world.insert("beside", inbox="shop")
            reader.sees("beside")
            db.execute("ROLLBACK")
            eventually(lambda: _count(world) == 0, "published rows being removed")
        world.reader.stop()
        bad, = _insert_bad(world)
        world.insert("three", inbox="shop")
        db.execute("BEGIN")
        db.execute(WAITS).fetchall()
        world.reader.start()
        reader.sees("three")
        time.sleep(0.5)  # some polls
        assert db.execute("SELECT count(*) FROM broadcast").fetchall() == [(2,)]
        db.execute("INSERT INTO broadcast(data) VALUES ('four')")
        assert db.execute("SELECT error FROM broadcast").fetchall() == [(None,)] * 3
        db.execute("COMMIT")
        reader.sees("four")
        eventually(lambda: world.rows("SELECT id FROM broadcast WHERE error IS NOT NULL", "shop")
                   == [(bad,)], "the bad row holding its reason")
        eventually(lambda: _count(world) == 1, "published rows being removed")


def _insert_bad(world):
    with world.open_inbox("shop") as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        return [db.execute("INSERT INTO broadcast(channel, data) VALUES ('', 'x')").lastrowid]


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_database_is_made_an_inbox_only_while_nobody_has_a_transaction_open(make_world, mode):
    world = make_world()
    path = world.folder / "shop.db"
    application.make(path, mode, world.inboxes["main"])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as db:
        db.execute("BEGIN")
        db.execute(WAITS).fetchall()
        world.settings["inbox shop"] = {"path": path}
        world.restart_hub({})
        world.reader.says("its table tidings_identity cannot be made now")
        db.execute("INSERT INTO broadcast(data) VALUES ('one')")
        db.execute("COMMIT")
        eventually(lambda: world.unread() == {}, "the application's database being read")
    reader = world.listen(path="/stream?since=all")
    reader.sees("one")


def test_a_journal_mode_that_is_changed_stops_neither_reading_nor_removal(shop_of):
    world = shop_of("DELETE")
    reader = world.listen()
    with world.open_inbox("shop") as db:
        eventually(lambda: _has_become(db, "WAL"), "the journal mode being WAL")
        db.execute("INSERT INTO broadcast(data) VALUES ('one')")
        reader.sees("one")
        world.reader.says("its journal mode was changed")
        eventually(lambda: _count(world) == 0, "published rows being removed")
        db.execute("INSERT INTO broadcast(data) VALUES ('two')")
        reader.sees("two")


def test_an_application_that_keeps_the_newest_rows_by_a_trigger_is_let_alone(shop_of):
    world = shop_of("WAL", consume="no", start="all")
    text = (TOP / "docs/sqlite-inbox.md").read_text()
    trigger = re.search(r"CREATE TRIGGER broadcast_keep.*?END\n", text, re.DOTALL).group()
    with world.open_inbox("shop") as db:
        db.execute(trigger.replace("10000", "10"))
    reader = world.listen()
    for n in range(30):
        world.insert(str(n), inbox="shop")
        reader.sees(str(n))
    assert _count(world) == 10
    assert "not published" not in world.reader.log()


def _has_become(db, mode):
    with contextlib.suppress(sqlite3.OperationalError):
        return db.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0].upper() == mode
