# SPDX-License-Identifier: MIT
"""Whoever publishes as much at once as is allowed keeps nobody else waiting."""

import threading
import time

import pytest
from fcgi import begin, params, stdin, variables
from wire import Ping, Pong
from world import SLOW

LINES = 10000   # the most of one ?lines=1 ...
BODY = 1 << 20  # ... and the most bytes, unless max_body says more
WRITERS = 32
ROUNDS = 30
PATIENCE_S = 30
BOUND_S = 1  # also beside other work; what was measured is in docs/reliability.md

FULL = (b"x" * (BODY // LINES - 1) + b"\n") * LINES
BODIES = {
    "empty lines": ("?lines=1", b"\n" * LINES),
    "full lines": ("?lines=1", FULL),
    "full lines with ids": ("?lines=1&id={}", FULL),
}


def request(method, target, body=None, headers=None):
    return begin() + params(variables(method, target, headers, body)) + stdin(body or b"")


def exchange(world, *asked, until=None):
    """What is answered, to its end, or until it has that."""
    with world.door.dial() as connection:
        connection.settimeout(PATIENCE_S * SLOW)
        for part in asked:
            connection.sendall(part)
        seen = b""
        while until is None or until not in seen:
            piece = connection.recv(1 << 16)
            if not piece:
                assert until is None, f"ended after {seen[-300:]!r}"
                break
            seen += piece
    return seen


class Writers:
    """Each posts the same again and again, once it has its answer; after a 503 it waits a second,
    as that says."""

    def __init__(self, world, query, body):
        self.world, self.query, self.body = world, query, body
        self.over = threading.Event()
        self.answers = []
        self.threads = [threading.Thread(target=self.write, args=[n]) for n in range(WRITERS)]

    def write(self, writer):
        target, number, rest = "/realtime/flood" + self.query, 0, stdin(self.body)
        while not self.over.is_set():
            number += 1
            asked = target.format(f"{writer}-{number}".ljust(100, "k"))
            head = begin() + params(variables("POST", asked, None, self.body))
            self.answers.append(b"Status: 200" in exchange(self.world, head, rest))
            if not self.answers[-1]:
                self.over.wait(1)

    def stored(self):
        return sum(self.answers)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


class Asked:
    """How long what took that was asked again and again."""

    def __init__(self):
        self.took = {}

    def time(self, what, ask, *arguments, **more):
        begun = time.monotonic()
        ask(*arguments, **more)
        self.took.setdefault(what, []).append(time.monotonic() - begun)

    def part(self, what, part):
        return sorted(self.took[what])[int((len(self.took[what]) - 1) * part)]

    def __str__(self):
        return "; ".join(f"{what}: p50 {1000 * self.part(what, 0.5):.0f} ms, p99 "
                         f"{1000 * self.part(what, 0.99):.0f} ms" for what in self.took)


def turn(peer, tag):
    """A PONG leaves at the end of the turn in which the PING came."""
    peer.send(Ping(tag))
    peer.expect(Pong, within=PATIENCE_S * SLOW, tag=tag)


def ask_in_turn(world, asked, first, peer):
    for n in range(ROUNDS):
        asked.time("a new stream", exchange, world, request("GET", "/realtime/quiet"),
                   until=b"event: connected")
        asked.time("a stream that resumes", exchange, world, request(
            "GET", "/realtime/quiet", headers={"Last-Event-ID": str(first)}), until=b"data: last\n")
        asked.time("a list of channels", exchange, world, request("GET", "/api/channels"))
        asked.time("a short POST", world.publish, f"short {n}", "beside", within=PATIENCE_S * SLOW)
        asked.time("a turn of the hub", turn, peer, n + 1)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(60 * SLOW + 60)
@pytest.mark.parametrize("kind", BODIES)
def test_streams_and_short_posts_do_not_wait_for_32_writers_of_the_longest_publishes(make_world, kind):
    world = make_world(config={"hub": {"keep_events": "0"}})
    first = world.publish("first", channel="quiet")
    world.publish("last", channel="quiet")
    streams = [world.listen("quiet") for _ in range(8)]
    peer = world.hub_peer()
    asked = Asked()
    with Writers(world, *BODIES[kind]) as writers:
        until = time.monotonic() + PATIENCE_S * SLOW
        while writers.stored() < 2 * WRITERS:  # and so what is quiet lies below the window
            assert time.monotonic() < until, f"{writers.stored()} are stored"
            turn(peer, 1)
        ask_in_turn(world, asked, first, peer)
    print(f"{kind}: {asked}; {writers.stored()} of {len(writers.answers)} stored")
    for stream in streams:
        assert stream.state == "OPEN" and stream.ends == 0, stream.story()
    for what in asked.took:
        assert asked.part(what, 0.99) <= BOUND_S * SLOW, str(asked)


def test_a_publish_of_the_most_lines_is_all_there_and_one_of_more_is_refused(world):
    before = world.publish("before", channel="a")
    answer = world.post("/realtime/a?lines=1", b"x\n" * LINES)
    assert answer.status == 200 and answer.json["count"] == LINES
    assert int(answer.json["id"]) - int(answer.json["first"]) == LINES - 1
    assert int(answer.json["first"]) > before
    answer = world.post("/realtime/a?lines=1", b"x\n" * (LINES + 1))
    assert answer.status == 413 and answer.json["error"] == "too_many_lines"
    assert world.channel("a")["events"] == LINES + 1


@pytest.mark.slow
@pytest.mark.timeout(30 * SLOW + 60)
def test_what_32_writers_of_the_longest_publishes_were_told_is_stored_whole(make_world):
    world = make_world(config={"hub": {"keep_events": "0"}})
    peer = world.hub_peer()
    with Writers(world, "?lines=1&id={}", b"\n" * LINES) as writers:
        until = time.monotonic() + PATIENCE_S * SLOW
        while writers.stored() < WRITERS:
            assert time.monotonic() < until, f"{writers.stored()} are stored"
            turn(peer, 1)
        world.hub.kill_worker()  # its publishes are sent again to the next one
    events = world.channel("flood")["events"]
    assert events % LINES == 0 and events >= writers.stored() * LINES
