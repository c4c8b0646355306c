# SPDX-License-Identifier: MIT
"""The races, by name; each test holds the moment open instead of hoping for it."""

import random
import shutil
import threading

import pytest

from fcgi import Exchange, FcgiDoor, begin, params, stdin, variables
from peers import Proxy
from wire import Event, Paged, Publish, Stored
from world import Daemon, Publishing, eventually, program

TO_HUB, TO_RESPONDER = Proxy.TO_HUB, Proxy.TO_RESPONDER


@pytest.fixture
def split(make_world):
    """Hub and responder with a proxy between them."""
    return make_world(proxy=True)


# ---- subscribe against publish

def test_a_stream_opened_between_commit_and_delivery_sees_the_event_once(split):
    split.publish("before")
    split.proxy.hold(TO_RESPONDER, Event)
    publishing = Publishing(split, "in between")
    split.proxy.wait_until_held(TO_RESPONDER)
    early = split.listen()
    resumed = split.listen(last_event_id=early.is_connected()[0].id)
    split.proxy.release(TO_RESPONDER)
    cursor = publishing.is_acknowledged()
    split.publish("after")
    for reader in (early, resumed):
        reader.sees("in between", id=cursor)
        reader.sees("after")
        assert not reader.told("reset")


def test_a_stream_opened_after_the_acknowledgement_resumes_from_it(split):
    """The POST's own answer arrives before the event does: the cursor it
    names must do for a resume at once."""
    split.proxy.hold(TO_RESPONDER, Event)
    publishing = Publishing(split, "one")
    split.proxy.wait_until_held(TO_RESPONDER)
    split.proxy.release(TO_RESPONDER)
    cursor = publishing.is_acknowledged()
    reader = split.listen(last_event_id=str(cursor))
    split.publish("two")
    reader.sees("two")


@pytest.mark.timeout(120)
def test_streams_opened_while_events_pour_in_miss_none_and_double_none(world):
    stop, published = threading.Event(), []

    def pour(name):
        number = 0
        while not stop.is_set():
            data = f"{name}/{number}"
            published.append((world.publish(data), data))
            number += 1
    publishers = [threading.Thread(target=pour, args=(n,), daemon=True) for n in range(3)]
    for publisher in publishers:
        publisher.start()
    chance = random.Random(4)
    readers = []
    for _ in range(150):
        cursor = None
        if published and chance.random() < 0.4:
            cursor = str(chance.choice(published[-20:])[0])
        readers.append(world.listen(last_event_id=cursor))
    stop.set()
    for publisher in publishers:
        publisher.join(20)
    fence = world.publish("fence")
    truth = sorted(published) + [(fence, "fence")]
    for reader in readers:
        reader.wait(lambda: reader.data and reader.data[-1] == "fence", reader.story, 20)
        start = int(reader.told("connected")[0].id)
        assert list(zip(reader.ids, reader.data)) == [t for t in truth if t[0] > start]
        assert not reader.told("reset")


# ---- a responder behind the one that the browser came from

def test_a_cursor_that_this_responder_has_not_heard_of_is_waited_for(split):
    split.publish("known to both")
    split.proxy.hold(TO_RESPONDER, Event)
    ahead = split.hub_peer().publish("known to the other").first
    split.proxy.wait_until_held(TO_RESPONDER)
    reader = split.listen(last_event_id=str(ahead), wait=False)
    split.hub_peer().publish("next")
    split.proxy.release(TO_RESPONDER)
    connected, _ = reader.is_connected()
    assert connected.id == str(ahead)
    reader.sees("next")
    assert not reader.told("reset") and reader.data == ["next"]


def test_a_browser_goes_from_one_responder_to_another_that_is_behind(split):
    behind = split.door
    second_socket = split.folder / "second.sock"
    split.settings["responder"]["socket"] = second_socket
    split.settings["hub"]["socket"] = split.hub_socket
    second = Daemon("second", [program("tidings.fcgi"), "-c", split.write_config("second.conf")],
                    split.folder, lambda: _serves(second_socket))
    split.daemons.append(second)
    second.start()
    ahead = FcgiDoor(second_socket)
    eventually(lambda: ahead.ask("GET", "/health").status == 200, "the second responder's health")
    split.proxy.hold(TO_RESPONDER, Event)
    reader = split.listen(door=ahead)
    for n in range(5):
        split.post("/realtime/main", str(n).encode(), door=ahead)
    reader.sees("0", "1", "2", "3", "4")
    reader.leave()
    returned = split.listen(door=behind, last_event_id=reader.last_id, wait=False)
    split.post("/realtime/main", b"5", door=ahead)
    split.proxy.release(TO_RESPONDER)
    returned.sees("5")
    assert not returned.told("reset")


def _serves(socket_path):
    try:
        return FcgiDoor(socket_path).ask("GET", "/health", within=2).status is not None
    except OSError:
        return False


def test_a_cursor_from_nowhere_is_still_a_gap_when_the_responder_is_behind(split):
    split.publish("one")
    split.proxy.hold(TO_RESPONDER, Event)
    newest = split.hub_peer().publish("two").first
    split.proxy.wait_until_held(TO_RESPONDER)
    reader = split.listen(last_event_id=str(newest + 1000), wait=False)
    split.proxy.release(TO_RESPONDER)
    reader.is_connected()
    reader.is_told("reset")
    reader.sees("one", "two")


# ---- hub killed between COMMIT and acknowledgement

def test_an_event_committed_but_not_acknowledged_by_a_killed_hub_is_published_once(split):
    reader = split.listen()
    split.proxy.hold(TO_RESPONDER, Stored, Event)
    publishing = Publishing(split, "committed, not acknowledged")
    split.proxy.wait_until_held(TO_RESPONDER)
    split.hub.kill_all()
    split.proxy.cut()
    split.hub.start()
    cursor = publishing.is_acknowledged()
    split.publish("fence")
    reader.sees("committed, not acknowledged", id=cursor)
    reader.sees("fence")
    assert not reader.told("reset")


def test_a_publish_that_never_reached_the_killed_hub_is_sent_to_the_next(split):
    reader = split.listen()
    split.proxy.hold(TO_HUB, Publish)
    publishing = Publishing(split, "lost on the way")
    split.proxy.wait_until_held(TO_HUB)
    split.hub.kill_all()
    split.proxy.cut()
    split.hub.start()
    cursor = publishing.is_acknowledged()
    reader.sees("lost on the way", id=cursor)


def test_many_publishes_in_flight_over_a_killed_hub_are_each_published_once(split):
    reader = split.listen()
    split.proxy.hold(TO_RESPONDER, Stored, Event)
    publishing = [Publishing(split, f"event {n}") for n in range(30)]
    split.proxy.wait_until_held(TO_RESPONDER)
    split.hub.kill_all()
    split.proxy.cut()
    split.hub.start()
    cursors = {p.is_acknowledged(): p.data for p in publishing}
    split.publish("fence")
    reader.wait(lambda: reader.data and reader.data[-1] == "fence", reader.story)
    assert dict(zip(reader.ids[:-1], reader.data)) == cursors
    assert len(reader.data) == 31 and reader.ids == sorted(reader.ids)


def test_a_batch_in_flight_over_a_killed_hub_is_published_once_and_whole(split):
    reader = split.listen()
    split.proxy.hold(TO_RESPONDER, Stored, Event)
    publishing = Publishing(split, "one\ntwo\nthree", lines=1)
    split.proxy.wait_until_held(TO_RESPONDER)
    split.hub.kill_all()
    split.proxy.cut()
    split.hub.start()
    publishing.is_acknowledged()
    split.publish("fence")
    reader.sees("one", "two", "three", "fence")


def test_a_connection_that_breaks_while_the_hub_lives_repeats_nothing(split):
    reader = split.listen()
    split.proxy.hold(TO_RESPONDER, Stored, Event)
    publishing = Publishing(split, "once")
    split.proxy.wait_until_held(TO_RESPONDER)
    split.proxy.cut()
    cursor = publishing.is_acknowledged()
    split.publish("fence")
    reader.sees("once", id=cursor)
    reader.sees("fence")


# ---- a log deleted or restored under reconnecting browsers

def test_a_deleted_log_resets_each_browser_once_and_ids_rise(world):
    readers = [world.listen(reconnect=True) for _ in range(5)]
    last = [world.publish(str(n)) for n in range(10)][-1]
    for reader in readers:
        reader.wait(lambda: len(reader.data) == 10, reader.story)
    world.hub.stop()
    for file in world.folder.glob("log.db*"):
        file.unlink()
    world.hub.start()
    world.is_healthy()
    new = world.publish("new")
    assert new > last
    for reader in readers:
        reader.wait(lambda: "new" in reader.data, reader.story)
        assert reader.data == [str(n) for n in range(10)] + ["new"]
        assert reader.ids == sorted(set(reader.ids))
        assert len(reader.told("reset")) == 1


def test_a_restored_log_resets_those_who_saw_what_it_does_not_know(world):
    world.publish("kept")
    world.hub.stop()
    copy = world.folder / "copy"
    copy.mkdir()
    for file in world.folder.glob("log.db*"):
        shutil.copy(file, copy)
    world.hub.start()
    world.is_healthy()
    readers = [world.listen(reconnect=True) for _ in range(5)]
    away = world.listen()
    lost = world.publish("lost to the copy")
    for reader in [*readers, away]:
        reader.sees("lost to the copy")
    away.leave()
    world.hub.stop()
    for file in world.folder.glob("log.db*"):
        file.unlink()
    for file in copy.iterdir():
        shutil.copy(file, world.folder)
    world.hub.start()
    world.is_healthy()
    new = world.publish("new")
    assert new > lost
    returned = world.listen(last_event_id=away.last_id)
    returned.wait(lambda: "new" in returned.data, returned.story)
    assert len(returned.told("reset")) == 1
    for reader in readers:
        reader.wait(lambda: "new" in reader.data, reader.story)
        assert reader.data[-1] == "new" and reader.ids == sorted(set(reader.ids))
        assert len(reader.told("reset")) <= 1


# ---- a quiet and a pruned channel in one stream

def test_a_quiet_and_a_pruned_channel_in_one_stream(make_world):
    world = make_world({"hub": {"keep_events": 20}, "channel quiet": {"keep_events": 100},
                        "responder": {"window": "1M"}})
    quiet = world.publish("quiet", channel="quiet")
    noise = [world.publish(f"{n} " + "x" * 40_000, channel="noisy") for n in range(60)]
    world.holds(20, "noisy")
    both = world.listen("quiet", "noisy", last_event_id=str(quiet))
    both.wait(lambda: both.told("live"), both.story)
    assert len(both.told("reset")) == 1 and both.ids == noise[-20:]
    alone = world.listen("quiet", last_event_id=str(quiet))
    assert not alone.told("reset")
    near = world.listen("quiet", "noisy", last_event_id=str(noise[-21]))
    near.wait(lambda: near.told("live"), near.story)
    assert not near.told("reset") and near.ids == noise[-20:]
    last = world.publish("the end", channel="quiet")
    for reader in (both, alone, near):
        reader.wait(lambda: reader.ids and reader.ids[-1] == last, reader.story)


# ---- a subscriber overtaken by the window

@pytest.mark.timeout(120)
def test_a_browser_overtaken_by_the_window_catches_up_complete(make_world):
    world = make_world({"responder": {"window": "1M"}})
    slow, quick = world.listen(), world.listen()
    ids = [world.publish("the first")]
    slow.sees("the first")
    slow.pause()
    for n in range(120):
        ids.append(world.publish(f"{n} " + "x" * 40_000))
    quick.wait(lambda: len(quick.ids) == len(ids), quick.story, 20)
    slow.resume()
    slow.wait(lambda: len(slow.ids) >= len(ids), slow.story, 20)
    assert slow.ids == ids and not slow.told("reset")
    world.publish("live again")
    slow.wait(lambda: slow.data[-1] == "live again", slow.story)


@pytest.mark.timeout(120)
def test_a_browser_overtaken_by_retention_is_told_in_mid_stream(make_world):
    world = make_world({"responder": {"window": "1M"}, "hub": {"keep_events": 10}})
    slow = world.listen()
    ids = [world.publish("the first")]
    slow.sees("the first")
    slow.pause()
    for n in range(120):
        ids.append(world.publish(f"{n} " + "x" * 40_000))
    world.holds(10)
    slow.resume()
    slow.wait(lambda: slow.ids[-1] == ids[-1], slow.story, 20)
    resets = slow.told("reset")
    assert len(resets) == 1
    assert slow.ids == sorted(set(slow.ids)) and set(ids[-10:]) <= set(slow.ids)
    # Everything is there but what lies in the gap that was told.
    at = slow.events.index(resets[0])
    before = [int(e.id) for e in slow.events[:at] if e.type == "message"]
    after = [int(e.id) for e in slow.events[at:] if e.type == "message"]
    assert before == ids[:len(before)] and after == ids[-len(after):]


def test_pages_go_on_when_the_hub_is_killed_in_the_middle_of_one(make_world):
    world = make_world({"responder": {"window": "1M"}}, proxy=True)
    ids = [world.publish(f"{n} " + "x" * 40_000) for n in range(80)]
    world.proxy.hold(TO_RESPONDER, Paged)
    reader = world.listen(last_event_id=str(ids[0]), wait=False, reconnect=True)
    world.proxy.wait_until_held(TO_RESPONDER)
    world.hub.kill_all()
    world.proxy.cut()
    world.hub.start()
    reader.wait(lambda: len(reader.ids) >= 79, reader.story, 20)
    assert reader.ids == ids[1:] and not reader.told("reset")


# ---- a browser that leaves in the middle of things

def test_a_browser_that_leaves_while_its_page_is_on_the_way_harms_nobody(make_world):
    world = make_world({"responder": {"window": "1M"}}, proxy=True)
    ids = [world.publish(f"{n} " + "x" * 40_000) for n in range(60)]
    world.proxy.hold(TO_RESPONDER, Paged)
    leaving = [world.listen(last_event_id=str(ids[0]), wait=False) for _ in range(3)]
    staying = world.listen(last_event_id=str(ids[0]), wait=False)
    world.proxy.wait_until_held(TO_RESPONDER)
    for reader in leaving:
        reader.leave()
    world.proxy.release(TO_RESPONDER)
    staying.wait(lambda: len(staying.ids) == 59, staying.story, 20)
    assert staying.ids == ids[1:]


def test_a_publisher_that_leaves_before_its_answer_has_published(split):
    reader = split.listen()
    split.proxy.hold(TO_RESPONDER, Stored, Event)
    exchange = Exchange(split.fcgi_socket)
    exchange.send(begin(), params(variables("POST", "/realtime/main", body=b"x")), stdin(b"x"))
    split.proxy.wait_until_held(TO_RESPONDER)
    exchange.close()
    split.proxy.release(TO_RESPONDER)
    reader.sees("x")
