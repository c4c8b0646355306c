"""A log that the disk or somebody changed, or that has lost its end: what is gone
is told, to the log and to each subscriber; what is left is served."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from wire import ALL, SINCE, STORED, Event, Follow, Following
from world import INSTRUMENTED, eventually


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
    whole.sees("first", "third")
    other = world.listen("other", since="all")
    other.sees("elsewhere", "elsewhere too")
    world.publish("fourth")
    reader.sees("fourth")
    whole.sees("fourth")
    told = world.hub.log().count(f"event {second} is not what")
    assert told == 1 or change == "channel" and told == 2


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_missing_event_is_told(world, which):
    events = three(world)
    with the_log_of(world) as db:
        db.execute("DELETE FROM event WHERE id = ?", [events[which]])
    reader = world.listen(since=events[0] - (which == 0))
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
    page = world.hub_peer().page("main", value=events[0] - 1)
    assert page.gap or [event.id for event in page.events] == list(events)


ROWS = {
    "newest": "newest = newest - 1",
    "mark": "pruned_through = newest",
    "count": "events = 1000",
    "name": "name = CAST('another' AS BLOB)",
    "no name": "name = CAST('a' || char(10) AS BLOB)",
    "number": "number = number + 100",
}


@pytest.mark.parametrize("change", ROWS)
def test_a_changed_row_of_a_channel_is_told_to_its_subscribers_and_harms_no_other(world, change):
    first, second, third = three(world)
    with the_log_of(world) as db:
        db.execute(f"UPDATE channel SET {ROWS[change]} WHERE name = CAST('main' AS BLOB)")
    world.hub.says("damaged: ")
    reader = world.listen(since=first)
    reader.is_connected()
    reader.is_told("reset")
    if change in ("newest", "mark", "count"):
        reader.sees("second", "third")
    other = world.listen("other", since="all")
    other.sees("elsewhere", "elsewhere too")
    fourth = world.publish("fourth")
    reader.sees("fourth")
    with the_log_of(world):
        pass
    later = world.listen(since=fourth - 1)
    later.sees("fourth", id=fourth)
    assert not later.told("reset"), "the row is whole again"


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


def test_a_reader_of_a_long_channel_is_told_once_of_a_lost_event(world):
    ids = [world.publish(f"{n} " + "x" * 60000) for n in range(120)]
    with the_log_of(world) as db:
        db.execute("UPDATE event SET data = x'00' WHERE id = ?", [ids[110]])
    last = world.publish("last")
    reader = world.listen(since=ids[0])
    reader.wait(lambda: reader.ids[-1:] == [last], reader.story)
    assert reader.ids == ids[1:110] + ids[111:] + [last]
    assert len(reader.told("reset")) == 1
    world.publish("after")
    reader.wait(lambda: reader.data[-1] == "after", reader.story)
    assert len(reader.told("reset")) == 1


# ---- as a responder sees it

def a_hub(make_world, **config):
    return make_world(config or None, responder=False, inbox=False)


@contextlib.contextmanager
def the_log_of_the_hub(world):
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        yield db
        db.commit()
    world.hub.start()


def five(world):
    peer = world.hub_peer()
    return [peer.publish(f"event {n}").first for n in range(5)]


def without(world, *ids):
    with the_log_of_the_hub(world) as db:
        for id in ids:
            db.execute("DELETE FROM event WHERE id = ?", [id])


def holds(world, newest, after=0):
    """What a follower holds when it has the newest event, and where it began."""
    peer = world.hub_peer()
    peer.send(Follow(after, 1 << 20))
    held = drained(peer, newest)
    peer.close()
    return held


def drained(peer, newest):
    began, ids = None, []
    while began is None or ids[-1:] != [newest]:
        message = peer.next()
        if isinstance(message, Following):
            assert message.start != (ids or [began])[-1], "this says: what you hold is whole"
            began, ids = message.start, []
        elif isinstance(message, Event) and message.id:
            ids.append(message.id)
    return ids, began


PAUSE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>
int sqlite3_bind_int64(sqlite3_stmt *query, int at, sqlite3_int64 value)
{
	int (*real)(sqlite3_stmt *, int, sqlite3_int64) = dlsym(RTLD_NEXT, "sqlite3_bind_int64");
	struct timespec pause = {.tv_nsec = 5000000};

	if (at == 2 && strstr(sqlite3_sql(query), "id > ? AND id <= ?"))
		nanosleep(&pause, NULL);
	return real(query, at, value);
}
"""


@pytest.mark.skipif(INSTRUMENTED, reason="an instrument and a preloaded library do not mix")
def test_a_hub_that_loses_the_processor_for_a_moment_skips_nothing(make_world):
    world = a_hub(make_world)
    ids = five(world)
    world.hub.stop()
    pause = world.folder / "pause.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", pause, "-", "-ldl"], input=PAUSE,
                   text=True, check=True)
    world.hub.environment["LD_PRELOAD"] = str(pause)
    world.hub.start()
    assert holds(world, ids[4], after=ids[0]) == (ids[1:], ids[0])


def test_every_responder_is_told_of_a_missing_event(make_world):
    world = a_hub(make_world)
    ids = five(world)
    without(world, ids[2])
    for _ in range(2):
        assert holds(world, ids[4]) == (ids[3:], ids[2])


def test_a_publish_before_a_responder_comes_hides_no_missing_event(make_world):
    world = a_hub(make_world)
    ids = five(world)
    without(world, ids[2], ids[4])
    ids.append(world.hub_peer().publish("another").first)
    assert holds(world, ids[5])[0] == ids[5:]
    page = world.hub_peer().page("main", value=ids[0])
    assert page.gap and [event.id for event in page.events] == [ids[1], ids[3], ids[5]]


def test_browsers_are_told_though_an_inbox_publishes_first(world):
    ids = [world.publish(f"event {n}") for n in range(5)]
    world.responder.stop()
    world.insert("from the inbox")
    eventually(lambda: not world.rows(), "the row being published")
    without(world, ids[2])
    world.insert("from the inbox, too")
    eventually(lambda: not world.rows(), "the row being published")
    world.responder.start()
    world.is_healthy()
    reader = world.listen(last_event_id=str(ids[1]))
    reader.wait(lambda: "from the inbox, too" in reader.data, reader.story)
    assert reader.told("reset")


def test_an_event_missing_where_a_page_ends_is_told_by_it_or_the_next(make_world):
    world = a_hub(make_world)
    peer = world.hub_peer()
    a1, b1, a2, a3, b2 = (peer.publish(name, channel=name[0]).first
                          for name in ("a1", "b1", "a2", "a3", "b2"))
    without(world, b1)
    peer = world.hub_peer()
    gap, seen, through, told = False, [], a1, 0
    while through < b2:
        page = peer.one_page("a", "b", value=through, told=told, bytes=1)
        told = page.mark
        gap |= page.gap
        seen += [event.id for event in page.events]
        through = page.through
    assert gap and seen == [a2, a3, b2]


@pytest.mark.parametrize("after", [(), ("kept",)])
def test_since_a_time_tells_of_the_events_at_its_edges(make_world, after):
    world = a_hub(make_world)
    old = world.hub_peer().publish("old").first
    at = later_than(world, old)
    peer = world.hub_peer()
    lost, *kept = [peer.publish(data).first for data in ("lost", *after)]
    without(world, lost)
    page = world.hub_peer().page("main", start=SINCE, value=at)
    assert page.gap and [event.id for event in page.events] == kept


def later_than(world, id):
    """A time after that event, and before the next."""
    (event,) = world.hub_peer().page("main", value=id - 1).events
    eventually(lambda: time.time() * 1000 > event.at + 2, "the clock going on")
    return event.at + 1


def test_since_a_time_is_not_misled_by_a_changed_time(make_world):
    world = a_hub(make_world)
    at = later_than(world, world.hub_peer().publish("old").first)
    ids = five(world) + five(world)
    for id in ids[1:9]:
        with the_log_of_the_hub(world) as db:
            db.execute("UPDATE event SET at = at - 1000 * (id = ?)", [id])
        page = world.hub_peer().page("main", start=SINCE, value=at)
        assert page.gap or [event.id for event in page.events] == ids
        with the_log_of_the_hub(world) as db:
            db.execute("UPDATE event SET at = at + 1000 * (id = ?)", [id])


def test_a_changed_time_of_the_newest_event_is_not_taken_over(make_world):
    world = a_hub(make_world)
    ids = five(world)
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE event SET at = at + (1 << 45) WHERE id = ?", [ids[4]])
    new = world.hub_peer().publish("after").first
    (event,) = world.hub_peer().page("main", value=new - 1).events
    assert event.at < time.time() * 1000 + 60000


def test_a_channel_of_one_event_has_one_again_after_that_was_lost(make_world):
    world = a_hub(make_world, **{"channel state": {"keep_events": 1}})
    without(world, world.hub_peer().publish("1", channel="state").first)
    peer = world.hub_peer()
    for n in range(3):
        new = peer.publish(f"new {n}", channel="state").first
        eventually(lambda: [event.id for event in peer.page("state", start=ALL).events] == [new],
                   "the newest being there, alone")
        eventually(lambda: peer.channels(only="state").lines[0].events == 1,
                   "the books being right")


def test_events_that_changed_their_channel_do_not_empty_the_log(make_world):
    world = a_hub(make_world, hub={"keep_age": "1s"},
                  **{"channel own": {"keep_events": 100, "keep_age": "1h"}})
    peer = world.hub_peer()
    for _ in range(10):
        peer.publish("own", channel="own")
    peer.publish("pool", channel="pool")
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE event SET channel = (SELECT number FROM channel"
                   " WHERE name = CAST('pool' AS BLOB))")
    peer = world.hub_peer()
    eventually(lambda: not peer.page("pool", start=ALL).events, "the old ones being pruned")
    new = peer.publish("fresh", channel="pool").first
    peer.publish("another", channel="own")
    assert [event.id for event in peer.page("pool", start=ALL).events] == [new]


def test_an_event_of_a_channel_that_is_not_there_does_not_end_the_hub(make_world):
    world = a_hub(make_world)
    ids = five(world)
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE event SET channel = channel | 65536 WHERE id = ?", [ids[2]])
    assert holds(world, ids[4]) == (ids[3:], ids[2])


def test_each_damaged_event_is_said_once_also_by_the_next_hub(make_world):
    world = a_hub(make_world)
    peer = world.hub_peer()
    ids = [peer.publish(f"event {n}").first for n in range(40)]
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE event SET data = x'00' WHERE id >= ?", [ids[10]])
    for _ in range(2):
        peer = world.hub_peer()
        for _ in range(20):
            assert peer.page("main", value=ids[0]).gap
        world.hub.stop()
        world.hub.start()
    assert world.hub.log().count("is not what was stored") == 30


def test_a_lost_end_is_told_among_many_new_events(make_world):
    world = a_hub(make_world)
    peer = world.hub_peer()
    first = peer.publish("first").first
    lost = peer.publish("lost", channel="quiet").first
    without(world, lost)
    peer = world.hub_peer()
    new = [peer.publish("x" * 60000).first for n in range(8)]
    assert holds(world, new[-1], after=first) == (new, lost)


def test_a_loss_found_where_a_page_begins_is_told_to_browsers(world):
    first, lost = (world.publish(data, channel="b") for data in ("b0", "b1"))
    for n in range(5):
        world.publish("x" * 60000)
    world.publish("b2", channel="b")
    world.responder.stop()
    without(world, lost)
    world.responder.start()
    world.is_healthy()
    reader = world.listen("b", last_event_id=str(first))
    reader.wait(lambda: "b2" in reader.data, reader.story)
    assert reader.told("reset")


def test_a_lost_event_is_counted_no_more(make_world):
    world = a_hub(make_world)
    without(world, five(world)[4])
    peer = world.hub_peer()
    peer.page("main", start=ALL)
    eventually(lambda: peer.channels(only="main").lines[0].events == 4, "the books being right")


@pytest.mark.parametrize("who", ["another responder", "a page"])
def test_a_responder_is_told_of_what_somebody_else_found_meanwhile(make_world, who):
    world = a_hub(make_world)
    peer = world.hub_peer()
    first, lost = (peer.publish(data, channel="a").first for data in ("a0", "a1"))
    for _ in range(60):
        peer.publish("x" * 60000, channel="b")
    last = peer.publish("a2", channel="a").first
    without(world, lost)
    one, other = world.hub_peer(), world.hub_peer()
    one.send(Follow(0, 16 << 20))
    one.expect(Event, id=first)  # and then its socket is full: the hub waits
    if who == "a page":
        assert other.page("a", value=first).gap
    else:
        other.send(Follow(0, 16 << 20))
        assert drained(other, last)[1] >= lost
    ids, began = drained(one, last)
    assert began >= lost and lost not in ids


def fails_once(world, peer):
    """A transaction, because somebody has locked the log."""
    with contextlib.closing(sqlite3.connect(world.log_db, isolation_level=None)) as db:
        eventually(lambda: db.execute("BEGIN IMMEDIATE"), "the log being locked")
        assert peer.publish("refused", channel="q").outcome != STORED
        db.execute("ROLLBACK")
    eventually(lambda: peer.publish("taken", channel="q").outcome == STORED, "the log being free")


def test_what_is_lost_with_a_channels_row_is_told_also_after_a_failed_transaction(make_world):
    world = a_hub(make_world)
    ids = five(world)
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE channel SET name = CAST('another' AS BLOB)")
    peer = world.hub_peer()
    fails_once(world, peer)
    assert peer.page("main", value=ids[0]).gap
    peer.publish("new")
    assert peer.page("main", value=ids[0]).gap
    world.hub.stop()
    world.hub.start()
    assert world.hub_peer().page("main", value=ids[0]).gap


def test_a_channel_counted_anew_is_written_also_after_a_failed_transaction(make_world):
    world = a_hub(make_world)
    five(world)
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE channel SET events = 1000")
    peer = world.hub_peer()
    fails_once(world, peer)
    new = [peer.publish(f"new {n}").first for n in range(5)]
    world.hub.stop()
    world.hub.start()
    assert not world.hub_peer().page("main", value=new[0]).gap


@pytest.mark.parametrize("limits", [{"channel state": {"keep_events": 10}},
                                    {"hub": {"keep_events": 10}}])
def test_events_that_were_deleted_by_hand_do_not_count_for_ever(make_world, limits):
    world = a_hub(make_world, **limits)
    peer = world.hub_peer()
    for n in range(12):
        peer.publish(f"old {n}", channel="state")
    with the_log_of_the_hub(world) as db:
        db.execute("DELETE FROM event")
    peer = world.hub_peer()
    for n in range(30):
        peer.publish(f"new {n}", channel="state")

    def as_many_as_there_may_be():
        (line,) = peer.channels(only="state").lines
        return line.events == 10 == len(peer.page("state", start=ALL).events)
    eventually(as_many_as_there_may_be, "ten being held")


def test_bytes_that_are_gone_push_no_other_channel_out(make_world):
    world = a_hub(make_world, hub={"keep_bytes": "1M"})
    peer = world.hub_peer()
    sound = [peer.publish("sound", channel="main").first for n in range(10)]
    lost = [peer.publish("x" * 60000, channel="b").first for n in range(16)]
    without(world, *lost)
    peer = world.hub_peer()
    for n in range(10):
        peer.publish("y" * 30000, channel="c")
    eventually(lambda: peer.channels(only="b").lines[0].events == 0, "the books being right")
    peer.publish("y" * 30000, channel="c")
    assert [event.id for event in peer.page("main", start=ALL).events] == sound


def test_an_event_of_no_channel_is_said_at_one_start_only(make_world):
    world = a_hub(make_world)
    ids = five(world)
    with the_log_of_the_hub(world) as db:
        db.execute("UPDATE event SET channel = 77 WHERE id = ?", [ids[4]])
    for _ in range(3):
        assert world.hub_peer().page("main", value=ids[3]).gap
        world.hub.stop()
        world.hub.start()
    assert world.hub.log().count(f"event {ids[4]} is not") <= 2  # as nobody's, and as main's


@pytest.mark.parametrize("how", ["the row of a channel", "the newest events"])
def test_sound_events_stay_though_the_newest_thousand_are_not_sound(make_world, how):
    world = a_hub(make_world)
    peer = world.hub_peer()
    main = [peer.publish(*["sound"] * 100).first for _ in range(5)]
    for _ in range(11):
        peer.publish(*["big"] * 100, channel="big")
    with the_log_of_the_hub(world) as db:
        if how == "the row of a channel":
            db.execute("UPDATE channel SET name = CAST('big2' AS BLOB)"
                       " WHERE name = CAST('big' AS BLOB)")
        else:
            db.execute("UPDATE event SET data = x'00' WHERE id >= ?", [main[-1] + 100])
    peer = world.hub_peer()
    end = time.monotonic() + 1  # ticks, each with its retention
    while time.monotonic() < end:
        assert peer.channels(only="main").lines[0].events == 500
    assert len(peer.page("main", value=main[0] - 1).events) == 500


def test_a_new_channel_is_not_given_the_number_of_a_lost_one(make_world):
    world = a_hub(make_world, **{"channel fresh": {"keep_events": 5}})
    peer = world.hub_peer()
    for n in range(8):
        peer.publish(f"old {n}", channel="gone")
    with the_log_of_the_hub(world) as db:
        db.execute("DELETE FROM channel")
    peer = world.hub_peer()
    peer.publish(*["new"] * 8, channel="fresh")

    def five_are_held():
        (line,) = peer.channels(only="fresh").lines
        return line.events == 5 == len(peer.page("fresh", start=ALL).events)
    eventually(five_are_held, "five being held")


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
