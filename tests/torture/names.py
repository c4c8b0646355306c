# SPDX-License-Identifier: MIT
"""A million channels hold an event: while two clients list all of them in a loop,
and while two thousand a second come and as many go, POSTs and live events are
hardly later than without, or with as many events on one channel."""

import contextlib
import multiprocessing
import os
import re
import statistics
import time
from collections import namedtuple
from pathlib import Path

from fcgi import Exchange, FcgiDoor, begin, params, stdin, variables
from peers import Hub
from wire import Stored
from world import SLOW, eventually

SHORT = {"names": 5000, "seconds": 1.0, "pairs": 2, "rate": 500, "ratio": 4.0, "slack_ms": 50.0}
FULL = {"names": 1000000, "seconds": 10.0, "pairs": 5, "rate": 2000, "ratio": 1.5, "slack_ms": 2.0}
AT_ONCE = 50000  # rows
LISTERS = 2

Times = namedtuple("Times", "posts lives hub_us")  # s each; us of the hub's processor


def fill(world, names):
    """An event on each; they stay until others come."""
    for first in range(0, names, AT_ONCE):
        with world.open_inbox() as inbox:
            inbox.execute("WITH RECURSIVE n(n) AS (VALUES(?1) UNION ALL SELECT n + 1 FROM n LIMIT ?2)"
                          " INSERT INTO broadcast(channel, data) SELECT 'name/' || n, 'x' FROM n",
                          (first, min(AT_ONCE, names - first)))
    eventually(lambda: world.channel(f"name/{names - 1}")["events"], "all names", 120 * SLOW)


# ---- who is beside, each in a process of its own

def list_all(world, ending, done):
    """Page after page of the greatest size, without an end."""
    os.nice(19)  # it is on another machine
    door, after = FcgiDoor(world.fcgi_socket), ""
    while not ending.is_set():
        answer = door.ask("GET", f"/api/channels?limit=1000&after={after}", within=30 * SLOW)
        assert answer.status == 200, answer
        found = re.search(rb'"next": ?"([^"]*)"', answer.body)
        after = found[1].decode().replace("/", "%2F") if found else ""
        with done.get_lock():
            done.value += answer.body.count(b'"channel"')


def publish(world, rate, own, ending, done):
    """Each event on a channel of its own, or all on one; the oldest one goes for it."""
    os.nice(19)
    with contextlib.closing(Hub(world.hub_socket)) as peer:
        begun, sent, answered = time.monotonic(), 0, 0
        while not ending.is_set():
            due = int((time.monotonic() - begun) * rate)
            while sent < due and sent - answered < 64:
                peer.ask_to_store("x", channel=f"comer/{begun}/{sent}" if own else "comers")
                sent += 1
            while answered < sent:
                peer.answered = peer.expect(Stored, within=30 * SLOW).number
                answered += 1
            time.sleep(0.001)
        done.value = answered


@contextlib.contextmanager
def beside(scene, what, *arguments, processes=1):
    """Until the end of the block; what they have done is noted."""
    context = multiprocessing.get_context("fork")
    ending, done = context.Event(), context.Value("l", 0)
    helpers = [context.Process(target=what, args=(*arguments, ending, done), daemon=True)
               for _ in range(processes)]
    begun = time.monotonic()
    for helper in helpers:
        helper.start()
    try:
        yield
    finally:
        ending.set()
        for helper in helpers:
            helper.join(60 * SLOW)
    scene.must(all(helper.exitcode == 0 for helper in helpers), f"{what.__name__}: it failed")
    scene.must(done.value > 0, f"{what.__name__}: nothing was done")
    scene.say(f"{what.__name__}: {done.value / (time.monotonic() - begun):.0f}/s")


# ---- who must not wait

def burnt_us(world):
    return sum(int(Path(f"/proc/{world.hub.worker()}/task/{task}/schedstat").read_text().split()[0])
               for task in os.listdir(f"/proc/{world.hub.worker()}/task")) / 1000


def measure(world, seconds):
    """A hundred POSTs a second, one after the other, and the stream that gets them."""
    with contextlib.closing(Exchange(world.fcgi_socket)) as stream:
        stream.send(begin() + params(variables("GET", "/realtime/main")) + stdin())
        stream.read(lambda one: b"event: connected" in one.answer.body, within=30 * SLOW)
        posts, lives, end = [], [], time.monotonic() + seconds
        before = burnt_us(world)
        while time.monotonic() < end:
            mark, began = b"data: %d\n" % len(posts), time.monotonic()
            answer = world.post("/realtime/main", b"%d" % len(posts), within=30 * SLOW)
            posts.append(time.monotonic() - began)
            assert answer.status == 200, answer
            stream.read(lambda one, mark=mark: mark in one.answer.body[-200:], within=30 * SLOW)
            lives.append(time.monotonic() - began)
            time.sleep(0.01)
    return Times(sorted(posts), sorted(lives), (burnt_us(world) - before) / len(posts))


def p99(values):
    return 1000 * values[int(0.99 * len(values))]


def compare(scene, world, what, scale, beside_it, otherwise=contextlib.nullcontext):
    """Pairs, one after the other: so what else the machine does is in both."""
    pairs = {"posts": [], "lives": []}  # p99 without, and beside it
    for _ in range(scale["pairs"]):
        with otherwise():
            alone = measure(world, scale["seconds"])
        with beside_it():
            busy = measure(world, scale["seconds"])
        for kind, found in pairs.items():
            found.append((p99(getattr(alone, kind)), p99(getattr(busy, kind))))
            scene.say(f"{what}: {kind} p99 {found[-1][0]:.2f} ms, beside it {found[-1][1]:.2f} ms")
        scene.say(f"{what}: hub {alone.hub_us:.0f} us of a processor for each POST, {busy.hub_us:.0f} us beside it")
    for kind, found in pairs.items():
        times = statistics.median(busy / alone for alone, busy in found)
        later = statistics.median(busy - alone for alone, busy in found)
        scene.note(**{f"{what}_{kind}_p99_times": round(times, 2), f"{what}_{kind}_p99_later_ms": round(later, 2)})
        scene.must(times <= scale["ratio"] * SLOW or later <= scale["slack_ms"] * SLOW,
                   f"{what}: p99 of {kind} is {times:.2f} times that without, {later:.1f} ms later")


def play(scene, **scale):
    world = scene.world({"hub": {"keep_events": scale["names"], "keep_bytes": 0}}, web=False)
    fill(world, scale["names"])
    scene.say(f"{scale['names']} names")
    compare(scene, world, "listed", scale,
            lambda: beside(scene, list_all, world, processes=LISTERS))
    compare(scene, world, "coming", scale,
            lambda: beside(scene, publish, world, scale["rate"], True),
            lambda: beside(scene, publish, world, scale["rate"], False))
    world.is_healthy()
