# SPDX-License-Identifier: MIT
"""A log that has lost its end, or all of it: the next hub says what is missing, and
no id is used again."""

import contextlib
import os
import signal
import sqlite3
import time

import pytest


def kill_the_hub(world):
    for pid in world.hub.workers():
        os.kill(pid, signal.SIGKILL)


def test_events_that_went_with_an_emptied_write_ahead_log_are_told(world):
    reader = world.listen(reconnect=True)
    acknowledged = [world.publish(f"event {n}") for n in range(20)]
    reader.wait(lambda: len(reader.ids) == 20, reader.story)
    os.truncate(f"{world.log_db}-wal", 0)
    kill_the_hub(world)
    world.hub.says(f"but ids up to {acknowledged[-1]} were acknowledged: the events between are gone")
    world.expected_faults = ["hub 0"]
    world.is_healthy()
    assert world.publish("after") > acknowledged[-1]
    reader.wait(lambda: reader.data[-1] == "after", reader.story)
    assert len(reader.told("reset")) == 1


@pytest.mark.parametrize("left", [0, 5000, 1 << 20])
def test_a_write_ahead_log_cut_short_under_the_running_hub_spoils_nothing_else(world, left):
    before = [world.publish(f"before {n} " + "x" * 1000) for n in range(50)]
    world.hub.stop()  # these are in the database
    world.hub.start()
    world.is_healthy()
    for n in range(20):
        world.publish(f"event {n}")
    world.expected_faults = ["exited with status 1"]
    os.truncate(f"{world.log_db}-wal", left)
    with contextlib.suppress(AssertionError):
        for n in range(100):
            world.publish(f"meanwhile {n} " + "x" * 10000)
    world.hub.says(f"log {world.log_db}-wal: was cut short while in use")
    world.is_healthy()
    last = world.publish("after")
    reader = world.listen(since="all")
    reader.wait(lambda: reader.ids[-1:] == [last], reader.story)
    assert reader.ids[:50] == before
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_log_put_back_from_a_copy_says_what_it_lacks(world):
    first = world.publish("in the copy")
    copy = world.folder / "copy.db"
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.execute("VACUUM INTO ?", [str(copy)])
    last = world.publish("not in it")
    world.hub.stop()
    for name in ("log.db", "log.db-wal", "log.db-shm"):
        (world.folder / name).unlink(missing_ok=True)
    copy.rename(world.log_db)
    world.hub.start()
    world.hub.says(f"ends at id {first}, but ids up to {last} were acknowledged")
    world.is_healthy()
    world.listen(since="all").sees("in the copy", id=first)


def test_a_hub_that_was_only_restarted_or_killed_lacks_nothing(world):
    for n in range(3):
        world.publish(f"before {n}")
        world.hub.kill_all()
        world.hub.start()
        world.is_healthy()
        world.publish(f"after {n}")
        world.hub.stop()
        world.hub.start()
        world.is_healthy()
    assert "acknowledged" not in world.hub.log()


def test_ids_rise_though_the_log_is_gone_and_the_clock_was_set_back(world):
    world.publish("before")
    world.hub.stop()
    ahead = int(time.time() * 1e6) + 10**13
    (world.folder / "log.db.lock").write_text(f"{ahead:016}\n")
    for path in world.folder.glob("log.db*"):
        if not path.name.endswith(".lock"):
            path.unlink()
    world.hub.start()
    world.is_healthy()
    assert world.publish("after") > ahead


@pytest.mark.parametrize("text", ["", "text", "9" * 16 + "\n", "9" * 40, "-000000000000005\n"])
def test_a_lock_file_with_anything_in_it_compares_with_nothing(world, text):
    world.publish("before")
    world.hub.stop()
    (world.folder / "log.db.lock").write_text(text)
    world.hub.start()
    world.is_healthy()
    assert world.publish("after") < 2 * 10**15
    assert "acknowledged" not in world.hub.log()
