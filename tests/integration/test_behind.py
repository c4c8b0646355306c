# SPDX-License-Identifier: MIT
"""Many who are behind the window, and one with very many channels; at full scale
it is torture/behind.py."""

import re

import pytest

import wire
from cost import resident
from fcgi import Exchange, begin, params, stdin, variables
from peers import FakeHub
from wire import Event, Judge, Judged, Page, Paged
from world import INSTRUMENTED, SLOW, eventually

USERS = 300
LINE = "x" * 100


@pytest.fixture
def behind(make_world):
    """A hub whose newest events, of `elsewhere`, fill the responder's window."""
    world = make_world({"responder": {"window": "1M"}}, inbox=False)
    world.peer = world.hub_peer()
    return world


def fill(world, count, *channels):
    """Events on these in turn; returns their ids."""
    ids = []
    while len(ids) < count:
        numbers = [world.peer.ask_to_store(f"{channel} {LINE}", channel=channel)
                   for channel in channels]
        ids += [world.peer.expect(wire.Stored, number=number).first for number in numbers]
        world.peer.answered = numbers[-1]
    return ids


def fill_window(world):
    for _ in range(16):
        world.peer.publish(*[LINE] * 500, channel="elsewhere")


def is_given(reader, ids):
    reader.wait(lambda: reader.told("live"), reader.story, within=20 * SLOW)
    assert [int(event.id) for event in reader.events if event.type == "message"] == ids
    assert not reader.told("reset")


def test_a_crowd_with_a_channel_each_of_their_own_catches_up(behind):
    ids = fill(behind, 400, "main")
    own = {n: fill(behind, 1, f"user-{n}") for n in range(0, USERS, 3)}
    fill_window(behind)
    crowd = [behind.listen("main", f"user-{n}", last_event_id=str(ids[0] - 1), wait=False)
             for n in range(USERS)]
    for n, reader in enumerate(crowd):
        is_given(reader, ids + own.get(n, []))


def test_a_stream_of_two_hundred_channels_is_given_all_of_them_in_order(behind):
    names = [f"c{n}" for n in range(200)]
    ids = fill(behind, 4000, *names)
    fill_window(behind)
    is_given(behind.listen(*names, last_event_id=str(ids[0] - 1), wait=False), ids)


def test_what_a_crowd_lacks_is_read_from_the_log_once(make_world):
    world = make_world(hub=False, responder=False, inbox=False)
    fake = FakeHub(world.hub_socket)
    world.closing.callback(fake.close)
    world.responder.start()
    peer = fake.greet()
    crowd = [world.listen("main", f"user-{n}", last_event_id="500", wait=False)
             for n in range(USERS)]
    pages = []
    while not all(reader.told("live") for reader in crowd):
        try:
            asked = peer.expect((Judge, Page), within=0.1)
        except TimeoutError:
            continue
        if isinstance(asked, Judge):
            peer.send(Judged(asked.tag, 0, 500, 1000, 0, 0, [0]))
        else:
            pages.append(asked.channel)
            peer.send(Paged(asked.tag, 1000, 0, [Event(600, 1, 0, b"main", b"", b"old")]))
    assert pages == [b"main"]
    assert all(reader.data == ["old"] for reader in crowd)


def test_a_gap_of_one_channel_hides_no_later_one_of_another(make_world):
    """Told that `busy` has lost events, a slow reader is behind with `quiet`, which loses some too."""
    world = make_world({"hub": {"keep_events": 20}, "channel quiet": {"keep_events": 300},
                        "responder": {"window": "1M"}}, inbox=False)
    world.peer = world.hub_peer()
    quiet = [world.peer.publish("x" * 30000, channel="quiet").first for _ in range(200)]
    for _ in range(50):
        world.peer.publish("x", channel="busy")
    for _ in range(40):
        world.peer.publish("x" * 60000, channel="elsewhere")
    world.holds(0, "busy")
    slow = Exchange(world.fcgi_socket)
    world.closing.callback(slow.close)
    slow.send(begin() + params(variables("GET", "/stream?channel=busy&channel=quiet",
                                         {"Last-Event-ID": str(quiet[0] - 1)})) + stdin())
    slow.read(lambda one: b"event: reset" in one.raw, within=10 * SLOW)
    for _ in range(250):
        world.peer.publish("x", channel="quiet")
    eventually(lambda: int(world.channel("quiet")["oldest"]) > quiet[149], "fewer events of quiet", 10 * SLOW)
    slow.read(lambda one: b"event: live" in one.answer.body, within=20 * SLOW)
    text = slow.answer.body.decode()
    given = [int(id) for id in re.findall(r"^id: (\d+)\ndata:", text, re.M)]
    lost = [id for id in quiet if id not in given]
    assert lost and given[0] == quiet[0]
    before = max(id for id in given if id < lost[0])
    after = min(id for id in given if id > lost[-1])
    between = text[text.index(f"id: {before}\n"):text.index(f"id: {after}\n")]
    assert between.count("event: reset") == 1
    assert text.count("event: reset") == 2


@pytest.mark.skipif(INSTRUMENTED, reason="instruments have a memory of their own")
def test_what_streams_that_come_back_slowly_hold_is_bounded(make_world):
    """The hub answers faster than any of them reads."""
    streams, events, data = 1000, 4, b"x" * 30000  # of each of two channels: more than a socket takes
    world = make_world({"responder": {"window": "1M"}}, hub=False, responder=False, inbox=False)
    fake = FakeHub(world.hub_socket)
    world.closing.callback(fake.close)
    world.responder.start()
    peer = fake.greet()
    # by channel: its events come between those of the other
    pages = [wire.encode(Paged(0, 1000, 0, [Event(600 + 2 * n + other, 1, 0, b"%d" % other, b"", data)
                                            for n in range(events)])) for other in range(2)]
    tag = slice(5, 13)  # of an answer, behind its frame's head
    assert wire.encode(Paged(7, 0, 0, []))[tag] == (7).to_bytes(8, "little")
    before, most = resident(world.responder.worker()), 0
    for n in range(streams):
        one = Exchange(world.fcgi_socket)
        world.closing.callback(one.close)
        target = f"/stream?channel={n}-0&channel={n}-1"
        one.send(begin() + params(variables("GET", target, {"Last-Event-ID": "500"})) + stdin())
    answered = 0
    while answered < 2 * streams:
        asked = peer.expect((Judge, Page), within=10 * SLOW)
        if isinstance(asked, Judge):
            peer.send(Judged(asked.tag, 0, 500, 1000, 0, 0, [0, 1]))
            continue
        page = pages[int(asked.channel[-1:])]
        peer.send_raw(page[:tag.start] + asked.tag.to_bytes(8, "little") + page[tag.stop:])
        answered += 1
        if answered % 100 == 0:
            most = max(most, resident(world.responder.worker()) - before)
    # a half-sent batch each, what is on the shelf, and what is on its way
    assert most < 60 << 20, most
