# SPDX-License-Identifier: MIT
"""INSERT, by real sqlite3 and by any program that can write SQLite, to browsers behind a web server."""

import contextlib
import sqlite3
import subprocess
import threading

import pytest

from client import Client
from realtext import everyone_has, post_each
from world import SLOW, eventually, insert

pytestmark = pytest.mark.behind_apache("--full")


def sqlite(world, sql, inbox="main"):
    result = subprocess.run(["sqlite3", str(world.inboxes[inbox]), ".timeout 2000", sql],
                            capture_output=True, text=True, timeout=20 * SLOW)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.behind_apache
def test_sqlite3_publishes(web):
    reader = web.listen("alerts")
    assert sqlite(web, "INSERT INTO broadcast(channel, data) "
                       "VALUES ('alerts', 'disk almost full')") == (0, "")
    reader.sees("disk almost full")


def test_sqlite3_is_told_what_is_wrong(web):
    for sql in ("INSERT INTO broadcast(channel, data) VALUES ('', 'x')",
                "INSERT INTO broadcast(channel, data) VALUES ('a', NULL)",
                "INSERT INTO broadcast(channel, data, event) VALUES ('a', 'x', 'b' || char(10))"):
        status, said = sqlite(web, sql)
        assert status != 0 and len(said) > 20


def test_a_hundred_runs_of_sqlite3_are_a_hundred_events_in_order(web):
    reader = web.listen()
    wanted = [f"run {n}" for n in range(100)]
    for data in wanted:
        assert sqlite(web, f"INSERT INTO broadcast(data) VALUES ('{data}')") == (0, "")
    reader.sees(*wanted)


def test_sqlite3_inserts_while_the_web_publishes(web):
    reader = web.listen()
    posts = threading.Thread(target=lambda: [web.publish(f"post {n}") for n in range(100)])
    posts.start()
    for n in range(20):
        assert sqlite(web, f"INSERT INTO broadcast(data) VALUES ('row {n}')") == (0, "")
    posts.join()
    reader.wait(lambda: len(reader.data) == 120, reader.story)
    for kind, count in (("post", 100), ("row", 20)):
        assert [d for d in reader.data if d.startswith(kind)] == [f"{kind} {n}" for n in range(count)]


# ---- real text

@pytest.mark.timeout(180)
def test_each_line_by_an_insert_of_its_own(web, audience, lines):
    with web.open_inbox() as db:
        for line in lines:
            insert(db, line, channel="text")
    everyone_has(audience, lines)


@pytest.mark.behind_apache
@pytest.mark.timeout(180)
def test_all_lines_by_one_transaction(web, audience, lines):
    web.insert(*lines, channel="text")
    everyone_has(audience, lines)


@pytest.mark.timeout(180)
def test_all_lines_by_the_sqlite3_program(web, audience, lines, tmp_path):
    script = tmp_path / "insert.sql"
    with script.open("w") as out:
        out.write(".timeout 5000\nBEGIN;\n")
        for line in lines:
            text = line.replace("'", "''")
            out.write(f"INSERT INTO broadcast(channel, data) VALUES ('text', '{text}');\n")
        out.write("COMMIT;\n")
    with script.open() as text:
        subprocess.run(["sqlite3", str(web.inboxes["main"])], stdin=text, check=True, timeout=60)
    everyone_has(audience, lines)


@pytest.mark.timeout(180)
def test_by_post_and_by_insert_at_once(web, audience, lines):
    half = len(lines) // 2
    posts = threading.Thread(target=post_each, args=(web, lines[:half]))
    posts.start()
    with web.open_inbox() as db:
        for at in range(half, len(lines), 20):
            insert(db, *lines[at:min(at + 20, len(lines))], channel="text", event="inserted")
    posts.join()
    for reader in audience:
        reader.wait(lambda: len(reader.ids) >= len(lines), reader.story, 60)
        by = {"message": [], "inserted": []}
        for event in reader.events:
            if event.type in by:
                by[event.type].append(event.data)
        assert by["message"] == lines[:half] and by["inserted"] == lines[half:]
        assert reader.ids == audience[0].ids == sorted(set(reader.ids))


# ---- beside an application that is busy

def _work(path, done, failures):
    """What an application does all day: reads, thinks, writes a table of its own."""
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        while not done.is_set():
            try:
                db.execute("SELECT count(*), max(what) FROM orders").fetchall()
                db.execute("BEGIN IMMEDIATE")
                db.execute("UPDATE orders SET what = what || '.' WHERE id = 1")
                db.execute("COMMIT")
            except sqlite3.Error as failure:
                failures.append(failure)
            done.wait(0.002)


def test_no_published_row_of_a_busy_application_is_called_unpublished(make_world):
    """In SQLite's default journal mode, in which whoever writes locks everybody out."""
    world = make_world(web=True)
    path = world.folder / "shop.db"
    done, failures = threading.Event(), []
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        db.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, what TEXT)")
        db.execute("INSERT INTO orders VALUES (1, '')")
        Client(world, "inbox", "init", path).ends(0)
        world.restart_hub({"inbox shop": {"path": path}})
        world.is_healthy()
        reader = world.listen()
        beside = threading.Thread(target=_work, args=(path, done, failures), daemon=True)
        beside.start()
        wanted = [f"row {n}" for n in range(300)]
        for data in wanted:
            db.execute("INSERT INTO broadcast(data) VALUES (?)", [data])
        reader.wait(lambda: len(reader.data) >= 300, reader.story, 30)
        # Both connections stay open, and one goes on working.
        eventually(lambda: db.execute("SELECT count(*) FROM broadcast WHERE error IS NULL").fetchone()
                   == (0,), "published rows being removed", 30)
        assert db.execute("SELECT id, error FROM broadcast").fetchall() == []
        done.set()
        beside.join(30)
        db.execute("INSERT INTO broadcast(data) VALUES ('fence')")
        reader.wait(lambda: reader.data[-1] == "fence", reader.story)
    assert reader.data == [*wanted, "fence"]
    assert failures == []
    assert "not published" not in world.reader.log()


# ---- under kills

@pytest.mark.slow
@pytest.mark.timeout(300)
def test_rows_inserted_under_kills_are_published_once_and_in_order(make_world):
    world = make_world(web=True)
    readers = [world.listen(reconnect=True) for _ in range(10)]
    stop, wanted = threading.Event(), []

    def write():
        with world.open_inbox() as db:
            while not stop.is_set():
                data = f"row {len(wanted)}"
                db.execute("INSERT INTO broadcast(data) VALUES (?)", [data])
                wanted.append(data)
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    for turn in range(15):
        daemon = (world.hub, world.responder)[turn % 2]
        killed = daemon.has_settled().kill_worker()
        daemon.has_other_worker(killed, 20)
        target = len(wanted) + 50
        eventually(lambda: len(wanted) >= target, "rows being inserted", 20)
    stop.set()
    writer.join(20)
    for reader in readers:
        reader.wait(lambda: len(reader.ids) >= len(wanted), reader.story, 60)
        assert reader.data == wanted
        assert reader.ids == sorted(set(reader.ids)) and not reader.told("reset")
        assert set(reader.statuses) == {200}
