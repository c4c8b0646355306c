# SPDX-License-Identifier: MIT
"""HAProxy straight to the responders' socket: what is promised holds there too."""

import hashlib
import os
import signal
import time

import pytest

from checks import CHECKS, check, hints, verdicts
from servers import SERVERS
from world import SLOW, eventually

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def server():
    return SERVERS["haproxy"]


def test_all_is_well(make_world):
    world = make_world({"responder": {"keepalive": "1s"}}, web=True)
    assert verdicts(check(world, 0, "--auto")) == {name: "ok" for name in CHECKS}


def test_events_that_are_held_back_are_told_the_directive(make_world):
    """208 ms instead of one: it waits for another to send with it."""
    world = make_world({"responder": {"keepalive": "1s"}}, web=True)
    world.change_web(("\toption http-no-delay\n", ""))
    lines = check(world, 0, "--auto")
    assert verdicts(lines)["events leave at once"] == "WARN"
    assert "option http-no-delay" in hints(lines)


def test_an_event_of_60_kb_arrives_whole(shared):
    reader = shared.listen("long")
    shared.publish("é" * 30_000, channel="long")
    reader.sees("é" * 30_000)


def test_chunks_that_come_apart_are_one_event(shared):
    """Of up to 60 KB: HAProxy collects them in a buffer of its own."""
    reader = shared.listen("chunks")
    with shared.door.dial() as sock:
        sock.sendall(b"POST /realtime/chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for letter in b"abc":
            sock.sendall(b"%x\r\n%s\r\n" % (20_000, bytes([letter]) * 20_000))
            time.sleep(0.05)
        assert shared.door.talk(sock, b"0\r\n\r\n", "POST").status == 200
    reader.sees("".join(letter * 20_000 for letter in "abc"))


def test_a_url_that_is_too_long_is_a_414(shared):
    assert shared.door.ask("GET", "/stream?channel=" + "x" * 33_000).status == 414


def test_a_thousand_channels_in_one_stream(shared):
    names = [f"channel-{n:04}-xxxxxx" for n in range(1000)]
    reader = shared.listen(*names)
    assert len(reader.target) > 25_000
    for name in (names[0], names[-1]):
        shared.publish(name, channel=name)
        reader.sees(name)


def test_a_slash_in_a_channels_name(shared):
    reader = shared.listen(path="/realtime/a%2Fb")
    shared.publish("x", channel="a/b")
    reader.sees("x")


def test_an_upload_far_too_long_is_a_413_before_it_begins(shared):
    answer = shared.door.ask("POST", "/realtime/a", raw=b"POST /realtime/a HTTP/1.1\r\nHost: x\r\n"
                             b"Content-Length: 300000000\r\n\r\n")
    assert answer.status == 413


def test_a_browser_that_left_is_noticed_within_three_keepalives(make_world):
    world = make_world({"responder": {"keepalive": "1s"}}, web=True)
    world.listen("a").leave()
    begun = time.monotonic()
    eventually(lambda: world.channel("a")["subscribers"] == 0, "the browser being noticed to be gone")
    assert time.monotonic() - begun < 4 * SLOW


def test_four_killed_responders_cost_no_event_and_no_refusal(make_world):
    """Publishing goes on meanwhile; so do new streams."""
    world = make_world(web=True)
    readers = [world.listen("a", reconnect=True) for _ in range(10)]
    sent = []
    for turn in range(4):
        for number in range(20):
            sent.append(f"{turn}/{number}")
            while world.post(f"/realtime/a?id={turn}-{number}", sent[-1].encode()).status != 200:
                pass
            if number == 10:
                os.kill(world.responder.worker(), signal.SIGKILL)
        late = world.listen("a")
        assert late.statuses == [200]
    for reader in readers:
        reader.wait(lambda reader=reader: reader.data[-1:] == sent[-1:], reader.story, 20)
        assert reader.data == sent
        assert set(reader.statuses) == {200}


def test_a_password_that_nobody_has_looked_at_is_no_login_and_a_token_arrives(make_world):
    token = "tk_of-the-build-server"
    digest = hashlib.sha256(token.encode()).hexdigest()
    world = make_world({"responder": {"private": "users/{name}"},
                        "access staff": {"who": f"users token:{digest}", "subscribe": "users/%u users/ci"}}, web=True)
    guess = {"Authorization": "Basic YWxpY2U6YSBndWVzcw=="}  # alice's
    assert world.door.ask("GET", "/api/channels/users%2Falice", guess).status == 401
    good, bad = ({"Authorization": "Bearer " + one} for one in (token, "tk_a-guess"))
    assert world.door.ask("GET", "/api/channels/users%2Fci", good).status == 200
    assert world.door.ask("GET", "/api/channels/users%2Fci", bad).status == 401
