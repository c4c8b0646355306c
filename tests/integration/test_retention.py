# SPDX-License-Identifier: MIT
"""What is no longer held, and that nobody is deceived about it."""

import contextlib
import sqlite3
import time

import pytest

from wire import AFTER, ALL, REPEATED, SINCE
from world import eventually


def a_hub(make_world, **settings):
    channels = {k: v for k, v in settings.items() if isinstance(v, dict)}
    keys = {k: v for k, v in settings.items() if k not in channels}
    config = {"hub": keys, **{f"channel {name}": v for name, v in channels.items()}}
    world = make_world(config, responder=False, inbox=False)
    peer = world.hub_peer()
    peer.follow()
    return world, peer


def held(peer, channel="main"):
    return [e.id for e in peer.page(channel, start=ALL).events]


def fill(peer, count, channel="main", data="x"):
    """Publishes and reads what comes back; returns the ids."""
    ids = []
    for _ in range(count):
        ids.append(peer.publish(data, channel=channel).first)
        peer.event()
    return ids


def is_held(peer, wanted, channel="main"):
    eventually(lambda: held(peer, channel) == wanted,
               f"{len(wanted)} events being held of {channel}")


def gap(peer, *channels, cursor):
    return peer.page(*channels, start=AFTER, value=cursor)


@pytest.mark.valgrind
def test_the_oldest_go_when_there_are_too_many(make_world):
    _, peer = a_hub(make_world, keep_events=50)
    ids = fill(peer, 130)
    is_held(peer, ids[-50:])


def test_the_oldest_go_when_they_are_too_large(make_world):
    _, peer = a_hub(make_world, keep_bytes="64K")
    ids = fill(peer, 40, data="x" * 4032)  # 4,096 each, by the documented count
    is_held(peer, ids[-16:])


def test_types_in_any_language_count_by_their_bytes(make_world):
    _, peer = a_hub(make_world, keep_bytes="16K")
    data = "x" * 960  # 1,088 with the type and what each event counts for
    ids = []
    for _ in range(200):
        ids.append(peer.publish(data, type="\N{GRINNING FACE}" * 16).first)
        peer.event()
    is_held(peer, ids[-15:])


def test_the_oldest_go_when_they_are_too_old(make_world):
    _, peer = a_hub(make_world, keep_age="1500ms")
    fill(peer, 5)
    eventually(lambda: held(peer) == [], "old events being gone", 15)
    young = fill(peer, 1)
    assert held(peer) == young


def test_a_gap_begins_exactly_below_what_was_pruned(make_world):
    _, peer = a_hub(make_world, keep_events=10)
    ids = fill(peer, 30)
    is_held(peer, ids[-10:])
    page = gap(peer, "main", cursor=ids[19])  # has seen all that is gone
    assert (page.gap, page.used, [e.id for e in page.events]) == (0, ids[19], ids[20:])
    page = gap(peer, "main", cursor=ids[18])  # has missed just one
    assert page.gap == 1 and [e.id for e in page.events] == ids[20:]
    assert page.used == ids[20] - 1
    assert (page.oldest, page.newest) == (ids[20], ids[29])


def test_a_gap_where_nothing_is_left_goes_on_at_the_newest(make_world):
    _, peer = a_hub(make_world, a={"keep_events": 1, "keep_age": "1s"})
    ids = fill(peer, 3, "a")
    newest = fill(peer, 1, "b")[0]
    eventually(lambda: held(peer, "a") == [], "channel a being empty", 15)
    page = gap(peer, "a", cursor=ids[0])
    assert (page.gap, page.used, page.events, page.oldest) == (1, newest, [], 0)
    assert gap(peer, "a", cursor=ids[2]).gap == 0


def test_a_channel_with_limits_of_its_own_is_kept_by_them_alone(make_world):
    _, peer = a_hub(make_world, keep_events=20, quiet={"keep_events": 100}, brief={"keep_events": 3})
    quiet = fill(peer, 5, "quiet")
    brief = fill(peer, 10, "brief")
    noise = fill(peer, 60, "noise")
    is_held(peer, noise[-20:], "noise")
    is_held(peer, brief[-3:], "brief")
    assert held(peer, "quiet") == quiet


def test_a_quiet_channel_has_no_gap_when_another_was_pruned(make_world):
    _, peer = a_hub(make_world, keep_events=10, quiet={"keep_events": 100})
    quiet = fill(peer, 2, "quiet")
    noise = fill(peer, 40, "noise")
    is_held(peer, noise[-10:], "noise")
    assert gap(peer, "quiet", cursor=quiet[0]).gap == 0
    assert gap(peer, "noise", cursor=quiet[0]).gap == 1
    assert gap(peer, "noise", "quiet", cursor=quiet[0]).gap == 1
    assert gap(peer, "noise", "quiet", cursor=noise[-11]).gap == 0


def test_the_shared_limits_count_all_other_channels_together(make_world):
    _, peer = a_hub(make_world, keep_events=10)
    a = fill(peer, 10, "a")
    b = fill(peer, 7, "b")
    is_held(peer, a[-3:], "a")
    assert held(peer, "b") == b
    assert gap(peer, "b", cursor=a[0]).gap == 0


@pytest.mark.valgrind
def test_a_channel_that_is_forgotten_leaves_its_mark(make_world):
    world, peer = a_hub(make_world, keep_events=5)
    old = fill(peer, 3, "old")
    fill(peer, 10, "new")
    eventually(lambda: held(peer, "old") == [], "channel old being empty")
    assert gap(peer, "old", cursor=old[0]).gap == 1
    world.hub.stop()
    world.hub.start()
    peer = world.hub_peer()
    peer.follow()
    peer.publish("x", channel="new")
    peer.event()
    assert gap(peer, "old", cursor=old[0]).gap == 1
    assert gap(peer, "old", cursor=old[2]).gap == 0


def test_above_a_hundred_thousand_channels_the_longest_empty_are_dropped_with_their_mark(
        make_world):
    world, peer = a_hub(make_world, keep_events=10)
    ids = [id for n in range(20) for id in fill(peer, 1, f"c{n}")]
    newer = fill(peer, 10, "newer")
    eventually(lambda: held(peer, "c19") == [], "the first channels being empty")
    world.hub.stop()
    with contextlib.closing(sqlite3.connect(world.log_db)) as db:
        db.execute("WITH RECURSIVE n(n) AS (VALUES(100) UNION ALL SELECT n + 1 FROM n LIMIT 99999)"
                   " INSERT INTO channel SELECT n, CAST('d' || n AS BLOB), 0, 0, ?1, ?1, 0, 0, NULL, 0"
                   " FROM n", [newer[0]])
        db.execute("UPDATE meta SET value = ? WHERE name = 'unsummed'", [newer[0]])
        db.commit()
    world.hub.start()

    def are_dropped():
        with contextlib.closing(sqlite3.connect(world.log_db)) as db:
            return db.execute("SELECT count(*) FROM channel").fetchone()[0] == 100_000
    eventually(are_dropped, "as many channels as there may be", 20)

    def are_true(peer):
        for n in range(20):
            assert gap(peer, f"c{n}", cursor=ids[n] - 1).gap == 1
            assert gap(peer, f"c{n}", cursor=ids[19]).gap == 0
        assert gap(peer, "newer", cursor=newer[0]).gap == 0
        assert gap(peer, "d100", cursor=ids[19]).gap == 1  # by its own mark
        assert gap(peer, "never used", cursor=ids[19]).gap == 0
    are_true(world.hub_peer())
    world.hub.kill_all()
    world.hub.start()
    peer = world.hub_peer()
    are_true(peer)
    again = peer.publish("x", channel="c0").first
    assert held(peer, "c0") == [again]
    assert gap(peer, "c0", cursor=ids[19]).gap == 0


def test_all_never_gaps_and_since_gaps_for_what_is_gone(make_world):
    _, peer = a_hub(make_world, keep_events=5)
    begun = int(time.time() * 1000) - 1000
    ids = fill(peer, 20)
    is_held(peer, ids[-5:])
    assert peer.page("main", start=ALL).gap == 0
    page = peer.page("main", start=SINCE, value=begun)
    assert page.gap == 1 and [e.id for e in page.events] == ids[-5:]
    assert peer.page("main", start=SINCE, value=int(time.time() * 1000) + 1).gap == 0


def test_marks_outlive_a_restart(make_world):
    world, peer = a_hub(make_world, keep_events=10)
    ids = fill(peer, 30)
    is_held(peer, ids[-10:])
    world.hub.kill_all()
    world.hub.start()
    peer = world.hub_peer()
    following = peer.follow()
    while following.start < following.newest and peer.event().id < ids[-1]:
        pass
    assert gap(peer, "main", cursor=ids[18]).gap == 1
    assert gap(peer, "main", cursor=ids[19]).gap == 0


@pytest.mark.valgrind
def test_a_key_outlives_its_event(make_world):
    _, peer = a_hub(make_world, keep_events=2)
    first = peer.publish("x", key="k").first
    peer.event()
    ids = fill(peer, 10)
    is_held(peer, ids[-2:])
    answer = peer.publish("x", key="k")
    assert (answer.outcome, answer.first) == (REPEATED, first)


@pytest.mark.timeout(120)
def test_a_log_made_smaller_by_its_configuration_is_pruned_in_small_steps(make_world):
    """However much has to go, publishing goes on meanwhile."""
    world, peer = a_hub(make_world)
    for _ in range(100):
        peer.publish(*["x"] * 300)
    world.restart_hub({"hub": {"keep_events": 100}})
    peer = world.hub_peer()
    peer.follow(window=1000)
    slowest = 0
    deadline = time.monotonic() + 60
    while True:
        begun = time.monotonic()
        peer.publish("y", channel="other")
        slowest = max(slowest, time.monotonic() - begun)
        line, = peer.channels(only="main").lines
        if line.events <= 100:
            break
        assert time.monotonic() < deadline, f"{line.events} events still held"
    assert slowest < 0.5


# ---- what a browser is told

def test_a_browser_that_stayed_away_too_long_is_told(make_world):
    world = make_world({"hub": {"keep_events": 10}, "responder": {"window": "1M"}})
    ids = [world.publish(f"{n} " + "x" * 50_000) for n in range(40)]
    world.holds(10)
    reader = world.listen(last_event_id=str(ids[5]))
    connected, _ = reader.is_connected()
    reset, data = reader.is_told("reset")
    first = reader.next()
    assert data == {"requested": str(ids[5]), "oldest": first.id, "newest": str(ids[39])}
    assert first.id == str(ids[30]) and reset.id == connected.id == str(ids[30] - 1)
    reader.wait(lambda: reader.told("live"), reader.story)
    assert reader.ids == ids[30:]
