# SPDX-License-Identifier: MIT
"""?since=last: the last value of each channel first, then what comes; nothing lost between."""

import json
import threading

import pytest

from peers import Proxy
from test_history import pruned
from tickets import SITE, key_file, token
from visitor import visitor
from wire import Delete, Page, Stored
from world import eventually


def caught_up(reader):
    """It is at the end of what there was; the data and ids up to there."""
    reader.wait(lambda: reader.told("live"), reader.story)
    return reader


def far(world):
    """So much that a window of 1M holds nothing of before."""
    for _ in range(30):
        world.publish("x" * 60000, channel="fill")


@pytest.fixture(scope="module", params=["from memory", "from the log"])
def values(request, make_shared_world):
    world = make_shared_world({"responder": {"window": "1M"}})
    ids = {}
    for n, channel in enumerate(["a", "b", "b", "c/1", "c/2", "a", "c/1"]):
        ids[channel] = world.publish(f"{channel} {n}", channel=channel)
    world.publish("typed", channel="d", event="kind")
    if request.param == "from the log":
        far(world)
    return world, ids


def test_a_stream_begins_with_the_last_value_of_each_of_its_channels(values):
    world, ids = values
    reader = caught_up(world.listen(path="/stream?channel=a&channel=b&channel=nobody&since=last"))
    assert reader.data == ["b 2", "a 5"]
    assert [e.id for e in reader.events if e.type == "message"] == [str(ids["b"]), str(ids["a"])]
    assert int(reader.told("connected")[0].id) == ids["b"] - 1 and not reader.told("reset")


def test_a_pattern_gives_the_last_value_of_each_channel_that_it_matches(values):
    world, ids = values
    reader = caught_up(world.listen(path="/stream?pattern=c/%7Bn%7D&channel=a&channel=c/2&since=last&envelope=1"))
    got = [json.loads(data) for data in reader.data]
    assert [(g["channel"], g["data"]) for g in got] == [("c/2", "c/2 4"), ("a", "a 5"), ("c/1", "c/1 6")]


def test_what_comes_later_follows_and_who_comes_back_goes_on(values):
    world, ids = values
    reader = caught_up(world.listen(path="/stream?channel=later&channel=a&since=last"))
    id = world.publish("now", channel="later")
    reader.sees("a 5", "now")
    again = world.listen(path="/stream?channel=later&channel=a&since=last", last_event_id=str(id))
    world.publish("then", channel="later")
    again.sees("then")
    assert again.data == ["then"]


def test_a_channel_of_which_nobody_has_heard_has_no_last_value(values):
    world, ids = values
    reader = caught_up(world.listen(path="/stream?channel=unheard&since=last"))
    assert reader.data == [] and not reader.told("reset")


def test_last_goes_with_no_type_and_with_no_history(values):
    world, ids = values
    for path, code in (("/stream?channel=d&event=kind&since=last", "bad_since"), ("/stream?since=lasts", "bad_since"),
                       ("/api/channels/d/events?since=last", "bad_since")):
        answer = world.door.ask("GET", path, {"Accept": "text/event-stream"})
        assert (answer.status, answer.json["error"]) == (400, code), path


def test_an_event_on_several_channels_is_given_once_unless_one_has_gone_on(world):
    world.post("/realtime/x?also=y", b"both")
    assert caught_up(world.listen(path="/stream?channel=x&channel=y&since=last")).data == ["both"]
    world.publish("newer", channel="x")
    assert caught_up(world.listen(path="/stream?channel=x&channel=y&since=last")).data == ["both", "newer"]


def test_of_a_channel_whose_last_event_was_deleted_the_one_before_is_given(make_world):
    world = make_world({"responder": {"window": "1M"}})
    for again in ("from memory", "from the log"):
        world.publish("first " + again, channel="v")
        id = world.publish("second", channel="v")
        assert world.door.ask("DELETE", f"/api/channels/v/events/{id}").status in (200, 204)
        if again == "from the log":
            far(world)
        for path in ("/stream?channel=v&since=last", "/stream?pattern=v&since=last", "/stream?pattern=%7Bv%7D&since=last"):
            assert "first " + again in caught_up(world.listen(path=path)).data, path
            assert "second" not in caught_up(world.listen(path=path)).data, path


def test_of_a_value_that_is_deleted_while_it_is_looked_for_the_one_before_is_given(make_world):
    world = make_world({"responder": {"window": "1M"}}, proxy=True, inbox=False)
    world.publish("before", channel="a")
    id = world.publish("deleted", channel="a")
    far(world)
    hub = world.hub_peer()
    world.proxy.hold(Proxy.TO_HUB, Page)
    reader = world.listen(path="/stream?channel=a&since=last", wait=False)
    world.proxy.wait_until_held(Proxy.TO_HUB)
    hub.send(Delete(1, 0, b"a", id))
    hub.expect(Stored, number=1)
    world.proxy.release(Proxy.TO_HUB)
    assert caught_up(reader).data == ["before"]


def test_with_one_event_kept_the_state_is_the_last_value_too(make_world):
    world, ids = pruned(make_world)
    assert caught_up(world.listen(path="/stream?channel=few&since=last")).data == ["5"]


def test_no_value_is_lost_while_channels_change(make_world):
    """Whoever comes in the middle of it has, of each channel, its last value or a later one, and all after that."""
    world = make_world({"responder": {"window": "1M"}})
    names = [f"n{n}" for n in range(20)]
    for name in names:
        world.publish("0", channel=name)
    far(world)
    stop = threading.Event()
    last = {}

    def change():
        n = 1
        while not stop.is_set():
            for name in names:
                world.publish(str(n), channel=name)
                last[name] = n
            n += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        query = "&".join(f"channel={name}" for name in names)
        readers = [world.listen(path=f"/stream?{query}&since=last&envelope=1") for _ in range(8)]
        readers += [world.listen(path="/stream?pattern=n%7Bn%7D&since=last&envelope=1") for _ in range(8)]
        eventually(lambda: all(reader.told("live") for reader in readers), "all being live")
    finally:
        stop.set()
        thread.join()
    for reader in readers:
        def whole():
            seen = {}
            for data in reader.data:
                value = json.loads(data)
                seen.setdefault(value["channel"], []).append(int(value["data"]))
            return seen
        eventually(lambda: {k: v[-1] for k, v in whole().items()} == last, "the end of it")
        for name, seen in whole().items():
            assert seen == list(range(seen[0], last[name] + 1)), (name, seen)
        ids = [int(e.id) for e in reader.events if e.type == "message"]
        assert ids == sorted(set(ids))


def test_of_very_many_channels_the_newest_are_given_and_the_gap_is_told(make_world):
    world = make_world()
    peer = world.hub_peer()
    for n in range(1200):
        peer.publish(str(n), channel=f"many/{n}")
    eventually(lambda: world.channel("many/1199")["events"] == 1, "all being there")
    reader = caught_up(world.listen(path="/stream?pattern=many/%7Bn%7D&since=last"))
    assert reader.data == [str(n) for n in range(200, 1200)]
    (reset,) = reader.told("reset")
    assert json.loads(reset.data)["requested"] == "last"


def test_private_values_are_for_who_may_read_them(make_world, tmp_path):
    sections = {name: keys for name, keys in SITE.items() if not name.startswith("access ")}
    world = make_world({**sections, "responder": {**sections["responder"], "window": "1M"},
                        "keys site": {"file": key_file(tmp_path), "algorithms": "HS256"}})
    world.publish("mine", channel="users/7")
    world.publish("public", channel="news")
    world.post("/realtime/news?also=users%2F8", b"secret")
    for again in range(2):
        stranger, owner = visitor(world), visitor(world, token=token(60, "users/7"))
        path = "/stream?pattern=*&since=last"
        assert caught_up(owner.listen(path=path)).data[:2] == ["mine", "public"]
        assert caught_up(stranger.listen(path=path)).data[:1] == ["public"]
        assert caught_up(stranger.listen(path="/stream?channel=news&since=last")).data == ["public"]
        assert stranger.get("/stream?channel=users/7&since=last").status == 403
        if not again:
            far(world)


def test_a_hub_that_is_away_lets_them_come_back(make_world):
    world = make_world({"responder": {"window": "1M"}})
    world.publish("x", channel="away")
    far(world)
    world.hub.stop()
    reader = world.listen(path="/stream?channel=away&since=last", wait=False, reconnect=True)
    world.hub.start()
    reader.sees("x")
