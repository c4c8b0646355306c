# SPDX-License-Identifier: MIT
"""?time=1: when an event was published, for who asks, and for nobody else."""

import contextlib
import json
import time
from datetime import datetime

import pytest

from sse import RFC3339
from visitor import visitor
from wire import VOLATILE

FILL = (b"x" * 100 + b"\n") * 1000


def seconds(at):
    assert RFC3339.fullmatch(at), at
    return datetime.fromisoformat(at).timestamp()


def published(reader, count):
    """The first events that somebody published."""
    def all_of_them():
        return [event for event in reader.events if event.type not in ("connected", "live", "reset")]
    reader.wait(lambda: len(all_of_them()) >= count, reader.story)
    return all_of_them()[:count]


def times(reader, count):
    return [event.at or json.loads(event.data)["at"] for event in published(reader, count)]


@pytest.fixture(scope="module")
def world(make_shared_world):
    return make_shared_world()


@pytest.fixture
def narrow(make_world):
    """What is pushed out of its window comes from the log."""
    return make_world({"responder": {"window": "1M", "private": "users/{n}"},
                       "access own": {"who": "users", "subscribe": "users/%u"}}, inbox=False)


def push_out(world):
    for _ in range(16):
        world.post("/realtime/elsewhere?lines=1", FILL)


def test_an_envelope_says_when_its_event_was_published(world):
    reader = world.listen("a", "b", envelope=1, time=1)
    before = time.time()
    world.publish("x", channel="b")
    after = time.time()
    event, = published(reader, 1)
    envelope = json.loads(event.data)
    assert list(envelope) == ["channel", "data", "at"] and envelope["data"] == "x"
    assert before - 0.002 <= seconds(envelope["at"]) <= after + 0.002


def test_without_an_envelope_a_field_says_it_that_eventsource_passes_over(world):
    reader = world.listen("a", time=1)
    before = time.time()
    world.publish("x\ny", channel="a", event="note")
    event, = published(reader, 1)
    assert (event.type, event.data) == ("note", "x\ny")
    assert before - 0.002 <= seconds(event.at) <= time.time() + 0.002


def test_streams_with_times_and_without_are_not_mixed(world):
    """They are on the same channel, at the same place, and written to in one turn."""
    plain, timed = world.listen("all"), world.listen("all", time=1)
    enveloped, both = world.listen("all", envelope=1), world.listen("all", envelope=1, time=1)
    off = world.listen("all", time=0)
    for n in range(50):
        world.publish(f"{n}", channel="all")
    at = times(timed, 50)
    assert times(both, 50) == at and at == sorted(at)
    assert [list(json.loads(event.data)) for event in published(enveloped, 50)] == [["channel", "data"]] * 50
    for reader in (plain, off):  # which fail at a line `at:`
        assert [event.data for event in published(reader, 50)] == [f"{n}" for n in range(50)]


@pytest.mark.parametrize("lost", [False, True])
def test_a_replayed_event_has_the_time_at_which_it_was_published(narrow, lost):
    paths = ["/stream?channel=a", "/stream?pattern=*&event=note", "/stream?channel=a&channel=b"]
    live = [narrow.listen(path=f"{path}&time=1") for path in paths]
    first = narrow.publish("first", channel="a", event="note")
    narrow.post("/realtime/b?also=a&event=note", b"second")
    at = times(live[0], 2)
    assert [times(reader, 2) for reader in live] == [at] * 3
    if lost:
        push_out(narrow)
    for path in paths:
        again = narrow.listen(path=f"{path}&time=1&since=all")
        enveloped = narrow.listen(path=f"{path}&time=1&envelope=1&since={first - 1}")
        untimed = narrow.listen(path=f"{path}&since=all")
        assert times(again, 2) == times(enveloped, 2) == at
        assert [event.data for event in published(untimed, 2)] == ["first", "second"]


def test_times_are_the_same_after_a_restart_of_everything(narrow):
    narrow.publish("x", channel="a")
    at = times(narrow.listen("a", time=1, since="all"), 1)
    for daemon in (narrow.responder, narrow.hub):
        daemon.stop()
    for daemon in (narrow.hub, narrow.responder):
        daemon.start()
    narrow.is_healthy()
    assert times(narrow.listen("a", time=1, since="all"), 1) == at


@pytest.mark.parametrize("lost", [False, True])
def test_a_private_event_tells_its_time_and_not_its_other_channels(narrow, lost):
    ann = visitor(narrow, user="7")
    narrow.broadcast(message="x", channel="users/7", also=["users/8"], event="note")
    if lost:
        push_out(narrow)
    event, = published(ann.listen(path="/stream?channel=users/7&envelope=1&time=1&since=all"), 1)
    assert set(json.loads(event.data)) == {"channel", "data", "at"}
    event, = published(ann.listen(path="/stream?channel=users/7&time=1&since=all"), 1)
    assert event.at
    stranger = visitor(narrow).listen(path="/stream?pattern=*&event=note&time=1&since=all")
    narrow.publish("fence", channel="news", event="note")
    assert published(stranger, 1)[0].data == "fence"


def test_a_volatile_event_has_a_time_too(world):
    reader = world.listen("m", time=1)
    reader.is_connected()
    with contextlib.closing(world.hub_peer()) as peer:
        peer.ask_to_store("volatile", channel="m", flags=VOLATILE)
    event, = published(reader, 1)
    assert event.id is None and abs(seconds(event.at) - time.time()) < 60


def test_the_servers_own_events_have_none(world):
    reader = world.listen(path="/stream?channel=own&lastEventId=1&time=1")
    world.publish("x", channel="own")
    assert published(reader, 1)[0].at
    assert [event.type for event in reader.events if event.at is None] == ["connected", "reset"]


@pytest.mark.parametrize("path", ["/sse/events", "/realtime/a"])
def test_each_stream_of_channels_takes_it(world, path):
    reader = world.listen(path=f"{path}?time=1")
    world.publish("x", channel="a")
    world.publish("x", channel="sse")
    assert published(reader, 1)[0].at


@pytest.mark.parametrize("query", ["time", "time=", "time=2", "time=yes", "time=01", "time=1&times=1", "Time=1"])
@pytest.mark.parametrize("path", ["/stream?", "/realtime/a?envelope=1&"])
def test_any_other_value_is_refused(world, path, query):
    answer = world.door.ask("GET", path + query, {"Accept": "text/event-stream"})
    assert answer.status == 400 and answer.json["error"] == "bad_query", answer
    assert "time" in answer.json["message"]
