# SPDX-License-Identifier: MIT
"""What one client does, or one bad moment, must not reach the others."""

import array
import fcntl
import os
import socket
import termios
import threading
import time

import pytest
import wire
from peers import FakeHub
from wire import (Event, Follow, Hello, Judge, Judged, Measure, Measured, Publish, State, Stored,
                  Subscribed, Welcome)
from world import eventually


@pytest.fixture
def served(make_world):
    """Makes a responder, with these settings, that follows a hub played here."""
    def make(**settings):
        world = make_world(hub=False, responder=False,
                           config={"responder": settings} if settings else None)
        world.fake = FakeHub(world.hub_socket)
        world.closing.callback(world.fake.close)
        starting = threading.Thread(target=world.responder.start)
        starting.start()
        world.peer = world.fake.greet()
        starting.join()
        return world
    return make


def stream(world, target, headers=None):
    """A browser that asks and then does not read."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(world.fcgi_socket))
    connection.sendall(world.door.request(target, headers or {}))
    world.closing.callback(connection.close)
    return connection


def is_connected(connection, within=30):
    connection.settimeout(within)
    seen = b""
    while b"event: connected" not in seen:
        piece = connection.recv(65536)
        assert piece, f"the stream ended after {seen!r}"
        seen += piece
    return connection


def unread(connection):
    count = array.array("i", [0])
    fcntl.ioctl(connection.fileno(), termios.FIONREAD, count)
    return count[0]


def has_heard(world):
    """The responder has read all that the hub sent before."""
    world.peer.send(Measure())
    return world.peer.expect(Measured, within=30)


def test_names_that_no_frame_could_hold_are_told_and_end_nobodys_stream(served):
    world = served()
    worker = world.responder.worker()
    for i in range(750):  # 17 MB of names
        names = "&".join("channel=" + f"{i:04d}{j:04d}".ljust(255, "x") for j in range(90))
        is_connected(stream(world, "/stream?" + names))
    told = 0
    while told < 750 * 90:
        told += len(world.peer.expect(Subscribed, within=30).counts)
    assert told == 750 * 90
    assert world.responder.worker() == worker


def test_a_burst_during_a_fan_out_ends_nobodys_stream(served):
    world = served(window="1M")
    worker = world.responder.worker()
    ids = iter(range(2001, 9000))

    def event(channel, data=b"x"):
        return Event(next(ids), 1, 0, channel, b"", data)

    slow = [is_connected(stream(world, "/realtime/a")) for _ in range(1500)]
    is_connected(stream(world, "/realtime/q"))
    before = unread(slow[0])
    world.peer.send(event(b"a", b"y" * 3000))  # nobody reads: this takes its time
    eventually(lambda: unread(slow[0]) > before, 10)
    before = unread(slow[0])
    world.peer.send(event(b"q"))
    has_heard(world)
    late = is_connected(stream(world, "/realtime/q"))  # has that event, its channel is due
    world.peer.send(event(b"a"))
    eventually(lambda: unread(slow[0]) > before, 30)  # the next one is under way
    world.peer.send(*[event(b"z", b"z" * 10000) for _ in range(300)])
    world.peer.send(event(b"q", b"after the burst"))
    late.settimeout(30)
    seen = b""
    while b"after the burst" not in seen:
        piece = late.recv(65536)
        assert piece, f"the stream ended after {seen!r}"
        seen += piece
    assert world.responder.worker() == worker


def test_posts_that_waited_for_a_hub_do_not_choke_the_one_that_comes(served):
    world = served()
    world.fake.away()
    body = (b"y" * 60000 + b"\n") * 17
    answers = []
    posts = [threading.Thread(target=lambda: answers.append(
        world.post("/realtime/x?lines=1", body).status)) for _ in range(68)]
    for post in posts:
        post.start()
    eventually(lambda: len(answers) > 0, 10)  # as many wait as may
    world.fake.open()
    peer = world.fake.greet()
    while len(answers) < len(posts):
        try:
            publish = peer.expect(Publish, within=2)
        except TimeoutError:
            continue
        peer.send(Stored(publish[0], wire.STORED, 2000, 2000, b""))
    assert answers.count(200) >= 30 and answers.count(200) + answers.count(503) == len(posts)


def test_however_many_ask_for_old_pages_each_is_told_in_time_that_no_hub_answers(served):
    world = served()
    streams = [stream(world, f"/realtime/c{i}", {"Last-Event-ID": "5"}) for i in range(400)]
    for _ in range(10):  # the others wait until these are answered
        world.peer.expect(Judge)
    world.fake.away()
    until = time.monotonic() + 9  # one for all: not one five seconds after the other
    for connection in streams:
        connection.settimeout(max(until - time.monotonic(), 0.1))
        assert b"retry:" in connection.recv(65536)


def test_a_hub_with_another_log_that_dies_while_it_greets_is_not_taken_for_the_old_one(served):
    world = served()
    world.peer.close()
    identity = os.urandom(16)
    for _ in range(2):
        peer = world.fake.accept()
        peer.expect(Hello)
        peer.send(Welcome(wire.VERSION, identity, 5000), State(1, b""))
        assert peer.expect(Follow).after == 0
        peer.close()


def test_browsers_that_gave_up_waiting_for_older_events_keep_no_other_waiting(served):
    world = served()
    gone = [stream(world, "/realtime/a", {"Last-Event-ID": str(n)}) for n in range(1, 201)]
    eventually(lambda: world.health().json["streams"] == len(gone), "all of them waiting")
    for connection in gone:
        connection.close()
    eventually(lambda: world.health().json["streams"] == 0, "all of them gone")
    stream(world, "/realtime/a", {"Last-Event-ID": "500"})
    first = 0  # questions that the hub is asked before this one's
    while (asked := world.peer.expect(Judge)).value != 500:
        first += 1
        world.peer.send(Judged(asked.tag, 0, asked.value, asked.upto, 0, 0, []))
    assert first <= 64
