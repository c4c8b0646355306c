# SPDX-License-Identifier: MIT
"""compress = yes: gzip for who accepts it, once for all, and never what is private."""

import json
import os
import signal

import pytest

from mercure import mercure, publisher, token
from mercure_reader import reader
from visitor import visitor
from world import eventually

GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}
ON = {"responder": {"compress": "yes", "window": "1M", "retry": "100ms", "keepalive": "1s"}}
PRIVATE = {"responder": {**ON["responder"], "private": "users/{+rest}"},
           "access own": {"who": "users", "subscribe": "users/%u users/%u/{+rest}"}}


@pytest.fixture(scope="module")
def zipped(make_shared_world):
    return make_shared_world(ON)


def listen(world, *channels, headers=None, **how):
    return world.listen(*channels, headers={**GZIP, **(headers or {})}, **how)


def coding(listener):
    return listener.answer.headers.get("content-encoding")


def order(number):
    return json.dumps({"order": number, "customer": f"Anna {number * 7}", "state": "paid", "items": [
        {"sku": f"{number * 2654435761 % 2**32:08x}", "count": number % 5} for _ in range(3)]})


def test_each_event_is_read_as_it_comes_whether_short_or_long(zipped):
    streams = [listen(zipped, "news") for _ in range(3)] + [zipped.listen("news")]
    assert [coding(stream) for stream in streams] == ["gzip"] * 3 + [None]
    assert all("accept-encoding" in s.answer.headers["vary"].lower() for s in streams)
    for size in (0, 1, 200, 300, 5000, 31 << 10, 60000):
        text = ("ü€ " + order(size) * (1 + size // 100))[:size]
        id = zipped.publish(text, channel="news")
        for stream in streams:
            stream.sees(text, id=id)
    for stream in streams:
        stream.wait(lambda s=stream: s.comments > 0, stream.story)


def test_json_has_a_quarter_of_its_bytes(zipped):
    streams = [listen(zipped, "orders") for _ in range(3)] + [zipped.listen("orders")]
    before = [stream.came for stream in streams]
    texts = [order(number) for number in range(500)]
    zipped.publish("\n".join(texts), channel="orders", lines=1)
    for stream in streams:
        stream.sees(*texts)
    came = [stream.came - was for stream, was in zip(streams, before)]
    assert max(came[:3]) * 4 < came[3], came


def test_who_does_not_accept_it_is_given_what_it_always_was(zipped):
    for headers in ({}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip;q=0, *"}, {"Accept-Encoding": "br"}):
        stream = zipped.listen("news", headers=headers)
        assert coding(stream) is None
    stream = zipped.listen("news", headers={"Accept-Encoding": "br;q=1.0, gzip;q=0.2"})
    assert coding(stream) == "gzip"


def test_what_is_no_stream_is_not_compressed(zipped):
    zipped.publish("x" * 5000, channel="other")
    for method, target in (("HEAD", "/stream"), ("GET", "/health"), ("GET", "/api/channels/other/events"),
                           ("GET", "/api/channels"), ("GET", "/stream?chanel=a")):
        answer = zipped.door.ask(method, target, GZIP)
        assert "content-encoding" not in answer.headers, target
    answer = zipped.door.ask("POST", "/realtime/other", GZIP, b"y")
    assert answer.json["status"] == "ok" and "content-encoding" not in answer.headers


def test_who_comes_back_is_given_what_it_missed(make_world):
    world = make_world(ON)
    texts = [order(number) for number in range(300)]
    ids = [world.publish(text, channel="news") for text in texts[:2]]
    world.publish("\n".join(texts[2:]), channel="news", lines=1)
    streams = [listen(world, "news", last_event_id=str(ids[0])) for _ in range(2)]
    streams.append(listen(world, since="all", path="/realtime/news"))
    for stream, first in zip(streams, (1, 1, 0)):
        stream.sees(*texts[first:])
        assert coding(stream) == "gzip"
    big = [order(n) * 100 for n in range(200)]  # more than the window
    for text in big:
        world.publish(text, channel="news")
    streams.append(listen(world, "news", last_event_id=str(ids[1])))
    streams.append(listen(world, "news", "none", last_event_id=str(ids[1])))
    for stream in streams[-2:]:
        stream.sees(*texts[2:], *big, within=30)
        assert not stream.told("reset")
    for stream in streams[:3]:
        stream.sees(*big, within=30)


def test_a_killed_responder_loses_no_event_and_brings_none_twice(make_world):
    world = make_world(ON)
    streams = [listen(world, "news", reconnect=True) for _ in range(3)]
    texts = []
    for round in range(3):
        texts += [order(number) for number in range(round * 50, round * 50 + 50)]
        world.publish("\n".join(texts[-50:]), channel="news", lines=1)
        for stream in streams:
            stream.sees(*texts[-50:])
        world.responder.has_settled()
        world.responder.kill_worker()
        eventually(lambda: world.health().status == 200, "a responder")
    for stream in streams:
        assert stream.data == texts, stream.story()
        assert set(stream.statuses) == {200} and not stream.told("reset")


def test_a_reload_says_so_to_compressed_streams_too(make_world):
    world = make_world(ON)
    stream = listen(world, "news", reconnect=True)
    world.publish("one", channel="news")
    stream.sees("one")
    os.kill(world.responder.pid, signal.SIGHUP)
    stream.comes_back()
    assert stream.cuts == 0 and len(stream.told("live")) == 1, stream.story()
    world.publish("two", channel="news")
    stream.sees("two")
    assert coding(stream) == "gzip"


def test_a_stream_of_who_has_shown_something_is_never_compressed(make_world):
    world = make_world(PRIVATE)
    anna = visitor(world, "anna")
    streams = [anna.listen("users/anna", headers=GZIP), anna.listen("news", headers=GZIP),
               listen(world, "news"), listen(world, "news")]
    assert [coding(stream) for stream in streams] == [None, None, "gzip", "gzip"]
    world.publish(order(1) * 10, channel="news")
    for stream in streams[1:]:
        stream.sees(order(1) * 10)


def test_a_stream_of_mercure_is_compressed_unless_it_shows_a_token(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": ON["responder"]}))
    app = publisher(world, publish=["*"])
    who = reader(world)
    streams = [who.listen("books", headers=GZIP) for _ in range(2)]
    secret = reader(world).listen("books", headers={**GZIP, "Authorization": "Bearer " + token([], ["*"])})
    assert [coding(s) for s in (*streams, secret)] == ["gzip", "gzip", None]
    for number in range(3):
        assert app.publish("books", data=order(number) * number, id=f"urn:{number}").status == 200
        for stream in (*streams, secret):
            event = stream.next()
            assert (event.data, event.id) == (order(number) * number, f"urn:{number}")


def maps(pid):
    with open(f"/proc/{pid}/maps") as lines:
        return {line.split()[-1] for line in lines if ".so" in line}


def has_zlib(pid):
    return any("libz.so" in path or "tidings-deflate" in path for path in maps(pid))


def test_zlib_is_loaded_only_where_streams_are_compressed(world, zipped):
    stream = listen(world, "news")
    assert coding(stream) is None and "vary" not in stream.answer.headers
    for daemon in (world.hub, world.responder):
        assert not any(has_zlib(pid) for pid in (daemon.pid, *daemon.workers()))
    assert any(has_zlib(pid) for pid in (zipped.responder.pid, *zipped.responder.workers()))
