# SPDX-License-Identifier: MIT
"""Thousands come back at once, each with a channel of its own; a stream of a
thousand channels; and one who is far behind beside strangers who read all."""

import resource
import subprocess
import threading
import time
from collections import namedtuple
from pathlib import Path

from servers import SERVERS, Server
from wire import Stored
from world import SLOW

HERE = Path(__file__).resolve().parent

SHORT = {"users": 300, "history": 5000, "channels": 200, "wide": 10000, "far": 20000,
         "strangers": 100, "patience": 60, "ratio": 2.5}
FULL = {"users": 4000, "history": 100000, "channels": 1000, "wide": 100000, "far": 250000,
        "strangers": 3000, "patience": 600, "ratio": 1.5}
LINE = 100     # bytes of an event's data
RATE = 100     # events/s published meanwhile

Stream = namedtuple("Stream", "ms events resets disorder")


class Crowd:
    """Streams of one address; (Last-Event-ID or None, target) each."""

    def __init__(self, scene, world, lives, patience, address="127.0.0.1"):
        program = scene.folder() / "behind"
        subprocess.run(["cc", "-O2", "-g", "-std=gnu11", "-D_GNU_SOURCE", "-o", program,
                        HERE / "behind.c"], check=True)
        self.process = subprocess.Popen([program, str(world.port), address, str(patience)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        scene.closing.callback(self.ends)
        self.process.stdin.write("".join(f"{id or '-'} {target}\n" for id, target in lives))
        self.process.stdin.close()

    def ends(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def streams(self):
        """What each was given, once all are live."""
        return [Stream(*map(int, line.split())) for line in self.process.stdout]


class Meanwhile(threading.Thread):
    """Publishes so many events a second on `main`; how long each took."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.peer, self.stop, self.took = world.hub_peer(), threading.Event(), []

    def run(self):
        began = time.monotonic()
        while not self.stop.is_set():
            at = time.monotonic()
            self.peer.publish("x" * LINE, channel="main", within=30 * SLOW)
            self.took.append(time.monotonic() - at)
            self.stop.wait(max(0, began + len(self.took) / RATE - time.monotonic()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop.set()
        self.join(30 * SLOW)
        self.peer.close()


def fill(world, count, channels):
    """Events on these channels in turn; returns the first id."""
    peer = world.hub_peer()
    first = 0
    for begin in range(0, count, 500):
        number = begin // 500
        answer = peer.publish(*["x" * LINE] * min(500, count - begin),
                              channel=channels[number % len(channels)], within=30 * SLOW)
        first = first or answer.first
    peer.close()
    return first


def fill_evenly(world, count, channels):
    """One event on each in turn; returns the first id."""
    peer = world.hub_peer()
    first = 0
    while count > 0:
        numbers = [peer.ask_to_store("x" * LINE, channel=channel) for channel in channels[:count]]
        for number in numbers:
            answer = peer.expect(Stored, number=number, within=30 * SLOW)
            first = first or answer.first
        peer.answered = numbers[-1]
        count -= len(numbers)
    peer.close()
    return first


def a_world(scene, streams):
    descriptors = min(max(4 * streams, 4096), 60000)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * descriptors), hard))
    lighttpd = SERVERS["lighttpd"]
    limits = {"MAX_FDS": descriptors, "MAX_CONNECTIONS": streams + 600}
    return scene.world({"hub": {"keep_bytes": "0", "keep_events": "0"},
                        "responder": {"window": "1M"}}, inbox=False,
                       server=Server(lighttpd.name, lighttpd.program, lighttpd.arguments, limits))


def all_live(scene, streams, what, least):
    """Nobody lacks anything; seconds until the last was live."""
    scene.must(streams and all(one.ms >= 0 for one in streams),
               f"{what}: {sum(one.ms < 0 for one in streams)} are not live, of {len(streams)}")
    scene.must(not any(one.resets or one.disorder for one in streams), f"{what}: resets or disorder")
    scene.must(all(one.events >= least for one in streams), f"{what}: some events are missing")
    return max(one.ms for one in streams) / 1000


def crowd(scene, users, history, patience):
    """With a channel of one's own it takes hardly longer than with `main` alone."""
    world = a_world(scene, users)
    first = fill(world, history, ["main"])
    fill(world, 8000, ["elsewhere"])  # so that the window has nothing of it
    took, posts = {}, {}
    for what, target in ("alone", "/stream"), ("own", "/stream?channel=main&channel=user-{}"):
        lives = [(first - 1, target.format(n)) for n in range(users)]
        with Meanwhile(world) as meanwhile:
            streams = Crowd(scene, world, lives, patience).streams()
        took[what] = all_live(scene, streams, f"{users} users, {what}", history)
        posts[what] = sorted(meanwhile.took)[int(0.99 * len(meanwhile.took))]
        scene.say(f"{users} users, {what}: {took[what]:.1f} s, "
                  f"publishes p99 {1000 * posts[what]:.0f} ms")
    scene.note(crowd_alone_s=took["alone"], crowd_own_s=took["own"])
    scene.ends(world)
    return took["own"] / took["alone"]


def wide_rate(scene, channels, count, patience):
    """Events a second of a stream of so many channels."""
    world = a_world(scene, 100)
    names = [f"c{n}" for n in range(channels)]
    first = fill_evenly(world, count, names)
    fill(world, 8000, ["elsewhere"])
    target = "/stream?" + "&".join(f"channel={name}" for name in names)
    (stream,) = Crowd(scene, world, [(first - 1, target)], patience).streams()
    seconds = all_live(scene, [stream], f"{channels} channels", count)
    scene.say(f"{channels} channels, {count} events: {seconds:.2f} s")
    scene.note(wide_events_per_s=round(count / seconds))
    scene.ends(world)
    return count / seconds


def beside_strangers(scene, strangers, far, patience):
    """Seconds of one who is far behind while so many read everything."""
    world = a_world(scene, strangers + 100)
    first = fill(world, far, ["main"])
    fill(world, 8000, ["elsewhere"])
    others = Crowd(scene, world, [(None, "/stream?since=all")] * strangers, patience)
    time.sleep(0.5)
    one = Crowd(scene, world, [(first - 1, "/stream")], patience, address="127.0.0.2")
    seconds = all_live(scene, one.streams(), "one beside strangers", far)
    others.ends()
    scene.say(f"one of {far} events beside {strangers} strangers: {seconds:.2f} s")
    scene.note(beside_strangers_s=seconds)
    scene.ends(world)
    return seconds


def play(scene, users, history, channels, wide, far, strangers, patience, ratio):
    patience = int(patience * SLOW)
    longer = crowd(scene, users, history, patience)
    rate = wide_rate(scene, channels, wide, patience)
    seconds = beside_strangers(scene, strangers, far, patience)
    scene.must(longer <= ratio * SLOW, f"with a channel of one's own: {longer:.2f} times as long")
    scene.must(rate >= 50000 / SLOW, f"{channels} channels: {rate:.0f} events/s")
    scene.must(seconds <= 5 * SLOW, f"one beside strangers: {seconds:.1f} s")
