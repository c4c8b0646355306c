# SPDX-License-Identifier: MIT
"""How much one client may have: streams, channels, publishes."""

import itertools
import threading
import time

import pytest

from cost import resident, spent
from fcgi import Exchange
from refused import is_refused, is_told_to_come_back
from wire import Channels, encode
from world import INSTRUMENTED, SLOW, eventually

JSON = {"Content-Type": "application/json"}
EVENTS = {"Accept": "text/event-stream"}
NO_STREAM = {"Accept": "application/json"}


def streams_are(world, count):
    eventually(lambda: world.health().json["streams"] == count, f"{count} streams being open")


def names(count, of):
    return "&".join(f"channel={of}-{n}" for n in range(count))


# ---- how much: streams and channels

def test_streams_above_the_limit_are_told_to_come_back(make_world):
    world = make_world({"responder": {"streams": 3, "streams_per_address": 2}})
    for _ in range(2):
        world.listen()
    is_told_to_come_back(world.door.ask("GET", "/stream", EVENTS))
    is_refused(world.door.ask("GET", "/stream", NO_STREAM), 429, "too_many_from_address", retry_after=True)
    other = Exchange(world.fcgi_socket)
    other.send(world.door.request("/stream", address="192.0.2.1"))
    other.read(lambda self: b"connected" in self.answer.body)
    is_told_to_come_back(world.door.ask("GET", "/tasks/stream", EVENTS, address="192.0.2.2"))
    is_refused(world.door.ask("GET", "/stream", NO_STREAM, address="192.0.2.2"), 503, "too_many_streams", retry_after=True)
    other.close()


def test_channels_above_the_limit_are_told_to_come_back_and_nobody_else_notices(make_world):
    world = make_world({"responder": {"channels": 12, "channels_per_address": 10}})
    first = world.listen(path="/stream?" + names(9, "a"))
    is_told_to_come_back(world.door.ask("GET", "/stream?" + names(2, "b"), EVENTS))
    is_refused(world.door.ask("GET", "/stream?" + names(2, "b"), NO_STREAM), 429, "too_many_from_address", retry_after=True)
    is_refused(world.door.ask("GET", "/stream?" + names(4, "b"), NO_STREAM, address="192.0.2.1"), 503,
               "too_many_streams", retry_after=True)
    # a name that is given twice is one channel, and one that has left counts no more
    second = world.listen(path="/stream?channel=a-1&channel=a-1")
    second.leave()
    streams_are(world, 1)
    third = world.listen("main")
    first.leave()
    streams_are(world, 1)
    world.listen(path="/stream?" + names(9, "c"))
    world.publish("x")
    third.sees("x")


def test_a_refused_stream_costs_nobody_a_place(make_world):
    world = make_world({"responder": {"channels": 5, "streams_per_address": 3}})
    world.listen()
    for _ in range(50):
        is_told_to_come_back(world.door.ask("GET", "/stream?" + names(5, "x"), EVENTS))
    for target in ("/stream?channel=", "/stream?since=never", "/stream?channel=%zz"):
        assert world.door.ask("GET", target).status == 400
        assert world.door.ask("HEAD", "/stream").status == 200
    world.listen(path="/stream?" + names(4, "y"))


def test_addresses_of_one_ipv6_network_are_one_visitor(make_world):
    world = make_world({"responder": {"streams_per_address": 1, "publish_rate": 2, "publish_from": "2001:db8::/32"}})
    stream = Exchange(world.fcgi_socket)
    stream.send(world.door.request("/stream", address="2001:db8:1:1::1"))
    stream.read(lambda self: b"connected" in self.answer.body)
    for host in ("2", "ffff:1", "1:2:3:4"):
        address = "2001:db8:1:1::" + host if host.count(":") < 3 else "2001:db8:1:1:" + host
        is_told_to_come_back(world.door.ask("GET", "/stream", EVENTS, address=address))
    posts = [world.post("/realtime/a", b"x", address=f"2001:db8:1:1::{n:x}").status for n in range(1, 20)]
    assert posts[:2] == [200, 200] and posts.count(429) >= 10
    assert world.post("/realtime/a", b"x", address="2001:db8:1:2::1").status == 200
    stream.close()


def colliding_names():
    """16,384 names that are one and the same to FNV-1a of 32 bits."""
    pairs = [
        ("vrvtsw", "psqbeq"), ("ytjfjx", "hluphz"), ("hhrhjm", "iydfvk"), ("dxmcpa", "jcedih"),
        ("uhlenk", "fdnrkl"), ("lqvdwm", "xmfxoq"), ("cxraxt", "ypcrfd"), ("uhglhm", "ycaili"),
        ("jzhuyw", "gwzmyc"), ("egphkm", "gadaox"), ("jitdfa", "kledfx"), ("kwovfr", "asdzid"),
        ("jphcnk", "wjcaps"), ("qyzfoe", "stqlyk")]
    return ["".join(choice) for choice in itertools.product(*pairs)]


def test_channels_chosen_to_share_a_bucket_keep_nobody_waiting(world):
    """With a hash that has no key they cost thirty times as much as others, and twice as many four times that."""
    worker = world.responder.worker()

    def takes(every):
        before = spent(worker)
        for at in range(0, len(every), 256):
            world.listen(path="/stream?" + "&".join("channel=" + name for name in every[at:at + 256]))
        return spent(worker) - before

    chosen = colliding_names()
    innocent = takes([name[::-1] for name in chosen])
    assert takes(chosen) < 4 * innocent + 0.3 * SLOW


@pytest.mark.skipif(INSTRUMENTED, reason="instruments need memory of their own")
def test_what_visitors_may_take_of_memory_is_bounded(make_world):
    """200 streams want 1,000 channels each; those that get them take what the manual says."""
    world = make_world({"responder": {"channels": 50000}})
    worker = world.responder.worker()
    before = resident(worker)
    streams = []
    for i in range(200):
        stream = Exchange(world.fcgi_socket)
        stream.send(world.door.request("/stream?" + names(1000, f"{i:03}")))
        stream.read(lambda self: b"event: connected" in self.answer.body or self.answer.ended)
        streams.append(stream)
    assert sum(not stream.answer.ended for stream in streams) == 50
    assert resident(worker) - before < 50000 * 300
    for stream in streams:
        stream.close()


@pytest.mark.skipif(INSTRUMENTED, reason="instruments need time and memory of their own")
@pytest.mark.parametrize("streams", [200, pytest.param(950, marks=pytest.mark.rare)])
def test_a_thousand_questions_a_second_for_the_channels_disturb_nobody(make_world, streams):
    """A thousand channels a stream; the questions are put as a responder would put them."""
    world = make_world()
    open_streams = []
    for i in range(streams):
        stream = Exchange(world.fcgi_socket)
        stream.send(world.door.request("/stream?" + names(1000, f"n{i:04}")))
        stream.read(lambda self: b"event: connected" in self.answer.body)
        open_streams.append(stream)
    told = world.hub_peer().channels
    eventually(lambda: told(only=f"n{streams - 1:04}-999").lines[0].subscribers,
               "the last name being told", 20 * SLOW)
    reader = world.listen("quiet")
    reader.is_connected()

    def worst(count):
        """Of some events, from the POST to the stream: the longest time, and the usual."""
        took = []
        for n in range(count):
            begun = time.monotonic()
            world.publish(f"{count} {n}", channel="quiet")
            reader.sees(f"{count} {n}")
            took.append(time.monotonic() - begun)
            time.sleep(0.02)
        return max(took), sorted(took)[count // 2]

    before = worst(30)
    with Questions(world.hub_peer()) as questions:
        used, asked = spent(world.hub.worker()), questions.answered
        during = worst(100)
        used, asked = spent(world.hub.worker()) - used, questions.answered - asked
    assert asked > 500
    assert used / asked < 0.0005 * SLOW, (used, asked)
    assert during[0] < before[0] + 0.25 * SLOW and during[1] < before[1] + 0.01 * SLOW, (before, during)
    for stream in open_streams:
        stream.close()


class Questions:
    """For a hundred channels each, a thousand a second, from ever another place on."""

    def __init__(self, peer):
        self.peer, self.answered, self.ended = peer, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()

    def ask(self):
        begun, asked = time.monotonic(), 0
        while not self.ended:
            due = int((time.monotonic() - begun) * 1000)
            self.peer.send_raw(b"".join(encode(Channels(n, b"%d" % n, 100, b""))
                                        for n in range(asked, due)))
            for _ in range(asked, due):
                self.peer.next()
                self.answered += 1
            asked = due
            time.sleep(0.005)


# ---- how much: publishes

def test_posts_above_the_rate_are_refused_and_told_when_to_come_back(make_world):
    world = make_world({"responder": {"publish_rate": 3, "publish_rate_total": 5}})
    begun = time.monotonic()
    answers = [world.post("/realtime/a", b"x") for _ in range(20)]
    allowed = [answer for answer in answers if answer.status == 200]
    assert 3 <= len(allowed) <= 4 + 3 * (time.monotonic() - begun)
    is_refused(next(answer for answer in answers if answer.status == 429), 429, "too_many_posts", retry_after=True)
    others = [world.post("/realtime/a", b"x", address=f"127.0.0.{n}") for n in range(2, 40)]
    assert 1 <= sum(answer.status == 200 for answer in others) <= 5 + 5 * (time.monotonic() - begun)
    refused = next(answer for answer in others if answer.status == 429)
    is_refused(refused, 429, "too_many_posts", retry_after=True)
    assert "publish_rate_total" in refused.json["message"]
    # what was refused was not published, and nobody needs to wait longer than a second
    assert world.channel("a")["events"] == sum(a.status == 200 for a in answers + others)
    eventually(lambda: world.post("/realtime/a", b"x").status == 200, "a further POST", 1.5)


def test_the_rate_is_the_same_for_each_way_to_publish(make_world):
    world = make_world({"responder": {"publish_rate_total": 3}})
    message = b'{"message": "x"}'
    ways = [("/realtime/a", b"x", {}), ("/api/broadcast", message, JSON), ("/sse/send", message, JSON),
            ("/realtime/a?lines=1", b"x\ny", {})]
    statuses = [world.post(target, body, headers).status for _ in range(5) for target, body, headers in ways]
    assert statuses[:3] == [200] * 3 and statuses.count(429) >= 10


def test_each_worker_counts_for_itself(make_world):
    """As tidings.conf(5) says: limits are each process's own."""
    world = make_world({"responder": {"workers": 2, "publish_rate": 2, "streams_per_address": 1}})
    world.responder.has_settled(0).has_settled(1)
    allowed = []
    for sleeps in (0, 1):
        pid = world.responder.freeze(sleeps)
        begun = time.monotonic()
        count = [world.post("/realtime/a", b"x").status for _ in range(12)].count(200)
        allowed.append((count, 2 + 2 * (time.monotonic() - begun)))
        world.responder.thaw(pid)
    assert all(2 <= count <= most + 1 for count, most in allowed), allowed
