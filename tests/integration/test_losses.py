# SPDX-License-Identifier: MIT
"""A log that the disk or somebody changed, as responders see it, and what becomes of
its counts, marks and limits."""

import contextlib
import sqlite3
import subprocess
import time

import pytest

from brokenlog import a_hub, drained, five, holds, the_log_of_the_hub, without
from wire import ALL, SINCE, STORED, Event, Follow
from world import INSTRUMENTED, eventually

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
    page = world.hub_peer().page("a", "b", value=a1, bytes=1)
    assert page.gap and [event.id for event in page.events] == [a2, a3, b2]


def test_an_event_missing_where_a_page_ought_to_end_is_told(make_world):
    world = a_hub(make_world)
    peer = world.hub_peer()
    ids = [peer.publish(name).first for name in ("one", "two", "three", "four")]
    without(world, ids[2])
    peer = world.hub_peer()
    page = peer.one_page("main", after=ids[0], upto=ids[2])
    assert page.mark == page.through == ids[2] and [event.id for event in page.events] == [ids[1]]


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
