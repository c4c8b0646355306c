"""A log that the disk or somebody changed, or that has lost its end: what is gone
is told, to the log and to each subscriber; what is left is served."""

import contextlib
import os
import signal
import sqlite3
import time

import pytest

from wire import ALL
from world import eventually


@contextlib.contextmanager
def the_log_of(world):
    """Its database, while no hub has it, and no responder remembers."""
    world.responder.stop()
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        yield db
        db.commit()
    world.hub.start()
    world.responder.start()
    world.is_healthy()


def three(world):
    """Events around those of another channel."""
    first = world.publish("first")
    world.publish("elsewhere", channel="other")
    second, third = world.publish("second"), world.publish("third")
    world.publish("elsewhere too", channel="other")
    return first, second, third


CHANGES = {
    "data": "data = CAST('sekond' AS BLOB)",
    "type": "type = 'other'",
    "time": "at = at + 1",
    "channel": "channel = (SELECT number FROM channel WHERE name = CAST('other' AS BLOB))",
    "sum": "sum = sum + 1",
    "no sum": "sum = NULL",
    "chain": "back = back + 1",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_event_is_not_served_and_its_subscribers_are_told(world, change):
    first, second, _ = three(world)
    with the_log_of(world) as db:
        db.execute(f"UPDATE event SET {CHANGES[change]} WHERE id = ?", [second])
    reader = world.listen(since=first)
    reader.is_connected()
    _, told = reader.is_told("reset")
    reader.sees("third")
    assert told["requested"] == str(first)
    world.hub.says(f"damaged: event {second} is not what was stored, or gone")
    whole = world.listen(since="all")
    whole.is_connected()
    whole.is_told("reset")
    whole.sees("first", "third")
    other = world.listen("other", since="all")
    other.is_connected()
    if change == "channel":  # nobody can know whose it was
        other.is_told("reset")
    other.sees("elsewhere", "elsewhere too")
    world.publish("fourth")
    reader.sees("fourth")
    whole.sees("fourth")
    assert world.hub.log().count(f"event {second} is not what") == 1


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_missing_event_is_told(world, which):
    events = three(world)
    with the_log_of(world) as db:
        db.execute("DELETE FROM event WHERE id = ?", [events[which]])
    reader = world.listen(since=events[0] if which > 0 else "all")
    reader.is_connected()
    reader.is_told("reset")
    reader.sees(*[("second", "third"), ("third",), ("second",)][which])
    world.hub.says(f"damaged: event {events[which]} is not what was stored, or gone")
    world.publish("fourth")
    reader.sees("fourth")
    other = world.listen("other", since="all")
    other.sees("elsewhere", "elsewhere too")
    assert not other.told("reset")


@pytest.mark.parametrize("which", [1, 2])
def test_an_event_that_the_index_has_lost_is_not_passed_over(world, which):
    events = three(world)
    with the_log_of(world) as db:
        index = db.execute("SELECT * FROM sqlite_schema WHERE name = 'event_of_channel'").fetchone()
        db.execute("DROP INDEX event_of_channel")
        # One that leaves it out, under the name and text of the whole one.
        db.execute(f"CREATE INDEX event_of_channel ON event(channel) WHERE id <> {events[which]}")
        db.execute("PRAGMA writable_schema = 1")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'event_of_channel'", [index[4]])
    page = world.hub_peer().page("main", start=ALL)
    assert page.gap or [event.id for event in page.events] == list(events)


def test_a_changed_count_of_a_channel_is_a_damaged_log(world):
    world.publish("an event")
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.execute("UPDATE channel SET newest = newest - 1")
        db.commit()
    world.hub.launch()
    world.expected_faults = ["hub 0"]
    world.hub.says("damaged: the row of channel main")


def test_pruned_events_are_not_missed(make_world):
    world = make_world({"hub": {"keep_events": 5}})
    for n in range(20):
        world.publish(f"event {n}", channel="ab"[n % 2])
    eventually(lambda: world.channel("a")["events"] + world.channel("b")["events"] == 5,
               "retention having pruned")
    world.hub.stop()
    world.hub.start()
    world.is_healthy()
    for name in "ab":
        world.publish("one more", channel=name)
        reader = world.listen(name, since="all")
        reader.wait(lambda: reader.data and reader.data[-1] == "one more", reader.story)
    assert "damaged" not in world.hub.log()


# ---- the end is gone

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
